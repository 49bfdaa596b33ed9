"""The published recipe as data (§1.3, §2.1, §2.2, eq. 2, eq. 5, eq. 11): what every cell is compared with."""

from collections.abc import Mapping

from harness.catalogue.experiment import Stated

COMMON: Mapping[str, Stated] = {
    "train_images": Stated("training images", (None,)),
    "test_images": Stated("test images", (None,)),
    "precision": Stated("matrix products", ("fp32",)),
    "encoder.parameters.threshold_scope": Stated("encoder thresholds fitted on a", default="dataset"),
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
# Digits are not mirrored, and whether they were shifted is not said.
MNIST: Mapping[str, Stated] = {
    **{path: stated for path, stated in COMMON.items() if not path.endswith(("pad", "flip"))},
    "network.name": Stated("network", ("784-100-10",)),
    "ann.augmentation.pad": Stated("ANN padding before a random crop"),
    "snn.augmentation.pad": Stated("fine-tuning padding before a random crop"),
}


def vgg(name: str, learning_rate: float = 0.1) -> Mapping[str, Stated]:
    """The recipe for the network `name` on colour images: the map of overlapping blocks, RGB."""
    return {
        **COMMON,
        "network.name": Stated("network", (name,)),
        "ann.learning_rate": Stated("ANN learning rate", (learning_rate,)),
        "encoder.parameters.stride": Stated("stride of the 4×4 blocks", (2,), "2, a 60×60 map", default=4),
        "encoder.parameters.colour": Stated("colour", ("rgb",), "rgb as the text has it", default="rgb"),
    }
