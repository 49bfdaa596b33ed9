"""What a method is: how a cell is computed, and how its network is made again from kept weights.

A method is made from the parameters of a recipe (`harness.plugins.parts`). It trains what it likes, and gives back a
`Trained`: a `TimedNetwork`, and the numbers of the record. What most methods share stands here: `prepared` begins a
cell, and `finished` tests its network, such as one of layers and neurons of any kind (`harness.snn.layered.Stepwise`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import torch

from encoders.base import Encoder, Operations
from harness.config import CellConfig, MethodSpec, NetworkSpec
from harness.data.subset import at_most
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.plugins.guard import faults_named
from harness.plugins.parts import METHODS
from harness.schema import CellResult, Epoch
from harness.snn.layered import Layered
from harness.snn.layers import Shape
from harness.training.batches import CALIBRATION_IMAGES, generator, normalised
from harness.training.cell import Setting, Stopwatch, Trained
from harness.training.evaluate import CountedNetwork, TimedNetwork, evaluate


class Method(Protocol):
    """How a cell is computed.

    It may have `require(config)`, too, which raises HarnessError for a recipe that `run` would not follow.
    """

    def run(self, config: CellConfig, data: DataSet, encoder: Encoder, setting: Setting) -> Trained:
        """Everything that a cell does.

        Raises CellFailure where it cannot be finished; Stopped where `setting.watch` says so, with a checkpoint.
        """
        ...

    def restore(
        self, spec: NetworkSpec, shape: Shape, classes: int, encoder: Encoder, timesteps: int, dtype: torch.dtype
    ) -> TimedNetwork:
        """The network as `run` gives it, into which kept tensors are loaded. shape: (C, H, W) of the frames.

        Called on torch's meta device first, since the shapes of its tensors are compared with those that were kept.
        """
        ...

    def work(self, config: CellConfig, data: DataSet, macs: int) -> float:
        """The multiply–accumulates that `run` reports as progress, for an ANN of so many an image."""
        ...


def method_of(spec: MethodSpec) -> Method:
    """Make the method of a recipe. Raises HarnessError for an unknown one, or for parameters that it does not take."""
    return cast(Method, METHODS.create(spec.name, spec.parameters))


def require_followed(config: CellConfig) -> None:
    """Raise HarnessError for a recipe that its method would not follow; the method's own `require` tells."""
    method: Any = method_of(config.method) if config.method else None
    try:
        with faults_named(f"method '{config.method.name}'" if config.method else ""):
            getattr(method, "require", lambda _: None)(config)
    except HarnessError as error:
        raise HarnessError(f"arm {config.arm}: {error.message}", error.hint) from None


def prepared(
    config: CellConfig, data: DataSet, encoder: Encoder, device: torch.device, learned: Mapping[str, float]
) -> tuple[Layered, Encoder]:
    """A cell's network with initial weights, and its calibrated encoder.

    The network normalises by mean and deviation of the training frames. learned: see `Layered`.
    """
    sample = at_most(data.train, CALIBRATION_IMAGES, config.seed)
    encoder = encoder.calibrate(normalised(sample.images))
    frames = encoder.frame(normalised(sample.images))
    shape = (frames.shape[1], frames.shape[2], frames.shape[3])
    draws = generator(config.seed, "initial-weights")
    initialisation = config.ann.initialisation if config.ann else "he"
    network = Layered(config.network, shape, data.classes, draws, initialisation, learned)
    network.mean.copy_(frames.mean((0, 2, 3)))
    network.deviation.copy_(frames.std((0, 2, 3)))
    return network.to(device), encoder


def finished(
    net: CountedNetwork,
    config: CellConfig,
    data: DataSet,
    setting: Setting,
    clock: Stopwatch,
    ann_epochs: Sequence[Epoch] = (),
    epochs: Sequence[Epoch] = (),
) -> Trained:
    """Test a trained network, and put together what its record says. epochs: of the SNN, ann_epochs: of its ANN."""
    final = evaluate(net, data.test, config.seed, setting.watch, setting.checkpoint.part("test"))
    clock.lap("test")
    _, channels, height, width = data.train.images.shape
    operations = Operations.of(net.encoder.operations((channels, height, width), net.timesteps))
    result = CellResult(
        encoder_state=dict(net.encoder.state()),
        encoder_operations=float(operations),
        encoder_macs=operations.macs,
        thresholds=list(net.thresholds),
        ann_epochs=list(ann_epochs),
        epochs=list(epochs),
        curve=final.counts,
        layers=final.layers,
    )
    return Trained(result, net, final.right, clock.laps)
