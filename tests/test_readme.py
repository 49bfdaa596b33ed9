"""README's commands work as printed: the cheap ones are run, the dear ones are planned."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parent.parent / "README.md"


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def harness(line: str, folder: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "harness", *shlex.split(line)[1:], *extra]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("harness ") and " run " not in line])
def test_cheap_commands_work(line: str, tmp_path: Path) -> None:
    result = harness(line, tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout


def test_the_first_block_runs_the_published_arms(tmp_path: Path) -> None:
    (line,) = [line for line in commands() if line.startswith("harness run")]
    data = tmp_path / "nothing"
    data.mkdir()
    # Without data the command is understood and stops at the data: nothing is trained here.
    result = harness(line, tmp_path, "--data-dir", str(data))
    assert result.returncode == 2
    assert str(data) in result.stderr


def test_the_named_experiments_are_those_that_exist() -> None:
    from harness.papers import catalogue

    table = README.read_text(encoding="utf-8").split("## Experiments")[1].split("## Add")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`([^`]+)`", row)] == catalogue().names()


def test_what_readme_points_at_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target


@pytest.fixture(scope="module")
def bench() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((README.parent / "results/evidence/bench/bench.json").read_text("utf-8"))
    return content


def test_the_speed_table_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    section = README.read_text(encoding="utf-8").split("## Speed")[1].split("\n## ")[0]
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| ")]
    assert len(table) > 2
    for size, ours, bare, to_bare, peer, to_ours in table[2:]:
        network, batch, timesteps = size.split(", ")
        times = {
            row["implementation"]: (row["kind"], row["ms_per_image"])
            for row in bench["rows"]
            if (row["network"], row["batch"], row["timesteps"]) == (network, int(batch), int(timesteps))
        }
        fastest = min((time, name) for name, (kind, time) in times.items() if kind == "peer" and time is not None)
        mine, floor = times["ours bf16"][1], times["matmuls bf16"][1]
        assert ours == f"{mine:.3g} ms"
        assert bare == f"{floor:.3g} ms"
        assert peer == f"{fastest[1]}, {fastest[0]:.3g} ms"
        assert (to_bare, to_ours) == (f"{mine / floor:.2f}", f"{fastest[0] / mine:.2f}")


def test_the_memory_of_the_papers_step_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    (step,) = [found["peak_mib"] for found in bench["footprints"] if found["what"] == "step"]
    assert f"takes {step / 1024:.1f} GiB beside its weights" in README.read_text(encoding="utf-8").replace("\n", " ")


def test_memory_beside_the_peers_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    name = "peak memory against the leanest peer as documented or under autocast"
    (share,) = [target["measured"] for target in bench["targets"] if target["statement"] == name]
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert f"a step needs at most {share:.2f} of the leanest peer's" in text


def test_start_up_is_that_of_the_committed_bench(bench: dict[str, Any]) -> None:
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert f"`harness --help` answers in {bench['startup']['help_seconds']:.1f} s" in text
    assert f"its first training step after {bench['startup']['first_step_seconds']:.1f} s" in text
