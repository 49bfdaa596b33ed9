"""The questions of `dct_beyond` on MNIST's small network, where the paper's whole recipe costs minutes."""

from dataclasses import replace

from harness.catalogue import Experiment
from harness.papers.dct_snn.experiments.dct_beyond import TIMESTEPS, arms
from harness.papers.dct_snn.experiments.mnist import PAPER, SMOKE, tuned

# Written by `python -m harness.papers.dct_snn.choices.dct_order` from training images, without labels.
LEARNED_MNIST = (0, 1, 2, 4, 5, 3, 7, 8, 9, 6, 11, 10, 12, 13, 14, 15)

EXPERIMENT = Experiment(
    name="dct-beyond-mnist",
    title="Does any schedule beat cyclic? MNIST",
    source="not in the paper",
    dataset="mnist",
    arms=tuple(tuned(arm) for t in TIMESTEPS for arm in arms(t, LEARNED_MNIST, 7, {})),  # 8 does not divide 28
    profiles=(replace(SMOKE, test_images=200), PAPER),
)
