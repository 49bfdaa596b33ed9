"""What `harness verify` says of a record, and where the answer of a training is kept."""

from dataclasses import dataclass
from pathlib import Path

from harness.records.retrainings import IDENTICAL, Retraining, Verdict, write_retraining
from harness.schema import Record


@dataclass(frozen=True)
class Verification:
    """What came of it. largest: the widest gap between both curves, in images, and the `allowed` one there.

    allowance: what a gap is allowed for, "noise" of a second training or "rounding" of a second test.
    numerics: the digest of the code that trained the cell again; empty where nothing was trained.
    """

    record: str
    verdict: Verdict
    differing: tuple[str, ...]
    largest: int
    allowed: float
    notes: tuple[str, ...]
    allowance: str = "noise"
    numerics: str = ""

    def __str__(self) -> str:
        text = f"{self.record}: {self.verdict}"
        if self.verdict != IDENTICAL:
            text += f"; differing: {', '.join(self.differing)}"
            if self.allowed >= 0:  # both have a curve of one length
                text += f"; largest gap {self.largest} images, where {self.allowance} allows {self.allowed:.0f}"
        return text


def keep(path: Path, record: Record, found: Verification) -> Path:
    """Write what came of training the record at `path` again beside it, where the report finds it."""
    result = Retraining(
        record=record.digest,
        numerics=found.numerics,
        verdict=found.verdict,
        differing=list(found.differing),
        largest=found.largest,
        allowed=found.allowed,
        notes=list(found.notes),
    )
    return write_retraining(path, result)
