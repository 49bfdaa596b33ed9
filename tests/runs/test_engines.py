"""`--on slurm` and `--on ray` on real clusters: the records of one process, whatever happens to tasks and nodes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.runs.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=2)]


def required(engine: str, why_not: str) -> None:
    """Skip a test whose engine is absent, or fail it if HARNESS_REQUIRE names the engine."""
    if why_not:
        (pytest.fail if engine in os.environ.get("HARNESS_REQUIRE", "") else pytest.skip)(why_not)


# A real Slurm of one node on this machine: controller, node and authentication, in a folder of their own

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
SLURM = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=20
MaxArraySize=3
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    if os.getuid() != 0:
        return "Slurm's daemons are started as root"
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


@dataclass
class Cluster:
    """Daemons that run; `environment` has commands find them."""

    folder: Path
    daemons: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self, *command: str) -> None:
        program = shutil.which(command[0]) or command[0]
        with (self.folder / f"{command[0]}.out").open("ab") as log:
            self.daemons[command[0]] = subprocess.Popen(
                [program, *command[1:]], stdout=log, stderr=log, env={**os.environ, **self.environment}
            )

    def ask(self, *command: str) -> str:
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout

    def until(self, text: str, *command: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.ask(*command):
            assert time.monotonic() < end, self.ask(*command)
            time.sleep(0.2)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    ports = {"controller": free_port(), "node": free_port()}
    (folder / "slurm.conf").write_text(SLURM.format(host=socket.gethostname(), folder=folder, **ports))
    (folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    folder.chmod(0o755)
    made = Cluster(folder)
    options = [f"--{name}={folder}/munge.{name}" for name in ("socket", "pid-file", "log-file", "seed-file")]
    try:
        made.start("munged", "--foreground", "--force", f"--key-file={key}", *options)
        while not (folder / "munge.socket").exists():
            time.sleep(0.1)
        made.start("slurmctld", "-D", "-c")
        made.start("slurmd", "-D", "-c")
        made.until("idle", "sinfo", "--noheader", "--format=%T")
        yield made
    finally:
        made.ask("scancel", "--user=root", "--full")
        for daemon in reversed(made.daemons.values()):
            daemon.terminate()
            daemon.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    required("slurm", missing())
    with cluster(tmp_path_factory.mktemp("slurm")) as made:
        yield made


# Runs on it

Start = Callable[..., Started]


@pytest.fixture
def start(server: Server, slurm: Cluster, tiny_file: str, tmp_path: Path) -> Start:
    def run(*more: str) -> Started:
        environment = {**slurm.environment, "SBATCH_PARTITION": "all"}
        return server.run(tiny_file, tmp_path, "--on", "slurm", *more, **environment)

    return run


def training(run: Started, folder: Path) -> str:
    """The first task, as soon as it is at work."""
    run.until(folder, "cyclic-6/.seed-0000.*.checkpoint.training")
    (job, *_) = re.findall(r"as job (\d+)", run.said())
    return f"{job}_0"


def logs(folder: Path) -> str:
    return "".join(log.read_text() for log in (folder / "results/.slurm").glob("*.log"))


def ended(slurm: Cluster) -> None:
    slurm.until("0", "sh", "-c", "squeue --noheader | wc -l", seconds=120)


def node_dies(slurm: Cluster, _: str) -> None:
    slurm.daemons["slurmd"].kill()
    slurm.daemons["slurmd"].wait()
    time.sleep(2)
    slurm.start("slurmd", "-D")


@pytest.mark.parametrize(
    ("more", "fault", "submitted"),
    [
        (("--workers", "1"), lambda slurm, task: slurm.ask("scancel", task), 2),
        # Its time is up: it goes back to the queue, and on from its checkpoint.
        (("--workers", "1"), lambda slurm, task: slurm.ask("scancel", "--batch", "--signal=USR1", task), 1),
        ((), node_dies, None),
    ],
    ids=["cancelled", "time is up", "node dies"],
)
def test_whatever_ends_a_task_no_cell_is_lost(
    more: tuple[str, ...],
    fault: Callable[[Cluster, str], object],
    submitted: int | None,
    start: Start,
    slurm: Cluster,
    whole: dict[str, str],
    tmp_path: Path,
) -> None:
    run = start(*more)
    fault(slurm, training(run, tmp_path))
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert submitted in (None, run.said().count("submitted to Slurm"))
    assert submitted != 1 or "with a checkpoint" in logs(tmp_path)
    assert digests(tmp_path) == whole


def test_a_stopped_run_takes_its_tasks_along_and_goes_on(
    start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start()
    training(run, tmp_path)
    assert "submitted to Slurm: 3 tasks" in run.said()  # the array is as large as the cluster allows
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait() == 75, run.said()
    assert "with a checkpoint" in run.said().splitlines()[-1]
    ended(slurm)
    start().done()
    assert digests(tmp_path) == whole
    assert [name for name in left_over(tmp_path) if "seed-" in name] == []


def test_the_script_of_a_dry_run_is_submitted_and_not_waited_for(
    start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start("--dry-run")
    run.done()
    (document,) = [line for line in run.said().splitlines() if line.startswith("{")]
    script = json.loads(document)["script"]
    own = {"HARNESS_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **slurm.environment, **own}
    subprocess.run(["sbatch"], input=script, text=True, env=environment, check=True, capture_output=True, cwd=tmp_path)
    ended(slurm)
    assert digests(tmp_path) == whole, logs(tmp_path)


# Ray: a cluster of two nodes, which runs as a program of its own, `python -m tests.runs.test_engines FILE` in an empty
# folder, since Ray needs the sockets that tests may not use


def test_a_cluster_that_loses_a_node_leaves_the_records_of_one_process(
    tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    required("ray", "" if find_spec("ray") else "ray is not installed")
    environment = {"PYTHONPATH": str(ROOT), "HARNESS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **environment, "RAY_USAGE_STATS_ENABLED": "0"}
    program = [sys.executable, "-m", "tests.runs.test_engines", tiny_file]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "killed a node" in done.stderr
    assert digests(tmp_path) == whole


def main(file: str) -> int:
    """Start the cluster and `harness run` on it, and kill a node at work; the exit code."""
    import ray
    from ray.cluster_utils import Cluster

    from harness import cli

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()

    def kill_when_training() -> None:
        while len(list(Path.cwd().rglob(".seed-*.lock"))) < 2:
            time.sleep(0.001)
        cluster.remove_node(node, allow_graceful=False)
        print("killed a node", file=sys.stderr, flush=True)

    os.environ["RAY_ADDRESS"] = cluster.address
    threading.Thread(target=kill_when_training, daemon=True).start()
    sys.argv = ["harness", "run", file, "--results-dir", "results", "--json", "--on", "ray"]
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
