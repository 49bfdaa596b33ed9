"""§5.2, Fig. 2 (left) on one network: DCT against the codes it is compared with, VGG5 on CIFAR-10, 48 steps."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from harness.catalogue import Experiment, Profile
from harness.papers.dct_snn.experiments.codes import codes
from harness.papers.dct_snn.experiments.vgg import CHOSEN_WITH_CYCLIC, LITE, SMOKE, VGG5, paper
from harness.papers.dct_snn.published import vgg


def on_one_map(profile: Profile) -> Profile:
    """Every code sees the same 32×32 RGB map, so that all arms share the network's size."""
    same = (
        "map: the 32×32 RGB image for every code, DCT in tiling 4×4 blocks too; the ANN is trained on what a code "
        "conveys: x in [-1, 1], or p = (x + 1)/2 for all but DCT and direct input, with the same recipe"
    )
    return replace(profile, encoder={}, deviations=(*profile.deviations, same))


# Rate and loss of each code, chosen on a validation split of the training images, the same grid for all, by
# `python -m harness.papers.dct_snn.choices.lite_rates`; all scores are in results/selection/lite-rates.json.
CHOSEN: Mapping[str, tuple[float, Literal["sum", "mean"]]] = {
    "dct": (1e-5, "mean"),
    "poisson": (1e-5, "sum"),
    "direct": (3e-6, "mean"),
    "phase": (1e-5, "mean"),
    "burst": (3e-6, "sum"),
    "ttfs": (3e-4, "mean"),
    "latency": (1e-4, "mean"),
}


def tuned(profile: Profile) -> Profile:
    """Every code is fine-tuned with what was chosen for it; one for which nothing was chosen, with the profile's."""
    changes = {code: {"snn.learning_rate": rate, "snn.loss_input": loss} for code, (rate, loss) in CHOSEN.items()}
    own = "fine-tuning rate and loss of each code are chosen on a validation split of CIFAR-10, the same grid for all"
    deviations = tuple(own if text == CHOSEN_WITH_CYCLIC else text for text in profile.deviations)
    return replace(profile, changes=changes, deviations=deviations)


EXPERIMENT = Experiment(
    name="cifar10-encoders",
    title="Encoders on CIFAR-10, 48 steps",
    source="§5.2, Fig. 2",
    dataset="cifar10",
    arms=codes(48),
    profiles=tuple(on_one_map(profile) for profile in (SMOKE, tuned(LITE), paper(VGG5))),
    published={path: stated for path, stated in vgg("vgg5").items() if path != "encoder.parameters.stride"},
)
