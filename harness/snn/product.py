"""The weighted layers, forward and backward as plain functions: `[O, I]` on features, `[O, I, 3, 3]` on maps.

No bias; convolutions keep the size of a map. Maps are channels last in memory, and so are flat features.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

ONE, NONE = [1, 1], [0, 0]


def flat(x: Tensor) -> Tensor:
    """`[B, …]` as `[B, F]` in the order of memory (channels last), so that nothing is copied."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1) if x.dim() == 4 else x


def as_maps(features: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `flat`: `[B, height·width·C]` as maps `[B, C, height, width]`."""
    return features.view(len(features), height, width, -1).permute(0, 3, 1, 2)


def prepared(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """What `product` works on: `weight` in the precision of `x`, and both as they should lie in memory."""
    weight = weight.to(x.dtype)
    if weight.dim() == 2:
        return flat(x), weight
    return x.contiguous(memory_format=torch.channels_last), weight.contiguous(memory_format=torch.channels_last)


def product(x: Tensor, weight: Tensor) -> Tensor:
    """Weights applied to maps `[B, C, H, W]` or features `[B, F]`."""
    x, weight = prepared(x, weight)
    return F.linear(x, weight) if weight.dim() == 2 else F.conv2d(x, weight, padding=1)


def drive(x: Tensor, weight: Tensor | None, timesteps: int) -> Tensor:
    """The current `[T, M]` of neurons: their layer's product with its inputs `[T·N, …]`; without a weight, `x`."""
    return x.contiguous() if weight is None else flat(product(x, weight)).view(timesteps, -1)


def product_backward(
    grad: Tensor, x: Tensor, weight: Tensor, wanted: tuple[bool, bool]
) -> tuple[Tensor | None, Tensor | None]:
    """The gradients of `x` and of the weight (fp32), where they are `wanted`, given that of `drive`.

    They are the calls that autograd makes, of `x` and `weight` that are `prepared`.
    """
    grad = grad.view(len(x), -1)
    if weight.dim() == 2:
        return grad @ weight if wanted[0] else None, (grad.t() @ x).float() if wanted[1] else None
    maps = as_maps(grad, *x.shape[2:])
    grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
        maps, x, weight, None, ONE, ONE, ONE, False, NONE, 1, [*wanted, False]
    )
    return grad_x, grad_weight.float() if wanted[1] else None
