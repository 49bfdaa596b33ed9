"""The rooms: who may import whom. The contract stands in pyproject.toml and has no exceptions."""

import re
import tomllib

import pytest

from tests.command import ROOT, python

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@pytest.mark.slow
def test_the_contracts_are_kept() -> None:
    """In a process of its own, because it disables the loggers of others."""
    python("-c", "import sys, importlinter.cli as c; sys.exit(c.lint_imports(no_cache=True))", cwd=ROOT)


def test_every_room_stands_in_the_contract_which_has_no_exceptions() -> None:
    rooms = {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")}
    layers = {name.removeprefix("harness.") for row in CONTRACTS[0]["layers"] for name in row.split(" | ")}
    assert rooms <= layers
    assert not [contract for contract in CONTRACTS if "ignore_imports" in contract]


@pytest.mark.parametrize("name", ["harness/plain.py", "tools/audit.py"])
def test_an_oracle_imports_nothing_of_the_program(name: str) -> None:
    ours = r"^\s*(from\s+(\.|harness|encoders)|import\s.*\b(harness|encoders)\b)"
    assert not re.search(ours, (ROOT / name).read_text("utf-8"), re.MULTILINE)


# Each line in the same process after those before it: what a line may import, the later ones may too.
LIGHT = """
import harness.cli  # torch numba rich msgspec importlib.metadata platformdirs
import harness  # torch numba pandas numpy scipy matplotlib msgspec rich
import encoders  # torch numba
from harness.papers import catalogue; assert catalogue().claims  # torch numba pandas numpy scipy statsmodels
from harness.records.fingerprint import SOURCES as s; s.reached(("harness.training.cell:run_cell",), "cpu", {})  # torch
import pathlib, harness.runs.status as s; s.status(pathlib.Path("none"), catalogue(), "quickstart")  # torch numba
import harness.analysis.judges  # torch numba pandas
from harness.report import *  # torch numba
"""


def test_what_is_to_start_soon_imports_nothing_heavy() -> None:
    program = ["import os, sys", "os.environ['NUMBA_CACHE_DIR'] = 'x'"]
    for line in LIGHT.strip().splitlines():
        code, _, heavy = line.partition("  # ")
        program += [code, f"assert not (found := {{*{heavy.split()}}} & {{*sys.modules}}), ({code!r}, found)"]
    # Numba reads its folder when it is imported, so that `encoders` has chosen one before.
    program[program.index("import encoders")] = "del os.environ['NUMBA_CACHE_DIR']; import encoders"
    program.append("assert os.environ['NUMBA_CACHE_DIR']")
    python("-c", "\n".join(program))
