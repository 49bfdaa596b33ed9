"""The neuron that networks use: the fused kernel where there is one for the device, else the reference."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.neuron import is_late, lif_reference

Kernel = Literal["auto", "numba", "reference"]


def kernel_for(device: torch.device, kernel: Kernel = "auto") -> Kernel:
    """The kernel that runs on `device`: what `auto` stands for there."""
    if kernel != "auto":
        return kernel
    return "numba" if device.type == "cpu" else "reference"


def lif(
    current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor | None = None, kernel: Kernel = "auto"
) -> Tensor:
    """Spikes `[T, M]` of input currents `[T, M]` (fp32 or bf16), every neuron starting from rest.

    `gain` `[M]` weighs each neuron's spikes (dropout, constant over time). See `neuron.py` for the equations.
    """
    if kernel_for(current.device, kernel) == "reference":
        return lif_reference(current, threshold, spec, gain)
    weight = torch.ones(current.shape[1]) if gain is None else gain
    spikes: Tensor = _FusedLif.apply(current, threshold, spec, weight.to(current.dtype))  # type: ignore[no-untyped-call]
    return spikes


def _array(tensor: Tensor) -> Any:
    """A NumPy view of a contiguous CPU tensor; bf16 appears as its uint16 bits."""
    return (tensor.view(torch.int16).numpy().view(np.uint16)) if tensor.dtype == torch.bfloat16 else tensor.numpy()


class _FusedLif(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor) -> Tensor:
        from harness.snn import kernels

        current = current.contiguous()
        spikes = torch.empty_like(current)
        ctx.spec, ctx.threshold = spec, threshold
        kernels.forward(
            _array(current),
            np.float32(threshold),
            np.float32(spec.leak),
            spec.reading == "algorithm",
            is_late(spec),
            _array(gain),
            _array(spikes),
        )
        ctx.save_for_backward(current, gain)
        return spikes

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        from harness.snn import kernels

        current, gain = ctx.saved_tensors
        grad = grads[0]
        # The output layer sums over time, so the gradient that arrives there is one row for every t.
        grad = (grad[:1] if grad.stride(0) == 0 else grad).to(current.dtype).contiguous()
        spec = ctx.spec
        out = torch.empty_like(current)
        kernels.backward(
            _array(grad),
            _array(current),
            np.float32(ctx.threshold),
            np.float32(spec.leak),
            np.float32(spec.surrogate_height),
            spec.reading == "algorithm",
            is_late(spec),
            gain.float().numpy(),
            _array(out),
        )
        return out, None, None, None
