"""A linear probe: the accuracy of a linear classifier on a code's spikes after each timestep, without an SNN.

Ridge regression on one-hot labels in its dual form: the kernel grows by one matrix product per timestep, so that every
timestep costs the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from encoders.base import Encoder, EncoderError, encode

Reads = Literal["sum", "history"]


@dataclass(frozen=True)
class Labelled:
    """Images `[N, C, H, W]` in [-1, 1] with their classes `[N]` (int64, from 0); a thousand or two are enough."""

    images: Tensor
    labels: Tensor


def linear_probe(
    encoder: Encoder, train: Labelled, test: Labelled, timesteps: int, key: int, reads: Reads = "sum"
) -> list[float]:
    """Test accuracy in [0, 1] after 1, 2, …, T steps of the code, the encoder calibrated on `train`.

    reads: "sum", one weight a pixel on its spikes added up, as a non-leaky first layer reads them; "history", one
        weight a pixel and timestep, so that *when* a spike comes counts too.
    The ridge penalty is the mean squared length of a (centred) feature vector.
    Raises EncoderError for another `reads`, or if T does not fit the code.
    """
    if reads not in ("sum", "history"):
        raise EncoderError(f"reads must be 'sum' or 'history', not '{reads}'")
    fitted = encoder.calibrate(train.images)
    # Test images have ids of their own, so that no test image shares the draws of a training image.
    sizes = [len(train.images), len(test.images)]
    train_ids, test_ids = torch.arange(sum(sizes)).split(sizes)
    train_spikes = encode(fitted, train.images, timesteps, key, train_ids).flatten(2)
    test_spikes = encode(fitted, test.images, timesteps, key, test_ids).flatten(2)
    one_hot = torch.nn.functional.one_hot(train.labels).double()
    return [
        (_ridge(kernel, cross, one_hot).argmax(dim=1) == test.labels).double().mean().item()
        for kernel, cross in _kernels(train_spikes, test_spikes, reads)
    ]


def _kernels(train_spikes: Tensor, test_spikes: Tensor, reads: Reads) -> Iterator[tuple[Tensor, Tensor]]:
    # Inner products after each timestep: training images with each other, and test with training images.
    train_sum = torch.zeros_like(train_spikes[0], dtype=torch.float64)
    test_sum = torch.zeros_like(test_spikes[0], dtype=torch.float64)
    kernel, cross = train_sum.new_zeros(()), train_sum.new_zeros(())
    for train_step, test_step in zip(train_spikes, test_spikes, strict=True):
        mean = train_step.double().mean(dim=0)
        train_centred, test_centred = train_step.double() - mean, test_step.double() - mean
        if reads == "sum":
            train_sum, test_sum = train_sum + train_centred, test_sum + test_centred
            kernel, cross = train_sum @ train_sum.T, test_sum @ train_sum.T
        else:
            kernel, cross = kernel + train_centred @ train_centred.T, cross + test_centred @ train_centred.T
        yield kernel, cross


def _ridge(kernel: Tensor, cross: Tensor, targets: Tensor) -> Tensor:
    # Where nothing has fired yet the kernel is zero; a tiny ridge then leaves the class frequencies as the answer.
    ridge = (kernel.trace() / len(kernel)).clamp(min=1e-12)
    bias = targets.mean(dim=0)
    dual = torch.linalg.solve(kernel + ridge * torch.eye(len(kernel), dtype=kernel.dtype), targets - bias)
    answer: Tensor = bias + cross @ dual
    return answer
