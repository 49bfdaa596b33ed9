"""Every code on one small network: 784-100-10 on MNIST, 16 steps, the recipe of Table 1's experiment."""

from harness.catalogue import Experiment
from harness.papers.dct_snn.experiments.codes import codes
from harness.papers.dct_snn.experiments.mnist import PAPER, SMOKE, tuned
from harness.papers.dct_snn.published import MNIST

EXPERIMENT = Experiment(
    name="mnist-encoders",
    title="Encoders on MNIST, 16 steps",
    source="Table 1 for DCT; not in the paper",
    dataset="mnist",
    arms=tuple(map(tuned, codes(16))),
    profiles=(SMOKE, PAPER),
    published=MNIST,
)
