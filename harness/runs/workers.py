"""Computing a plan: in this process, or by workers, each another `harness run` on the same results folder.

Workers are processes here, tasks of a Slurm array, or tasks of Ray. They share cells by the cells' locks and send no
messages: their progress is in the folder, in records and, for running cells, in locks. This process watches the folder,
replaces workers that end, and computes nothing.
"""

import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, get_args

from rich.console import Console

from harness.errors import HarnessError, Stopped
from harness.machine.console import counted
from harness.machine.environment import visible_gpus
from harness.machine.files import Owner, has_locks, holder
from harness.machine.process import AGAIN, STOPPED, Deadline, computing_with, keep_freed_memory
from harness.records.store import lock_path
from harness.records.weights import weights_path
from harness.runs.plan import Plan, PlannedCell, require_writable
from harness.runs.progress import Progress, duration
from harness.runs.run import Finished, Run, is_begun, sweep, written_since
from harness.training.checkpoint import Watch

Engine = Literal["here", "slurm", "ray"]
MOST_WORKERS = 256
LOOK_SECONDS = 0.5  # between two looks at the folder; longer if a look takes long
QUEUE_SECONDS = 5.0
PATIENCE_SECONDS = 30.0  # for a worker to stop with its checkpoint
SHOWN = 2  # cells whose stage is shown; further ones are counted
MOST_LOST = 3  # times that workers end before their cells do, without a record in between
FOLDER = ".slurm"  # in the results folder: the logs of Slurm's tasks
MAX_ARRAY = 1001  # Slurm's default
# States of Slurm's tasks that are over.
OVER = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT"}


def require_possible(on: str, workers: int | None) -> None:
    """Raise HarnessError for an unknown or missing engine, and for an impossible number of workers."""
    if on not in get_args(Engine):
        raise HarnessError(f"nothing is called '{on}' to run on", f"use {', '.join(get_args(Engine))}")
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise HarnessError(f"--workers must be at least 1 and at most {MOST_WORKERS}, not {workers}")
    if on == "ray" and find_spec("ray") is None:
        raise HarnessError("--on ray needs ray", "pip install ray")


def execute(
    plan: Plan,
    console: Console,
    on: str = "here",
    workers: int | None = None,
    deadline: Deadline | None = None,
    quiet: bool = False,
) -> list[dict[str, Any]]:
    """Compute the cells to do, with a progress display; one row per cell, for `--json`. Ctrl-C loses no finished epoch.

    workers: None for as many as the plan says, or elsewhere as cells and room allow. quiet: this process is a
    worker: it shows no progress, and leaves cells to the processes that hold them. Raises Stopped after the deadline.
    """
    keep_freed_memory()
    require_writable(plan.results)
    deadline = deadline or Deadline()
    rows = {cell.path: _row(cell, cell.state, cell.answer) for cell in plan.cells}
    to_do = {cell.path for cell in plan.todo}
    others = [cell for cell in plan.cells if cell.path not in to_do]
    sweep([cell for cell in others if cell.state == "done"])
    bare = [cell for cell in others if cell.state == "done" and not weights_path(cell.answer).exists()]
    if plan.keep_weights and bare and not quiet:
        words = counted(len(bare), "finished cell has no weights", "finished cells have no weights")
        console.print(f"{words}: `harness verify {bare[0].answer} --from training --keep` adds one's")
    for cell in others:  # whatever record answers it: an arm that was asked for is one with a folder
        cell.path.parent.mkdir(parents=True, exist_ok=True)
    with Progress(console, plan.seconds * plan.at_once, plan.at_once) as show:
        if on == "here" and max(plan.at_once, workers or 1) == 1:
            finished = _in_this_process(plan, show, deadline, quiet)
        else:
            finished = _by_workers(plan, show, on, workers, deadline)
        for outcome in finished:
            alike = [cell for cell in plan.cells if cell.fingerprint.digest == outcome.cell.fingerprint.digest]
            rows |= {cell.path: _row(cell, outcome.record.status, outcome.cell.path) for cell in alike}
            show.settle(outcome.cell.cost.seconds - outcome.reported)
            show.line(_outcome(outcome))
    return list(rows.values())


def _in_this_process(plan: Plan, show: Progress, deadline: Deadline, quiet: bool) -> Iterator[Finished]:
    watch = Watch((lambda _stage, _work: None) if quiet else show.advance, deadline.passed)
    setting = replace(plan.setting, watch=watch)
    run = Run(plan.data, plan.results, setting, plan.timesteps, plan.keep_weights, show.cell, show.line)
    with computing_with(plan.threads.count):
        deadline.start()
        yield from run.run(plan.todo, wait=not quiet)


class Ended(NamedTuple):
    """A worker that has ended. code: None if unknown. line: the last line that it wrote, if any."""

    code: int | None
    line: str


def _by_workers(plan: Plan, show: Progress, on: str, workers: int | None, deadline: Deadline) -> Iterator[Finished]:
    """Yield cells as their records come, and start workers as long as there are cells that no process holds."""
    if not plan.todo:
        return
    if not has_locks(plan.results):
        if workers is None and on == "here":  # the plan's choice, not the user's
            yield from _in_this_process(plan, show, deadline, quiet=False)
            return
        raise HarnessError(
            f"{plan.results}: this file system has no locks, without which workers would compute the same cells",
            "use one process, or another --results-dir",
        )
    crew: Here | Slurm | Ray
    if on == "slurm":
        crew, count = Slurm(plan, deadline.seconds, show.line), tasks(plan, workers)
    elif on == "ray":
        crew = Ray(plan, deadline.seconds)
        count = min(len(plan.todo), workers or crew.room())
    else:
        crew, count = Here(plan, deadline.seconds), plan.at_once
    until = time.monotonic() + (math.inf if deadline.seconds is None else deadline.seconds)  # for cells of other runs
    deadline.seconds = None  # each worker counts from its first cell on
    deadline.start()
    left = {cell.path: cell for cell in plan.todo}
    reported: defaultdict[Path, float] = defaultdict(float)  # seconds
    lost, stopping = 0, False
    try:
        while left:
            start = time.monotonic()
            # Locks before records: otherwise a cell that finishes in between would look abandoned.
            owners = {path: owner for path in left if (owner := holder(lock_path(path))) is not None}
            for path, cell in list(left.items()):
                if (record := written_since(cell, plan.results, plan.data.digest)) is not None:
                    del left[path]
                    owners.pop(path, None)
                    lost = 0
                    yield Finished(cell, record, reported=reported[path])
            _show(left, owners, reported, show)
            free = len(owners) < len(left)
            ended = crew.ended()
            for code, line in ended:
                if code in (AGAIN, STOPPED):
                    stopping = True
                elif code == 2 and on == "here":  # elsewhere it may be the node's fault
                    raise HarnessError(line.removeprefix("error: "))
                elif code not in (0, 1) and left:
                    show.line(f"a worker has ended ({_why(code, line)}); another goes on with its cell")
            idle = not crew.tasks and (stopping or time.monotonic() >= until)
            if left and (deadline.passed() or idle):
                crew.stop()
                raise Stopped(_stages(left, owners) or _names(left.values()), kept=any(map(is_begun, left.values())))
            if left and free and not stopping:
                if ended and (lost := lost + 1) > MOST_LOST:
                    raise HarnessError(
                        f"{_names(left.values())}: workers end without a record ({_why(*ended[-1])})",
                        "run it again if the code was changed meanwhile; if memory is short, use fewer --workers",
                    )
                if (missing := min(count, len(left)) - len(crew.tasks)) > 0:
                    crew.start(missing)
            time.sleep(max(LOOK_SECONDS, 10 * (time.monotonic() - start)) if left else 0)
    finally:
        crew.stop()


def _exit_code(shown: str) -> int | None:
    """The exit code that squeue shows as "code:signal", or once as the status of wait; −9: killed by signal 9."""
    code, colon, killed = shown.partition(":")
    if colon:
        return -int(killed) or int(code)
    return os.waitstatus_to_exitcode(int(code)) if code.isdecimal() else None


def _why(code: int | None, line: str) -> str:
    killed = code is not None and code < 0  # then its last line is not the reason
    return line if line and not killed else f"exit code {code}"


def _show(
    left: Mapping[Path, PlannedCell], owners: Mapping[Path, Owner], reported: defaultdict[Path, float], show: Progress
) -> None:
    """Show the progress of running cells, which is in their locks."""
    before = sum(reported.values())
    for path, owner in owners.items():  # a process that has taken the cell over reports only its own part
        reported[path] = max(reported[path], left[path].cost.of(owner.work))
    if owners:
        show.advance(_stages(left, owners), sum(reported.values()) - before)


def _stages(left: Mapping[Path, PlannedCell], owners: Mapping[Path, Owner]) -> str:
    cells = [" · ".join(filter(None, (str(left[path]), owner.stage))) for path, owner in owners.items()]
    more = [f"{len(cells) - SHOWN} more"] if len(cells) > SHOWN else []
    return " | ".join([*cells[:SHOWN], *more])


def _names(cells: Iterable[PlannedCell]) -> str:
    """The first of some cells, and the number of the others."""
    first, *rest = map(str, cells)
    return f"{first} and {len(rest)} more" if rest else first


def _command(plan: Plan, for_seconds: float | None, parent: int) -> list[str]:
    """The command of a worker; `parent`: the process with which it ends, 0 for none on its machine."""
    limit = [] if for_seconds is None else ["--for", f"{for_seconds:f}s"]
    return [sys.executable, "-m", "harness", "run", *plan.words, *limit, "--json", "--worker-of", str(parent)]


class Here:
    """Processes on this machine, each with its part of the threads or one of the GPUs.

    As for `Slurm` and `Ray`, `tasks` run or are queued. `start` begins more, `ended` gives those that have ended since
    its last call, and `stop` makes all of them stop with checkpoints and waits for that.
    """

    def __init__(self, plan: Plan, for_seconds: float | None) -> None:
        self.tasks: list[tuple[subprocess.Popen[bytes], IO[bytes], str | None]] = []
        self.command = _command(plan, for_seconds, os.getpid())
        self.environment = {**os.environ, "OMP_NUM_THREADS": str(plan.threads.count)}
        self.gpus: list[str | None] = [*visible_gpus(plan.setting.device)] or [None]

    def start(self, count: int) -> None:
        for _ in range(count):
            log = tempfile.TemporaryFile()  # noqa: SIM115
            taken = [gpu for _, _, gpu in self.tasks]
            gpu = min(self.gpus, key=taken.count)
            # A new session: a terminal sends Ctrl-C to this process alone, which then stops its workers.
            process = subprocess.Popen(
                self.command,
                env=self.environment | ({"CUDA_VISIBLE_DEVICES": gpu} if gpu else {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
            self.tasks.append((process, log, gpu))

    def ended(self) -> list[Ended]:
        over = [task for task in self.tasks if task[0].poll() is not None]
        self.tasks = [task for task in self.tasks if task not in over]
        return [Ended(process.returncode, _last_line(log)) for process, log, _ in over]

    def stop(self) -> None:
        for process, _, _ in self.tasks:
            process.terminate()
        limit = time.monotonic() + PATIENCE_SECONDS
        for process, _, _ in self.tasks:
            try:
                process.wait(max(0.0, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.tasks.clear()


def _last_line(log: IO[bytes]) -> str:
    with log:
        log.seek(0)
        return (log.read().decode(errors="replace").strip().splitlines() or [""])[-1]


class Slurm:
    """Tasks of job arrays. Results, data, cache and this program must have the same paths on every node.

    A task at its time limit leaves a checkpoint and goes back to the queue; a task of a dead node goes back too.
    """

    def __init__(self, plan: Plan, for_seconds: float | None, say: Callable[[str], None]) -> None:
        self.tasks: list[Any] = []
        if shutil.which("sbatch") is None:
            raise HarnessError("--on slurm needs Slurm's commands, and there is no sbatch here", "use a login node")
        self.plan, self.for_seconds, self.say = plan, for_seconds, say
        self.looked = 0.0

    def start(self, count: int) -> None:
        script = slurm_script(self.plan, count, self.for_seconds)
        result = subprocess.run(["sbatch", "--parsable"], input=script, capture_output=True, text=True, check=False)
        if result.returncode:
            message = " ".join(result.stderr.split())
            raise HarnessError(f"Slurm does not take the job: {message}", "see --dry-run for the script")
        job = result.stdout.strip().split(";")[0]
        self.tasks += [f"{job}_{number}" for number in range(count)]
        self.say(f"submitted to Slurm: {counted(count, 'task')} as job {job}")

    def ended(self) -> list[Ended]:
        if time.monotonic() - self.looked < QUEUE_SECONDS:
            return []
        self.looked = time.monotonic()
        shown = "--Format=ArrayJobID:|,ArrayTaskID:|,State:|,exit_code:|"
        command = ["squeue", "--noheader", "--array", "--states=all", f"--user={os.geteuid()}", shown]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:  # the controller does not answer
            return []
        queue = {}
        for line in result.stdout.splitlines():
            job, task, state, code, *_ = map(str.strip, line.split("|"))
            # A task that somebody cancels ends as if its time were up; another is to go on with its cell.
            queue[f"{job}_{task}"] = (state, None if state.startswith("CANCELLED") else _exit_code(code))
        over = [task for task in self.tasks if queue.get(task, ("CANCELLED", None))[0] in OVER]
        self.tasks = [task for task in self.tasks if task not in over]
        logs = self.plan.results / FOLDER
        return [Ended(queue.get(task, ("", None))[1], f"see the logs of {task} in {logs}") for task in over]

    def stop(self) -> None:
        if self.tasks:
            jobs = sorted({task.split("_")[0] for task in self.tasks})
            subprocess.run(["scancel", *jobs], capture_output=True, check=False)
            limit = time.monotonic() + PATIENCE_SECONDS
            while self.tasks and time.monotonic() < limit:
                time.sleep(LOOK_SECONDS)
                self.looked = 0.0
                self.ended()


def slurm_script(plan: Plan, count: int, for_seconds: float | None) -> str:
    """The script for sbatch with `count` tasks; empty if there is nothing to do.

    Slurm's variables, such as SBATCH_PARTITION or SBATCH_TIMELIMIT, take precedence over its options.
    """
    if not plan.todo:
        return ""
    folder = plan.results.absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)  # Slurm makes no folder for its logs
    options = {
        "job-name": "harness",
        "time": "60",  # minutes; a task that is not finished by then goes back to the queue
        "array": f"0-{count - 1}",
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": str(plan.threads.count),
        "signal": "B:USR1@90",
        "open-mode": "append",
        "output": f"{folder}/%A_%a.log",
    }
    if plan.setting.device.type == "cuda":
        options["gpus-per-node"] = "1"
    # The shell alone gets the warning before the time limit; all processes get the signal that ends the job.
    return "\n".join(
        [
            "#!/bin/bash",
            *(f"#SBATCH --{key}={value}" for key, value in options.items()),
            "#SBATCH --requeue",
            f"export OMP_NUM_THREADS={plan.threads.count}",
            "trap : TERM",
            "trap 'warned=1; kill -USR1 $!' USR1",
            f"{shlex.join(_command(plan, for_seconds, parent=0))} &",
            "wait $!; code=$?",
            "while kill -0 $! 2>/dev/null; do wait $!; code=$?; done",
            f'[ "$warned" ] && [ $code = {AGAIN} ] && scontrol requeue "$SLURM_JOB_ID"',
            "exit $code\n",
        ]
    )


def tasks(plan: Plan, workers: int | None) -> int:
    """The number of workers on Slurm: `workers`, or one per cell, up to the largest array."""
    settings = ""
    with suppress(FileNotFoundError):
        settings = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, check=False).stdout
    largest = re.search(r"^MaxArraySize\s*=\s*(\d+)", settings, re.M)
    return min(len(plan.todo), workers or MOST_WORKERS, max(1, int(largest[1])) if largest else MAX_ARRAY)


class Ray:
    """Tasks of a Ray cluster whose nodes share the results folder. Its address is RAY_ADDRESS; without one, Ray starts
    a cluster on this machine alone.
    """

    def __init__(self, plan: Plan, for_seconds: float | None) -> None:
        self.tasks: list[Any] = []
        ray = self.ray = import_module("ray")
        self.plan = plan
        self.gpus = 1 if plan.setting.device.type == "cuda" else 0
        self.began = not ray.is_initialized()
        self.command = _command(plan, for_seconds, parent=0)[1:]
        address = os.environ.get("RAY_ADDRESS")
        try:
            if self.began:
                options = {} if address else {"include_dashboard": False}
                ray.init(address=address, log_to_driver=False, **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            message = " ".join(str(error).split())[:200]
            raise HarnessError(
                f"no Ray cluster at {address or 'this machine'}: {message}", "check RAY_ADDRESS"
            ) from None

    def room(self) -> int:
        """The number of tasks that the nodes take at once. Raises HarnessError if it is 0, for which Ray would wait."""
        cpus, room = self.plan.threads.count, 0
        for node in self.ray.nodes():
            resources = node.get("Resources", {}) if node.get("Alive") else {}
            by_gpus = resources.get("GPU", 0) // self.gpus if self.gpus else MOST_WORKERS
            room += int(min(resources.get("CPU", 0) // cpus, by_gpus))
        if not room:
            raise HarnessError(
                f"no node of the Ray cluster has {cpus} CPUs and {self.gpus} GPUs, which a cell is to have",
                "set OMP_NUM_THREADS to fewer, or choose another --device",
            )
        return room

    def start(self, count: int) -> None:
        names = ("HARNESS_CACHE", "HARNESS_DATA", "PYTHONPATH")
        environment = {name: os.environ[name] for name in names if name in os.environ}
        environment["OMP_NUM_THREADS"] = str(self.plan.threads.count)
        options = {"num_cpus": self.plan.threads.count, "num_gpus": self.gpus, "max_retries": 0}
        task = self.ray.remote(**options)(_on_node)
        self.tasks += [task.remote(self.command, environment) for _ in range(count)]

    def ended(self) -> list[Ended]:
        over, _ = self.ray.wait(self.tasks, num_returns=len(self.tasks), timeout=0) if self.tasks else ([], [])
        self.tasks = [task for task in self.tasks if task not in over]
        return [self._result(task) for task in over]

    def _result(self, task: Any) -> Ended:
        try:
            return Ended(*self.ray.get(task))
        except self.ray.exceptions.RayError as error:  # its node or its process has died
            return Ended(None, (str(error).strip().splitlines() or [type(error).__name__])[-1])

    def stop(self) -> None:
        tasks, self.tasks = self.tasks, []
        for task in tasks:
            self.ray.cancel(task)
        if tasks:
            self.ray.wait(tasks, num_returns=len(tasks), timeout=PATIENCE_SECONDS)
        if self.began:
            self.ray.shutdown()


def _on_node(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """A task of Ray: a worker on this node. It ends with the task, which Ray cancels by KeyboardInterrupt."""
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
    return process.returncode, _last_line(log)


def _outcome(finished: Finished) -> str:
    record = finished.record
    if record.failure is not None or record.curve is None:
        return f"{finished.cell}: failed: {record.failure.reason if record.failure else 'no reason given'}"
    percent = 100 * record.curve.correct[-1] / record.curve.total
    detail = f"in {duration(sum(record.timings.values()))}" if finished.here else "(finished by another run)"
    return f"{finished.cell}: {percent:.2f} % {detail}"


def _row(cell: PlannedCell, status: str, answer: Path) -> dict[str, Any]:
    place = {name: getattr(cell.config, name) for name in ("experiment", "profile", "arm", "seed")}
    return {**place, "status": status, "record": str(answer)}
