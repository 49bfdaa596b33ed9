"""Peak memory of one training step, or of an evaluation, in a process of its own.

`python -m harness.bench.memory step "ours bf16" vgg5-lite 8 48` prints MiB: the most the process held during the
step less what it held before, with the weights and spike train in place and one step done already.
"""

import contextlib
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import torch

from harness.bench.plan import NETWORKS, Point
from harness.machine.allocator import return_freed_memory

MIB = 1 << 20
SHORT = 16  # timesteps; evaluation is measured on twice the images that it takes at once there, whatever T is


def peak_mib(what: str, name: str, point: Point) -> float | None:
    """MiB of `what` ("step" or "evaluate") in a fresh process; None where that process failed."""
    command = [sys.executable, "-m", __name__, what, name, point.network, str(point.batch), str(point.timesteps)]
    command.append(str(torch.get_num_threads()))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def _peak_of(action: Callable[[], object]) -> float:
    return_freed_memory()  # else what the setup has freed would be lent to the action unseen
    before: int = psutil.Process().memory_info().rss
    _forget_peak()
    action()
    return max(0.0, (_peak() - before) / MIB)


def _forget_peak() -> None:
    # Importing torch may have taken more than a small step does; Linux lets a process begin its peak anew.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> float:
    """Bytes. On Linux from /proc, because ru_maxrss there survives exec and would include the parent's."""
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
    step()  # code that is loaded, or compiled for these shapes, on first use is not the step's
    return step


def _evaluation(point: Point) -> Callable[[], object]:
    from encoders import create
    from harness.config import NeuronSpec
    from harness.data.types import ImageSet
    from harness.snn.network import Network
    from harness.snn.spiking import Spiking
    from harness.training.evaluate import evaluate
    from harness.training.watch import SILENT

    spec, shape = NETWORKS[point.network]
    draws = torch.Generator().manual_seed(0)
    network = Network(spec, shape, 10, draws)
    encoder = create("dct").calibrate(torch.rand(8, *shape, generator=draws) * 2 - 1, draws)
    thresholds = (0.5,) * (len(network.stages) - 1)

    def at(timesteps: int) -> Spiking:
        return Spiking(network, encoder, NeuronSpec(), timesteps, thresholds, torch.bfloat16)

    count = 2 * at(SHORT).chunk()
    images = torch.randint(0, 256, (count, *shape), generator=draws, dtype=torch.uint8)
    given = ImageSet(images, torch.zeros(count, dtype=torch.int64))
    evaluate(at(2), ImageSet(given.images[:1], given.labels[:1]), 0, SILENT)  # loads what first use loads
    return lambda: evaluate(at(point.timesteps), given, 0, SILENT)


def main(arguments: Sequence[str]) -> None:
    """Print the peak in MiB. Arguments: "step" or "evaluate", implementation, network, batch, timesteps, threads."""
    what, name, network, batch, timesteps, threads = arguments
    torch.set_num_threads(int(threads))
    point = Point(network, int(batch), int(timesteps))
    print(f"{_peak_of(_evaluation(point) if what == 'evaluate' else _step(name, point)):.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
