"""Methods by name: how a cell is computed, where it is not by `harness.training.cell`. Built-in ones and plug-ins.

A package offers one as an entry point of the group `dct_snn.methods`: what makes a `harness.training.method.Method`
from the parameters of a recipe. Imports no torch; a method's module is imported when it is first made.
"""

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from msgspec import UnsetType

from harness.config import MethodSpec
from harness.errors import HarnessError, did_you_mean, said_by

GROUP = "dct_snn.methods"
FINE_TUNING = "harness.training.cell:run_cell"  # of a recipe that names no method
BUILTIN = {"conversion": "harness.training.conversion:Conversion"}


def plugins() -> dict[str, EntryPoint]:
    """Third-party methods by name; a name of ours cannot be taken."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in BUILTIN}


def definition_of(spec: MethodSpec | UnsetType) -> str:
    """Where a method is defined, "module:name"; imports nothing. Raises HarnessError for an unknown one."""
    if not spec:
        return FINE_TUNING
    if spec.name in BUILTIN:
        return BUILTIN[spec.name]
    known = plugins()
    if spec.name not in known:
        raise did_you_mean("method", spec.name, [*BUILTIN, *known])
    return f"{known[spec.name].module}:{known[spec.name].attr}"


def create(spec: MethodSpec) -> Any:
    """Make a method. Raises HarnessError for an unknown or broken one, and for parameters that it does not take."""
    module, _, attribute = definition_of(spec).partition(":")
    try:
        return getattr(import_module(module), attribute)(**spec.parameters)
    except HarnessError:
        raise
    except Exception as error:  # a plug-in may raise anything
        raise HarnessError(f"method '{spec.name}': {said_by(error)}", "correct it") from error
