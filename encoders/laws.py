"""The laws of an encoder, one function each: it returns what it saw, or raises `Violation` or `NotApplicable`."""

import copy
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from encoders.base import Encoder

# A graded code has finitely many sizes: no more than this among thousands of grey values off the 8-bit grid.
MOST_SIZES = 256
# Devices add in another order; a membrane within rounding of its threshold may then decide otherwise.
MOST_DEVICE_DIFFERENCES = 1e-3


class Violation(Exception):
    """A law is broken; the message says how."""


class NotApplicable(Exception):
    """A law does not bind this encoder, or cannot be tried on this machine; the message says why."""


@dataclass(frozen=True)
class Trial:
    """What the laws are tried on: the encoder before and after `calibrate`, images in [-1, 1], T and a seed."""

    unfitted: Encoder
    encoder: Encoder
    images: Tensor
    timesteps: int
    seed: int

    def generator(self, offset: int = 0) -> Generator:
        """A fresh generator; the same for the same offset."""
        return Generator().manual_seed(self.seed + offset)

    def train(self, images: Tensor | None = None, timesteps: int | None = None, offset: int = 0) -> Tensor:
        """The spike train of fresh copies of `images` (all of the trial's unless given)."""
        chosen = self.images if images is None else images
        return self.encoder.encode(chosen.clone(), timesteps or self.timesteps, self.generator(offset)).detach()


Law = Callable[[Trial], str]


def require(holds: bool, violation: str) -> None:
    """Raise Violation unless `holds` (an `assert` that `python -O` keeps)."""
    if not holds:
        raise Violation(violation)


def declared_shape(trial: Trial) -> str:
    """The train is float32 `[T, *frame.shape]`, and the frame has one image for each image given."""
    frame, train = trial.encoder.frame(trial.images.clone()), trial.train()
    require(frame.dim() == 4 and len(frame) == len(trial.images), f"frame has shape {tuple(frame.shape)}")
    expected = (trial.timesteps, *frame.shape)
    require(train.shape == expected, f"the train has shape {tuple(train.shape)}, the frame asks for {expected}")
    require(train.dtype == frame.dtype == torch.float32, f"train is {train.dtype}, frame {frame.dtype}, not float32")
    return f"{tuple(train.shape)} float32"


def declared_alphabet(trial: Trial) -> str:
    """Only values of the alphabet occur, all within the declared range."""
    info, values = trial.encoder.info, np.unique(trial.train().numpy())
    allowed = {"binary": (0.0, 1.0), "ternary": (-1.0, 0.0, 1.0)}.get(info.alphabet)
    if allowed is not None:
        foreign = [v for v in values.tolist() if v not in allowed]
        require(not foreign, f"{info.alphabet}, yet the train holds {foreign[:3]}")
    else:
        require(info.alphabet in ("graded", "analog"), f"unknown alphabet '{info.alphabet}'")
    if info.alphabet == "graded":
        require(len(values) <= MOST_SIZES, f"graded, yet {len(values)} sizes occur: is it analog?")
    least, greatest = info.value_range
    low, high = float(values.min()), float(values.max())
    require(least - 1e-6 <= low and high <= greatest + 1e-6, f"{low:g} to {high:g} leaves {least:g} to {greatest:g}")
    return f"{info.alphabet}, {low:g} to {high:g}"


def finite_values(trial: Trial) -> str:
    """Neither train nor frame holds NaN or infinity, blank images included."""
    for name, values in (("train", trial.train()), ("frame", trial.encoder.frame(trial.images.clone()))):
        require(bool(values.isfinite().all()), f"the {name} holds NaN or infinity")
    return "no NaN, no infinity"


def repeatable(trial: Trial) -> str:
    """Same input and same generator state give the same train; torch's global generator is left alone."""
    before = torch.get_rng_state()
    first = trial.train()
    trial.train(trial.images.flip(0))
    require(torch.equal(first, trial.train()), "two calls with the same input and generator state differ")
    require(torch.equal(before, torch.get_rng_state()), "it draws from torch's global generator")
    return "the same train again"


def declared_randomness(trial: Trial) -> str:
    """A deterministic encoder neither reads nor moves the generator; a random one depends on it."""
    same = torch.equal(trial.train(), trial.train(offset=1))
    if not trial.encoder.info.deterministic:
        require(not same, "declared random, yet two generators give the same train")
        return "random: depends on the generator"
    require(same, "declared deterministic, yet the train depends on the generator")
    generator = trial.generator()
    trial.encoder.encode(trial.images.clone(), trial.timesteps, generator)
    require(torch.equal(generator.get_state(), trial.generator().get_state()), "it moves the generator")
    return "deterministic: ignores the generator"


def batch_invariance(trial: Trial) -> str:
    """Other images in the batch leave an image's train unchanged; a deterministic code also gives it alone."""
    if not trial.encoder.info.batch_invariant:
        raise NotApplicable("declared not batch-invariant")
    train, count = trial.train(), len(trial.images)
    for kept in (max(0, count // 2 - 1), count - 1):
        others = 0.5 * trial.images.roll(1, dims=0)
        others[kept] = trial.images[kept]
        require(torch.equal(trial.train(others)[:, kept], train[:, kept]), "the train depends on batch mates")
        if trial.encoder.info.deterministic:
            alone = trial.train(trial.images[kept : kept + 1])
            require(torch.equal(alone[:, 0], train[:, kept]), "alone, an image has another train than in its batch")
    return "batch mates do not matter"


def prefix_property(trial: Trial) -> str:
    """The first t steps of a T-step train are the t-step train, unless a window is declared."""
    if trial.encoder.info.window:
        raise NotApplicable("declared a window: the code is laid out over all T steps")
    train = trial.train()
    for t in sorted({1, (trial.timesteps + 1) // 2, max(1, trial.timesteps - 1)}):
        require(torch.equal(trial.train(timesteps=t), train[:t]), f"the {t}-step train is not a prefix")
    return "shorter trains are prefixes"


def input_untouched(trial: Trial) -> str:
    """`calibrate`, `frame` and `encode` leave the images as they were."""
    images = trial.images.clone()
    copy.deepcopy(trial.unfitted).calibrate(images, trial.generator())
    trial.encoder.frame(images)
    trial.encoder.encode(images, trial.timesteps, trial.generator())
    require(torch.equal(images, trial.images), "the images were changed in place")
    return "images unchanged"


def calibration_is_pure(trial: Trial) -> str:
    """`calibrate` returns a fitted encoder of the same kind, the same each time, and leaves the old one as it was."""
    old = copy.deepcopy(trial.unfitted)
    before = _facts(old)
    fitted = old.calibrate(trial.images.clone(), trial.generator())
    require(type(fitted) is type(old), f"calibrate returned a {type(fitted).__name__}")
    require(_facts(old) == before, "calibrate changed the encoder it was called on")
    again = old.calibrate(trial.images.clone(), trial.generator())
    require(_facts(again) == _facts(fitted), "two calibrations on the same images differ")
    fitted.encode(trial.images.clone(), trial.timesteps, trial.generator())
    require(_facts(again) == _facts(fitted), "encode changed the encoder")
    return "a fitted copy" if _facts(fitted) != before else "nothing to fit"


def _facts(encoder: Encoder) -> Any:
    # What can be seen of an encoder: its state, and its fields where it has them.
    fields = {name: repr(value) for name, value in getattr(encoder, "__dict__", {}).items()}
    return repr(encoder.state()), encoder.info, fields


def declared_period(trial: Trial) -> str:
    """The period is None or a whole number of steps, and None for a random code.

    That what is *fed* repeats cannot be seen from outside: an integrating neuron's spikes need not. So only the
    declaration's form is checked; an encoder's own tests check its truth.
    """
    info = trial.encoder.info
    if info.period is None:
        return "none declared"
    require(isinstance(info.period, int) and info.period >= 1, f"period {info.period!r} is no number of steps")
    require(info.deterministic, f"period {info.period} declared for a random code")
    return f"{info.period} declared (what is fed inside cannot be seen from outside)"


def json_state(trial: Trial) -> str:
    """`state()` is a mapping that JSON holds, before and after `calibrate`; no NaN, no infinity."""
    for encoder in (trial.unfitted, trial.encoder):
        state = encoder.state()
        require(isinstance(state, Mapping), f"state() is a {type(state).__name__}, not a mapping")
        require(all(isinstance(key, str) for key in state), "state() has keys that are not strings")
        try:
            json.dumps(dict(state), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise Violation(f"state() is not JSON: {error}") from error
    return f"holds {', '.join(trial.encoder.state()) or 'nothing'}"


def counted_operations(trial: Trial) -> str:
    """`operations` is a finite number of at least 0 that does not fall with T."""
    channels, height, width = trial.images.shape[1:]
    counts = [trial.encoder.operations((channels, height, width), t) for t in (trial.timesteps, 2 * trial.timesteps)]
    require(all(isinstance(n, int | float) and math.isfinite(n) and n >= 0 for n in counts), f"operations: {counts}")
    require(counts[0] <= counts[1], f"{counts[0]:g} operations at T, {counts[1]:g} at 2T")
    return f"{counts[0]:g} an image"


def devices_agree(trial: Trial) -> str:
    """CPU and CUDA give the same train from the same (CPU) generator, but for rounding at a threshold."""
    if not torch.cuda.is_available():
        raise NotApplicable("no CUDA device here")
    there = trial.train(trial.images.cuda())
    require(there.is_cuda, "images on CUDA give a train elsewhere")
    share = ((there.cpu() - trial.train()).abs() > 1e-5).float().mean().item()
    require(share <= MOST_DEVICE_DIFFERENCES, f"{share:.2%} of the train differs between CPU and CUDA")
    return f"{share:.2%} of the train differs"
