"""Finished cells found by key: their curves, which planned seeds are done, and what the seeds of an arm answered.

A gap among the planned seeds is never averaged away. Which images were right is used where records keep it, else counts
alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.analysis.frame import CELL, Loaded, percent
from harness.analysis.statistics import Outcomes, accuracy_outcomes, difference_outcomes, outcomes_without_images
from harness.catalogue import Experiment
from harness.config import EncoderSpec, ProfileName
from harness.records.store import Answers

Key = tuple[str, str, str, int]
CODES_OF_P = frozenset({"poisson", "phase", "burst", "ttfs", "latency"})
Curve = npt.NDArray[np.float64]


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

    Of done cells: `accuracy`, percent at every timestep, and `balanced`, the same straight after balancing; `answers`,
    which images were right; `images`, how many there are; `optimism`, percentage points; `known`, percent at every
    timestep on a sample of training images; `ann`, percent of the pre-trained ANN, NaN where it is not told.
    `state`: of every cell, "done", or "failed: …" or "stale: …" with the reason. `fingerprint`: of every cell.
    `weights`: the SHA-256 of the weights that a done cell kept, or empty. `device`: what computed a cell, or empty.
    `readings`: by fraction of fine-tuning, percent at the last timestep, of cells that were read on the way.
    """

    accuracy: Mapping[Key, Curve]
    balanced: Mapping[Key, Curve]
    answers: Mapping[Key, Answers]
    images: Mapping[Key, int]
    optimism: Mapping[Key, float]
    state: Mapping[Key, str]
    fingerprint: Mapping[Key, str]
    problems: tuple[str, ...]
    known: Mapping[Key, Curve] = field(default_factory=dict)
    ann: Mapping[Key, float] = field(default_factory=dict)
    weights: Mapping[Key, str] = field(default_factory=dict)
    device: Mapping[Key, str] = field(default_factory=dict)
    readings: Mapping[Key, Mapping[float, float]] = field(default_factory=dict)


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
    first = loaded.curves.drop_duplicates(list(CELL))
    images = {
        _key(tuple(names)): int(total) for *names, total in first[[*CELL, "total"]].itertuples(index=False, name=None)
    }
    rows = {_key(tuple(row[name] for name in CELL)): row for row in loaded.cells.to_dict("records")}
    readings: dict[Key, dict[float, float]] = {}
    for *names, fraction, correct, total in loaded.readings.itertuples(index=False, name=None):
        readings.setdefault(_key(tuple(names)), {})[float(fraction)] = float(percent(correct, total))
    return Cells(
        accuracy=_curves(loaded.curves),
        balanced=_curves(loaded.balanced),
        answers=loaded.answers,
        images=images,
        optimism={key: float(row["optimism"]) for key, row in rows.items()},
        state={
            key: "done" if row["status"] == "done" else f"{row['status']}: {row['reason']}" for key, row in rows.items()
        },
        fingerprint={key: str(row["fingerprint"]) for key, row in rows.items()},
        problems=loaded.problems,
        known=_curves(loaded.known),
        ann={key: float(row["ann_accuracy"]) for key, row in rows.items()},
        weights={key: str(row["weights"]) for key, row in rows.items() if row["status"] == "done"},
        device={key: str(row["device"]) for key, row in rows.items()},
        readings=readings,
    )


def _curves(frame: pd.DataFrame) -> dict[Key, Curve]:
    ordered = frame.sort_values("timestep")
    accuracy = percent(ordered["correct"].to_numpy(), ordered["total"].to_numpy())
    # The places of each cell's rows: a frame for each of thousands of cells would take seconds.
    return {_key(key): accuracy[places] for key, places in ordered.groupby(CELL, sort=False).indices.items()}


def profiles_with_records(cells: Cells, experiment: Experiment, arms: Sequence[str]) -> list[ProfileName]:
    """The profiles of the experiment at which any of the arms has a record, done or not."""
    found = {key[1] for key in cells.state if key[0] == experiment.name and key[2] in arms}
    return [name for name in experiment.profile_names if name in found]


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


def _key(values: object) -> Key:
    assert isinstance(values, tuple)
    experiment, profile, arm, seed = values
    return str(experiment), str(profile), str(arm), int(seed)


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


def known_difference_of(cells: Cells, greater: Sequence[Key], less: Sequence[Key], timestep: int) -> Outcomes | None:
    """As `difference_of`, on a fixed sample of training images; None where a record does not tell.

    Records tell how many of these images are right, not which.
    """
    if not all(key in cells.known for key in (*greater, *less)):
        return None
    arms = [np.array([cells.known[key][timestep - 1] for key in keys]) for keys in (greater, less)]
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
    unsigned = encoder.name in CODES_OF_P and not encoder.parameters.get("signed")
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
    curves = [cells.balanced.get(key) for key in keys]
    known = [float(curve[timestep - 1]) for curve in curves if curve is not None and len(curve) >= timestep]
    return sum(known) / len(known) if known and len(known) == len(keys) else None


def _answers(cells: Cells, keys: Sequence[Key], timestep: int) -> npt.NDArray[np.bool_] | None:
    """[seeds, images], or None where a seed does not keep its answers at this timestep."""
    rows = [cells.answers.get(key, {}).get(timestep) for key in keys]
    known = [row for row in rows if row is not None]
    if not known or len(known) < len(rows) or len({row.size for row in known}) > 1:
        return None
    return np.stack(known)
