"""Which test images a record answered rightly, as the analysis takes them, or one line on why it cannot."""

from collections.abc import Mapping

from harness.errors import HarnessError
from harness.records.bits import Answers, Fault, WrongBits, answers_in
from harness.schema import Record

__all__ = ["Answers", "answers_of"]

DISAGREE, NOT_ONE_EACH = "and the counts of the curve disagree", "are not one bit for each of {} images"
WORDS: Mapping[Fault, str] = {
    "name": NOT_ONE_EACH,
    "timestep": DISAGREE,
    "encoding": "are no base64",
    "length": NOT_ONE_EACH,
    "count": DISAGREE,
}


def answers_of(record: Record) -> Answers:
    """By timestep, [images] whether each is right; empty for a record that keeps counts alone.

    Raises HarnessError where the bits are unreadable, or do not add up to the counts of the record's curve.
    """
    if record.curve is None:
        return {}
    try:
        return answers_in(record)
    except WrongBits as wrong:
        words = WORDS[wrong.fault].format(record.curve.total)
        raise HarnessError(f"the answers at timestep {wrong.timestep} {words}") from None
