"""The layers of a network, from the tokens of a `NetworkSpec`: their shapes, their order, what they cost.

A number is a 3×3 convolution with so many channels; "R16" a residual block (He et al. 2016) of two of them, "R32/2" one
that halves the map, whose shortcut is a 1×1 convolution where the size changes; "A" average pooling 2×2, "D" dropout,
"G" the mean over the map. One linear layer for each of `hidden`, and one for the classes.
"""

import math
import re
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.config import NetworkSpec
from harness.errors import HarnessError

Shape = tuple[int, int, int]
INPUT = -1  # the source of layers that see the input
BLOCK = re.compile(r"R([1-9]\d{0,5})(/2)?")


@dataclass(frozen=True)
class Layer:
    """A weighted layer. into: the index of the neurons that it drives; for the output, one more than the last.

    inputs, outputs: (channels, height, width). side: of its kernel, 0 if linear. source: the index of the neurons whose
    outputs it receives, averaged over `pooled` (rows, columns). skip: the index of neurons whose outputs are added to
    its own, if any.
    dropout, pool: whether dropout, and average pooling 2×2, follow its neurons (where these are LIF).
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
    dropout: bool = False
    pool: bool = False

    @property
    def name(self) -> str:
        """By what it computes and what it drives."""
        return f"{'conv' if self.side else 'linear'}{self.into + 1}"

    @property
    def neurons(self) -> int:
        """Neurons that it drives."""
        return math.prod(self.outputs)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """`[out, in, side, side]` or `[out, in]`."""
        return (self.outputs[0], self.inputs[0], *(self.side, self.side)[: 2 * bool(self.side)])

    @property
    def macs(self) -> int:
        """Multiply–accumulates of one image in the ANN (paper eq. 13)."""
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


def layers_of(spec: NetworkSpec, shape: Shape, classes: int, dropout: bool = False) -> tuple[Layer, ...]:
    """The layers of `spec`; of a residual block: both convolutions, then that of its shortcut, if it has one.

    dropout: whether "D" is known, and dropout follows each hidden linear layer. Raises HarnessError for an unknown
    token, and where the map is pooled away.
    """
    layers: list[Layer] = []
    normed, pooled, source, now = spec.norm == "batch", (1, 1), INPUT, shape

    def convolution(inputs: Shape, width: int, side: int, stride: int, of: int, into: int, skip: int | None) -> Shape:
        outputs = width, -(-inputs[1] // stride), -(-inputs[2] // stride)
        over = pooled if of == source else (1, 1)
        layers.append(Layer(inputs, outputs, side, stride, of, over, into, normed, skip))
        return outputs

    for token in spec.features:
        if isinstance(token, int):
            now = convolution(now, token, 3, 1, source, source + 1, None)
            pooled, source = (1, 1), source + 1
        elif block := BLOCK.fullmatch(token):
            width, stride = int(block[1]), 2 if block[2] else 1
            before = now
            now = convolution(before, width, 3, stride, source, source + 1, None)
            same = now == before and source != INPUT and pooled == (1, 1)
            convolution(now, width, 3, 1, source + 1, source + 2, source if same else None)
            if not same:
                convolution(before, width, 1, stride, source, source + 2, None)
            pooled, source = (1, 1), source + 2
        elif token in ("A", "G"):
            rows, columns = (2, 2) if token == "A" else now[1:]
            now, pooled = (now[0], now[1] // rows, now[2] // columns), (pooled[0] * rows, pooled[1] * columns)
            layers[-1:] = [replace(layer, pool=token == "A") for layer in layers[-1:]]
        elif token == "D" and dropout:
            layers[-1:] = [replace(layer, dropout=True) for layer in layers[-1:]]
        else:
            raise HarnessError(f"network {spec.name}: no layer '{token}'", "use numbers, R16, R32/2, A and G")
        if 0 in now:
            raise HarnessError(f"network {spec.name}: a {shape[1]}×{shape[2]} map is too small for its pooling")
    for width in (*spec.hidden, classes):
        inputs = (now[0] * now[1] * now[2], 1, 1)
        now = (width, 1, 1)
        layers.append(Layer(inputs, now, 0, 1, source, pooled, source + 1, dropout=dropout))
        pooled, source = (1, 1), source + 1
    return (*layers[:-1], replace(layers[-1], dropout=False))
