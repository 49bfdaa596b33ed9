"""The paper's VGG networks (§2.1) and the profiles that all CIFAR-style experiments share (§2.2)."""

from collections.abc import Mapping
from dataclasses import replace

from harness.catalogue import Profile
from harness.config import AnnRecipe, Augmentation, Balancing, NetworkSpec, Parameter, SnnRecipe

VGG5 = NetworkSpec("vgg5", (64, "A", 128, "D", 128, "A"), (4096, 4096))
VGG9 = NetworkSpec("vgg9", (64, "A", 128, "D", 128, "A", 256, "D", 256, "A", 512, "D", 512, "A"), (4096, 4096))
VGG11 = NetworkSpec(
    "vgg11", (64, "A", 128, "D", 256, "A", 512, "D", 512, "D", 512, "A", 512, "D", 512, "A"), (4096, 4096)
)
VGG13 = NetworkSpec(
    "vgg13",
    (64, "D", 64, "A", 128, "D", 128, "A", 256, "D", 256, "A", 512, "D", 512, "A", 512, "D", 512, "A"),
    (4096, 4096),
)
VGG5_LITE = NetworkSpec("vgg5-lite", (32, "A", 64, "D", 64, "A"), (512, 512))

CROP_AND_FLIP = Augmentation(pad=4, flip=True)
TILED: Mapping[str, Mapping[str, Parameter]] = {"dct": {"stride": 4, "colour": "ycbcr"}}
OVERLAPPING: Mapping[str, Mapping[str, Parameter]] = {"dct": {"stride": 2, "colour": "ycbcr"}}

SMOKE = Profile(
    "smoke",
    NetworkSpec("vgg5-smoke", (8, "A", 16, "D", 16, "A"), (64, 64)),
    AnnRecipe(1, 32, 0.01, decay_every=1, classifier_dropout=0.0),
    SnnRecipe(1, 32, dropout=0.0, images=64),
    balancing=Balancing(images=32),
    train_images=256,
    test_images=64,
    encoder=TILED,
    seeds=1,
    deviations=("a few images and a tiny network: shows that the program runs, and nothing else",),
)
CHOSEN_WITH_CYCLIC = (
    "fine-tuning rate and loss are chosen on a validation split of CIFAR-10, with 48 steps of the cyclic code"
)
LITE = Profile(
    "lite",
    VGG5_LITE,
    AnnRecipe(6, 64, 0.02, decay_every=4, dropout=0.1, classifier_dropout=0.2, augmentation=Augmentation(flip=True)),
    # Rate and loss were chosen once on a validation split of the training images, with the arm cyclic-16x3, by
    # `python -m harness.papers.dct_snn.choices.lite_rates`; all scores are in results/selection/lite-rates.json.
    SnnRecipe(1, 16, 3e-5, dropout=0.1, loss_input="mean", images=6000, augmentation=Augmentation(flip=True)),
    balancing=Balancing(images=512),
    precision="bf16",
    encoder=TILED,
    deviations=(CHOSEN_WITH_CYCLIC,),
)


def paper(network: NetworkSpec, learning_rate: float = 0.1) -> Profile:
    """The published recipe for `network`, as far as it is stated."""
    return Profile(
        "paper",
        network,
        AnnRecipe(300, 128, learning_rate, decay_every=100, augmentation=CROP_AND_FLIP),
        SnnRecipe(25, 16, augmentation=CROP_AND_FLIP),
        precision="bf16",
        encoder=OVERLAPPING,
    )


_WHOLE = paper(VGG9)
# The paper's network and map, sized for a night on a CPU. Three seeds where §6 compares two arms first.
SHORT = replace(
    _WHOLE,
    name="short",
    # The rates are chosen on a validation split of the training images, by
    # `python -m harness.papers.dct_snn.choices.short`; all scores are in results/selection/short.json.
    ann=replace(_WHOLE.ann, epochs=20, decay_every=8),
    snn=replace(
        _WHOLE.snn,
        epochs=1,
        images=10_000,
        learning_rate=3e-5,
        loss_input=LITE.snn.loss_input,
    ),
    seeds=1,
    seeds_by_arm={"cyclic-16x3": 3, "cyclic-48": 3, "interleaved-16x3": 3},
    deviations=(
        "the schedule is compressed: the ANN has 20 epochs in place of 300, its rate decayed after 8 and 16, and "
        "fine-tuning is 1 epoch of 10,000 images in place of 25 of 50,000; so many fit a night",
        "the rates of the ANN and of fine-tuning are chosen on a validation split of CIFAR-10, with 48 steps of the "
        "cyclic code; the loss is that of lite, and the numbers of epochs and images are not chosen on any",
    ),
)
