"""The fused kernels, and which of them run on a device. They are imported only when they are used."""

import importlib.util
from types import ModuleType
from typing import Protocol, cast

import torch
from torch import Tensor

from harness.snn.neuron import Kernel, Neuron
from harness.snn.readout import Readout


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
        from harness.snn import numba_kernels as module  # decides numbers on cpu only
    elif chosen == "triton":
        from harness.snn import triton_kernels as module  # decides numbers on cuda only
    return cast(Kernels | None, module)
