"""The rooms: who may import whom. The contract stands in pyproject.toml and has no exceptions."""

import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_the_contracts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def test_every_room_stands_in_the_contract() -> None:
    rooms = {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")}
    layers = {name.removeprefix("harness.") for row in CONTRACTS[0]["layers"] for name in row.split(" | ")}
    assert rooms <= layers


def test_there_are_no_exceptions() -> None:
    assert not [contract for contract in CONTRACTS if "ignore_imports" in contract]


def test_an_import_upward_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "house"
    for room in ("cellar", "attic"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "cellar" / "pipe.py").write_text("import house.attic\n")
    config = "[importlinter]\nroot_package = house\n[importlinter:contract:1]\nname = up\ntype = layers\n"
    (tmp_path / ".importlinter").write_text(config + "layers =\n  house.attic\n  house.cellar\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert lint_imports(no_cache=True) == 1
