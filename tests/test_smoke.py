"""The smoke profile of every experiment whose data are at hand runs to the end, and so does each command of a claim."""

import functools
import json
import os
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.data import look
from harness.papers import catalogue
from harness.report.artefact.claims import commands
from harness.report.artefact.material import gathered

CATALOGUE = catalogue()
RESULTS = Path(__file__).parent.parent / "results"
DATA = Path(os.environ["HARNESS_DATA"]) if "HARNESS_DATA" in os.environ else None


@functools.cache
def of_claims() -> tuple[tuple[str, ...], ...]:
    """The commands that the artefact of today's evidence names, each once, without the program's name."""
    rows = commands(gathered(RESULTS, "evidence", "report", CATALOGUE))
    return tuple(dict.fromkeys(tuple(shlex.split(row.command)[1:]) for row in rows))


def with_smoke(command: tuple[str, ...]) -> list[str]:
    """The same command for one seed of the smoke profile."""
    words = list(command)
    for option, value in (("--profile", "smoke"), ("--seeds", "1")):
        if option in words:
            words[words.index(option) + 1] = value
    return words


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_arm_leaves_a_record(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = CATALOGUE.experiment(name).dataset
    if look(dataset, DATA).state == "missing":
        pytest.skip(f"{dataset} is not at hand: name its folder in HARNESS_DATA")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.app, ["run", name, "--profile", "smoke", "--json"])
    assert done.exit_code == 0, done.output
    cells = json.loads(done.stdout)["cells"]
    assert [cell["status"] for cell in cells] == ["done"] * len(CATALOGUE.experiment(name).arms)
    for command in of_claims():
        if command[1] == name:
            again = CliRunner().invoke(cli.app, with_smoke(command))
            assert again.exit_code == 0, (command, again.output, again.exception)


def test_every_claim_has_a_command() -> None:
    assert {command[0] for command in of_claims()} == {"run", "report"}
    assert {command[1] for command in of_claims()} <= set(CATALOGUE.names())
    assert len(of_claims()) > 10
