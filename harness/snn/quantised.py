"""An activation with few levels, and the neuron that it foretells: quantised clip-floor-shift (Bu et al. 2022).

A neuron without leak whose membrane starts at φ·θ, and from which a spike of size θ subtracts θ, has given after T
steps of a constant current x the mean θ·clip(⌊x·T/θ + φ⌋ / T, 0, 1). The activation of L levels,
θ·clip(⌊x·L/θ + φ⌋ / L, 0, 1), is that for T = L (Theorem 1); with φ = ½ it is so in expectation for any T (Theorem 2).
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

PART = 1 << 17  # values that are taken at once: what is computed of them stays in a core's cache


def _parts(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Tensors `[N, …]` of one shape in parts of the same images; on a GPU in one piece."""
    first = tensors[0]
    each = max(1, PART * len(first) // max(1, first.numel())) if first.device.type == "cpu" and first.dim() else 0
    return zip(*(tensor.split(each) for tensor in tensors), strict=True) if each else iter((tensors,))


class _QuantisedClip(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, levels: int, shift: float) -> Tensor:
        ctx.save_for_backward(x, threshold)
        ctx.levels, ctx.shift = levels, shift
        out = torch.empty_like(x)
        for given, made in _parts(x, out):
            made.copy_(_steps(given, threshold, levels, shift)[1].clamp_(0, levels).mul_(threshold / levels))
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, threshold = ctx.saved_tensors
        out, slopes = torch.empty_like(x), torch.zeros_like(threshold)
        for given, grad, made in _parts(x, grads[0], out):
            scaled, steps = _steps(given, threshold, ctx.levels, ctx.shift)
            clipped = steps.clamp(0, ctx.levels)
            inside = clipped == steps
            torch.mul(grad, inside, out=made)
            slopes += clipped.sub_(scaled.mul_(inside)).mul_(grad).sum()
        return out, slopes / ctx.levels, None, None


def _steps(x: Tensor, threshold: Tensor, levels: int, shift: float) -> tuple[Tensor, Tensor]:
    """x·L/θ, and ⌊x·L/θ + φ⌋; in fp32, since at a boundary of levels bf16 would round to the wrong one."""
    scaled = x.float().mul(levels / threshold)
    return scaled, scaled.add(shift).floor_()


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
        spikes = torch.empty_like(current)
        for held, given, fired in _parts(membrane, current, spikes):
            held += given
            fired.copy_(held >= threshold)
            held.sub_(fired, alpha=threshold)
            fired.mul_(threshold)
        return spikes
