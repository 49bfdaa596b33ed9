"""Peak memory of one training step, or of an evaluation, measured in a new process.

`python -m harness.bench.memory step "ours bf16" vgg5-lite 8 48` prints MiB: the peak
during the step minus the memory before it. By then weights and spike train are made and one step is done.
"""

import contextlib
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import torch

from harness.bench.networks import NETWORKS
from harness.bench.plan import Point
from harness.machine.process import return_freed_memory

MIB = 1 << 20
SHORT = 16  # timesteps; for every T, evaluation gets twice as many images as fit into one chunk at this T


def peak_mib(what: str, name: str, point: Point) -> float | None:
    """Peak MiB of `what` ("step" or "evaluate") in a new process; None where that process failed."""
    command = [sys.executable, "-m", __name__, what, name, point.network, str(point.batch), str(point.timesteps)]
    command.append(str(torch.get_num_threads()))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def _peak_of(action: Callable[[], object]) -> float:
    return_freed_memory()  # otherwise memory that the setup freed would be used again and not be counted
    before: int = psutil.Process().memory_info().rss
    _forget_peak()
    action()
    return max(0.0, (peak() - before) / MIB)


def _forget_peak() -> None:
    # Importing torch may have used more memory than a small step does. Linux can reset the peak of a process.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """Peak memory in bytes. On Linux from /proc: ru_maxrss survives exec there and would include the parent's peak."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return float(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _step(name: str, point: Point) -> Callable[[], object]:
    from harness.bench.implementations import chosen
    from harness.bench.workload import workload

    (implementation,) = chosen((name,))
    step = implementation.step(workload(point))
    step()  # the first step also loads code and compiles it for these shapes, which is not counted
    return step


def _evaluation(point: Point) -> Callable[[], object]:
    from encoders import create
    from harness.config import NeuronSpec
    from harness.data.types import ImageSet
    from harness.snn.network import Network, Spiking
    from harness.training.checkpoint import SILENT
    from harness.training.evaluate import evaluate

    spec, shape = NETWORKS[point.network]
    draws = torch.Generator().manual_seed(0)
    network = Network(spec, shape, 10, draws)
    encoder = create("dct").calibrate(torch.rand(8, *shape, generator=draws) * 2 - 1)
    thresholds = (0.5,) * (len(network.stages) - 1)

    def at(timesteps: int) -> Spiking:
        return Spiking(network, encoder, NeuronSpec(), timesteps, thresholds, torch.bfloat16)

    count = 2 * at(SHORT).chunk()
    images = torch.randint(0, 256, (count, *shape), generator=draws, dtype=torch.uint8)
    given = ImageSet(images, torch.zeros(count, dtype=torch.int64))
    evaluate(
        at(2), ImageSet(given.images[:1], given.labels[:1]), 0, SILENT
    )  # the first call also loads and compiles code, which is not counted
    return lambda: evaluate(at(point.timesteps), given, 0, SILENT)


def main(arguments: Sequence[str]) -> None:
    """Print the peak in MiB. Arguments: "step" or "evaluate", implementation, network, batch, timesteps, threads."""
    what, name, network, batch, timesteps, threads = arguments
    torch.set_num_threads(int(threads))
    point = Point(network, int(batch), int(timesteps))
    print(f"{_peak_of(_evaluation(point) if what == 'evaluate' else _step(name, point)):.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
