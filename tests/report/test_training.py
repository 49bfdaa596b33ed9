"""The differences along fine-tuning in report and page: a table and a figure, where records have readings."""

from pathlib import Path

import msgspec
import pytest

from harness.records.store import read_record, write_record
from harness.report import figures, render
from harness.report.figures import Scene
from harness.report.sources import read
from harness.schema import Counts

from .campaigns import CATALOGUE, Campaign, keep_drawn, write_arm

NAME = "ablation-training"
# Right answers of 10,000, seed by seed: after balancing, an eighth, a half, and all of fine-tuning.
RIGHT = {
    "cyclic-16x3": ((6000, 6300, 6600, 6900), (6100, 6300, 6700, 7000), (6050, 6360, 6650, 6890)),
    "interleaved-16x3": ((5500, 6000, 6400, 6800), (5500, 6050, 6500, 6850), (5600, 6040, 6420, 6840)),
    "cyclic-8x3": ((5000, 5300, 5600, 5900), (5100, 5300, 5700, 6000)),
    "interleaved-8x3": ((5100, 5200, 5400, 5800), (5100, 5250, 5500, 5850)),
}


def write_along(results: Path) -> None:
    """Records with readings on the way: three seeds of the pair with 48 steps, two of that with 24."""
    for arm, seeds in RIGHT.items():
        paths = write_arm(results, NAME, "lite", arm, [counts[-1] for counts in seeds])
        for path, (balanced, *between, _) in zip(paths, seeds, strict=True):
            record = read_record(path)
            start, eighth, half = (_curve(record.config.timesteps, last) for last in (balanced, *between))
            way = {"0.125": eighth, "0.5": half}
            write_record(results, msgspec.structs.replace(record, balanced=start, on_the_way=way, digest=""))


def _curve(timesteps: int, last: int) -> Counts:
    return Counts([1000] * (timesteps - 1) + [last], 10_000)


@pytest.fixture
def along(campaign: Campaign) -> Campaign:
    write_along(campaign.evidence)
    return campaign


@pytest.mark.usefixtures("blank_figures")
def test_markdown_has_a_column_for_each_fraction(along: Campaign) -> None:
    result = render(along.alone, CATALOGUE)
    assert result.problems == ()
    text = (along.out / f"{NAME}.md").read_text(encoding="utf-8")
    assert "| arm | whose | seeds | 0 | 0.125 | 0.5 | 1 |" in text
    lines = [line for line in text.splitlines() if "T = 48) | evidence" in line]
    # Differences of 1.0, 1.5 and 0.5 points at the end: by hand 1 ± 4.3027 · 0.5 / √3
    assert len(lines) == 1
    assert "| evidence | 3/3 |" in lines[0]
    assert lines[0].endswith("| +1.00 (−0.24 to +2.24) |")
    assert (along.out / f"{NAME}-lite-training.svg").is_file()
    assert "| 2/3, incomplete | −1.00, +0.00 (a) |" in text


def test_the_figure_draws_a_line_for_each_pair(along: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep_drawn(figures, monkeypatch)
    sources = read(along.evidence, None, CATALOGUE)
    list(figures.training_figure(Scene(CATALOGUE.experiment(NAME), "lite", sources, ())))
    (_, long, short) = kept[0]
    assert long[:2] == ["cyclic-16x3 − interleaved-16x3", "evidence"]
    assert [[point[0], round(point[1], 4)] for point in long[2]] == [[0, 5.1667], [0.125, 2.9], [0.5, 2.1], [1, 1.0]]
    assert [point[2:4] for point in short[2]] == 4 * [[None, None]]
    assert short[2][0][4:] == pytest.approx([-1.0, 0.0])
