"""Which records are possible: a digest shows that one is as it was written, not that it could have been computed."""

from harness.records.bits import WrongBits, answers_in
from harness.records.fingerprint import recipe_digest
from harness.schema import Record

# Integers of a frame are 64 bits wide; no seed, count or number of steps of ours comes near 31.
LARGEST = 2**31 - 1


def nonsense(record: Record) -> str:
    """Why a record is impossible, in words; empty if it is possible."""
    config = record.config
    if not (0 <= config.seed <= LARGEST and 1 <= config.timesteps <= LARGEST):
        return "seed or timesteps out of range"
    if record.fingerprint.recipe != recipe_digest(config):
        return "its fingerprint is of another configuration"
    if (record.status == "failed") != (record.failure is not None):
        return "status and failure contradict each other"
    if record.status == "done" and record.curve is None:
        return "done, but without a curve"
    if not {f"{fraction:g}" for fraction in config.snn.readings}.issuperset(record.on_the_way):
        return "readings on the way that its recipe does not have"

    curves = [c for c in (record.curve, record.balanced, record.sample_curve, *record.on_the_way.values()) if c]
    if any(len(curve.correct) != config.timesteps for curve in curves):
        return "counts that are not one for each of its timesteps"
    counted = [(correct, curve.total) for curve in curves for correct in curve.correct]
    counted += [(epoch.correct, epoch.total) for epoch in (*record.ann_epochs, *record.epochs)]
    if not all(0 <= correct <= total <= LARGEST and total > 0 for correct, total in counted):
        return "counts out of range"

    amounts = [*record.timings.values()]
    for layer in record.layers:
        amounts += [layer.macs, layer.accumulates, layer.neurons, layer.spikes or 0]
    if any(amount < 0 for amount in amounts) or not 0 <= (record.encoder_macs or 0) <= (record.encoder_operations or 0):
        return "timings or operations out of range"
    try:
        answers_in(record)
    except WrongBits as wrong:
        return str(wrong)
    return ""
