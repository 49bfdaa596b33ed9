"""Products of bf16 tensors on a processor without instructions for them: in fp32, and rounded.

There torch multiplies bf16 value by value, 30 to 400 times slower than fp32. A product of two bf16 numbers is exact in
fp32, and instructions for bf16 add in fp32 and round the sum, as is done here. So a result differs from theirs as that
of another processor does; records say so (`harness.machine.environment`).
"""

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor

PRODUCTS = ("mm", "addmm", "convolution", "convolution_backward")
_LIBRARIES: list[torch.library.Library] = []  # a replacement lasts as long as its library


@cache
def multiplied_in_fp32() -> bool:
    """Whether this processor lacks what torch needs for products in bf16: AVX-512, or bf16 of ARM."""
    return not torch.ops.mkldnn._is_mkldnn_bf16_supported()


@cache
def replace_products() -> None:
    """Replace torch's products of bf16 tensors in this process, where the processor needs it."""
    if not multiplied_in_fp32():
        return
    library = torch.library.Library("aten", "IMPL")
    _LIBRARIES.append(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that something is replaced
        for name in PRODUCTS:
            library.impl(name, _in_fp32(name), "CPU", with_keyset=True, allow_override=True)


def _in_fp32(name: str) -> Any:
    """What takes the place of an operator: in fp32 for bf16 tensors, and as it was for all others."""
    kernel = torch.library.get_kernel(f"aten::{name}", "CPU")

    def product(keys: Any, *given: Any, **named: Any) -> Any:
        if not any(_is_bf16(value) for value in given):
            return kernel.call_boxed(keys, *given, **named)
        made = kernel.call_boxed(keys, *(value.float() if _is_bf16(value) else value for value in given), **named)
        if isinstance(made, Tensor):
            return made.bfloat16()
        return tuple(one if one is None else one.bfloat16() for one in made)

    return product


def _is_bf16(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype == torch.bfloat16
