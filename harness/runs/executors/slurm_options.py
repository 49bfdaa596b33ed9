"""What is asked of sbatch: KEY=VALUE from the command line, and what a cell needs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import HarnessError

MINUTES = 60  # of a task, unless asked otherwise; one that is not finished by then goes on in a next one
WHOLE_NUMBERS = ("nodes", "cpus_per_task", "gpus_per_node", "signal_delay_s", "array_parallelism")
AT_LEAST_ONE = ("cpus_per_task", "array_parallelism")
GPU_OPTIONS = {"gpus_per_node", "gpus_per_task", "gpus", "gres"}
REFUSED = ("array", "output", "error", "nodes", "ntasks", "ntasks_per_node", "wrap")  # what the harness sets itself


def options(texts: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE of each text; --gpus-per-node is gpus_per_node. Raises HarnessError for what is no such thing."""
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip().lstrip("-").replace("-", "_")
        if not equals or not re.fullmatch(r"[a-z][a-z_0-9]*", key) or "\n" in value:
            raise HarnessError(f"no option of sbatch: '{text}'", "write it as partition=long")
        if key in REFUSED:
            raise HarnessError(f"--slurm {key} is set by the harness: a cell is one task on one node", "leave it out")
        found[key] = minutes(value) if key == "time" else _number(key, value)
    return found


def minutes(text: str) -> int:
    """Minutes of Slurm's times: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S; begun ones count."""
    shape = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text.strip())
    if not shape:
        raise HarnessError(f"no time of Slurm: '{text}'", "write it as 90 (minutes), 4:00:00 or 2-00:00:00")
    days, first, second, third = (int(part or 0) for part in shape.groups())
    if shape[1] is not None:
        seconds = days * 86400 + first * 3600 + second * 60 + third
    elif shape[4] is not None:
        seconds = first * 3600 + second * 60 + third
    else:
        seconds = first * 60 + second
    return max(1, -(-seconds // 60))


def _number(key: str, value: str) -> Any:
    if key not in WHOLE_NUMBERS:
        return value
    least = 1 if key in AT_LEAST_ONE else 0
    if not value.isdecimal() or int(value) < least:
        raise HarnessError(f"--slurm {key} must be a whole number from {least}, not '{value}'")
    return int(value)


def parameters(asked: Mapping[str, Any], cells: int, threads: int, gpu: bool = False) -> dict[str, Any]:
    """What submitit is given for an array of `cells` tasks: names it knows by name, all others as they are."""
    from submitit import SlurmExecutor

    cpus = asked.get("cpus_per_task", threads)
    own = {
        "job_name": "harness",
        "time": MINUTES,
        "cpus_per_task": cpus,
        "array_parallelism": cells,
        # A step does not take over the job's number of processors by itself.
        "srun_args": [f"--cpus-per-task={cpus}"],
    }
    if gpu and not GPU_OPTIONS & asked.keys():
        own["gpus_per_node"] = 1
    known = SlurmExecutor._valid_parameters()
    named = {key: value for key, value in asked.items() if key in known}
    others = {key.replace("_", "-"): value for key, value in asked.items() if key not in known}
    return {**own, **named, "additional_parameters": others}
