"""The weighted layers, forward and backward as plain functions: `[O, I]` on features, `[O, I, 3, 3]` on maps.

No bias; convolutions keep the size of a map. Maps are channels last in memory, and so are flat features.
"""

from collections.abc import Callable
from types import ModuleType
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.snn.weight_gradient import faster_by_products, weight_gradient

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
    return F.linear(x, weight) if weight.dim() == 2 else F.conv2d(x, weight, padding=1)


def drive(x: Tensor, weight: Tensor | None, timesteps: int, events: bool = False) -> Tensor:
    """The current `[T, M]` of neurons: the product of `x` `[T·N, …]` and `weight`, `prepared`; without one, `x`.

    events: inputs of zero are skipped, where `event_products` can; autograd does not see through that.
    """
    if weight is None:
        return x
    skipping = _event_products(x, weight) if events else None
    return flat(skipping.product(x, weight) if skipping else product(x, weight)).view(timesteps, -1)


def product_backward(
    grad: Tensor, x: Tensor, weight: Tensor, needed: tuple[bool, bool], events: bool = False
) -> tuple[Tensor | None, Tensor | None]:
    """The gradients of `x` and `weight` where they are needed, given that of `drive`: the calls that autograd makes.

    But for small maps in bf16 on a processor with AMX (see `weight_gradient`), and for `events` as in `drive`.
    """
    grad = grad.view(len(x), -1)
    if weight.dim() == 2:
        return grad @ weight if needed[0] else None, grad.t() @ x if needed[1] else None
    maps = as_maps(grad, *x.shape[2:])
    own = _own_weight_gradient(maps, x, weight, events) if needed[1] else None
    grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
        maps, x, weight, None, ONE, ONE, ONE, False, NONE, 1, [needed[0], needed[1] and own is None, False]
    )
    return grad_x, own(maps, x) if own else grad_weight


def _own_weight_gradient(maps: Tensor, x: Tensor, weight: Tensor, events: bool) -> WeightGradient | None:
    """The way to a weight gradient that is faster than torch's, if there is one."""
    if events and (skipping := _event_products(x, weight)):
        return cast(WeightGradient, skipping.weight_gradient)
    return weight_gradient if faster_by_products(maps, x) else None


def _event_products(x: Tensor, weight: Tensor) -> ModuleType | None:
    """The module `event_products` where it takes these; it is imported only when it is used."""
    from harness.snn import event_products  # decides numbers on cpu only

    return event_products if event_products.suits(x, weight) else None
