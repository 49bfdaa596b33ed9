"""Table 1 (§5.1): a 784-100-10 network on MNIST, at 16, 5 and 2 timesteps, and our own controls."""

from harness.config import (
    AnnRecipe,
    Arm,
    Augmentation,
    Balancing,
    EncoderSpec,
    Experiment,
    NetworkSpec,
    Profile,
    SnnRecipe,
)

NETWORK = NetworkSpec("784-100-10", hidden=(100,))
SHIFT = Augmentation(pad=2)

# Chosen once on a validation split of the training images by tools in `harness/experiments/choose_mnist.py`.
ANN = AnnRecipe(
    epochs=60,
    batch_size=128,
    learning_rate=0.03,
    decay_every=20,
    classifier_dropout=0.0,
    augmentation=SHIFT,
)
SNN = SnnRecipe(epochs=20, batch_size=128, learning_rate=1e-3, dropout=0.0, augmentation=SHIFT)

PAPER = Profile(
    "paper",
    NETWORK,
    ANN,
    SNN,
    deviations=(
        "ANN learning rate, schedule length, dropout, augmentation and batch size are not stated for MNIST: "
        "chosen on a validation split of the training images",
    ),
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

EXPERIMENT = Experiment(
    name="mnist-784-100-10",
    title="MNIST, one hidden layer of 100 neurons",
    source="Table 1, §5.1",
    dataset="mnist",
    arms=(
        Arm("cyclic-16", EncoderSpec("dct"), 16, "DCT cyclic, T = 16"),
        Arm("cyclic-5", EncoderSpec("dct"), 5, "DCT cyclic, trained at T = 5"),
        Arm("cyclic-2", EncoderSpec("dct"), 2, "DCT cyclic, trained at T = 2"),
        Arm("poisson-16", EncoderSpec("poisson"), 16, "Poisson rate, T = 16", in_paper=False),
        Arm("poisson-100", EncoderSpec("poisson"), 100, "Poisson rate, T = 100", in_paper=False),
        Arm("direct-16", EncoderSpec("direct"), 16, "direct input, T = 16 (upper bound)", in_paper=False),
    ),
    profiles=(SMOKE, PAPER),
)
