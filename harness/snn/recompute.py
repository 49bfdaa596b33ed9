"""Time for memory: a tensor that the backward pass computes again instead of keeping."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


def computed_again(tensor: Tensor, make: Callable[[], Tensor]) -> AbstractContextManager[None]:
    """Within it, what autograd saves of `tensor` is how to `make` it, which must give the same values later."""
    place, shape = tensor.data_ptr(), tensor.shape  # and not the tensor, which would then be kept after all

    def pack(saved: Tensor) -> Tensor | Callable[[], Tensor]:
        return make if saved.data_ptr() == place and saved.shape == shape else saved

    def unpack(kept: Tensor | Callable[[], Tensor]) -> Tensor:
        if isinstance(kept, Tensor):
            return kept
        with torch.no_grad():
            return kept()

    return saved_tensors_hooks(pack, unpack)
