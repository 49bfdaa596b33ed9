"""The neuron: a hand-worked example of each reading, clock and reset, and the gradients of `harness.plain`."""

import pytest
import torch

from harness import plain
from harness.config import Clock, NeuronSpec, Reading
from harness.snn.kernels import Kernel, Neuron, fire
from harness.snn.neuron import lif_reference

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
