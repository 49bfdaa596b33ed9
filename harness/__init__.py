"""Do the published accuracy-versus-timestep results of spiking networks come out again, and how sure are we?

For notebooks, with nothing heavy imported until it is used. An arm is named as its folder of records is:

    import harness

    harness.run_experiment("quickstart", profile="smoke")        # trains the cells that have no record
    harness.load_records("results/local")                        # one row per cell, as a pandas frame
    harness.curves("results/local", "quickstart/smoke/cyclic-16")
    harness.difference("results/local", "quickstart/smoke/cyclic-16", "quickstart/smoke/poisson-16")
    harness.judgements("results/evidence")                       # one row per claim and profile
    harness.draw_errors(axes, "results/evidence", "mnist-784-100-10/paper")
    harness.network("results/local/quickstart/smoke/cyclic-16/seed-0000.safetensors").predict(images)
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from harness.analysis.cells import Cell
    from harness.analysis.judges import Judgement
    from harness.analysis.statistics import Interval
    from harness.catalogue import Experiment
    from harness.report.sources import Source
    from harness.runs.predict import TrainedNetwork

COLUMNS = (
    "experiment", "profile", "arm", "seed", "status", "reason", "path", "fingerprint", "weights", "device", "encoder",
    "timesteps", "seconds", "verified", "correct", "total", "accuracy", "optimism", "ann_accuracy", "macs",
    "accumulates", "encoder_operations", "encoder_macs",
)  # fmt: skip
__all__ = [
    "curves", "difference", "draw_errors", "judge_claim", "judgements", "load_records", "network", "run_experiment",
]  # fmt: skip


def load_records(results: str | Path) -> "pd.DataFrame":
    """One row for every record below the folder `results`, with the columns `COLUMNS` and `best_accuracy`.

    status is done, failed or stale, the last two with a reason. weights is a SHA-256, device a name, and either may be
    empty; verified is, say, "weights: identical". Only done records have: correct, total and accuracy in percent
    at the last timestep of the final epoch; optimism and best_accuracy of the best epoch on the test set; ann_accuracy
    of the pre-trained ANN; and operations for one image: macs (ANN), accumulates (SNN, over all timesteps) and those of
    the encoder, of which encoder_macs are multiply-accumulates. Unreadable files are left out. Raises HarnessError for
    a missing folder.
    """
    import pandas as pd

    from harness.analysis.energy import encoder_macs

    rows = []
    for cell in _source(results).loaded.cells.values():
        record, config = cell.record, cell.record.config
        experiment, profile, arm, seed = cell.key
        row: dict[str, Any] = {
            "experiment": experiment,
            "profile": profile,
            "arm": arm,
            "seed": seed,
            "status": cell.status,
            "reason": cell.reason,
            "path": str(cell.path),
            "fingerprint": record.fingerprint.digest,
            "weights": record.weights.sha256 if record.weights else "",
            "device": cell.device,
            "encoder": config.encoder.name,
            "timesteps": config.timesteps,
            "seconds": sum(record.timings.values()),
            "verified": "; ".join(cell.verified),
        }
        if cell.done and record.curve is not None:
            row |= {
                "correct": record.curve.correct[-1],
                "total": record.curve.total,
                "accuracy": cell.curve[-1],
                "optimism": cell.optimism,
                "ann_accuracy": cell.ann,
                "encoder_operations": record.encoder_operations,
                "encoder_macs": encoder_macs(record),
            }
            if record.layers:
                row |= {name: sum(getattr(layer, name) for layer in record.layers) for name in ("macs", "accumulates")}
        rows.append(row)
    types = {"correct": "Int64", "total": "Int64", "macs": "float64"}
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)
    return frame.assign(best_accuracy=frame["accuracy"] + frame["optimism"])


def curves(results: str | Path, arm: str) -> "pd.DataFrame":
    """Accuracy in percent of one arm: a row for each timestep, from 1, and a column for each finished seed.

    `arm`: "EXPERIMENT/PROFILE/ARM". Raises HarnessError for a name that neither the catalogue nor the records know.
    """
    import pandas as pd

    cells = _finished(_source(results), arm)
    curves = pd.DataFrame({cell.seed: cell.curve for cell in cells}).rename_axis(columns="seed")
    return curves.set_axis(curves.index + 1).rename_axis(index="timestep")


def difference(results: str | Path, arm: str, versus: str, timestep: int | None = None) -> "Interval":
    """Accuracy of `arm` minus that of `versus` after `timestep` steps (default: all of the shorter one), in points.

    Paired by the seeds that both have finished, and by test image if both keep single answers: `.runs` has the
    difference of each seed, `.mean` their mean, `.low` and `.high` its 95 % interval, None below three seeds. It is
    raw: reports compare a code of x and one of p net of their ANNs.
    Arms are named as in `curves`. Raises HarnessError for an unknown arm, no common seed, or a step that one lacks.
    """
    from harness.analysis.cells import difference_of, paired
    from harness.analysis.statistics import Interval

    source = _source(results)
    ours, theirs = paired(*(_finished(source, name) for name in (arm, versus)))
    if not ours:
        raise HarnessError(f"{arm} and {versus} have no finished seed in common", "run both with the same --seeds")
    last = min(len(cell.curve) for cell in (*ours, *theirs))
    if timestep is not None and not 1 <= timestep <= last:
        raise HarnessError(f"timestep {timestep} is outside 1..{last}, which both arms have", "choose one of them")
    return Interval.of(difference_of(ours, theirs, timestep or last))


def judgements(results: str | Path) -> "pd.DataFrame":
    """The judgements of all claims by the records below `results`: one row for each claim and profile with records.

    The columns are the fields of `harness.analysis.judges.Judgement`: id, experiment, profile, verdict, published,
    mean, low, high and others.
    """
    import pandas as pd

    judged = _source(results).judgements
    names = judged[0].__struct_fields__ if judged else ()
    return pd.DataFrame([[getattr(judgement, name) for name in names] for judgement in judged], columns=list(names))


def judge_claim(claim: str, results: str | Path) -> "tuple[Judgement, ...]":
    """The judgements of a claim by the records below `results`, one for each profile with records.

    `claim` is an id, as `harness show EXPERIMENT` prints it. All claims are judged, because the orderings of a paper
    are adjusted together. Raises HarnessError for an unknown id, with the nearest known one.
    """
    from harness.papers import catalogue

    ids = [registered.id for registered in catalogue().claims if registered.kind != "context"]
    if claim not in ids:
        raise did_you_mean("claim", claim, ids)
    return tuple(judgement for judgement in _source(results).judgements if judgement.id == claim)


def draw_errors(axes: "Axes", results: str | Path, experiment: str, arms: tuple[str, ...] = ()) -> None:
    """Draw error in percent against timestep into `axes`, with 95 % bands over seeds and published numbers.

    `experiment`: "EXPERIMENT/PROFILE"; `arms`: some of its arms, by default all that have finished. Colours, markers
    and the logarithmic axes are those of the report; a legend names the arms.
    Raises HarnessError for an unknown name, or if nothing has finished.
    """
    from harness.report.figures import draw_errors as draw

    source = _source(results)
    name, _, profile = experiment.partition("/")
    draw(axes, source.catalogue.experiment(name), profile, source, arms)


def network(path: str | Path) -> "TrainedNetwork":
    """The trained network of a file of weights, or of the record beside one: its `predict(images)` classifies images.

    Raises HarnessError for a file that is missing, damaged, or not what its record names; EncoderError for an encoder
    that is not installed.

    >>> trained = network("results/local/quickstart/smoke/cyclic-16/seed-0000.json")  # doctest: +SKIP
    >>> trained.predict(images).classes[-1]  # of images [N, C, H, W], uint8, after the last step  # doctest: +SKIP
    """
    from harness.records.weights import weights_path
    from harness.runs.predict import TrainedNetwork

    return TrainedNetwork.read(weights_path(Path(path)))


def run_experiment(
    experiment: "str | Path | Experiment",
    *,
    profile: str | None = None,
    results: str | Path = "results/local",
    **options: Any,
) -> list[dict[str, Any]]:
    """Run the cells of an experiment that have no record below `results`; one row a cell, as `run --json` prints.

    `experiment`: a name, the path of a Python file that defines EXPERIMENT, or a `harness.catalogue.Experiment`.
    `options`: further ones of `harness.runs.plan.make_plan`, such as `seeds=3`, `arms=("cyclic-16",)` or `workers=2`.
    Raises HarnessError or EncoderError for an impossible run.
    """
    from harness.machine.process import bound_spinning

    bound_spinning()

    from harness.machine.console import plain_console
    from harness.papers import catalogue
    from harness.runs.plan import make_plan
    from harness.runs.workers import execute, require_possible

    require_possible("here", options.get("workers"))
    plan = make_plan(catalogue(), experiment, profile=profile, results=Path(results), **options)
    console = plain_console(stderr=True)
    plan.announce(console)
    return execute(plan, console, workers=options.get("workers"))


def _source(results: str | Path) -> "Source":
    """The records of a folder, read and judged as the report does. Raises HarnessError for a missing folder."""
    from harness.papers import catalogue
    from harness.report.sources import read

    if not Path(results).is_dir():
        raise HarnessError(f"{results}: no such results folder", "name a folder that a run wrote")
    (source,) = read(Path(results), None, catalogue())
    return source


def _finished(source: "Source", name: str) -> "tuple[Cell, ...]":
    """The finished cells of "EXPERIMENT/PROFILE/ARM". Raises HarnessError for an unknown one."""
    experiment, _, rest = name.partition("/")
    profile, _, arm = rest.partition("/")
    cells = source.loaded.done(experiment, profile, arm)
    if not cells:
        planned = source.catalogue.experiment(experiment)
        planned.profile(profile)
        planned.arm(arm)
    return cells
