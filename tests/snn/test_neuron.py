"""The neuron: a hand-worked example of each reading and clock, gradients of `harness.plain`, kernels bit for bit."""

from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness import plain
from harness.config import Clock, NeuronSpec, Reading
from harness.snn.kernels import EACH, SUMMED, Kernel, Neuron, Readout, fire
from harness.snn.neuron import lif_reference

READINGS = ("equation", "algorithm", "released-code")
CLOCKS = ("synchronous", "layer-delay")


def column(*values: float) -> Tensor:
    return torch.tensor(values).view(-1, 1)


def gradient(of: Tensor) -> Tensor:
    assert of.grad is not None
    return of.grad


def lif(current: Tensor, neuron: Neuron, readout: Readout = EACH) -> Tensor:
    return fire(current, None, len(current), neuron, readout)


def spikes(reading: Reading, clock: Clock, *currents: float, leak: float = 0.5, threshold: float = 1.0) -> list[float]:
    return lif(column(*currents), Neuron(threshold, NeuronSpec(reading, clock, leak))).flatten().tolist()


def test_equation_2_leaks_always_and_resets_by_subtraction() -> None:
    # u: 0.8, 0.4+0.8=1.2 (fires), 0.6-1+0.9=0.5, 0.25+0.8=1.05 (fires)
    assert spikes("equation", "synchronous", 0.8, 0.8, 0.9, 0.8) == [0, 1, 0, 1]


def test_algorithm_1_leaks_only_without_a_spike() -> None:
    # u: 0.8 → carries 0.4; 1.2 fires → carries 0.2 unleaked; 0.2+0.9=1.1 fires → carries 0.1
    assert spikes("algorithm", "synchronous", 0.8, 0.8, 0.9, 0.8) == [0, 1, 1, 0]


def test_the_threshold_itself_does_not_fire() -> None:
    assert spikes("equation", "synchronous", 1.0) == [0]


@pytest.mark.parametrize("kernel", ["reference", "numba"])
def test_without_reset_the_membrane_keeps_what_it_has(kernel: Kernel) -> None:
    # u: 0.8, 0.4+0.8=1.2 (fires), 0.6+0.9=1.5 (fires), 0.75+0.2=0.95
    neuron = Neuron(1.0, NeuronSpec(leak=0.5, reset="none"), kernel=kernel)
    assert lif(column(0.8, 0.8, 0.9, 0.2), neuron).flatten().tolist() == [0, 1, 1, 0]
    # As Algorithm 1 leaks: 0.8, 0.4+0.8=1.2 (fires, unleaked), 1.2+0.9=2.1 (fires), 2.1+0.2=2.3 (fires)
    other = Neuron(1.0, NeuronSpec("algorithm", leak=0.5, reset="none"), kernel=kernel)
    assert lif(column(0.8, 0.8, 0.9, 0.2), other).flatten().tolist() == [0, 1, 1, 1]


def test_layer_delay_hands_spikes_on_one_step_late() -> None:
    assert spikes("equation", "layer-delay", 0.8, 0.8, 0.9, 0.8) == [0, 0, 1, 0]


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_released_code_is_equation_2_one_step_late_whatever_the_clock(clock: Clock) -> None:
    assert spikes("released-code", clock, 0.8, 0.8, 0.9, 0.8) == [0, 0, 1, 0]


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
    torch.testing.assert_close(gradient(ours), gradient(theirs), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kernel", ["reference", "numba"])
def test_the_released_surrogate_is_divided_by_the_threshold(kernel: Kernel) -> None:
    threshold, leak = 0.4, 0.9
    current = torch.randn(5, 30, generator=torch.Generator().manual_seed(2)).mul(0.3).requires_grad_()
    neuron = Neuron(threshold, NeuronSpec(leak=leak, surrogate_scale="released"), kernel=kernel)
    fire(current, None, 5, neuron).sum().backward()
    membranes, u, spike = [], np.zeros(30), np.zeros(30)
    for now in current.detach().numpy():
        u = leak * u - threshold * spike + now
        spike = (u > threshold).astype(float)
        membranes.append(u)
    later = np.zeros(30)
    expected: list[NDArray[np.float64]] = []
    for u in reversed(membranes):
        later = 0.3 / threshold * np.maximum(0, 1 - abs(u / threshold - 1)) + leak * later
        expected.insert(0, later)
    assert current.grad is not None
    np.testing.assert_allclose(current.grad.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(("steps", "neurons"), [(2, 1), (7, 301), (16, 1280)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("reset", ["subtract", "none"])
def test_the_fused_kernel_gives_the_bits_of_the_reference(
    reading: Reading, clock: Clock, steps: int, neurons: int, dtype: torch.dtype, reset: Literal["subtract", "none"]
) -> None:
    generator = torch.Generator().manual_seed(steps)
    base = (torch.randn(steps, neurons, generator=generator) * 0.6).to(dtype)
    gain = (torch.rand(neurons, generator=generator) > 0.2).float() / 0.8
    arriving = torch.randn(steps, neurons, generator=generator).to(dtype)
    fast, slow = base.clone().requires_grad_(), base.clone().requires_grad_()
    spec = NeuronSpec(reading, clock, reset=reset)
    one = lif(fast, Neuron(0.7, spec, gain, "numba"))
    other = lif(slow, Neuron(0.7, spec, gain, "reference"))
    one.backward(arriving)
    other.backward(arriving)
    assert torch.equal(one, other)
    if dtype == torch.float32:
        assert torch.equal(gradient(fast), gradient(slow))
    else:  # the reference rounds grad · gain to bf16, the kernel keeps it in fp32: one bf16 step apart
        torch.testing.assert_close(fast.grad, slow.grad, rtol=2**-7, atol=2**-7)


def test_a_gradient_that_is_the_same_at_every_step_needs_no_copies() -> None:
    base = torch.randn(6, 50, generator=torch.Generator().manual_seed(0))
    fast, slow = base.clone().requires_grad_(), base.clone().requires_grad_()
    lif(fast, Neuron(0.7, NeuronSpec())).sum(0).square().sum().backward()
    lif(slow, Neuron(0.7, NeuronSpec(), kernel="reference")).sum(0).square().sum().backward()
    assert torch.equal(gradient(fast), gradient(slow))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_counted_spikes_are_the_spikes_summed_over_time(reading: Reading, clock: Clock, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(4)
    base = (torch.randn(9, 1280, generator=generator) * 0.6).to(dtype)
    gain = (torch.rand(1280, generator=generator) > 0.2).float() * 1.25
    arriving = torch.randn(1280, generator=generator).to(dtype).float()
    fast, slow = base.clone().requires_grad_(), base.clone().requires_grad_()
    spec = NeuronSpec(reading, clock)
    one = lif(fast, Neuron(0.7, spec, gain, "numba"), SUMMED)
    other = lif(slow, Neuron(0.7, spec, gain, "reference"), SUMMED)
    one.backward(arriving)
    other.backward(arriving)
    assert one.dtype == torch.float32
    assert torch.equal(one, other)
    if dtype == torch.float32:
        assert torch.equal(gradient(fast), gradient(slow))
    else:
        torch.testing.assert_close(fast.grad, slow.grad, rtol=2**-7, atol=2**-8)
