"""A plug-in as it may come: it raises, exits, hangs, or returns nonsense."""

import os
import random
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from encoders.base import EncoderInfo, Unfitted


class Unspeakable(BaseException):
    """Nothing that `except Exception` catches, nor that can be said."""

    def __str__(self) -> str:
        raise ValueError


@dataclass(frozen=True)
class Misbehaved(Unfitted):
    """The image at each step, and something wrong: a plug-in as it may come."""

    fault: str = ""

    info = EncoderInfo("analog", deterministic=True, period=1, value_range=(-1.0, 1.0), source="folklore")

    def encode(self, images: Tensor, timesteps: int, key: int) -> Tensor:  # noqa: ARG002
        train = images.expand(timesteps, *images.shape).clone()
        if self.fault == "raises":
            raise AttributeError("no such thing")
        if self.fault == "cannot read its file":
            raise FileNotFoundError(2, "No such file", "weights.bin")
        if self.fault == "exits":
            sys.exit(0)
        if self.fault == "exits at once":
            os._exit(0)
        if self.fault == "raises what is no Exception":
            raise Unspeakable
        if self.fault == "changes what is all arms'":
            torch.set_default_dtype(torch.float64)
            torch.set_grad_enabled(not torch.is_grad_enabled())
            torch.manual_seed(1)
            np.random.seed(1)
            random.seed(1)
            os.chdir("/")
        if self.fault == "shape":
            return train[0]
        if self.fault == "NaN":
            train[0, 0, 0, 0, 0] = torch.nan
        if self.fault == "out of memory":
            torch.empty(1 << 60)
        if self.fault == "dies in training" and len(images) > 1:
            raise MemoryError("no room for the batch")
        while self.fault == "hangs":
            try:
                time.sleep(0.01)
            except Exception:
                continue
        return train

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:  # noqa: ARG002
        return 0.0


FAULTS = (
    "raises", "cannot read its file", "exits", "shape", "NaN", "out of memory", "dies in training", "hangs",
    "exits at once", "raises what is no Exception",
)  # fmt: skip
