"""Time and memory of a training step: ours, the same network in other SNN libraries, and its bare matrix products."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.bench.measure import run
    from harness.bench.plan import DEFAULT, FULL, QUICK, Plan
    from harness.bench.report import Report

__all__ = ["DEFAULT", "FULL", "QUICK", "Plan", "Report", "run"]

_HOMES = {"run": "measure", "Report": "report", "Plan": "plan", "QUICK": "plan", "FULL": "plan", "DEFAULT": "plan"}


def __getattr__(name: str) -> Any:
    # Imported on demand: torch takes seconds, and `harness --help` should not wait for it.
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
