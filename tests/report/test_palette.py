"""A colour means a code in every figure; marker and line tell the variants of one code apart."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from encoders.registry import BUILTIN
from harness.report import render
from harness.report.palette import colour_of, looks_of

from .campaigns import CATALOGUE, Campaign, write_arm


def contrast_with_white(colour: str) -> float:
    """WCAG's ratio, from its definition."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def stroke(svg: Path, group: str) -> str:
    """The colour in which the group whose id begins so is drawn."""
    (found,) = [e for e in ET.parse(svg).iter() if e.get("id", "").startswith(group)]
    return str(re.search(r"stroke: (#[0-9a-f]{6})", ET.tostring(found, encoding="unicode"))[1])  # type: ignore[index]


def test_every_built_in_code_has_a_colour_of_its_own() -> None:
    assert len({colour_of(code) for code in BUILTIN}) == len(BUILTIN)


@pytest.mark.parametrize("code", ["mine", "yours", "norse-lif", "snntorch-rate", "a", "b", "c"])
def test_a_code_that_is_not_built_in_can_be_seen_and_keeps_its_colour(code: str) -> None:
    assert contrast_with_white(colour_of(code)) >= 3.0
    assert looks_of([("dct", "x"), (code, "y")])["y"].colour == looks_of([(code, "z")])["z"].colour


def test_variants_of_a_code_share_its_colour_and_nothing_else() -> None:
    looks = looks_of([("dct", name) for name in "abcdefgh"])
    assert {look.colour for look in looks.values()} == {colour_of("dct")}
    assert len({(look.marker, str(look.line)) for look in looks.values()}) == 8


def test_a_code_has_one_colour_in_the_figures_of_two_experiments(campaign: Campaign) -> None:
    for experiment, arm in (
        ("mnist-784-100-10", "cyclic-16"),
        ("mnist-784-100-10", "direct-16"),
        ("mnist-encoders", "direct"),
        ("mnist-encoders", "dct"),
    ):
        write_arm(campaign.evidence, experiment, "paper", arm, (9800, 9810, 9790))
    render(campaign.alone, CATALOGUE)
    first, second = (campaign.out / f"{e}-paper-error.svg" for e in ("mnist-784-100-10", "mnist-encoders"))
    dct, direct = stroke(first, "arm--cyclic-16--line"), stroke(first, "arm--direct-16--line")
    assert dct != direct
    assert (stroke(second, "arm--dct--line"), stroke(second, "arm--direct--line")) == (dct, direct)
