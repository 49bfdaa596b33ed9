"""Which figures a report has, in which order, and what the figure of energy shows."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from msgspec import structs
from scipy import stats

from encoders.registry import BUILTIN
from harness.analysis.energy import EnergyModel
from harness.catalogue import Arm
from harness.config import EncoderSpec
from harness.records.store import read_record, write_record
from harness.report import ReportResult, figures, render
from harness.report.drawing import colour_of, colours, looks_of, styled
from harness.report.figures import code_of, figures_of, styles_of
from harness.report.sources import read
from harness.schema import Counts, Epoch
from tests.analysis.judging import end_ann

from .campaigns import CATALOGUE, Campaign, keep_drawn, write_arm

MNIST, ENCODERS = "mnist-784-100-10", "mnist-encoders"


def tell(results: Path, path: Path, multiplies: bool, encoder: tuple[float, float]) -> None:
    """The record with its encoder's operations and multiply-accumulates."""
    record = read_record(path)
    layers = [msgspec.structs.replace(layer, multiplies=multiplies) for layer in record.layers]
    told = msgspec.structs.replace(record, layers=layers, encoder_operations=encoder[0], encoder_macs=encoder[1])
    write_record(results, msgspec.structs.replace(told, digest=""))


@pytest.fixture
def counted(campaign: Campaign) -> Campaign:
    """DCT, and direct input under the names of two experiments, which are one computation."""
    for experiment, arm, multiplies in (
        (MNIST, "cyclic-16", False),
        (MNIST, "direct-16", True),
        (ENCODERS, "direct", True),
    ):
        for path in write_arm(campaign.evidence, experiment, "paper", arm, (9800, 9810, 9790)):
            tell(campaign.evidence, path, multiplies, (0.0, 0.0) if multiplies else (31_360.0, 18_816.0))
            end_ann(path.parent, 9700)
    return campaign


def drawn(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the figure of energy was drawn from."""
    kept = keep_drawn(figures, monkeypatch)
    (evidence,) = read(campaign.evidence, None, CATALOGUE)
    figures.energy_figure(CATALOGUE.papers[0], CATALOGUE.papers[0].experiments, evidence, EnergyModel())
    return kept[0]


def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Figure, Any]]:
    """Each figure that is drawn from now on with the data it shows; no file is made of them."""
    kept: list[tuple[Figure, Any]] = []

    def keep(figure: Figure, _: str, data: Any) -> tuple[bytes, bytes]:
        kept.append((figure, data))
        return b"", b""

    monkeypatch.setattr(figures, "both_renderings", keep)
    return kept


def energy_painted(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Figure:
    """The figure of energy, not yet saved."""
    kept = painted(monkeypatch)
    (evidence,) = read(campaign.evidence, None, CATALOGUE)
    with styled():
        figures.energy_figure(CATALOGUE.papers[0], CATALOGUE.papers[0].experiments, evidence, EnergyModel())
    return kept[0][0]


def all_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """All that is written in a figure, with its box."""
    figure.draw_without_rendering()
    shown = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return [(text.get_text(), Text.get_window_extent(text)) for text in shown]


def texts_of(figure: Figure) -> list[tuple[str, Bbox]]:
    """All that is written in a figure but the numbers of its axes, with its box."""
    return [(text, box) for text, box in all_texts(figure) if re.search(r"[A-Za-z]", text)]


def assert_apart(figure: Figure) -> None:
    """No two texts of a figure overlap, and none leaves it."""
    for (one, box), (other, beside) in combinations(texts_of(figure), 2):
        assert not (box.padded(-1)).overlaps(beside.padded(-1)), (one, other)
    assert [text for text, box in texts_of(figure) if box.x1 > figure.bbox.x1 + 1] == []


def test_names_of_the_figure_of_energy_stand_apart_and_say_where_it_is_cheaper(
    counted: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = energy_painted(counted, monkeypatch)
    assert_apart(figure)
    written = [text for text, _ in texts_of(figure)]
    assert written.count("left of the dotted line: cheaper than the ordinary network") == 2
    assert {"DCT", "direct input", "ANN on x"} <= set(written)


def test_each_code_is_a_named_line_over_the_steps_that_it_is_trained_for(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven codes with the same errors: their names would lie on each other."""
    for code in BUILTIN:
        for steps, final in ((2, 9500), (5, 9700), (16, 9850)):
            write_arm(campaign.evidence, "latency-mnist", "paper", f"{code}-{steps}", (final, final + 3, final - 3))
    kept = painted(monkeypatch)
    sources = read(campaign.evidence, None, CATALOGUE)
    with styled():
        pictures = figures_of(CATALOGUE.experiment("latency-mnist"), "paper", sources, CATALOGUE.claims)
    shown = [picture.name.removeprefix("latency-mnist-paper-") for picture in pictures]
    assert shown == ["error", "trained", "epochs"]
    figure, items = kept[0]
    assert [item[2:4] for item in items if item[0] == "dct-5"] == [[5, 97.0]]
    assert [item[1:] for item in items if item[0] == "published"] == [[2, 86.7], [5, 97.3], [16, 98.54]]
    assert_apart(figure)
    assert "DCT 1.50\u00a0%" in [text for text, _ in texts_of(figure)]
    assert "The lowest error has DCT at T = 2, 5, 16." in pictures[1].alternative


def test_loss_and_error_are_drawn_epoch_by_epoch_the_anns_before_those_of_fine_tuning(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arm, final in (("cyclic-16", 9850), ("poisson-16", 9800)):
        for path in write_arm(campaign.local, MNIST, "paper", arm, (final, final - 10, final + 10)):
            record = read_record(path)
            anns = [Epoch(2.0, 9000, 10_000), Epoch(1.0, 9700, 10_000)]
            start = Counts([1000] * 15 + [9500], 10_000)
            write_record(campaign.local, structs.replace(record, ann_epochs=anns, balanced=start, digest=""))
    kept = painted(monkeypatch)
    scene = figures.Scene(CATALOGUE.experiment(MNIST), "paper", read(campaign.evidence, campaign.local, CATALOGUE), ())
    (picture,) = figures.epochs_figure(scene)
    (_, dct, _), (left, right, *_) = kept[0][1], kept[0][0].axes
    assert picture.folded
    assert dct[:2] == ["cyclic-16", ((-1, 2.0, 10.0), (0, 1.0, 3.0))]
    # Each record of a campaign has two epochs, the first half a per mille better.
    errors = [(epoch, round(error, 6)) for epoch, _, error in dct[2]]
    assert errors == [(0, 5.0), (1, 1.45), (2, 1.5)]
    assert [np.size(line.get_xdata()) for line in left.lines] == [2, 2, 2, 2]  # the ANN once, and a dotted line
    assert [np.size(line.get_xdata()) for line in right.lines] == [2, 3, 3, 2]
    assert_apart(kept[0][0])


def test_rivals_are_differences_to_the_reference_on_one_axis_and_far_ones_arrows(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for steps in (16, 5):
        near = {"default": 9800, "delay": 9790, "maximum": 9810, "per-step": 9801, "one-batch": 9799, "algorithm": 9800}
        for arm, final in {**near, "released": 9000}.items():
            write_arm(campaign.evidence, "sensitivity-readings", "paper", f"{arm}-{steps}", (final, final + 2))
    kept = painted(monkeypatch)
    sources = read(campaign.evidence, None, CATALOGUE)
    with styled():
        pictures = figures_of(CATALOGUE.experiment("sensitivity-readings"), "paper", sources, CATALOGUE.claims)
    assert [picture.name.rpartition("-")[2] for picture in pictures] == ["differences", "epochs"]
    figure, items = kept[-2]
    assert ["one step of delay a layer", pytest.approx(-0.1), None, None, None] in items
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "T = 16: against DCT, cyclic, 98.01 %",
        "T = 5: against DCT, cyclic, 98.01 %",
    ]
    assert [text for text, _ in all_texts(figure)].count("−8.0") == 2


def test_direct_input_is_drawn_at_the_energy_of_its_products(
    counted: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """144,000 products in 16 steps are computed once, 9,000 × 4.6 pJ; the transform of the DCT multiplies."""
    points = {item[0]: item[2] for item in drawn(counted, monkeypatch)[2:6] if len(item) == 6}
    assert points["direct-16"] == pytest.approx(0.0414)
    assert points["cyclic-16"] == pytest.approx((144_000 * 0.9 + 12_544 * 0.9 + 18_816 * 4.6) * 1e-6)


def test_twins_are_one_point_and_each_panel_has_its_ann(counted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    items = drawn(counted, monkeypatch)[1:]
    assert [item for item in items if item[0] == "mnist"] == [
        ["mnist", "paper", "arithmetic alone"],
        ["mnist", "paper", "with memory traffic"],
    ]
    assert [item[1] for item in items if len(item) == 6] == 2 * ["dct", "direct"]
    anns = [item for item in items if item[0] == "ann"]
    joules = [78_400 * 4.6e-6, (78_400 * 4.6 + 5 * (78_400 + 200)) * 1e-6]
    assert [item[1] for item in anns] == pytest.approx(joules, rel=1e-5)
    assert [item[2] for item in anns] == [97.0, 97.0]


@pytest.mark.usefixtures("blank_figures")
def test_a_code_that_counted_nothing_of_its_encoder_is_not_drawn(campaign: Campaign) -> None:
    write_arm(campaign.evidence, ENCODERS, "paper", "ttfs", (9800, 9810, 9790))
    render(campaign.alone, CATALOGUE)
    assert not (campaign.out / "dct-snn-energy.svg").exists()


def test_an_error_hangs_above_its_mean_as_far_as_the_accuracy_below(
    counted: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = energy_painted(counted, monkeypatch).axes[0]
    (bar, *_) = [segments for c in axes.collections for segments in c.get_segments()]  # type: ignore[attr-defined]
    low, high = sorted(float(error) for _, error in bar)
    accuracy = stats.t.interval(0.95, 2, loc=98.0, scale=0.1 / 3**0.5)
    assert (low, high) == pytest.approx((100 - accuracy[1], 100 - accuracy[0]))
    assert axes.get_ylabel() == "error (%)"


def test_an_experiment_has_one_view_of_its_curves(rendered: ReportResult) -> None:
    names = {path.name for path in rendered.files if path.suffix == ".svg"}
    assert {name for name in names if "accuracy" in name or "error" in name} == {
        "mnist-784-100-10-paper-error.svg",
        "ablation-interleaved-lite-error.svg",
        "cifar10-vgg9-lite-error.svg",  # all of its cells are answered by records of ablation-interleaved
    }
    assert "sensitivity-readings-paper-differences.svg" in names
    assert not [name for name in names if "operations" in name]


def test_a_code_is_named_with_what_is_not_default() -> None:
    assert code_of(Arm("a", EncoderSpec("poisson", {"signed": True}), 16, "a").encoder) == "poisson (signed = True)"
    assert code_of(EncoderSpec("direct")) == "direct"


def contrast(colour: str, paper: str) -> float:
    """WCAG's ratio, from its definition."""
    lights = []
    for text in (colour, paper):
        parts = [int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    return max(lights) / min(lights)


def test_every_built_in_code_has_a_colour_of_its_own() -> None:
    assert len({colour_of(code) for code in BUILTIN}) == len(BUILTIN)
    assert min(contrast(colour, paper) for colour in colours(9) for paper in ("#ffffff", "#12161b")) >= 3.0


@pytest.mark.parametrize("code", [*BUILTIN, "mine", "yours", "norse-lif", "snntorch-rate", *"abcdefgh"])
def test_a_code_can_be_seen_on_white_and_on_a_dark_screen_and_keeps_its_colour(code: str) -> None:
    assert contrast(colour_of(code), "#ffffff") >= 3.0
    assert contrast(colour_of(code), "#12161b") >= 3.0
    if code == "dct":
        return
    assert looks_of([("dct", "x"), (code, "y")])["y"].colour == looks_of([(code, "z")])["z"].colour


def test_variants_of_a_code_share_its_colour_beside_another_code_and_have_their_own_alone() -> None:
    variants = [("dct", name) for name in "abcdefgh"]
    both, alone = looks_of([*variants, ("poisson", "p")]), looks_of(variants)
    assert {both[name].colour for _, name in variants} == {colour_of("dct")}
    assert len({look.colour for look in alone.values()}) == 8
    assert alone["a"].colour == colour_of("dct")
    for looks in (both, alone):
        assert len({(looks[name].marker, str(looks[name].line)) for _, name in variants}) == 8


def test_a_code_has_one_colour_in_the_figures_of_two_experiments() -> None:
    first, second = (styles_of(CATALOGUE.experiment(name).arms) for name in (MNIST, ENCODERS))
    assert first["cyclic-16"].colour == second["dct"].colour
    assert first["direct-16"].colour == second["direct"].colour != second["dct"].colour
