"""What the next layer receives: every spike of a layer, their 2×2 average pooling, or their sum over time."""

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.snn.product import as_maps, flat

Maps = tuple[int, int, int, int]


class Readout(NamedTuple):
    """`each`: spikes `[T, M]`; `summed`: their sum over time, `[M]` in fp32; `pooled`: `[T, N·⌊H/2⌋·⌊W/2⌋·C]`.

    maps: (N, H, W, C), how the M neurons lie in memory; needed for pooling only.
    """

    kind: Literal["each", "summed", "pooled"]
    maps: Maps = (0, 0, 0, 0)


EACH, SUMMED = Readout("each"), Readout("summed")


def pooled(maps: Maps) -> Readout:
    """2×2 average pooling of `maps` (N, H, W, C)."""
    return Readout("pooled", maps)


def read(spikes: Tensor, readout: Readout) -> Tensor:
    """What `readout` makes of spikes `[T, M]`, by torch."""
    if readout.kind == "each":
        return spikes
    if readout.kind == "summed":
        return spikes.sum(0, dtype=torch.float32)
    images, height, width, _ = readout.maps
    maps = as_maps(spikes.view(len(spikes) * images, -1), height, width)
    return flat(F.avg_pool2d(maps, 2)).reshape(len(spikes), -1)


def pooled_away(maps: Maps) -> Tensor:
    """The indices of the neurons in an odd last row or column: 2×2 pooling leaves them out."""
    _, height, width, _ = maps
    outside = torch.zeros(maps, dtype=torch.bool)
    outside[:, height // 2 * 2 :] = True
    outside[:, :, width // 2 * 2 :] = True
    return outside.flatten().nonzero().squeeze(1)
