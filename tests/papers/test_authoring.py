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
    assert harness("papers", "new", "my-paper").out.splitlines()[-3:] == [
        "next: harness papers check my-paper",
        "then: pip install -e my-paper",
        "and:  harness run my-paper-digits",
    ]
    yield tmp_path / "my-paper" / "my_paper"
    sys.modules.pop("my_paper", None)


def said(package: Path, file: str, **changes: str) -> list[str]:
    """What `papers check` says of the package after changes of texts, without the paper's name."""
    text = (package / file).read_text("utf-8")
    for place, (before, after) in enumerate(
        zip(changes["before"].split("|"), changes["after"].split("|"), strict=True)
    ):
        assert before in text, place
        text = text.replace(before, after)
    (package / file).write_text(text, "utf-8")
    done = harness("papers", "check", "my-paper")
    assert (done.code, done.err) == (1, "")
    return [line.removeprefix("my-paper: ") for line in done.out.splitlines()]


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


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ('4, "direct input, T = 4"', '4, "x", changes={"snn.epoch": 1}', ["unknown setting of SnnRecipe 'epoch'"]),
        ('"digits": 360', "", ["claim 'my-paper-t4': data set 'digits'", "claim 'my-paper-direct-above-dct'"]),
        ('"digits": 360', '"digits": -3', ["test_images of 'digits' is -3, no number of images"]),
        ('"dct", {', '"dctt", {', ["my-paper-digits: unknown encoder 'dctt' — did you mean 'dct'?"]),
        ('"schedule"', '"shedule"', ["my-paper-digits: encoder 'dct': "]),
        ('dataset="digits"|{"digits": 360}', 'dataset="digit"|{"digit": 360}', ["my-paper-digits: unknown data set"]),
        (
            "seeds=3",
            "seeds=2",
            ["2 claims ('my-paper-t4', 'my-paper-direct-above-dct'): 2 seeds of my-paper-digits"],
        ),
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
    ],
)
def test_what_is_wrong_is_a_line_each(package: Path, before: str, after: str, lines: list[str]) -> None:
    found = said(package, "__init__.py", before=before, after=after)
    assert len(found) == len(lines)
    for line, words in zip(found, lines, strict=True):
        assert words in line


def test_what_is_wrong_with_claims_is_a_line_each(package: Path) -> None:
    found = said(
        package,
        "claims.toml",
        before='arm = "direct-4"|less = "dct-4"|kind = "value"',
        after='arm = "direct-5"|less = "dct-4"\nlesser = 1|kind = "value"',
    )
    assert ("did you mean 'direct-4'?" in found[0], "lesser" in found[1], len(found)) == (True, True, 2)


@pytest.mark.parametrize(
    ("after", "said_of_it"),
    [
        ('timestep = 4\nvalue = "0.97"', "'value' is 0.97 % — state it in percent"),
        ('timestep = 4\ndoubled = "direct-5"\nvalue = "97.0"', "did you mean 'direct-4'?"),
        ('value = "97.0"', "timestep 0 is outside 1..4 of arm 'direct-4' — give the claim a 'timestep'"),
    ],
)
def test_what_a_number_of_a_claim_cannot_be_is_said(package: Path, after: str, said_of_it: str) -> None:
    (line,) = said(package, "claims.toml", before='timestep = 4\nvalue = "97.0"', after=after)
    assert said_of_it in line


def test_three_seeds_never_judge_steps(package: Path) -> None:
    before = 'kind = "value"\narm = "direct-4"\ntimestep = 4\nvalue = "97.0"'
    found = said(
        package,
        "claims.toml",
        before=before,
        after='kind = "steps-to-reach"\narm = "direct-4"\nvalue = "4"\ntarget = "90"',
    )
    assert found == ["1 claim ('my-paper-t4'): 3 seeds of my-paper-digits can never judge that — plan at least 5"]
