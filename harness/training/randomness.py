"""Randomness by name: every use has its own generator, derived from the cell's seed. The global one is not used."""

import hashlib
from typing import Literal

from torch import Generator

Use = Literal[
    "initial-weights", "ann-order", "ann-dropout", "snn-order", "snn-dropout", "encoder-training",
    "encoder-test", "calibration", "balancing", "subset",
]  # fmt: skip


def generator(seed: int, use: Use) -> Generator:
    """The CPU generator of `use` in the cell with `seed`: the same for every arm, so that arms are paired."""
    digest = hashlib.sha256(f"{seed}/{use}".encode()).digest()
    return Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
