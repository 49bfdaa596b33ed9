"""Every code on one small network: 784-100-10 on MNIST, 16 steps, the recipe of Table 1's experiment."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.mnist import PAPER, SMOKE
from harness.papers.dct_snn.published import MNIST

EXPERIMENT = Experiment(
    name="mnist-encoders",
    title="Encoders on MNIST, 16 steps",
    source="Table 1 for DCT; not in the paper",
    dataset="mnist",
    arms=(
        Arm("dct", EncoderSpec("dct"), 16, "DCT, cyclic"),
        Arm("poisson", EncoderSpec("poisson"), 16, "Poisson rate", in_paper=False),
        Arm("direct", EncoderSpec("direct"), 16, "direct input (analog)", in_paper=False),
        Arm("phase", EncoderSpec("phase"), 16, "phase (graded)", in_paper=False),
        Arm("burst", EncoderSpec("burst"), 16, "burst (graded)", in_paper=False),
        Arm("ttfs", EncoderSpec("ttfs"), 16, "time to first spike (graded)", in_paper=False),
        Arm("latency", EncoderSpec("latency"), 16, "linear latency", in_paper=False),
    ),
    profiles=(SMOKE, PAPER),
    published=MNIST,
)
