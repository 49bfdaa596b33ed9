"""Spikes in as few bits as they need: one a spike, three an average of four spikes."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.snn.product import as_maps, flat

QUARTERS = (1, 2, 4)  # the bits of four times an average of four spikes: 0 … 4


class Packed(NamedTuple):
    """Packed spikes: for each of QUARTERS, the bits of all values, in the order of memory; None where all are 0.

    `shape`: of the spikes; `empty`: an empty tensor of their dtype and device.
    """

    planes: list[NDArray[np.uint8] | None]
    shape: torch.Size
    empty: Tensor

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(plane.nbytes for plane in self.planes if plane is not None)


def pack(spikes: Tensor) -> Packed:
    """Pack spikes `[B, C, H, W]` or `[B, F]`, each 0, ¼, ½, ¾ or 1."""
    quarters = flat(spikes).mul(4).to(torch.uint8).cpu().numpy()
    parts = [quarters & bit for bit in QUARTERS]
    return Packed([np.packbits(part) if part.any() else None for part in parts], spikes.shape, spikes.new_empty(0))


def unpack(packed: Packed) -> Tensor:
    """The spikes, channels last in memory."""
    quarters = np.zeros(packed.shape.numel(), np.uint8)
    for bit, plane in zip(QUARTERS, packed.planes, strict=True):
        if plane is not None:
            quarters += np.unpackbits(plane, count=len(quarters)) * np.uint8(bit)
    spikes = torch.from_numpy(quarters).to(packed.empty).div_(4).view(packed.shape[0], -1)
    return as_maps(spikes, *packed.shape[2:]) if len(packed.shape) == 4 else spikes
