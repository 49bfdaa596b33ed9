"""A layer and its fused neuron as one differentiable function, whose backward pass is written out.

That leaves autograd little to do and little to keep. Of the largest tensor there is, a layer's current, the gradient
takes the place; a first convolution's current, cheap to have again, is not kept at all.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from harness.config import NeuronSpec
from harness.snn.product import drive, flat, prepared, product_backward


class Scan(NamedTuple):
    """A kernel: (current, gain, θ, spec) → what is fired; (its gradient, current, …, overwrite) → the current's."""

    forward: Callable[..., Tensor]
    backward: Callable[..., Tensor]


def numba_each() -> Scan:
    """Spikes `[T, M]`."""
    from harness.snn import numba_lif

    return Scan(numba_lif.forward, numba_lif.backward)


def numba_summed() -> Scan:
    """Their sum over time, `[M]` in fp32."""
    from harness.snn import numba_lif

    return Scan(numba_lif.summed, numba_lif.backward)


def numba_pooled(maps: tuple[int, int, int, int]) -> Scan:
    """Them after 2×2 average pooling of maps (N, H, W, C)."""
    from harness.snn import numba_pool

    return Scan(partial(numba_pool.forward, maps), partial(numba_pool.backward, maps))


def triton_each() -> Scan:
    """Spikes `[T, M]` on a GPU."""
    from harness.snn import triton_lif

    return Scan(triton_lif.forward, triton_lif.backward)


def fused(
    x: Tensor,
    weight: Tensor | None,
    timesteps: int,
    threshold: float,
    spec: NeuronSpec,
    gain: Tensor | None,
    scan: Scan,
) -> Tensor:
    """What `scan` makes of the current that `weight` makes of `x` (see `fire`). It can be differentiated once."""
    x = flat(x) if weight is not None and weight.dim() == 2 else x
    fired: Tensor = _Fused.apply(x, weight, timesteps, threshold, spec, gain, scan)  # type: ignore[no-untyped-call]
    return fired


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor | None,
        timesteps: int,
        threshold: float,
        spec: NeuronSpec,
        gain: Tensor | None,
        scan: Scan,
    ) -> Tensor:
        if weight is not None:
            x, weight = prepared(x, weight)
        current = drive(x, weight, timesteps)
        gain = current.new_ones(current.shape[1]) if gain is None else gain.to(current.dtype)
        ctx.timesteps, ctx.neuron, ctx.scan = timesteps, (threshold, spec), scan
        again = weight is None or (weight.dim() == 4 and not ctx.needs_input_grad[0])
        ctx.save_for_backward(x, weight, gain, None if again else current)
        return scan.forward(current, gain, threshold, spec)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, weight, gain, kept = ctx.saved_tensors
        current = drive(x, weight, ctx.timesteps) if kept is None else kept
        own = weight is not None
        grad = ctx.scan.backward(_compact(grads[0], current.dtype), current, gain, *ctx.neuron, overwrite=own)
        if kept is not None:
            increment_version(kept)  # so that a second backward pass is an error
        grads = product_backward(grad, x, weight, ctx.needs_input_grad[:2]) if own else (grad, None)
        return *grads, None, None, None, None, None


def _compact(grad: Tensor, dtype: torch.dtype) -> Tensor:
    # A sum over time hands back one row for every t.
    row = grad.unsqueeze(0) if grad.dim() == 1 else grad[:1] if grad.stride(0) == 0 else grad
    return row.to(dtype).contiguous()
