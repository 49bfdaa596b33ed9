"""The codes but DCT: pixels worked by hand, each kernel against its reference, what decoding gives back, draws."""

import math
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from encoders import create
from encoders.burst import Burst, bursts_reference
from encoders.draws import LEVELS, bernoulli, bernoulli_reference, image_keys, splitmix64, uniform
from encoders.phase import Phase, bits_as_spikes
from encoders.poisson import Poisson
from encoders.single_spike import Latency, Ttfs, spikes_within, spikes_within_reference

PIXELS = torch.arange(256.0)
MIDDLE = 255**-0.5


def train(name: str, intensities: Tensor | list[float], timesteps: int, **parameters: Any) -> Tensor:
    """`[T, pixels]`: the train of one image whose pixels have these intensities."""
    images = (torch.as_tensor(intensities) * 2 - 1).view(1, 1, 1, -1)
    return create(name, **parameters).encode(images, timesteps, 0)[:, 0, 0, 0]


def drawn(*shape: int) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(2))


# A row for each pixel.
@pytest.mark.parametrize(
    ("name", "parameters", "intensities", "expected"),
    [
        # 178 = 10110010 in binary, and grey (127.5) is rounded to 128.
        ("phase", {}, [178 / 255, 0.5], [[1 / 2, 0, 1 / 8, 1 / 16, 0, 0, 1 / 128, 0], [1 / 2, 0, 0, 0, 0, 0, 0, 0]]),
        # v before firing, in eighths: 4 ≥1 → 3 | 7 ≥2 → 5 | 9 ≥4 → 5 | 9 ≥8 → 1 | 5 <16 | 9 ≥1 → 8 | 12 ≥2 → 10
        ("burst", {}, [0.5, 0], [[1 / 8, 2 / 8, 4 / 8, 1, 0, 1 / 8, 2 / 8], [0] * 7]),
        # v reaches 1/8 at every second step, and each burst ends after its first spike.
        ("burst", {}, [0.0625], [[0, 0.125, 0, 0.125, 0, 0.125]]),
        # v_th = ½, β = 3: v = 1 → ½ | 1½ → 0 | 1 < 4½ | 2 → 1½ | 2½ → 1
        ("burst", {"threshold": 0.5, "growth": 3.0}, [1.0], [[0.5, 1.5, 0, 0.5, 1.5]]),
        # v_th = 2: v reaches 2 at every second step and is spent; the doubled threshold is never met.
        ("burst", {"threshold": 2.0}, [1.0], [[0, 2, 0, 2, 0, 2]]),
        # T = 3: θ = 1, 255^−½ = 0.0626, 1/255. Pixel 16 is 0.0627, pixel 15 is 0.0588.
        ("ttfs", {}, [1, 254 / 255], [[1, 0, 0], [0, MIDDLE, 0]]),
        ("ttfs", {}, [16 / 255, 15 / 255], [[0, MIDDLE, 0], [0, 0, 1 / 255]]),
        ("ttfs", {}, [1 / 255, 0], [[0, 0, 1 / 255], [0, 0, 0]]),
        # 4·(1 − p) = 1, 1.6 and 4; halves (0.5, 1.5, 2.5, 3.5) go to the even step; one step takes all.
        ("latency", {}, [0.75, 0.6, 0.0], [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]),
        ("latency", {}, [0.875, 0.625], [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0]]),
        ("latency", {}, [0.375, 0.125], [[0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]),
        ("latency", {}, [1.0, 0.3, 0.0], [[1], [1], [1]]),
    ],
)
def test_pixels_worked_by_hand(
    name: str, parameters: dict[str, float], intensities: list[float], expected: list[list[float]]
) -> None:
    spikes = train(name, intensities, len(expected[0]), **parameters)
    torch.testing.assert_close(spikes.T, torch.tensor(expected, dtype=torch.float32), atol=1e-7, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kernel", ["phase", "burst", "burst, odd sizes", "one spike"])
def test_kernel_and_reference_give_the_same_bits(kernel: str, dtype: torch.dtype) -> None:
    x = drawn(3, 2, 40, 30) * 2 - 1
    if kernel == "phase":
        sizes = (0.5 ** torch.arange(1, 9)).to(dtype)
        found = Phase().encode(x, 19, 0, dtype=dtype)
        expected = bits_as_spikes(((x + 1) * 127.5).round().to(torch.uint8), sizes, 19)
    elif kernel == "one spike":
        least = torch.arange(18.0)
        given = ((x + 1) * 10, least, least + 1, torch.linspace(1, 0.1, 18).to(dtype))
        found, expected = spikes_within(*given), spikes_within_reference(*given)
    else:
        burst = Burst() if kernel == "burst" else Burst(0.3, 1.7)
        found = burst.encode(x, 20, 0, dtype=dtype)
        expected = bursts_reference((x + 1) / 2, 20, burst.threshold, burst.growth).to(dtype)
    assert found.dtype == dtype
    assert torch.equal(found, expected)


# Phase.


def test_eight_phases_carry_every_pixel_exactly_and_repeat() -> None:
    spikes = train("phase", PIXELS / 255, 20)
    assert torch.equal(spikes[:8].sum(dim=0) * 256, PIXELS)
    assert torch.equal(spikes[8:], spikes[:-8])
    torch.testing.assert_close(Phase().decode(spikes) * 255, PIXELS, atol=1e-4, rtol=0)


# Burst.


@pytest.mark.parametrize(("threshold", "growth", "reached"), [(0.125, 2.0, 4.0), (0.25, 1.5, None), (2.0, 2.0, 2.0)])
def test_no_spike_exceeds_the_declared_range(threshold: float, growth: float, reached: float | None) -> None:
    spikes = train("burst", torch.arange(201) / 200, 1000, threshold=threshold, growth=growth)
    least, greatest = Burst(threshold, growth).info.value_range
    assert least <= spikes.min()
    assert spikes.max() <= greatest * (1 + 1e-6)
    if reached is not None:
        assert spikes.max() == greatest == reached


# Poisson: rates in expectation, within binomial bounds.


@pytest.mark.parametrize(("signed", "rate"), [(False, 1.0), (True, 0.25)])
@pytest.mark.parametrize("pixel", [-1.0, -0.6, 1.0])
def test_spikes_average_to_the_intensity_times_the_rate(pixel: float, signed: bool, rate: float) -> None:
    encoder = Poisson(signed, rate)
    spikes = encoder.encode(torch.full((1, 1, 20, 20), pixel), 100, 0)
    expected = rate * (pixel if signed else (pixel + 1) / 2)
    spread = (abs(expected) * (1 - abs(expected)) / spikes.numel()) ** 0.5
    assert abs(spikes.mean().item() - expected) <= 5 * spread + 1e-7
    assert not (spikes * expected < 0).any()
    assert encoder.decode(spikes).mean().item() == pytest.approx(expected / rate, abs=5 * spread / rate + 1e-6)


# One spike a pixel.


@pytest.mark.parametrize("timesteps", [2, 80])
def test_every_pixel_but_black_fires_once_at_its_time(timesteps: int) -> None:
    spikes = train("ttfs", PIXELS / 255, timesteps)
    assert (spikes > 0).sum(dim=0).tolist() == [0] + [1] * 255
    tau = (timesteps - 1) / math.log(255)
    for pixel in range(1, 256):
        # First whole t at or after −τ·ln p; the rounding guards the exact hits at both ends.
        assert spikes[:, pixel].argmax() == math.ceil(round(-tau * math.log(pixel / 255), 9))


@pytest.mark.parametrize("timesteps", [9, 80])
def test_latencies_decode_within_half_a_step_and_first_spikes_within_one_ratio_of_thresholds(timesteps: int) -> None:
    p = drawn(4, 1, 8, 8)
    decoded = Latency().decode(Latency().encode(2 * p - 1, timesteps, 0))
    assert (decoded - p).abs().max() <= 0.5 / (timesteps - 1) + 1e-6
    p = p.clamp(min=1.01 / 255)
    ratio = p / Ttfs().decode(Ttfs().encode(2 * p - 1, timesteps, 0))
    assert ratio.min() > 1 - 1e-4
    assert ratio.max() < 255 ** (1 / (timesteps - 1)) * (1 + 1e-4)


# Draws: SplitMix64's published outputs, and the kernel against the reference


PUBLISHED = [
    6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
]  # fmt: skip


def test_splitmix64_gives_its_published_outputs() -> None:
    numbers = splitmix64(1234567, torch.arange(5)).tolist()
    assert [number % 2**64 for number in numbers] == PUBLISHED


def below(probability: Tensor, timesteps: int, key: int) -> Tensor:
    """Ones with the given probability `[pixels]`, of one image whose stream has this key."""
    keys = torch.tensor([key])
    return bernoulli(probability[None], torch.ones_like(probability)[None], timesteps, keys)[:, 0]


def test_each_number_decides_one_pixel_at_three_timesteps() -> None:
    for t, places in enumerate((43, 22, 1)):
        uniform = torch.tensor([(number >> places) % LEVELS / LEVELS for number in PUBLISHED])
        assert below(uniform + 1 / LEVELS, 3, 1234567)[t].tolist() == [1] * 5
        assert below(uniform, 3, 1234567)[t].tolist() == [0] * 5
    # Two pixels: numbers 0 and 1 decide timesteps 0 to 2, numbers 2 and 3 decide timesteps 3 to 5.
    uniform = torch.tensor([(number >> 43) / LEVELS for number in PUBLISHED[2:4]])
    assert below(uniform + 1 / LEVELS, 4, 1234567)[3].tolist() == [1, 1]
    assert below(uniform, 4, 1234567)[3].tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("timesteps", "pixels"), [(1, 2500), (9, 35)])
def test_draws_of_kernel_and_reference_are_the_same_bits(dtype: torch.dtype, timesteps: int, pixels: int) -> None:
    probability = torch.rand(3, 1, 1, pixels, generator=Generator().manual_seed(3))
    sizes = torch.randn(probability.shape, generator=Generator().manual_seed(4)).to(dtype)
    given = (probability, sizes, timesteps, torch.tensor([0, -(2**63), 2**62 + 12345]))
    assert torch.equal(bernoulli(*given), bernoulli_reference(*given))
    assert bernoulli(*given).dtype == dtype


def test_uniform_draws_are_the_bits_as_fractions_of_the_stream_of_the_images_key() -> None:
    assert image_keys(1234567, torch.tensor([4])).item() % 2**64 == PUBLISHED[4]
    number = int(splitmix64(PUBLISHED[4], torch.arange(1)).item()) % 2**64
    drawn = uniform(torch.zeros(2, 1, 1, 1), 3, 1234567, torch.tensor([0, 4]))[:, 1].flatten().tolist()
    assert drawn == [(number >> places) % LEVELS / LEVELS for places in (43, 22, 1)]


def test_numbers_of_neighbouring_timesteps_keys_images_and_pixels_do_not_correlate() -> None:
    half = torch.full((50000,), 0.5)
    one, two = below(half, 4, 10), below(half, 4, 11)
    images = bernoulli(half.expand(2, -1), torch.ones(2, 50000), 1, image_keys(8, torch.arange(2)))[0]
    pairs = [(one[0], one[t]) for t in (1, 2, 3)] + [(one[1], one[2]), (one[0], two[0]), (one[0, 1:], one[0, :-1])]
    for a, b in [*pairs, (images[0], images[1])]:
        assert torch.corrcoef(torch.stack([a, b]))[0, 1].abs() < 0.0225  # five standard deviations of 1/√50000
