"""What snnTorch makes of an exported NIR graph: how far its spikes and classes are from ours, for want of our reset.

snnTorch's importer reads r, τ and v_reset as NIR states them. Norse's ignores r, so it is not asked.
"""

import contextlib
import io
import warnings
from typing import Any, NamedTuple

import torch
from torch import Tensor

from harness.data.types import ImageSet
from harness.runs.activity import Activity, trace
from harness.runs.predict import encoded, failures_as_errors
from harness.snn.spiking import Spiking
from harness.training.randomness import encoder_key

IMAGES = 100
BUDGET = 2e11  # multiply-accumulates that measuring may take


class Measured(NamedTuple):
    """Both networks on the same spike trains. ours, theirs: images that are right after the last timestep."""

    images: int
    neuron_steps: int
    spikes: int
    differing: int
    ours: int
    theirs: int

    def line(self, simulator: str, timesteps: int) -> str:
        """What was measured, in words."""
        return (
            f"measured in {simulator} on {self.images} test images: {self.differing:,} of {self.neuron_steps:,} "
            f"neuron-steps differ (our spikes: {self.spikes:,}); after {timesteps} timesteps {self.theirs} images are "
            f"right there, {self.ours} here"
        )


class Imported:
    """A NIR graph in snnTorch, by its own importer. Raises ImportError where it is absent, or its own errors."""

    def __init__(self, graph: Any) -> None:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import snntorch
            from snntorch.import_nir import import_from_nir

            self.module: Any = import_from_nir(graph)
        self.version = f"snntorch {snntorch.__version__}"
        self.layers = [module for module in self.module.modules() if isinstance(module, snntorch.Leaky)]

    @torch.no_grad()
    def run(self, train: Tensor) -> Activity:
        """What it does with a spike train `[T, N, C, H, W]`: NIR's shapes have no batch, so image by image."""
        each = [self._one(train[:, image].float()) for image in range(train.shape[1])]
        spikes = [torch.stack(layer, 1) for layer in zip(*(one.spikes for one in each), strict=True)]
        return Activity(spikes, torch.stack([one.outputs for one in each], 1))

    def _one(self, train: Tensor) -> Activity:
        spikes: list[list[Tensor]] = [[] for _ in self.layers]
        for layer in self.layers:
            layer.reset_mem()
        hooks = [
            layer.register_forward_hook(lambda _module, _inputs, fired, seen=seen: seen.append(_features(fired) != 0))
            for layer, seen in zip(self.layers, spikes, strict=True)
        ]
        try:
            currents = [self.module(x)[0] for x in train]
        finally:
            for hook in hooks:
                hook.remove()
        return Activity([torch.stack(layer) for layer in spikes], torch.stack(currents).cumsum(0))


@failures_as_errors()
def measured(spiking: Spiking, imported: Imported, images: ImageSet, seed: int) -> Measured:
    """Compare both on the first test images: at most 100, fewer of a large network."""
    count = min(len(images), IMAGES, max(1, int(BUDGET / spiking.macs)))
    train = encoded(spiking, images, torch.arange(count), encoder_key(seed, "encoder-test"))
    ours, theirs = trace(spiking, train).activity, imported.run(train)
    pairs = list(zip(ours.spikes, theirs.spikes, strict=True))
    labels = images.labels[:count]
    return Measured(
        images=count,
        neuron_steps=sum(one.numel() for one, _ in pairs),
        spikes=sum(int(one.sum()) for one, _ in pairs),
        differing=sum(int((one != other).sum()) for one, other in pairs),
        ours=int((ours.classes[-1] == labels).sum()),
        theirs=int((theirs.classes[-1] == labels).sum()),
    )


def _features(fired: Tensor) -> Tensor:
    """Maps `[C, H, W]` as features `[H·W·C]`, the order of our spikes."""
    return fired.movedim(0, -1).flatten()
