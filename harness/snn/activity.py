"""What spikes cost: the connections of a network's layers, and the events that they carry.

An event is an output of a neuron, or a value of the input, that is not zero. It causes an addition for each of its
connections (paper §4, eq. 13).
"""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import bits
from encoders.compiled import compiled
from harness.schema import LayerActivity
from harness.snn.layers import INPUT, Layer


class Activity:
    """Events of a network's neurons, and the additions that they cause.

    A pooled spike counts as one: it adds its share of a weight once to each neuron that it reaches.
    places: by the index of the neurons (`INPUT` too), the number of events at each position `[H, W]` of their map
    (float64, whole numbers).
    """

    def __init__(self, layers: Sequence[Layer], multiplies: bool) -> None:
        self.layers, self.multiplies = layers, multiplies
        self.places: dict[int, Tensor] = {}

    def note(self, index: int, fired: Tensor) -> None:
        """Count what is not zero in the outputs `[…, C, H, W]` or `[N, F]` of neurons."""
        self.add(index, count_events(fired) if fired.dim() > 2 else fired.count_nonzero().view(1, 1))

    def add(self, index: int, places: Tensor) -> None:
        """Add the events of neurons at each place `[H, W]`."""
        before = self.places.get(index)
        self.places[index] = places.double() + (0.0 if before is None else before.to(places.device))

    def per_image(self, images: int) -> list[LayerActivity]:
        """What was done for one image on average: a row for the neurons of each index, and one for the output."""
        places = {index: counted.cpu() for index, counted in self.places.items()}
        rows = []
        for into in range(self.layers[-1].into + 1):
            mine = [layer for layer in self.layers if layer.into == into]
            additions = sum(layer.accumulates(places[layer.source]) for layer in mine)
            additions += sum(float(places[one.skip].sum()) for one in mine if one.skip is not None)
            row = LayerActivity(
                name=mine[0].name,
                macs=sum(layer.macs for layer in mine),
                accumulates=additions / images,
                multiplies=self.multiplies and any(layer.source == INPUT for layer in mine),
                neurons=mine[0].neurons,
                spikes=float(places[into].sum()) / images if into in places else None,
            )
            rows.append(row)
        return rows


BLOCK = 1024  # in a block: their counts stay in the L1 cache


def count_events(maps: Tensor) -> Tensor:
    """Of maps `[…, C, H, W]`: how many values are not zero at each place `[H, W]`, int64."""
    if maps.device.type != "cpu":
        return maps.count_nonzero(tuple(range(maps.dim() - 2)))
    rows = maps.reshape(-1, maps.shape[-2] * maps.shape[-1])
    words, counts = bits(rows), torch.zeros(rows.shape[1], dtype=torch.int64)
    _count_rows(words, words.dtype.type(np.iinfo(words.dtype).max), counts.numpy())
    return counts.view(maps.shape[-2:])


@compiled
def _count_rows(words: NDArray[Any], magnitude: Any, counts: NDArray[np.int64]) -> None:
    rows, places = words.shape
    for block in numba.prange((places + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, places)
        block_counts = np.zeros(stop - start, np.uint32)
        for r in range(rows):
            row = words[r, start:stop]
            for i in range(stop - start):
                block_counts[i] += np.uint32(1) if row[i] & magnitude else np.uint32(0)  # -0.0 is zero, too
        for i in range(stop - start):
            counts[start + i] = block_counts[i]
