"""The layers of a network with weights as other programs take them: features in the order channel, row, column."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor

from harness.snn.network import Shape, Stage


class Layer(NamedTuple):
    """A stage, and what enters it. flattens: whether what enters are maps and the stage is linear.

    entering: (channels, height, width) of the maps, or (features, 1, 1). weight: float32 `[out, in, 3, 3]` or
    `[out, in]`, where `in` of a stage that flattens counts channels first, then rows, then columns.
    """

    stage: Stage
    entering: Shape
    flattens: bool
    weight: Tensor


def layers(stages: Sequence[Stage], weights: Sequence[Tensor], shape: Shape) -> Iterator[Layer]:
    """The layers from first to last. shape: of the frames or spikes that enter the network."""
    maps: Shape | None = shape
    for stage, weight in zip(stages, weights, strict=True):
        weight = weight.detach().float()
        if stage.convolution:
            assert maps is not None, "no convolution follows a linear layer"
            yield Layer(stage, maps, False, weight)
            channels, height, width = stage.outputs
            maps = (channels, height // 2, width // 2) if stage.pool else stage.outputs
        else:
            entering = maps or stage.inputs
            yield Layer(stage, entering, maps is not None, _channels_first(weight, entering))
            maps = None


def _channels_first(weight: Tensor, maps: Shape) -> Tensor:
    """Ours count rows, then columns, then channels."""
    channels, height, width = maps
    return weight.view(-1, height, width, channels).permute(0, 3, 1, 2).reshape(len(weight), -1)
