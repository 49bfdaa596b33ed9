"""The smoke profile of every experiment whose data are at hand runs to the end."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.data import look
from harness.papers import catalogue

CATALOGUE = catalogue()
DATA = Path(os.environ["HARNESS_DATA"]) if "HARNESS_DATA" in os.environ else None


@pytest.mark.slow
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
