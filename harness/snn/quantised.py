"""An activation with few levels, and the neuron that it foretells: quantised clip-floor-shift (Bu et al. 2022).

A neuron without leak whose membrane starts at φ·θ, and from which a spike of size θ subtracts θ, has given after T
steps of a constant current x the mean θ·clip(⌊x·T/θ + φ⌋ / T, 0, 1). The activation of L levels,
θ·clip(⌊x·L/θ + φ⌋ / L, 0, 1), is that for T = L (Theorem 1); with φ = ½ it is so in expectation for any T (Theorem 2).
"""

from typing import Any

import torch
from torch import Tensor


class _QuantisedClip(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, levels: int, shift: float) -> Tensor:
        ctx.save_for_backward(x, threshold)
        ctx.levels, ctx.shift = levels, shift
        steps = _steps(x, threshold, levels, shift).clamp_(0, levels)
        return steps.mul_(threshold / levels).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, threshold = ctx.saved_tensors
        steps = _steps(x, threshold, ctx.levels, ctx.shift)
        inside = (steps >= 0) & (steps <= ctx.levels)
        slope = steps.clamp_(0, ctx.levels).div_(ctx.levels) - torch.where(inside, x / threshold, 0.0)
        return grads[0] * inside, (grads[0] * slope).sum(dtype=torch.float32), None, None


def _steps(x: Tensor, threshold: Tensor, levels: int, shift: float) -> Tensor:
    # In fp32: at a boundary of levels, bf16 would round to the wrong one.
    return x.float().mul(levels / threshold).add_(shift).floor_()


def quantised_clip(x: Tensor, threshold: Tensor, levels: int, shift: float = 0.5) -> Tensor:
    """θ·clip(⌊x·L/θ + φ⌋ / L, 0, 1) of currents of any shape; `threshold`: θ, a tensor of one number, which may learn.

    The floor is differentiated as the identity. So where the clip does not act, the derivative is 1 with respect to x
    and (h − x)/θ with respect to θ, h being the activation; above, these are 0 and 1; below, both are 0.

    >>> quantised_clip(torch.tensor([-1.0, 0.4, 0.6, 9.0]), torch.tensor(2.0), levels=4)
    tensor([0.0000, 0.5000, 0.5000, 2.0000])
    """
    out: Tensor = _QuantisedClip.apply(x, threshold, levels, shift)  # type: ignore[no-untyped-call]
    return out


class IntegrateAndFire:
    """Neurons without leak, reset by subtraction: at every call one timestep of those of a number.

    thresholds: θ of each number of neurons. initial: where membranes start, in thresholds.
    """

    def __init__(self, thresholds: Tensor, initial: float) -> None:
        self.thresholds, self.initial = thresholds.detach().tolist(), initial
        self.membranes: dict[int, Tensor] = {}

    def __call__(self, index: int, current: Tensor) -> Tensor:
        """Spikes of size θ, in the shape and dtype of `current` `[N, …]`."""
        threshold = self.thresholds[index]
        membrane = self.membranes.get(index)
        if membrane is None:
            membrane = torch.full_like(current, self.initial * threshold, dtype=torch.float32)
            self.membranes[index] = membrane
        membrane += current
        fired: Tensor = (membrane >= threshold).to(current.dtype)
        membrane.sub_(fired, alpha=threshold)
        return fired.mul_(threshold)
