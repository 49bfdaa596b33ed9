"""The GPU kernels against the reference: on a GPU if there is one, else in Triton's interpreter (see conftest.py)."""

import pytest
import torch
from torch import Tensor

from harness.config import Clock, NeuronSpec, Reading
from harness.snn.kernels import EACH, SUMMED, Kernel, Neuron, Readout, fire, pooled
from harness.snn.kernels.layers import read
from harness.snn.neuron import lif_reference

pytest.importorskip("triton", reason="triton is not installed (it comes with CUDA builds of torch)")

from harness.snn.kernels import gpu as triton_kernels

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
READINGS, CLOCKS = ("equation", "algorithm", "released-code"), ("synchronous", "layer-delay")
MAPS = (2, 7, 5, 3)  # (N, H, W, C), odd
READOUTS = {"each": EACH, "summed": SUMMED, "pooled, odd": pooled(MAPS), "pooled, even": pooled((1, 6, 10, 11))}


def drawn(readout: Readout, dtype: torch.dtype, timesteps: int = 7) -> tuple[Tensor, Tensor, Tensor]:
    """Current, gain and a gradient of the readout."""
    draws = torch.Generator().manual_seed(3)
    images, height, width, channels = readout.maps
    neurons = images * height * width * channels or 301
    current = (torch.randn(timesteps, neurons, generator=draws) * 0.6).to(dtype)
    gain = ((torch.rand(neurons, generator=draws) > 0.2).float() / 0.8).to(dtype)
    shape = read(current, readout).shape
    return current, gain, torch.randn(shape, generator=draws).to(dtype)


@pytest.mark.parametrize("readout", READOUTS.values(), ids=READOUTS)
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_spikes_and_gradients_are_the_references(
    readout: Readout, reading: Reading, clock: Clock, dtype: torch.dtype
) -> None:
    current, gain, arriving = drawn(readout, dtype)
    neuron = Neuron(0.7, NeuronSpec(reading, clock), gain)
    expected = current.clone().requires_grad_()
    fired = read(lif_reference(expected, neuron), readout)
    fired.backward(arriving.to(fired.dtype))
    current, arriving, neuron = current.to(DEVICE), arriving.to(DEVICE), neuron._replace(gain=gain.to(DEVICE))
    assert torch.equal(triton_kernels.forward(current, neuron, readout).cpu(), fired)
    row = arriving.unsqueeze(0) if readout == SUMMED else arriving
    got = triton_kernels.backward(row, current, neuron, readout).cpu()
    tight = dtype == torch.float32
    torch.testing.assert_close(got, expected.grad, rtol=1e-5 if tight else 2**-6, atol=1e-6 if tight else 2**-6)


@pytest.mark.parametrize("readout", [EACH, pooled(MAPS)], ids=["each", "pooled"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_spikes_are_counted_neuron_by_neuron(readout: Readout, clock: Clock) -> None:
    current, _, _ = drawn(readout, torch.float32)
    neuron = Neuron(0.7, NeuronSpec(clock=clock))
    counts = torch.zeros(current.shape[1], device=DEVICE)
    fired = triton_kernels.forward(current.to(DEVICE), neuron, readout, counts).cpu()
    spikes = lif_reference(current, neuron)
    assert torch.equal(fired, read(spikes, readout))
    assert torch.equal(counts.cpu(), spikes.sum(0))


def test_one_row_of_gradient_stands_for_every_timestep() -> None:
    current, _, _ = (tensor.to(DEVICE) for tensor in drawn(EACH, torch.float32))
    row = torch.randn(1, current.shape[1], generator=torch.Generator().manual_seed(4)).to(DEVICE)
    neuron = Neuron(0.7, NeuronSpec())
    one = triton_kernels.backward(row, current, neuron, EACH)
    every = triton_kernels.backward(row.expand(7, -1).contiguous(), current, neuron, EACH)
    assert torch.equal(one, every)


@pytest.mark.parametrize("readout", [EACH, SUMMED, pooled((3, 4, 4, 5))])
def test_a_layer_fires_and_learns_as_with_the_reference(readout: Readout) -> None:
    generator = torch.Generator().manual_seed(6)
    weight = torch.randn(80, 12, generator=generator)
    x = torch.randint(-1, 2, (4 * 3, 12), generator=generator).float()
    outcomes = []
    places: tuple[tuple[Kernel, str], ...] = (("triton", DEVICE), ("reference", "cpu"))
    for kernel, device in places:
        leaf = weight.to(device, copy=True).requires_grad_()
        fired = fire(x.to(device), leaf, 4, Neuron(1.5, NeuronSpec(), kernel=kernel), readout)
        fired.square().sum().backward()
        assert leaf.grad is not None
        outcomes.append((fired.detach().cpu(), leaf.grad.cpu()))
    (fired, gradient), (expected, expected_gradient) = outcomes
    assert fired.any()
    assert torch.equal(fired, expected)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-4, atol=1e-4)


def test_the_surrogate_can_be_divided_by_the_threshold() -> None:
    current, _, arriving = (tensor.to(DEVICE) for tensor in drawn(EACH, torch.float32))
    plain, divided = Neuron(0.7, NeuronSpec()), Neuron(0.7, NeuronSpec(surrogate_scale="released"))
    one = triton_kernels.backward(arriving, current, plain, EACH)
    other = triton_kernels.backward(arriving, current, divided, EACH)
    torch.testing.assert_close(other * 0.7, one)
