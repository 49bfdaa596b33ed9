"""Records made by hand: what a campaign would leave, written into a temporary folder and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import experiments
from harness.records import Counts, Epoch, Failure, Fingerprint, LayerActivity, Record, write_record

Maker = Callable[..., Path]


@dataclass(frozen=True)
class Campaign:
    """Two results folders and the folder that a report goes to."""

    evidence: Path
    local: Path
    out: Path


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Empty folders."""
    return Campaign(tmp_path / "results" / "evidence", tmp_path / "results" / "local", tmp_path / "reports")


def write_cell(
    results: Path, experiment: str, profile: str, arm: str, seed: int, final: int, failure: str | None = None
) -> Path:
    """One record whose accuracy climbs to `final` of 10,000 at the last timestep."""
    found = experiments.get(experiment)
    config = found.resolve(experiments.arm_of(found, arm), experiments.profile_of(found, profile), seed)
    steps = config.timesteps
    correct = [round(final * (1 - 0.6 / t**1.5 * (steps > 1) * (t < steps))) for t in range(1, steps + 1)]
    layer = LayerActivity("fc1", macs=78400, accumulates=9000.0 * steps, multiplies=False, neurons=100, spikes=3.0)
    record = Record(
        config=config,
        fingerprint=Fingerprint("f" * 64, "c" * 64, "d" * 64, {}),
        status="failed" if failure else "done",
        environment={},
        timings={"total": 1.0},
        failure=Failure(failure, "Traceback …") if failure else None,
        **({} if failure else {"curve": Counts(correct, 10_000), "layers": [layer]}),
        epochs=[] if failure else [Epoch(0.1, final + 5, 10_000), Epoch(0.1, final, 10_000)],
    )
    return write_record(results, record)


def write_arm(results: Path, experiment: str, profile: str, arm: str, finals: Sequence[int]) -> list[Path]:
    """One record for each of `finals`, with seeds 0, 1, 2, …"""
    return [write_cell(results, experiment, profile, arm, seed, final) for seed, final in enumerate(finals)]


@pytest.fixture
def mnist(campaign: Campaign) -> Campaign:
    """The published MNIST arms with five seeds each, one control with two of five."""
    for arm, finals in {
        "cyclic-16": (9850, 9853, 9856, 9852, 9859),
        "cyclic-5": (9720, 9731, 9738, 9726, 9735),
        "cyclic-2": (9120, 9000, 9060, 9090, 9030),
        "poisson-16": (9460, 9470),
    }.items():
        write_arm(campaign.evidence, "mnist-784-100-10", "paper", arm, finals)
    return campaign


@pytest.fixture
def full(mnist: Campaign) -> Campaign:
    """MNIST, all readings, a lite ablation with orderings, a failed cell, smoke records, and some local ones."""
    for index, arm in enumerate(experiments.get("sensitivity-readings").arms):
        base = {16: 9850, 5: 9700, 2: 9000}[arm.timesteps] - 31 * (index // 3)
        write_arm(mnist.evidence, "sensitivity-readings", "paper", arm.name, (base, base + 12, base - 9))
    for arm_name, base in {"cyclic-16x3": 6900, "interleaved-16x3": 6350, "cyclic-8x3": 6100}.items():
        write_arm(mnist.evidence, "ablation-interleaved", "lite", arm_name, (base, base + 60, base - 40))
    write_arm(mnist.evidence, "ablation-interleaved", "lite", "interleaved-8x3", (5600, 5650))
    reason = "loss is not finite <after> step 3"
    write_cell(mnist.evidence, "ablation-interleaved", "lite", "interleaved-8x3", 2, 0, reason)
    write_arm(mnist.evidence, "quickstart", "smoke", "cyclic-16", (9400,))
    write_arm(mnist.local, "mnist-784-100-10", "paper", "cyclic-16", (9845, 9858))
    return mnist
