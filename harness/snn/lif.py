"""The neuron that networks use: the fused kernel where there is one for the device, else the reference."""

import importlib.util
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import increment_version

from harness.config import NeuronSpec
from harness.snn.neuron import lif_reference

Kernel = Literal["auto", "numba", "triton", "reference"]
Scan = Callable[..., Tensor]


def kernel_for(device: torch.device, kernel: Kernel = "auto") -> Kernel:
    """The kernel that runs on `device`: what `auto` stands for there."""
    if kernel != "auto":
        return kernel
    if device.type == "cpu":
        return "numba"
    has_triton = device.type == "cuda" and importlib.util.find_spec("triton") is not None
    return "triton" if has_triton else "reference"


def lif(
    current: Tensor,
    threshold: float,
    spec: NeuronSpec,
    gain: Tensor | None = None,
    kernel: Kernel = "auto",
    overwrite: bool = False,
) -> Tensor:
    """Spikes `[T, M]` of input currents `[T, M]` (fp32 or bf16), every neuron starting from rest.

    `gain` `[M]` weighs each neuron's spikes (dropout, constant over time). See `neuron.py` for the equations.
    overwrite: a fused backward pass may put its result in the place of `current`, which nothing else needs; a
    second one through the same graph is then an error.
    """
    chosen = kernel_for(current.device, kernel)
    if chosen == "reference":
        return lif_reference(current, threshold, spec, gain)
    backend = _backend(chosen)
    backward = partial(backend.backward, overwrite=overwrite)
    return _fused(backend.forward, backward, current, gain, threshold, spec)


def pooled_lif(
    maps: tuple[int, int, int, int],
    current: Tensor,
    threshold: float,
    spec: NeuronSpec,
    gain: Tensor | None = None,
    kernel: Kernel = "auto",
    overwrite: bool = False,
) -> Tensor:
    """`lif` and the 2×2 average pooling after it: `[T, N·⌊H/2⌋·⌊W/2⌋·C]`.

    `maps` = (N, H, W, C) is how the M neurons lie in memory. On the CPU both are one kernel, and the spikes
    before pooling, the largest tensor of a network, are never written.
    """
    if kernel_for(current.device, kernel) == "numba":
        from harness.snn import numba_pool

        forward = partial(numba_pool.forward, maps)
        backward = partial(numba_pool.backward, maps, overwrite=overwrite)
        return _fused(forward, backward, current, gain, threshold, spec)
    _, height, width, channels = maps
    spikes = lif(current, threshold, spec, gain, kernel, overwrite).view(-1, height, width, channels)
    return F.avg_pool2d(spikes.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1).reshape(len(current), -1)


def summed_lif(
    current: Tensor,
    threshold: float,
    spec: NeuronSpec,
    gain: Tensor | None = None,
    kernel: Kernel = "auto",
    overwrite: bool = False,
) -> Tensor:
    """`lif` summed over time: `[M]` in fp32. On the CPU the spikes are counted as they fire, and never written."""
    if kernel_for(current.device, kernel) == "numba":
        from harness.snn import numba_lif

        backward = partial(numba_lif.backward, overwrite=overwrite)
        return _fused(numba_lif.summed, backward, current, gain, threshold, spec)
    return lif(current, threshold, spec, gain, kernel, overwrite).sum(0, dtype=torch.float32)


def _backend(kernel: Kernel) -> ModuleType:
    if kernel == "triton":
        from harness.snn import triton_lif

        return triton_lif
    from harness.snn import numba_lif

    return numba_lif


def _fused(
    forward: Scan, backward: Scan, current: Tensor, gain: Tensor | None, threshold: float, spec: NeuronSpec
) -> Tensor:
    weight = current.new_ones(current.shape[1]) if gain is None else gain.to(current.dtype)
    fired: Tensor = _Fused.apply(current.contiguous(), weight, threshold, spec, forward, backward)  # type: ignore[no-untyped-call]
    return fired


class _Fused(torch.autograd.Function):
    """A scan over time that saves nothing but the current: the backward pass finds the membranes again."""

    @staticmethod
    def forward(
        ctx: Any, current: Tensor, gain: Tensor, threshold: float, spec: NeuronSpec, forward: Scan, backward: Scan
    ) -> Tensor:
        ctx.backward_scan, ctx.threshold, ctx.spec = backward, threshold, spec
        ctx.save_for_backward(current, gain)
        return forward(current, gain, threshold, spec)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        current, gain = ctx.saved_tensors
        current = current.detach()
        grad = _compact(grads[0], current.dtype)
        grad_current = ctx.backward_scan(grad, current, gain, ctx.threshold, ctx.spec)
        if grad_current is current:
            increment_version(current)  # so that autograd knows
        return grad_current, None, None, None, None, None


def _compact(grad: Tensor, dtype: torch.dtype) -> Tensor:
    # A sum over time hands back one row for every t.
    row = grad.unsqueeze(0) if grad.dim() == 1 else grad[:1] if grad.stride(0) == 0 else grad
    return row.to(dtype).contiguous()
