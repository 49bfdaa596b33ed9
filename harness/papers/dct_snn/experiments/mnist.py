"""Table 1 (§5.1): a 784-100-10 network on MNIST, at 16, 5 and 2 timesteps, and our own controls."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.catalogue import Arm, Experiment, Profile
from harness.config import AnnRecipe, Augmentation, Balancing, EncoderSpec, NetworkSpec, SnnRecipe
from harness.papers.dct_snn.published import MNIST

NETWORK = NetworkSpec("784-100-10", hidden=(100,))
SIGNED = EncoderSpec("poisson", {"signed": True})
SHIFT = Augmentation(pad=1)

# Chosen once on a validation split of the training images by `python -m harness.papers.dct_snn.choices.mnist`; the
# scores of all candidates are in results/selection/mnist.json.
ANN = AnnRecipe(
    epochs=40,
    batch_size=128,
    learning_rate=0.03,
    decay_every=15,
    classifier_dropout=0.0,
    augmentation=SHIFT,
)
SNN = SnnRecipe(epochs=20, batch_size=128, learning_rate=3e-3, dropout=0.0, augmentation=SHIFT)

# Each code's fine-tuning rate by the T at which it was chosen: on the same validation split, from one grid by one rule
# for all codes, by `python -m harness.papers.dct_snn.choices.mnist_rates`; all scores are in
# results/selection/mnist-rates.json.
RATES: Mapping[int, Mapping[str, float]] = {
    4: {
        "dct": 3e-3,
        "poisson": 1e-2,
        "direct": 1e-2,
        "phase": 3e-3,
        "burst": 3e-3,
        "ttfs": 3e-3,
        "latency": 1e-2,
    },
    8: {
        "dct": 1e-2,
        "poisson": 1e-2,
        "direct": 1e-3,
        "phase": 3e-3,
        "burst": 1e-2,
        "ttfs": 3e-3,
        "latency": 1e-2,
    },
    16: {
        "dct": 3e-3,
        "poisson": 3e-3,
        "direct": 3e-3,
        "phase": 1e-2,
        "burst": 1e-2,
        "ttfs": 1e-2,
        "latency": 1e-2,
    },
}

PAPER = Profile(
    "paper",
    NETWORK,
    ANN,
    SNN,
    deviations=("learning rates, dropout and shifts of both trainings are chosen on a validation split",),
)
SMOKE = Profile(
    "smoke",
    NETWORK,
    AnnRecipe(epochs=2, batch_size=128, learning_rate=0.03, decay_every=2, classifier_dropout=0.0),
    SnnRecipe(epochs=1, batch_size=128, dropout=0.0),
    balancing=Balancing(images=256),
    train_images=2000,
    test_images=500,
    seeds=1,
    deviations=("a few images and epochs: shows that the program runs, and nothing else",),
)


def tuned(arm: Arm) -> Arm:
    """The arm with the rate that was chosen for its code at its T, or at the T nearest to it by their ratio.

    A code for which none was chosen keeps the recipe's rate, that of `SNN`.
    """
    searched = min(RATES, key=lambda timesteps: abs(math.log(timesteps / arm.timesteps)))
    rate = RATES[searched].get(arm.encoder.name, SNN.learning_rate)
    return arm if rate == SNN.learning_rate else replace(arm, changes={"snn.learning_rate": rate, **arm.changes})


def printed(batch: int) -> dict[str, Any]:
    """The published fine-tuning, as changes to a cell; its batch size is not stated."""
    stated = {"learning_rate": 1e-4, "dropout": 0.2, "augmentation": Augmentation(), "batch_size": batch}
    return {f"snn.{name}": value for name, value in stated.items()}


def as_printed(batch: int) -> Arm:
    """The published fine-tuning in place of the one chosen on validation."""
    return Arm(
        f"cyclic-16-as-printed-b{batch}",
        EncoderSpec("dct"),
        16,
        f"DCT cyclic, T = 16, fine-tuned as printed, batch {batch}",
        changes=printed(batch),
        deviations=("ANN: the one chosen on validation, since the printed learning rate fails on MNIST",),
    )


EXPERIMENT = Experiment(
    name="mnist-784-100-10",
    title="MNIST, one hidden layer of 100 neurons",
    source="Table 1, §5.1",
    dataset="mnist",
    arms=(
        tuned(Arm("cyclic-16", EncoderSpec("dct"), 16, "DCT cyclic, T = 16")),
        *(as_printed(batch) for batch in (16, 128)),
        tuned(Arm("cyclic-5", EncoderSpec("dct"), 5, "DCT cyclic, trained at T = 5")),
        tuned(Arm("cyclic-2", EncoderSpec("dct"), 2, "DCT cyclic, trained at T = 2")),
        tuned(Arm("poisson-16", EncoderSpec("poisson"), 16, "Poisson rate, T = 16", in_paper=False)),
        tuned(Arm("poisson-signed-16", SIGNED, 16, "Poisson rate with signs, T = 16", in_paper=False)),
        tuned(Arm("poisson-100", EncoderSpec("poisson"), 100, "Poisson rate, T = 100", in_paper=False)),
        tuned(Arm("direct-16", EncoderSpec("direct"), 16, "direct input (analog), T = 16", in_paper=False)),
    ),
    profiles=(SMOKE, PAPER),
    published=MNIST,
)
