"""Phase: pixels whose bits are written out by hand."""

import pytest
import torch

from encoders import create
from encoders.phase import Phase, bits_as_spikes


def train(pixels: list[int], timesteps: int) -> torch.Tensor:
    images = (torch.tensor(pixels) / 127.5 - 1).view(1, 1, 1, -1)
    return create("phase").encode(images, timesteps, 0)[:, 0, 0, 0]


def test_a_pixel_worked_by_hand() -> None:
    # 178 = 10110010 in binary.
    expected = [1 / 2, 0, 1 / 8, 1 / 16, 0, 0, 1 / 128, 0]
    assert train([178], 8)[:, 0].tolist() == expected


def test_eight_steps_carry_every_pixel_value_exactly() -> None:
    assert (train(list(range(256)), 8).sum(dim=0) * 256).tolist() == list(range(256))


def test_the_train_repeats_after_eight_steps() -> None:
    spikes = train(list(range(256)), 20)
    assert torch.equal(spikes[8:], spikes[:-8])


def test_grey_padding_is_the_even_neighbour_of_127_and_a_half() -> None:
    spikes = create("phase").encode(torch.zeros(1, 1, 1, 1), 8, 0)
    assert spikes.flatten().tolist() == [0.5, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_kernel_and_reference_give_the_same_bits(dtype: torch.dtype) -> None:
    pixels = torch.arange(256, dtype=torch.uint8).repeat(20).view(1, 1, 64, 80)
    reference = bits_as_spikes(pixels, (0.5 ** torch.arange(1, 9)).to(dtype), 19)
    kernel = Phase().encode(pixels / 127.5 - 1, 19, 0, dtype=dtype)
    assert torch.equal(kernel, reference)


def test_decoded_it_is_the_pixel() -> None:
    decoded = Phase().decode(train(list(range(256)), 20)) * 255
    torch.testing.assert_close(decoded, torch.arange(256.0), atol=1e-4, rtol=0)
