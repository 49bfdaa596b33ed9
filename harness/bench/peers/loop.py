"""What a reader of the paper writes: Algorithm 1 as a loop over time, membranes in a list, a surrogate gradient.

Written from the paper's text (eq. 2 and 11, Algorithm 1), layer by layer within each timestep.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.bench.workload import LEAK, Model, Workload, leaves


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, membrane: Tensor, threshold: float) -> Tensor:
        ctx.save_for_backward(membrane)
        ctx.threshold = threshold
        return (membrane > threshold).float()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (membrane,) = ctx.saved_tensors
        return grads[0] * 0.3 * (1 - (membrane / ctx.threshold - 1).abs()).clamp(min=0), None


def encode(images: Tensor, timesteps: int) -> Tensor:
    """Poisson spikes of images in [0, 1], all timesteps at once."""
    return (torch.rand(timesteps, *images.shape) < images).float()


def model(work: Workload) -> Model:
    """Its forward pass steps through time, and within a timestep through the layers."""
    weights = leaves(work)

    def forward(train: Tensor) -> Tensor:
        membranes: list[Tensor | float] = [0.0] * len(work.stages)
        for x in train:
            for index, (stage, weight) in enumerate(zip(work.stages, weights, strict=True)):
                current = F.conv2d(x, weight, padding=1) if stage.convolution else F.linear(x.flatten(1), weight)
                if index == len(work.stages) - 1:
                    membranes[index] = membranes[index] + current
                    break
                membrane = membranes[index] + current
                x = _Spike.apply(membrane, work.thresholds[index])  # type: ignore[no-untyped-call]
                membranes[index] = LEAK * membrane - work.thresholds[index] * x.detach()
                x = F.avg_pool2d(x, 2) if stage.pool else x
        output = membranes[-1]
        assert isinstance(output, Tensor)
        return output

    return Model(weights, forward)
