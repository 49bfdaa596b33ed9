"""The first thing a newcomer can run anywhere: scikit-learn's 8×8 digits, no download, under a minute."""

from harness.catalogue import Arm, Experiment, Profile
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe

ANN = AnnRecipe(epochs=30, batch_size=32, learning_rate=0.02, decay_every=10, classifier_dropout=0.2)
SNN = SnnRecipe(epochs=10, batch_size=32, learning_rate=5e-4, halve_every=4)
NETWORK = NetworkSpec("64-100-10", hidden=(100,))
DEVIATIONS = ("another data set (scikit-learn digits, 8×8): nothing here can be compared with the paper",)

EXPERIMENT = Experiment(
    name="quickstart",
    title="Handwritten 8×8 digits in under a minute",
    source="not in the paper",
    dataset="digits",
    arms=(
        Arm("cyclic-16", EncoderSpec("dct"), 16, "DCT, cyclic", in_paper=False),
        Arm("poisson-16", EncoderSpec("poisson"), 16, "Poisson rate", in_paper=False),
        Arm("direct-16", EncoderSpec("direct"), 16, "direct input (analog)", in_paper=False),
    ),
    profiles=(
        Profile("smoke", NETWORK, ANN, SNN, seeds=1, deviations=DEVIATIONS),
        Profile("lite", NETWORK, ANN, SNN, seeds=3, deviations=DEVIATIONS),
    ),
)
