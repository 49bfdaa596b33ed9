"""`python -m bench products`: what a layer's products take on this processor, by torch alone and as we do them.

The last column is the activity at which a convolution of spikes is as fast by events as by a dense product. The least
of a processor's goes into `harness.snn.kernels.events.BREAK_EVEN`.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

REPEATS, SECONDS = 5, 2.0  # timed calls; fewer once they took so long
ACTIVITIES = (0.01, 0.02, 0.04, 0.08)


class Layer(NamedTuple):
    """A 3×3 convolution of `images` maps of `size`×`size`, or a linear layer (`size` 0)."""

    inputs: int
    outputs: int
    size: int
    images: int

    def __str__(self) -> str:
        name = f"3×3, {self.size}×{self.size}" if self.size else "linear"
        return f"{name}, {self.inputs} → {self.outputs}, {self.images} images"

    def drawn(self, dtype: torch.dtype, activity: float | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Input, weight, and the gradient of the output, channels last; normal values, or an input of spikes."""
        places = (self.size, self.size) if self.size else ()
        shapes = (
            (self.images, self.inputs, *places),
            (self.outputs, self.inputs, *((3, 3) if self.size else ())),
            (self.images, self.outputs, *places),
        )
        draws = torch.Generator().manual_seed(0)
        x, *others = (torch.randn(shape, generator=draws) for shape in shapes)
        if activity is not None:
            x = (torch.rand(x.shape, generator=draws) < activity).float()
        layout = torch.channels_last if self.size else torch.contiguous_format
        x, weight, grad = (value.to(dtype).contiguous(memory_format=layout) for value in (x, *others))
        return x, weight, grad


# The first convolution of VGG9 on a tiled map; its hidden ones at 60×60, with as many images as a batch has here; those
# of vgg5-lite; 2×2 maps, as the last convolutions of VGG-16 on CIFAR-10 have them; the first linear layer of vgg5-lite.
LAYERS = (
    Layer(3, 64, 32, 768),
    Layer(64, 128, 30, 16),
    Layer(128, 256, 15, 48),
    Layer(256, 256, 15, 48),
    Layer(256, 512, 7, 96),
    Layer(512, 512, 7, 96),
    Layer(32, 64, 16, 96),
    Layer(64, 64, 16, 96),
    Layer(128, 128, 2, 192),
    Layer(512, 512, 2, 192),
    Layer(4096, 512, 0, 96),
)


def channels_last(grad: Tensor) -> Tensor:
    """A gradient as `product_backward` takes it: neurons of a map in the order of memory."""
    return grad.permute(0, 2, 3, 1) if grad.dim() == 4 else grad


Pair = tuple[float, float]
"""Seconds forward, and for the gradients of input and weight."""


def fastest(action: Callable[[], object], limit: float = SECONDS) -> float:
    """The shortest of a few times of `action`, in seconds, after a warm-up; no further one after `limit` seconds."""
    action()
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < limit:
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def break_even(activities: Sequence[float], skipping: Sequence[float], dense: float) -> float:
    """The activity at which the time by events is `dense`, on a straight line through the times; 0 if never."""
    slope, start = np.polyfit(activities, skipping, 1)
    return max(0.0, float((dense - start) / slope))


def by_torch(layer: Layer, dtype: torch.dtype) -> Pair:
    """The seconds of torch's own products, in a process that has not imported ours (`harness.machine.products`)."""
    x, weight, grad = layer.drawn(dtype)
    if not layer.size:
        return fastest(lambda: F.linear(x, weight)), fastest(lambda: (grad @ weight, grad.t() @ x))
    backward, one, wanted = torch.ops.aten.convolution_backward, (1, 1), [True, True, False]
    gradients = fastest(lambda: backward(grad, x, weight, None, one, one, one, False, (0, 0), 1, wanted))
    return fastest(lambda: F.conv2d(x, weight, padding=1)), gradients


def by_ours(layer: Layer, dtype: torch.dtype) -> Pair:
    """The seconds of the products that a training takes."""
    from harness.snn.kernels.layers import product, product_backward

    x, weight, grad = layer.drawn(dtype)
    grad = channels_last(grad)
    return fastest(lambda: product(x, weight)), fastest(lambda: product_backward(grad, x, weight, (True, True)))


def equal_activity(layer: Layer, dtype: torch.dtype) -> float:
    """The activity at which both take as long: forward and for the weight's gradient; nan where none are."""
    from harness.snn.kernels import events
    from harness.snn.kernels.layers import product, product_backward

    def both(x: Tensor, by_events: bool) -> float:
        forward = fastest(lambda: events.product(x, weight) if by_events else product(x, weight))
        return forward + fastest(lambda: product_backward(grad, x, weight, (False, True), by_events))

    if layer.size <= 2 or layer.inputs < events.FEWEST_CHANNELS:
        return math.nan
    x, weight, grad = layer.drawn(dtype)
    grad = channels_last(grad)
    skipping = [both(layer.drawn(dtype, activity)[0], True) for activity in ACTIVITIES]
    return break_even(ACTIVITIES, skipping, both(x, False))


def rows(layers: Sequence[Layer] = LAYERS) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield "| layer | precision | torch alone, ms | ours, ms | as fast by events at |"
    yield "| --- | --- | --- | --- | --- |"
    points = [(layer, dtype) for layer in layers for dtype in (torch.bfloat16, torch.float32)]
    alone = [by_torch(*point) for point in points]  # before what is imported by the others
    from harness.machine.process import computing_with

    for (layer, dtype), torchs in zip(points, alone, strict=True):
        with computing_with(torch.get_num_threads()):  # Numba's number of threads would become torch's
            ours, equal = by_ours(layer, dtype), equal_activity(layer, dtype)
        times = " | ".join(", ".join(map(_milliseconds, pair)) for pair in (torchs, ours))
        activity = "–" if math.isnan(equal) else f"{equal:.0%} active"
        yield f"| {layer} | {'bf16' if dtype is torch.bfloat16 else 'fp32'} | {times} | {activity} |"


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.0f}" if seconds >= 0.01 else f"{1e3 * seconds:.2g}"
