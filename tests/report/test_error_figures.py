"""Error against timestep: logarithms of zero, seeds as thin lines, and names at the ends of lines."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from msgspec import structs

from harness.config import ProfileName
from harness.records.store import read_record, write_record
from harness.report import figures, read, render
from harness.report.drawing import colour_of, error_of, foot_of, logarithmic, logarithmic_errors
from harness.schema import Counts

from .campaigns import CATALOGUE, Campaign, write_arm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MNIST = "mnist-784-100-10"


def panel() -> "Axes":
    return Figure(figsize=(4.8, 3.4)).subplots()


def test_an_error_is_what_the_accuracy_lacks() -> None:
    assert [error_of(accuracy) for accuracy in (98.31, 100.0, 0.0)] == [1.69, 0.0, 100.0]


@pytest.mark.parametrize(
    ("errors", "place", "zero"),
    [([4.0, 1.0, 90.0], 0.5, False), ([4.0, 0.0, 1.0], 0.5, True), ([0.0, 0.0], 0.005, True)],
)
def test_the_foot_is_half_of_the_smallest_error_above_zero(errors: list[float], place: float, zero: bool) -> None:
    foot = foot_of(errors)
    assert (foot.place, foot.zero) == (place, zero)
    assert foot.of([0.0, 90.0]) == [place, 90.0]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1.2, 90.0, ["2", "5", "10", "20", "50"]),
        (0.002, 90.0, ["0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10", "30"]),
        (26.0, 43.0, ["30", "40"]),  # 1, 2 and 5 times a power of ten are none of these
    ],
)
def test_errors_have_two_numbers_or_more_on_their_axis(low: float, high: float, labels: list[str]) -> None:
    axes, foot = panel(), foot_of([low, high])
    axes.plot([1, 2], [low, high])
    logarithmic_errors(axes, foot)
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    shown = [tick.get_text() for tick in axes.get_yticklabels() if low <= tick.get_position()[1] <= high]
    assert [label for label in shown if label in labels] == labels
    assert len(set(shown)) == len(shown)


def test_both_axes_are_logarithmic_and_zero_is_marked_as_such() -> None:
    axes, foot = panel(), foot_of([20.0, 1.0, 0.0])
    axes.plot([1, 2, 4], foot.of([20.0, 1.0, 0.0]))
    logarithmic(axes, foot)
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    labels = {float(tick.get_position()[1]): tick.get_text() for tick in axes.get_yticklabels()}
    assert labels[0.5] == "0"
    assert labels[10.0] == "10"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "4"]


def error_axes(campaign: Campaign, name: str, profile: ProfileName, monkeypatch: pytest.MonkeyPatch) -> "list[Axes]":
    """The panels of an experiment's figure."""
    drawn: list[Figure] = []

    def keep(figure: Figure, *_: object) -> tuple[bytes, bytes]:
        drawn.append(figure)
        return b"", b""

    monkeypatch.setattr(figures, "both_renderings", keep)
    figures.figures_of(CATALOGUE.experiment(name), profile, read(campaign.evidence, None, CATALOGUE), CATALOGUE.claims)
    return drawn[0].axes


def test_three_seeds_are_a_line_in_a_band_and_fewer_a_thin_line_each(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-16", (9850, 9853, 9856))
    write_arm(campaign.evidence, MNIST, "paper", "poisson-16", (9460, 9470))
    (axes,) = error_axes(campaign, MNIST, "paper", monkeypatch)
    curves = [line for line in axes.lines if len(line.get_xdata()) == 16]  # type: ignore[arg-type]
    assert [(line.get_color(), line.get_linewidth()) for line in curves] == [
        (colour_of("dct"), 1.6),
        (colour_of("poisson"), 0.7),
        (colour_of("poisson"), 0.7),
    ]
    assert len(axes.collections) == 1  # the band


def test_lines_are_named_in_the_margin_and_each_published_number_is_joined_to_its_own(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arm in ("cyclic-16x3", "truncated-8x6"):
        write_arm(campaign.evidence, "ablation-intermittent", "lite", arm, (6850, 6853, 6856))
    (axes,) = error_axes(campaign, "ablation-intermittent", "lite", monkeypatch)
    assert {text.get_text() for text in axes.texts} == {"DCT, cyclic", "first 8", ""}
    (whole, first) = [line for line in axes.lines if line.get_marker() == "D" and np.size(line.get_xdata()) == 1]
    joins = [text for text in axes.texts if isinstance(text, Annotation) and not text.get_text()]
    for published, join in zip((whole, first), joins, strict=True):
        assert join.arrow_patch is not None
        assert join.xyann == tuple(np.asarray(published.get_xydata())[0])
        assert join.xy == pytest.approx((48.0, 31.47))
        assert to_hex(join.arrow_patch.get_edgecolor()) == published.get_markeredgecolor()
    assert whole.get_markeredgecolor() != first.get_markeredgecolor()


def test_numbers_for_more_steps_than_ours_stand_in_the_margin_and_stretch_no_axis(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_arm(campaign.evidence, "cifar10-encoders", "lite", "dct", (6850, 6853, 6856))
    (axes,) = error_axes(campaign, "cifar10-encoders", "lite", monkeypatch)
    assert axes.get_xlim()[1] < 100
    assert {"DCT, cyclic, T = 48", "Rate, T = 1200", "T2FSNN, T = 240"} <= {
        text.get_text().replace("\u00a0", " ") for text in axes.texts
    }


def test_a_faultless_code_is_drawn(campaign: Campaign) -> None:
    """Warnings are errors here: a logarithm of zero would be one."""
    for path in write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9990, 9991, 9992)):
        record = structs.replace(read_record(path), curve=Counts([9000, 10_000], 10_000), digest="")
        last = structs.replace(record.epochs[-1], correct=10_000)
        write_record(campaign.evidence, structs.replace(record, epochs=[*record.epochs[:-1], last]))
    render(campaign.alone, CATALOGUE)
    assert (campaign.out / f"{MNIST}-paper-error.svg").is_file()
