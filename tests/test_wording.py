"""How the command line words things: `show`, plurals, errors, a finished bar, and documents for machines."""

import io
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from harness import cli
from harness.cli.see import network_words
from harness.config import NetworkSpec
from harness.machine.console import counted
from harness.runs.progress import Progress
from tests.robust.command import main


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_a_network_is_said_in_words() -> None:
    assert network_words(NetworkSpec("784-100-10", hidden=(100,)), 10) == (
        "784-100-10: hidden layer of 100 neurons, 10 classes"
    )
    assert network_words(NetworkSpec("small", features=(8, "A"), hidden=(64, 32)), 200) == (
        "small: 3×3 convolutions with channels 8 A (A: average pooling 2×2), hidden layers of 64 and 32 neurons, "
        "200 classes"
    )
    assert network_words(NetworkSpec("none"), 10) == "none: 10 classes"


def test_show_explains_its_letters_and_counts_its_classes() -> None:
    mnist = run("show", "mnist-784-100-10")
    assert "hidden layer of 100 neurons, 10 classes" in mnist
    assert "100 classes" not in mnist
    vgg = run("show", "cifar100-vgg11", "--profile", "paper")
    assert "profile paper" in vgg
    assert "profile smoke" not in vgg
    assert "A: average pooling 2×2, D: dropout" in vgg
    assert "hidden layers of 4096 and 4096 neurons, 100 classes" in vgg


def test_one_is_no_plural() -> None:
    assert [counted(n, "seed") for n in (0, 1, 2)] == ["0 seeds", "1 seed", "2 seeds"]
    assert counted(1, "class", "classes") + counted(10_000, "class", "classes") == "1 class10,000 classes"
    said = run("show", "quickstart", "--profile", "smoke")
    assert "1 seed;" in said
    assert "1 seeds" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--no-such-option"), "error: no such option: --no-such-option"),
        (("nothing",), "error: no such command 'nothing'"),
        (("run",), "error: missing argument 'EXPERIMENT'"),
        (("run", "quickstart", "--seeds", "x"), "error: invalid value for '--seeds'"),
        (("show", "nothing"), "error: unknown experiment 'nothing'"),
        (("status", "--results-dir", ""), "error: a folder's name is empty"),
    ],
)
def test_every_error_begins_alike_and_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, printed = main(monkeypatch, *arguments)
    assert code == 2
    assert printed.startswith(said)
    assert len(printed.splitlines()) == 1


def test_without_arguments_there_is_help_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    code, printed = main(monkeypatch)
    assert code == 2
    assert "Usage" in printed
    assert "rror:" not in printed
    monkeypatch.undo()
    assert main(monkeypatch, "--help")[0] == 0


def test_exit_codes_of_commands_pass_through_main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(monkeypatch, "report", "--check")[0] == 1
    assert main(monkeypatch, "list")[0] == 0


def test_a_wrong_number_of_seeds_suggests_what_is_planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    from harness.papers import catalogue

    quick = catalogue().experiment("quickstart")
    for profile in ("smoke", "lite"):
        _, printed = main(monkeypatch, "run", "quickstart", "--profile", profile, "--seeds", "0")
        assert f"use {quick.seeds('cyclic-16', profile)} as the {profile} profile plans" in printed


def test_a_finished_bar_ends_at_100_percent() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80)
    with Progress(console, 1000.0) as show:
        show.cell("a cell")
        show.advance("training", 890.0)
    assert "100 %" in stream.getvalue()


def test_a_stopped_bar_does_not() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80)

    def stop() -> None:
        with Progress(console, 1000.0) as show:
            show.advance("training", 890.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert "100 %" not in stream.getvalue()


def test_list_show_and_doctor_have_documents_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "quickstart" in [row["name"] for row in json.loads(run("list", "--json"))["experiments"]]
    shown = json.loads(run("show", "mnist-784-100-10", "--profile", "paper", "--json"))
    assert [profile["name"] for profile in shown["profiles"]] == ["paper"]
    assert shown["classes"] == 10
    assert {"cyclic-16", "direct-16"} <= {arm["name"] for arm in shown["arms"]}
    assert "98.54" in {claim.get("value") for claim in shown["claims"]}
    assert shown["profiles"][0]["deviations"]
    machine = json.loads(run("doctor", "--json"))
    assert machine["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {row["name"]: row["state"] for row in machine["data"]}["digits"] == "verified"
    assert machine["folders"]["cache"]["free_gib"] > 0
