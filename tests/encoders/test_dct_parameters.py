"""The DCT encoder's parameters: what is refused, with which words, and what just fits."""

import pytest
import torch

from encoders import create
from encoders.base import EncoderError
from encoders.dct import Dct

NAN, INFINITY = float("nan"), float("inf")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(7)) * 2 - 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"block_size": 1}, "block_size must be a whole number from 2 to 32, not 1"),
        ({"stride": 5}, r"stride must be a whole number from 1 to 4, not 5 \(block_size is 4\)"),
        ({"block_size": 4.0}, "block_size must be a whole number"),
        ({"block_size": 10**6}, "block_size must be a whole number from 2 to 32"),
        ({"thresholds": (1, -1)}, r"thresholds must be .*θ⁻ < 0 < θ⁺, not \(1, -1\)"),
        ({"frequencies": 10**9}, "frequencies must be a whole number from 1 to 16, not 1000000000"),
        ({"frequencies": True}, "frequencies must be a whole number from 1 to 16, not True"),
        ({"thresholds": (1.0,)}, "thresholds must be"),
        ({"thresholds": (NAN, 1.0)}, "thresholds must be"),
        ({"thresholds": (-1.0, INFINITY)}, "thresholds must be"),
        ({"ranking": (0, 0, 1)}, "ranking must hold each frequency 0 to 15 once"),
        ({"reset": "zero"}, "reset must be 'subtract' or 'none', not 'zero'"),
        ({"frames": "yuv"}, "frames must be 'code' or 'rgb', not 'yuv'"),
        ({"frames": "rgb", "colour": "luma"}, "use frames 'code'"),
        ({"lower_percentile": NAN}, "percentiles"),
        ({"schedule": "weighted", "weights": (10**9,)}, "a weight must be a whole number from 1 to 10000"),
        ({"stride": 0}, "stride must be a whole number from 1"),
        ({"colour": "hsv"}, "'rgb', 'ycbcr', 'ycbcr-released', 'luma' or 'chroma', not 'hsv'"),
        ({"threshold_scope": "image"}, "'dataset' or 'batch', not 'image'"),
        ({"order": "random"}, "'zigzag' or 'energy', not 'random'"),
        ({"lower_percentile": 95.0}, r"^percentiles must satisfy 0 ≤ lower < upper ≤ 100"),
        ({"lower_percentile": 90.0, "upper_percentile": 90.0}, "percentiles"),
        ({"lower_percentile": -0.5}, "percentiles"),
        ({"upper_percentile": 100.5}, "percentiles"),
        ({"schedule": "cylic"}, "unknown schedule 'cylic'"),
        ({"frequencies": 17}, "1 to 16, not 17"),
        ({"schedule": "interleaved", "frequencies": 17}, "1 to 16, not 17"),
        ({"schedule": "interleaved", "frequencies": -1}, "1 to 16, not -1"),
        ({"schedule": "explicit", "indices": (16,)}, "index must be a whole number from 0 to 15, not 16"),
        ({"schedule": "explicit"}, "needs `indices`"),
        ({"blocks": 4}, "unexpected keyword argument 'blocks'"),
    ],
)
def test_wrong_parameters_are_refused_at_once(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        create("dct", **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"stride": 1},
        {"stride": 4},
        {"lower_percentile": 0.0},
        {"upper_percentile": 100.0},
        {"frequencies": 1, "schedule": "truncated"},
        {"frequencies": 1, "schedule": "interleaved"},
        {"frequencies": 16, "schedule": "truncated"},
    ],
)
def test_parameters_on_their_limit_encode(parameters: dict[str, object]) -> None:
    images = pictures(2, 1, 8, 8)
    train = create("dct", **parameters).calibrate(images, generator()).encode(images, 16, generator())
    assert set(train.unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_what_does_not_fit_is_refused_with_the_reason() -> None:
    fitted = Dct(thresholds=(-0.2, 0.2))
    with pytest.raises(EncoderError, match="do not fit a 10×8 image"):
        fitted.encode(pictures(1, 1, 10, 8), 16, generator())
    with pytest.raises(EncoderError, match="do not fit a 10×8 image"):
        fitted.frame(pictures(1, 1, 10, 8))
    with pytest.raises(EncoderError, match="needs 3 channels, the images have 1"):
        Dct(colour="ycbcr").frame(pictures(1, 1, 8, 8))
    with pytest.raises(EncoderError, match="multiple of 16"):
        Dct(schedule="interleaved", thresholds=(-0.2, 0.2)).encode(pictures(1, 1, 8, 8), 40, generator())


def test_an_unfitted_encoder_says_so() -> None:
    with pytest.raises(EncoderError, match=r"^the DCT encoder has no thresholds yet: call calibrate"):
        create("dct").encode(pictures(1, 1, 8, 8), 16, generator())
    with pytest.raises(EncoderError, match=r"^the DCT encoder has no energy ranking yet: call calibrate"):
        create("dct", order="energy").encode(pictures(1, 1, 8, 8), 16, generator())


def test_images_without_contrast_cannot_set_thresholds() -> None:
    with pytest.raises(EncoderError, match="too little contrast"):
        create("dct").calibrate(torch.zeros(2, 1, 8, 8), generator())
