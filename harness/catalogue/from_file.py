"""An experiment from a user's Python file: it runs like those of the papers, and no claim is judged by it."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from harness.catalogue.experiment import Experiment
from harness.errors import HarnessError

HINT = "the file must define EXPERIMENT = Experiment(...), from harness.catalogue"


def experiment_from(path: Path) -> Experiment:
    """The `EXPERIMENT` that a Python file defines. The file is executed, as `python FILE` would.

    Raises HarnessError with the file's name if it cannot be executed or defines no experiment that can be run.
    """
    if not path.is_file():
        raise HarnessError(f"{path}: no such file", "name a Python file, or an experiment as `harness list` does")
    found = _executed(path)
    if not isinstance(found, Experiment):
        raise HarnessError(f"{path}: EXPERIMENT is {type(found).__name__}, not an Experiment", HINT)
    if not found.arms or not found.profiles:
        raise HarnessError(f"{path}: EXPERIMENT has no arms or no profiles", "give it at least one of each")
    for name in (found.name, *(arm.name for arm in found.arms)):
        _check_name(path, name)
    if len({arm.name for arm in found.arms}) < len(found.arms):
        raise HarnessError(f"{path}: two arms have one name", "give each arm its own name")
    return found


def _executed(path: Path) -> object:
    name = f"dct_snn_experiment_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise HarnessError(f"{path}: not a Python file", HINT)
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses in the file look up their module here
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the file's own code may raise anything
        raise HarnessError(f"{path}: {type(error).__name__}: {error}", "correct the file") from error
    if not hasattr(module, "EXPERIMENT"):
        raise HarnessError(f"{path}: defines no EXPERIMENT", HINT)
    return module.EXPERIMENT


def _check_name(path: Path, name: str) -> None:
    """Refuse a name that cannot be a folder: names become folders of the results."""
    if not name or name.startswith(".") or any(sign in name for sign in "/\\\0"):
        raise HarnessError(f"{path}: '{name}' cannot be the name of a folder", "use letters, digits, - and .")
