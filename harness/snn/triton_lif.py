"""The neuron of `neuron.py` and its readout as one scan on a GPU (Triton), forward and backward.

One program handles a block of outputs over all timesteps; an output is a neuron, or the four neurons that pooling
averages. Nothing is saved but the input current; the backward pass computes the membranes again into a scratch buffer.
"""

import triton
import triton.language as tl


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
def forward(
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
def backward(
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
