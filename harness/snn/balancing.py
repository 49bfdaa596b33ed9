"""Threshold balancing (paper §1.3): each layer's threshold is a high percentile of its pre-activations.

Layer by layer from first to last, over all timesteps, each layer seeing the spikes that the thresholds found
so far let through. Streaming: memory does not grow with images × timesteps.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from harness.config import NeuronSpec
from harness.errors import CellFailure
from harness.snn.fire import Kernel
from harness.snn.network import Network, Neurons
from harness.snn.quantile import StreamingQuantile


@torch.no_grad()
def balance(
    network: Network,
    trains: Callable[[], Iterable[Tensor]],
    percentile: float,
    neuron: NeuronSpec,
    kernel: Kernel = "auto",
) -> list[float]:
    """A threshold for every layer but the last.

    `trains()` starts a pass over spike trains `[T, N, C, H, W]`, the same ones each time; `percentile` is
    in (0, 100). Raises CellFailure naming the layer whose pre-activations are not positive there.
    """
    thresholds: list[float] = []
    for depth, stage in enumerate(network.stages[:-1]):
        seen = StreamingQuantile()
        for train in trains():
            inputs = network.inputs_of(depth, train, Neurons(thresholds, neuron, kernel=kernel))
            current = network.current(depth, inputs)
            if not torch.isfinite(current).all():
                raise CellFailure(f"{stage.name}: its input is not finite: NaN or infinity in spike train or weights")
            seen.update(current)
        threshold = seen.quantile(percentile / 100)
        # Zero lies in a bin of subnormal numbers, so "positive" starts at the smallest normal one.
        if not threshold > torch.finfo(torch.float32).tiny:
            raise CellFailure(f"{stage.name}: no threshold: percentile {percentile} of its input is {threshold:.3g}")
        thresholds.append(threshold)
    return thresholds
