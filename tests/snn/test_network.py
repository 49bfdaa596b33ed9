"""Neuron and network, worked by hand; the gradients of the plain neuron. Outputs of networks: tests/test_plain.py."""

import pytest
import torch

from harness import plain
from harness.config import Clock, Initialisation, NetworkSpec, NeuronSpec, Reading
from harness.errors import HarnessError
from harness.papers.dct_snn.recipe import VGG5, VGG5_LITE, VGG9, VGG11, VGG13
from harness.snn.kernels import Kernel, Neuron, fire
from harness.snn.layers import Shape, layers_of
from harness.snn.network import Network
from harness.snn.neuron import layer_neurons, lif_reference

# The neuron


READINGS: tuple[Reading, ...] = ("equation", "algorithm", "released-code")
CLOCKS: tuple[Clock, ...] = ("synchronous", "layer-delay")


@pytest.mark.parametrize("kernel", ["reference", "numba"])
@pytest.mark.parametrize(
    ("neuron", "currents", "expected"),
    [
        # u: 0.8, 0.4+0.8=1.2 (fires), 0.6-1+0.9=0.5, 0.25+0.8=1.05 (fires)
        (NeuronSpec("equation", leak=0.5), [0.8, 0.8, 0.9, 0.8], [0, 1, 0, 1]),
        # u: 0.8 → carries 0.4; 1.2 fires → carries 0.2 unleaked; 0.2+0.9=1.1 fires → carries 0.1
        (NeuronSpec("algorithm", leak=0.5), [0.8, 0.8, 0.9, 0.8], [0, 1, 1, 0]),
        # Spikes are handed on one step late.
        (NeuronSpec("equation", "layer-delay", 0.5), [0.8, 0.8, 0.9, 0.8], [0, 0, 1, 0]),
        (NeuronSpec("released-code", "synchronous", 0.5), [0.8, 0.8, 0.9, 0.8], [0, 0, 1, 0]),
        (NeuronSpec("released-code", "layer-delay", 0.5), [0.8, 0.8, 0.9, 0.8], [0, 0, 1, 0]),
        # Without reset, u: 0.8, 0.4+0.8=1.2 (fires), 0.6+0.9=1.5 (fires), 0.75+0.2=0.95
        (NeuronSpec("equation", leak=0.5, reset="none"), [0.8, 0.8, 0.9, 0.2], [0, 1, 1, 0]),
        # As Algorithm 1 leaks: 0.8, 0.4+0.8=1.2 (fires, unleaked), 1.2+0.9=2.1 (fires), 2.1+0.2=2.3 (fires)
        (NeuronSpec("algorithm", leak=0.5, reset="none"), [0.8, 0.8, 0.9, 0.2], [0, 1, 1, 1]),
        # The threshold itself does not fire.
        (NeuronSpec(leak=0.5), [1.0], [0]),
    ],
)
def test_spikes_worked_by_hand(neuron: NeuronSpec, currents: list[float], expected: list[int], kernel: Kernel) -> None:
    current = torch.tensor(currents).view(-1, 1)
    spikes = fire(current, None, len(current), Neuron(1.0, neuron, kernel=kernel))
    assert spikes.flatten().tolist() == expected


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("clock", CLOCKS)
def test_in_float64_it_is_the_plain_neuron_whose_spikes_may_come_late(reading: Reading, clock: Clock) -> None:
    generator = torch.Generator().manual_seed(1)
    base, towards = (torch.randn(12, 40, generator=generator, dtype=torch.float64) for _ in range(2))
    ours, theirs = base.clone().requires_grad_(), base.clone().requires_grad_()
    left, expected = torch.zeros_like(base[0]), []
    for current in theirs:
        fired, left = plain.lif(left + current, 0.8, "algorithm" if reading == "algorithm" else "equation")
        expected.append(fired)
    if clock == "layer-delay" or reading == "released-code":
        expected = [torch.zeros_like(base[0]), *expected[:-1]]
    train = lif_reference(ours, Neuron(0.8, NeuronSpec(reading, clock)))
    assert torch.equal(train, torch.stack(expected))
    (train * towards).sum().backward()
    (torch.stack(expected) * towards).sum().backward()
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


# The network


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
    built = layers_of(spec, shape, classes, dropout=True)
    flattened = next(layer for layer in built if not layer.side).inputs[0]
    parameters = sum(torch.Size(layer.weight_shape).numel() for layer in built)
    assert (len(built), flattened, parameters) == expected
    assert built[0].macs == 3 * 3 * 3 * shape[1] * shape[2] * built[0].outputs[0]  # eq. 13
    with pytest.raises(HarnessError, match="too small"):
        layers_of(VGG13, (3, 16, 16), 10, dropout=True)


@pytest.mark.parametrize("letters", ["AD", "DA"])
def test_dropout_and_pooling_follow_a_convolution_in_either_order(letters: str) -> None:
    network = Network(NetworkSpec("n", (4, *letters, 6), (5,)), (1, 8, 8), 3, seeded())
    assert [(layer.dropout, layer.pool) for layer in network.layers[:2]] == [(True, True), (False, False)]
    gains = network.masks(2, 0.5, 0.0, seeded())
    assert [None if gain is None else len(gain) for gain in gains] == [2 * 4 * 8 * 8, None, None, None]


def test_a_dropped_neuron_is_silent_at_every_timestep() -> None:
    network = Network(NetworkSpec("t", hidden=(50,)), (1, 4, 4), 3, seeded())
    gains = network.masks(2, 0.0, 0.5, seeded(3))
    train = torch.ones(6, 2, 1, 4, 4)
    firing = network.firing(6, layer_neurons((0.05,), NeuronSpec(), gains))
    hidden = network.walk(train.flatten(0, 1), firing).view(6, -1)
    assert gains[0] is not None
    assert gains[1] is None  # the output layer has no dropout
    dropped = gains[0] == 0
    assert dropped.float().mean().item() == pytest.approx(0.5, abs=0.15)
    assert hidden[:, dropped].abs().sum() == 0
    assert set(hidden.unique().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize(("initialisation", "variance"), [("he", 2.0), ("fan-in", 1.0)])
def test_initial_weights_are_normal_with_the_recipes_variance(initialisation: Initialisation, variance: float) -> None:
    network = Network(NetworkSpec("n", (32,), (200,)), (3, 16, 16), 10, seeded(), initialisation)
    for weight, inputs in zip(network.weights, (27, 32 * 16 * 16, 200), strict=True):
        values = weight.detach().flatten() * (inputs / variance) ** 0.5
        assert values.std().item() == pytest.approx(1.0, abs=0.1)
        assert values.abs().max().item() > 2  # a uniform draw would end at √3
