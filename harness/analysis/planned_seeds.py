"""Which planned seeds of which arms are done, and what became of the others. A gap is never averaged away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.analysis.answers import Answers
from harness.analysis.curves import CELL, percent
from harness.analysis.frame import Loaded
from harness.catalogue import Experiment
from harness.config import ProfileName

Key = tuple[str, str, str, int]
Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """Loaded records by (experiment, profile, arm, seed).

    Of done cells: `accuracy`, percent at every timestep, and `balanced`, the same straight after balancing; `answers`,
    which images were right; `images`, how many there are; `optimism`, percentage points; `known`, percent at every
    timestep on a sample of training images; `ann`, percent of the pre-trained ANN, NaN where it is not told.
    `state`: of every cell, "done", or "failed: …" or "stale: …" with the reason. `fingerprint`: of every cell.
    `weights`: the SHA-256 of the weights that a done cell kept, or empty. `device`: what computed a cell, or empty.
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
