"""Products on small maps are torch's convolution and autograd's gradients, also at edges of maps, images, blocks."""

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.nn.grad import conv2d_input

from harness.snn.kernels import small_maps as module
from harness.snn.kernels.layers import product, product_backward
from harness.snn.kernels.small_maps import BLOCK, faster_by_products, fits_one_product, weight_gradient


def maps(shape: tuple[int, ...], seed: int, most: int = 1) -> Tensor:
    """Small whole numbers, few of them not zero, so that every sum is exact in bf16 too; channels last."""
    draws = Generator().manual_seed(seed)
    values = torch.randint(-most, most + 1, shape, generator=draws)
    kept = torch.rand(shape, generator=draws) < 0.1
    return (values * kept).float().contiguous(memory_format=torch.channels_last)


def by_autograd(grad: Tensor, x: Tensor) -> Tensor:
    weight = torch.zeros(grad.shape[1], x.shape[1], 3, 3, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(F.conv2d(x.double(), weight, padding=1), weight, grad.double())
    return found


@pytest.mark.parametrize(
    ("images", "size", "dtype"),
    [(1, (1, 1), torch.float32), (5, (7, 7), torch.bfloat16), (BLOCK + 2, (3, 4), torch.bfloat16)],
)
def test_it_is_the_gradient(images: int, size: tuple[int, int], dtype: torch.dtype) -> None:
    x, grad = maps((images, 5, *size), 1), maps((images, 6, *size), 2, most=2)
    expected = by_autograd(grad, x)
    assert expected.abs().max() < 256
    found = weight_gradient(grad.to(dtype), x.to(dtype))
    assert found.dtype == dtype
    assert torch.equal(found.double(), expected)


@pytest.mark.parametrize("needs_input", [True, False])
def test_a_layer_s_backward_pass_takes_it(needs_input: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_has_amx", lambda: True)
    x, grad = maps((4, 128, 7, 7), 3).bfloat16(), maps((4, 128, 7, 7), 4).bfloat16()
    assert faster_by_products(grad, x)
    weight = torch.randn(128, 128, 3, 3, generator=Generator().manual_seed(5)).bfloat16()
    flat = grad.permute(0, 2, 3, 1).reshape(2, -1)
    of_input, of_weight = product_backward(flat, x, weight, (needs_input, True))
    assert of_weight is not None
    assert torch.equal(of_weight.double(), by_autograd(grad, x))
    if needs_input:
        expected = conv2d_input(x.shape, weight.double(), grad.double(), padding=1)
        assert of_input is not None
        torch.testing.assert_close(of_input.double(), expected, rtol=2**-7, atol=0.05)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_convolution_on_2x2_maps_and_its_gradients_are_torchs(dtype: torch.dtype) -> None:
    x, grad, weight = maps((5, 128, 2, 2), 6), maps((5, 130, 2, 2), 7), maps((130, 128, 3, 3), 8)
    leaves = x.double().requires_grad_(), weight.double().requires_grad_()
    expected = F.conv2d(*leaves, padding=1)
    assert expected.abs().max() < 256
    of_x, of_weight = torch.autograd.grad(expected, leaves, grad.double())
    cast = x.to(dtype), weight.to(dtype)
    assert fits_one_product(x, weight)
    assert not fits_one_product(x[:, :127], weight[:, :127])
    assert torch.equal(product(*cast).double(), expected)
    found = product_backward(grad.to(dtype).permute(0, 2, 3, 1).reshape(1, -1), *cast, (True, True))
    assert found[0] is not None
    assert found[1] is not None
    assert torch.equal(found[0].double(), of_x)
    assert torch.equal(found[1].double(), of_weight)
