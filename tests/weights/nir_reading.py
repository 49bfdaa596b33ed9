"""A NIR graph run in numpy, by what NIR says its nodes mean: a second opinion that shares no code with the export.

LIF: τ·dv/dt = v_leak − v + r·I by forward Euler; z = 1 where v > v_threshold; then the reset. NIR's own sets v to
v_reset. Ours, that of eq. 2, takes the threshold off after the leak: it is the one thing that NIR cannot say.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

DT = 1e-4
Floats = NDArray[np.float64]
Reset = Literal["nir", "subtract"]


class Run(NamedTuple):
    """spikes: by node, `[T, N, …]`; outputs: `[T, N, classes]`, the currents that leave the graph."""

    spikes: dict[str, Floats]
    outputs: Floats


def run(graph: Any, train: Floats, reset: Reset = "nir") -> Run:
    """Run a chain of nodes on a spike train `[T, N, C, H, W]`."""
    following = dict(graph.edges)
    name, x, spikes = following["input"], train, {}
    while name != "output":
        node = graph.nodes[name]
        x = NODES[type(node).__name__](node, x, reset)
        if type(node).__name__ == "LIF":
            spikes[name] = x
        name = following[name]
    return Run(spikes, x)


def _lif(node: Any, current: Floats, reset: Reset) -> Floats:
    step, leaking = DT / node.tau.astype(float), np.zeros(current.shape[1:])
    v, fired = leaking, []
    for now in current:
        v = v + step * (node.v_leak - v + node.r.astype(float) * now)
        z = (v > node.v_threshold).astype(float)
        # c = λ·v − θ·z of eq. 2 is λ·(v − θ·z/λ), and λ = 1 − step.
        v = np.where(z == 1, node.v_reset, v) if reset == "nir" else v - z * node.v_threshold / (1 - step)
        fired.append(z)
    return np.stack(fired)


def _conv(node: Any, x: Floats, _reset: Reset) -> Floats:
    flat = x.reshape(-1, *x.shape[2:])
    (top, left), weight = np.ravel(node.padding), node.weight.astype(float)
    padded = np.pad(flat, ((0, 0), (0, 0), (top, top), (left, left)))
    maps = [[sum(correlate(c, k, "valid") for c, k in zip(one, out, strict=True)) for out in weight] for one in padded]
    summed: Floats = np.array(maps) + node.bias[:, None, None]
    return summed.reshape(*x.shape[:2], *summed.shape[1:])


def _pool(node: Any, x: Floats, _reset: Reset) -> Floats:
    assert [*node.kernel_size, *node.stride, *node.padding] == [2, 2, 2, 2, 0, 0]
    high, wide = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2
    parts = [x[..., row:high:2, column:wide:2] for row in (0, 1) for column in (0, 1)]
    summed: Floats = np.sum(parts, axis=0)
    return summed


def _flatten(node: Any, x: Floats, _reset: Reset) -> Floats:
    assert (int(node.start_dim), int(node.end_dim)) == (0, -1)
    return x.reshape(*x.shape[:2], -1)


def _delay(node: Any, x: Floats, _reset: Reset) -> Floats:
    steps = int(np.rint(np.unique(node.delay)[0] / DT))
    return np.concatenate([np.zeros_like(x[:steps]), x[: len(x) - steps]])


def _linear(node: Any, x: Floats, _reset: Reset) -> Floats:
    product: Floats = x @ node.weight.astype(float).T
    return product


NODES = {
    "LIF": _lif,
    "Conv2d": _conv,
    "SumPool2d": _pool,
    "Flatten": _flatten,
    "Delay": _delay,
    "Linear": _linear,
}
