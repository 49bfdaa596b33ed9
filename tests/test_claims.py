"""`harness claims`: verdicts of records where there are some, else those that come with the package."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.cli.claims import SNAPSHOT
from harness.errors import HarnessError
from tests.report.campaigns import write_mnist


def claims(*arguments: str) -> str:
    return CliRunner().invoke(app, ["claims", *arguments], catch_exceptions=False).stdout


def test_records_are_judged_and_one_claim_names_its_reason_records_and_commands(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    found = json.loads(claims("mnist-784-100-10", "--results-dir", str(tmp_path), "--json"))
    (one,) = [claim for claim in found["claims"] if claim["id"] == "mnist-t16" and claim["leads"]]
    assert (one["published"], one["ours"], one["verdict"]) == ("98.54 %", "98.54 %", "reproduced")
    assert one["records"] == [f"mnist-784-100-10/paper/cyclic-16/seed-000{seed}.json" for seed in range(5)]
    said = claims("mnist-t16", "--results-dir", str(tmp_path))
    assert one["why"][0] in said
    assert "recompute  harness run mnist-784-100-10 --profile paper --arm cyclic-16\n" in said


def test_an_empty_folder_has_the_verdicts_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, kept = json.loads(claims("--json")), json.loads(SNAPSHOT.read_text("utf-8"))
    assert (found["claims"], found["statements"]) == (kept["claims"], kept["statements"])
    listed = claims()
    assert all(claim["id"] in listed for claim in kept["claims"])
    assert "which holds the verdicts but no records" in listed
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_answered_with_the_nearest_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HarnessError, match="did you mean 'mnist-t16'"):
        claims("mnist-t61")
