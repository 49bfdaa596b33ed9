"""Randomness by name: every use has a generator or a key of its own, derived from the cell's seed. The global generator
is not used."""

import hashlib
from typing import Literal

from torch import Generator

Use = Literal["initial-weights", "ann-order", "ann-dropout", "snn-order", "snn-dropout", "subset"]
EncoderUse = Literal["encoder-training", "encoder-test", "balancing"]


def generator(seed: int, use: Use) -> Generator:
    """The CPU generator of `use` in the cell with `seed`: the same for every arm, so that arms are paired."""
    return Generator().manual_seed(_number(f"{seed}/{use}"))


def encoder_key(seed: int, use: EncoderUse, epoch: int | None = None) -> int:
    """The key of an encoder's draws in the cell with `seed`; every epoch of training, counted from 0, has its own."""
    return _number(f"{seed}/{use}" if epoch is None else f"{seed}/{use}/{epoch}")


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
