"""§5.2, Fig. 2 (left) on one network: DCT against the codes it is compared with, VGG5 on CIFAR-10, 48 steps."""

from harness.config import Arm, EncoderSpec, Experiment
from harness.experiments.vgg import LITE, SMOKE, VGG5, paper

EXPERIMENT = Experiment(
    name="cifar10-encoders",
    title="Encoders on CIFAR-10, 48 steps",
    source="§5.2, Fig. 2",
    dataset="cifar10",
    arms=(
        Arm("dct", EncoderSpec("dct"), 48, "DCT, cyclic"),
        Arm("poisson", EncoderSpec("poisson"), 48, "Poisson rate", in_paper=False),
        Arm("direct", EncoderSpec("direct"), 48, "direct input (analog)", in_paper=False),
        Arm("phase", EncoderSpec("phase"), 48, "phase (graded)", in_paper=False),
        Arm("burst", EncoderSpec("burst"), 48, "burst (graded)", in_paper=False),
        Arm("ttfs", EncoderSpec("ttfs"), 48, "time to first spike (graded)", in_paper=False),
        Arm("latency", EncoderSpec("latency"), 48, "linear latency", in_paper=False),
    ),
    profiles=(SMOKE, LITE, paper(VGG5)),
)
