"""What the adapters share: a peer's use of torch's global generator is kept inside, and its input is p on the CPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator, Tensor

from encoders.draws import draw_key
from encoders.latency import linear_intensities
from encoders.single_spike import decoded_at


@contextmanager
def seeded(generator: Generator) -> Iterator[None]:
    """Torch's global CPU generator seeded by one draw of `generator` inside, and as it was afterwards."""
    key = draw_key(generator)
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed: that would seed every GPU as well, which nothing here restores.
        torch.default_generator.manual_seed(key)
        yield


def intensity(images: Tensor) -> Tensor:
    """p = (x + 1)/2 of images in [-1, 1], on the CPU: a peer draws where its input is, and devices must agree."""
    return ((images + 1) / 2).clamp(0, 1).cpu()


def linear_latency(train: Tensor) -> Tensor:
    """p = 1 − t/(T − 1) of each pixel's first spike."""
    return decoded_at(train, linear_intensities(len(train)), silent=0.0)


def each_pixel(shape: tuple[int, int, int], timesteps: int) -> float:
    """One operation a pixel and timestep: what each peer's code needs at least."""
    channels, height, width = shape
    return float(channels * height * width * timesteps)
