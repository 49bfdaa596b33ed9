"""The signed accumulators worked by hand, and the CPU kernel against the readable scan, bit for bit."""

import pytest
import torch

from encoders.integrate import fire, fire_reference


def test_a_pixel_worked_by_hand() -> None:
    # One 1×1 block with K = 2 contributions 0.6 and −0.9; θ = −0.5, 0.5; schedule 0 0 1 1 0.
    drive = torch.tensor([0.6, -0.9]).view(1, 1, 1, 1, 2, 1)
    # v: 0.6 ↑ 0.1 · 0.7 ↑ 0.2 · −0.7 ↓ −0.2 · −1.1 ↓ −0.6 · 0.0
    assert fire(drive, (0, 0, 1, 1, 0), -0.5, 0.5).flatten().tolist() == [1, 1, -1, -1, 0]


def test_a_membrane_at_its_threshold_does_not_fire() -> None:
    drive = torch.tensor([0.5, -0.25]).view(1, 1, 1, 2, 1, 1)
    assert fire(drive, (0,), -0.25, 0.5).flatten().tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 4, 4), (3, 2, 4, 5, 16, 16), (2, 3, 2, 2, 64, 64), (0, 1, 2, 2, 4, 4)])
def test_kernel_and_reference_give_the_same_bits(shape: tuple[int, ...]) -> None:
    drive = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    schedule = tuple(t * 3 % shape[4] for t in range(40))
    kernel, reference = fire(drive, schedule, -0.31, 0.77), fire_reference(drive, schedule, -0.31, 0.77)
    assert torch.equal(kernel, reference)
    assert kernel.dtype == torch.float32


def test_what_is_not_yet_sent_stays_in_the_membrane() -> None:
    drive = torch.randn(4, 1, 2, 2, 4, 4, generator=torch.Generator().manual_seed(2)) * 0.2
    train = fire(drive, (0, 1, 2, 3) * 10, -0.5, 0.5)
    sent = 0.5 * train.sum(dim=0)
    fed = 10 * drive.sum(dim=4).view(4, 1, 2, 2, 2, 2).transpose(3, 4).reshape(4, 1, 4, 4)
    assert (fed - sent).abs().max() <= 0.5 + drive.abs().max()
