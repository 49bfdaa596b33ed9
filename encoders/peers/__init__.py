"""Other libraries' encoders behind our protocol, so that they stand in the same tables; extra `peers` installs them.

Each adapter calls the library's own function and adds nothing to its code; docstrings say where that code differs
from ours or from its paper. Here stands what adapters share.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator, Tensor

from encoders.draws import image_keys


def batch_generator(key: int, ids: Tensor | None) -> Generator:
    """The CPU generator of one batch, made from the key and the id of its first image.

    A library draws for a whole batch at once, so its trains depend on how the data is cut into batches.
    """
    first = torch.zeros(1, dtype=torch.int64) if ids is None else ids[:1]
    return Generator().manual_seed(int(image_keys(key, first).item()))


@contextmanager
def seeded(key: int, ids: Tensor | None) -> Iterator[None]:
    """Inside, torch's global CPU generator is as `batch_generator`; afterwards it is as it was before."""
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed: that would seed every GPU as well, which nothing here restores.
        torch.default_generator.set_state(batch_generator(key, ids).get_state())
        yield


def intensity(images: Tensor) -> Tensor:
    """p = (x + 1)/2 of images in [-1, 1], on the CPU: a peer draws where its input is, and devices must agree."""
    return ((images + 1) / 2).clamp(0, 1).cpu()


def each_pixel(shape: tuple[int, int, int], timesteps: int) -> float:
    """One operation a pixel and timestep: what each peer's code needs at least."""
    return float(math.prod(shape) * timesteps)
