"""Every code at few and at many timesteps: 784-100-10 on MNIST, trained at T = 2, 4, 5, 8 and 16, tuned alike."""

from dataclasses import replace

from harness.catalogue import NOT_IN_PAPER, Arm, Experiment
from harness.papers.dct_snn.experiments.codes import codes
from harness.papers.dct_snn.experiments.mnist import PAPER, SMOKE, tuned
from harness.papers.dct_snn.published import MNIST

TIMESTEPS = (2, 4, 5, 8, 16)


def _with_steps(code: Arm) -> Arm:
    t = code.timesteps
    return tuned(replace(code, name=f"{code.name}-{t}", title=f"{code.title}, T = {t}"))


EXPERIMENT = Experiment(
    name="latency-mnist",
    title="Encoders on MNIST, 2 to 16 steps",
    source=NOT_IN_PAPER,
    dataset="mnist",
    arms=tuple(_with_steps(code) for timesteps in TIMESTEPS for code in codes(timesteps)),
    profiles=(replace(SMOKE, train_images=512, test_images=200), PAPER),
    published=MNIST,
)
