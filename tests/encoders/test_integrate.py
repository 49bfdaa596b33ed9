"""The signed accumulators worked by hand, and the CPU kernel against the readable scan, bit for bit."""

import pytest
import torch

from encoders.blocks import basis
from encoders.integrate import Neuron, integrate_and_fire, integrate_and_fire_reference

ONE_PIXEL = torch.ones(2, 1)  # the basis images of a 1×1 block, were there two of them


def test_a_pixel_worked_by_hand() -> None:
    # Contributions 0.6 and −0.9; θ = −0.5, 0.5; schedule 0 0 1 1 0.
    coefficients = torch.tensor([0.6, -0.9]).view(1, 1, 1, 1, 2)
    # v: 0.6 ↑ 0.1 · 0.7 ↑ 0.2 · −0.7 ↓ −0.2 · −1.1 ↓ −0.6 · 0.0
    assert integrate_and_fire(coefficients, ONE_PIXEL, (0, 0, 1, 1, 0), Neuron(-0.5, 0.5)).flatten().tolist() == [
        1,
        1,
        -1,
        -1,
        0,
    ]


def test_without_reset_the_membrane_keeps_its_value() -> None:
    coefficients = torch.tensor([0.6, -0.9]).view(1, 1, 1, 1, 2)
    # v: 0.6 ↑ · 1.2 ↑ · 0.3 · −0.6 ↓ · 0.0
    neuron = Neuron(-0.5, 0.5, resets=False)
    assert integrate_and_fire(coefficients, ONE_PIXEL, (0, 0, 1, 1, 0), neuron).flatten().tolist() == [1, 1, 0, -1, 0]


def test_a_membrane_at_its_threshold_does_not_fire() -> None:
    coefficients = torch.tensor([0.5, -0.25]).view(1, 1, 1, 2, 1)
    assert integrate_and_fire(coefficients, ONE_PIXEL[:1], (0,), Neuron(-0.25, 0.5)).flatten().tolist() == [0, 0]


def test_a_contribution_is_the_coefficient_times_the_basis_image_at_its_place() -> None:
    # Two 2×2 blocks side by side in one row, frequency 1 alone; only what exceeds the threshold fires.
    images = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])  # [K, b·b]
    coefficients = torch.tensor([[9.0, 1.0], [9.0, -1.0]]).view(1, 1, 1, 2, 2)
    spikes = integrate_and_fire(coefficients, images, (1,), Neuron(-2.5, 2.5))
    assert spikes[0, 0, 0].tolist() == [[0, 0, 0, 0], [1, 1, -1, -1]]


@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 4), (3, 2, 4, 5, 16), (2, 3, 2, 2, 64), (0, 1, 2, 2, 4)])
def test_kernel_and_reference_give_the_same_bits(shape: tuple[int, ...], dtype: torch.dtype, resets: bool) -> None:
    coefficients = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    schedule = tuple(t * 3 % shape[4] for t in range(40))
    given = (coefficients, basis(round(shape[4] ** 0.5)), schedule, Neuron(-0.31, 0.77, resets), dtype)
    kernel, reference = integrate_and_fire(*given), integrate_and_fire_reference(*given)
    assert torch.equal(kernel, reference)
    assert kernel.dtype == dtype


def test_what_is_not_yet_sent_stays_in_the_membrane() -> None:
    coefficients = torch.randn(4, 1, 2, 2, 4, generator=torch.Generator().manual_seed(2)) * 0.2
    train = integrate_and_fire(coefficients, basis(2), (0, 1, 2, 3) * 10, Neuron(-0.5, 0.5))
    sent = 0.5 * train.sum(dim=0)
    drive = coefficients[..., None] * basis(2)
    fed = 10 * drive.sum(dim=4).view(4, 1, 2, 2, 2, 2).transpose(3, 4).reshape(4, 1, 4, 4)
    assert (fed - sent).abs().max() <= 0.5 + drive.abs().max()
