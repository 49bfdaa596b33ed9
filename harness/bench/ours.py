"""Our training step, as `harness.training.snn` runs it: each layer once for all timesteps, its neurons in one scan."""

import torch
from torch import Tensor

from harness.bench.workload import LEAK, Model, Workload
from harness.config import NetworkSpec, NeuronSpec
from harness.snn.network import Network
from harness.snn.neuron import layer_neurons


def model(work: Workload) -> Model:
    """A `Network` with the weights of `work`."""
    network = Network(_spec(work), work.stages[0].inputs, work.stages[-1].outputs[0], torch.Generator())
    for index, (weight, given) in enumerate(zip(network.weights, work.weights, strict=True)):
        weight.data.copy_(_channels_last(given, work, index))

    neurons = layer_neurons(work.thresholds, NeuronSpec(leak=LEAK))

    def forward(train: Tensor) -> Tensor:
        return network.snn(train, neurons)

    return Model(tuple(network.parameters()), forward)


def _channels_last(weight: Tensor, work: Workload, index: int) -> Tensor:
    # The first linear layer of our network reads maps in the order (H, W, C); everywhere else it is (C, H, W).
    if index == 0 or work.stages[index].convolution or not work.stages[index - 1].convolution:
        return weight
    channels, height, width = work.stages[index - 1].outputs
    pooled = 2 if work.stages[index - 1].pool else 1
    return weight.view(-1, channels, height // pooled, width // pooled).permute(0, 2, 3, 1).reshape(weight.shape)


def _spec(work: Workload) -> NetworkSpec:
    features: list[int | str] = []
    for stage in work.stages:
        if stage.convolution:
            features += [stage.outputs[0], "A"] if stage.pool else [stage.outputs[0]]
    hidden = tuple(stage.outputs[0] for stage in work.stages[:-1] if not stage.convolution)
    return NetworkSpec("bench", tuple(features), hidden)
