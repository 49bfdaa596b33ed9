"""The law that ties a train to the frame: the ANN is trained on what the code conveys, not on another image."""

import math

from encoders.base import Decodes
from encoders.laws.trial import NotApplicable, Trial, require

LONG, PERIODS = 128, 8  # timesteps, and times that what is fed repeats: enough for a code to say what it can


def frame_is_conveyed(trial: Trial) -> str:
    """A long train, decoded, is the frame, but for the declared resolution (mean distance over pixels).

    Decoded is `decode(train)` where the encoder has it, else the mean over time.
    """
    info = trial.encoder.info
    if info.resolution is None:
        raise NotApplicable("declared not to determine the frame")
    train, frame = trial.train(timesteps=_long(trial)), trial.encoder.frame(trial.images.clone())
    decoder = trial.encoder
    decoded = decoder.decode(train) if isinstance(decoder, Decodes) else train.float().mean(dim=0)
    require(decoded.shape == frame.shape, f"decoded has shape {tuple(decoded.shape)}, the frame {tuple(frame.shape)}")
    distance = (decoded - frame).abs().mean().item()
    remedy = "let `frame` be what the code conveys, or `decode` say how the train is read"
    require(distance <= info.resolution, f"frame and decoded train are {distance:.3g} apart on average: {remedy}")
    return f"decoded train and frame are {distance:.3g} apart after {len(train)} steps"


def _long(trial: Trial) -> int:
    # A multiple of the trial's T, which fits the code, where the code is laid out over all T steps.
    info = trial.encoder.info
    period = trial.timesteps if info.window else info.period or 1
    least = LONG if info.period is None else max(LONG, PERIODS * info.period)
    return period * math.ceil(least / period)
