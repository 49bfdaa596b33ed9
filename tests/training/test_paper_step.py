"""The published recipe on the published network: VGG9 at 48 steps on the 60×60 map takes a training step on a CPU."""

import torch
import torch.nn.functional as F

import encoders
from harness.papers import catalogue
from harness.snn.balancing import balance
from harness.snn.network import Network
from harness.snn.neuron import layer_neurons
from harness.training.batches import encoder_key, generator
from harness.training.cell import DTYPES


def test_one_step_has_a_finite_loss_and_moves_every_weight() -> None:
    experiment = catalogue().experiment("cifar10-vgg9")
    config = experiment.resolve(experiment.arms[0], experiment.profile("paper"), 0)
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters).calibrate(images)
    train = encoder.encode(images, config.timesteps, encoder_key(0, "encoder-training", 0)).to(DTYPES[config.precision])
    assert train.shape == (48, 2, 3, 60, 60)
    network = Network(config.network, (3, 60, 60), 10, generator(0, "initial-weights"))
    thresholds = balance(network, lambda: [train], config.balancing, config.neuron)
    gains = network.masks(2, config.snn.dropout, config.snn.dropout, generator(0, "snn-dropout"))
    loss = F.cross_entropy(network.snn(train, layer_neurons(thresholds, config.neuron, gains)), torch.tensor([3, 7]))
    loss.backward()
    assert torch.isfinite(loss)
    assert all(weight.grad is not None and bool(weight.grad.any()) for weight in network.weights)
