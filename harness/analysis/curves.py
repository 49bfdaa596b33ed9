"""Finished cells found by key: their curves, which planned seeds are done, and what the seeds of an arm answered.

A gap among the planned seeds is never averaged away. Which images were right is used where records keep it, else counts
alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from encoders.registry import BUILTIN
from harness.analysis.frame import CELL, Curve, Key, Loaded, percent
from harness.analysis.statistics import Outcomes, accuracy_outcomes, difference_outcomes, outcomes_without_images
from harness.catalogue import Experiment
from harness.config import EncoderSpec, ProfileName
from harness.records.store import Answers


def steps_to_reach(accuracy: npt.ArrayLike, target: float) -> int | None:
    """The first timestep (from 1) from which accuracy stays at or above `target` to the end.

    `accuracy[t]` is after t + 1 steps, in the unit of `target`. None: censored, never reached for good.
    """
    below = np.flatnonzero(np.asarray(accuracy) < target)
    first = int(below[-1]) + 2 if below.size else 1
    return first if first <= np.size(accuracy) else None


def steps_label(steps: int | None, timesteps: int) -> str:
    """`steps` in words: "41", or "> 48" for a run of 48 timesteps that is censored."""
    return f"> {timesteps}" if steps is None else str(steps)


@dataclass(frozen=True)
class Cells:
    """Loaded records by (experiment, profile, arm, seed).

    Of done cells: `accuracy`, percent at every timestep, and `balanced`, the same straight after balancing;
    `train_curves`, the same on a sample of training images; `answers`, which images were right; `images`, how many
    there are; `optimism`, percentage points; `ann`, percent of the pre-trained ANN, NaN where it is not told;
    `weights`, the SHA-256 of the weights that it kept, or empty; `readings`, by fraction of fine-tuning percent at the
    last timestep, where it was read on the way.
    Of every cell: `state`, "done", or "failed: …" or "stale: …" with the reason; `fingerprint`; `device`, what computed
    it, or empty.
    """

    accuracy: Mapping[Key, Curve] = field(default_factory=dict)
    balanced: Mapping[Key, Curve] = field(default_factory=dict)
    train_curves: Mapping[Key, Curve] = field(default_factory=dict)
    answers: Mapping[Key, Answers] = field(default_factory=dict)
    images: Mapping[Key, int] = field(default_factory=dict)
    optimism: Mapping[Key, float] = field(default_factory=dict)
    ann: Mapping[Key, float] = field(default_factory=dict)
    weights: Mapping[Key, str] = field(default_factory=dict)
    readings: Mapping[Key, Mapping[float, float]] = field(default_factory=dict)
    state: Mapping[Key, str] = field(default_factory=dict)
    fingerprint: Mapping[Key, str] = field(default_factory=dict)
    device: Mapping[Key, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedSeeds:
    """How the planned seeds of some arms stand, taken together.

    `seeds`: the planned ones at which every arm is done; `further`: seeds beyond the plan, which judge nothing.
    `gaps`: why others are not done; `stale`: whether records of other code or of another recipe are among them.
    """

    seeds: tuple[int, ...]
    planned: int
    further: tuple[int, ...]
    gaps: tuple[str, ...]
    stale: bool

    @property
    def complete(self) -> bool:
        """Whether every planned seed is done."""
        return not self.gaps


def index(loaded: Loaded) -> Cells:
    """Loaded records, found by key."""
    curves = loaded.curves.sort_values("timestep")
    accuracy = percent(curves["correct"].to_numpy(), curves["total"].to_numpy())
    total = curves["total"].to_numpy()
    # The places of each cell's rows: a frame for each of thousands of cells would take seconds.
    places = {_key(names): rows for names, rows in curves.groupby(CELL, sort=False).indices.items()}
    cells = {_key(tuple(row[name] for name in CELL)): row for row in loaded.cells.to_dict("records")}
    readings: dict[Key, dict[float, float]] = {}
    for *names, fraction, correct, images in loaded.readings.itertuples(index=False, name=None):
        readings.setdefault(_key(names), {})[float(fraction)] = float(percent(correct, images))
    return Cells(
        accuracy={key: accuracy[rows] for key, rows in places.items()},
        balanced=loaded.balanced,
        train_curves=loaded.train_curves,
        answers=loaded.answers,
        images={key: int(total[rows[0]]) for key, rows in places.items()},
        optimism={key: float(row["optimism"]) for key, row in cells.items()},
        ann={key: float(row["ann_accuracy"]) for key, row in cells.items()},
        weights={key: str(row["weights"]) for key, row in cells.items() if row["status"] == "done"},
        readings=readings,
        state={
            key: "done" if row["status"] == "done" else f"{row['status']}: {row['reason']}"
            for key, row in cells.items()
        },
        fingerprint={key: str(row["fingerprint"]) for key, row in cells.items()},
        device={key: str(row["device"]) for key, row in cells.items()},
        problems=loaded.problems,
    )


def _key(names: Any) -> Key:
    experiment, profile, arm, seed = names
    return str(experiment), str(profile), str(arm), int(seed)


def profiles_with_records(cells: Cells, experiment: Experiment, arms: Sequence[str]) -> list[ProfileName]:
    """The profiles of the experiment at which any of the arms has a record, done or not."""
    recorded = {key[1] for key in cells.state if key[0] == experiment.name and key[2] in arms}
    return [name for name in experiment.profile_names if name in recorded]


def seeds_done(cells: Cells, experiment: str, profile: str, arms: Sequence[str], planned: int) -> PlannedSeeds:
    """How far the planned seeds 0 .. planned - 1 of all `arms` are done at `profile`."""
    keys = [(experiment, profile, arm, seed) for seed in range(planned) for arm in arms]
    gaps = [(key, problem) for key in keys if (problem := _gap(cells, key))]
    done = sorted({key[3] for key in cells.accuracy if key[:3] == (experiment, profile, arms[0])})
    of_all = [seed for seed in done if all((experiment, profile, arm, seed) in cells.accuracy for arm in arms)]
    return PlannedSeeds(
        seeds=tuple(seed for seed in of_all if seed < planned),
        planned=planned,
        further=tuple(seed for seed in of_all if seed >= planned),
        gaps=tuple(f"{arm} seed {seed}: {problem}" for (_, _, arm, seed), problem in gaps),
        stale=any(problem.startswith("stale") for _, problem in gaps),
    )


def _gap(cells: Cells, key: Key) -> str:
    state = cells.state.get(key)
    if state is None:
        name = f"{key[0]}/{key[1]}/{key[2]}/seed-{key[3]:04d}.json"
        refused = any(name in problem.replace("\\", "/") for problem in cells.problems)
        return "refused, see problems" if refused else "missing"
    return "" if state == "done" else state


def accuracy_of(cells: Cells, keys: Sequence[Key], timestep: int) -> Outcomes:
    """The accuracy of one arm at `timestep` (from 1), a key for each seed."""
    if (table := _answers(cells, keys, timestep)) is not None:
        return accuracy_outcomes(table)
    return outcomes_without_images(percent_at(cells, keys, timestep))


def difference_of(
    cells: Cells, greater: Sequence[Key], less: Sequence[Key], timestep: int, less_at: int | None = None
) -> Outcomes:
    """The difference of two arms at `timestep`, paired by seed, and by test image where both keep them.

    `less_at`: the timestep at which the lesser arm is read, where it is another one.
    """
    later = timestep if less_at is None else less_at
    one, other = _answers(cells, greater, timestep), _answers(cells, less, later)
    if one is not None and other is not None and one.shape == other.shape:
        return difference_outcomes(one.astype(np.int8) - other.astype(np.int8))
    apart = percent_at(cells, greater, timestep) - percent_at(cells, less, later)
    return outcomes_without_images(apart, lowest=-100.0)


def train_difference_of(cells: Cells, greater: Sequence[Key], less: Sequence[Key], timestep: int) -> Outcomes | None:
    """As `difference_of`, on a fixed sample of training images; None where a record does not tell.

    Records tell how many of these images are right, not which.
    """
    if not all(key in cells.train_curves for key in (*greater, *less)):
        return None
    arms = [np.array([cells.train_curves[key][timestep - 1] for key in keys]) for keys in (greater, less)]
    return outcomes_without_images(arms[0] - arms[1], lowest=-100.0)


def above_ann(cells: Cells, keys: Sequence[Key], timestep: int) -> Outcomes | None:
    """The accuracy of one arm minus that of the ANN it was converted from, by seed; None where a record does not tell.

    Records tell how many test images the ANN has right, not which.
    """
    of_ann = np.array([cells.ann.get(key, np.nan) for key in keys])
    if np.isnan(of_ann).any():
        return None
    return outcomes_without_images(percent_at(cells, keys, timestep) - of_ann, lowest=-100.0)


def values_of(encoder: EncoderSpec) -> Literal["x", "p"]:
    """Which values a code conveys, and so its ANN is trained on: x in [-1, 1], or p = (x + 1)/2."""
    built_in = BUILTIN.get(encoder.name)
    unsigned = built_in is not None and built_in.conveys == "p" and not encoder.parameters.get("signed")
    return "p" if unsigned or encoder.parameters.get("signal") == "p" else "x"


def net_difference_of(cells: Cells, greater: Sequence[Key], less: Sequence[Key], timestep: int) -> Outcomes | None:
    """The difference of two arms, each net of the ANN that it was converted from, by seed.

    None where a record does not tell its ANN. Between codes of x and of p it alone says whether the code matters.
    """
    ours, theirs = (above_ann(cells, keys, timestep) for keys in (greater, less))
    if ours is None or theirs is None:
        return None
    return outcomes_without_images(ours.per_seed - theirs.per_seed, lowest=-200.0, highest=200.0)


def shifted(outcomes: Outcomes, by: float) -> Outcomes:
    """The outcomes with a number added to every figure, such as minus another paper's accuracy."""
    moved = outcomes.per_seed + by
    return replace(outcomes, per_seed=moved, lowest=outcomes.lowest + by, highest=outcomes.highest + by)


def percent_at(cells: Cells, keys: Sequence[Key], timestep: int) -> npt.NDArray[np.float64]:
    """[seeds], the accuracy of each in percent."""
    return np.array([cells.accuracy[key][timestep - 1] for key in keys])


def balanced_at(cells: Cells, keys: Sequence[Key], timestep: int) -> float | None:
    """The mean accuracy straight after balancing, where every seed's record has it."""
    curves = [curve for key in keys if (curve := cells.balanced.get(key)) is not None and len(curve) >= timestep]
    return sum(float(curve[timestep - 1]) for curve in curves) / len(keys) if 0 < len(curves) == len(keys) else None


def _answers(cells: Cells, keys: Sequence[Key], timestep: int) -> npt.NDArray[np.bool_] | None:
    """[seeds, images], or None where a seed does not keep its answers at this timestep."""
    rows = [row for key in keys if (row := cells.answers.get(key, {}).get(timestep)) is not None]
    return np.stack(rows) if 0 < len(rows) == len(keys) and len({row.size for row in rows}) == 1 else None
