"""Doing what is planned: in this process, or by workers, each a `harness run` of its own on the same results folder.

Workers are processes here, tasks of a Slurm array, or tasks of Ray. They share cells by the cells' locks and send no
messages: what they have done stands in the folder, as records and, for cells that run, in their locks. This process
looks there, starts a worker where one is missing, and computes nothing.
"""

import getpass
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import torch
from rich.console import Console

from harness.errors import HarnessError, Stopped
from harness.machine.console import counted
from harness.machine.files import Owner, has_locks, holder
from harness.machine.process import AGAIN, STOPPED, Deadline, computing_with, keep_freed_memory
from harness.records.certificates import known_certificates
from harness.records.freshness import freshness
from harness.records.store import lock_path
from harness.runs.plan import TASK_THREADS, Plan, PlannedCell, stamp_of
from harness.runs.progress import Progress, duration
from harness.runs.run import Finished, Run, is_begun, sweep
from harness.schema import Record
from harness.training.checkpoint import Watch

MOST_WORKERS = 256
ENGINES = ("here", "slurm", "ray")
LOOK_SECONDS = 0.5  # between two looks at the folder; longer where a look takes long
QUEUE_SECONDS = 5.0
PATIENCE_SECONDS = 30.0  # so long may a worker take to stop with its checkpoint
SHOWN = 2  # cells whose stage is shown; of more there is a number
MOST_DEATHS = 2  # of workers at one cell
MOST_LOST = 3  # times that workers end and leave cells, without a record in between
FOLDER = ".slurm"  # in the results folder: the logs of Slurm's tasks
MAX_ARRAY = 1001  # Slurm's own default
SET_HERE = ("array", "output", "error", "nodes", "ntasks", "ntasks_per_node", "wrap")
# States of Slurm's tasks that are over.
OVER = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT"}
GPU_OPTIONS = {"gpus", "gpus_per_node", "gpus_per_task", "gres"}


@dataclass(frozen=True)
class Where:
    """Where cells are computed. workers: None for one process here, or elsewhere for as many as cells and room allow.

    slurm: KEY=VALUE for sbatch. detach: do not wait for what was submitted.
    """

    on: str = "here"
    workers: int | None = None
    slurm: tuple[str, ...] = ()
    detach: bool = False

    def checked(self) -> "Where":
        """Itself. Raises HarnessError for what does not go together, or is not installed."""
        if self.on not in ENGINES:
            raise HarnessError(f"nothing is called '{self.on}' to run on", f"use {', '.join(ENGINES)}")
        if self.workers is not None and not 1 <= self.workers <= MOST_WORKERS:
            raise HarnessError(f"--workers must be at least 1 and at most {MOST_WORKERS}, not {self.workers}")
        if self.on != "slurm" and (self.slurm or self.detach):
            raise HarnessError("--slurm and --detach are for --on slurm", "leave them out, or add --on slurm")
        if self.on == "ray" and find_spec("ray") is None:
            raise HarnessError("--on ray needs ray", "pip install ray")
        self.options()
        return self

    def options(self) -> dict[str, str]:
        """What is asked of sbatch, by name. Raises HarnessError for what is no such option."""
        found: dict[str, str] = {}
        for text in self.slurm:
            key, equals, value = text.partition("=")
            key = key.strip().lstrip("-").replace("-", "_")
            if not equals or not re.fullmatch(r"[a-z][a-z_0-9]*", key) or "\n" in value:
                raise HarnessError(f"no option of sbatch: '{text}'", "write it as partition=long")
            if key in SET_HERE:
                raise HarnessError(f"--slurm {key} is set by the harness: a task has one node", "leave it out")
            if key == "cpus_per_task" and not (value.isdecimal() and int(value)):
                raise HarnessError(f"--slurm {key} must be a whole number from 1, not '{value}'")
            found[key] = value
        return found

    def task_threads(self) -> int | None:
        """The threads of a process on another machine; None for those of this one."""
        return None if self.on == "here" else int(self.options().get("cpus_per_task", TASK_THREADS))

    def script(self, plan: Plan, for_seconds: float | None, tasks: int | None = None) -> str:
        """What is given to sbatch; nothing elsewhere, or where there is nothing to do."""
        if self.on != "slurm" or not plan.todo:
            return ""
        asked = self.options()
        folder = plan.results.absolute() / FOLDER
        own = {
            "job_name": "harness",
            "time": "60",  # minutes; a task that is not finished by then goes back to the queue
            "array": f"0-{(tasks or self.tasks(plan)) - 1}",
            "nodes": "1",
            "ntasks": "1",
            "cpus_per_task": str(plan.threads.count),
            "signal": "B:USR1@90",
            "open_mode": "append",
            "output": f"{folder}/%A_%a.log",
        }
        if plan.setting.device.type == "cuda" and not GPU_OPTIONS & asked.keys():
            own["gpus_per_node"] = "1"
        lines = [f"#SBATCH --{key.replace('_', '-')}={value}" for key, value in {**own, **asked}.items()]
        command = shlex.join(_command(plan, for_seconds, parent=0))
        # The warning before the end of the time comes to the shell alone, the end of the job to all.
        return "\n".join(
            [
                "#!/bin/bash",
                *lines,
                "#SBATCH --requeue",
                f"export OMP_NUM_THREADS={plan.threads.count}",
                "trap : TERM",
                "trap 'warned=1; kill -USR1 $!' USR1",
                f"{command} &",
                "wait $!; code=$?",
                "while kill -0 $! 2>/dev/null; do wait $!; code=$?; done",
                f'[ "$warned" ] && [ $code = {AGAIN} ] && scontrol requeue "$SLURM_JOB_ID"',
                "exit $code\n",
            ]
        )

    def tasks(self, plan: Plan) -> int:
        """How many workers the plan has on Slurm: one for each cell, unless told otherwise."""
        return min(len(plan.todo), self.workers or MOST_WORKERS, largest_array())


def execute(
    plan: Plan, console: Console, where: Where | None = None, deadline: Deadline | None = None, quiet: bool = False
) -> list[dict[str, Any]]:
    """Compute what is to do, with a progress display; one row per cell, for `--json`. Ctrl-C loses no finished epoch.

    quiet: this process is a worker: it shows no progress, and leaves cells that others hold. Raises Stopped once the
    deadline has passed.
    """
    keep_freed_memory()
    where, deadline = where or Where(), deadline or Deadline()
    rows = {cell.path: _row(cell, cell.state, cell.answer) for cell in plan.cells}
    to_do = {cell.path for cell in plan.todo}
    sweep([cell for cell in plan.cells if cell.path not in to_do])
    with Progress(console, plan.seconds * plan.at_once, plan.at_once) as show:
        if where.on == "here" and (where.workers or 1) == 1:
            finished = _here(plan, show, deadline, quiet)
        else:
            finished = _by_workers(plan, show, where, deadline)
        for done in finished:
            alike = [cell for cell in plan.cells if cell.fingerprint.digest == done.cell.fingerprint.digest]
            rows |= {cell.path: _row(cell, done.record.status, done.cell.path) for cell in alike}
            show.settle(done.cell.cost.seconds - done.reported)
            show.line(_outcome(done))
    return list(rows.values())


def _here(plan: Plan, show: Progress, deadline: Deadline, quiet: bool) -> Iterator[Finished]:
    watch = Watch((lambda _stage, _work: None) if quiet else show.advance, deadline.passed)
    run = Run(
        data=plan.data,
        results=plan.results,
        setting=replace(plan.setting, watch=watch),
        timesteps=plan.timesteps,
        keep_weights=plan.keep_weights,
        starting=lambda cell: show.cell(str(cell)),
        say=show.line,
    )
    with computing_with(plan.threads.count):
        deadline.start()
        yield from run.run(plan.todo, wait=not quiet)


class Ended(NamedTuple):
    """A worker that has ended. pid, code: None where they are not known. said: the last line that it wrote."""

    pid: int | None
    code: int | None
    said: str


class Crew(Protocol):
    """Workers somewhere."""

    def alive(self) -> int:
        """How many run, or wait for their turn."""
        ...

    def start(self, count: int) -> None:
        """Start more."""
        ...

    def ended(self) -> Sequence[Ended]:
        """Those that have ended since the last call."""
        ...

    def stop(self) -> None:
        """Have all of them stop with checkpoints, and wait for that."""
        ...


def _by_workers(plan: Plan, show: Progress, where: Where, deadline: Deadline) -> Iterator[Finished]:
    """Yield cells as their records come, and start workers as long as cells are left that nobody holds."""
    if not plan.todo:
        return
    plan.results.mkdir(parents=True, exist_ok=True)
    if not has_locks(plan.results):
        raise HarnessError(
            f"{plan.results}: this file system has no locks, without which workers would compute the same cells",
            "use one process, or another --results-dir",
        )
    crew, count = _crew(plan, where, deadline.seconds, show.line)
    deadline.seconds = None  # each worker counts from its own first cell on
    deadline.start()
    if where.detach:
        crew.start(count)
        show.line("not waited for: harness status tells what is done")
        return
    left = {cell.path: cell for cell in plan.todo}
    told: defaultdict[Path, float] = defaultdict(float)  # seconds
    held: dict[int, PlannedCell] = {}  # by the process that was last seen to hold it
    deaths: Counter[Path] = Counter()
    lost, stopping = 0, False
    try:
        while left:
            begun = time.monotonic()
            # Locks first: a cell that is finished in between is then not taken for one that nobody holds.
            owners = {path: owner for path in left if (owner := holder(lock_path(path))) is not None}
            for path, cell in list(left.items()):
                if (record := _answer(cell, plan)) is not None:
                    del left[path]
                    owners.pop(path, None)
                    lost = 0
                    yield Finished(cell, record, reported=told[path])
            held.update({owner.pid: left[path] for path, owner in owners.items()})
            _show(left, owners, told, show)
            free = len(owners) < len(left)
            ended = crew.ended()
            for worker in ended:
                if worker.code in (AGAIN, STOPPED):
                    stopping = True
                elif worker.code == 2:
                    raise HarnessError(worker.said.removeprefix("error: "))
                elif worker.pid in held and (cell := held[worker.pid]).path in left and worker.code not in (0, 1):
                    deaths[cell.path] += 1
                    how = f"{cell}: a worker has ended with exit code {worker.code}"
                    if deaths[cell.path] == MOST_DEATHS:
                        raise HarnessError(f"{how}, twice", "memory may be short: use fewer --workers")
                    show.line(f"{how}; another goes on with it")
            if deadline.passed() or (stopping and not crew.alive()):
                crew.stop()
                raise Stopped(_stages(left, owners) or _names(left.values()), kept=any(map(is_begun, left.values())))
            if left and free and not stopping:
                if ended and (lost := lost + 1) > MOST_LOST:
                    raise HarnessError(
                        f"{counted(len(left), 'cell')} left, and workers end without a record: "
                        f"{ended[-1].said or 'they say nothing'}",
                        "run the same command again",
                    )
                if (missing := min(count, len(left)) - crew.alive()) > 0:
                    crew.start(missing)
            time.sleep(max(LOOK_SECONDS, 10 * (time.monotonic() - begun)) if left else 0)
    finally:
        crew.stop()


def _answer(cell: PlannedCell, plan: Plan) -> Record | None:
    """The record of the cell, if it was written since it was planned."""
    if stamp_of(cell.path) == cell.stamp:
        return None
    found = freshness(cell.path, cell.config, known_certificates(plan.results), plan.data.digest)
    return found.record if found.state in ("done", "failed") else None


def _show(
    left: Mapping[Path, PlannedCell], owners: Mapping[Path, Owner], told: defaultdict[Path, float], show: Progress
) -> None:
    """Show what the locks of the cells that run say of their progress."""
    seconds = 0.0
    for path, owner in owners.items():
        more = left[path].cost.of(owner.work) - told[path]
        if more > 0:  # less: another process has taken it over, and says only what it did itself
            told[path] += more
            seconds += more
    if owners:
        show.advance(_stages(left, owners), seconds)


def _stages(left: Mapping[Path, PlannedCell], owners: Mapping[Path, Owner]) -> str:
    cells = [" · ".join(filter(None, (str(left[path]), owner.stage))) for path, owner in owners.items()]
    more = [f"{len(cells) - SHOWN} more"] if len(cells) > SHOWN else []
    return " | ".join([*cells[:SHOWN], *more])


def _names(cells: Iterable[PlannedCell]) -> str:
    """The first of some cells, and how many more there are."""
    first, *rest = map(str, cells)
    return f"{first} and {len(rest)} more" if rest else first


def _crew(plan: Plan, where: Where, for_seconds: float | None, say: Callable[[str], None]) -> tuple[Crew, int]:
    """The workers, none of which is started, and how many there are to be."""
    if where.on == "slurm":
        return Slurm(plan, where, for_seconds, say), where.tasks(plan)
    if where.on == "ray":
        ray = Ray(plan, for_seconds)
        return ray, min(len(plan.todo), where.workers or ray.room())
    return Here(plan, for_seconds), min(len(plan.todo), where.workers or 1)


def _command(plan: Plan, for_seconds: float | None, parent: int) -> list[str]:
    """The command of a worker; `parent`: the process with which it ends, 0 for none on its machine."""
    limit = [] if for_seconds is None else ["--for", f"{for_seconds}s"]
    return [sys.executable, "-m", "harness", "run", *plan.words, *limit, "--json", "--worker-of", str(parent)]


class Here:
    """Processes on this machine, each with its part of the threads or one of the GPUs."""

    def __init__(self, plan: Plan, for_seconds: float | None) -> None:
        self.command = _command(plan, for_seconds, os.getpid())
        self.environment = {**os.environ, "OMP_NUM_THREADS": str(plan.threads.count)}
        gpus = torch.cuda.device_count() if plan.setting.device.type == "cuda" else 0
        self.gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[:gpus] if gpus else []
        self.gpus = self.gpus if all(self.gpus) else [str(gpu) for gpu in range(gpus)]
        self.processes: dict[subprocess.Popen[bytes], IO[bytes]] = {}
        self.started = 0

    def alive(self) -> int:
        """See `Crew`."""
        return len(self.processes)

    def start(self, count: int) -> None:
        """See `Crew`."""
        for _ in range(count):
            environment = dict(self.environment)
            if self.gpus:
                environment["CUDA_VISIBLE_DEVICES"] = self.gpus[self.started % len(self.gpus)]
            log = tempfile.TemporaryFile()  # noqa: SIM115
            # A session of its own: a terminal sends Ctrl-C to this process alone, which then stops its workers.
            process = subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
            self.processes[process] = log
            self.started += 1

    def ended(self) -> list[Ended]:
        """See `Crew`."""
        over = [process for process in self.processes if process.poll() is not None]
        return [Ended(process.pid, process.returncode, _last_line(self.processes.pop(process))) for process in over]

    def stop(self) -> None:
        """See `Crew`."""
        for process in self.processes:
            process.terminate()
        limit = time.monotonic() + PATIENCE_SECONDS
        for process in self.processes:
            try:
                process.wait(max(0.0, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


def _last_line(log: IO[bytes]) -> str:
    with log:
        log.seek(0)
        return (log.read().decode(errors="replace").strip().splitlines() or [""])[-1]


class Slurm:
    """Tasks of job arrays. Results, data, cache and this program lie where every node finds them under one path.

    A task whose time is over leaves a checkpoint and goes back to the queue by itself, and so does one whose node dies.
    """

    def __init__(self, plan: Plan, where: Where, for_seconds: float | None, say: Callable[[str], None]) -> None:
        if shutil.which("sbatch") is None:
            raise HarnessError("--on slurm needs Slurm's commands, and there is no sbatch here", "use a login node")
        self.plan, self.where, self.for_seconds, self.say = plan, where, for_seconds, say
        self.tasks: set[str] = set()
        self.looked = 0.0

    def alive(self) -> int:
        """See `Crew`."""
        return len(self.tasks)

    def start(self, count: int) -> None:
        """See `Crew`."""
        (self.plan.results / FOLDER).mkdir(parents=True, exist_ok=True)
        script = self.where.script(self.plan, self.for_seconds, count)
        done = subprocess.run(["sbatch", "--parsable"], input=script, capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join(done.stderr.split())
            raise HarnessError(f"Slurm does not take the job: {said}", "see --dry-run for the script")
        job = done.stdout.strip().split(";")[0]
        self.tasks |= {f"{job}_{number}" for number in range(count)}
        self.say(f"submitted to Slurm: {counted(count, 'task')} as job {job}")

    def ended(self) -> list[Ended]:
        """See `Crew`."""
        if time.monotonic() - self.looked < QUEUE_SECONDS:
            return []
        self.looked = time.monotonic()
        command = ["squeue", "--noheader", "--array", "--states=all", f"--user={getpass.getuser()}"]
        command.append("--Format=ArrayJobID:|,ArrayTaskID:|,State:|,exit_code:|")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:  # the controller does not answer: nothing is known
            return []
        found = {}
        for line in done.stdout.splitlines():
            job, task, state, code, *_ = map(str.strip, line.split("|"))
            found[f"{job}_{task}"] = (state, int(code) if code.isdecimal() else None)
        over = [task for task in sorted(self.tasks) if found.get(task, ("CANCELLED", None))[0] in OVER]
        self.tasks -= set(over)
        logs = self.plan.results / FOLDER
        return [Ended(None, found.get(task, ("", None))[1], f"see the logs of {task} in {logs}") for task in over]

    def stop(self) -> None:
        """See `Crew`."""
        if self.tasks:
            jobs = sorted({task.split("_")[0] for task in self.tasks})
            subprocess.run(["scancel", *jobs], capture_output=True, check=False)
            limit = time.monotonic() + PATIENCE_SECONDS
            while self.tasks and time.monotonic() < limit:
                time.sleep(LOOK_SECONDS)
                self.looked = 0.0
                self.ended()


def largest_array() -> int:
    """How many tasks the cluster takes in one array."""
    try:
        said = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return MAX_ARRAY
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.M)
    return max(1, int(found[1])) if found else MAX_ARRAY


class Ray:
    """Tasks of a Ray cluster whose nodes share the results folder. Its address is RAY_ADDRESS; without one, Ray starts
    a cluster on this machine alone.
    """

    def __init__(self, plan: Plan, for_seconds: float | None) -> None:
        ray = self.ray = import_module("ray")
        self.plan = plan
        self.gpus = 1 if plan.setting.device.type == "cuda" else 0
        self.began = not ray.is_initialized()
        self.tasks: list[Any] = []
        self.command = _command(plan, for_seconds, parent=0)[1:]
        address = os.environ.get("RAY_ADDRESS")
        try:
            if self.began:
                options = {} if address else {"include_dashboard": False}
                ray.init(address=address, log_to_driver=False, **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            raise HarnessError(f"no Ray cluster at {address or 'this machine'}: {said}", "check RAY_ADDRESS") from None

    def room(self) -> int:
        """How many tasks the nodes take at once. Raises HarnessError if none takes any: Ray would wait for one."""
        cpus, found = self.plan.threads.count, 0
        for node in self.ray.nodes():
            there = node.get("Resources", {}) if node.get("Alive") else {}
            by_gpus = there.get("GPU", 0) // self.gpus if self.gpus else MOST_WORKERS
            found += int(min(there.get("CPU", 0) // cpus, by_gpus))
        if not found:
            raise HarnessError(
                f"no node of the Ray cluster has {cpus} CPUs and {self.gpus} GPUs, which a cell is to have",
                "set OMP_NUM_THREADS to fewer, or choose another --device",
            )
        return found

    def alive(self) -> int:
        """See `Crew`."""
        return len(self.tasks)

    def start(self, count: int) -> None:
        """See `Crew`."""
        names = ("HARNESS_CACHE", "HARNESS_DATA", "PYTHONPATH")
        environment = {name: os.environ[name] for name in names if name in os.environ}
        environment["OMP_NUM_THREADS"] = str(self.plan.threads.count)
        options = {"num_cpus": self.plan.threads.count, "num_gpus": self.gpus, "max_retries": 0}
        task = self.ray.remote(**options)(_on_node)
        self.tasks += [task.remote(self.command, environment) for _ in range(count)]

    def ended(self) -> list[Ended]:
        """See `Crew`."""
        over, _ = self.ray.wait(self.tasks, num_returns=len(self.tasks), timeout=0) if self.tasks else ([], [])
        self.tasks = [task for task in self.tasks if task not in over]
        return [self._result(task) for task in over]

    def _result(self, task: Any) -> Ended:
        try:
            return Ended(*self.ray.get(task))
        except self.ray.exceptions.RayError as error:  # its node or its process has died
            return Ended(None, None, (str(error).strip().splitlines() or [type(error).__name__])[-1])

    def stop(self) -> None:
        """See `Crew`."""
        for task in self.tasks:
            self.ray.cancel(task)
        if self.tasks:
            self.ray.wait(self.tasks, num_returns=len(self.tasks), timeout=PATIENCE_SECONDS)
        if self.began:
            self.ray.shutdown()


def _on_node(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, int, str]:
    """A task of Ray: a worker on this node. It ends with the task, which Ray cancels as by Ctrl-C."""
    log = tempfile.TemporaryFile()  # noqa: SIM115
    process = subprocess.Popen(
        [sys.executable, *command[:-1], str(os.getpid())],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=log,
    )
    try:
        process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return process.pid, process.returncode, _last_line(log)


def _outcome(done: Finished) -> str:
    record = done.record
    if record.failure is not None or record.curve is None:
        return f"{done.cell}: failed: {record.failure.reason if record.failure else 'no reason given'}"
    percent = 100 * record.curve.correct[-1] / record.curve.total
    how = f"in {duration(sum(record.timings.values()))}" if done.here else "(finished by another run)"
    return f"{done.cell}: {percent:.2f} % {how}"


def _row(cell: PlannedCell, status: str, answer: Path) -> dict[str, Any]:
    config = cell.config
    return {
        "experiment": config.experiment,
        "profile": config.profile,
        "arm": config.arm,
        "seed": config.seed,
        "status": status,
        "record": str(answer),
    }
