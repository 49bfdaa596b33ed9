"""The neuron that networks use: the fused kernel where there is one for the device, else the reference."""

import importlib.util
from types import ModuleType
from typing import Any, Literal

import torch
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
        grad = grads[0]
        # The output layer sums over time, so the gradient that arrives there is one row for every t.
        grad = (grad[:1] if grad.stride(0) == 0 else grad).to(current.dtype).contiguous()
        return ctx.backend.backward(grad, current, ctx.threshold, ctx.spec, gain), None, None, None, None
