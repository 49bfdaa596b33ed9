"""The fused kernels of a GPU (Triton): the neuron of `neuron.py` and its readout as one scan, forward and backward.

One program handles a block of outputs over all timesteps; an output is a neuron, or the four neurons that pooling
averages. Nothing is saved but the input current; the backward pass computes the membranes again into a scratch buffer.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from harness.snn.kernels.layers import SUMMED, Readout, pooled_away
from harness.snn.neuron import Neuron, is_late, reset_of, spike_sizes, surrogate_height


@triton.jit  # type: ignore[untyped-decorator]
def _places(lane, height, width, channels, QUAD: tl.constexpr):  # noqa: N803
    # Of each output `[BLOCK]`: where its neurons lie `[BLOCK, QUAD]`, left before right, upper before lower.
    at = lane.to(tl.int64)
    if QUAD == 4:
        wide, high = width // 2, height // 2
        image, row = at // (channels * wide * high), at // (channels * wide) % high
        at = ((image * height + 2 * row) * width + 2 * (at // channels % wide)) * channels + at % channels
    member = tl.arange(0, QUAD)
    return at[:, None] + (member // 2 * width * channels + member % 2 * channels)[None, :]


@triton.jit  # type: ignore[untyped-decorator]
def _remaining(u, threshold, reset, leak, ALGORITHM: tl.constexpr):  # noqa: N803
    # What remains of the membrane u at the next timestep: the two readings of `neuron.py`.
    if ALGORITHM:
        left = tl.where(u > threshold, u - reset, leak * u)
    else:
        left = leak * u - reset * tl.where(u > threshold, 1.0, 0.0)
    return left


@triton.jit  # type: ignore[untyped-decorator]
def scan_forward(
    current,
    gain,
    fired,
    counts,
    steps,
    neurons,
    outputs,
    height,
    width,
    channels,
    threshold,
    reset,
    leak,
    WRITE: tl.constexpr,  # noqa: N803
    COUNT: tl.constexpr,  # noqa: N803
    ALGORITHM: tl.constexpr,  # noqa: N803
    LATE: tl.constexpr,  # noqa: N803
    QUAD: tl.constexpr,  # noqa: N803
    BLOCK: tl.constexpr,  # noqa: N803
):
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = lane < outputs
    place = _places(lane, height, width, channels, QUAD)
    weight = tl.load(gain + place, mask=inside[:, None], other=0.0).to(tl.float32)
    carry = tl.zeros((BLOCK, QUAD), tl.float32)
    previous = tl.zeros((BLOCK, QUAD), tl.float32)
    total = tl.zeros((BLOCK, QUAD), tl.float32)
    at, to = place, lane.to(tl.int64)
    for _ in range(steps):
        u = carry + tl.load(current + at, mask=inside[:, None], other=0.0).to(tl.float32)
        spike = tl.where(u > threshold, 1.0, 0.0)
        carry = _remaining(u, threshold, reset, leak, ALGORITHM)
        received = previous if LATE else spike
        previous = spike
        weighed = tl.where(received > 0, weight, 0.0)
        if COUNT:
            total += weighed
        if WRITE:
            if QUAD == 4:
                left, right = tl.split(tl.reshape(weighed, (BLOCK, 2, 2)))
                upper_left, lower_left = tl.split(left)
                upper_right, lower_right = tl.split(right)
                out = (((upper_left + upper_right) + lower_left) + lower_right) * 0.25
            else:
                out = tl.reshape(weighed, (BLOCK,))
            tl.store(fired + to, out, mask=inside)
        at += neurons
        to += outputs
    if COUNT:
        tl.store(counts + place, total, mask=inside[:, None])


@triton.jit  # type: ignore[untyped-decorator]
def scan_backward(
    grad,
    current,
    gain,
    membrane,
    out,
    steps,
    neurons,
    outputs,
    height,
    width,
    channels,
    grad_rows,
    threshold,
    reset,
    leak,
    surrogate,
    ALGORITHM: tl.constexpr,  # noqa: N803
    LATE: tl.constexpr,  # noqa: N803
    QUAD: tl.constexpr,  # noqa: N803
    BLOCK: tl.constexpr,  # noqa: N803
):
    lane = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = lane < outputs
    at = _places(lane, height, width, channels, QUAD)
    weight = tl.load(gain + at, mask=inside[:, None], other=0.0).to(tl.float32)
    carry = tl.zeros((BLOCK, QUAD), tl.float32)
    for _ in range(steps):
        u = carry + tl.load(current + at, mask=inside[:, None], other=0.0).to(tl.float32)
        tl.store(membrane + at, u, mask=inside[:, None])
        carry = _remaining(u, threshold, reset, leak, ALGORITHM)
        at += neurons
    tl.debug_barrier()  # the threads that load a membrane below may not be those that stored it
    g = tl.zeros((BLOCK, QUAD), tl.float32)
    for step in range(steps):
        t = steps - 1 - step
        at -= neurons
        u = tl.load(membrane + at, mask=inside[:, None], other=0.0)
        source = t + 1 if LATE else t
        row = tl.zeros((BLOCK,), tl.int64) + source
        place = tl.minimum(row, grad_rows - 1) * outputs + lane
        received = tl.load(grad + place, mask=inside & (row < steps), other=0.0).to(tl.float32)
        if QUAD == 4:
            received *= 0.25
        slope = surrogate * tl.maximum(1.0 - tl.abs(u / threshold - 1.0), 0.0)
        kept = tl.where(u > threshold, 1.0, leak) if ALGORITHM else leak
        g = (received[:, None] * weight) * slope + kept * g
        tl.store(out + at, g, mask=inside[:, None])


OUTPUTS = 256  # of one program


def forward(current: Tensor, neuron: Neuron, readout: Readout, counts: Tensor | None = None) -> Tensor:
    """See `Kernels`."""
    steps, neurons = current.shape
    gain = spike_sizes(neuron, current)
    fired = current.new_empty(0 if readout.kind == "summed" else steps, _outputs(neurons, readout))
    if readout.kind == "summed":
        counts = torch.zeros(neurons, device=current.device)
    _launch(scan_forward, fired.shape[1])(
        current,
        gain,
        fired,
        fired if counts is None else counts,
        steps,
        neurons,
        fired.shape[1],
        *readout.maps[1:],
        neuron.threshold,
        reset_of(neuron),
        neuron.spec.leak,
        WRITE=readout.kind != "summed",
        COUNT=counts is not None,
        **_options(neuron, readout),
    )
    if readout.kind == "summed":
        assert counts is not None
        return counts
    if counts is not None and readout.kind == "pooled" and (readout.maps[1] % 2 or readout.maps[2] % 2):
        outside = pooled_away(readout.maps).to(current.device)
        counts[outside] = forward(current[:, outside].contiguous(), neuron._replace(gain=gain[outside]), SUMMED)
    return fired


def backward(grad: Tensor, current: Tensor, neuron: Neuron, readout: Readout, overwrite: bool = False) -> Tensor:
    """See `Kernels`. A pooled map that is odd is never overwritten."""
    steps, neurons = current.shape
    outputs = _outputs(neurons, readout)
    out = current if overwrite else torch.empty_like(current)
    if readout.kind == "pooled" and 4 * outputs < neurons:  # no gradient reaches an odd last row or column
        out = torch.zeros_like(current)
    _launch(scan_backward, outputs)(
        grad,
        current,
        spike_sizes(neuron, current),
        torch.empty(steps, neurons, dtype=torch.float32, device=current.device),
        out,
        steps,
        neurons,
        outputs,
        *readout.maps[1:],
        len(grad),
        neuron.threshold,
        reset_of(neuron),
        neuron.spec.leak,
        surrogate_height(neuron),
        **_options(neuron, readout),
    )
    return out


def _outputs(neurons: int, readout: Readout) -> int:
    images, height, width, channels = readout.maps
    return images * (height // 2) * (width // 2) * channels if readout.kind == "pooled" else neurons


def _options(neuron: Neuron, readout: Readout) -> dict[str, Any]:
    return {
        "ALGORITHM": neuron.spec.reading == "algorithm",
        "LATE": is_late(neuron.spec),
        "QUAD": 4 if readout.kind == "pooled" else 1,
        "BLOCK": OUTPUTS,
        "enable_fp_fusion": False,  # multiply-adds are not fused, so that results are the reference's
    }


def _launch(kernel: Any, outputs: int) -> Any:
    return kernel[(triton.cdiv(outputs, OUTPUTS),)]
