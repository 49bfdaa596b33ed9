"""Invented records on disk and judgements of them, one claim at a time: what the tests of verdicts share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from msgspec import structs

from harness.analysis import cells
from harness.analysis.cells import Cell, Key, Loaded
from harness.analysis.judges import Judgement, judge
from harness.catalogue import Catalogue, Claim, Experiment
from harness.config import ProfileName
from harness.papers import catalogue
from harness.records.store import read_record, write_record
from harness.schema import Epoch, Record

Write = Callable[..., Path]
MNIST, VGG9 = "mnist-784-100-10", "cifar10-vgg9"
INTERLEAVED, FREQUENCIES = "ablation-interleaved", "ablation-frequencies"
CATALOGUE = catalogue()
PAPER = CATALOGUE.papers[0]
CLAIMS = {claim.id: claim for claim in CATALOGUE.claims}
# Five runs around the published 98.54 %.
NEAR = (9850, 9853, 9856, 9852, 9859)


def write_arm(write: Write, experiment: str, profile: str, arm: str, finals: Sequence[int]) -> None:
    for seed, final in enumerate(finals):
        write(experiment, profile, arm, seed, final)


def end_ann(folder: Path, correct: int) -> None:
    """Give the records of an arm's folder an ANN with so many of 10,000 test images right; its last epoch counts."""
    for path in folder.glob("seed-*.json"):
        change(path, ann_epochs=[Epoch(0.5, 6000, 10_000), Epoch(0.4, correct, 10_000)])


def change(path: Path, **changes: Any) -> Path:
    return write_record(path.parents[3], structs.replace(read_record(path), **changes, digest=""))


@cache
def planning(seeds: int, experiments: frozenset[str]) -> Catalogue:
    """The catalogue with so many seeds planned for all arms of these experiments."""

    def fixed(experiment: Experiment) -> Experiment:
        if experiment.name not in experiments:
            return experiment
        profiles = tuple(replace(profile, seeds=seeds, seeds_by_arm={}) for profile in experiment.profiles)
        return replace(experiment, profiles=profiles)

    papers = (replace(p, experiments=tuple(map(fixed, p.experiments))) for p in CATALOGUE.papers)
    return replace(CATALOGUE, papers=tuple(papers))


def load(folder: Path) -> Loaded:
    return cells.load(folder, CATALOGUE)


def cell(key: Key, curve: Sequence[float], **known: Any) -> Cell:
    """A finished cell without a record: its accuracy in percent, and what else is known of it, such as `answers`."""
    made = Cell(key, cast(Record, None))
    vars(made).update({"curve": np.array(curve), "balanced": np.empty(0), "answers": {}, "readings": {}} | known)
    return made


def settled(loaded: Loaded) -> Loaded:
    """The records as if they had been read at a half and three quarters of fine-tuning, and stood where they end.

    Readings are a part of the recipe, which most experiments do not have.
    """
    for one in loaded.cells.values():
        vars(one)["readings"] = dict.fromkeys((0.5, 0.75, 1.0), float(one.curve[-1])) if one.done else {}
    return loaded


@dataclass(frozen=True)
class Invented:
    """A results folder of invented records; those of one claim's experiment and profile, unless it is told."""

    folder: Path
    write: Write
    experiment: str = MNIST
    profile: ProfileName = "paper"

    def at(self, experiment: str, profile: ProfileName = "paper") -> "Invented":
        """The same folder, for records of another experiment or profile."""
        return replace(self, experiment=experiment, profile=profile)

    def arm(self, arm: str, finals: Sequence[Any], ann: int | None = None, total: int = 10_000, **changes: Any) -> None:
        """A record for each seed: `finals` right of `total`, or whole curves. `ann`: right answers of its ANN."""
        for seed, final in enumerate(finals):
            path = self.write(self.experiment, self.profile, arm, seed, final, total=total)
            if changes:
                change(path, **changes)
        if ann is not None:
            end_ann(self.path(arm), ann)

    def path(self, arm: str, seed: int | None = None) -> Path:
        folder = self.folder / self.experiment / self.profile / arm
        return folder if seed is None else folder / f"seed-{seed:04d}.json"

    def judge(self, *claims: str | Claim, known: bool = False, planned: int | None = 5) -> list[Judgement]:
        """The judgements of claims; the number of planned seeds is fixed here, because profiles may change.

        `known`: as if the records were known to have settled.
        """
        loaded = settled(load(self.folder)) if known else load(self.folder)
        asked = [CLAIMS[claim] if isinstance(claim, str) else claim for claim in claims]
        catalogue = planning(planned, frozenset(claim.experiment for claim in asked)) if planned else CATALOGUE
        paper = catalogue.paper_of(asked[0].experiment)
        assert paper is not None
        return list(judge(loaded, paper, asked))

    def one(self, claim: str | Claim, planned: int | None = 5, known: bool = False) -> Judgement:
        (judgement,) = self.judge(claim, known=known, planned=planned)
        return judgement
