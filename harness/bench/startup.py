"""Seconds from starting a process to the help text, and to the end of a first training step with kernels cached."""

import statistics
import subprocess
import sys

from harness.bench.plan import Point
from harness.bench.report import StartUp
from harness.bench.timing import timed

HELP = ("-c", "from harness.cli import program; program()", "--help")


def startup(point: Point, processes: int = 5) -> StartUp:
    """Medians over a few new processes. The first step is a training step at `point` in bf16.

    Raises CalledProcessError where a process fails.
    """
    step = ("-m", __name__, point.network, str(point.batch), str(point.timesteps))
    seconds = [_seconds(arguments, processes) for arguments in (HELP, step)]
    return StartUp(point.network, point.batch, point.timesteps, *seconds)


def _seconds(arguments: tuple[str, ...], processes: int) -> float:
    """Median seconds of `python …`."""

    def start() -> None:
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)

    start()  # compiles what is missing from the caches on disk
    return round(statistics.median(timed(start) for _ in range(processes)), 3)


def main(network: str, batch: str, timesteps: str) -> None:
    """One training step of ours."""
    from harness.bench.implementations import OURS, chosen
    from harness.bench.workload import workload

    (ours,) = chosen((OURS,))
    ours.step(workload(Point(network, int(batch), int(timesteps))))()


if __name__ == "__main__":
    main(*sys.argv[1:])
