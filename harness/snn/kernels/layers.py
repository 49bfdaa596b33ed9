"""The weighted layers as plain functions, forward and backward, and what the next layer receives of a layer's spikes.

Weights are `[O, I]` on features and `[O, I, 3, 3]` on maps. No bias; convolutions keep the size of a map. Maps are
channels last in memory, and so are flat features.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Literal, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.snn.kernels.small_maps import (
    faster_by_products,
    fits_one_product,
    one_matrix,
    one_weight,
    weight_gradient,
)

ONE, NONE = [1, 1], [0, 0]
WeightGradient = Callable[[Tensor, Tensor], Tensor]


def flat(x: Tensor) -> Tensor:
    """Maps `[B, C, H, W]` as features `[B, F]`, in channels-last order; nothing is copied if they lie so in memory."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1) if x.dim() == 4 else x


def as_maps(features: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `flat`: `[B, height·width·C]` as maps `[B, C, height, width]`."""
    return features.view(len(features), height, width, -1).permute(0, 3, 1, 2)


def prepared(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """What `product` takes: `weight` in the precision of `x`, and both as they should lie in memory."""
    x = flat(x) if weight.dim() == 2 else x.contiguous(memory_format=torch.channels_last)
    return x, prepared_weight(weight, x.dtype)


def prepared_weight(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """A weight in `dtype`, as it should lie in memory; itself where it is so already."""
    layout = torch.channels_last if weight.dim() == 4 else torch.contiguous_format
    return weight.to(dtype).contiguous(memory_format=layout)


def product(x: Tensor, weight: Tensor) -> Tensor:
    """Weights applied to maps `[B, C, H, W]` or features `[B, F]`, both `prepared`."""
    if weight.dim() == 2:
        return F.linear(x, weight)
    if fits_one_product(x, weight):
        return as_maps(F.linear(flat(x), one_matrix(weight)), 2, 2)
    return F.conv2d(x, weight, padding=1)


def drive(x: Tensor, weight: Tensor | None, timesteps: int, events: bool = False) -> Tensor:
    """The current `[T, M]` of neurons: the product of `x` `[T·N, …]` and `weight`, `prepared`; without one, `x`.

    events: inputs of zero are skipped, where `events` can; autograd does not see through that.
    """
    if weight is None:
        return x
    skipping = _event_products(x, weight) if events else None
    return flat(skipping.product(x, weight) if skipping else product(x, weight)).view(timesteps, -1)


def product_backward(
    grad: Tensor, x: Tensor, weight: Tensor, needed: tuple[bool, bool], events: bool = False
) -> tuple[Tensor | None, Tensor | None]:
    """The gradients of `x` and `weight` where they are needed, given that of `drive`: the calls that autograd makes.

    But for small maps (see `small_maps`), and for `events` as in `drive`.
    """
    grad = grad.view(len(x), -1)
    if weight.dim() == 2:
        return grad @ weight if needed[0] else None, grad.t() @ x if needed[1] else None
    if fits_one_product(x, weight) and not events:
        grad_x = as_maps(grad @ one_matrix(weight), 2, 2) if needed[0] else None
        return grad_x, one_weight(grad.t() @ flat(x), len(weight)) if needed[1] else None
    maps = as_maps(grad, *x.shape[2:])
    faster = _faster_weight_gradient(maps, x, weight, events) if needed[1] else None
    grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
        maps, x, weight, None, ONE, ONE, ONE, False, NONE, 1, [needed[0], needed[1] and faster is None, False]
    )
    return grad_x, faster(maps, x) if faster else grad_weight


def _faster_weight_gradient(maps: Tensor, x: Tensor, weight: Tensor, events: bool) -> WeightGradient | None:
    """The way to a weight gradient that is faster than torch's, if there is one."""
    if events and (skipping := _event_products(x, weight)):
        return cast(WeightGradient, skipping.weight_gradient)
    return weight_gradient if faster_by_products(maps, x) else None


def _event_products(x: Tensor, weight: Tensor) -> ModuleType | None:
    """The module `events` where it takes these; it is imported only when it is used."""
    from harness.snn.kernels import events  # decides numbers on cpu only

    return events if events.suits(x, weight) else None


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
