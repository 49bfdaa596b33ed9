"""A paper of one's own: what is written runs and is judged, and what is wrong with one is said in a line each."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.papers.authoring import write_paper
from tests.command import harness


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package as it is written, in the working folder."""
    monkeypatch.chdir(tmp_path)
    assert harness("papers", "new", "my-paper").code == 0
    yield tmp_path / "my-paper" / "my_paper"
    sys.modules.pop("my_paper", None)


def test_what_is_written_is_sound(package: Path) -> None:
    assert package.parent.name != package.name  # it would hide the installed module
    assert harness("papers", "check", "my-paper") == (0, "my-paper: sound: 1 experiment, 2 claims\n", "")
    assert "my-paper exists already" in harness("papers", "new", "my-paper").err
    assert "a paper called 'qcfs' exists already" in harness("papers", "new", "qcfs").err
    assert "cannot name a paper" in harness("papers", "new", "My paper").err
    assert "unknown paper 'qcf' — did you mean 'qcfs'?" in harness("papers", "check", "qcf").err
    Path("empty folder").mkdir()
    refused = harness("papers", "check", "empty folder")
    assert (refused.code, "empty folder: no pyproject.toml in it" in refused.err) == (2, True)
    assert write_paper("tiny")[0].parent.name == "tiny-paper"


@pytest.mark.parametrize("name", ["dct-snn", "qcfs"])
def test_our_own_papers_are_sound(name: str) -> None:
    assert harness("papers", "check", name).out.startswith(f"{name}: sound: ")


T4 = 'kind = "value"\narm = "direct-4"\ntimestep = 4\nvalue = "97.0"'


@pytest.mark.parametrize(
    ("before", "after", "lines"),  # of claims.toml where a line of it is meant, else of __init__.py
    [
        ('4, "direct input, T = 4"', '4, "x", changes={"snn.epoch": 1}', ["unknown setting of SnnRecipe 'epoch'"]),
        ('"digits": 360', "", ["claim 'my-paper-t4': data set 'digits'", "claim 'my-paper-direct-above-dct'"]),
        ('"digits": 360', '"digits": -3', ["test_images of 'digits' is -3, no number of images"]),
        ('"dct", {', '"dctt", {', ["my-paper-digits: unknown encoder 'dctt' — did you mean 'dct'?"]),
        ('"schedule"', '"shedule"', ["my-paper-digits: encoder 'dct': "]),
        ('dataset="digits"|{"digits": 360}', 'dataset="digit"|{"digit": 360}', ["my-paper-digits: unknown data set"]),
        ("seeds=3", "seeds=2", ["2 claims ('my-paper-t4', 'my-paper-direct-above-dct'): 2 seeds of my-paper-digits"]),
        ('"paper",\n', '"lite",\n', ["1 claim ('my-paper-t4'): no profile of my-paper-digits can judge that"]),
        (
            'name="my-paper-digits"',
            'name="quickstart"',
            ["claim 'my-paper-t4': unknown experiment", "claim 'my-paper-d"],
        ),
        (
            "claims=read_claims",
            "picture=lambda: 1 / 0, claims=read_claims",
            ["picture cannot be shown: ZeroDivisionError"],
        ),
        (
            "claims=read_claims",
            'stands={"digits": "typo"}, tuned=lambda cell: cell.snn.rate > 0, claims=read_claims',
            ["unknown experiment 'typo'"],
        ),
        ("claims=read_claims", "tuned=lambda cell: cell.snn.rate > 0, claims=read_claims", ["no attribute 'rate'"]),
        ("PAPER = Paper(", "PAPER = dict(", ["dict is no Paper"]),
        ("PAPER = Paper(", "PAPER = (", ["SyntaxError"]),
        ('arm = "direct-4"|less =', 'arm = "direct-5"|lesser = 1\nless =', ["did you mean 'direct-4'?", "lesser"]),
        (T4, T4.replace("97.0", "0.97"), ["'value' is 0.97 % — state it in percent"]),
        (T4, T4.replace("value =", 'doubled = "direct-5"\nvalue ='), ["did you mean 'direct-4'?"]),
        (T4, T4.replace("timestep = 4\n", ""), ["timestep 0 is outside 1..4 of arm 'direct-4' — give the claim"]),
        (
            T4,
            'kind = "steps-to-reach"\narm = "direct-4"\nvalue = "4"\ntarget = "90"',
            ["1 claim ('my-paper-t4'): 3 seeds of my-paper-digits can never judge that — plan at least 5"],
        ),
    ],
)
def test_what_is_wrong_is_a_line_each(package: Path, before: str, after: str, lines: list[str]) -> None:
    path = package / ("claims.toml" if "arm = " in before else "__init__.py")
    text = path.read_text("utf-8")
    for old, new in zip(before.split("|"), after.split("|"), strict=True):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    done = harness("papers", "check", "my-paper")
    assert (done.code, done.err) == (1, "")
    for line, words in zip(done.out.splitlines(), lines, strict=True):
        assert words in line.removeprefix("my-paper: ")
