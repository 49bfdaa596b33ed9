"""Products of bf16 that torch computes slowly on some processors (docs/speed.md).

Without AVX-512, or without bf16 of ARM (most laptops), it multiplies value by value, in many times the time of fp32.
With AVX-512 but without AMX, the gradient of the weights of a convolution with few input channels can take many times
that of fp32.

So those products that a training consists of are done in fp32 and rounded: the product of two bf16 numbers is exact in
fp32, and instructions for bf16 add in fp32 and round the sum as well. A result differs from theirs as that of another
processor does, and records say so (`harness.machine.environment`).
"""

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor

REPLACED = ("mm", "addmm", "convolution", "convolution_backward")
FEW_CHANNELS = 16


@cache
def bf16_in_fp32() -> bool:
    """Whether this processor lacks what torch needs for products in bf16: AVX-512, or bf16 of ARM.

    False where torch cannot be asked, or is older than 2.9 and lets nothing be replaced: then they are torch's own.
    """
    return _replaceable() and not torch.ops.mkldnn._is_mkldnn_bf16_supported()


@cache
def few_channels_in_fp32() -> bool:
    """Whether only the gradients of convolutions with fewer than `FEW_CHANNELS` input channels are computed in fp32."""
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    avx512 = _replaceable() and torch.backends.cpu.get_cpu_capability() == "AVX512"
    return avx512 and not bf16_in_fp32() and not has_amx()


def _replaceable() -> bool:
    """Whether torch can be asked what it needs, and lets products be replaced: not before 2.9."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.library, "get_kernel")


@cache  # a replacement lasts as long as its library, which the cache keeps
def replace_products() -> torch.library.Library | None:
    """Replace torch's products in this process, where the processor needs it; None where it does not."""
    replaced = REPLACED if bf16_in_fp32() else REPLACED[-1:] if few_channels_in_fp32() else ()
    if not replaced:
        return None
    library = torch.library.Library("aten", "IMPL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that something is replaced
        for name in replaced:
            library.impl(name, _replacement(name), "CPU", with_keyset=True, allow_override=True)
    return library


def _replacement(name: str) -> Any:
    """What takes the place of an operator: in fp32 for bf16 tensors, and as it was for all others."""
    kernel = torch.library.get_kernel(f"aten::{name}", "CPU")

    def product(keys: Any, *given: Any, **named: Any) -> Any:
        if not bf16_in_fp32() and given[1].shape[1] >= FEW_CHANNELS:
            return kernel.call_boxed(keys, *given, **named)
        if name == "convolution_backward" and _overruns(*given[1:3]):
            given = tuple(value.contiguous() if isinstance(value, Tensor) else value for value in given)
        if {value.dtype for value in given if isinstance(value, Tensor)} != {torch.bfloat16}:
            return kernel.call_boxed(keys, *given, **named)
        wide = (value.float() if isinstance(value, Tensor) else value for value in given)
        made = kernel.call_boxed(keys, *wide, **named)
        if isinstance(made, Tensor):
            return made.bfloat16()
        return tuple(one if one is None else one.bfloat16() for one in made)

    return product


def _overruns(x: Tensor, weight: Tensor) -> bool:
    """Whether torch 2.13 would write outside its memory: 1×1, fewer than 8 channels, channels last, AVX2."""
    return x.shape[1] < 8 and weight.shape[2:] == (1, 1) and not x.is_contiguous()
