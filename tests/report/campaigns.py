"""Records made by hand: what a campaign would leave, written into a temporary folder and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.catalogue import Catalogue
from harness.papers import catalogue
from harness.records.store import read_record, write_record
from harness.report import Source, read
from harness.schema import Counts, LayerActivity
from tests.analysis.conftest import record

CATALOGUE = catalogue()
ERROR = "loss is not finite <after> step 3"


@dataclass(frozen=True)
class Campaign:
    """Two results folders and the folder that a report goes to."""

    evidence: Path
    local: Path
    out: Path

    def alone(self, known: Catalogue = CATALOGUE) -> tuple[Source, ...]:
        return read(self.evidence, None, known)

    def both(self, known: Catalogue = CATALOGUE) -> tuple[Source, ...]:
        return read(self.evidence, self.local, known)


def empty(root: Path) -> Campaign:
    """A campaign that has not begun."""
    return Campaign(root / "results" / "evidence", root / "results" / "local", root / "reports")


class Cell(NamedTuple):
    experiment: str
    profile: str
    arm: str
    seed: int


def write_cell(results: Path, cell: Cell, final: int, failure: str = "", known: Catalogue = CATALOGUE) -> Path:
    """One record whose accuracy climbs to `final` of 10,000 at the last timestep, or one that failed."""
    made = record(*cell, final, failure=failure, best=final + 5, known=known)
    if failure:
        return write_record(results, made)
    steps = made.config.timesteps
    correct = [round(final * (1 - 0.6 / t**1.5 * (t < steps))) for t in range(1, steps + 1)]
    layer = LayerActivity("fc1", 78400, 9000.0 * steps, multiplies=False, neurons=100, spikes=3.0)
    curve = Counts(correct, 10_000)
    return write_record(results, msgspec.structs.replace(made, curve=curve, sample_curve=None, layers=[layer]))


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


def write_everything(campaign: Campaign) -> None:
    """All of the above, smoke records, and a few local ones."""
    for write in (write_mnist, write_ablation):
        write(campaign.evidence)
    write_arm(campaign.evidence, "quickstart", "smoke", "cyclic-16", (9400,))
    write_arm(campaign.local, "mnist-784-100-10", "paper", "cyclic-16", (9845, 9858))


# Right answers of 10,000, seed by seed: after balancing, an eighth, a half, and all of fine-tuning.
ALONG = {
    "cyclic-16x3": ((6000, 6300, 6600, 6900), (6100, 6300, 6700, 7000), (6050, 6360, 6650, 6890)),
    "interleaved-16x3": ((5500, 6000, 6400, 6800), (5500, 6050, 6500, 6850), (5600, 6040, 6420, 6840)),
    "cyclic-8x3": ((5000, 5300, 5600, 5900), (5100, 5300, 5700, 6000)),
    "interleaved-8x3": ((5100, 5200, 5400, 5800), (5100, 5250, 5500, 5850)),
}


def write_along(results: Path) -> None:
    """Records with readings on the way: three seeds of the pair with 48 steps, two of that with 24."""
    for arm, seeds in ALONG.items():
        paths = write_arm(results, "ablation-training", "lite", arm, [counts[-1] for counts in seeds])
        for path, counts in zip(paths, seeds, strict=True):
            made = read_record(path)
            steps = made.config.timesteps
            start, eighth, half = (Counts([1000] * (steps - 1) + [last], 10_000) for last in counts[:-1])
            way = {"0.125": eighth, "0.5": half}
            write_record(results, msgspec.structs.replace(made, balanced=start, on_the_way=way, digest=""))
