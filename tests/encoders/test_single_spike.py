"""Codes of one spike a pixel: spike times worked by hand, and the kernel against the reference."""

import math

import pytest
import torch

from encoders import create
from encoders.single_spike import Latency, Ttfs, decoded_at, spikes_within, spikes_within_reference


def test_a_spike_lies_where_the_value_is_within_the_bounds() -> None:
    values, least = torch.tensor([0.0, 1.0, 1.9, 2.0, 9.0]), torch.tensor([0.0, 1.0, 2.0])
    spikes = spikes_within(values, least, least + 1, torch.tensor([1.0, 0.5, 0.25]))
    assert spikes.tolist() == [[1, 0, 0, 0, 0], [0, 0.5, 0.5, 0, 0], [0, 0, 0, 0.25, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_kernel_and_reference_give_the_same_bits(dtype: torch.dtype) -> None:
    values = torch.rand((3, 2, 40, 30), generator=torch.Generator().manual_seed(1)) * 20
    least = torch.arange(18.0)
    given = (values, least, least + 1, torch.linspace(1, 0.1, 18).to(dtype))
    assert torch.equal(spikes_within(*given), spikes_within_reference(*given))
    assert spikes_within(*given).dtype == dtype


def test_the_first_spike_of_a_pixel_decides_and_silence_has_its_own_value() -> None:
    train = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert decoded_at(train, torch.tensor([0.8, 0.3]), silent=-1.0).tolist() == pytest.approx([-1, 0.3, 0.8])


# Time to first spike: T2FSNN's threshold, and every 8-bit value in one window.


def train(pixels: list[int], timesteps: int) -> torch.Tensor:
    images = (torch.tensor(pixels) / 127.5 - 1).view(1, 1, 1, -1)
    return create("ttfs").encode(images, timesteps, 0)[:, 0, 0, 0]


def test_pixels_worked_by_hand() -> None:
    # T = 3: θ = 1, 255^−½ = 0.0626, 1/255. Pixel 16 is 0.0627, pixel 15 is 0.0588.
    middle = 255**-0.5
    spikes = train([255, 254, 16, 15, 1, 0], 3)
    expected = [[1, 0, 0, 0, 0, 0], [0, middle, middle, 0, 0, 0], [0, 0, 0, 1 / 255, 1 / 255, 0]]
    torch.testing.assert_close(spikes, torch.tensor(expected), atol=1e-7, rtol=0)


@pytest.mark.parametrize("timesteps", [2, 16, 80])
def test_every_pixel_but_black_fires_once_at_its_time(timesteps: int) -> None:
    spikes = train(list(range(256)), timesteps)
    assert (spikes > 0).sum(dim=0).tolist() == [0] + [1] * 255
    tau = (timesteps - 1) / math.log(255)
    for pixel in range(1, 256):
        # First whole t at or after −τ·ln p; the rounding guards the exact hits at both ends.
        assert spikes[:, pixel].argmax() == math.ceil(round(-tau * math.log(pixel / 255), 9))


def test_a_fine_window_tells_every_value_from_the_next() -> None:
    # Neighbouring bright values differ by 1/255 in ln p, so τ must exceed 255 steps.
    times = train(list(range(1, 256)), 1500).argmax(dim=0).tolist()
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 255


# Linear latency.


def times(intensities: list[float], timesteps: int) -> list[int]:
    images = (torch.tensor(intensities) * 2 - 1).view(1, 1, 1, -1)
    spikes = create("latency").encode(images, timesteps, 0)[:, 0, 0, 0]
    assert torch.equal(spikes.sum(dim=0), torch.ones(len(intensities)))
    return spikes.argmax(dim=0).tolist()


@pytest.mark.parametrize(
    ("intensities", "timesteps", "expected"),
    [
        ([1.0, 0.75, 0.6, 0.5, 0.0], 5, [0, 1, 2, 2, 4]),  # 4·(1 − p) = 0, 1, 1.6, 2, 4
        ([0.875, 0.625, 0.375, 0.125], 5, [0, 2, 2, 4]),  # halves round to the even step
        ([1.0, 0.3, 0.0], 1, [0, 0, 0]),  # in a single step everything fires
    ],
)
def test_latencies_worked_by_hand(intensities: list[float], timesteps: int, expected: list[int]) -> None:
    assert times(intensities, timesteps) == expected


@pytest.mark.parametrize("timesteps", [2, 9, 40])
def test_latencies_decode_within_half_a_step(timesteps: int) -> None:
    p = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    decoded = Latency().decode(Latency().encode(2 * p - 1, timesteps, 0))
    assert (decoded - p).abs().max() <= 0.5 / (timesteps - 1) + 1e-6


def test_times_to_first_spike_decode_within_one_ratio_of_thresholds() -> None:
    p = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(2)).clamp(min=1.01 / 255)
    ratio = p / Ttfs().decode(Ttfs().encode(2 * p - 1, 80, 0))
    assert ratio.min() > 1 - 1e-4
    assert ratio.max() < 255 ** (1 / 79) * (1 + 1e-4)
