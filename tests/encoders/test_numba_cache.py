"""Compiled kernels go to the user's cache folder, chosen before Numba is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import os, sys, encoders
print(os.environ.get("NUMBA_CACHE_DIR"), "torch" in sys.modules, "numba" in sys.modules)
"""


def seen(**environment: str) -> list[str]:
    """Where Numba is told to cache, and whether torch and Numba were imported, in a process of its own."""
    own = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "HARNESS_CACHE")}
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**own, **environment}, timeout=60)
    return done.stdout.split()


def test_it_is_in_the_harness_cache_and_nothing_heavy_is_imported(tmp_path: Path) -> None:
    assert seen(HARNESS_CACHE=str(tmp_path)) == [str(tmp_path / "numba"), "False", "False"]
    assert (tmp_path / "numba").is_dir()


def test_without_one_it_is_in_the_users_cache_folder(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path)}
    chosen = Path(seen(**home)[0])
    assert chosen.name == "numba"
    assert "dct-snn-harness" in chosen.parts
    assert tmp_path in chosen.parents


def test_the_users_own_choice_stands(tmp_path: Path) -> None:
    chosen = seen(NUMBA_CACHE_DIR=str(tmp_path / "mine"), HARNESS_CACHE=str(tmp_path))[0]
    assert chosen == str(tmp_path / "mine")
    assert not (tmp_path / "numba").exists()


def test_where_it_cannot_be_made_numba_chooses(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert seen(HARNESS_CACHE=str(tmp_path / "file"))[0] == "None"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_where_it_cannot_be_written_numba_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import encoders

    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    encoders._use_user_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ
