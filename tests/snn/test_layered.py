"""Networks from descriptions of their layers, against torch's own modules and counts made by plain loops."""

import numpy as np
import pytest
import torch
from torch import Generator, nn

from harness.config import NetworkSpec
from harness.errors import HarnessError
from harness.papers.qcfs.experiments import RESNET18, RESNET20, VGG16
from harness.snn.activity import Activity
from harness.snn.layered import Layered
from harness.snn.layers import Layer, layers_of


def made(*features: int | str, shape: tuple[int, int, int] = (3, 8, 8), classes: int = 5, norm: bool = True) -> Layered:
    spec = NetworkSpec("net", features, **({"norm": "batch"} if norm else {}), bias=True)  # type: ignore[arg-type]
    network = Layered(spec, shape, classes, Generator().manual_seed(0), "he")
    with torch.no_grad():
        for draw in (*network.biases.values(), *network.scales.values()):
            draw.add_(torch.rand(draw.shape, generator=Generator().manual_seed(1)))
    return network


def relu(_: int, current: torch.Tensor) -> torch.Tensor:
    return current.relu()


def test_the_networks_of_qcfs_have_the_printed_sizes() -> None:
    network = Layered(RESNET20, (3, 32, 32), 10, Generator().manual_seed(0))
    assert sum(weight.numel() for weight in network.parameters()) == 272_474  # 0.27 M
    assert round(network.macs / 1e6) == 41
    sizes = [sum(layer.macs for layer in layers_of(spec, (3, 32, 32), 10)) for spec in (VGG16, RESNET18)]
    assert [round(size / 1e6) for size in sizes] == [313, 555]


class Residual(nn.Module):
    """`(4, "R4", "R8/2", "G")` in torch's own modules."""

    def __init__(self, network: Layered) -> None:
        super().__init__()
        self.norms = nn.ModuleList()
        self.products = nn.ModuleList()
        for index, layer in enumerate(network.layers[:-1]):
            conv = nn.Conv2d(layer.inputs[0], layer.outputs[0], layer.side, layer.stride, layer.side // 2, bias=False)
            conv.weight = network.weights[index]
            norm = nn.BatchNorm2d(layer.outputs[0])
            norm.weight, norm.bias = network.scales[str(index)], network.biases[str(index)]
            self.products.append(conv)
            self.norms.append(norm)
        self.last = nn.Linear(8, 5)
        self.last.weight, self.last.bias = network.weights[-1], network.biases[str(len(network.layers) - 1)]

    def at(self, index: int, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.norms[index](self.products[index](x))
        return out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.at(0, x).relu()
        x = (self.at(2, self.at(1, x).relu()) + x).relu()
        x = (self.at(4, self.at(3, x).relu()) + self.at(5, x)).relu()
        out: torch.Tensor = self.last(x.mean((2, 3)))
        return out


def test_residual_blocks_and_batch_norm_are_those_of_torch() -> None:
    network = made(4, "R4", "R8/2", "G")
    oracle, images = Residual(network), torch.rand(6, 3, 8, 8, generator=Generator().manual_seed(2))
    for _ in range(2):  # running statistics move alike
        assert torch.allclose(network.train()(images, relu), oracle.train()(images), atol=1e-5)
    expected = oracle.eval()(images)
    assert torch.allclose(network.eval()(images, relu), expected, atol=1e-5)
    network.mean.fill_(0.25)  # inputs are normalised
    network.deviation.fill_(2.0)
    assert torch.allclose(network(2 * images + 0.25, relu), expected, atol=1e-5)


@pytest.mark.parametrize("layer", layers_of(NetworkSpec("n", (4, "A", "R6/2", "R6", "G")), (2, 8, 10), 3))
def test_additions_are_one_for_each_connection_of_each_event(layer: Layer) -> None:
    rows, columns = layer.pooled
    height, width = layer.inputs[1] * rows, layer.inputs[2] * columns
    if not layer.side:
        height, width = rows, columns
    places = np.random.default_rng(0).integers(0, 5, (height, width))
    expected = 0
    for row, column in np.ndindex(height // rows, width // columns):
        events = places[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns].sum()
        reached = 0
        for out_row, out_column in np.ndindex(*layer.outputs[1:]):
            away = row - out_row * layer.stride, column - out_column * layer.stride
            reached += all(abs(distance) <= layer.side // 2 for distance in away)
        expected += int(events) * reached * layer.outputs[0]
    assert layer.accumulates(torch.from_numpy(places).double()) == expected


def test_each_number_of_neurons_has_a_row() -> None:
    network = made(4, "R4", "R8/2", "G").eval()
    activity = Activity(network.layers, multiplies=True)
    images = torch.rand(2, 3, 8, 8)

    def noted(index: int, current: torch.Tensor) -> torch.Tensor:
        fired = (current > 0).float()
        activity.note(index, fired)
        return fired

    activity.note(-1, images)
    network(images, noted)
    rows = activity.per_image(2)
    assert [row.name for row in rows] == ["conv1", "conv2", "conv3", "conv4", "conv5", "linear6"]
    assert [row.multiplies for row in rows] == [True] + 5 * [False]
    assert [row.spikes is None for row in rows] == 5 * [False] + [True]
    assert sum(row.macs for row in rows) == network.macs
    assert rows[-1].accumulates == 5 * (rows[4].spikes or 0)


def test_what_is_no_layer_is_refused() -> None:
    for features in ((8, "D"), ("R",), (8, "R0"), (4, "A", "A", "A", "A")):
        with pytest.raises(HarnessError):
            layers_of(NetworkSpec("net", features), (3, 8, 8), 10)
