"""What the paper leaves open: does any schedule or block size beat cyclic 4×4 at 8, 16, 24 or 48 steps? CIFAR-10.

Blocks tile the image in every profile, so that all arms of a seed share one map, one ANN and its weights.
"""

from collections.abc import Mapping
from dataclasses import replace

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec, Parameter
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE, VGG5, paper

TIMESTEPS = (8, 16, 24, 48)

# Unequal repeats: the lower the frequency (the zig-zag's diagonal), the oftener; one cycle fills T exactly.
WEIGHTS: Mapping[int, tuple[int, ...]] = {
    8: (3, 2, 2, 1),
    16: (4, 3, 3, 2, 2, 2),
    24: (6, 4, 4, 2, 2, 2, 1, 1, 1, 1),
    48: (6, 5, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 1, 1),
}

# Written by `python -m harness.papers.dct_snn.choices.dct_order` from training images, without labels.
LEARNED_CIFAR10 = (0, 2, 1, 3, 4, 5, 7, 8, 9, 6, 11, 12, 10, 14, 13, 15)


def arms(learned: tuple[int, ...], largest_block: int) -> tuple[Arm, ...]:
    """Each question at each T; `largest_block` divides the image's side, `learned` is an order of 16 frequencies."""
    return tuple(arm for timesteps in TIMESTEPS for arm in _at(timesteps, learned, largest_block))


def _at(timesteps: int, learned: tuple[int, ...], largest_block: int) -> tuple[Arm, ...]:
    def arm(name: str, title: str, **parameters: Parameter) -> Arm:
        encoder = EncoderSpec("dct", parameters)
        return Arm(f"{name}-{timesteps}", encoder, timesteps, f"{title}, T = {timesteps}", in_paper=name == "cyclic")

    return (
        arm("cyclic", "cyclic, 4×4 blocks"),
        arm("energy", "by falling energy", order="energy"),
        arm("learned", "order learned from the images", schedule="explicit", indices=learned),
        arm("weighted", "low frequencies oftener", schedule="weighted", weights=WEIGHTS[timesteps]),
        arm("block2", "cyclic, 2×2 blocks", block_size=2, stride=2),
        arm(f"block{largest_block}", f"cyclic, {largest_block}×{largest_block} blocks", **_tiled(largest_block)),
    )


def _tiled(size: int) -> dict[str, Parameter]:
    return {"block_size": size, "stride": size}


COLOUR: Mapping[str, Mapping[str, Parameter]] = {"dct": {"colour": "ycbcr"}}
PAPER = paper(VGG5)

EXPERIMENT = Experiment(
    name="dct-beyond",
    title="Does any schedule beat cyclic? CIFAR-10",
    source="not in the paper",
    dataset="cifar10",
    arms=arms(LEARNED_CIFAR10, 8),
    profiles=(
        replace(SMOKE, encoder=COLOUR),
        replace(LITE, encoder=COLOUR, seeds=3),
        replace(
            PAPER,
            encoder=COLOUR,
            deviations=(*PAPER.deviations, "map: blocks tile the image in place of the overlapping blocks"),
        ),
    ),
)
