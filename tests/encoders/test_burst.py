"""Burst: pixels integrated by hand from the paper's equations, and the greatest spike by simulation."""

import pytest
import torch

from encoders import create
from encoders.base import EncoderError
from encoders.burst import Burst, bursts_reference


def train(intensities: list[float], timesteps: int, **parameters: float) -> torch.Tensor:
    images = (torch.tensor(intensities) * 2 - 1).view(1, 1, 1, -1)
    return create("burst", **parameters).encode(images, timesteps, 0)[:, 0, 0, 0]


@pytest.mark.parametrize("parameters", [{}, {"threshold": 0.3, "growth": 1.7}])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_kernel_and_reference_give_the_same_bits(parameters: dict[str, float], dtype: torch.dtype) -> None:
    images = torch.rand(3, 1, 30, 30, generator=torch.Generator().manual_seed(1)) * 2 - 1
    encoder = Burst(**parameters)
    reference = bursts_reference((images + 1) / 2, 20, encoder.threshold, encoder.growth).to(dtype)
    assert torch.equal(encoder.encode(images, 20, 0, dtype=dtype), reference)


@pytest.mark.parametrize(
    ("intensity", "parameters", "expected"),
    [
        # v before firing, in eighths: 4 ≥1 → 3 | 7 ≥2 → 5 | 9 ≥4 → 5 | 9 ≥8 → 1 | 5 <16 | 9 ≥1 → 8 | 12 ≥2 → 10
        (0.5, {}, [1 / 8, 2 / 8, 4 / 8, 1, 0, 1 / 8, 2 / 8]),
        # v reaches 1/8 at every second step, and each burst ends after its first spike.
        (0.0625, {}, [0, 0.125, 0, 0.125, 0, 0.125]),
        # v_th = ½, β = 3: v = 1 → ½ | 1½ → 0 | 1 < 4½ | 2 → 1½ | 2½ → 1
        (1.0, {"threshold": 0.5, "growth": 3.0}, [0.5, 1.5, 0, 0.5, 1.5]),
        # v_th = 2: v reaches 2 at every second step and is spent; the doubled threshold is never met.
        (1.0, {"threshold": 2.0}, [0, 2, 0, 2, 0, 2]),
        (0.0, {}, [0] * 50),
    ],
)
def test_pixels_worked_by_hand(intensity: float, parameters: dict[str, float], expected: list[float]) -> None:
    assert train([intensity], len(expected), **parameters)[:, 0].tolist() == expected


@pytest.mark.parametrize(
    ("threshold", "growth", "reached"),
    [(0.125, 2.0, 4.0), (0.5, 3.0, None), (0.25, 1.5, None), (1.0, 2.0, None), (2.0, 2.0, 2.0)],
)
def test_no_spike_exceeds_the_declared_range(threshold: float, growth: float, reached: float | None) -> None:
    spikes = train([i / 200 for i in range(201)], 1000, threshold=threshold, growth=growth)
    least, greatest = create("burst", threshold=threshold, growth=growth).info.value_range
    assert least <= spikes.min()
    assert spikes.max() <= greatest * (1 + 1e-6)
    if reached is not None:
        assert spikes.max() == greatest == reached


def test_long_trains_carry_the_intensity() -> None:
    intensities = [0.0, 0.1, 0.37, 0.5, 0.93, 1.0]
    mean = train(intensities, 2000).mean(dim=0)
    torch.testing.assert_close(mean, torch.tensor(intensities), atol=8 / 2000, rtol=0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"threshold": 0.0}, "threshold must be a number above 1e-06"),
        ({"threshold": 1e-320}, "threshold must be"),
        ({"threshold": float("nan")}, "threshold must be"),
        ({"growth": 1.0}, "growth must be a number above 1.001 and at most 1000, not 1.0"),
        ({"growth": float("inf")}, "growth must be"),
        ({"growth": float("nan")}, "growth must be"),
        ({"growth": "2"}, "growth must be"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        create("burst", **parameters)
