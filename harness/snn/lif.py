"""The neuron that networks use: the fused kernel where there is one for the device, else the reference."""

import importlib.util
from types import ModuleType
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.neuron import lif_reference

Kernel = Literal["auto", "numba", "triton", "reference"]


def kernel_for(device: torch.device, kernel: Kernel = "auto") -> Kernel:
    """The kernel that runs on `device`: what `auto` stands for there."""
    if kernel != "auto":
        return kernel
    if device.type == "cpu":
        return "numba"
    has_triton = device.type == "cuda" and importlib.util.find_spec("triton") is not None
    return "triton" if has_triton else "reference"


def lif(
    current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor | None = None, kernel: Kernel = "auto"
) -> Tensor:
    """Spikes `[T, M]` of input currents `[T, M]` (fp32 or bf16), every neuron starting from rest.

    `gain` `[M]` weighs each neuron's spikes (dropout, constant over time). See `neuron.py` for the equations.
    """
    chosen = kernel_for(current.device, kernel)
    if chosen == "reference":
        return lif_reference(current, threshold, spec, gain)
    weight = torch.ones(current.shape[1], device=current.device) if gain is None else gain
    spikes: Tensor = _FusedLif.apply(  # type: ignore[no-untyped-call]
        current.contiguous(), threshold, spec, weight.to(current.dtype), _backend(chosen)
    )
    return spikes


def pooled_lif(
    current: Tensor,
    maps: tuple[int, int, int, int],
    threshold: float,
    spec: NeuronSpec,
    gain: Tensor | None = None,
    kernel: Kernel = "auto",
) -> Tensor:
    """`lif` and the 2×2 average pooling after it: `[T, N·⌊H/2⌋·⌊W/2⌋·C]`.

    `maps` = (N, H, W, C) is how the M neurons lie in memory. On the CPU both are one kernel, and the spikes
    before pooling, the largest tensor of a network, are never written.
    """
    if kernel_for(current.device, kernel) == "numba":
        weight = torch.ones(current.shape[1]) if gain is None else gain
        pooled: Tensor = _FusedPooledLif.apply(  # type: ignore[no-untyped-call]
            current.contiguous(), maps, threshold, spec, weight.to(current.dtype)
        )
        return pooled
    _, height, width, channels = maps
    spikes = lif(current, threshold, spec, gain, kernel).view(-1, height, width, channels).permute(0, 3, 1, 2)
    return F.avg_pool2d(spikes, 2).permute(0, 2, 3, 1).reshape(len(current), -1)


def _backend(kernel: Kernel) -> ModuleType:
    if kernel == "triton":
        from harness.snn import triton_lif

        return triton_lif
    from harness.snn import numba_lif

    return numba_lif


class _FusedLif(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor, backend: ModuleType
    ) -> Tensor:
        ctx.threshold, ctx.spec, ctx.backend = threshold, spec, backend
        ctx.save_for_backward(current, gain)
        spikes: Tensor = backend.forward(current, threshold, spec, gain)
        return spikes

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        current, gain = ctx.saved_tensors
        grad = _compact(grads[0], current.dtype)
        return ctx.backend.backward(grad, current, ctx.threshold, ctx.spec, gain), None, None, None, None


class _FusedPooledLif(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, current: Tensor, maps: tuple[int, int, int, int], threshold: float, spec: NeuronSpec, gain: Tensor
    ) -> Tensor:
        from harness.snn import numba_pool

        ctx.maps, ctx.threshold, ctx.spec = maps, threshold, spec
        ctx.save_for_backward(current, gain)
        return numba_pool.forward(current, maps, threshold, spec, gain)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        from harness.snn import numba_pool

        current, gain = ctx.saved_tensors
        grad = _compact(grads[0], current.dtype)
        return numba_pool.backward(grad, current, ctx.maps, ctx.threshold, ctx.spec, gain), None, None, None, None


def _compact(grad: Tensor, dtype: torch.dtype) -> Tensor:
    # The output layer sums over time, so the gradient that arrives there is one row for every t.
    return (grad[:1] if grad.stride(0) == 0 else grad).to(dtype).contiguous()
