"""The figure of an encoder: what is in it, that it can be drawn for every code, and its command."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from encoders.base import EncoderError
from encoders.registry import BUILTIN
from harness import cli
from harness.data import load
from harness.errors import HarnessError
from harness.inspect.picture import picture
from harness.inspect.view import look


def test_the_view_holds_image_raster_and_readings_at_each_step() -> None:
    view = look("dct", "digits", 2, 16)
    assert view.steps == (1, 2, 4, 8, 16)
    assert view.raster.shape == (64, 16)
    assert set(np.unique(view.raster)) == {-1.0, 0.0, 1.0}
    assert [len(reading.images) for reading in view.readings] == [5, 5]
    pixels = load("digits").test.images[2, 0].numpy() / 255
    np.testing.assert_allclose(view.image[..., 0], pixels, atol=1e-6)
    np.testing.assert_allclose(view.readings[0].images[-1][..., 0], pixels, atol=1e-5)


def test_the_raster_goes_from_the_darkest_pixel_to_the_brightest() -> None:
    times = look("latency", "digits", 0, 8).raster.argmax(axis=1)
    assert (np.diff(times) <= 0).all()


@pytest.mark.parametrize("name", BUILTIN)
def test_every_code_can_be_seen_and_its_caption_says_how_it_was_read(name: str) -> None:
    view = look(name, "digits", 0, 6)
    assert view.steps == (1, 2, 4, 6)
    assert ("threshold" if name == "dct" else "linear reading") in view.caption


@pytest.mark.parametrize("name", ["poisson", "ttfs", "direct"])
def test_each_alphabet_can_be_drawn_with_the_same_bytes_again(name: str) -> None:
    view = look(name, "digits", 0, 3)
    drawn = picture(view)
    assert drawn.png.startswith(b"\x89PNG")
    assert (drawn.svg, drawn.png) == ((again := picture(view)).svg, again.png)


def test_what_cannot_be_shown_is_refused() -> None:
    with pytest.raises(HarnessError, match=r"no test image 360 — use 0 to 359"):
        look("dct", "digits", 360, 16)
    with pytest.raises(EncoderError, match="did you mean 'poisson'"):
        look("poison", "digits", 0, 16)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["encoders", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show_writes_svg_and_png_and_prints_the_caption(tmp_path: Path) -> None:
    out = run("show", "dct", "--image", "1", "--timesteps", "4", "--out", str(tmp_path / "fig.v2.svg"))
    assert {path.name for path in tmp_path.iterdir()} == {"fig.v2.svg", "fig.v2.png"}
    assert "the sum of the frequencies fed so far" in out


def test_probe_prints_a_table_and_writes_plot_and_csv(tmp_path: Path) -> None:
    out = run("probe", "direct", "latency", "--timesteps", "4", "--reads", "sum", "--out", str(tmp_path / "p"))
    assert {path.name for path in tmp_path.iterdir()} == {"p.svg", "p.png", "p.csv"}
    [line] = [line for line in out.splitlines() if line.strip().startswith("direct")]
    assert re.findall(r"\d+\.\d", line) == ["92.5"] * 3
    rows = (tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "encoder,dataset,reads,timestep,accuracy"
    # At the last step every pixel has fired once: a sum holds nothing any more.
    assert float(rows[-1].split(",")[-1]) < 20


@pytest.mark.parametrize(
    ("option", "said"), [(("--reads", "mean"), "use sum or history"), (("--dataset", "cifar10"), "use digits or mnist")]
)
def test_a_probe_that_makes_no_sense_is_refused(option: tuple[str, str], said: str) -> None:
    with pytest.raises(HarnessError, match=said):
        run("probe", "direct", *option)


def test_the_list_names_peers_with_their_version() -> None:
    pytest.importorskip("snntorch")
    rows = {row["name"]: row for row in json.loads(run("--json"))["encoders"]}
    assert rows["snntorch-rate"]["origin"].startswith("snntorch ")
    assert rows["snntorch-rate"]["broken"] is None
