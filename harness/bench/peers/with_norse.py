"""Norse as its documentation writes it: `SequentialState`, called once a timestep with the states handed back.

`LIFBoxCell` is its neuron without a synaptic current, which is the paper's neuron and has the least to compute.
"""

import torch
from norse.torch import LIFBoxCell, LIFBoxParameters, PoissonEncoder, SequentialState
from norse.torch.functional.reset import reset_subtract
from torch import Tensor, nn

from harness.bench.workload import LEAK, Model, Workload

DT = 0.001


def encode(images: Tensor, timesteps: int) -> Tensor:
    """Its Poisson code of images in [0, 1]: at most a spike a timestep."""
    train: Tensor = PoissonEncoder(timesteps, f_max=1 / DT, dt=DT)(images)
    return train


def model(work: Workload) -> Model:
    """Soft reset; its surrogate is the default one."""
    layers: list[nn.Module] = []
    for index, (stage, weight) in enumerate(zip(work.stages, work.weights, strict=True)):
        if stage.convolution:
            layers.append(nn.Conv2d(stage.inputs[0], stage.outputs[0], 3, padding=1, bias=False))
        else:
            layers += [nn.Flatten(), nn.Linear(stage.inputs[0], stage.outputs[0], bias=False)]
        layers[-1].weight = nn.Parameter(weight.clone())
        if index < len(work.thresholds):
            layers.append(_neuron(work.thresholds[index]))
        if stage.pool:
            layers.append(nn.AvgPool2d(2))
    network = SequentialState(*layers)

    def forward(train: Tensor) -> Tensor:
        state, total = None, torch.zeros(())
        for x in train:
            output, state = network(x, state)
            total = total + output
        return total

    return Model(tuple(network.parameters()), forward)


def _neuron(threshold: float) -> nn.Module:
    # Its membrane takes in (1 − λ) of the current, so the threshold is that much lower.
    parameters = LIFBoxParameters(
        tau_mem_inv=torch.tensor((1 - LEAK) / DT),
        v_th=torch.tensor(threshold * (1 - LEAK)),
        reset_method=reset_subtract,
    )
    cell: nn.Module = LIFBoxCell(parameters, dt=DT)
    return cell
