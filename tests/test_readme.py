"""README's two commands do what it says, and the speed page quotes the committed bench."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench.workload import DEFAULT

ROOT = Path(__file__).parent.parent
README, SPEED = ROOT / "README.md", ROOT / "docs/speed.md"


def harness(line: str, folder: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "harness", *shlex.split(line)[1:], *extra]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


def block(mark: str) -> list[str]:
    """The commands of the one line that follows a mark."""
    (lines,) = re.findall(rf"<!-- {mark} -->\n```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (line,) = lines.splitlines()
    found: list[str] = line.split(" && ")
    return found


def test_both_blocks_do_all_of_their_set_up() -> None:
    for mark in ("run", "tests"):
        first, second, *rest = block(mark)
        assert first == "python3 -m venv .venv"
        assert second.startswith(".venv/bin/pip install ")
        assert all(command.startswith(".venv/bin/") for command in rest)


def test_the_extras_that_the_tests_install_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (named,) = re.findall(r"\.\[(.*)\]", block("tests")[1])
    assert set(named.split(",")) <= set(extras)


def test_the_checks_come_in_the_order_of_their_cost() -> None:
    assert [command.removeprefix(".venv/bin/") for command in block("tests")[2:]] == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "pytest",
    ]


def test_ci_takes_the_tests_from_readme() -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    (awk,) = re.findall(r"awk '(.*?)'", script)
    done = subprocess.run(["awk", awk, str(README)], capture_output=True, text=True, check=True)
    assert done.stdout.strip().split(" && ") == block("tests")


def test_the_first_block_runs_the_published_arms(tmp_path: Path) -> None:
    (line,) = [command for command in block("run") if command.startswith(".venv/bin/harness run")]
    data = tmp_path / "nothing"
    data.mkdir()
    # Without data the command is understood and stops at the data: nothing is trained here.
    result = harness(line, tmp_path, "--data-dir", str(data))
    assert result.returncode == 2
    assert str(data) in result.stderr


def test_what_readme_points_at_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target


@pytest.fixture(scope="module")
def bench() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "results/evidence/bench/bench.json").read_text("utf-8"))
    return content


def test_the_speed_table_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    section = SPEED.read_text(encoding="utf-8")
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| ")]
    points = [f"{point.network}, {point.batch}, {point.timesteps}" for point in DEFAULT.points]
    assert [row[0] for row in table[2:]] == points
    for size, ours, bare, to_bare, peer, to_ours in table[2:]:
        network, batch, timesteps = size.split(", ")
        times = {
            row["implementation"]: (row["kind"], row["ms_per_image"])
            for row in bench["rows"]
            if row["what"] == "step"
            and (row["network"], row["batch"], row["timesteps"]) == (network, int(batch), int(timesteps))
        }
        fastest = min((time, name) for name, (kind, time) in times.items() if kind == "peer" and time is not None)
        mine, floor = times["ours bf16"][1], times["matmuls bf16"][1]
        assert ours == f"{mine:.3g} ms"
        assert bare == f"{floor:.3g} ms"
        assert peer == f"{fastest[1]}, {fastest[0]:.3g} ms"
        assert (to_bare, to_ours) == (f"{mine / floor:.2f}", f"{fastest[0] / mine:.2f}")


def test_the_memory_of_the_papers_step_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    (step,) = [found["peak_mib"] for found in bench["footprints"] if found["what"] == "step"]
    assert f"takes {step / 1024:.1f} GiB beside its weights" in SPEED.read_text(encoding="utf-8").replace("\n", " ")


def test_memory_beside_the_peers_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    name = "peak memory against the leanest peer as documented or under autocast"
    (share,) = [target["measured"] for target in bench["targets"] if target["statement"] == name]
    text = " ".join(SPEED.read_text(encoding="utf-8").split())
    assert f"a step needs at most {share:.2f} of the leanest peer's" in text


def test_start_up_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    text = " ".join(SPEED.read_text(encoding="utf-8").split())
    assert f"`harness --help` answers in {bench['startup']['help_seconds']:.1f} s" in text
    assert f"its first training step after {bench['startup']['first_step_seconds']:.1f} s" in text
