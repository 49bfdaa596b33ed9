"""The fused kernels of the CPU: prepares tensors for the scans of `numba_lif.py` and `numba_pool.py`."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.snn import numba_lif, numba_pool
from harness.snn.neuron import Neuron, is_late, reset_of, spike_sizes, surrogate_height
from harness.snn.readout import SUMMED, Readout, pooled_away


def forward(current: Tensor, neuron: Neuron, readout: Readout, counts: Tensor | None = None) -> Tensor:
    """See `kernels.py`."""
    gain, scalars = _array(spike_sizes(neuron, current)), _scalars(neuron)
    if readout.kind == "summed":
        counts = torch.zeros(current.shape[1])
        numba_lif.forward(_array(current), gain, *scalars, _array(current[:0]), _array(counts))
        return counts
    total = _array(current.new_empty(0, dtype=torch.float32) if counts is None else counts)
    if readout.kind == "each":
        spikes = torch.empty_like(current)
        numba_lif.forward(_array(current), gain, *scalars, _array(spikes), total)
        return spikes
    images, height, width, channels = readout.maps
    pooled = current.new_empty(len(current), images * (height // 2) * (width // 2) * channels)
    numba_pool.forward(_array(current), gain, readout.maps, *scalars, _array(pooled), total)
    if counts is not None and (height % 2 or width % 2):
        outside = pooled_away(readout.maps)
        own = neuron if neuron.gain is None else neuron._replace(gain=neuron.gain[outside])
        counts[outside] += forward(current[:, outside].contiguous(), own, SUMMED)
    return pooled


def backward(grad: Tensor, current: Tensor, neuron: Neuron, readout: Readout, overwrite: bool = False) -> Tensor:
    """See `kernels.py`. A pooled map that is odd is never overwritten."""
    out = current if overwrite else torch.empty_like(current)
    gain, height = _array(spike_sizes(neuron, current).float()), np.float32(surrogate_height(neuron))
    if readout.kind != "pooled":
        numba_lif.backward(_array(grad), _array(current), gain, *_scalars(neuron), height, _array(out))
        return out
    if readout.maps[1] % 2 or readout.maps[2] % 2:  # no gradient reaches an odd last row or column
        out = torch.zeros_like(current)
    numba_pool.backward(_array(grad), _array(current), gain, readout.maps, *_scalars(neuron), height, _array(out))
    return out


def _scalars(neuron: Neuron) -> tuple[np.float32, np.float32, np.float32, bool, bool]:
    """Threshold, what a spike subtracts, leak, whether the reading is Algorithm 1, whether spikes come a step late."""
    spec, reset = neuron.spec, np.float32(reset_of(neuron))
    return np.float32(neuron.threshold), reset, np.float32(spec.leak), spec.reading == "algorithm", is_late(spec)


def _array(tensor: Tensor) -> Any:
    """A NumPy view of a contiguous CPU tensor; bf16 appears as its uint16 bits."""
    return tensor.view(torch.int16).numpy().view(np.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()
