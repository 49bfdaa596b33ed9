"""Judgements of records on disk, one claim at a time: what the tests of verdicts and of seeds share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
from msgspec import structs

from harness.analysis import frame
from harness.analysis.frame import CELL
from harness.analysis.judges import Judgement, judge
from harness.config import ProfileName
from harness.papers import catalogue
from harness.records.store import read_record, write_record
from harness.schema import Epoch

Write = Callable[..., Path]
MNIST, INTERLEAVED, FREQUENCIES, VGG9 = (
    "mnist-784-100-10",
    "ablation-interleaved",
    "ablation-frequencies",
    "cifar10-vgg9",
)
CATALOGUE = catalogue()
CLAIMS = {claim.id: claim for claim in CATALOGUE.claims}
# Five runs around the published 98.54 %.
NEAR = (9850, 9853, 9856, 9852, 9859)


def write_arm(write: Write, experiment: str, profile: str, arm: str, finals: Sequence[int]) -> None:
    for seed, final in enumerate(finals):
        write(experiment, profile, arm, seed, final)


def end_ann(folder: Path, correct: int) -> None:
    """Give the records of an arm's folder an ANN with so many of 10,000 test images right; its last epoch counts."""
    for path in folder.glob("seed-*.json"):
        ended = [Epoch(0.5, 6000, 10_000), Epoch(0.4, correct, 10_000)]
        write_record(folder.parents[2], structs.replace(read_record(path), ann_epochs=ended, digest=""))


def of_5000(write: Write) -> Write:
    """`write` for cells that were tested on 5,000 images, as at the profile lite."""
    return partial(write, total=5000)


def load(folder: Path) -> frame.Loaded:
    return frame.load(folder, CATALOGUE)


def settled(loaded: frame.Loaded, at_half: int = 0) -> frame.Loaded:
    """The records as if they had been read at a half and three quarters of fine-tuning: so many images below the end.

    Readings are a part of the recipe, which most experiments do not have.
    """
    last = loaded.curves.sort_values("timestep").groupby(CELL).tail(1).drop(columns="timestep")
    short = (at_half, 0, 0)
    read = [
        last.assign(fraction=fraction, correct=last["correct"] - less)
        for fraction, less in zip((0.5, 0.75, 1.0), short, strict=True)
    ]
    return replace(loaded, readings=pd.concat(read)[list(frame.READINGS)])


def judge_one(
    folder: Path, name: str, planned: int = 5, profile: ProfileName | None = None, known: bool = False
) -> Judgement:
    """The one judgement of a claim; the number of planned seeds is fixed here, because profiles may change.

    `known`: as if the records were known to have settled.
    """
    loaded = settled(load(folder)) if known else load(folder)
    (judgement,) = judge(loaded, CATALOGUE, [CLAIMS[name]], profile=profile, seeds_planned=planned)
    return judgement
