"""`python -m bench.products`: the activity at which a convolution of spikes is as fast by events as by a dense product.

Both are timed as in training, forward and for the weight's gradient, on drawn spikes of the sizes of VGG9's hidden
layers at 60×60. The activity of equal times goes into `harness.snn.kernels.events.BREAK_EVEN`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.measure import timed
from harness.machine.environment import machine
from harness.snn.kernels import events
from harness.snn.kernels.layers import NONE, ONE

LAYERS = ((64, 128, 30, 16), (128, 256, 15, 48), (256, 256, 15, 48), (256, 512, 7, 96), (512, 512, 7, 96))
ACTIVITIES = (0.01, 0.02, 0.04, 0.08)
REPEATS = 5


def fastest(action: Callable[[], object]) -> float:
    """The shortest of `REPEATS` times of `action`, in seconds, after a warm-up."""
    action()
    return min(timed(action) for _ in range(REPEATS))


def break_even(activities: Sequence[float], skipping: Sequence[float], dense: float) -> float:
    """The activity at which the time by events is `dense`, on a straight line through the times; 0 if never."""
    slope, start = np.polyfit(activities, skipping, 1)
    return max(0.0, float((dense - start) / slope))


def drawn(images: int, channels: int, size: int, dtype: torch.dtype, activity: float | None = None) -> Tensor:
    """Maps `[images, channels, size, size]`, channels last: normal values, or spikes of that activity."""
    shape, draws = (images, channels, size, size), torch.Generator().manual_seed(0)
    values = torch.randn(shape, generator=draws) if activity is None else torch.rand(shape, generator=draws) < activity
    return values.to(dtype).contiguous(memory_format=torch.channels_last)


def row(layer: tuple[int, int, int, int], dtype: torch.dtype) -> tuple[list[float], float]:
    """The seconds by events at each activity, and by dense products."""
    inputs, outputs, size, images = layer
    weight, grad = drawn(outputs, inputs, 3, dtype), drawn(images, outputs, size, dtype)

    def dense(x: Tensor) -> float:
        wanted = [False, True, False]
        backward = torch.ops.aten.convolution_backward
        forward = fastest(lambda: F.conv2d(x, weight, padding=1))
        return forward + fastest(lambda: backward(grad, x, weight, None, ONE, ONE, ONE, False, NONE, 1, wanted))

    def skipping(x: Tensor) -> float:
        return fastest(lambda: events.product(x, weight)) + fastest(lambda: events.weight_gradient(grad, x))

    trains = [drawn(images, inputs, size, dtype, activity) for activity in ACTIVITIES]
    return [skipping(x) for x in trains], dense(trains[0])


def main() -> None:
    """Print a line for each layer and precision."""
    host = machine(torch.device("cpu"))
    print(f"{host.processor}: {', '.join(host.instructions)}; {torch.get_num_threads()} threads")
    for dtype in (torch.bfloat16, torch.float32):
        for layer in LAYERS:
            times, dense = row(layer, dtype)
            shares = ", ".join(f"{activity:.0%} {t / dense:.2f}" for activity, t in zip(ACTIVITIES, times, strict=True))
            name = f"{layer[0]}→{layer[1]} at {layer[2]}×{layer[2]}, {str(dtype).removeprefix('torch.')}"
            equal = break_even(ACTIVITIES, times, dense)
            print(f"{name}: break-even {equal:.1%}; events ÷ dense at {shares}", flush=True)


if __name__ == "__main__":
    main()
