"""Laws of the spike train: its shape, its values, its dtype, and where it lies."""

import numpy as np
import torch

from encoders.laws.trial import NotApplicable, Trial, require

# A graded code has finitely many sizes: no more than this among thousands of grey values off the 8-bit grid, or one a
# timestep.
MOST_SIZES = 256
# Devices add in another order; a membrane within rounding of its threshold may then decide otherwise.
MOST_DEVICE_DIFFERENCES = 1e-3


def declared_shape(trial: Trial) -> str:
    """The train is float32 `[T, *frame.shape]`, and the frame has one image for each image given."""
    frame = trial.encoder.frame(trial.images.clone())
    # Not `trial.train`, which casts.
    train = trial.encoder.encode(trial.images.clone(), trial.timesteps, trial.generator())
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
        require(
            len(values) <= max(MOST_SIZES, trial.timesteps + 1), f"graded, yet {len(values)} sizes occur: is it analog?"
        )
    least, greatest = info.value_range
    low, high = float(values.min()), float(values.max())
    require(least - 1e-6 <= low and high <= greatest + 1e-6, f"{low:g} to {high:g} leaves {least:g} to {greatest:g}")
    return f"{info.alphabet}, {low:g} to {high:g}"


def finite_values(trial: Trial) -> str:
    """Neither train nor frame holds NaN or infinity, blank images included."""
    for name, values in (("train", trial.train()), ("frame", trial.encoder.frame(trial.images.clone()))):
        require(bool(values.isfinite().all()), f"the {name} holds NaN or infinity")
    return "no NaN, no infinity"


def dtype_is_a_cast(trial: Trial) -> str:
    """A train written in bfloat16 is the float32 train, rounded."""
    narrow = trial.train(dtype=torch.bfloat16)
    require(narrow.dtype == torch.bfloat16, f"asked for bfloat16, the train is {narrow.dtype}")
    require(torch.equal(narrow, trial.train().to(torch.bfloat16)), "in bfloat16 it is another train than in float32")
    return "bfloat16 is float32 rounded"


def devices_agree(trial: Trial) -> str:
    """CPU and CUDA give the same train from the same (CPU) generator, but for rounding at a threshold."""
    if not torch.cuda.is_available():
        raise NotApplicable("no CUDA device here")
    there = trial.train(trial.images.cuda())
    require(there.is_cuda, "images on CUDA give a train elsewhere")
    share = ((there.cpu() - trial.train()).abs() > 1e-5).float().mean().item()
    require(share <= MOST_DEVICE_DIFFERENCES, f"{share:.2%} of the train differs between CPU and CUDA")
    return f"{share:.2%} of the train differs"
