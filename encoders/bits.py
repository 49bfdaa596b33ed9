"""Values as the whole numbers of their bit patterns: Numba has no bfloat16, and need only copy patterns."""

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

_WHOLE = {2: torch.int16, 4: torch.int32, 8: torch.int64}


def bits(values: Tensor) -> NDArray[Any]:
    """The memory of a contiguous CPU tensor of floats, seen as integers of the same size. Zero is 0."""
    return values.view(_WHOLE[values.element_size()]).numpy()
