"""What every encoder must pass, for `harness encoders check` and for a plug-in's own tests:

    for finding in check(MyEncoder()):
        assert finding.passed is not False, str(finding)

An encoder that never returns is not stopped here: set a time limit outside.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.base import Encoder
from encoders.laws import declarations, draws, frames, trains
from encoders.laws.trial import Law, NotApplicable, Trial, Violation

LAWS: tuple[Law, ...] = (
    trains.declared_shape,
    trains.declared_alphabet,
    trains.finite_values,
    trains.dtype_is_a_cast,
    draws.repeatable,
    draws.declared_randomness,
    draws.batch_invariance,
    draws.split_with_ids,
    draws.prefix_property,
    frames.frame_is_conveyed,
    declarations.input_untouched,
    declarations.calibration_is_pure,
    declarations.declared_period,
    declarations.json_state,
    declarations.counted_operations,
    trains.devices_agree,
)


@dataclass(frozen=True)
class Finding:
    """What one law found. passed: None where the law does not apply; detail: what was seen, or what is wrong."""

    law: str
    passed: bool | None
    detail: str

    def __str__(self) -> str:
        mark = {True: "pass", False: "FAIL", None: "skip"}[self.passed]
        return f"{mark}  {self.law}: {self.detail}"


def sample_images(channels: int = 3, size: int = 16, seed: int = 0) -> Tensor:
    """`[8, channels, size, size]`: black, grey and white images, then noise of rising contrast (no 8-bit grid)."""
    noise = torch.rand(8, channels, size, size, generator=Generator().manual_seed(seed)) * 2 - 1
    images = noise * torch.linspace(0.3, 1, 8).view(-1, 1, 1, 1)
    for n, grey in enumerate((-1.0, 0.0, 1.0)):
        images[n] = grey
    return images


def check(
    encoder: Encoder, images: Tensor | None = None, timesteps: int = 16, seed: int = 0, only: tuple[Law, ...] = LAWS
) -> list[Finding]:
    """Try every law (or `only` some) on an encoder as it comes from its constructor.

    images: `[N ≥ 2, C, H, W]` in [-1, 1] that the encoder accepts; `sample_images()` where None.
    timesteps: a number that fits the code. Raises nothing: whatever an encoder raises is a finding.
    """
    images = sample_images() if images is None else images
    try:
        # A copy, so that the law on calibration sees the encoder as it came.
        fitted = copy.deepcopy(encoder).calibrate(images.clone(), Generator().manual_seed(seed))
    except Exception as error:  # an encoder under test may raise anything
        return [Finding("calibrates", False, _described(error))]
    trial = Trial(encoder, fitted, images, timesteps, seed)
    return [_try(law, trial) for law in only]


def _try(law: Law, trial: Trial) -> Finding:
    name = law.__name__.replace("_", " ")
    try:
        return Finding(name, True, law(trial))
    except NotApplicable as reason:
        return Finding(name, None, str(reason))
    except Violation as violation:
        return Finding(name, False, str(violation))
    except Exception as error:  # an encoder under test may raise anything
        return Finding(name, False, _described(error))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
