"""A layer and its neurons as one function: the fused kernel where there is one for the device, else the reference."""

import importlib.util
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.fused import Scan, fused, numba_each, numba_pooled, numba_summed, triton_each
from harness.snn.neuron import lif_reference
from harness.snn.product import as_maps, drive, flat

Kernel = Literal["auto", "numba", "triton", "reference"]


class Neuron(NamedTuple):
    """The neurons of one layer. `gain` `[M]` weighs each neuron's spikes (dropout, constant over time); None: 1."""

    threshold: float
    spec: NeuronSpec
    gain: Tensor | None = None
    kernel: Kernel = "auto"


class Readout(NamedTuple):
    """What is made of spikes `[T, M]`: by torch, and by a kernel for the CPU that never writes the spikes."""

    by_torch: Callable[[Tensor], Tensor]
    by_numba: Callable[[], Scan]


EACH = Readout(lambda spikes: spikes, numba_each)
SUMMED = Readout(lambda spikes: spikes.sum(0, dtype=torch.float32), numba_summed)


def pooled(maps: tuple[int, int, int, int]) -> Readout:
    """2×2 average pooling: `[T, N·⌊H/2⌋·⌊W/2⌋·C]`; `maps` = (N, H, W, C) is how the M neurons lie in memory."""
    images, height, width, _ = maps

    def by_torch(spikes: Tensor) -> Tensor:
        each = as_maps(spikes.view(len(spikes) * images, -1), height, width)
        return flat(F.avg_pool2d(each, 2)).reshape(len(spikes), -1)

    return Readout(by_torch, lambda: numba_pooled(maps))


def kernel_for(device: torch.device, kernel: Kernel = "auto") -> Kernel:
    """The kernel that runs on `device`: what `auto` stands for there."""
    if kernel != "auto":
        return kernel
    if device.type == "cpu":
        return "numba"
    has_triton = device.type == "cuda" and importlib.util.find_spec("triton") is not None
    return "triton" if has_triton else "reference"


def fire(x: Tensor, weight: Tensor | None, timesteps: int, neuron: Neuron, readout: Readout = EACH) -> Tensor:
    """Spikes `[T, M]` of a layer with inputs `x` `[T·N, …]` (fp32 or bf16), or what `readout` makes of them.

    weight: see `product.py`; None: `x` is the current `[T, M]` itself. Every neuron starts from rest and follows
    the equations of `neuron.py`.
    """
    kernel = kernel_for(x.device, neuron.kernel)
    if kernel == "reference":
        current = drive(x, weight, timesteps)
        return readout.by_torch(lif_reference(current, neuron.threshold, neuron.spec, neuron.gain))
    scan = readout.by_numba() if kernel == "numba" else triton_each()
    fired = fused(x, weight, timesteps, neuron.threshold, neuron.spec, neuron.gain, scan)
    return fired if kernel == "numba" else readout.by_torch(fired)
