"""A real Slurm of one node on this machine: controller, node and authentication, in a folder of their own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
    """Why there can be no Slurm here, or nothing."""
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
        """What a command needs in its environment."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self, *command: str) -> None:
        """Start a daemon in the foreground."""
        program = shutil.which(command[0]) or command[0]
        with (self.folder / f"{command[0]}.out").open("ab") as log:
            self.daemons[command[0]] = subprocess.Popen(
                [program, *command[1:]], stdout=log, stderr=log, env={**os.environ, **self.environment}
            )

    def ask(self, *command: str) -> str:
        """What a command of Slurm answers."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout

    def until(self, text: str, *command: str, seconds: float = 60) -> None:
        """Wait until a command's answer holds `text`."""
        end = time.monotonic() + seconds
        while text not in self.ask(*command):
            assert time.monotonic() < end, self.ask(*command)
            time.sleep(0.2)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster whose node is ready."""
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
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
