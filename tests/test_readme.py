"""README's commands work as printed: the cheap ones are run, the dear ones are planned."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def harness(line: str, folder: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "harness.cli", *shlex.split(line)[1:], *extra]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("harness ") and " run " not in line])
def test_cheap_commands_work(line, tmp_path):
    result = harness(line, tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout


def test_the_first_block_runs_the_published_arms(tmp_path):
    (line,) = [line for line in commands() if line.startswith("harness run")]
    data = tmp_path / "nothing"
    data.mkdir()
    # Without data the command is understood and stops at the data: nothing is trained here.
    result = harness(line, tmp_path, "--data-dir", str(data))
    assert result.returncode == 2
    assert str(data) in result.stderr


def test_the_named_experiments_are_those_that_exist():
    from harness import experiments

    table = README.read_text(encoding="utf-8").split("## Experiments")[1].split("## Add")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`([^`]+)`", row)] == experiments.names()


def test_what_readme_points_at_is_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target
