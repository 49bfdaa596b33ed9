"""§5.2, Fig. 2 (left) on one network: DCT against the codes it is compared with, VGG5 on CIFAR-10, 48 steps."""

from dataclasses import replace

from harness.catalogue import Experiment, Profile
from harness.papers.dct_snn.experiments.codes import codes
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE, VGG5, paper
from harness.papers.dct_snn.published import vgg


def on_one_map(profile: Profile) -> Profile:
    """Every code sees the same 32×32 RGB map, so that all arms of a seed share network size and ANN."""
    same = "map: the 32×32 RGB image for every code, DCT in tiling 4×4 blocks too, so that only the code differs"
    return replace(profile, encoder={}, deviations=(*profile.deviations, same))


# `python -m harness.papers.dct_snn.choices.lite_rates` scores candidates of every code on a validation split.
UNCHOSEN = (
    "every code is fine-tuned with the rate and loss chosen for DCT on its map of luma and chroma, none with its own"
)

EXPERIMENT = Experiment(
    name="cifar10-encoders",
    title="Encoders on CIFAR-10, 48 steps",
    source="§5.2, Fig. 2",
    dataset="cifar10",
    arms=codes(48),
    profiles=tuple(
        on_one_map(profile) for profile in (SMOKE, replace(LITE, deviations=(*LITE.deviations, UNCHOSEN)), paper(VGG5))
    ),
    published={path: stated for path, stated in vgg("vgg5").items() if path != "encoder.parameters.stride"},
)
