"""Events: convolutions against SciPy's correlation, and counts against NumPy's count_nonzero."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate
from torch import Tensor

from harness.snn.activity import count_events
from harness.snn.kernels.events import product, weight_gradient

# Events


def drawn(*shape: int, density: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Values in quarters, of which the part `density` is not zero, channels last: sums of them are exact in fp32."""
    draws = torch.Generator().manual_seed(sum(shape))
    values = (
        torch.randint(1, 5, shape, generator=draws) / 4 * torch.where(torch.rand(shape, generator=draws) < 0.3, -1, 1)
    )
    kept = torch.rand(shape, generator=draws) < density
    return (values * kept).to(dtype).contiguous(memory_format=torch.channels_last)


# Inputs [B, I, H, W], outputs, the part that is not zero, precision.
CASES = [
    ((3, 4, 5, 7), 6, 0.1, torch.float32),
    ((3, 4, 5, 7), 6, 1.0, torch.bfloat16),
    ((2, 20, 1, 3), 5, 1.0, torch.float32),
    ((1, 36, 6, 1), 8, 0.1, torch.bfloat16),
    ((5, 8, 2, 2), 3, 0.0, torch.float32),
    ((5, 8, 2, 2), 3, 0.5, torch.float32),
]


@pytest.mark.parametrize(("shape", "outputs", "density", "dtype"), CASES)
def test_product_and_weight_gradient_are_correlations_of_scipy(
    shape: tuple[int, int, int, int], outputs: int, density: float, dtype: torch.dtype
) -> None:
    maps, inputs, height, width = shape
    x, weight = drawn(*shape, density=density, dtype=dtype), drawn(outputs, inputs, 3, 3, dtype=dtype)
    around, kernels = np.pad(x.double().numpy(), ((0, 0), (0, 0), (1, 1), (1, 1))), weight.double().numpy()
    expected = [[correlate(image, kernel, mode="valid")[0] for kernel in kernels] for image in around]
    found = product(x, weight)
    assert found.dtype == dtype
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found, torch.tensor(np.array(expected)).to(dtype))
    grad = drawn(maps, outputs, height, width, dtype=dtype)
    found = weight_gradient(grad, x)
    assert found.dtype == dtype
    for o, i in np.ndindex(outputs, inputs):
        of_map = sum(correlate(around[b, i], grad[b, o].double().numpy(), mode="valid") for b in range(maps))
        assert torch.equal(found[o, i], torch.tensor(of_map).to(dtype))


def test_a_negative_zero_is_no_event() -> None:
    x = torch.full((1, 4, 2, 2), -0.0).contiguous(memory_format=torch.channels_last)
    weight = torch.full((3, 4, 3, 3), torch.inf).contiguous(memory_format=torch.channels_last)
    assert torch.equal(product(x, weight), torch.zeros(1, 3, 2, 2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3, 4, 2, 5, 7), (2, 3, 1, 40, 50)])
def test_every_value_but_zero_is_counted_at_its_place(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    train = torch.randint(-1, 2, shape, generator=torch.Generator().manual_seed(0)).to(dtype) * 0.25
    train[0, 0] = -0.0
    expected = np.count_nonzero(train.float().numpy(), axis=(0, 1, 2))
    assert np.array_equal(count_events(train).numpy(), expected)
    assert np.array_equal(count_events(train.transpose(3, 4)).numpy(), expected.T)
    last = train.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    assert np.array_equal(count_events(last).numpy(), expected)
