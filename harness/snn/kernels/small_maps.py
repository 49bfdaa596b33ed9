"""A 3×3 convolution on 2×2 maps as one matrix product, and its weight gradient on small maps as nine.

On 2×2 maps each place of the output sees all four of the input, so that nothing of the product is wasted, while oneDNN
computes nine products for each place. Two cores without AMX, 512 channels: half its time, a fifth for the weights.

oneDNN's own kernel for the weight gradient reaches a third of the rate of a large product on a processor with AMX where
maps have 7×7 places. Here both maps lie in memory with a column and a row of zeros between neighbours. A shift of the
map by a row or a column is then another starting point in memory, and nothing is copied for it.
"""

from itertools import product

import torch
from torch import Tensor

BLOCK = 128  # images of a product: they fit the cache
SMALL = 64  # places of a map, at most
FEWEST_CHANNELS = 128


PLACES = tuple(product((0, 1), repeat=2))


def fits_one_product(x: Tensor, weight: Tensor) -> bool:
    """Whether maps `x` `[B, I, H, W]` are 2×2, of so many channels that the product is worth laying out `weight`."""
    return x.shape[2:] == (2, 2) and x.device.type == "cpu" and min(weight.shape[:2]) >= FEWEST_CHANNELS


def one_matrix(weight: Tensor) -> Tensor:
    """`[4·O, 4·I]` of a weight `[O, I, 3, 3]`: what each place of a 2×2 map adds to each place, channels last."""
    seen = (weight[:, :, 1 - y : 3 - y, 1 - x : 3 - x] for y, x in PLACES)
    return torch.cat([part.permute(0, 2, 3, 1).reshape(len(weight), -1) for part in seen])


def one_weight(matrix: Tensor, outputs: int) -> Tensor:
    """The gradient `[O, I, 3, 3]` of a weight, given that of its `one_matrix`; added up in fp32."""
    total = torch.zeros(outputs, 3, 3, matrix.shape[1] // 4)
    for (y, x), part in zip(PLACES, matrix.split(outputs), strict=True):
        total[:, 1 - y : 3 - y, 1 - x : 3 - x] += part.view(outputs, 2, 2, -1)
    return total.permute(0, 3, 1, 2).to(matrix.dtype)


def faster_by_products(grad: Tensor, x: Tensor) -> bool:
    """Whether `weight_gradient` is the faster way for maps `[B, O, H, W]` and `[B, I, H, W]`, measured on AMX."""
    return (
        x.dtype == torch.bfloat16
        and x.device.type == "cpu"
        and x.shape[2] * x.shape[3] <= SMALL
        and min(x.shape[1], grad.shape[1]) >= FEWEST_CHANNELS
        and _has_amx()
    )


def _has_amx() -> bool:
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())


def weight_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """`[O, I, 3, 3]` in the precision of `x`, given the gradient `[B, O, H, W]` of the output and the input `x`.

    Blocks of images are added up in fp32.
    """
    outputs, inputs = grad.shape[1], x.shape[1]
    height, width = x.shape[2:]
    pitch = width + 1
    total = torch.zeros(9, outputs, inputs)
    for grads, maps in zip(torch.split(grad, BLOCK), torch.split(x, BLOCK), strict=True):
        places = len(maps) * (height + 1) * pitch
        spread = grads.new_zeros(len(maps), height + 1, pitch, outputs)
        spread[:, :height, :width] = grads.permute(0, 2, 3, 1)
        # Zeros before the first place and after the last one: a row and a column more.
        padded = maps.new_zeros(places + 2 * (pitch + 1), inputs)
        inner = padded[pitch + 1 : pitch + 1 + places].view(len(maps), height + 1, pitch, inputs)
        inner[:, :height, :width] = maps.permute(0, 2, 3, 1)
        transposed = spread.view(places, outputs).t()
        for shift in range(9):
            start = shift // 3 * pitch + shift % 3
            total[shift] += transposed @ padded[start : start + places]
    return total.to(x.dtype).view(3, 3, outputs, inputs).permute(2, 3, 0, 1)
