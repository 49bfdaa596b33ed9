"""A spiking network as a graph of NIR (Pedersen et al., Nature Communications 15, 2024), without its encoder.

NIR states neurons in continuous time: τ·dv/dt = v_leak − v + r·I. A forward Euler step of dt = 10⁻⁴ s with
τ = dt/(1 − λ), r = τ/dt and v_leak = 0 is v ← λ·v + I, as here. NIR's reset sets v to v_reset; it cannot subtract the
threshold. Average pooling is a sum, and its quarter is in the weights that follow. Where spikes arrive a timestep
late, a Delay of dt states it. The graph's output is the current of the last layer: the class is where its sum over
time is largest.
"""

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.runs.exports.layers import Layer, layers
from harness.snn.network import Shape, Spiking
from harness.snn.neuron import is_late

DT = 1e-4  # seconds a timestep: what importers assume
INSTALL = "pip install 'dct-snn-harness[nir]'"
RESETS = {
    "equation": "subtracts the threshold from the membrane",
    "released-code": "subtracts the threshold from the membrane",
    "algorithm": "subtracts the threshold from the membrane and does not leak",
}


def to_nir(spiking: Spiking, shape: Shape, about: str) -> Any:
    """The network as a `nir.NIRGraph`. shape: (channels, height, width) of its input; about: kept as metadata.

    Raises HarnessError where nir is absent or cannot state the network.
    """
    try:
        import nir
    except ImportError as error:
        raise HarnessError(f"--to nir needs nir ({error})", INSTALL) from None
    if not 0 <= spiking.neuron.leak < 1:
        raise HarnessError(f"NIR cannot state a leak of {spiking.neuron.leak}: its LIF has a time constant")
    nodes = {"input": nir.Input(np.array(shape)), **dict(_nodes(spiking, shape))}
    width = spiking.network.stages[-1].outputs[0]
    nodes["output"] = nir.Output(np.array([width]))
    names = list(nodes)
    return nir.NIRGraph(nodes, list(pairwise(names)), {"harness": about})


def content_of(graph: Any) -> bytes:
    """The content of a .nir file (HDF5), a function of the graph and the version of nir."""
    import nir

    file = io.BytesIO()
    nir.write(file, graph)
    return file.getvalue()


def lost(spiking: Spiking) -> str:
    """What of the network NIR cannot state, in one line."""
    said = RESETS[spiking.neuron.reading]
    return f"lost: at a spike this network {said}; NIR's LIF sets the membrane to v_reset = 0"


def _nodes(spiking: Spiking, shape: Shape) -> Iterator[tuple[str, Any]]:
    import nir

    network, late = spiking.network, is_late(spiking.neuron)
    size = 1.0
    for index, layer in enumerate(layers(network.stages, list(network.weights), shape)):
        name = layer.stage.name
        if layer.flattens:
            yield f"{name}_flatten", nir.Flatten(np.array(layer.entering), start_dim=0, end_dim=-1)
        yield name, _weights(layer, size)
        size = 1.0
        if index == len(network.stages) - 1:
            return
        where = layer.stage.outputs if layer.stage.convolution else layer.stage.outputs[:1]
        yield f"{name}_lif", _neurons(spiking, spiking.thresholds[index], where)
        if late:
            yield f"{name}_delay", nir.Delay(_filled(where, DT))
        if layer.stage.pool:
            two, none = np.array([2, 2]), np.array([0, 0])
            yield f"{name}_pool", nir.SumPool2d(kernel_size=two, stride=two, padding=none)
            size = 0.25


def _weights(layer: Layer, size: float) -> Any:
    import nir

    weight = (layer.weight * size).numpy()
    if not layer.stage.convolution:
        return nir.Linear(weight)
    none = np.zeros(len(weight), np.float32)
    return nir.Conv2d(layer.entering[1:], weight, stride=1, padding=1, dilation=1, groups=1, bias=none)


def _neurons(spiking: Spiking, threshold: float, where: tuple[int, ...]) -> Any:
    import nir

    tau = DT / (1 - spiking.neuron.leak)
    rest = _filled(where, 0.0)
    return nir.LIF(
        tau=_filled(where, tau), r=_filled(where, tau / DT), v_leak=rest, v_threshold=_filled(where, threshold),
        v_reset=rest,
    )  # fmt: skip


def _filled(where: tuple[int, ...], value: float) -> NDArray[np.float32]:
    return np.full(where, value, np.float32)
