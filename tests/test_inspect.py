"""Encoders without any SNN: the figure of one image, the linear probe, and their commands."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.fft import dctn, idctn

from encoders import create
from encoders.dct import Dct, zigzag
from encoders.registry import BUILTIN
from harness.data import load
from harness.inspect import figure_of, frequencies_fed, linear_fit, look, spikes_times_threshold
from tests.command import harness, said


def test_the_view_holds_image_raster_and_readings_at_each_step() -> None:
    view = look("dct", "digits", 2, 16)
    assert view.steps == (1, 2, 4, 8, 16)
    assert view.raster.shape == (64, 16)
    assert set(np.unique(view.raster)) == {-1.0, 0.0, 1.0}
    assert [len(images) for images in view.readings.values()] == [5, 5]
    pixels = load("digits").test.images[2, 0].numpy() / 255
    np.testing.assert_allclose(view.image[..., 0], pixels, atol=1e-6)
    np.testing.assert_allclose(view.readings["frequencies\nfed"][-1][..., 0], pixels, atol=1e-5)


@pytest.mark.parametrize("name", BUILTIN)
def test_every_code_can_be_seen_and_its_caption_says_how_it_was_read(name: str) -> None:
    view = look(name, "digits", 0, 6)
    assert view.steps == (1, 2, 4, 6)
    assert ("threshold" if name == "dct" else "linear fit") in view.caption


@pytest.mark.slow
@pytest.mark.parametrize("name", ["poisson", "ttfs"])
def test_each_alphabet_can_be_drawn_with_the_same_bytes_again(name: str) -> None:
    view = look(name, "digits", 0, 3)
    drawn = figure_of(view)
    assert drawn.png().startswith(b"\x89PNG")
    assert (drawn.svg, drawn.png()) == ((again := figure_of(view)).svg, again.png())


def test_what_cannot_be_shown_or_probed_is_refused() -> None:
    for words, message in (
        (("show", "dct", "--image", 360), "no test image 360 — use 0 to 359"),
        (("show", "poison"), "did you mean 'poisson'"),
        (("show", "dct@4"), "'dct@4' is an arm, not an encoder — give its timesteps with --timesteps"),
        (("probe", "direct", "--dataset", "cifar10"), "use digits or mnist"),
    ):
        code, _, err = harness("encoders", *words)
        assert (code, message in err) == (2, True), err


def test_show_writes_svg_and_png_and_prints_the_caption(tmp_path: Path) -> None:
    out = said("encoders", "show", "dct", "--image", 1, "--timesteps", 4, "--out", tmp_path / "fig.v2.svg")
    assert {path.name for path in tmp_path.iterdir()} == {"fig.v2.svg", "fig.v2.png"}
    assert "the sum of the frequencies fed so far" in out


def test_an_encoder_is_shown_with_its_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Encoder dct(schedule=interleaved) (ternary)" in said("encoders", "show", "dct(schedule=interleaved)")
    stem = "encoder-dct-schedule-interleaved-digits-0"
    assert {path.name for path in tmp_path.iterdir()} == {f"{stem}.svg", f"{stem}.png"}


@pytest.mark.slow
def test_probe_prints_a_table() -> None:
    lines = said("encoders", "probe", "direct", "latency", "--timesteps", 4).splitlines()
    direct, latency = ([*map(float, re.findall(r"\d+\.\d", line))] for line in lines[-3:-1])
    assert direct == [92.5] * 3  # the same values at each step
    assert latency[0] < 85 < latency[-1]  # at the first, only the brightest pixels have fired


# Reading back: DCT against SciPy's transform and the membranes, any code against codes whose answer is known.


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_after_t_steps_it_is_scipys_inverse_of_the_first_t_frequencies(images: torch.Tensor) -> None:
    block = images[0, 0, :4, 4:].numpy().astype(np.float64)
    spectrum = dctn(block, norm="ortho")
    kept = np.zeros_like(spectrum)
    for place in zigzag(4)[:5]:
        kept[place] = spectrum[place]
    fed = frequencies_fed(Dct(), images, 5)[4, 0, 0, :4, 4:]
    np.testing.assert_allclose(fed.numpy(), idctn(kept, norm="ortho"), atol=1e-5)
    whole = frequencies_fed(Dct(), images, 20)
    for t in (15, 19):  # after all frequencies the image is back and stays
        torch.testing.assert_close(whole[t], images, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("pixel", "thresholds", "spikes", "read"),
    [
        # v = 0.3, 0.6, 0.9, 1.2 fires: a spike worth θ = 1 out of four times 0.3, divided by the four times.
        (0.3, (-1.0, 1.0), [0, 0, 0, 1], 0.25),
        (-0.6, (-0.5, 2.0), [-1], -0.5),
    ],
)
def test_what_left_the_neurons_is_what_was_fed_less_what_waits(
    pixel: float, thresholds: tuple[float, float], spikes: list[int], read: float
) -> None:
    encoder = Dct(schedule="explicit", indices=(0,), thresholds=thresholds)
    train = encoder.encode(torch.full((1, 1, 4, 4), pixel), len(spikes), 0)
    assert train.flatten(1)[:, 0].tolist() == spikes
    assert spikes_times_threshold(encoder, train)[-1].flatten()[0] == pytest.approx(read)


def test_it_is_numpys_least_squares(images: torch.Tensor) -> None:
    train = create("poisson").encode(images, 3, 1)
    design = np.column_stack([np.ones(images.numel()), train.flatten(1).T.double().numpy()])
    weights, *_ = np.linalg.lstsq(design, images.flatten().double().numpy(), rcond=None)
    read = linear_fit(train, images, train)[2].flatten()
    np.testing.assert_allclose(read.numpy(), design @ weights, atol=1e-5)
