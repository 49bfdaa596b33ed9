"""snnTorch as its tutorials write it: a loop over time, `Leaky` neurons with the membranes passed along.

Of its neurons that take all timesteps at once (`LeakyParallel`, `StateLeaky`) none resets its membrane.
"""

import snntorch
import torch
import torch.nn.functional as F
from snntorch import spikegen, surrogate
from torch import Tensor

from harness.bench.workload import LEAK, Model, Workload, leaves


def encode(images: Tensor, timesteps: int) -> Tensor:
    """Its rate code of images in [0, 1]."""
    train: Tensor = spikegen.rate(images, num_steps=timesteps)
    return train


def model(work: Workload) -> Model:
    """Soft reset; its surrogate is the triangular one, the nearest to ours."""
    weights = leaves(work)
    neurons = [
        snntorch.Leaky(beta=LEAK, threshold=threshold, spike_grad=surrogate.triangular(), reset_mechanism="subtract")
        for threshold in work.thresholds
    ]

    def forward(train: Tensor) -> Tensor:
        membranes = [neuron.reset_mem() for neuron in neurons]
        outputs = []
        for x in train:
            for index, (stage, weight) in enumerate(zip(work.stages, weights, strict=True)):
                x = F.conv2d(x, weight, padding=1) if stage.convolution else F.linear(x.flatten(1), weight)
                if index < len(neurons):
                    x, membranes[index] = neurons[index](x, membranes[index])
                x = F.avg_pool2d(x, 2) if stage.pool else x
            outputs.append(x)
        return torch.stack(outputs).sum(0, dtype=torch.float32)

    return Model(weights, forward)
