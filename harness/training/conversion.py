"""The method of Bu et al. (ICLR 2022): train an ANN whose activation is what spiking neurons will give; convert it.

Nothing is trained after conversion: the same weights, batch norm in place, drive neurons without leak. One pass to T
reads the accuracy at every t.
"""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from encoders.base import Encoder
from harness.config import AnnRecipe, Augmentation, CellConfig, NetworkSpec
from harness.data.types import DataSet
from harness.errors import CellFailure, HarnessError
from harness.schema import Epoch
from harness.snn.layered import Fire, Layered, Stepwise
from harness.snn.layers import Shape
from harness.snn.quantised import IntegrateAndFire, quantised_clip
from harness.training.ann import SCHEDULES, correct
from harness.training.batches import CALIBRATION_IMAGES, augmented, generator, normalised, on_device
from harness.training.cell import DTYPES, Setting, Stopwatch, Trained
from harness.training.loop import Training, train
from harness.training.method import finished, prepared


@dataclass(frozen=True)
class Conversion:
    """`levels`: L of the activation in training. `shift`: φ, in levels. `threshold`: where the learned θ start.

    `initial`: where membranes start, in thresholds; None: at `shift`.
    """

    levels: int = 4
    shift: float = 0.5
    threshold: float = 8.0
    initial: float | None = None

    def __post_init__(self) -> None:
        if not (self.levels >= 1 and 0 <= self.shift < 1 and self.threshold > 0):
            raise HarnessError("conversion needs levels ≥ 1, 0 ≤ shift < 1 and threshold > 0", "correct its parameters")

    def require(self, config: CellConfig) -> None:
        """Raise HarnessError for a recipe that it would not follow."""
        if not config.ann:
            raise HarnessError("no ann, which conversion needs", "give its recipe")
        if others := [name for name in ("balancing", "neuron", "snn") if getattr(config, name)]:
            raise HarnessError(f"conversion has no {others[0]}", "leave it out")
        if config.ann.dropout or config.ann.classifier_dropout:
            raise HarnessError("conversion has no dropout", "set ann.dropout and ann.classifier_dropout to 0")

    def run(self, config: CellConfig, data: DataSet, encoder: Encoder, setting: Setting) -> Trained:
        """Train the ANN, convert it, and test the SNN at every t."""
        clock = Stopwatch()
        network, encoder = prepared(config, data, encoder, setting.device, {"threshold": self.threshold})
        clock.lap("setup")
        training = self.training(network, encoder, data, config)
        epochs = train(training, setting.checkpoint.part("training"), setting.watch).epochs
        clock.lap("ann")
        net = self.converted(network, encoder, config.timesteps, DTYPES[config.precision])
        if not all(threshold > 0 for threshold in net.thresholds):
            raise CellFailure(f"a learned threshold is not positive: {min(net.thresholds):.3g}")
        return finished(net, config, data, setting, clock, ann_epochs=epochs)

    def activation(self, network: Layered) -> Fire:
        """What the neurons of the ANN do."""
        thresholds = network.learned["threshold"]
        return lambda index, current: quantised_clip(current, thresholds[index], self.levels, self.shift)

    def converted(self, network: Layered, encoder: Encoder, timesteps: int, dtype: torch.dtype) -> Stepwise:
        """The SNN of a network."""
        initial = self.shift if self.initial is None else self.initial
        return Stepwise(
            network, encoder, timesteps, dtype, lambda made: IntegrateAndFire(made.learned["threshold"], initial)
        )

    def training(self, network: Layered, encoder: Encoder, data: DataSet, config: CellConfig) -> Training:
        """The training of the ANN on the encoder's frames of the training images."""
        recipe, seed, dtype = config.ann, config.seed, DTYPES[config.precision]
        fire, device = self.activation(network), network.weights[0].device
        generators = {"order": generator(seed, "ann-order"), "augmentation": generator(seed, "ann-augmentation")}
        optimiser = OPTIMISERS["adam" if recipe.optimiser else "sgd"](network, recipe)
        mean = normalised(data.train.images[:CALIBRATION_IMAGES]).mean((0, 2, 3))

        def answer(images: Tensor) -> Tensor:
            outputs: Tensor = network(encoder.frame(images).to(dtype), fire)
            return outputs

        def loss(_images: Tensor, labels: Tensor, places: Tensor, _epoch: int) -> Tensor:
            network.train()
            images = augmented(data.train.images[places], recipe.augmentation, generators["augmentation"], mean)
            return F.cross_entropy(answer(on_device(images, device)), labels)

        def test(mean_loss: float) -> Epoch:
            network.eval()
            return Epoch(mean_loss, correct(data.test, device, answer), len(data.test))

        return Training(
            name="ANN",
            network=network,
            images=data.train,
            recipe=replace(recipe, augmentation=Augmentation()),  # the loop has its own, which comes too early
            optimizer=optimiser,
            schedule=SCHEDULES[recipe.schedule](
                optimiser, recipe, recipe.epochs * math.ceil(len(data.train) / recipe.batch_size)
            ),
            by_step=recipe.schedule != "steps",
            generators=generators,
            loss=loss,
            test=test,
            work=3.0 * network.macs,
        )

    def restore(
        self, spec: NetworkSpec, shape: Shape, classes: int, encoder: Encoder, timesteps: int, dtype: torch.dtype
    ) -> Stepwise:
        """The SNN, its weights still to be loaded."""
        network = Layered(spec, shape, classes, Generator().manual_seed(0), learned={"threshold": self.threshold})
        return self.converted(network.eval(), encoder, timesteps, dtype)

    def work(self, config: CellConfig, data: DataSet, macs: int) -> float:
        """Training, and the test at T."""
        return float(macs) * (3 * config.ann.epochs * len(data.train) + config.timesteps * len(data.test))


def _sgd(network: Layered, recipe: AnnRecipe) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        network.parameters(),
        recipe.learning_rate,
        recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.nesterov,
        fused=True,
    )


def _adam(network: Layered, recipe: AnnRecipe) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)


OPTIMISERS = {"sgd": _sgd, "adam": _adam}
