"""Which planned seeds of which arms are done, and what became of the others. A gap is never averaged away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.analysis.curves import CELL, percent
from harness.analysis.frame import Loaded
from harness.catalogue import Experiment
from harness.config import ProfileName

Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Cells:
    """Loaded records by (experiment, profile, arm, seed).

    `accuracy`: of done cells, percent at every timestep; `optimism`: percentage points;
    `state`: of every cell, "done", or "failed: …" or "stale: …" with the reason.
    """

    accuracy: Mapping[Key, npt.NDArray[np.float64]]
    optimism: Mapping[Key, float]
    state: Mapping[Key, str]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """The seeds that count for some arms together, out of those `planned`, and why others do not.

    `seeds` are the planned seeds at which every arm is done; further ones count too, once no planned one is
    missing, so `seeds` may be more than `planned`.
    """

    seeds: tuple[int, ...]
    planned: int
    gaps: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every planned seed is done."""
        return not self.gaps


def index(loaded: Loaded) -> Cells:
    """Loaded records, found by key."""
    accuracy, optimism, state = {}, {}, {}
    for key, curve in loaded.curves.sort_values("timestep").groupby(CELL, sort=False):
        accuracy[_key(key)] = percent(curve["correct"].to_numpy(), curve["total"].to_numpy())
    for row in loaded.cells.to_dict("records"):
        key = _key(tuple(row[name] for name in CELL))
        optimism[key] = float(row["optimism"])
        state[key] = "done" if row["status"] == "done" else f"{row['status']}: {row['reason']}"
    return Cells(accuracy, optimism, state, loaded.problems)


def profiles_with_records(cells: Cells, experiment: Experiment, arms: Sequence[str]) -> list[ProfileName]:
    """The profiles of the experiment at which any of the arms has a record, done or not."""
    found = {key[1] for key in cells.state if key[0] == experiment.name and key[2] in arms}
    return [profile.name for profile in experiment.profiles if profile.name in found]


def standing(cells: Cells, experiment: str, profile: str, arms: Sequence[str], planned: int) -> Standing:
    """How far the planned seeds 0 .. planned - 1 of all `arms` are done at `profile`."""
    gaps = []
    for seed in range(planned):
        for arm in arms:
            if problem := _gap(cells, (experiment, profile, arm, seed)):
                gaps.append(f"{arm} seed {seed}: {problem}")
    candidates = sorted({key[3] for key in cells.accuracy if key[:3] == (experiment, profile, arms[0])})
    seeds = [s for s in candidates if all((experiment, profile, arm, s) in cells.accuracy for arm in arms)]
    return Standing(tuple(s for s in seeds if s < planned or not gaps), planned, tuple(gaps))


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
