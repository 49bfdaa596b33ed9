"""A layer and its neurons as one function, by a fused kernel where there is one for the device, else the reference.

With a kernel the backward pass is written out, so that autograd has little to do and little to keep. A layer's current
is the largest tensor of all: its gradient overwrites it, and the current of a first convolution, which is cheap to
compute again, is not kept. A device's kernels are imported only when they are used.
"""

import importlib.util
from types import ModuleType
from typing import Any, Protocol, cast

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from harness.machine.products import replace_products  # decides no number
from harness.snn.kernels.layers import EACH, SUMMED, Readout, drive, pooled, prepared, product_backward, read
from harness.snn.neuron import Kernel, Neuron, lif_reference

__all__ = ["EACH", "SUMMED", "Kernel", "Neuron", "Readout", "count_spikes", "fire", "kernel_for", "pooled"]

replace_products()  # decides no number where the processor has instructions for bf16


class Kernels(Protocol):
    """What a module of fused kernels provides."""

    def forward(self, current: Tensor, neuron: Neuron, readout: Readout, counts: Tensor | None = None) -> Tensor:
        """What `readout` makes of the spikes of `current` `[T, M]` (fp32 or bf16, contiguous).

        counts: zeros `[M]` in fp32, where each neuron's spikes, summed over time, are written; not with the readout
        `summed`, which is just that.
        """
        ...

    def backward(
        self, grad: Tensor, current: Tensor, neuron: Neuron, readout: Readout, overwrite: bool = False
    ) -> Tensor:
        """The gradient of `current`, given that of the readout: one row for each t, or one row for all.

        overwrite: it may be written over `current`.
        """
        ...


def kernel_for(device: torch.device, kernel: Kernel = "auto") -> Kernel:
    """The kernel that runs on `device`: what `auto` stands for there."""
    if kernel != "auto":
        return kernel
    if device.type == "cpu":
        return "numba"
    has_triton = device.type == "cuda" and importlib.util.find_spec("triton") is not None
    return "triton" if has_triton else "reference"


def fused_kernels(device: torch.device, kernel: Kernel) -> Kernels | None:
    """The module of fused kernels that `kernel` stands for on `device`; None for the reference."""
    module: ModuleType | None = None
    chosen = kernel_for(device, kernel)
    if chosen in ("numba", "events"):
        from harness.snn.kernels import cpu as module  # decides numbers on cpu only
    elif chosen == "triton":
        from harness.snn.kernels import gpu as module  # decides numbers on cuda only
    return cast(Kernels | None, module)


def fire(x: Tensor, weight: Tensor | None, timesteps: int, neuron: Neuron, readout: Readout = EACH) -> Tensor:
    """Spikes `[T, M]` of a layer with inputs `x` `[T·N, …]` (fp32 or bf16), or what `readout` makes of them.

    weight: see `layers.py`; None: `x` is the current `[T, M]` itself. Every neuron starts from rest and follows
    the equations of `neuron.py`. With a fused kernel it can be differentiated once.
    """
    x, weight = (x.contiguous(), None) if weight is None else prepared(x, weight)
    if fused_kernels(x.device, neuron.kernel) is None:
        return read(lif_reference(drive(x, weight, timesteps), neuron), readout)
    fired: Tensor = _Fused.apply(x, weight, timesteps, neuron, readout)  # type: ignore[no-untyped-call]
    return fired


@torch.no_grad()
def count_spikes(
    x: Tensor, weight: Tensor | None, timesteps: int, neuron: Neuron, readout: Readout = EACH
) -> tuple[Tensor, Tensor]:
    """What `fire` gives, and each neuron's spikes summed over time: `[M]` in fp32. Without gradients."""
    x, weight = (x.contiguous(), None) if weight is None else prepared(x, weight)
    current = drive(x, weight, timesteps, neuron.kernel == "events")
    kernels = fused_kernels(x.device, neuron.kernel)
    if kernels is None:
        spikes = lif_reference(current, neuron)
        return read(spikes, readout), read(spikes, SUMMED)
    counts = torch.zeros(current.shape[1], device=x.device)
    return kernels.forward(current, neuron, readout, counts), counts


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, timesteps: int, neuron: Neuron, readout: Readout) -> Tensor:
        current = drive(x, weight, timesteps, neuron.kernel == "events")
        ctx.kernels = fused_kernels(x.device, neuron.kernel)
        ctx.timesteps, ctx.neuron, ctx.readout = timesteps, neuron, readout
        again = weight is None or (weight.dim() == 4 and not ctx.needs_input_grad[0])
        ctx.save_for_backward(x, weight, None if again else current)
        fired: Tensor = ctx.kernels.forward(current, neuron, readout)
        return fired

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        x, weight, kept = ctx.saved_tensors
        events = ctx.neuron.kernel == "events"
        current = drive(x, weight, ctx.timesteps, events) if kept is None else kept
        grad = _compact(grads[0], current.dtype)
        grad = ctx.kernels.backward(grad, current, ctx.neuron, ctx.readout, overwrite=weight is not None)
        if kept is not None:
            increment_version(kept)  # so that a second backward pass is an error
        if weight is not None:
            return *product_backward(grad, x, weight, ctx.needs_input_grad[:2], events), None, None, None
        return grad, None, None, None, None


def _compact(grad: Tensor, dtype: torch.dtype) -> Tensor:
    # The gradient of a sum over time is the same row for every t.
    row = grad.unsqueeze(0) if grad.dim() == 1 else grad[:1] if grad.stride(0) == 0 else grad
    return row.to(dtype).contiguous()
