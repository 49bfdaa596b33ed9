"""Products on a processor without instructions for them, as every processor can compute them."""

import pytest
import torch

from tests.command import python

# In a process of its own, because the replacement lasts as long as the process.
SCRIPT = """
import numpy as np, torch
import torch.nn.functional as F
from harness.machine import products

def of(*shape, dtype=torch.bfloat16):
    values = torch.randn(*shape, generator=generator).bfloat16().to(dtype).contiguous()
    return (values.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else values).requires_grad_()

def rounded(values):
    return torch.from_numpy(np.asarray(values, np.float32)).bfloat16()

generator = torch.Generator().manual_seed(0)
a, b = of(32, 96, dtype=torch.float32), of(96, 64, dtype=torch.float32)
before = a @ b
products.bf16_in_fp32, products.few_channels_in_fp32 = (lambda: not few), (lambda: few)
products.replace_products.cache_clear()
products.replace_products()
if few:
    for channels in (3, 16):
        maps, kernel = of(4, channels, 8, 8), of(24, channels, 3, 3)
        wide = [value.detach().float().requires_grad_() for value in (maps, kernel)]
        grad = of(4, 24, 8, 8).detach()
        F.conv2d(maps, kernel, padding=1).backward(grad)
        F.conv2d(*wide, padding=1).backward(grad.float())
        assert not torch.equal(kernel.grad, torch.zeros_like(kernel))
        torch.testing.assert_close(kernel.grad, wide[1].grad.bfloat16(), rtol=0.02, atol=0.2)
        assert channels > 3 or torch.equal(kernel.grad, wide[1].grad.bfloat16())
    raise SystemExit
assert torch.equal(a @ b, before) and (a @ b).dtype == torch.float32  # of fp32 nothing changes
x, weight, bias = of(32, 96), of(64, 96), of(64)
out, exact = F.linear(x, weight, bias), [v.detach().float().numpy().astype(np.float64) for v in (x, weight, bias)]
torch.testing.assert_close(out, rounded(exact[0] @ exact[1].T + exact[2]), rtol=2**-7, atol=0.02)
assert out.dtype == torch.bfloat16
maps, kernel = of(4, 16, 8, 8), of(24, 16, 3, 3)
wide = [value.detach().float().requires_grad_() for value in (maps, kernel)]
made, expected = F.conv2d(maps, kernel, padding=1), F.conv2d(*wide, padding=1)
assert torch.equal(made, expected.bfloat16())
grad = of(*made.shape).detach()
made.backward(grad)
expected.backward(grad.float())
assert torch.equal(maps.grad, wide[0].grad.bfloat16()) and torch.equal(kernel.grad, wide[1].grad.bfloat16())
"""


@pytest.mark.skipif(not hasattr(torch.library, "get_kernel"), reason="torch before 2.9")
@pytest.mark.parametrize("few", [False, True])
def test_products_of_bf16_are_those_of_fp32_rounded_forward_and_backward(few: bool) -> None:
    python("-W", "error", "-c", f"few = {few}\n{SCRIPT}")
