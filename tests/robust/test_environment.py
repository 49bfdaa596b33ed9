"""What surrounds a command: nonsense in the environment, closed streams, no home, and text that drives a terminal."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.errors import HarnessError
from harness.machine.console import printable
from harness.records.store import write_record
from harness.runs.verify import Simulated
from harness.schema import Failure
from tests.robust import tiny
from tests.robust.command import main
from tests.robust.test_status import record

NONSENSE = {"COLUMNS": "²", "LINES": "-1", "OMP_NUM_THREADS": "many", "NUMBA_NUM_THREADS": "0", "MPLBACKEND": "none",
            "SOURCE_DATE_EPOCH": "9" * 30}  # fmt: skip
HARNESS = [sys.executable, "-m", "harness"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": tiny.root(), **more}


@pytest.mark.slow
def test_nonsense_in_the_environment_is_named_and_ignored(tmp_path: Path) -> None:
    write_record(tmp_path / "results/local", record("cyclic-16"))
    done = subprocess.run(
        [*HARNESS, "report"], cwd=tmp_path, env=environment(**NONSENSE), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ignored = {line.split()[0] for line in done.stderr.splitlines() if line.endswith("ignored")}
    assert ignored == NONSENSE.keys() - {"MPLBACKEND"}


@pytest.mark.slow
@pytest.mark.parametrize(("command", "code"), [("list >&-", 0), ("list 2>&-", 0), ("list >&- 2>&-", 0), ("x 2>&-", 2)])
def test_closed_streams_change_no_exit_code(command: str, code: int, tmp_path: Path) -> None:
    words = f"{sys.executable} -m harness {command}"
    assert subprocess.run(["sh", "-c", words], cwd=tmp_path, env=environment(), check=False).returncode == code


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


@pytest.mark.parametrize("verb", [("status",), ("report", "--out", "out"), ("verify", "quickstart/lite/cyclic-16/0")])
def test_what_a_record_says_is_shown_as_text(
    verb: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    failed = msgspec.structs.replace(
        record("cyclic-16", failure="x"), failure=Failure(ESCAPE, ESCAPE), environment={"device": ESCAPE}
    )
    write_record(Path("results/local"), failed)
    path = write_record(Path("results/local"), record("cyclic-16", 1))
    path.write_text(path.read_text().replace('"status"', f'"{ESCAPE.encode("unicode_escape").decode()}"'))
    (path.parent / f"seed-{ESCAPE}.json").write_text("{}")
    _, said = main(monkeypatch, *verb)
    assert "\x1b" not in said + capfd.readouterr().out


def test_arguments_are_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (("show", ESCAPE), (ESCAPE,), ("run", "quickstart", "--arm", ESCAPE), ("status", f"--{ESCAPE}")):
        code, said = main(monkeypatch, *words)
        assert (code, "\x1b" in said, "\\x1b" in said) == (2, False, True)


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
    assert main(monkeypatch, "list") == (2, "error: No space left on device — make room on the disk\n")
