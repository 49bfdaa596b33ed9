"""Which records may speak: a digest shows that one is whole, not that it makes sense or is still asked for."""

from collections.abc import Iterator
from dataclasses import fields

import msgspec

from encoders import registry
from encoders.errors import EncoderError
from harness.catalogue import Catalogue
from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.records.fingerprint import modules_of, numerics_digest
from harness.records.store import Record

# Integers of a frame are 64 bits wide; no seed, count or number of steps of ours comes near 32.
LARGEST = 2**31 - 1


def nonsense(record: Record) -> str:
    """What makes a record unusable whatever it was for, or nothing."""
    config, curve = record.config, record.curve
    if not (0 <= config.seed <= LARGEST and 1 <= config.timesteps <= LARGEST):
        return "seed or timesteps out of range"
    if any(seconds < 0 for seconds in record.timings.values()):
        return "negative timings"
    if record.status == "failed":
        return "" if record.failure is not None else "failed, but without a reason"
    if record.failure is not None:
        return "done, but with a failure"
    if curve is None or len(curve.correct) != config.timesteps:
        return "done, but without a curve over its timesteps"
    if not all(0 <= correct <= total <= LARGEST and total > 0 for correct, total in _counts(record)):
        return "counts out of range"
    if not all(layer.macs >= 0 and layer.accumulates >= 0 and (layer.spikes or 0) >= 0 for layer in record.layers):
        return "operations out of range"
    return ""


def staleness(record: Record, catalogue: Catalogue) -> str:
    """Why a record does not answer today's question, or nothing: its configuration is not today's.

    A record of an experiment that is registered nowhere asks its own question.
    """
    config = record.config
    if config.experiment not in catalogue.names():
        return ""
    try:
        experiment = catalogue.experiment(config.experiment)
        arm, profile = experiment.arm_of(config), experiment.profile(config.profile)
    except HarnessError as error:
        return error.message
    # Through JSON and back, as the record went: a tuple comes back as a list, a whole float as a float.
    today = msgspec.json.decode(canonical_json(experiment.resolve(arm, profile, config.seed)), type=CellConfig)
    changed = [f.name for f in fields(config) if getattr(today, f.name) != getattr(config, f.name)]
    return f"configuration has changed since: {', '.join(changed)}" if changed else ""


def earlier_code(record: Record) -> tuple[str, ...]:
    """Modules of the cell whose source has changed since (comments and docstrings apart), or are gone."""
    recorded = record.fingerprint
    try:
        today = modules_of(registry.module_of(record.config.encoder.name), recorded.device)
    except (EncoderError, ModuleNotFoundError, SyntaxError, UnicodeDecodeError) as error:
        return (str(error),)
    if numerics_digest(today.values()) == recorded.numerics:
        return ()
    return tuple(
        sorted(
            {name for name, content in recorded.modules.items() if content not in today.values()}
            | {name for name, content in today.items() if content not in recorded.modules.values()}
        )
    )


def _counts(record: Record) -> Iterator[tuple[int, int]]:
    if record.curve is not None:
        yield from ((correct, record.curve.total) for correct in record.curve.correct)
    if record.balanced is not None:
        yield from ((correct, record.balanced.total) for correct in record.balanced.correct)
    yield from ((epoch.correct, epoch.total) for epoch in (*record.ann_epochs, *record.epochs))
