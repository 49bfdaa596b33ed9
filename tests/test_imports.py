"""The rooms: who may import whom. The contract stands in pyproject.toml and has no exceptions; files have names."""

import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@pytest.mark.slow
def test_the_contracts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def test_every_room_stands_in_the_contract() -> None:
    rooms = {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")}
    layers = {name.removeprefix("harness.") for row in CONTRACTS[0]["layers"] for name in row.split(" | ")}
    assert rooms <= layers


def test_there_are_no_exceptions() -> None:
    assert not [contract for contract in CONTRACTS if "ignore_imports" in contract]


def test_a_file_is_named_after_what_it_holds() -> None:
    nameless = {"utils.py", "util.py", "helpers.py", "helper.py", "misc.py", "common.py"}
    folders = ("encoders", "harness", "bench", "tools", "tests")
    assert not [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name in nameless]
