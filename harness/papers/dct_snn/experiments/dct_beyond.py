"""What the paper leaves open: does any schedule, block size or colour beat cyclic 4×4 at 8, 16, 24 or 48 steps?

On CIFAR-10. Blocks tile the image in every profile, so that all arms of a seed but those of another colour share one
map, one ANN and its weights.
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


# The cyclic code as other experiments on CIFAR-10 spell it, so that their records serve here too.
CENTRED: Mapping[str, Parameter] = {"schedule": "cyclic", "stride": 4, "colour": "ycbcr"}


def arm(name: str, title: str, timesteps: int, parameters: Mapping[str, Parameter]) -> Arm:
    """One question at one T; the paper's code is called cyclic."""
    encoder = EncoderSpec("dct", parameters)
    return Arm(f"{name}-{timesteps}", encoder, timesteps, f"{title}, T = {timesteps}", in_paper=name == "cyclic")


def arms(
    timesteps: int, learned: tuple[int, ...], largest_block: int, shared: Mapping[str, Parameter]
) -> tuple[Arm, ...]:
    """Cyclic and its rivals at one T, with the parameters that all share.

    `largest_block` divides the image's side, `learned` is an order of 16 frequencies.
    """
    own: tuple[tuple[str, str, Mapping[str, Parameter]], ...] = (
        ("cyclic", "cyclic, 4×4 blocks", {}),
        ("energy", "by falling energy", {"order": "energy"}),
        ("learned", "order learned from the images", {"schedule": "explicit", "indices": learned}),
        ("weighted", "low frequencies oftener", {"schedule": "weighted", "weights": WEIGHTS[timesteps]}),
        ("block2", "cyclic, 2×2 blocks", _tiled(2)),
        (f"block{largest_block}", f"cyclic, {largest_block}×{largest_block} blocks", _tiled(largest_block)),
    )
    return tuple(arm(name, title, timesteps, {**shared, **parameters}) for name, title, parameters in own)


def _tiled(size: int) -> dict[str, Parameter]:
    return {"block_size": size, "stride": size}


def colours(timesteps: int) -> tuple[Arm, ...]:
    """The cyclic code on other colours than centred YCbCr. Each has a map, and so an ANN, of its own."""
    return (
        arm("rgb", "cyclic on RGB", timesteps, {**CENTRED, "colour": "rgb"}),
        arm("chroma", "cyclic on YCbCr as released", timesteps, {**CENTRED, "colour": "ycbcr-released"}),
    )


PAPER = paper(VGG5)

EXPERIMENT = Experiment(
    name="dct-beyond",
    title="Does any schedule or colour beat cyclic? CIFAR-10",
    source="not in the paper",
    dataset="cifar10",
    arms=tuple(
        found
        for timesteps in TIMESTEPS
        for found in (*arms(timesteps, LEARNED_CIFAR10, 8, CENTRED), *colours(timesteps))
    ),
    profiles=(
        replace(SMOKE, encoder={}),
        replace(LITE, encoder={}, seeds=3),
        replace(
            PAPER,
            encoder={},
            deviations=(*PAPER.deviations, "map: blocks tile the image in place of the overlapping blocks"),
        ),
    ),
)
