"""The fused kernels of a GPU: prepares tensors for the scans of `triton_lif.py` and starts them."""

from typing import Any

import torch
import triton
from torch import Tensor

from harness.snn import triton_lif
from harness.snn.neuron import Neuron, is_late, reset_of, spike_sizes, surrogate_height
from harness.snn.readout import SUMMED, Readout, pooled_away

BLOCK = 256  # outputs of one program


def forward(current: Tensor, neuron: Neuron, readout: Readout, counts: Tensor | None = None) -> Tensor:
    """See `kernels.py`."""
    steps, neurons = current.shape
    gain = spike_sizes(neuron, current)
    fired = current.new_empty(0 if readout.kind == "summed" else steps, _outputs(neurons, readout))
    if readout.kind == "summed":
        counts = torch.zeros(neurons, device=current.device)
    _launch(triton_lif.forward, fired.shape[1])(
        current,
        gain,
        fired,
        fired if counts is None else counts,
        steps,
        neurons,
        fired.shape[1],
        *readout.maps[1:],
        neuron.threshold,
        reset_of(neuron),
        neuron.spec.leak,
        WRITE=readout.kind != "summed",
        COUNT=counts is not None,
        **_options(neuron, readout),
    )
    if readout.kind == "summed":
        assert counts is not None
        return counts
    if counts is not None and readout.kind == "pooled" and (readout.maps[1] % 2 or readout.maps[2] % 2):
        outside = pooled_away(readout.maps).to(current.device)
        counts[outside] = forward(current[:, outside].contiguous(), neuron._replace(gain=gain[outside]), SUMMED)
    return fired


def backward(grad: Tensor, current: Tensor, neuron: Neuron, readout: Readout, overwrite: bool = False) -> Tensor:
    """See `kernels.py`. A pooled map that is odd is never overwritten."""
    steps, neurons = current.shape
    outputs = _outputs(neurons, readout)
    out = current if overwrite else torch.empty_like(current)
    if readout.kind == "pooled" and 4 * outputs < neurons:  # no gradient reaches an odd last row or column
        out = torch.zeros_like(current)
    _launch(triton_lif.backward, outputs)(
        grad,
        current,
        spike_sizes(neuron, current),
        torch.empty(steps, neurons, dtype=torch.float32, device=current.device),
        out,
        steps,
        neurons,
        outputs,
        *readout.maps[1:],
        len(grad),
        neuron.threshold,
        reset_of(neuron),
        neuron.spec.leak,
        surrogate_height(neuron),
        **_options(neuron, readout),
    )
    return out


def _outputs(neurons: int, readout: Readout) -> int:
    images, height, width, channels = readout.maps
    return images * (height // 2) * (width // 2) * channels if readout.kind == "pooled" else neurons


def _options(neuron: Neuron, readout: Readout) -> dict[str, Any]:
    return {
        "ALGORITHM": neuron.spec.reading == "algorithm",
        "LATE": is_late(neuron.spec),
        "QUAD": 4 if readout.kind == "pooled" else 1,
        "BLOCK": BLOCK,
        "enable_fp_fusion": False,  # multiply-adds are not fused, so that results are the reference's
    }


def _launch(kernel: Any, outputs: int) -> Any:
    return kernel[(triton.cdiv(outputs, BLOCK),)]
