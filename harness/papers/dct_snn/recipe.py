"""The recipe: what the paper prints (§1.3, §2.1, §2.2, eq. 2, eq. 5, eq. 11), and what our profiles make of it.

First the published settings, with which every cell is compared. Then networks and profiles: MNIST (`MNIST_…`) and the
VGG networks on colour images. What the paper leaves open was chosen on a validation split of the training images by
`python -m harness.papers.dct_snn.choices`; the scores of all candidates are in selection.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from harness.catalogue import Arm, Profile
from harness.catalogue.experiment import Stated
from harness.config import AnnRecipe, Augmentation, Balancing, NetworkSpec, Parameter, SnnRecipe

# ## The published settings, by dotted path of a cell's settings. No values: the paper does not state them

PUBLISHED: Mapping[str, Stated] = {
    "train_images": Stated("training images", (None,)),
    "test_images": Stated("test images", (None,)),
    "precision": Stated("matrix products", ("fp32",)),
    "encoder.parameters.threshold_scope": Stated("what encoder thresholds are fitted on", default="dataset"),
    "ann.epochs": Stated("ANN epochs", (300,)),
    "ann.batch_size": Stated("ANN batch size"),
    "ann.learning_rate": Stated("ANN learning rate", (0.1,)),
    "ann.decay_every": Stated("ANN epochs between decays of the rate", (100,)),
    "ann.decay_factor": Stated("factor of each decay of the ANN's rate", (0.1,)),
    "ann.initialisation": Stated("initial weights", ("xavier",)),
    "ann.momentum": Stated("ANN momentum", (0.9,)),
    "ann.weight_decay": Stated("ANN weight decay", (1e-4,)),
    "ann.classifier_dropout": Stated("ANN dropout of the classifier", (0.5,)),
    "ann.augmentation.pad": Stated("ANN padding before a random crop", (4,)),
    "ann.augmentation.flip": Stated("ANN flips at random", (True,)),
    "balancing.percentile": Stated("percentile of balancing", (99.9,)),
    "balancing.method": Stated("balancing over timesteps", ("pooled",)),
    "balancing.images": Stated("images of balancing"),
    "neuron.reading": Stated("leak", ("equation",), "eq. 2"),
    "neuron.clock": Stated("clock", ("synchronous",), "eq. 2"),
    "neuron.leak": Stated("leak λ", (0.9901,)),
    "neuron.surrogate_scale": Stated("surrogate's derivative", ("eq11",), "eq. 11"),
    "neuron.surrogate_height": Stated("surrogate height γ", (0.3,)),
    "snn.epochs": Stated("fine-tuning epochs", tuple(range(20, 31)), "20 to 30"),
    "snn.batch_size": Stated("fine-tuning batch size"),
    "snn.learning_rate": Stated("fine-tuning learning rate", (1e-4,)),
    "snn.halve_every": Stated("fine-tuning epochs between halvings of the rate", (5, 6)),
    "snn.weight_decay": Stated("fine-tuning weight decay", (5e-4,)),
    "snn.dropout": Stated("fine-tuning dropout", (0.2,)),
    "snn.loss_input": Stated("loss on", ("sum",), "U_T (eq. 5)"),
    "snn.images": Stated("fine-tuning images", (None,)),
    "snn.augmentation.pad": Stated("fine-tuning padding before a random crop", (4,)),
    "snn.augmentation.flip": Stated("fine-tuning flips at random", (True,)),
}
# §2.2 pads, crops and flips the images of all data sets; its 32×32 crop is one of 28×28 here. It prints the epochs of
# the VGGs' ANNs alone: what fewer epochs cap is taken for this network, too.
PUBLISHED_MNIST: Mapping[str, Stated] = {
    **PUBLISHED,
    "network.name": Stated("network", ("784-100-10",)),
    "ann.epochs": Stated("ANN epochs", (300,), "the VGGs' 300"),
}


def published_vgg(name: str, learning_rate: float = 0.1) -> Mapping[str, Stated]:
    """The published settings for the network `name` on colour images: overlapping blocks, RGB."""
    return {
        **PUBLISHED,
        "network.name": Stated("network", (name,)),
        "ann.learning_rate": Stated("ANN learning rate", (learning_rate,)),
        "encoder.parameters.stride": Stated("stride of the 4×4 blocks", (2,), "2, a 60×60 map", default=4),
        "encoder.parameters.colour": Stated("colour", ("rgb",), "rgb as the text has it", default="rgb"),
    }


# ## scikit-learn's 8×8 digits: no download, under a minute on any machine

DIGITS_NETWORK = NetworkSpec("64-100-10", hidden=(100,))
DIGITS_SMOKE = Profile(
    "smoke",
    DIGITS_NETWORK,
    AnnRecipe(epochs=30, batch_size=64, learning_rate=0.04, decay_every=10, classifier_dropout=0.2),
    SnnRecipe(epochs=10, batch_size=64, learning_rate=1e-3, halve_every=4),
    seeds=1,
    deviations=("another data set (scikit-learn digits, 8×8): nothing here can be compared with the paper",),
)
DIGITS_LITE = replace(DIGITS_SMOKE, name="lite", seeds=3)

# ## MNIST (§5.1): one hidden layer, so that the whole recipe takes minutes

MNIST_NETWORK = NetworkSpec("784-100-10", hidden=(100,))
SHIFT = Augmentation(pad=1)
MNIST_PAPER = Profile(
    "paper",
    MNIST_NETWORK,
    # Rates, dropout and shift of both trainings: `choices mnist`, selection/mnist.json.
    AnnRecipe(
        epochs=40, batch_size=128, learning_rate=0.03, decay_every=15, classifier_dropout=0.0, augmentation=SHIFT
    ),
    SnnRecipe(epochs=20, batch_size=128, learning_rate=3e-3, dropout=0.0, augmentation=SHIFT),
    deviations=("learning rates, dropout and shifts of both trainings are chosen on a validation split",),
)
MNIST_SMOKE = Profile(
    "smoke",
    MNIST_NETWORK,
    AnnRecipe(epochs=2, batch_size=128, learning_rate=0.03, decay_every=2, classifier_dropout=0.0),
    SnnRecipe(epochs=1, batch_size=128, dropout=0.0),
    balancing=Balancing(images=256),
    train_images=2000,
    test_images=500,
    seeds=1,
    deviations=("a few images and epochs: shows that the program runs, and nothing else",),
)

# The fine-tuning rate of each code, by the T at which it was chosen, from one grid by one rule for all codes:
# `choices mnist-rates`, selection/mnist-rates.json.
MNIST_RATES: Mapping[int, Mapping[str, float]] = {
    2: {"dct": 3e-3, "poisson": 1e-2, "direct": 3e-3, "phase": 3e-3, "burst": 3e-4, "ttfs": 3e-2, "latency": 3e-3},
    4: {"dct": 3e-3, "poisson": 1e-2, "direct": 1e-2, "phase": 3e-3, "burst": 3e-3, "ttfs": 3e-3, "latency": 1e-2},
    5: {"dct": 1e-2, "poisson": 3e-3, "direct": 1e-3, "phase": 3e-3, "burst": 3e-3, "ttfs": 3e-3, "latency": 3e-3},
    8: {"dct": 1e-2, "poisson": 1e-2, "direct": 1e-3, "phase": 3e-3, "burst": 1e-2, "ttfs": 3e-3, "latency": 1e-2},
    16: {"dct": 3e-3, "poisson": 3e-3, "direct": 3e-3, "phase": 1e-2, "burst": 1e-2, "ttfs": 1e-2, "latency": 1e-2},
}
# One ANN for all codes of p = (x + 1)/2, DCT on p among them. The ANN's recipe and every rate were searched on p:
# `choices mnist-p`, selection/mnist-p.json.
MNIST_ON_P = replace(
    MNIST_PAPER,
    ann=replace(MNIST_PAPER.ann, learning_rate=0.1),
    deviations=(*MNIST_PAPER.deviations, "the image is fed as p = (x + 1)/2, for which the ANN's rate was chosen anew"),
)
MNIST_P_RATES: Mapping[int, Mapping[str, float]] = {
    2: {"dct": 1e-2, "poisson": 3e-3, "phase": 3e-3, "burst": 1e-4, "ttfs": 3e-2, "latency": 1e-2},
    4: {"dct": 3e-3, "poisson": 3e-3, "phase": 3e-3, "burst": 1e-3, "ttfs": 3e-3, "latency": 1e-2},
    5: {"dct": 3e-3, "poisson": 3e-3, "phase": 3e-3, "burst": 1e-2, "ttfs": 1e-3, "latency": 3e-2},
    8: {"dct": 3e-3, "poisson": 1e-2, "phase": 3e-3, "burst": 1e-2, "ttfs": 1e-3, "latency": 3e-2},
    16: {"dct": 1e-3, "poisson": 3e-3, "phase": 1e-2, "burst": 1e-2, "ttfs": 1e-2, "latency": 1e-2},
}


def with_mnist_rate(arm: Arm, rates: Mapping[int, Mapping[str, float]] = MNIST_RATES) -> Arm:
    """The arm with the rate chosen for its code at its T, or at the nearest T (by ratio) that was searched.

    A code without a chosen rate keeps the profile's.
    """
    searched = min(rates, key=lambda timesteps: abs(math.log(timesteps / arm.timesteps)))
    rate = rates[searched].get(arm.encoder.name, MNIST_PAPER.snn.learning_rate)
    if rate == MNIST_PAPER.snn.learning_rate:
        return arm
    return replace(arm, changes={"snn.learning_rate": rate, **arm.changes})


def printed_fine_tuning(batch: int) -> dict[str, Any]:
    """The published fine-tuning as changes to a cell. The paper does not state the batch size."""
    stated = {"learning_rate": 1e-4, "dropout": 0.2, "augmentation": Augmentation(), "batch_size": batch}
    return {f"snn.{name}": value for name, value in stated.items()}


# ## VGG networks (§2.1) on CIFAR-10, CIFAR-100 and TinyImageNet, and their profiles (§2.2)

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

LITE = Profile(
    "lite",
    VGG5_LITE,
    AnnRecipe(6, 64, 0.02, decay_every=4, dropout=0.1, classifier_dropout=0.2, augmentation=Augmentation(flip=True)),
    # Rate and loss: `choices lite-rates`, arm cyclic-16x3, selection/lite-rates.json.
    SnnRecipe(1, 16, 3e-5, dropout=0.1, loss_input="mean", images=6000, augmentation=Augmentation(flip=True)),
    balancing=Balancing(images=512),
    precision="bf16",
    encoder=TILED,
    deviations=(
        "fine-tuning rate and loss are chosen on a validation split of CIFAR-10, with 48 steps of the cyclic code",
    ),
)
# The rate and loss of each code at lite, from one grid by one rule for all codes: `choices lite-rates`, same file.
# A code without an entry has those of LITE.
LITE_RATES: Mapping[str, tuple[float, Literal["sum", "mean"]]] = {
    "dct": (1e-5, "mean"),
    "poisson": (1e-5, "sum"),
    "direct": (3e-6, "mean"),
    "phase": (1e-5, "mean"),
    "burst": (3e-6, "sum"),
    "ttfs": (3e-4, "mean"),
    "latency": (1e-4, "mean"),
}
LITE_BY_CODE = replace(
    LITE,
    changes={code: {"snn.learning_rate": rate, "snn.loss_input": loss} for code, (rate, loss) in LITE_RATES.items()},
    deviations=(
        "fine-tuning rate and loss of each code are chosen on a validation split of CIFAR-10, the same grid for all",
    ),
)
# What searches chose for single arms at lite, by arm; the loss is that of the code. First a code's fine-tuning rate at
# its T (`choices latency-cifar10`); then the ANN's rate for x or p, and a code's rate with this ANN (`choices
# cifar10-x`, `choices cifar10-p`).
LITE_CHOSEN: Mapping[str, Mapping[str, float]] = {
    arm: {"snn.learning_rate": rate}
    for arm, rate in {
        "dct-4": 1e-5,
        "poisson-4": 1e-4,
        "direct-4": 1e-4,
        "phase-4": 3e-5,
        "burst-4": 3e-6,
        "dct-8": 1e-4,
        "poisson-8": 1e-4,
        "direct-8": 1e-4,
        "phase-8": 3e-4,
        "burst-8": 3e-4,
        "dct-16": 1e-4,
        "poisson-16": 1e-6,
        "direct-16": 1e-5,
        "phase-16": 1e-4,
        "burst-16": 1e-4,
    }.items()
} | {
    arm: {"ann.learning_rate": of_ann, "snn.learning_rate": rate}
    for arm, (of_ann, rate) in {
        "dct-x": (0.05, 3e-5),
        "poisson-signed": (0.05, 3e-6),
        "dct-p": (0.02, 3e-5),
        "poisson": (0.02, 1e-5),
    }.items()
}
# The fine-tuning rate of each schedule of §6 at lite, in place of cyclic's: `choices schedules`.
SCHEDULE_RATES: Mapping[str, float] = {
    "interleaved-16x3": 3e-5,
    "cyclic-8x3": 1e-4,
    "interleaved-8x3": 1e-4,
    "truncated-8x6": 1e-4,
    "intermittent-8x6": 1e-4,
}


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


_PAPER = paper(VGG9)
# The paper's network and map, sized for one night on a CPU.
SHORT = replace(
    _PAPER,
    name="short",
    # Both rates: `choices short`, selection/short.json.
    ann=replace(_PAPER.ann, epochs=20, decay_every=8),
    snn=replace(_PAPER.snn, epochs=1, images=10_000, learning_rate=3e-5, loss_input=LITE.snn.loss_input),
    seeds=1,
    # Three seeds of the two arms that §6 compares first; cyclic-48 is cyclic-16x3 under another experiment's name.
    seeds_by_arm={"cyclic-16x3": 3, "cyclic-48": 3, "interleaved-16x3": 3},
    deviations=(
        "the schedule is compressed: the ANN has 20 epochs in place of 300, its rate decayed after 8 and 16, and "
        "fine-tuning is 1 epoch of 10,000 images in place of 20 to 30 of 50,000; so many fit a night",
        "the rates of the ANN and of fine-tuning are chosen on a validation split of CIFAR-10, with 48 steps of the "
        "cyclic code; the loss is that of lite, and the numbers of epochs and images are not chosen on any",
    ),
)
# The same with an ANN that ends near the published accuracy of the SNN, where SHORT's ends far below.
BETTER_ANN = replace(
    SHORT,
    ann=AnnRecipe(
        24,
        128,
        0.05,
        decay_every=8,
        weight_decay=5e-4,
        dropout=0.0,
        classifier_dropout=0.3,
        augmentation=CROP_AND_FLIP,
        initialisation="he",
        schedule="one-cycle",
        warm_up=0.3,
        nesterov=True,
    ),
    snn=replace(SHORT.snn, readings=(0.5, 0.75), reading_images=2000),
    changes={"dct": {"products": "by-activity"}},
    seeds=1,
    seeds_by_arm={},
    deviations=(
        "the ANN has 24 epochs in place of 300, and so starts with He's gain and follows one cycle of the rate, with "
        "Nesterov's momentum and dropout in the linear layers alone; this recipe is not chosen on any images",
        "fine-tuning is 1 epoch of 10,000 images in place of 20 to 30 of 50,000; the rate of cyclic with 16 "
        "frequencies is the best on a validation split of CIFAR-10, with the ANN of the short profile; the other "
        "rates, and the loss, are those of lite",
    ),
)
