"""An experiment so small that a grid of it takes about a second."""

from dataclasses import replace

from encoders.registry import BUILTIN, BuiltIn
from harness.catalogue import Arm, Experiment, Profile
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe
from harness.papers.dct_snn import paper

PAPER = paper.PAPER
PROFILE = Profile(
    "smoke",
    NetworkSpec("tiny", hidden=(24,)),
    AnnRecipe(5, 32, 0.05, decay_every=5, classifier_dropout=0.1),
    SnnRecipe(2, 32, 1e-3, dropout=0.1),
    train_images=200,
    test_images=100,
    seeds=2,
)
EXPERIMENT = Experiment(
    name="tiny",
    title="as little as possible",
    source="not in the paper",
    dataset="digits",
    arms=(Arm("cyclic-6", EncoderSpec("dct"), 6, "DCT"), Arm("poisson-6", EncoderSpec("poisson"), 6, "Poisson")),
    profiles=(PROFILE,),
)


def install() -> None:
    """Make the experiment and the encoders known, as a file of ours and a plug-in would be."""
    paper.PAPER = replace(PAPER, experiments=(*PAPER.experiments, EXPERIMENT))
    BUILTIN["misbehaved"] = BuiltIn("tools.hostile:Misbehaved", "misbehaved")


def uninstall() -> None:
    paper.PAPER = PAPER
    BUILTIN.pop("misbehaved", None)
