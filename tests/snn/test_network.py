"""Networks: shapes and parameter counts worked out by hand, dropout. Their outputs: tests/test_plain.py."""

import pytest
import torch

from harness.config import Initialisation, NetworkSpec, NeuronSpec
from harness.errors import HarnessError
from harness.papers.dct_snn.recipe import VGG5, VGG5_LITE, VGG9, VGG11, VGG13
from harness.snn.network import Network, Shape, stages
from harness.snn.neuron import layer_neurons


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("spec", "shape", "classes", "expected"),
    [
        # convolutions 9·(3·64 + 64·128 + 128·128), then 128·15·15 → 4096 → 4096 → 10
        (VGG5, (3, 60, 60), 10, (6, 128 * 15 * 15, 222_912 + 28_800 * 4096 + 4096 * 4096 + 40_960)),
        (VGG9, (3, 60, 60), 10, (10, 512 * 3 * 3, 4_646_592 + 4608 * 4096 + 4096 * 4096 + 40_960)),
        (VGG11, (3, 60, 60), 100, (11, 512 * 3 * 3, 10_987_200 + 4608 * 4096 + 4096 * 4096 + 409_600)),
        # 60 → 30 → 15 → 7 → 3 → 1
        (VGG13, (3, 60, 60), 200, (13, 512, 9_402_048 + 512 * 4096 + 4096 * 4096 + 819_200)),
        (VGG5_LITE, (3, 32, 32), 10, (6, 64 * 8 * 8, 56_160 + 4096 * 512 + 512 * 512 + 5_120)),
    ],
)
def test_layers_and_parameters_as_counted_by_hand(
    spec: NetworkSpec, shape: Shape, classes: int, expected: tuple[int, int, int]
) -> None:
    built = stages(spec, shape, classes)
    flattened = next(stage for stage in built if not stage.convolution).inputs[0]
    parameters = sum(torch.Size(stage.weight_shape).numel() for stage in built)
    assert (len(built), flattened, parameters) == expected


def test_macs_follow_equation_13() -> None:
    conv, *_ = stages(VGG5, (3, 32, 32), 10)
    assert conv.macs == 3 * 3 * 3 * 32 * 32 * 64


def test_a_map_that_is_pooled_away_is_refused() -> None:
    with pytest.raises(HarnessError, match="too small"):
        stages(VGG13, (3, 16, 16), 10)


def test_a_dropped_neuron_is_silent_at_every_timestep() -> None:
    network = Network(NetworkSpec("t", hidden=(50,)), (1, 4, 4), 3, seeded())
    gains = network.masks(2, 0.0, 0.5, seeded(3))
    train = torch.ones(6, 2, 1, 4, 4)
    firing = network.firing(6, layer_neurons((0.05,), NeuronSpec(), gains))
    hidden = network.walk(train.flatten(0, 1), firing).view(6, -1)
    assert gains[0] is not None
    dropped = gains[0] == 0
    assert dropped.float().mean().item() == pytest.approx(0.5, abs=0.15)
    assert hidden[:, dropped].abs().sum() == 0
    assert set(hidden.unique().tolist()) == {0.0, 2.0}


def test_the_output_layer_has_no_dropout() -> None:
    network = Network(NetworkSpec("t", hidden=(5,)), (1, 4, 4), 3, seeded())
    assert [gain is None for gain in network.masks(2, 0.5, 0.5, seeded())] == [False, True]


@pytest.mark.parametrize(("initialisation", "variance"), [("he", 2.0), ("fan-in", 1.0)])
def test_initial_weights_are_normal_with_the_variance_of_the_recipe(
    initialisation: Initialisation, variance: float
) -> None:
    network = Network(NetworkSpec("n", (32,), (200,)), (3, 16, 16), 10, seeded(), initialisation)
    for weight, inputs in zip(network.weights, (27, 32 * 16 * 16, 200), strict=True):
        values = weight.detach().flatten() * (inputs / variance) ** 0.5
        assert values.std().item() == pytest.approx(1.0, abs=0.1)
        assert values.abs().max().item() > 2  # a uniform draw would end at √3
