"""Evaluations: the test of a trained network once more, under other conditions than those of its training.

A recipe names them by texts such as "noise(strength=0.5)" (`harness.plugins.parts` has the names); a record says for
each which test images are right. They are computed after the cell, and decide nothing of it.
"""

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from encoders.base import Encoder
from encoders.draws import LEVELS, uniform
from harness.catalogue.experiment import parse_part
from harness.config import CellConfig
from harness.data import DataSet, ImageSet
from harness.errors import CellFailure, HarnessError, Stopped, said_by
from harness.plugins.guard import kept_state
from harness.plugins.parts import EVALUATIONS
from harness.snn.layered import Fire, Layered, Stepwise
from harness.snn.layers import Shape
from harness.snn.network import Network, Spiking
from harness.snn.quantised import quantised_clip
from harness.training.batches import encoder_key
from harness.training.cell import DTYPES, Setting
from harness.training.evaluate import TimedNetwork, classified, ready
from harness.training.method import method_of


class Evaluation:
    """A change before a test: of the network, or of its input images. This base class changes nothing.

    `passes`: the time to test one image, in forward passes through the network.
    """

    passes = 1.0

    def network(self, net: TimedNetwork) -> TimedNetwork:
        """The network that is tested. `net` is as it was trained, and must stay so."""
        return net

    def images(self, net: TimedNetwork, images: Tensor, labels: Tensor, key: int, ids: Tensor) -> Tensor:  # noqa: ARG002
        """The images `[N, C, H, W]` in [-1, 1] that `net` is shown in place of `images`.

        labels: their classes `[N]`. key, ids: for random changes, as `Encoder.encode` has them: what is drawn for an
        image should be a function of the key and its id, `encoders.draws.uniform` for one.
        """
        return images


@dataclass(frozen=True)
class Noise(Evaluation):
    """Gaussian noise of standard deviation `strength` on images in [-1, 1], cut to that range."""

    strength: float

    def images(self, net: TimedNetwork, images: Tensor, labels: Tensor, key: int, ids: Tensor) -> Tensor:  # noqa: ARG002
        draws = uniform(images, 1, key, ids)[0] + 0.5 / LEVELS  # inside (0, 1)
        noise: Tensor = torch.special.ndtri(draws)
        return (images + self.strength * noise).clamp(-1, 1)


@dataclass(frozen=True)
class Fgsm(Evaluation):
    """Each pixel moved by `epsilon` to where the loss rises: x + ε·sign(∂L/∂x), cut to [-1, 1].

    The fast gradient sign method (Goodfellow et al. 2015). Pixels lie in [-1, 1], so ε is twice that of papers whose
    pixels lie in [0, 1]. L: cross-entropy of U_T. Backwards through time a spike has the surrogate derivative of the
    training. No gradient passes an encoder: a value of the train counts as that of the frame which the code conveys, at
    every step (Sharmin et al. 2020).
    """

    epsilon: float
    passes = 4.0

    def images(self, net: TimedNetwork, images: Tensor, labels: Tensor, key: int, ids: Tensor) -> Tensor:
        return (images + self.epsilon * gradient(net, images, labels, key, ids).sign()).clamp(-1, 1)


@torch.enable_grad()
def gradient(net: TimedNetwork, images: Tensor, labels: Tensor, key: int, ids: Tensor) -> Tensor:
    """∂L/∂x of `Fgsm`, `[N, C, H, W]`. Raises CellFailure for neurons or an encoder that can not be differentiated."""
    try:
        train = net.encode(images, key, ids).detach().requires_grad_()
        output = net.network.snn(train, net.neurons()) if isinstance(net, Spiking) else net.outputs(train)[-1]
        loss = F.cross_entropy(output.float(), labels.to(output.device), reduction="sum")
        (slope,) = torch.autograd.grad(loss, train)
        pixels = images.detach().to(train.device).requires_grad_()
        (slope,) = torch.autograd.grad(net.encoder.frame(pixels), pixels, slope.sum(0, dtype=torch.float32))
    except RuntimeError as error:
        raise CellFailure(f"no gradient reaches the images: {error}") from error
    return slope.to(images.device)


@dataclass(frozen=True)
class Weights(Evaluation):
    """The weights of each layer in so many `bits`: whole multiples of max|w| / (2^(bits−1) − 1). Biases stay."""

    bits: int

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 16:
            raise HarnessError(f"weights of {self.bits} bits", "use 2 to 16")

    def network(self, net: TimedNetwork) -> TimedNetwork:
        changed = copy.deepcopy(net)
        for weight in changed.network.parameters():
            if weight.dim() > 1 and weight.any():
                step = weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
                weight.data = (weight.detach() / step).round() * step
        return changed


@dataclass(frozen=True)
class Activation(Evaluation):
    """The ANN in place of the SNN, with an activation of `levels` and `shift` (see `harness.snn.quantised`).

    Its input at each step is that step of the spike train. If a code repeats the image, all steps agree.
    """

    levels: int
    shift: float = 0.5

    def network(self, net: TimedNetwork) -> TimedNetwork:
        if not (isinstance(net, Stepwise) and "threshold" in net.network.learned):
            raise CellFailure("the network has no quantised activation: its thresholds were not learned")

        def activation(network: Layered) -> Fire:
            thresholds = network.learned["threshold"]
            return lambda index, current: quantised_clip(current, thresholds[index], self.levels, self.shift)

        return dataclasses.replace(net, neurons=activation)


class Recoded(Evaluation):
    """The encoder with other parameters than in training, such as schedule=truncated, frequencies=8 of the DCT code."""

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters

    def network(self, net: TimedNetwork) -> TimedNetwork:
        inner: Any = getattr(net.encoder, "inner", net.encoder)  # without its guard
        changed = copy.copy(net)
        object.__setattr__(changed, "encoder", dataclasses.replace(inner, **self.parameters))
        return changed


def tested(
    evaluation: Evaluation,
    net: TimedNetwork,
    images: ImageSet,
    seed: int,
    right: Tensor,
    after: Callable[[Tensor, float], None],
) -> Tensor:
    """Whether each image is classified rightly after each step, bool `[T, N]`.

    right: of the first images, from an earlier run. after: called after each chunk with what is known by then, and
    with the multiply–accumulates that it took.
    """
    net = ready(evaluation.network(net))
    draws = encoder_key(seed, "evaluation")

    def encode(pixels: Tensor, key: int, places: Tensor) -> Tensor:
        with torch.enable_grad():
            shown = evaluation.images(net, pixels, images.labels[places], draws, places)
        return net.encode(shown, key, places)

    for places, classes in classified(net, images, seed, begin=right.shape[1], encode=encode):
        right = torch.cat([right, classes == images.labels[places]], 1)
        after(right, evaluation.passes * net.macs * len(places))
    return right


def made(text: str) -> Evaluation:
    """The evaluation that a recipe names. Raises HarnessError for an unknown one, or for parameters that do not fit."""
    evaluation: Evaluation = EVALUATIONS.create(*parse_part(text, EVALUATIONS.kind))
    return evaluation


def passes(config: CellConfig) -> float:
    """The passes forward through the network that a test image takes in all evaluations of a cell."""
    return sum(made(text).passes for text in config.evaluations or ())


def evaluate(config: CellConfig, net: TimedNetwork, images: ImageSet, setting: Setting) -> dict[str, Tensor]:
    """For each evaluation of a cell, which images are right, bool `[T, N]`.

    Raises CellFailure with the name of one that fails; Stopped if the watch says so, with a checkpoint.
    """
    checkpoint = setting.checkpoint.part("evaluations")
    right_of: dict[str, Tensor] = checkpoint.load() or {}

    def after(text: str, right: Tensor, work: float) -> None:
        right_of[text] = right
        setting.watch.progress(text, work)
        if setting.watch.stop():
            checkpoint.save(right_of)
            raise Stopped(text)

    for text in config.evaluations or ():
        begun = right_of.get(text, torch.empty(config.timesteps, 0, dtype=torch.bool))
        try:
            with kept_state():
                right_of[text] = tested(made(text), net, images, config.seed, begun, partial(after, text))
        except (HarnessError, OSError, Stopped):
            raise
        except Exception as error:  # a plug-in may raise anything
            said = str(error) if isinstance(error, CellFailure) else said_by(error)
            raise CellFailure(f"evaluation '{text}': {said}") from error
        checkpoint.save(right_of)
    return right_of


def require_evaluable(config: CellConfig, data: DataSet, encoder: Encoder, shape: Shape) -> None:
    """Raise HarnessError for an evaluation that fails on an untrained network: better before training than after it."""
    if not config.evaluations:
        return
    steps, dtype = config.timesteps, DTYPES[config.precision]
    net: TimedNetwork
    if config.method:
        net = method_of(config.method).restore(config.network, shape, data.classes, encoder, steps, dtype)
    else:
        network = Network(config.network, shape, data.classes, Generator().manual_seed(0))
        net = Spiking(network, encoder, config.neuron, steps, (1.0,) * (len(network.layers) - 1), dtype)
    one = ImageSet(data.train.images[:1], data.train.labels[:1])
    try:
        evaluate(config, net, one, Setting(torch.device("cpu")))
    except CellFailure as failure:
        raise HarnessError(f"arm {config.arm}: {failure}", "leave it out") from failure
