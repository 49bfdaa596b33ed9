"""An experiment so small that a grid of it takes about a second, and encoders that misbehave."""

import os
import sys
import time
from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Unfitted
from encoders.registry import BUILTIN
from harness import experiments
from harness.config import AnnRecipe, Arm, Balancing, EncoderSpec, Experiment, NetworkSpec, Profile, SnnRecipe

PROFILE = Profile(
    "smoke",
    NetworkSpec("tiny", hidden=(24,)),
    AnnRecipe(3, 32, 0.05, decay_every=3, classifier_dropout=0.1),
    SnnRecipe(4, 32, 1e-3, dropout=0.1),
    Balancing(images=100),
    train_images=200,
    test_images=100,
    seeds=2,
)
EXPERIMENT = Experiment(
    name="tiny",
    title="as little as possible",
    source="not in the paper",
    dataset="digits",
    arms=(
        Arm("cyclic-6", EncoderSpec("dct"), 6, "DCT"),
        Arm("poisson-6", EncoderSpec("poisson"), 6, "Poisson"),
    ),
    profiles=(PROFILE,),
)


@dataclass(frozen=True)
class Misbehaved(Unfitted):
    """The image at each step, and something wrong: a plug-in as it may come."""

    fault: str = ""

    info = EncoderInfo("analog", deterministic=True, period=1, value_range=(-1.0, 1.0), source="folklore")

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        train = images.expand(timesteps, *images.shape).clone()
        if self.fault == "raises":
            raise AttributeError("no such thing")
        if self.fault == "cannot read its file":
            raise FileNotFoundError(2, "No such file", "weights.bin")
        if self.fault == "exits":
            sys.exit(0)
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
)  # fmt: skip


def install() -> None:
    """Make the experiment and the encoders known, as a file of ours and a plug-in would be."""
    module = ModuleType("harness.experiments.tiny")
    module.EXPERIMENT = EXPERIMENT  # type: ignore[attr-defined]
    sys.modules["harness.experiments.tiny"] = module
    experiments.MODULES["tiny"] = "tiny"
    BUILTIN["misbehaved"] = f"{__name__}:Misbehaved"


def uninstall() -> None:
    """Undo `install`."""
    experiments.MODULES.pop("tiny", None)
    BUILTIN.pop("misbehaved", None)
    sys.modules.pop("harness.experiments.tiny", None)


def root() -> str:
    """The repository's root."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
