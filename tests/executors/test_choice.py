"""Where a run is computed: what is refused, and how its options are shown."""

import re

import pytest
import torch
from typer.testing import CliRunner

from harness import cli
from harness.errors import HarnessError
from harness.machine.process import Threads
from harness.runs.executors import choice, on_ray
from harness.runs.executors.choice import Where


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (Where(workers=0), "--workers must be at least 1"),
        (Where(workers=100_000), "at most 256"),
        (Where(on="moon"), "use here, slurm, ray"),
        (Where(on="slurm", workers=2), "leave one of them out"),
        (Where(detach=True), "add --on slurm"),
        (Where(slurm=("time=5",)), "add --on slurm"),
        (Where("slurm", slurm=("cpus_per_task=0",)), "a whole number from 1, not '0'"),
    ],
)
def test_what_cannot_be_is_refused(where: Where, message: str) -> None:
    with pytest.raises(HarnessError, match=message):
        where.checked()


@pytest.mark.parametrize("engine", ["slurm", "ray"])
def test_without_the_extra_it_is_named(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    with pytest.raises(HarnessError, match=rf"pip install 'dct-snn-harness\[{engine}\]'"):
        Where(on=engine).checked()


def test_run_has_at_most_twenty_options_under_headings() -> None:
    text = CliRunner().invoke(cli.app, ["run", "--help"]).stdout
    assert len(re.findall(r"^  --", text, re.M)) <= 20
    assert re.findall(r"^(\w[\w ]*):$", text, re.M) == ["What", "How much", "Where", "How long", "Other"]


@pytest.mark.parametrize(
    ("where", "here", "count"),
    [
        (Where(on="slurm"), Threads(64), 4),
        (Where(on="slurm", slurm=("cpus_per_task=9",)), Threads(64), 9),
        (Where(on="ray"), Threads(1, "a small network"), 1),
        (Where(workers=2), Threads(32, "shared by 2 workers"), 32),
    ],
)
def test_a_task_elsewhere_does_not_have_this_machine_s_threads(where: Where, here: Threads, count: int) -> None:
    assert where.threads(here).count == count


def test_a_gpu_of_the_cluster_is_asked_of_slurm_where_this_machine_has_none() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    command = ["run", "quickstart", "--profile", "smoke", "--device", "cuda", "--dry-run"]
    assert isinstance(CliRunner().invoke(cli.app, command).exception, HarnessError)
    said = CliRunner().invoke(cli.app, [*command, "--on", "slurm"]).stdout
    assert "#SBATCH --gpus-per-node=1" in said


def test_ray_is_not_waited_for_where_no_node_could_take_a_cell() -> None:
    node = {"Alive": True, "Resources": {"CPU": 2.0}}
    on_ray._require_room([{"Alive": False}, node], 2, 0)
    for cpus, gpus in ((3, 0), (1, 1)):
        with pytest.raises(HarnessError, match="no node of the Ray cluster"):
            on_ray._require_room([node], cpus, gpus)
