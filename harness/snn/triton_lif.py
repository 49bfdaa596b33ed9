"""The neuron of `neuron.py` as one fused scan on a GPU (Triton), forward and backward.

One program a block of neurons, time inside. Nothing is saved but the input current; the backward pass computes
the membranes again into a scratch buffer. Multiply-adds are not fused, so that results are the reference's.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.neuron import is_late

BLOCK = 256


def forward(current: Tensor, gain: Tensor, threshold: float, spec: NeuronSpec) -> Tensor:
    """Spikes `[T, M]` of `current` `[T, M]`, contiguous; `gain` `[M]` is what a spike weighs."""
    steps, neurons = current.shape
    spikes = torch.empty_like(current)
    _launch(_forward, neurons)(
        current,
        gain,
        spikes,
        steps,
        neurons,
        threshold,
        spec.leak,
        ALGORITHM=spec.reading == "algorithm",
        LATE=is_late(spec),
        BLOCK=BLOCK,
        enable_fp_fusion=False,
    )
    return spikes


def backward(
    grad: Tensor, current: Tensor, gain: Tensor, threshold: float, spec: NeuronSpec, overwrite: bool = False
) -> Tensor:
    """The gradient of `current` `[T, M]`, given that of the spikes: `[T, M]`, or `[1, M]` for every t.

    `overwrite` puts it in the place of `current`.
    """
    steps, neurons = current.shape
    out = current if overwrite else torch.empty_like(current)
    membrane = torch.empty(steps, neurons, dtype=torch.float32, device=current.device)
    _launch(_backward, neurons)(
        grad,
        current,
        gain,
        membrane,
        out,
        steps,
        neurons,
        len(grad),
        threshold,
        spec.leak,
        spec.surrogate_height,
        ALGORITHM=spec.reading == "algorithm",
        LATE=is_late(spec),
        BLOCK=BLOCK,
        enable_fp_fusion=False,
    )
    return out


def _launch(kernel: Any, neurons: int) -> Any:
    return kernel[(triton.cdiv(neurons, BLOCK),)]


@triton.jit  # type: ignore[untyped-decorator]
def _carried(u, threshold, leak, ALGORITHM: tl.constexpr):  # noqa: N803
    # What the membrane u leaves for the next timestep: the two readings of `neuron.py`.
    if ALGORITHM:
        left = tl.where(u > threshold, u - threshold, leak * u)
    else:
        left = leak * u - threshold * tl.where(u > threshold, 1.0, 0.0)
    return left


@triton.jit  # type: ignore[untyped-decorator]
def _forward(
    current,
    gain,
    spikes,
    steps,
    neurons,
    threshold,
    leak,
    ALGORITHM: tl.constexpr,  # noqa: N803
    LATE: tl.constexpr,  # noqa: N803
    BLOCK: tl.constexpr,  # noqa: N803
):
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = lane < neurons
    weight = tl.load(gain + lane, mask=inside, other=0.0)
    carry = tl.zeros((BLOCK,), tl.float32)
    previous = tl.zeros((BLOCK,), tl.float32)
    at = lane.to(tl.int64)
    for _ in range(steps):
        u = carry + tl.load(current + at, mask=inside, other=0.0).to(tl.float32)
        spike = tl.where(u > threshold, 1.0, 0.0)
        carry = _carried(u, threshold, leak, ALGORITHM)
        handed_on = previous if LATE else spike
        previous = spike
        tl.store(spikes + at, tl.where(handed_on > 0, weight, weight - weight), mask=inside)
        at += neurons


@triton.jit  # type: ignore[untyped-decorator]
def _backward(
    grad,
    current,
    gain,
    membrane,
    out,
    steps,
    neurons,
    grad_rows,
    threshold,
    leak,
    height,
    ALGORITHM: tl.constexpr,  # noqa: N803
    LATE: tl.constexpr,  # noqa: N803
    BLOCK: tl.constexpr,  # noqa: N803
):
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = lane < neurons
    weight = tl.load(gain + lane, mask=inside, other=0.0).to(tl.float32)
    carry = tl.zeros((BLOCK,), tl.float32)
    at = lane.to(tl.int64)
    for _ in range(steps):
        u = carry + tl.load(current + at, mask=inside, other=0.0).to(tl.float32)
        tl.store(membrane + at, u, mask=inside)
        carry = _carried(u, threshold, leak, ALGORITHM)
        at += neurons
    g = tl.zeros((BLOCK,), tl.float32)
    for step in range(steps):
        t = steps - 1 - step
        at -= neurons
        u = tl.load(membrane + at, mask=inside, other=0.0)
        source = t + 1 if LATE else t
        row = tl.zeros((BLOCK,), tl.int64) + source
        place = tl.minimum(row, grad_rows - 1) * neurons + lane
        arriving = tl.load(grad + place, mask=inside & (row < steps), other=0.0).to(tl.float32)
        slope = height * tl.maximum(1.0 - tl.abs(u / threshold - 1.0), 0.0)
        kept = tl.where(u > threshold, 1.0, leak) if ALGORITHM else leak
        g = (arriving * weight) * slope + kept * g
        tl.store(out + at, g, mask=inside)
