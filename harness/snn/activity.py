"""What spikes cost: the connections of a network's layers, and the events that they carry.

An event is an output of a neuron, or a value of the input, that is not zero. It causes an addition for each of its
connections (paper §4, eq. 13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import bits
from harness.schema import LayerActivity

Shape = tuple[int, int, int]
INPUT = -1  # the source of layers that see the input


@dataclass(frozen=True)
class Layer:
    """A weighted layer, and the neurons that it drives: number `into`, which is one more than the last for the output.

    inputs, outputs: (channels, height, width). side: of its kernel, 0 if linear. source: the neurons whose outputs it
    sees, mean over `pooled` (rows, columns) of them. skip: neurons whose outputs are added to its own, if any.
    """

    inputs: Shape
    outputs: Shape
    side: int
    stride: int
    source: int
    pooled: tuple[int, int]
    into: int
    normed: bool = False
    skip: int | None = None

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """`[out, in, side, side]` or `[out, in]`."""
        return (self.outputs[0], self.inputs[0], *(self.side, self.side)[: 2 * bool(self.side)])

    @property
    def macs(self) -> int:
        """Multiply–accumulates of one image in the ANN."""
        return self.inputs[0] * self.outputs[0] * self.outputs[1] * self.outputs[2] * max(1, self.side) ** 2

    def accumulates(self, places: Tensor) -> float:
        """Additions that events of its source cause, given how many there were at each place `[H, W]`."""
        pooled = F.avg_pool2d(places[None, None], self.pooled) * (self.pooled[0] * self.pooled[1])
        if not self.side:
            return float(pooled.sum()) * self.outputs[0]
        (_, height, width), (channels, *after) = self.inputs, self.outputs
        ones = torch.ones(1, 1, *after, dtype=torch.float64), torch.ones(1, 1, self.side, self.side).double()
        margin = self.side // 2
        beyond = [
            size - ((out - 1) * self.stride - 2 * margin + self.side)
            for size, out in zip((height, width), after, strict=True)
        ]
        reached = F.conv_transpose2d(*ones, stride=self.stride, padding=margin, output_padding=beyond)
        return float((pooled * reached).sum()) * channels


class Activity:
    """Events of a network's neurons, and the additions that they cause.

    A pooled spike counts as one: it adds its share of a weight once to each neuron that it reaches.
    places: by number of neurons (`INPUT` too), how many events there were at each place `[H, W]` of their map (float64,
    whole numbers).
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
        """What was done for one image on average: a row for each number of neurons, and one for the output."""
        places = {index: counted.cpu() for index, counted in self.places.items()}
        rows = []
        for into in range(self.layers[-1].into + 1):
            mine = [layer for layer in self.layers if layer.into == into]
            additions = sum(layer.accumulates(places[layer.source]) for layer in mine)
            additions += sum(float(places[one.skip].sum()) for one in mine if one.skip is not None)
            channels, height, width = mine[0].outputs
            row = LayerActivity(
                name=f"{'conv' if mine[0].side else 'linear'}{into + 1}",
                macs=sum(layer.macs for layer in mine),
                accumulates=additions / images,
                multiplies=self.multiplies and any(layer.source == INPUT for layer in mine),
                neurons=channels * height * width,
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


@numba.njit(parallel=True, cache=True)
def _count_rows(words: NDArray[Any], magnitude: Any, counts: NDArray[np.int64]) -> None:
    rows, places = words.shape
    for block in numba.prange((places + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, places)
        block_counts = np.zeros(stop - start, np.uint32)
        for r in range(rows):
            row = words[r, start:stop]
            for i in range(stop - start):
                block_counts[i] += np.uint32(1) if row[i] & magnitude else np.uint32(0)  # -0.0 is zero, too
        counts[start:stop] = block_counts
