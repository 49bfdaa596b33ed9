"""Reading back: DCT against SciPy's transform and the membranes, any code against codes whose answer is known."""

import numpy as np
import pytest
import torch
from scipy.fft import dctn, idctn

from encoders import create
from encoders.blocks import zigzag
from encoders.dct import Dct
from harness.inspect.reading import frequencies_fed, linear_reading, spikes_times_threshold

GENERATOR = torch.Generator()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_after_all_frequencies_the_image_is_back_and_stays(images: torch.Tensor) -> None:
    fed = frequencies_fed(Dct(), images, 20)
    for t in (15, 16, 19):
        torch.testing.assert_close(fed[t], images, atol=1e-5, rtol=0)


def test_after_t_steps_it_is_scipys_inverse_of_the_first_t_frequencies(images: torch.Tensor) -> None:
    block = images[0, 0, :4, 4:].numpy().astype(np.float64)
    spectrum = dctn(block, norm="ortho")
    kept = np.zeros_like(spectrum)
    for place in zigzag(4)[:5]:
        kept[place] = spectrum[place]
    fed = frequencies_fed(Dct(), images, 5)[4, 0, 0, :4, 4:]
    np.testing.assert_allclose(fed.numpy(), idctn(kept, norm="ortho"), atol=1e-5)


def test_what_left_the_neurons_is_what_was_fed_less_what_waits() -> None:
    # Contributions of ±0.3 under thresholds of ±1: v = 0.3, 0.6, 0.9, 1.2 fires and keeps 0.2.
    ones = torch.full((1, 1, 4, 4), 0.3)
    encoder = Dct(schedule="explicit", indices=(0,), thresholds=(-1.0, 1.0))
    train = encoder.encode(ones, 4, GENERATOR)
    assert train.flatten(1)[:, 0].tolist() == [0, 0, 0, 1]
    # One spike worth θ = 1 out of four times 0.3, divided by the four times.
    assert spikes_times_threshold(encoder, train)[3].flatten()[0] == pytest.approx(0.25)


def test_negative_spikes_count_the_negative_threshold() -> None:
    encoder = Dct(schedule="explicit", indices=(0,), thresholds=(-0.5, 2.0))
    dark = torch.full((1, 1, 4, 4), -0.6)
    train = encoder.encode(dark, 1, GENERATOR)
    assert spikes_times_threshold(encoder, train).unique().tolist() == [-0.5]


@pytest.mark.parametrize(("name", "at", "error"), [("direct", 1, 1e-5), ("phase", 8, 1e-5), ("latency", 9, 0.16)])
def test_codes_that_hold_the_image_give_it_back(images: torch.Tensor, name: str, at: int, error: float) -> None:
    eight_bit = ((images + 1) * 127.5).round() / 127.5 - 1
    train = create(name).encode(eight_bit, 9, GENERATOR)
    read = linear_reading(train[:, :4], eight_bit[:4], train[:, 4:])
    assert (read[at - 1] - eight_bit[4:]).abs().max() < error


def test_before_the_first_spike_the_reading_is_the_mean(images: torch.Tensor) -> None:
    silent = torch.zeros(3, *images.shape)
    read = linear_reading(silent, images, silent)
    torch.testing.assert_close(read, images.mean().expand_as(read))


def test_it_is_numpys_least_squares(images: torch.Tensor) -> None:
    train = create("poisson").encode(images, 3, torch.Generator().manual_seed(1))
    design = np.column_stack([np.ones(images.numel()), train.flatten(1).T.double().numpy()])
    weights, *_ = np.linalg.lstsq(design, images.flatten().double().numpy(), rcond=None)
    read = linear_reading(train, images, train)[2].flatten()
    np.testing.assert_allclose(read.numpy(), design @ weights, atol=1e-5)
