"""Which records make sense: a digest shows that one is as it was written, not that it could have been computed."""

from collections.abc import Iterable, Iterator, Mapping

from harness.records.bits import Fault, WrongBits, answers_in
from harness.records.fingerprint import recipe_digest, whole_digest
from harness.schema import Counts, Record

# Integers of a frame are 64 bits wide; no seed, count or number of steps of ours comes near 31.
LARGEST = 2**31 - 1
MOST_LAYERS = 1000

NO_SUCH_STEP = "bits of images at timestep {}, which its curve does not have"
CONTRADICTION = "the bits of images at timestep {} contradict the curve"
BITS: Mapping[Fault, str] = {
    "name": NO_SUCH_STEP,
    "timestep": NO_SUCH_STEP,
    "encoding": "unreadable bits of images at timestep {}",
    "length": CONTRADICTION,
    "count": CONTRADICTION,
}


def nonsense(record: Record) -> str:
    """What makes a record unusable whatever it was for, or nothing."""
    return next((reason for check in CHECKS if (reason := check(record))), "")


def _ranges(record: Record) -> str:
    config = record.config
    if not (0 <= config.seed <= LARGEST and 1 <= config.timesteps <= LARGEST):
        return "seed or timesteps out of range"
    if any(seconds < 0 for seconds in record.timings.values()):
        return "negative timings"
    if len(record.layers) > MOST_LAYERS:
        return f"more than {MOST_LAYERS} layers"
    for layer in record.layers:
        if min(layer.macs, layer.accumulates, layer.neurons, layer.spikes or 0) < 0:
            return "operations out of range"
    if not 0 <= (record.encoder_macs or 0) <= (record.encoder_operations or 0):
        return "operations of the encoder out of range"
    if any(threshold <= 0 for threshold in record.thresholds):
        return "a threshold that is not above 0"
    return ""


def _fingerprint(record: Record) -> str:
    recorded = record.fingerprint
    if recorded.recipe != recipe_digest(record.config):
        return "its fingerprint is of another configuration"
    return (
        ""
        if recorded.digest == whole_digest(recorded.recipe, recorded.data, recorded.numerics)
        else "its fingerprint is not whole"
    )


def _outcome(record: Record) -> str:
    if record.status == "failed":
        return "" if record.failure is not None else "failed, but without a reason"
    if record.failure is not None:
        return "done, but with a failure"
    curve = record.curve
    if curve is None or len(curve.correct) != record.config.timesteps:
        return "done, but without a curve over its timesteps"
    return ""


def _counts(record: Record) -> str:
    for counts in _all_counts(record):
        if not (0 < counts.total <= LARGEST and all(0 <= correct <= counts.total for correct in counts.correct)):
            return "counts out of range"
    return ""


def _agreement(record: Record) -> str:
    """Whether the counts of the test set agree with each other."""
    curve = record.curve
    if curve is None:
        return ""
    tests = [*record.epochs, *record.ann_epochs]
    if any(epoch.total != curve.total for epoch in tests):
        return "curve and epochs are of different test sets"
    if any(counts.total != curve.total for counts in (record.balanced, *_read_on_the_test_set(record)) if counts):
        return "curve and earlier readings are of different test sets"
    if record.epochs and record.epochs[-1].correct != curve.correct[-1]:
        return "the last epoch contradicts the curve"
    return ""


def _read_on_the_test_set(record: Record) -> Iterable[Counts]:
    """The readings on the way, unless they are of a sample."""
    return record.on_the_way.values() if record.config.snn.reading_images is None else ()


def _readings(record: Record) -> str:
    """Whether the counts taken before the end are those that the recipe asks for, at every timestep."""
    asked = {f"{fraction:g}" for fraction in record.config.snn.readings}
    if not asked.issuperset(record.on_the_way):
        return "readings on the way that its recipe does not have"
    others = [counts for counts in (record.balanced, record.sample_curve, *record.on_the_way.values()) if counts]
    if any(len(counts.correct) != record.config.timesteps for counts in others):
        return "earlier readings, or those of training images, without a curve over its timesteps"
    return ""


def _bits(record: Record) -> str:
    """Whether the bits of the test images add up to the curve."""
    try:
        answers_in(record)
    except WrongBits as wrong:
        return BITS[wrong.fault].format(wrong.timestep[:20])
    return ""


CHECKS = (_ranges, _fingerprint, _outcome, _counts, _agreement, _readings, _bits)


def _all_counts(record: Record) -> Iterator[Counts]:
    yield from filter(None, (record.curve, record.balanced, record.sample_curve, *record.on_the_way.values()))
    yield from (Counts([epoch.correct], epoch.total) for epoch in (*record.ann_epochs, *record.epochs))
