"""Which figures a report has, what they are drawn from, and that names in them can be told apart."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from matplotlib import rcParams
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from msgspec import structs
from scipy import stats

from encoders.registry import BUILTIN
from harness import plain
from harness.config import ProfileName
from harness.machine.files import read_sealed, write_sealed
from harness.papers.dct_snn.picture import sample, seen, sent, zigzag
from harness.records.store import read_record
from harness.report import figures, read
from harness.report.drawing import (
    COLOURS,
    Names,
    both_renderings,
    colour_of,
    colours,
    error_of,
    foot_of,
    logarithmic,
    logarithmic_errors,
    looks_of,
    names_at_right,
    new_figure,
    styled,
)
from harness.report.figures import claims_figures, figures_of, named, panels_of, styles_of
from harness.schema import Counts, Epoch
from tests.analysis.judging import change, end_ann
from tests.command import python
from tests.report.panels import panel
from tests.test_plain import ZIGZAG

from .campaigns import CATALOGUE, Campaign, empty, write_along, write_arm, write_mnist

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MNIST, ENCODERS, PAPER = "mnist-784-100-10", "mnist-encoders", CATALOGUE.papers[0]
Painted = list[tuple[Figure, Any]]


@contextmanager
def painting() -> Iterator[Painted]:
    """Each figure that is drawn within, with the data it shows; no file is made of them."""
    kept: Painted = []

    def keep(figure: Figure, _: str, data: Any, names: Names = ()) -> tuple[bytes, Callable[[], bytes]]:
        names_at_right(figure, names)
        kept.append((figure, json.loads(json.dumps(data))))
        return b"", lambda: b""

    with pytest.MonkeyPatch.context() as patch, styled():
        patch.setattr(figures, "both_renderings", keep)
        yield kept


def all_texts(figure: Figure) -> list[tuple[str, Bbox]]:
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


# Energy


@pytest.fixture(scope="module")
def energy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figure, Any]:
    """The figure of DCT, and of direct input under the names of two experiments, which are one computation."""
    campaign = empty(tmp_path_factory.mktemp("energy"))
    for experiment, arm, direct in (
        (MNIST, "cyclic-16", False),
        (MNIST, "direct-16", True),
        (ENCODERS, "direct", True),
    ):
        for path in write_arm(campaign.evidence, experiment, "paper", arm, (9800, 9810, 9790)):
            layers = [structs.replace(layer, multiplies=direct) for layer in read_record(path).layers]
            operations, macs = (0.0, 0.0) if direct else (31_360.0, 18_816.0)
            change(path, layers=layers, encoder_operations=operations, encoder_macs=macs)
        end_ann(path.parent, 9700)
    (evidence,) = read(campaign.evidence, None, CATALOGUE)
    with painting() as kept:
        figures.energy_figure(PAPER, PAPER.experiments, evidence)
    return kept[0]


def test_names_of_the_figure_of_energy_stand_apart_and_say_where_it_is_cheaper(energy: tuple[Figure, Any]) -> None:
    assert_apart(energy[0])
    written = [text for text, _ in texts_of(energy[0])]
    assert written.count("left of the dotted line: cheaper than the ordinary network") == 2
    assert {"DCT", "direct input", "ANN on x"} <= set(written)


def test_twins_are_one_point_at_their_energy_and_each_panel_has_its_ann(energy: tuple[Figure, Any]) -> None:
    """144,000 products in 16 steps are computed once, 9,000 × 4.6 pJ; the transform of the DCT multiplies."""
    items = energy[1][1:]
    assert [item for item in items if item[0] == "mnist"] == [
        ["mnist", "paper", "arithmetic alone"],
        ["mnist", "paper", "with memory traffic"],
    ]
    points = [item for item in items if len(item) == 6]
    assert [item[1] for item in points] == 2 * ["dct", "direct"]
    spent = (144_000 * 0.9 + 12_544 * 0.9 + 18_816 * 4.6) * 1e-6
    assert {item[0]: item[2] for item in points[:2]} == pytest.approx({"cyclic-16": spent, "direct-16": 0.0414})
    anns = [item for item in items if item[0] == "ann"]
    joules = [78_400 * 4.6e-6, (78_400 * 4.6 + 5 * (78_400 + 200)) * 1e-6]
    assert [item[1] for item in anns] == pytest.approx(joules, rel=1e-5)
    assert [item[2] for item in anns] == [97.0, 97.0]


def test_an_error_hangs_above_its_mean_as_far_as_the_accuracy_below(energy: tuple[Figure, Any]) -> None:
    axes = energy[0].axes[0]
    (bar, *_) = [segments for c in axes.collections for segments in c.get_segments()]  # type: ignore[attr-defined]
    low, high = sorted(float(error) for _, error in bar)
    accuracy = stats.t.interval(0.95, 2, loc=98.0, scale=0.1 / 3**0.5)
    assert (low, high) == pytest.approx((100 - accuracy[1], 100 - accuracy[0]))
    assert axes.get_ylabel() == "error (%)"


def test_a_code_that_counted_nothing_of_its_encoder_is_not_drawn(campaign: Campaign) -> None:
    write_arm(campaign.evidence, ENCODERS, "paper", "ttfs", (9800, 9810, 9790))
    (evidence,) = read(campaign.evidence, None, CATALOGUE)
    assert figures.energy_figure(PAPER, PAPER.experiments, evidence) is None


# Steps, epochs, differences


@pytest.mark.parametrize("whose", ["evidence", "local"])
def test_each_code_is_a_named_line_over_the_steps_that_it_is_trained_for(campaign: Campaign, whose: str) -> None:
    """Seven codes with the same errors: their names would lie on each other."""
    for code in BUILTIN:
        for steps, final in ((2, 9500), (5, 9700), (16, 9850)):
            finals = final, final + 3, final - 3
            write_arm(getattr(campaign, whose), "latency-mnist", "paper", f"{code}-{steps}", finals)
    sources = read(campaign.evidence, campaign.local, CATALOGUE)
    with painting() as kept:
        pictures = figures_of(CATALOGUE.experiment("latency-mnist"), "paper", sources)
    shown = [picture.name.removeprefix("latency-mnist-paper-") for picture in pictures]
    assert shown == ["error", "trained", "epochs"]
    figure, items = kept[1]
    assert [item[2:4] for item in items if item[0] == "dct-5"] == [[5, 97.0]]
    assert [item[1:] for item in items if item[0] == "published"] == [[2, 86.7], [5, 97.3], [16, 98.54]]
    assert_apart(figure)
    assert "DCT 1.50\u00a0%" in [text for text, _ in texts_of(figure)]
    assert "Lowest mean error (not tested): DCT at T = 2, 5, 16." in pictures[1].alternative


def test_loss_and_error_are_drawn_epoch_by_epoch_the_anns_before_those_of_fine_tuning(campaign: Campaign) -> None:
    for arm, final in (("cyclic-16", 9850), ("poisson-16", 9800)):
        for path in write_arm(campaign.local, MNIST, "paper", arm, (final, final - 10, final + 10)):
            anns = [Epoch(2.0, 9000, 10_000), Epoch(1.0, 9700, 10_000)]
            change(path, ann_epochs=anns, balanced=Counts([1000] * 15 + [9500], 10_000))
    scene = figures.Scene(CATALOGUE.experiment(MNIST), "paper", read(campaign.evidence, campaign.local, CATALOGUE), ())
    with painting() as kept:
        (picture,) = figures.epochs_figure(scene)
    (_, dct, _), (left, right, *_) = kept[0][1], kept[0][0].axes
    assert picture.folded
    assert dct[:2] == ["cyclic-16", [[-1, 2.0, 10.0], [0, 1.0, 3.0]]]
    # Each record of a campaign has two epochs, the first half a per mille better.
    errors = [(epoch, round(error, 6)) for epoch, _, error in dct[2]]
    assert errors == [(0, 5.0), (1, 1.45), (2, 1.5)]
    assert [np.size(line.get_xdata()) for line in left.lines] == [2, 2, 2, 2]  # the ANN once, and a dotted line
    assert [np.size(line.get_xdata()) for line in right.lines] == [2, 3, 3, 2]
    assert_apart(kept[0][0])


def test_rivals_are_differences_to_the_reference_on_one_axis_and_far_ones_arrows(campaign: Campaign) -> None:
    for steps in (16, 5):
        near = {"default": 9800, "delay": 9790, "maximum": 9810, "per-step": 9801, "one-batch": 9799, "algorithm": 9800}
        for arm, final in {**near, "released": 9000}.items():
            write_arm(campaign.evidence, "sensitivity-readings", "paper", f"{arm}-{steps}", (final, final + 2))
    sources = read(campaign.evidence, None, CATALOGUE)
    with painting() as kept:
        pictures = figures_of(CATALOGUE.experiment("sensitivity-readings"), "paper", sources)
    assert [picture.name.rpartition("-")[2] for picture in pictures] == ["differences", "epochs"]
    figure, items = kept[-2]
    assert ["one step of delay a layer", pytest.approx(-0.1), None, None, None] in items
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert figure.axes[0].get_title(loc="left").replace("\u00a0", " ") == "T = 16: against DCT, cyclic, 98.01 %"
    assert [text for text, _ in all_texts(figure)].count("−8.0") == 2


def test_differences_along_fine_tuning_are_a_line_for_each_pair(campaign: Campaign) -> None:
    write_along(campaign.evidence)
    experiment, sources = CATALOGUE.experiment("ablation-training"), read(campaign.evidence, None, CATALOGUE)
    with painting() as kept:
        list(figures.training_figure(figures.Scene(experiment, "lite", sources, ())))
    (_, long, short) = kept[0][1]
    assert long[:2] == ["cyclic-16x3 − interleaved-16x3", "evidence"]
    assert [[point[0], round(point[1], 4)] for point in long[2]] == [[0, 5.1667], [0.125, 2.9], [0.5, 2.1], [1, 1.0]]
    assert [point[2:4] for point in short[2]] == 4 * [[None, None]]
    assert short[2][0][4:] == pytest.approx([-1.0, 0.0])


# Error against timestep


def axes_drawn(errors: list[float], scale: "Callable[..., None]") -> "Axes":
    figure, foot = Figure(figsize=(4.8, 3.4)), foot_of(errors)
    axes: Axes = figure.subplots()
    axes.plot([2**place for place in range(len(errors))], foot.of(errors))
    scale(axes, foot)
    figure.draw_without_rendering()
    return axes


@pytest.mark.parametrize(
    ("errors", "place", "zero"),
    [([4.0, 1.0, 90.0], 0.5, False), ([4.0, 0.0, 1.0], 0.5, True), ([0.0, 0.0], 0.005, True)],
)
def test_the_foot_is_half_of_the_smallest_error_above_zero(errors: list[float], place: float, zero: bool) -> None:
    assert [error_of(accuracy) for accuracy in (98.31, 100.0, 0.0)] == [1.69, 0.0, 100.0]
    foot = foot_of(errors)
    assert (foot.place, foot.zero) == (place, zero)
    assert foot.of([0.0, 90.0]) == [place, 90.0]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1.2, 90.0, ["2", "5", "10", "20", "50"]),
        (26.0, 43.0, ["30", "40"]),  # 1, 2 and 5 times a power of ten are none of these
    ],
)
def test_errors_have_two_numbers_or_more_on_their_axis(low: float, high: float, labels: list[str]) -> None:
    axes = axes_drawn([low, high], logarithmic_errors)
    shown = [tick.get_text() for tick in axes.get_yticklabels() if low <= tick.get_position()[1] <= high]
    assert [label for label in shown if label in labels] == labels
    assert len(set(shown)) == len(shown)


def test_both_axes_are_logarithmic_and_zero_is_marked_as_such() -> None:
    axes = axes_drawn([20.0, 1.0, 0.0], logarithmic)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    labels = {float(tick.get_position()[1]): tick.get_text() for tick in axes.get_yticklabels()}
    assert (labels[0.5], labels[10.0]) == ("0", "10")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "4"]


def error_axes(campaign: Campaign, name: str, profile: ProfileName) -> "list[Axes]":
    sources = read(campaign.evidence, None, CATALOGUE)
    with painting() as kept:
        figures_of(CATALOGUE.experiment(name), profile, sources)
    return kept[0][0].axes


def test_three_seeds_are_a_line_in_a_band_and_fewer_a_thin_line_each(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-16", (9850, 9853, 9856))
    write_arm(campaign.evidence, MNIST, "paper", "poisson-16", (9460, 9470))
    (axes,) = error_axes(campaign, MNIST, "paper")
    curves = [line for line in axes.lines if len(line.get_xdata()) == 16]  # type: ignore[arg-type]
    looks = [(colour_of("dct"), 1.6), (colour_of("poisson"), 0.7), (colour_of("poisson"), 0.7)]
    assert [(line.get_color(), line.get_linewidth()) for line in curves] == looks
    assert len(axes.collections) == 1  # the band


def test_lines_are_named_in_the_margin_and_each_published_number_is_joined_to_its_own(campaign: Campaign) -> None:
    for arm in ("cyclic-16x3", "truncated-8x6"):
        write_arm(campaign.evidence, "ablation-intermittent", "lite", arm, (6850, 6853, 6856))
    (axes,) = error_axes(campaign, "ablation-intermittent", "lite")
    assert {text.get_text() for text in axes.texts} == {"DCT, cyclic", "first 8", ""}
    (whole, first) = [line for line in axes.lines if line.get_marker() == "D" and np.size(line.get_xdata()) == 1]
    joins = [text for text in axes.texts if isinstance(text, Annotation) and not text.get_text()]
    for published, join in zip((whole, first), joins, strict=True):
        assert join.arrow_patch is not None
        assert join.xyann == tuple(np.asarray(published.get_xydata())[0])
        assert join.xy == pytest.approx((48.0, 31.47))
        assert to_hex(join.arrow_patch.get_edgecolor()) == published.get_markeredgecolor()
    assert whole.get_markeredgecolor() != first.get_markeredgecolor()


def test_numbers_for_more_steps_than_ours_stand_in_the_margin_and_stretch_no_axis(campaign: Campaign) -> None:
    write_arm(campaign.evidence, "cifar10-encoders", "lite", "dct", (6850, 6853, 6856))
    (axes,) = error_axes(campaign, "cifar10-encoders", "lite")
    assert axes.get_xlim()[1] < 100
    written = {text.get_text().replace("\u00a0", " ") for text in axes.texts}
    assert {"DCT, cyclic, T = 48", "Rate, T = 1200", "T2FSNN, T = 240"} <= written


def test_a_faultless_code_is_drawn(campaign: Campaign) -> None:
    """Warnings are errors here: a logarithm of zero would be one."""
    for path in write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9990, 9991, 9992)):
        change(path, curve=Counts([9000, 10_000], 10_000), epochs=[Epoch(0.1, 10_000, 10_000)])
    figure = error_axes(campaign, MNIST, "paper")[0].figure
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()


# Headline claims


def test_headlines_repeat_the_printed_size_and_set_ours_against_it(campaign: Campaign) -> None:
    """Accuracies on MNIST; one seed of the paper's own network, and five of a small one, which would lead."""
    write_mnist(campaign.evidence)
    for arm, final in (("cyclic-8x3", 7000), ("interleaved-8x3", 6700)):
        write_arm(campaign.evidence, "ablation-interleaved", "short", arm, (final,))
        write_arm(campaign.evidence, "ablation-interleaved", "lite", arm, [final - 400 + 7 * seed for seed in range(5)])
    headlines = [claim for claim in PAPER.claims if claim.headline]
    assert len(headlines) >= 10
    for claim in headlines:
        size = claim.value or getattr(claim, "difference", None)
        assert size is None or size in claim.headline, claim.id
    (evidence,) = read(campaign.evidence, None, CATALOGUE)
    with painting() as kept:
        wide, narrow = claims_figures(PAPER, {e.name for e in PAPER.experiments}, evidence, "Partly.")
    assert (wide.name, narrow.name) == ("dct-snn-claims", "dct-snn-claims-narrow")
    (title, *rows), (_, same) = kept[0][1], kept[1]
    assert [title, *rows] == same
    found = {name: rest for name, *rest in rows}
    assert (title, list(found)) == ("Partly.", [claim.id for claim in headlines])
    published, ours, word, off, half = found["mnist-t16"]
    assert (published, ours, word) == ("98.54 %", "98.54 ± 0.04", "reproduced")
    assert (off, half) == (pytest.approx(0.0), pytest.approx(0.04, abs=0.005))
    assert found["mnist-t2"][3] == pytest.approx(90.6 - 86.7)
    said = ["+15.97", "+3.00 (1 seed)", "inconclusive", pytest.approx(-12.97), None]
    assert found["interleaved-cyclic-wins-8"] == said
    assert found["tinyimagenet-accuracy"] == ["52.43 %", "", "not run", None, None]


def test_a_headline_without_a_size_has_the_claimed_sign(campaign: Campaign) -> None:
    (evidence,), paper = read(campaign.evidence, None, CATALOGUE), CATALOGUE.paper("qcfs")
    with painting() as kept:
        claims_figures(paper, {e.name for e in paper.experiments}, evidence, "")
    shown = {name: published for name, published, *_ in kept[0][1][1:]}
    assert (shown["qcfs-shift-reaches-ann"], shown["qcfs-shift-wins-l4"]) == ("≥ 0", "> 0")


def test_without_claims_there_is_no_figure(everything: Campaign) -> None:
    (evidence,) = read(everything.evidence, None, CATALOGUE)
    assert claims_figures(replace(PAPER, claims=()), {MNIST}, evidence, "") == ()
    assert claims_figures(PAPER, {"quickstart"}, evidence, "") == ()


# Names, colours and panels


def contrast(colour: str, paper: str) -> float:
    """WCAG's ratio, from its definition."""
    lights = []
    for text in (colour, paper):
        parts = [int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    return max(lights) / min(lights)


def test_every_code_has_a_colour_that_can_be_seen_on_white_and_on_a_dark_screen_and_keeps_it() -> None:
    assert len({colour_of(code) for code in BUILTIN}) == len(BUILTIN)
    codes = [*BUILTIN, "mine", "norse-lif", "snntorch-rate", *"abcdefgh"]
    for colour in [*colours(9), *map(colour_of, codes)]:
        assert min(contrast(colour, paper) for paper in ("#ffffff", "#12161b")) >= 3.0, colour
    for code in codes[1:]:
        assert looks_of([("dct", "x"), (code, "y")])["y"].colour == looks_of([(code, "z")])["z"].colour
    first, second = (styles_of(CATALOGUE.experiment(name).arms) for name in (MNIST, ENCODERS))
    assert first["cyclic-16"].colour == second["dct"].colour
    assert first["direct-16"].colour == second["direct"].colour != second["dct"].colour


def test_variants_of_a_code_share_its_colour_beside_another_code_and_have_their_own_alone() -> None:
    variants = [("dct", name) for name in "abcdefgh"]
    both, alone = looks_of([*variants, ("poisson", "p")]), looks_of(variants)
    assert {both[name].colour for _, name in variants} == {colour_of("dct")}
    assert len({look.colour for look in alone.values()}) == 8
    assert alone["a"].colour == colour_of("dct")
    for looks in (both, alone):
        assert len({(looks[name].marker, str(looks[name].line)) for _, name in variants}) == 8


def test_an_added_arm_joins_the_panel_of_its_timesteps_and_moves_no_colour() -> None:
    planned = CATALOGUE.experiment("dct-beyond")
    more = planned.with_added(["poisson", "latency"])
    panels = panels_of(more.arms)
    assert list(panels) == ["8", "16", "24", "48"]
    assert [arm.name for arm in panels["48"]][-2:] == ["poisson", "latency"]
    before, after = styles_of(planned.arms), styles_of(more.arms)
    assert {name: after[name] for name in before} == before
    assert after["poisson"].name == "poisson"
    crowd = CATALOGUE.experiment("cifar10-encoders").with_added(["norse-lif", "snntorch-rate", "mine"])
    assert list(panels_of(crowd.arms)) == [""]  # of few planned arms


def test_many_arms_are_spread_by_code_and_a_code_with_a_crowd_of_them_by_their_names() -> None:
    arms = CATALOGUE.experiment(MNIST).arms
    panels = panels_of(arms)
    assert {panel: len(members) for panel, members in panels.items()} == {"dct": 5, "poisson": 3, "direct": 1}
    assert len({style.name for style in styles_of(arms).values()}) == len(arms)
    titles = [named(members) for members in panels.values()]
    assert [title for title, _ in titles] == ["DCT", "", ""]
    assert list(titles[0][1].values())[::3] == ["cyclic, T = 16", "cyclic, T = 5"]
    arms = CATALOGUE.experiment("ablation-frequencies").arms  # all of them DCT
    assert [named(members)[0] for members in panels_of(arms).values()] == ["DCT, cyclic, T = 48", "DCT, cyclic"]
    names = {name: style.name for name, style in styles_of(arms).items()}
    shown = [names[name] for name in ("latency48-4", "cycles3-4", "latency48-16")]
    assert shown == ["first 4", "first 4, T = 12", "DCT, cyclic"]


# What was painted is kept


def tick(value: float, _: int) -> str:
    return f"{value:.0f}"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of painted figures, empty."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    return tmp_path / "figures"


def test_a_figure_is_painted_once_and_anew_where_anything_in_it_or_its_painter_differs(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg, png = panel()
    image = png()
    (of_svg,) = kept.glob("*.svg")
    (of_png,) = kept.glob("*.png")
    for path, painted in ((of_svg, svg), (of_png, image)):
        content = read_sealed(path)
        assert content is not None
        assert content.endswith(painted)
        write_sealed(path, content.removesuffix(painted) + b"from the cache")
    assert (panel()[0], panel()[1]()) == (b"from the cache",) * 2
    differing: list[dict[str, Any]] = [{"colour": COLOURS["burst"]}, {"name": "burst"}, {"high": 0.0}]
    for changed in differing:
        assert panel(**changed)[0] not in (svg, b"from the cache")
    assert panel()[0] == svg
    of_svg.write_bytes(of_svg.read_bytes()[:-1])
    of_png.unlink()
    assert (panel()[0], panel()[1]()) == (svg, image)
    monkeypatch.setattr("harness.report.drawing.painter", lambda: "matplotlib 9.9")
    assert b"matplotlib 9.9" in panel()[0]


@pytest.mark.slow
def test_another_process_finds_what_this_one_painted(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rcParams, "interactive", True)  # as in a notebook; nothing is drawn by it
    svg, _ = panel()
    (path,) = kept.iterdir()
    write_sealed(path, (read_sealed(path) or b"").removesuffix(svg) + b"from the cache")
    program = "import sys; from tests.report.panels import panel; sys.stdout.buffer.write(panel()[0])"
    assert python("-c", program, PYTHONHASHSEED="7") == "from the cache"


def test_without_a_cache_and_with_code_that_may_change_a_figure_is_painted(kept: Path) -> None:
    with styled():
        figure, (ax,) = new_figure(2.0)
        codes: list[Any] = [lambda value, _: f"{value:.0f}", tick]
        for code in codes:
            ax.xaxis.set_major_formatter(code)
            assert b"<svg" in both_renderings(figure, "A panel", [])[0]
    assert not kept.exists()
    kept.touch()  # in the place of the folder
    assert b"<svg" in panel()[0]


# The encoder's picture, against the written order of frequencies and images whose transform is known


def test_all_frequencies_give_the_image_back_and_the_first_is_the_mean_of_each_block() -> None:
    assert zigzag() == ZIGZAG
    for name, size in (("digits.png", 28), ("photographs.png", 32)):
        strip = sample(name)
        assert strip.shape == (size, 4 * size, 3)
        assert 0.0 <= strip.min() < strip.max() <= 1.0
        np.testing.assert_allclose(seen(strip, 16), strip, atol=1e-12)
    means = sample("digits.png").reshape(7, 4, 28, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(seen(sample("digits.png"), 1)[::4, ::4], means, atol=1e-12)


def test_what_was_sent_is_the_spikes_of_the_plain_code_times_their_thresholds() -> None:
    strip = sample("photographs.png") * 2 - 1
    added = plain.contributions(torch.tensor(strip).permute(2, 0, 1)[None])
    lower, upper = plain.code_thresholds(added)
    spikes = plain.encode(added, plain.schedule(16), (lower, upper))
    expected = (upper * (spikes > 0) + lower * (spikes < 0)).cumsum(0)[:, 0].permute(0, 2, 3, 1)
    found = sent([2 * seen((strip + 1) / 2, t) - 1 for t in range(1, 17)])
    np.testing.assert_allclose(found, expected, atol=1e-6)
