"""What an image looks like when it is read back from its spikes after t steps: for DCT, and for any code."""

from collections import Counter

import torch
from torch import Tensor

from encoders.dct import Dct


def frequencies_fed(encoder: Dct, images: Tensor, timesteps: int) -> Tensor:
    """`[T, N, C, H', W']`: after t steps, the sum of the contributions of the frequencies fed so far, each once."""
    from encoders.blocks import lay_out

    drive, size = encoder.contributions(images), encoder.block_size
    told, steps = torch.zeros_like(drive[..., 0, :]), []
    schedule = encoder.indices_at(timesteps)
    for t, index in enumerate(schedule):
        if index not in schedule[:t]:
            told = told + drive[..., index, :]
        steps.append(lay_out(told.view(*told.shape[:-1], size, size)))
    return torch.stack(steps)


def spikes_times_threshold(encoder: Dct, train: Tensor) -> Tensor:
    """`[T, N, C, H', W']`: spikes added up, each as large as the threshold that it took off the membrane.

    That is what was fed less what still waits on the membranes. Where frequencies are fed again, the sum is divided
    by the number of times that the most frequent one has been fed.
    """
    assert encoder.thresholds is not None, "a fitted encoder has thresholds"
    lower, upper = encoder.thresholds
    taken = torch.where(train > 0, upper * train, -lower * train).cumsum(dim=0)
    schedule = encoder.indices_at(len(train))
    times = [max(Counter(schedule[: t + 1]).values()) for t in range(len(train))]
    return taken / torch.tensor(times, dtype=taken.dtype).view(-1, *[1] * (taken.dim() - 1))


def linear_reading(known: Tensor, frames: Tensor, train: Tensor) -> Tensor:
    """`[T, N, C, H, W]`: after t steps, the best linear reading of each pixel's own spikes so far.

    One weight a timestep and a constant, the same for all pixels, by least squares on the spike train `known`
    `[T, M, C, H, W]` of other images with analog `frames` `[M, C, H, W]`: for any code whose train is laid out as
    its frame, and blind to everything but the pixel itself.
    """
    features, target = known.flatten(1).double(), frames.flatten().double()
    mean, centre = features.mean(dim=1, keepdim=True), target.mean()
    features = features - mean
    gram, cross = features @ features.T, features @ (target - centre)
    seen = train.double() - mean.view(-1, *[1] * (train.dim() - 1))
    steps = []
    for t in range(1, len(train) + 1):
        # Steps that say the same, or nothing, leave the matrix singular: the smallest weights do.
        weights = torch.linalg.pinv(gram[:t, :t], hermitian=True) @ cross[:t]
        steps.append(centre + torch.tensordot(weights, seen[:t], dims=1))
    return torch.stack(steps).float()
