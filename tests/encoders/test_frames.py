"""The frame is what the code conveys; the law that says so rejects a code of p whose ANN would be trained on x."""

import pytest
import torch
from torch import Generator, Tensor

from encoders import create
from encoders.base import EncoderError
from encoders.burst import Burst
from encoders.conformance import check
from encoders.dct import Dct
from encoders.latency import Latency
from encoders.laws import frames
from encoders.phase import Phase
from encoders.poisson import Poisson
from encoders.ttfs import Ttfs

PICTURES = torch.rand(4, 1, 8, 8, generator=Generator().manual_seed(2)) * 2 - 1


@pytest.mark.parametrize("name", ["poisson", "phase", "burst", "ttfs", "latency"])
def test_codes_of_the_intensity_have_it_as_frame(name: str) -> None:
    torch.testing.assert_close(create(name).frame(PICTURES), PICTURES / 2 + 0.5)


@pytest.mark.parametrize(("name", "parameters"), [("direct", {}), ("poisson", {"signed": True}), ("dct", {})])
def test_codes_of_the_pixel_have_it_as_frame(name: str, parameters: dict[str, object]) -> None:
    assert torch.equal(create(name, **parameters).frame(PICTURES), PICTURES)


@pytest.mark.parametrize("kind", [Phase, Burst, Ttfs, Latency, Poisson])
def test_a_code_of_p_whose_frame_is_x_breaks_the_law(kind: type) -> None:
    class OnPixels(kind):  # type: ignore[misc]
        def frame(self, images: Tensor) -> Tensor:
            return images

    [finding] = check(OnPixels(), only=(frames.frame_is_conveyed,))
    assert finding.passed is False


@pytest.mark.parametrize(
    "parameters",
    [
        {"schedule": "truncated", "frequencies": 8},
        {"schedule": "intermittent"},
        {"schedule": "weighted", "weights": (3, 2, 1)},
        {"reset": "none"},
        {"threshold_scope": "batch"},
    ],
)
def test_a_dct_code_that_leaves_something_out_declares_it(parameters: dict[str, object]) -> None:
    [finding] = check(create("dct", **parameters), only=(frames.frame_is_conveyed,))
    assert finding.detail == "declared not to determine the frame"


def test_without_thresholds_nothing_can_be_decoded() -> None:
    with pytest.raises(EncoderError, match="no thresholds yet"):
        Dct().decode(torch.zeros(16, 1, 1, 8, 8))


@pytest.mark.parametrize("timesteps", [2, 9, 40])
def test_latencies_decode_within_half_a_step(timesteps: int) -> None:
    encoder = Latency()
    decoded = encoder.decode(encoder.encode(PICTURES, timesteps, Generator()))
    assert (decoded - (PICTURES + 1) / 2).abs().max() <= 0.5 / (timesteps - 1) + 1e-6


def test_times_to_first_spike_decode_within_one_ratio_of_thresholds() -> None:
    encoder = Ttfs()
    decoded, p = encoder.decode(encoder.encode(PICTURES, 80, Generator())), (PICTURES + 1) / 2
    bright = p > 1 / 255
    ratio = (p / decoded)[bright]
    assert ratio.min() > 1 - 1e-4
    assert ratio.max() < 255 ** (1 / 79) * (1 + 1e-4)


def test_rates_decode_to_the_intensity_whatever_the_rate() -> None:
    encoder = Poisson(rate=0.5)
    decoded = encoder.decode(encoder.encode(torch.full((1, 1, 40, 40), 0.2), 100, Generator()))
    # 160 000 draws with probability 0.3: five standard errors of their mean, divided by the rate, are 0.0115.
    assert decoded.mean().item() == pytest.approx(0.6, abs=0.0115)
