"""Records made by hand: what a campaign would leave, written into a temporary folder and nowhere else."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from harness.catalogue import Catalogue
from harness.papers import catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import write_record
from harness.report import Folders
from harness.schema import Counts, Epoch, Failure, LayerActivity, Record

CATALOGUE = catalogue()
ERROR = "loss is not finite <after> step 3"


@dataclass(frozen=True)
class Campaign:
    """Two results folders and the folder that a report goes to."""

    evidence: Path
    local: Path
    out: Path

    @property
    def alone(self) -> Folders:
        """A report of the evidence."""
        return Folders(self.evidence, self.out)

    @property
    def both(self) -> Folders:
        """A report of the evidence with the local records beside it."""
        return Folders(self.evidence, self.out, self.local)


def empty(root: Path) -> Campaign:
    """A campaign that has not begun."""
    return Campaign(root / "results" / "evidence", root / "results" / "local", root / "reports")


class Cell(NamedTuple):
    """Which cell a record is of."""

    experiment: str
    profile: str
    arm: str
    seed: int


def write_cell(results: Path, cell: Cell, final: int, failure: str = "", known: Catalogue = CATALOGUE) -> Path:
    """One record whose accuracy climbs to `final` of 10,000 at the last timestep, or one that failed."""
    found = known.experiment(cell.experiment).with_added([cell.arm])
    config = found.resolve(found.arm(cell.arm), found.profile(cell.profile), cell.seed)
    steps = config.timesteps
    correct = [round(final * (1 - 0.6 / t**1.5 * (t < steps))) for t in range(1, steps + 1)]
    layer = LayerActivity("fc1", 78400, 9000.0 * steps, multiplies=False, neurons=100, spikes=3.0)
    done = not failure
    record = Record(
        config=config,
        fingerprint=fingerprint(config, "d" * 64),
        status="done" if done else "failed",
        environment={},
        timings={"total": 1.0},
        curve=Counts(correct, 10_000) if done else None,
        layers=[layer] if done else [],
        epochs=[Epoch(0.1, final + 5, 10_000), Epoch(0.1, final, 10_000)] if done else [],
        failure=None if done else Failure(failure, "Traceback …"),
    )
    return write_record(results, record)


def arm_writer(known: Catalogue) -> Callable[[Path, str, str, str, Sequence[int]], list[Path]]:
    """A function that writes one record for each of `finals`, with seeds 0, 1, 2, …, of an arm that `known` has."""

    def write(results: Path, experiment: str, profile: str, arm: str, finals: Sequence[int]) -> list[Path]:
        cells = [Cell(experiment, profile, arm, seed) for seed in range(len(finals))]
        return [write_cell(results, cell, final, known=known) for cell, final in zip(cells, finals, strict=True)]

    return write


write_arm = arm_writer(CATALOGUE)


def write_mnist(results: Path) -> None:
    """The published MNIST arms with five seeds each, one control with two of five."""
    finals = {
        "cyclic-16": (9850, 9853, 9856, 9852, 9859),
        "cyclic-5": (9720, 9731, 9738, 9726, 9735),
        "cyclic-2": (9120, 9000, 9060, 9090, 9030),
        "poisson-16": (9460, 9470),
    }
    for arm, counts in finals.items():
        write_arm(results, "mnist-784-100-10", "paper", arm, counts)


def write_ablation(results: Path) -> None:
    """An ablation at the lite profile with orderings to judge; one of its cells failed."""
    finals = {
        "cyclic-16x3": (6900, 6960, 6860, 6900, 6920),
        "interleaved-16x3": (6350, 6390, 6330, 6350, 6350),
        "cyclic-8x3": (6100, 6160, 6060, 6100, 6110),
        "interleaved-8x3": (5600, 5650, 5600, 5610, 5630),
    }
    for arm, counts in finals.items():
        write_arm(results, "ablation-interleaved", "lite", arm, counts)
    # In the place of a good one.
    write_cell(results, Cell("ablation-interleaved", "lite", "interleaved-8x3", 2), 0, ERROR)


def write_readings(results: Path) -> None:
    """All readings of the paper, three seeds each: more arms than one panel holds."""
    for index, arm in enumerate(CATALOGUE.experiment("sensitivity-readings").arms):
        base = {16: 9850, 5: 9700, 2: 9000}[arm.timesteps] - 31 * (index // 3)
        write_arm(results, "sensitivity-readings", "paper", arm.name, (base, base + 12, base - 9))


def write_everything(campaign: Campaign) -> None:
    """All of the above, smoke records, and a few local ones."""
    for write in (write_mnist, write_ablation, write_readings):
        write(campaign.evidence)
    write_arm(campaign.evidence, "quickstart", "smoke", "cyclic-16", (9400,))
    write_arm(campaign.local, "mnist-784-100-10", "paper", "cyclic-16", (9845, 9858))


def keep_drawn(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What each figure of `module` is drawn from, in the order in which they are drawn; no file is made of them."""
    kept: list[Any] = []

    def keep(_: object, __: str, data: Any) -> tuple[bytes, bytes]:
        kept.append(json.loads(json.dumps(data)))
        return b"", b""

    monkeypatch.setattr(module, "both_renderings", keep)
    return kept
