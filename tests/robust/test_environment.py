"""What surrounds a command: no home, text that drives a terminal, and words. Variables, streams: `tools.hostile`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.machine.console import printable
from tests.command import harness
from tests.robust import tiny


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
    bare = {name: value for name, value in os.environ.items() if name not in ("HOME", "HARNESS_CACHE")}
    bare |= {"PYTHONPATH": tiny.root(), "TMPDIR": str(tmp_path / "tmp"), "NUMBA_CACHE_DIR": ""}
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "here", env=bare, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(tmp_path / "tmp"))
    assert list((tmp_path / "here").iterdir()) == []


def test_only_visible_characters_and_line_breaks_reach_a_terminal() -> None:
    assert printable("a\x1b]0;owned\x07\x1b[2J\n\tλ = 0,99 \u202e") == "a\\x1b]0;owned\\x07\\x1b[2J\n\tλ = 0,99 \\u202e"


def test_a_full_disk_is_said_to_be_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.papers.catalogue", refuse)
    assert harness("list") == (2, "", "error: No space left on device — make room on the disk\n")
