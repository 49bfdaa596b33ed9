"""What a code holds after t steps, without any SNN: the accuracy of a linear classifier on the spikes so far.

Ridge regression on one-hot labels in its dual form: the kernel of the history grows by one matrix product a
timestep, so that every t costs the same however long the train is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from encoders.base import Encoder, EncoderError
from encoders.encoding import encode

Reads = Literal["sum", "history"]


@dataclass(frozen=True)
class Labelled:
    """Images `[N, C, H, W]` in [-1, 1] with their classes `[N]` (int64, from 0); a thousand or two are enough."""

    images: Tensor
    labels: Tensor


def linear_probe(
    encoder: Encoder,
    train: Labelled,
    test: Labelled,
    timesteps: int,
    generator: Generator,
    reads: Reads = "sum",
    penalty: float = 1.0,
) -> list[float]:
    """Test accuracy in [0, 1] after 1, 2, …, T steps of the code, the encoder calibrated on `train`.

    reads: "sum", one weight a pixel on its spikes added up, as a non-leaky first layer reads them; "history", one
        weight a pixel and timestep, so that *when* a spike comes counts too.
    penalty: ridge penalty, in units of the mean squared length of a (centred) feature vector.
    Raises EncoderError for another `reads`, a negative penalty, or where T does not fit the code.
    """
    if reads not in ("sum", "history"):
        raise EncoderError(f"reads must be 'sum' or 'history', not '{reads}'")
    if penalty < 0:
        raise EncoderError(f"penalty must be at least 0, not {penalty}")
    fitted = encoder.calibrate(train.images, generator)
    # Test images have places of their own, so that no test image shares the draws of a training image.
    places = torch.arange(len(train.images) + len(test.images))
    seen = encode(fitted, train.images, timesteps, generator, places[: len(train.images)]).flatten(2)
    unseen = encode(fitted, test.images, timesteps, generator, places[len(train.images) :]).flatten(2)
    one_hot = torch.nn.functional.one_hot(train.labels).double()
    return [
        (_ridge(kernel, cross, one_hot, penalty).argmax(dim=1) == test.labels).double().mean().item()
        for kernel, cross in _kernels(seen, unseen, reads)
    ]


def _kernels(seen: Tensor, unseen: Tensor, reads: Reads) -> Iterator[tuple[Tensor, Tensor]]:
    # Inner products after each timestep: training images with each other, and test with training images.
    past, asked = torch.zeros_like(seen[0], dtype=torch.float64), torch.zeros_like(unseen[0], dtype=torch.float64)
    kernel, cross = past.new_zeros(()), past.new_zeros(())
    for now, then in zip(seen, unseen, strict=True):
        mean = now.double().mean(dim=0)
        here, there = now.double() - mean, then.double() - mean
        if reads == "sum":
            past, asked = past + here, asked + there
            kernel, cross = past @ past.T, asked @ past.T
        else:
            kernel, cross = kernel + here @ here.T, cross + there @ here.T
        yield kernel, cross


def _ridge(kernel: Tensor, cross: Tensor, targets: Tensor, penalty: float) -> Tensor:
    # Where nothing has fired yet the kernel is zero; a tiny ridge then leaves the class frequencies as the answer.
    ridge = (penalty * kernel.trace() / len(kernel)).clamp(min=1e-12)
    bias = targets.mean(dim=0)
    dual = torch.linalg.solve(kernel + ridge * torch.eye(len(kernel), dtype=kernel.dtype), targets - bias)
    answer: Tensor = bias + cross @ dual
    return answer
