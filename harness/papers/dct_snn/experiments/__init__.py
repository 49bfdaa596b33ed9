"""The paper's experiments. One file each: arms × profiles as data; to add one, write the file and list it here."""

from harness.catalogue import Experiment
from harness.papers.dct_snn.experiments import (
    ablation_frequencies,
    ablation_interleaved,
    ablation_intermittent,
    ablation_readings,
    ablation_training,
    cifar10_encoders,
    cifar10_vgg9,
    cifar100_vgg11,
    dct_beyond,
    dct_beyond_mnist,
    latency_mnist,
    mnist,
    mnist_encoders,
    quickstart,
    sensitivity,
    sensitivity_cifar10,
    tinyimagenet_vgg13,
)

# In the order in which a newcomer would meet them.
EXPERIMENTS: tuple[Experiment, ...] = (
    quickstart.EXPERIMENT,
    mnist.EXPERIMENT,
    mnist_encoders.EXPERIMENT,
    latency_mnist.EXPERIMENT,
    sensitivity.EXPERIMENT,
    sensitivity_cifar10.EXPERIMENT,
    ablation_interleaved.EXPERIMENT,
    ablation_intermittent.EXPERIMENT,
    ablation_training.EXPERIMENT,
    ablation_readings.EXPERIMENT,
    ablation_frequencies.EXPERIMENT,
    cifar10_encoders.EXPERIMENT,
    dct_beyond.EXPERIMENT,
    dct_beyond_mnist.EXPERIMENT,
    cifar10_vgg9.EXPERIMENT,
    cifar100_vgg11.EXPERIMENT,
    tinyimagenet_vgg13.EXPERIMENT,
)
