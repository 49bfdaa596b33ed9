"""What surrounds a command: no home, text that drives a terminal, and words. Variables, streams: `tools.hostile`."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.machine.console import printable
from harness.runs.verify import Simulated
from tests.command import harness
from tests.robust import tiny

NONSENSE = {"COLUMNS": "²", "LINES": "-1", "OMP_NUM_THREADS": "many", "NUMBA_NUM_THREADS": "0", "MPLBACKEND": "none",
            "SOURCE_DATE_EPOCH": "9" * 30}  # fmt: skip
HARNESS = [sys.executable, "-m", "harness"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": tiny.root(), **more}


@pytest.mark.slow
def test_without_a_home_nothing_is_written_into_the_working_folder(tmp_path: Path) -> None:
    program = (
        "import pwd\n"
        "def nobody(_): raise KeyError\n"
        "pwd.getpwuid = nobody\n"
        "import encoders\n"
        "from harness.data import cache\n"
        "print(cache.folder('anns'))\n"
    )
    bare = {name: value for name, value in environment().items() if name not in ("HOME", "HARNESS_CACHE")}
    bare |= {"TMPDIR": str(tmp_path / "tmp"), "NUMBA_CACHE_DIR": ""}
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "here", env=bare, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(tmp_path / "tmp"))
    assert list((tmp_path / "here").iterdir()) == []


# Terminal

ESCAPE = "\x1b]0;owned\x07\x1b[2J"


def test_only_visible_characters_and_line_breaks_reach_a_terminal() -> None:
    assert printable(f"a{ESCAPE}\n\tλ = 0,99 \u202e") == "a\\x1b]0;owned\\x07\\x1b[2J\n\tλ = 0,99 \\u202e"


# Words


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.weights.test_simulators import spiking

    made = spiking()
    monkeypatch.setitem(sys.modules, "snntorch", None)
    with pytest.raises(HarnessError, match="--from snntorch needs snntorch"):
        Simulated("snntorch", replace(made))


def test_a_full_disk_is_said_to_be_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.papers.catalogue", refuse)
    assert harness("list") == (2, "", "error: No space left on device — make room on the disk\n")
