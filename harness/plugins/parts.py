"""Named parts of a recipe, built-in ones and plug-ins: methods, and evaluations of a trained network.

A package offers one as an entry point, which makes it from the parameters of a recipe. Imports no torch; the module
of a part is imported when it is first made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from harness.errors import HarnessError, did_you_mean, said_by


@dataclass(frozen=True)
class Parts:
    """Parts of one kind. group: of the entry points. builtin: the definitions of ours by name, "module:name"."""

    kind: str
    group: str
    builtin: Mapping[str, str]

    def plugins(self) -> dict[str, EntryPoint]:
        """Third-party parts by name; a name of ours cannot be taken."""
        return {point.name: point for point in entry_points(group=self.group) if point.name not in self.builtin}

    def definition_of(self, name: str) -> str:
        """The definition of a part, "module:name"; imports nothing. Raises HarnessError for an unknown one."""
        if name in self.builtin:
            return self.builtin[name]
        points = self.plugins()
        if name not in points:
            raise did_you_mean(self.kind, name, [*self.builtin, *points])
        return f"{points[name].module}:{points[name].attr}"

    def create(self, name: str, parameters: Mapping[str, Any]) -> Any:
        """Make a part. Raises HarnessError for an unknown or broken one, and for parameters that it does not take."""
        module, _, attribute = self.definition_of(name).partition(":")
        try:
            return getattr(import_module(module), attribute)(**parameters)
        except HarnessError:
            raise
        except Exception as error:  # a plug-in may raise anything
            raise HarnessError(f"{self.kind} '{name}': {said_by(error)}", "correct it") from error


FINE_TUNING = "harness.training.cell:run_cell"  # the method of a recipe that names none
METHODS = Parts("method", "dct_snn.methods", {"conversion": "harness.training.conversion:Conversion"})
EVALUATIONS = Parts(
    "evaluation",
    "dct_snn.evaluations",
    {
        "noise": "harness.runs.evaluations:Noise",
        "fgsm": "harness.runs.evaluations:Fgsm",
        "weights": "harness.runs.evaluations:Weights",
        "encoder": "harness.runs.evaluations:Recoded",
        "activation": "harness.runs.evaluations:Activation",
    },
)
