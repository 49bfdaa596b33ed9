"""Every code on one small network: 784-100-10 on MNIST, 16 steps, the recipe of Table 1's experiment."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.mnist import PAPER, SMOKE, tuned
from harness.papers.dct_snn.published import MNIST

TITLES = {
    "dct": "DCT, cyclic",
    "poisson": "Poisson rate",
    "direct": "direct input (analog)",
    "phase": "phase (graded)",
    "burst": "burst (graded)",
    "ttfs": "time to first spike (graded)",
    "latency": "linear latency",
}
CODES = tuple(Arm(code, EncoderSpec(code), 16, title, in_paper=code == "dct") for code, title in TITLES.items())

EXPERIMENT = Experiment(
    name="mnist-encoders",
    title="Encoders on MNIST, 16 steps",
    source="Table 1 for DCT; not in the paper",
    dataset="mnist",
    arms=tuple(map(tuned, CODES)),
    profiles=(SMOKE, PAPER),
    published=MNIST,
)
