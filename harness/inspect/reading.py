"""Images read back from their spikes after t timesteps: two ways for DCT, and one for any code."""

from collections import Counter
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class FrequencyCode(Protocol):
    """An encoder that feeds frequencies to neurons with two thresholds, and says which at which timestep."""

    @property
    def block_size(self) -> int:
        """Pixels along a side of a block."""
        ...

    @property
    def colour(self) -> str:
        """The channels that are coded."""
        ...

    @property
    def thresholds(self) -> tuple[float, float] | None:
        """θ⁻ and θ⁺; None before `calibrate`."""
        ...

    def contributions(self, images: Tensor) -> Tensor:
        """`[N, C, rows, columns, K, b·b]`: what each frequency adds to each block."""
        ...

    def indices_at(self, timesteps: int) -> tuple[int, ...]:
        """The frequency fed at each timestep."""
        ...


def frequencies_fed(encoder: FrequencyCode, images: Tensor, timesteps: int) -> Tensor:
    """`[T, N, C, H', W']`: the input after t steps: the sum of the frequencies fed so far, each counted once."""
    from encoders.blocks import lay_out

    drive, size = encoder.contributions(images), encoder.block_size
    fed, steps = torch.zeros_like(drive[..., 0, :]), []
    schedule = encoder.indices_at(timesteps)
    for t, index in enumerate(schedule):
        if index not in schedule[:t]:
            fed = fed + drive[..., index, :]
        steps.append(lay_out(fed.view(*fed.shape[:-1], size, size)))
    return torch.stack(steps)


def spikes_times_threshold(encoder: FrequencyCode, train: Tensor) -> Tensor:
    """`[T, N, C, H', W']`: the sum of the spikes, each counted as the threshold that it subtracted from the membrane.

    This is the input so far minus what is left on the membranes. Where frequencies are fed again, the sum is divided
    by the number of times that the most frequent one has been fed.
    """
    assert encoder.thresholds is not None, "a fitted encoder has thresholds"
    lower, upper = encoder.thresholds
    subtracted = torch.where(train > 0, upper * train, -lower * train).cumsum(dim=0)
    schedule = encoder.indices_at(len(train))
    times = [max(Counter(schedule[: t + 1]).values()) for t in range(len(train))]
    return subtracted / torch.tensor(times, dtype=subtracted.dtype).view(-1, *[1] * (subtracted.dim() - 1))


def linear_reading(known: Tensor, frames: Tensor, train: Tensor) -> Tensor:
    """`[T, N, C, H, W]`: after t steps, the best linear reading of each pixel's own spikes so far.

    It has one weight for each timestep and a constant, the same for all pixels. They are fitted by least squares on
    the spike train `known` `[T, M, C, H, W]` of other images with analog `frames` `[M, C, H, W]`. The code's train
    must have the shape of its frame. A pixel is read from its own spikes alone.
    """
    features, target = known.flatten(1).double(), frames.flatten().double()
    mean, centre = features.mean(dim=1, keepdim=True), target.mean()
    features = features - mean
    gram, cross = features @ features.T, features @ (target - centre)
    seen = train.double() - mean.view(-1, *[1] * (train.dim() - 1))
    steps = []
    for t in range(1, len(train) + 1):
        # Timesteps with equal spikes, or with none, make the matrix singular. The pseudo-inverse then gives the
        # smallest weights that fit.
        weights = torch.linalg.pinv(gram[:t, :t], hermitian=True) @ cross[:t]
        steps.append(centre + torch.tensordot(weights, seen[:t], dims=1))
    return torch.stack(steps).float()
