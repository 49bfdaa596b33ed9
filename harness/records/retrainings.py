"""Whether the cell of a record came out again when it was trained anew: a JSON file beside the record. No torch."""

from pathlib import Path
from typing import Literal

import msgspec

from harness.config import canonical_json
from harness.machine.files import write_atomically
from harness.schema import Record

Verdict = Literal["identical bit for bit", "within tolerance", "different"]
IDENTICAL: Verdict = "identical bit for bit"
EARLIER_CODE = "the record was computed by earlier code"


class Retraining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of it. record: the digest of the record; numerics: of the code that trained its cell again.

    differing: the fields that differ. largest: the widest gap between both curves, in images; allowed: what the noise
    of a second training allows there. notes: what differs in machine, versions or code.
    """

    record: str
    numerics: str
    verdict: Verdict
    differing: list[str]
    largest: int
    allowed: float
    notes: list[str]

    @property
    def how(self) -> str:
        """How far both are apart, on which device and whether by later code; empty for identical ones."""
        if self.verdict == IDENTICAL:
            return ""
        notes = [note for note in self.notes if note.startswith("device: ") or note == EARLIER_CODE]
        return "; ".join((f"{self.largest} images apart where the noise of a test allows {self.allowed:.0f}", *notes))


def write_retraining(record: Path, result: Retraining) -> Path:
    """Write a result beside the record at `record`: `seed-0003.retraining.json` beside `seed-0003.json`."""
    path = _beside(record)
    write_atomically(path, msgspec.json.format(canonical_json(result), indent=1) + b"\n")
    return path


def retraining_of(path: Path, record: Record) -> Retraining | None:
    """The result beside the record at `path`; None where none reads, is of this record and makes sense."""
    try:
        result = msgspec.json.decode(_beside(path).read_bytes(), type=Retraining)
    except (OSError, ValueError, RecursionError):
        return None
    identical = not result.differing and result.largest == 0
    return result if result.record == record.digest and identical == (result.verdict == IDENTICAL) else None


def _beside(record: Path) -> Path:
    return record.with_name(f"{record.stem}.retraining.json")
