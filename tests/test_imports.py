"""The rooms: who may import whom. The contract stands in pyproject.toml and has no exceptions; files have names."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@pytest.mark.slow
def test_the_contracts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlinter.cli import lint_imports

    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def test_every_room_stands_in_the_contract_which_has_no_exceptions() -> None:
    rooms = {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")}
    layers = {name.removeprefix("harness.") for row in CONTRACTS[0]["layers"] for name in row.split(" | ")}
    assert rooms <= layers
    assert not [contract for contract in CONTRACTS if "ignore_imports" in contract]


def test_a_file_is_named_after_what_it_holds() -> None:
    nameless = {"utils.py", "util.py", "helpers.py", "helper.py", "misc.py", "common.py"}
    folders = ("encoders", "harness", "bench", "tools", "tests")
    assert not [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name in nameless]


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        ("import harness.cli", "torch numba rich msgspec importlib.metadata platformdirs"),
        ("import harness", "torch pandas numpy scipy matplotlib msgspec rich"),
        # Numba reads its folder when it is imported, so that it is chosen before.
        ("del os.environ['NUMBA_CACHE_DIR']\nimport encoders\nos.environ['NUMBA_CACHE_DIR']", "torch numba"),
        (
            "from harness.records.fingerprint import SOURCES\n"
            "SOURCES.reached(('harness.training.cell:run_cell',), 'cpu', {})",
            "torch",
        ),
    ],
)
def test_what_is_to_start_soon_imports_nothing_heavy(program: str, heavy: str) -> None:
    before = "import os, sys\nos.environ['NUMBA_CACHE_DIR'] = 'x'"
    asked = f"{before}\n{program}\nprint({{*{heavy.split()}}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
