"""The data of a report: one analysed results folder, looked up by arm and timestep."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

import numpy as np

from harness.analysis.cells import Cell, Curve, Loaded, Place, load, percent
from harness.analysis.energy import Operations, operations_of
from harness.analysis.judges import Judgement, judge
from harness.analysis.statistics import Interval, estimate, outcomes_without_images
from harness.catalogue import Catalogue, Experiment, Paper, experiments_from
from harness.config import PROFILES, ProfileName
from harness.report.table import Link
from harness.schema import Epoch

Course = tuple[tuple[int, float | None, float], ...]  # epoch, mean loss, test error in percent


@dataclass(frozen=True)
class Source:
    """A results folder under its name in the report; `catalogue` has every experiment with records in it.

    `judged` judges the records, once and only on demand: a run that no claim is about does not wait for it.
    """

    name: Literal["evidence", "yours"]
    folder: Path
    loaded: Loaded
    judged: Callable[[], tuple[Judgement, ...]]
    catalogue: Catalogue

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """What the records say about each claim."""
        return self.judged()

    @cached_property
    def at_hand(self) -> bool:
        """Whether the folder exists. The evidence is in a clone of the repository, not in an installed package."""
        return self.folder.is_dir()

    def of(self, paper: Paper, loose: Sequence[Experiment] = ()) -> "Source":
        """The part of one paper, and of `loose` experiments of no paper."""
        shown = {experiment.name for experiment in (*paper.experiments, *loose)}
        others = {name for name in self.catalogue.names() if name not in shown}
        return replace(
            self,
            loaded=replace(
                self.loaded,
                cells={key: cell for key, cell in self.loaded.cells.items() if key[0] in shown},
                problems=tuple(p for p in self.loaded.problems if self.shorten(p).partition("/")[0] not in others),
            ),
            judged=lambda: tuple(judgement for judgement in self.judgements if judgement.experiment in shown),
            catalogue=replace(self.catalogue, papers=(paper,), loose=tuple(loose)),
        )

    @cached_property
    def planned(self) -> Mapping[Place, tuple[Cell, ...]]:
        """The finished planned cells of every arm with at least one; further seeds are listed, but not judged."""
        places = [place for place, cells in self.loaded.by_arm.items() if any(cell.done for cell in cells)]
        finished = {p: self.loaded.done(*p, self.catalogue.experiment(p[0]).seeds(p[2], p[1])) for p in places}
        return {place: cells for place, cells in finished.items() if cells}

    @cached_property
    def estimates(self) -> Mapping[Place, tuple[Interval, ...]]:
        """For every arm with a finished planned cell, the mean over seeds at each timestep, the first at index 0."""
        return {place: _over_seeds([cell.curve for cell in cells]) for place, cells in self.planned.items()}

    def evaluations(self, experiment: str, profile: str, arm: str) -> Mapping[str, tuple[Interval, ...]]:
        """As `estimates`, for an arm under each evaluation that all its finished planned cells have."""
        cells = self.planned.get((experiment, profile, arm), ())
        first = cells[0].record.evaluations if cells else ()
        common = [text for text in first if all(text in cell.record.evaluations for cell in cells)]
        return {text: _over_seeds([cell.tested(text)[0] for cell in cells]) for text in common}

    @cached_property
    def operations(self) -> Mapping[Place, Operations]:
        """The operations of one image, for every arm whose planned cells counted them."""
        operations = {place: operations_of(cells) for place, cells in self.planned.items()}
        return {place: spent for place, spent in operations.items() if spent is not None}

    def course(self, experiment: str, profile: str, arm: str) -> tuple[Course, Course]:
        """Loss and test error after each epoch, means over planned seeds: of the ANN, and of fine-tuning.

        Epoch 0 is the ANN's last one, and the network right after balancing.
        """
        cells = self.planned.get((experiment, profile, arm), ())

        def means(trainings: Sequence[Sequence[Epoch]], last: int | None = None) -> Course:
            epochs = list(zip(*trainings, strict=False))
            first = 1 if last is None else last + 1 - len(epochs)
            return tuple(
                (
                    number,
                    float(np.mean([epoch.loss for epoch in of_seeds])),
                    100.0 - float(np.mean([percent(epoch.correct, epoch.total) for epoch in of_seeds])),
                )
                for number, of_seeds in enumerate(epochs, start=first)
            )

        balanced = [cell.balanced[-1] for cell in cells if cell.balanced.size]
        start: Course = ((0, None, 100.0 - float(np.mean(balanced))),) if balanced else ()
        ann = means([cell.record.ann_epochs for cell in cells], last=0)
        return ann, (*start, *means([cell.record.epochs for cell in cells]))

    def links(self, experiment: str, profile: str | None, arm: str) -> tuple[Link, ...]:
        """The records of an arm, each with its accuracy and verifications, or the reason why it has none."""
        links = []
        for cell in self.loaded.by_arm.get((experiment, str(profile), arm), ()):
            verified = f" (verified from {'; from '.join(cell.verified)})" if cell.verified else ""
            outcome = f"{cell.curve[-1]:.2f} %{verified}" if cell.done else f"{cell.status}: “{cell.reason}”"
            links.append(Link(arm, cell.seed, *map(self.shorten, (str(cell.path), outcome))))
        return tuple(links)

    def shorten(self, text: str) -> str:
        """`text` without the path of the results folder, because a report must not name a user's folders."""
        if self.folder == Path():
            return text
        return re.sub(r"(?<![^\s(\"“'])" + re.escape(f"{self.folder}/"), "", text)  # where a path begins

    def profiles(self, experiment: str) -> list[ProfileName]:
        """The profiles that have records of the experiment, from smoke to paper.

        Smoke counts only if it was asked for: records of another profile may answer its cells.
        """
        present = {place[1] for place in self.loaded.by_arm if place[0] == experiment}
        asked = (self.folder / experiment / "smoke").is_dir()
        return [profile for profile in PROFILES if profile in present and (profile != "smoke" or asked)]

    def estimate(self, experiment: str, profile: str, arm: str, timestep: int) -> Interval | None:
        """Accuracy after `timestep` steps; None if no finished cell has it."""
        curve = self.estimates.get((experiment, profile, arm), ())
        return curve[timestep - 1] if timestep <= len(curve) else None

    def seeds(self, experiment: str, profile: str, arm: str) -> tuple[int, int]:
        """The numbers of planned seeds that are done, and of all planned seeds."""
        done = self.planned.get((experiment, profile, arm), ())
        return len(done), self.catalogue.experiment(experiment).seeds(arm, profile)

    def verified(self, experiment: str, profile: str, arm: str) -> str:
        """Outcomes of verifications, with the number of finished cells that have each: "snntorch: identical (3/5)"."""
        done = self.loaded.done(experiment, profile, arm)
        counts = Counter(verification for cell in done for verification in cell.verified)
        return "; ".join(f"{verification} ({count}/{len(done)})" for verification, count in sorted(counts.items()))

    def expects(self, experiment: Experiment, profile: str, arm: str) -> bool:
        """Whether the arm has a row: a planned arm even without records, one added by `--encoder` only with records."""
        planned = {listed.name for listed in experiment.planned}
        return self.at_hand and (arm in planned or (experiment.name, profile, arm) in self.loaded.by_arm)

    def why_missing(self, experiment: str, profile: str, arm: str) -> str:
        """Why an arm has no number."""
        for cell in self.loaded.by_arm.get((experiment, profile, arm), ()):
            if not cell.done:
                return f"no finished cell: seed {cell.seed} {cell.status} ({self.shorten(cell.reason)})"
        return ": ".join(filter(None, ("not run yet", self.catalogue.command(experiment, profile))))

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """Refused, foreign and stale files, and every failed cell with its error."""
        failed = (cell for cells in self.loaded.by_arm.values() for cell in cells if cell.status == "failed")
        errors = (f'{cell.path}: failed: "{cell.reason}"' for cell in failed)
        return tuple(map(self.shorten, (*self.loaded.problems, *errors)))


def _over_seeds(curves: Sequence[Curve]) -> tuple[Interval, ...]:
    """The mean of some curves at each timestep."""
    runs = np.stack(curves, axis=1)
    ours = estimate(outcomes_without_images(runs))
    ends = (None if np.isnan(ours.low).any() else end for end in (ours.low, ours.high))
    low, high = ([None] * len(runs) if end is None else end.tolist() for end in ends)
    return tuple(map(Interval, map(tuple, runs.tolist()), ours.mean.tolist(), low, high))


def read(evidence: Path, local: Path | None, catalogue: Catalogue) -> tuple[Source, ...]:
    """Load and judge both results folders; one that does not exist has no records, and one folder is read once.

    Experiments that are not in the catalogue are added to it, as their records describe them.
    """
    folders: list[tuple[Literal["evidence", "yours"], Path]] = [("evidence", evidence)]
    folders += [("yours", local)] if local is not None and local.resolve() != evidence.resolve() else []
    loaded = [load(folder, catalogue) for _, folder in folders]
    whole = catalogue.with_experiments(
        experiments_from(config for records in loaded for config in records.unregistered)
    )

    def judged(records: Loaded) -> tuple[Judgement, ...]:
        # Each paper by itself: an installed package adds no word to what is said of another paper.
        return tuple(judgement for paper in catalogue.papers for judgement in judge(records, paper))

    return tuple(
        Source(name, folder, records, partial(judged, records), whole)
        for (name, folder), records in zip(folders, loaded, strict=True)
    )


def with_added(experiment: Experiment, sources: Sequence[Source]) -> Experiment:
    """The experiment with the arms of its records that `harness run --encoder` added to it."""
    arms = {
        place[2]
        for source in sources
        for place, cells in source.loaded.by_arm.items()
        if place[0] == experiment.name and any(cell.status != "stale" for cell in cells)
    }
    return experiment.with_added(sorted(arms))
