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
    return Generator().manual_seed(_number(f"{seed}/{use}"))


def restart(draws: Generator, seed: int, use: Use, epoch: int) -> None:
    """Let a generator of `use` begin anew for an epoch, counted from 0, with draws of the epoch's own."""
    draws.manual_seed(_number(f"{seed}/{use}/{epoch}"))


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
