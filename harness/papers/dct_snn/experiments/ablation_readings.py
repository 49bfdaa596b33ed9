"""Does the cost of interleaving depend on the reading? Cyclic against interleaved, on RGB and as the released code."""

from collections.abc import Mapping

from harness.catalogue import NOT_IN_PAPER, Arm, Experiment
from harness.config import EncoderSpec, Parameter
from harness.papers.dct_snn.experiments import sensitivity_cifar10
from harness.papers.dct_snn.published import vgg

# Of the readings of sensitivity-readings-cifar10: the colour of the paper's text, and all choices of the released code.
READINGS = ("rgb", "released")
# The readings are cyclic as they stand, and spelled as they are there, so that one record serves both.
ORDERS: Mapping[str, Mapping[str, Parameter]] = {"interleaved": {"schedule": "interleaved"}, "cyclic": {}}

EXPERIMENT = Experiment(
    name="ablation-readings",
    title="Does the cost of interleaving depend on the reading?",
    source=NOT_IN_PAPER,
    dataset="cifar10",
    # The second of two arms with one T is compared with the first: differences are cyclic − interleaved.
    arms=tuple(
        Arm(
            f"{schedule}-{name}",
            EncoderSpec("dct", {**parameters, **order}),
            48,
            f"{schedule}, 16 × 3: {title}",
            changes=changes,
        )
        for name, title, parameters, changes in sensitivity_cifar10.READINGS
        if name in READINGS
        for schedule, order in ORDERS.items()
    ),
    profiles=sensitivity_cifar10.EXPERIMENT.profiles,
    published=vgg("vgg9"),
)
