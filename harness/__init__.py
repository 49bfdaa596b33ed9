"""Do the published accuracy-versus-timestep results of DCT-SNN come out again, and how sure are we?

For notebooks, with nothing heavy imported until it is used:

    import harness

    harness.load_records("results/evidence")                  # one row a cell, as a pandas frame
    harness.curves_of_arm("results/evidence", "mnist-784-100-10", "cyclic-16", "paper")
    harness.judge_claim("mnist-t16", "results/evidence")      # verdict, mean, interval, margin
    harness.run_experiment("quickstart", profile="smoke")     # trains the cells that have no record
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.judges import Judgement

__all__ = ["curves_of_arm", "judge_claim", "load_records", "run_experiment"]


def load_records(results: str | Path) -> "pd.DataFrame":
    """One row for every record below the folder `results`, done, failed or stale.

    Columns as in `harness.analysis.frame.Loaded.cells`: experiment, profile, arm, seed, status, reason, then accuracy
    in percent at the last timestep and operations for one image. Files that cannot be read are left out.
    """
    from harness.analysis.frame import load
    from harness.papers import catalogue

    return load(Path(results), catalogue()).cells


def curves_of_arm(results: str | Path, experiment: str, arm: str, profile: str) -> "pd.DataFrame":
    """Accuracy in percent of one arm: a row for each timestep, from 1, and a column for each finished seed.

    Raises HarnessError for a name that neither the catalogue nor the records know.
    """
    from harness.analysis.frame import load, percent, rows_of
    from harness.catalogue.catalogue import experiments_from
    from harness.papers import catalogue

    loaded = load(Path(results), catalogue())
    rows = rows_of(loaded.curves, [experiment, profile, arm])
    if rows.empty:
        known = catalogue().with_experiments(experiments_from(loaded.unregistered)).experiment(experiment)
        known.profile(profile)
        known.arm(arm)
    rows = rows.assign(accuracy=percent(rows["correct"], rows["total"]))
    return rows.pivot(index="timestep", columns="seed", values="accuracy")


def judge_claim(claim: str, results: str | Path) -> "tuple[Judgement, ...]":
    """What the records below `results` say about a claim, one judgement for each profile that has records of it.

    `claim` is an id, as `harness show EXPERIMENT` prints it. All claims are judged, because the orderings of a paper
    are adjusted together. Raises HarnessError for an unknown id, with the nearest known one.
    """
    from harness.analysis.frame import load
    from harness.analysis.judges import judge
    from harness.errors import did_you_mean
    from harness.papers import catalogue

    known = catalogue()
    ids = [one.id for one in known.claims if one.kind != "context"]
    if claim not in ids:
        raise did_you_mean("claim", claim, ids)
    return tuple(j for j in judge(load(Path(results), known), known) if j.id == claim)


def run_experiment(
    experiment: str, *, profile: str | None = None, results: str | Path = "results/local", **options: Any
) -> list[dict[str, Any]]:
    """Run the cells of an experiment that have no record below `results`; one row a cell, as `run --json` prints.

    `experiment`: a name, or the path of a Python file that defines EXPERIMENT. `options`: further ones of
    `harness.runs.plan.make_plan`, such as `seeds=3`, `arms=("cyclic-16",)` or `workers=2`.
    Raises HarnessError or EncoderError for what cannot be run.
    """
    from harness.machine.process import bound_spinning

    bound_spinning()

    from harness.machine.console import console as plain
    from harness.papers import catalogue
    from harness.runs.plan import make_plan
    from harness.runs.workers import execute, require_possible

    require_possible("here", options.get("workers"))
    plan = make_plan(catalogue(), experiment, profile=profile, results=Path(results), **options)
    console = plain(stderr=True)
    plan.announce(console)
    return execute(plan, console, workers=options.get("workers"))
