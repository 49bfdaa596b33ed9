"""Arms that `--encoder` added: shown beside the planned ones by their records, and nowhere without."""

import csv
import io

import pytest
from rich.console import Console

from harness.report import read, render, results_table
from harness.report.figures import named, panels_of, styles_of

from .campaigns import CATALOGUE, Campaign, write_arm

pytestmark = pytest.mark.usefixtures("blank_figures")


def run_of(campaign: Campaign, experiment: str, encoder: str, finals: tuple[int, ...]) -> None:
    """Local records of an encoder that the experiment does not plan, at the lite profile."""
    write_arm(campaign.local, experiment, "lite", encoder, finals)


def lines(campaign: Campaign, experiment: str) -> list[str]:
    stream = io.StringIO()
    sources = read(campaign.evidence, campaign.local, CATALOGUE)
    Console(width=110, file=stream).print(results_table(experiment, sources, CATALOGUE.claims))
    return stream.getvalue().splitlines()


def test_an_added_arm_has_a_row_of_its_own_and_none_in_the_evidence(campaign: Campaign) -> None:
    write_arm(campaign.evidence, "cifar10-encoders", "lite", "dct", (6000, 6010, 6020))
    run_of(campaign, "cifar10-encoders", "snntorch-rate", (5000, 5100))
    [row] = [line for line in lines(campaign, "cifar10-encoders") if "snntorch-rate" in line and "2/5" in line]
    assert "snntorch-rate (yours)" in row
    assert "2/5" in row
    assert "50.00, 51.00" in row  # two seeds have no interval


def test_page_table_and_csv_show_it_as_a_control(campaign: Campaign) -> None:
    write_arm(campaign.evidence, "cifar10-encoders", "lite", "dct", (6000, 6010, 6020))
    run_of(campaign, "cifar10-encoders", "snntorch-rate", (5000, 5100))
    result = render(campaign.both, CATALOGUE)
    assert result.problems == ()
    rows = list(csv.DictReader(io.StringIO((campaign.out / "cifar10-encoders.csv").read_text(encoding="utf-8"))))
    mine = [row for row in rows if row["arm"] == "snntorch-rate"]
    assert len(mine) == 48
    assert {row["whose"] for row in mine} == {"yours"}
    text = (campaign.out / "cifar10-encoders.md").read_text(encoding="utf-8")
    assert "snntorch-rate (added by --encoder)" in text


def test_it_joins_the_panel_of_its_timesteps_and_moves_no_colour() -> None:
    planned = CATALOGUE.experiment("dct-beyond")
    more = planned.with_added(["poisson", "latency"])
    panels = panels_of(more.arms)
    assert list(panels) == ["8", "16", "24", "48"]
    assert [arm.name for arm in panels["48"]][-2:] == ["poisson", "latency"]
    before, after = styles_of(planned.arms), styles_of(more.arms)
    assert {name: after[name] for name in before} == before
    assert after["poisson"].name == "poisson"


def test_many_arms_are_spread_by_code_where_that_makes_the_fewest_panels() -> None:
    arms = CATALOGUE.experiment("mnist-784-100-10").arms
    panels = panels_of(arms)
    assert {panel: len(members) for panel, members in panels.items()} == {"dct": 5, "poisson": 3, "direct": 1}
    assert len({style.name for style in styles_of(arms).values()}) == len(arms)
    titles = [named(members) for members in panels.values()]
    assert [title for title, _ in titles] == ["DCT, cyclic", "", ""]
    assert list(titles[0][1].values())[::3] == ["T = 16", "T = 5"]
    assert titles[2][1] == {"direct-16": "direct input (analog), T = 16"}


def test_a_code_with_a_crowd_of_arms_is_spread_by_their_names() -> None:
    arms = CATALOGUE.experiment("ablation-frequencies").arms  # all of them DCT
    panels = panels_of(arms)
    assert [named(members)[0] for members in panels.values()] == ["DCT, cyclic, T = 48", "DCT, cyclic"]
    styles = styles_of(arms)
    assert [styles[name].name for name in ("latency48-4", "cycles3-4", "latency48-16")] == [
        "first 4",
        "first 4, T = 12",
        "DCT, cyclic",
    ]
    steps = panels_of(CATALOGUE.experiment("dct-beyond").arms)
    assert [named(members)[0] for members in steps.values()] == [f"DCT, T = {steps}" for steps in (8, 16, 24, 48)]


def test_a_crowd_of_added_arms_stays_in_the_one_panel_of_few_planned_ones() -> None:
    crowd = CATALOGUE.experiment("cifar10-encoders").with_added(["norse-lif", "snntorch-rate", "mine"])
    assert list(panels_of(crowd.arms)) == [""]
    assert all(style.name for style in styles_of(crowd.arms).values())


def test_its_difference_from_every_other_arm_is_in_terminal_page_and_markdown(campaign: Campaign) -> None:
    for arm, finals in {"dct": (6000, 6010, 6020), "direct": (6200, 6100, 6150)}.items():
        write_arm(campaign.local, "cifar10-encoders", "lite", arm, finals)
    run_of(campaign, "cifar10-encoders", "snntorch-rate", (6100, 6110, 6120))
    said = lines(campaign, "cifar10-encoders")
    start = next(i for i, line in enumerate(said) if "snntorch-rate − other arms (yours)" in line)
    rows = {words[0]: " ".join(words[1:]) for line in said[start + 1 :] if len(words := line.split()) >= 3}
    assert rows["dct"] == "48 +1.00 3/5"
    # Student's t at two degrees of freedom times the standard error of (-1, 0.1, -0.3): by hand 4.3027 * 0.3215
    assert rows["direct"] == "48 −0.40 (−1.78 to +0.98) 3/5"
    render(campaign.both, CATALOGUE)
    text = (campaign.out / "cifar10-encoders.md").read_text(encoding="utf-8")
    assert (
        "| snntorch-rate − direct input (analog) | yours | 3/5, incomplete | 48 | −0.40 (−1.78 to +0.98) | seeds |"
        in text
    )
    page = (campaign.out / "cifar10-encoders.html").read_text(encoding="utf-8")
    assert "snntorch-rate − direct input (analog)" in page
    assert "−0.40 (−1.78 to +0.98)" in page
