"""Multiply-accumulates of an encoder, also of records from before these were counted apart. No torch."""

from harness.schema import Record

ADDITIONS_ALONE = frozenset({"poisson", "phase", "ttfs"})


def encoder_macs(record: Record) -> float | None:
    """Multiply-accumulates that the encoder spends on one image; None where the record does not tell.

    A record without `encoder_macs` tells its encoder's operations in one sum. They are parted as the encoder's own
    `operations` parts them for the record's configuration, and only where that sum fits: else nothing is guessed.
    """
    if record.encoder_macs is not None or record.encoder_operations is None:
        return record.encoder_macs
    if record.encoder_operations == 0 or record.config.encoder.name in ADDITIONS_ALONE:
        return 0.0
    return _of_dct(record, record.encoder_operations) if record.config.encoder.name == "dct" else None


def _of_dct(record: Record, operations: float) -> float | None:
    """Of each block: a separable b×b DCT (2b³), one product for each contribution (b⁴); additions: b² a step."""
    size = record.config.encoder.parameters.get("block_size", 4)
    if not isinstance(size, int):
        return None
    of_block = 2 * size**3 + size**4
    blocks = operations / (of_block + size**2 * record.config.timesteps)
    return blocks * of_block if blocks.is_integer() else None
