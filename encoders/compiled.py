"""Kernels of the CPU: loops over `numba.prange`, compiled for one thread or for several, whichever is asked for.

Numba takes two to four times as long to compile a parallel loop as the same loop for one thread. Small networks train
in one thread and wait only for the quicker compilation.
"""

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar

import numba
import torch

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel, **options: Any) -> Kernel:
    """`function`, compiled on its first call with one thread of torch, and again on that with several.

    Both give the same bits if each pass of the loop writes to a place of its own. options: of `numba.njit`.
    """
    # A name of its own, because Numba's cache of compiled code goes by the name and not by the options.
    alone = FunctionType(function.__code__, function.__globals__, f"{function.__name__}_alone")
    alone.__qualname__, alone.__module__ = alone.__name__, function.__module__
    in_one = numba.njit(cache=True, **options)(alone)
    in_several = numba.njit(parallel=True, cache=True, **options)(function)

    @wraps(function)
    def kernel(*arguments: Any) -> Any:
        return (in_one if torch.get_num_threads() == 1 else in_several)(*arguments)

    return kernel  # type: ignore[return-value]
