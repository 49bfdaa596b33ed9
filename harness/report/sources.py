"""What a report is made from: one results folder as the analysis sees it, looked up by arm and timestep."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from harness.analysis.curves import Cells, index
from harness.analysis.differences import AlongTraining, Difference, along_training, differences
from harness.analysis.energy import Operations, operations_by_arm
from harness.analysis.frame import ARM, Loaded, load, percent
from harness.analysis.judges import Judgement, judge
from harness.analysis.statistics import estimate, outcomes_without_images
from harness.catalogue import Catalogue, Experiment
from harness.catalogue.catalogue import experiments_from
from harness.config import PROFILES, ProfileName
from harness.report.table import Interval, Link

Key = tuple[str, str, str]
Course = tuple[tuple[int, float | None, float], ...]  # epoch, mean loss, test error in percent
SMOKE_LABEL = "smoke: not judged"


@dataclass(frozen=True)
class Cell:
    """One record: where it lies inside its results folder, and what became of it.

    verified: what its verifications gave, such as "weights: identical".
    """

    seed: int
    status: Literal["done", "failed", "stale"]
    reason: str
    path: str
    accuracy: float | None
    verified: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """Its accuracy and verifications, or why it has none."""
        if self.accuracy is None:
            return f"{self.status}: “{self.reason}”"
        verified = f" (verified from {'; from '.join(self.verified)})" if self.verified else ""
        return f"{self.accuracy:.2f} %{verified}"


@dataclass(frozen=True)
class Source:
    """A results folder under the name the report gives it; `catalogue` knows every experiment that it holds."""

    name: Literal["evidence", "yours"]
    folder: Path
    loaded: Loaded
    judgements: tuple[Judgement, ...]
    catalogue: Catalogue

    @cached_property
    def at_hand(self) -> bool:
        """Whether the folder is there. Evidence lies in a clone of the repository and nowhere else."""
        return self.folder.is_dir()

    @cached_property
    def estimates(self) -> Mapping[Key, tuple[Interval, ...]]:
        """For every arm with a finished planned cell, one estimate a timestep, the first at index 0."""
        planned = {key: rows[rows["seed"] < self.planned_seeds(*key)] for key, rows in _by_arm(self.loaded.curves)}
        return {key: _curve_of(rows) for key, rows in planned.items() if not rows.empty}

    @cached_property
    def cells(self) -> Mapping[Key, tuple[Cell, ...]]:
        """The records of every arm, by seed."""
        frame = self.loaded.cells.sort_values("seed")
        return {key: tuple(self._cells_of(rows)) for key, rows in _by_arm(frame)}

    @cached_property
    def operations(self) -> Mapping[Key, Operations]:
        """What one image costs in every arm with a finished planned cell that counted it."""
        layers = self.loaded.layers
        places = layers[[*ARM, "seed"]].itertuples(index=False, name=None)
        planned = [seed < self.planned_seeds(*key) for *key, seed in places]
        return operations_by_arm(replace(self.loaded, layers=layers[np.array(planned, dtype=bool)]))

    @cached_property
    def index(self) -> Cells:
        """The finished cells, found by key."""
        return index(self.loaded)

    def differences(self, experiment: Experiment, profile: ProfileName) -> tuple[Difference, ...]:
        """The paired differences between the arms of an experiment."""
        return differences(self.index, experiment, profile)

    def along_training(self, experiment: Experiment, profile: ProfileName) -> tuple[AlongTraining, ...]:
        """What fine-tuning did to the paired differences; empty without readings on the way."""
        return along_training(self.loaded.readings, experiment, profile)

    def all_differences(self) -> tuple[Difference, ...]:
        """The paired differences of every experiment and profile that has records."""
        names = [name for name in self.catalogue.names() if self.profiles(name)]
        found = [with_added(self.catalogue.experiment(name), [self]) for name in names]
        return tuple(d for e in found for profile in self.profiles(e.name) for d in self.differences(e, profile))

    @cached_property
    def _epochs(self) -> Mapping[Key, pd.DataFrame]:
        return dict(_by_arm(self.loaded.epochs))

    def course(self, experiment: str, profile: str, arm: str) -> tuple[Course, Course]:
        """Loss and test error of an arm after each epoch, means over its planned seeds: of the ANN, whose last epoch is
        number 0, and of fine-tuning, which begins at 0 straight after balancing.
        """
        key, planned = (experiment, profile, arm), self.planned_seeds(experiment, profile, arm)
        if (rows := self._epochs.get(key)) is None or (rows := rows[rows["seed"] < planned]).empty:
            return (), ()
        rows = rows.assign(error=100.0 - percent(rows["correct"], rows["total"]))
        means = rows.groupby(["ann", "epoch"])[["loss", "error"]].mean().reset_index()
        ann, tuned = (
            tuple((int(e), float(loss), float(error)) for e, loss, error in part[["epoch", "loss", "error"]].to_numpy())
            for part in (means[means["ann"]], means[~means["ann"]])
        )
        balanced = [
            curve[-1] for (*of, seed), curve in self.loaded.balanced.items() if tuple(of) == key and seed < planned
        ]
        start: Course = ((0, None, 100.0 - float(np.mean(balanced))),) if balanced else ()
        return ann, (*start, *tuned)

    def _cells_of(self, rows: pd.DataFrame) -> list[Cell]:
        return [
            Cell(
                seed=int(row["seed"]),
                status=row["status"],
                reason=self.shorten(str(row["reason"])),
                path=self.shorten(str(row["path"])),
                accuracy=_number(row["accuracy"]),
                verified=tuple(filter(None, str(row["verified"]).split("; "))),
            )
            for row in rows.to_dict("records")
        ]

    def links(self, experiment: str, profile: str | None, arm: str) -> tuple[Link, ...]:
        """The records of an arm, each with what became of it."""
        return tuple(
            Link(arm, cell.seed, cell.path, cell.outcome)
            for cell in self.cells.get((experiment, str(profile), arm), ())
        )

    def shorten(self, text: str) -> str:
        """`text` without the results folder: a report names no place on somebody's machine."""
        return text.replace(f"{self.folder}/", "")

    def profiles(self, experiment: str) -> list[ProfileName]:
        """The profiles that have records of the experiment, from smoke to paper.

        A smoke run that another profile's records answer was never asked for, and is none.
        """
        smoke = f"{experiment}/smoke/"
        present = {
            key[1]
            for key, cells in self.cells.items()
            if key[0] == experiment and (key[1] != "smoke" or any(cell.path.startswith(smoke) for cell in cells))
        }
        return [profile for profile in PROFILES if profile in present]

    def estimate(self, experiment: str, profile: str, arm: str, timestep: int) -> Interval | None:
        """Accuracy after `timestep` steps, or None where no finished cell tells."""
        curve = self.estimates.get((experiment, profile, arm), ())
        return curve[timestep - 1] if timestep <= len(curve) else None

    def seeds(self, experiment: str, profile: str, arm: str) -> tuple[int, int]:
        """Planned seeds that are done, and how many are planned."""
        cells, planned = self.cells.get((experiment, profile, arm), ()), self.planned_seeds(experiment, profile, arm)
        return sum(cell.status == "done" and cell.seed < planned for cell in cells), planned

    def planned_seeds(self, experiment: str, profile: str, arm: str) -> int:
        """How many seeds are planned: 0 .. n − 1. Further ones are listed with their records and judge nothing."""
        return self.catalogue.experiment(experiment).seeds(arm, profile)

    def verified(self, experiment: str, profile: str, arm: str) -> str:
        """What verifications gave, and for how many of the finished cells: "snntorch: identical (3/5)"."""
        done = [cell for cell in self.cells.get((experiment, profile, arm), ()) if cell.status == "done"]
        counts = Counter(found for cell in done for found in cell.verified)
        return "; ".join(f"{found} ({count}/{len(done)})" for found, count in sorted(counts.items()))

    def expects(self, experiment: Experiment, profile: str, arm: str) -> bool:
        """Whether the arm has a row here even without a record; one added by `--encoder` has none."""
        if not self.at_hand:
            return False
        planned = {known.name for known in experiment.planned}
        return arm in planned or (experiment.name, profile, arm) in self.cells

    def why_missing(self, experiment: str, profile: str, arm: str) -> str:
        """Why an arm has no number."""
        cells = self.cells.get((experiment, profile, arm), ())
        for cell in cells:
            if cell.status != "done":
                return f"no finished cell: seed {cell.seed} {cell.status} ({cell.reason})"
        return f"not run yet: harness run {experiment} --profile {profile}"

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """Refused, foreign and stale files, and every failed cell with its error quoted."""
        failed = [
            f'{cell.path}: failed: "{cell.reason}"'
            for _, cells in sorted(self.cells.items())
            for cell in cells
            if cell.status == "failed"
        ]
        return (*(self.shorten(problem) for problem in self.loaded.problems), *failed)


def read(evidence: Path, local: Path | None, catalogue: Catalogue) -> tuple[Source, ...]:
    """Both results folders, judged; a folder that does not exist holds no records.

    Experiments that the catalogue does not know are added to it, as their records tell of them.
    """
    folders: list[tuple[Literal["evidence", "yours"], Path]] = [("evidence", evidence)]
    folders += [("yours", local)] if local is not None else []
    loaded = [load(folder, catalogue) for _, folder in folders]
    whole = catalogue.with_experiments(experiments_from(config for held in loaded for config in held.unregistered))
    return tuple(
        Source(name, folder, held, judge(held, catalogue), whole)
        for (name, folder), held in zip(folders, loaded, strict=True)
    )


def with_added(experiment: Experiment, sources: Sequence[Source]) -> Experiment:
    """The experiment and the arms that `harness run --encoder` added to it, found by their records."""
    found = {
        key[2]
        for source in sources
        for key, cells in source.cells.items()
        if key[0] == experiment.name and any(cell.status != "stale" for cell in cells)
    }
    return experiment.with_added(sorted(found))


def _by_arm(frame: pd.DataFrame) -> list[tuple[Key, pd.DataFrame]]:
    groups = frame.groupby(ARM, sort=True)
    return [(cast(Key, key), rows) for key, rows in groups]


def _curve_of(rows: pd.DataFrame) -> tuple[Interval, ...]:
    """The mean over seeds at each timestep."""
    rows = rows.assign(accuracy=percent(rows["correct"], rows["total"]))
    runs = rows.pivot(index="timestep", columns="seed", values="accuracy").sort_index().to_numpy(dtype=float)
    found = estimate(outcomes_without_images(runs))
    return tuple(
        Interval(float(mean), _number(low), _number(high), tuple(map(float, of_step)))
        for mean, low, high, of_step in zip(found.mean, found.low, found.high, runs, strict=True)
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
