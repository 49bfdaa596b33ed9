"""Where the paper's sources disagree, on CIFAR-10: one choice changed at a time, in a deep network."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec, Parameter
from harness.papers.dct_snn.experiments.sensitivity import RELEASED
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE
from harness.papers.dct_snn.published import vgg

CENTRED: Mapping[str, Parameter] = {"schedule": "cyclic", "colour": "ycbcr"}
# What the released code feeds: chroma off centre, thresholds of each batch, an ANN trained on RGB.
CODE: Mapping[str, Parameter] = {"colour": "ycbcr-released", "threshold_scope": "batch", "frames": "rgb"}

# name, what it reads differently, parameters of the DCT code, changes to the default cell
READINGS: tuple[tuple[str, str, Mapping[str, Parameter], Mapping[str, Any]], ...] = (
    ("default", "eq. 2, synchronous, U_T / T, YCbCr centred", CENTRED, {}),
    ("algorithm", "leak as Algorithm 1: only without a spike", CENTRED, {"neuron.reading": "algorithm"}),
    ("delay", "one step of delay a layer", CENTRED, {"neuron.clock": "layer-delay"}),
    ("maximum", "thresholds balanced at the maximum (§1.3)", CENTRED, {"balancing.percentile": 100.0}),
    ("rgb", "the code sees RGB", {**CENTRED, "colour": "rgb"}, {}),
    ("rgb-frames", "the ANN sees RGB, the code YCbCr", {**CENTRED, "frames": "rgb"}, {}),
    ("chroma", "chroma off centre, as released", {**CENTRED, "colour": "ycbcr-released"}, {}),
    ("released", "all choices of the released code together", CODE, RELEASED),
)


def _free(encoder: Mapping[str, Mapping[str, Parameter]]) -> dict[str, dict[str, Parameter]]:
    """A profile's parameters of encoders without the colour, which is the arms' here."""
    return {name: {k: v for k, v in given.items() if k != "colour"} for name, given in encoder.items()}


EXPERIMENT = Experiment(
    name="sensitivity-readings-cifar10",
    title="Which reading matters in a deep network? CIFAR-10",
    source="§1.3, eq. 2, Algorithm 1, released code",
    dataset="cifar10",
    arms=tuple(
        Arm(name, EncoderSpec("dct", parameters), 48, f"{title}, T = 48", changes=changes)
        for name, title, parameters, changes in READINGS
    ),
    profiles=tuple(replace(profile, encoder=_free(profile.encoder)) for profile in (SMOKE, replace(LITE, seeds=3))),
    published=vgg("vgg9"),
)
