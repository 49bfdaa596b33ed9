"""What other simulators gave for the weights of a record: one JSON file a simulator, beside the record. No torch."""

from pathlib import Path
from typing import Literal

import msgspec

from harness.config import canonical_json
from harness.machine.files import write_atomically
from harness.schema import Counts, Record

Verdict = Literal["identical", "identical but for rounding", "different"]


class Parting(msgspec.Struct, frozen=True):
    """Where two simulators part for one image. timestep: from 1; layer: by name.

    margin: the distance of the membrane (or of the two best outputs) from the decision; allowed: what rounding allows.
    """

    image: int
    timestep: int
    layer: str
    margin: float
    allowed: float

    @property
    def explained(self) -> bool:
        """Whether rounding explains it."""
        return self.margin <= self.allowed


class Recheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of it. record: the digest of the record; weights: the SHA-256 of their file.

    ours, theirs: right images after each timestep. predictions: images with another class at any timestep; spikes: how
    many of `neuron_steps` differ; parted: images in which any spike or class differs; unexplained: those of them that
    rounding does not explain, counted up to the hundredth. partings: where the first few of them parted, the
    unexplained ones first.
    """

    simulator: str
    record: str
    weights: str
    verdict: Verdict
    ours: Counts
    theirs: Counts
    predictions: int
    spikes: int
    neuron_steps: int
    parted: int
    unexplained: int
    partings: list[Parting]

    def lines(self) -> list[str]:
        """For the screen."""
        first = f"{self.simulator}: {self.verdict}: {self.predictions} of {self.ours.total} images classified otherwise"
        counts = f"right at the last timestep: {self.ours.correct[-1]} here, {self.theirs.correct[-1]} there; "
        counts += f"{self.spikes:,} of {self.neuron_steps:,} neuron-steps differ"
        partings = [
            f"image {p.image}: parts at t = {p.timestep} in {p.layer}, {p.margin:.2e} from the decision; "
            f"rounding allows {p.allowed:.2e}"
            for p in self.partings
        ]
        if self.parted > len(partings):
            partings.append(f"… and {self.parted - len(partings)} more images")
        return [first, counts, *partings]


def write_recheck(record: Path, simulator: str, result: Recheck) -> None:
    """Write a result beside the record at `record`: `seed-0003.recheck-snntorch.json` beside `seed-0003.json`."""
    path = record.with_name(f"{record.stem}.recheck-{simulator}.json")
    write_atomically(path, msgspec.json.format(canonical_json(result), indent=1) + b"\n")


def rechecks_of(path: Path, record: Record) -> list[Recheck]:
    """The results beside the record at `path` that are of this record and its weights, by simulator.

    One of an earlier record, or a file that does not read, counts for nothing.
    """
    if record.weights is None:
        return []
    found = []
    for beside in sorted(path.parent.glob(f"{path.stem}.recheck-*.json")):
        try:
            result = msgspec.json.decode(beside.read_bytes(), type=Recheck)
        except (OSError, ValueError, RecursionError):
            continue
        mine = (record.digest, record.weights.sha256, record.curve)
        if (result.record, result.weights, result.ours) == mine:
            found.append(result)
    return found
