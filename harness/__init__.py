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

COLUMNS = (
    "experiment", "profile", "arm", "seed", "status", "reason", "path", "fingerprint", "weights", "device", "encoder",
    "timesteps", "seconds", "verified", "correct", "total", "accuracy", "optimism", "ann_accuracy", "macs",
    "accumulates", "encoder_operations", "encoder_macs",
)  # fmt: skip
__all__ = ["curves_of_arm", "judge_claim", "load_records", "run_experiment"]


def load_records(results: str | Path) -> "pd.DataFrame":
    """One row for every record below the folder `results`, done, failed or stale.

    `COLUMNS` name what it tells; status is done, failed or stale, the last two with a reason. weights is a SHA-256,
    device a name, and either may be empty; verified is such as "weights: identical". Of a done one alone: correct,
    total and accuracy in percent at the last timestep of the final epoch, the optimism of the best epoch, chosen on the
    test set, and its best_accuracy; ann_accuracy of the pre-trained ANN; and operations for one image: macs (ANN),
    accumulates (SNN, over all timesteps) and those of the encoder, of which encoder_macs are multiply-accumulates.
    Files that cannot be read are left out.
    """
    import pandas as pd

    from harness.analysis.cells import load
    from harness.analysis.energy import encoder_macs
    from harness.papers import catalogue

    rows = []
    for cell in load(Path(results), catalogue()).cells.values():
        record, config = cell.record, cell.record.config
        row: list[Any] = [*cell.key, cell.status, cell.reason, str(cell.path), record.fingerprint.digest]
        row += [cell.weights, cell.device, config.encoder.name, config.timesteps]
        row += [sum(record.timings.values()), "; ".join(cell.verified)]
        if cell.done and record.curve is not None:
            row += [record.curve.correct[-1], record.curve.total, cell.curve[-1], cell.optimism, cell.ann]
            for name in ("macs", "accumulates"):
                row.append(sum(getattr(layer, name) for layer in record.layers) if record.layers else None)
            row += [record.encoder_operations, encoder_macs(record)]
        rows.append(row + [None] * (len(COLUMNS) - len(row)))
    types = {"correct": "Int64", "total": "Int64", "macs": "float64"}
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)
    return frame.assign(best_accuracy=frame["accuracy"] + frame["optimism"])


def curves_of_arm(results: str | Path, experiment: str, arm: str, profile: str) -> "pd.DataFrame":
    """Accuracy in percent of one arm: a row for each timestep, from 1, and a column for each finished seed.

    Raises HarnessError for a name that neither the catalogue nor the records know.
    """
    import pandas as pd

    from harness.analysis.cells import load
    from harness.catalogue import experiments_from
    from harness.papers import catalogue

    loaded = load(Path(results), catalogue())
    cells = loaded.done(experiment, profile, arm)
    if not cells:
        known = catalogue().with_experiments(experiments_from(loaded.unregistered)).experiment(experiment)
        known.profile(profile)
        known.arm(arm)
    curves = pd.DataFrame({cell.seed: cell.curve for cell in cells}).rename_axis(columns="seed")
    return curves.set_axis(curves.index + 1).rename_axis(index="timestep")


def judge_claim(claim: str, results: str | Path) -> "tuple[Judgement, ...]":
    """What the records below `results` say about a claim, one judgement for each profile that has records of it.

    `claim` is an id, as `harness show EXPERIMENT` prints it. All claims are judged, because the orderings of a paper
    are adjusted together. Raises HarnessError for an unknown id, with the nearest known one.
    """
    from harness.analysis.cells import load
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
