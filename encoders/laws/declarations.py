"""Laws of calibration and of what an encoder says of itself: its state, its period, its operations."""

import copy
import json
import math
from collections.abc import Mapping
from typing import Any

import torch

from encoders.base import Encoder, Operations
from encoders.encoding import Batch, encode
from encoders.laws.trial import Trial, Violation, require


def input_untouched(trial: Trial) -> str:
    """`calibrate`, `frame` and `encode` leave the images as they were."""
    images = trial.images.clone()
    copy.deepcopy(trial.unfitted).calibrate(images, trial.generator())
    trial.encoder.frame(images)
    encode(trial.encoder, Batch(images), trial.timesteps, trial.generator())
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
    encode(fitted, Batch(trial.images.clone()), trial.timesteps, trial.generator())
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
    """`operations` is `Operations`, or a number; finite, at least 0, and not falling with T."""
    channels, height, width = trial.images.shape[1:]
    counted = [trial.encoder.operations((channels, height, width), t) for t in (trial.timesteps, 2 * trial.timesteps)]
    short, long = (Operations.of(count) for count in counted)
    numbers = (short.macs, short.additions, long.macs, long.additions)
    require(all(math.isfinite(n) and n >= 0 for n in numbers), f"operations: {counted}")
    require(float(short) <= float(long), f"{float(short):g} operations at T, {float(long):g} at 2T")
    return f"{short.macs:g} multiply-accumulates, {short.additions:g} additions an image"
