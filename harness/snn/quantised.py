"""Quantised clip-floor-shift (Bu et al. 2022): an activation with few levels, and the neuron that it approximates.

The neuron has no leak. Its membrane starts at φ·θ, and a spike of size θ subtracts θ from it. After T steps of a
constant current x its mean output is θ·clip(⌊x·T/θ + φ⌋ / T, 0, 1). The activation of L levels,
θ·clip(⌊x·L/θ + φ⌋ / L, 0, 1), equals that for T = L (Theorem 1), and with φ = ½ in expectation for any T (Theorem 2).
"""

from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

from encoders.compiled import compiled
from harness.snn.kernels.cpu import Floats, Values, array, store, widen

PART = 1 << 17  # values whose slopes are added up at once, in the order of torch: they stay in a core's cache
BLOCK = 4096  # values that a thread takes at once
ZERO, ONE = np.float32(0), np.float32(1)

# ## The kernels of the CPU: the operations of the lines in torch further down, in their order, so that bits are equal


@numba.njit(inline="always")
def _steps(x: np.float32, rate: np.float32, shift: np.float32, levels: np.float32) -> Any:
    """x·L/θ, ⌊x·L/θ + φ⌋, and this clipped; in fp32: bf16 would round to the wrong side of a level's boundary."""
    scaled = x * rate
    steps = np.float32(np.floor(scaled + shift))
    clipped = steps if steps > ZERO else ZERO
    return scaled, steps, clipped if clipped < levels else levels


@compiled
def clip_forward(
    x: Values, rate: np.float32, shift: np.float32, levels: np.float32, size: np.float32, out: Values
) -> None:
    """The activation of `x` `[M]`; rate: L/θ; size: θ/L."""
    for block in numba.prange((len(x) + BLOCK - 1) // BLOCK):
        span = slice(block * BLOCK, block * BLOCK + BLOCK)
        given, made = x[span], out[span]
        for i in range(len(given)):
            store(made, i, _steps(widen(given[i]), rate, shift, levels)[2] * size)


@compiled
def clip_backward(
    x: Values, grad: Values, rate: np.float32, shift: np.float32, levels: np.float32, out: Values, slopes: Floats
) -> None:
    """The gradient of `x` `[M]`, and L times what each value adds to that of θ."""
    for block in numba.prange((len(x) + BLOCK - 1) // BLOCK):
        span = slice(block * BLOCK, block * BLOCK + BLOCK)
        given, seen, made, slope = x[span], grad[span], out[span], slopes[span]
        for i in range(len(given)):
            scaled, steps, clipped = _steps(widen(given[i]), rate, shift, levels)
            inside = ONE if clipped == steps else ZERO
            g = widen(seen[i])
            store(made, i, g * inside)
            slope[i] = (clipped - scaled * inside) * g


@compiled
def integrate(membrane: Floats, current: Values, threshold: np.float32, spikes: Values) -> None:
    """One timestep of neurons `[M]` without leak, from which a spike subtracts its size, the threshold."""
    for block in numba.prange((len(membrane) + BLOCK - 1) // BLOCK):
        span = slice(block * BLOCK, block * BLOCK + BLOCK)
        held, given, fired = membrane[span], current[span], spikes[span]
        for i in range(len(held)):
            u = held[i] + widen(given[i])
            spike = threshold if u >= threshold else ZERO
            held[i] = u - spike
            store(fired, i, spike)


def _fused(x: Tensor) -> bool:
    """Whether the kernels of the CPU take it: fp32 or bf16, without gaps."""
    dense = x.is_contiguous() or (x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last))
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.bfloat16) and dense


def _flat(x: Tensor) -> Any:
    """A NumPy view of the values of a dense tensor in the order of its memory; bf16 appears as its uint16 bits."""
    return array(x.detach().as_strided((x.numel(),), (1,)))


class _QuantisedClip(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, levels: int, shift: float) -> Tensor:
        ctx.save_for_backward(x, threshold)
        ctx.levels, ctx.shift = levels, shift
        if not _fused(x):
            steps = (x.float() * (levels / threshold) + shift).floor()
            return (steps.clamp(0, levels) * (threshold / levels)).to(x.dtype)
        out = torch.empty_like(x)
        clip_forward(_flat(x), *_numbers(threshold, levels, shift), np.float32((threshold / levels).item()), _flat(out))
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, threshold = ctx.saved_tensors
        grad, levels, shift = grads[0], ctx.levels, ctx.shift
        if not _fused(x):
            scaled = x.float() * (levels / threshold)
            steps = (scaled + shift).floor()
            clipped = steps.clamp(0, levels)
            inside = clipped == steps
            return grad * inside, ((clipped - scaled * inside) * grad).sum() / levels, None, None
        if grad.stride() != x.stride():
            grad = torch.empty_like(x).copy_(grad)
        out, slope = torch.empty_like(x), torch.zeros_like(threshold)
        given, seen, made = _flat(x), _flat(grad), _flat(out)
        size = x[0].numel() * max(1, PART * len(x) // max(1, x.numel()))  # whole images
        slopes = torch.empty(min(size, x.numel()))
        for start in range(0, x.numel(), size):
            part = slice(start, start + size)
            now = slopes[: len(given[part])]
            clip_backward(given[part], seen[part], *_numbers(threshold, levels, shift), made[part], now.numpy())
            slope += now.sum()
        return out, slope / levels, None, None


def _numbers(threshold: Tensor, levels: int, shift: float) -> tuple[np.float32, np.float32, np.float32]:
    return np.float32((levels / threshold).item()), np.float32(shift), np.float32(levels)


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
    """Neurons without leak, reset by subtraction. A call computes one timestep of the neurons of one index.

    thresholds: θ by index. initial: the initial membrane in units of θ.
    """

    def __init__(self, thresholds: Tensor, initial: float) -> None:
        self.thresholds: list[float] = thresholds.detach().tolist()
        self.initial = initial
        self.membranes: dict[int, Tensor] = {}

    def __call__(self, index: int, current: Tensor) -> Tensor:
        """Spikes of size θ, in the shape and dtype of `current` `[N, …]`."""
        threshold = self.thresholds[index]
        membrane = self.membranes.get(index)
        if membrane is None:
            membrane = torch.full_like(current, self.initial * threshold, dtype=torch.float32)
            self.membranes[index] = membrane
        if _fused(current) and membrane.stride() == current.stride():
            spikes = torch.empty_like(current)
            integrate(_flat(membrane), _flat(current), np.float32(threshold), _flat(spikes))
            return spikes
        membrane += current
        fired = (membrane >= threshold).to(current.dtype)
        membrane.sub_(fired, alpha=threshold)
        return fired.mul_(threshold)
