"""Fused kernels against the reference neuron and autograd: on the CPU, and on a GPU or in Triton's interpreter."""

import importlib.util
from itertools import product
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.config import Clock, NeuronSpec, Reading
from harness.snn.kernels import EACH, SUMMED, Kernel, Neuron, Readout, count_spikes, fire, pooled

GPU = "cuda" if torch.cuda.is_available() else "cpu"
READINGS: tuple[Reading, ...] = ("equation", "algorithm", "released-code")
CLOCKS: tuple[Clock, ...] = ("synchronous", "layer-delay")
ODD, EVEN = (2, 7, 5, 3), (1, 4, 4, 1500)  # (N, H, W, C); more than a block of 1,024 neurons
READOUTS = {"each": EACH, "summed": SUMMED, "odd maps": pooled(ODD), "even maps": pooled(EVEN)}
FUSED: list[Kernel] = ["numba", "triton"]


def needed(kernel: Kernel) -> str:
    """The device of a kernel; skips the test without Triton."""
    if kernel == "triton" and importlib.util.find_spec("triton") is None:
        pytest.skip("triton is not installed (it comes with CUDA builds of torch)")
    return GPU if kernel == "triton" else "cpu"


def drawn(readout: Readout, dtype: torch.dtype = torch.float32, timesteps: int = 7) -> tuple[Tensor, Tensor]:
    draws = torch.Generator().manual_seed(3)
    images, height, width, channels = readout.maps
    neurons = images * height * width * channels or 1280
    current = (torch.randn(timesteps, neurons, generator=draws) * 0.6).to(dtype)
    return current, ((torch.rand(neurons, generator=draws) > 0.2).float() / 0.8).to(dtype)


def fired(current: Tensor, neuron: Neuron, readout: Readout) -> tuple[Tensor, Tensor]:
    leaf = current.clone().requires_grad_()
    out = fire(leaf, None, len(current), neuron, readout)
    out.backward(torch.randn(out.shape, generator=torch.Generator().manual_seed(4)).to(out))
    assert leaf.grad is not None
    return out.detach().cpu(), leaf.grad.cpu()


CASES = [
    *product(["numba"], READOUTS, READINGS, CLOCKS, [torch.float32], ["subtract"]),
    *product(["numba"], READOUTS, ["equation"], ["synchronous"], [torch.bfloat16], ["subtract"]),
    *product(["numba"], ["each"], READINGS, ["synchronous"], [torch.float32], ["none"]),
    *product(["triton"], ["each", "odd maps"], READINGS, CLOCKS, [torch.float32], ["subtract"]),
    *product(["triton"], ["summed"], ["algorithm"], CLOCKS, [torch.float32], ["subtract"]),
    *product(["triton"], ["each", "summed", "odd maps"], ["equation"], ["synchronous"], [torch.bfloat16], ["subtract"]),
]


@pytest.mark.parametrize(
    ("kernel", "readout", "reading", "clock", "dtype", "reset"),
    # Triton's interpreter takes a second a case.
    [pytest.param(*case, marks=[pytest.mark.slow] if case[0] == "triton" else []) for case in CASES],
)
def test_spikes_and_gradients_are_those_of_the_reference(
    kernel: Kernel, readout: str, reading: Reading, clock: Clock, dtype: torch.dtype, reset: Literal["subtract", "none"]
) -> None:
    device, how = needed(kernel), READOUTS[readout]
    current, gain = drawn(how, dtype)
    neuron = Neuron(0.7, NeuronSpec(reading, clock, reset=reset), gain, "reference")
    expected, expected_gradient = fired(current, neuron, how)
    got, gradient = fired(current.to(device), neuron._replace(gain=gain.to(device), kernel=kernel), how)
    assert expected.any()
    assert torch.equal(got, expected)
    if dtype == torch.float32 and kernel == "numba":
        assert torch.equal(gradient, expected_gradient)
    else:  # the reference rounds grad · gain to bf16, a kernel keeps it in fp32; a GPU fuses products and sums
        apart = 1e-5 if dtype == torch.float32 else 0.02
        assert (gradient - expected_gradient).abs().max() <= apart * expected_gradient.abs().max()


@pytest.mark.parametrize("kernel", FUSED)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("readout", ["each", "odd maps"])
def test_every_spike_is_counted_those_of_an_odd_edge_too(kernel: Kernel, clock: Clock, readout: str) -> None:
    device, how = needed(kernel), READOUTS[readout]
    current, _ = drawn(how)
    neuron = Neuron(0.5, NeuronSpec(clock=clock), kernel="reference")
    got, counts = count_spikes(current.to(device), None, 7, neuron._replace(kernel=kernel), how)
    assert torch.equal(got.cpu(), fire(current, None, 7, neuron, how))
    assert torch.equal(counts.cpu(), fire(current, None, 7, neuron, SUMMED))


@pytest.mark.parametrize("kernel", FUSED)
def test_one_row_of_gradient_stands_for_every_timestep(kernel: Kernel) -> None:
    leaf = drawn(EACH)[0].to(needed(kernel)).requires_grad_()
    neuron = Neuron(0.7, NeuronSpec(), kernel=kernel)
    row = torch.randn(1, leaf.shape[1], generator=torch.Generator().manual_seed(4)).to(leaf.device).expand(7, -1)
    one, every = (torch.autograd.grad(fire(leaf, None, 7, neuron), leaf, grad)[0] for grad in (row, row.contiguous()))
    assert torch.equal(one, every)


@pytest.mark.parametrize("kernel", ["reference", *FUSED])
def test_the_released_surrogate_is_divided_by_the_threshold(kernel: Kernel) -> None:
    device, threshold, leak = needed(kernel), 0.4, 0.9
    base = torch.randn(5, 30, generator=torch.Generator().manual_seed(2)).mul(0.3)
    current = base.to(device, copy=True).requires_grad_()
    neuron = Neuron(threshold, NeuronSpec(leak=leak, surrogate_scale="released"), kernel=kernel)
    fire(current, None, 5, neuron).sum().backward()
    membranes, u, spike = [], np.zeros(30), np.zeros(30)
    for now in base.numpy():
        u = leak * u - threshold * spike + now
        spike = (u > threshold).astype(float)
        membranes.append(u)
    later = np.zeros(30)
    expected: list[NDArray[np.float64]] = []
    for u in reversed(membranes):
        later = 0.3 / threshold * np.maximum(0, 1 - abs(u / threshold - 1)) + leak * later
        expected.insert(0, later)
    assert current.grad is not None
    np.testing.assert_allclose(current.grad.cpu().numpy(), expected, rtol=1e-4, atol=1e-6)


# A layer with its neurons in one function.

TIMESTEPS, IMAGES = 6, 3
LINEAR, CONVOLUTION = (5, 8), (8, 4, 3, 3)
MAPS = (IMAGES, 6, 4, 8)


def layer(shape: tuple[int, ...], first: bool, device: str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """A weight of `shape`, inputs for it that need a gradient unless their layer is the `first`, and a gain."""
    draws = torch.Generator().manual_seed(7)
    weight = torch.randn(shape, generator=draws)
    size = (8,) if len(shape) == 2 else (4, 6, 4)
    x = torch.randint(-1, 2, (TIMESTEPS * IMAGES, *size), generator=draws).float()
    neurons = IMAGES * (5 if len(shape) == 2 else 8 * 6 * 4)
    gain = (torch.rand(neurons, generator=draws) > 0.3).float() * 2
    return weight.to(device).requires_grad_(), x.to(device).requires_grad_(not first), gain.to(device)


def differentiated(
    shape: tuple[int, ...], first: bool, readout: Readout, kernel: Kernel, dtype: torch.dtype
) -> tuple[Tensor, Tensor | None, Tensor]:
    weight, x, gain = layer(shape, first, needed(kernel))
    out = fire(x.to(dtype), weight, TIMESTEPS, Neuron(1.5, NeuronSpec(), gain, kernel), readout)
    out.backward(torch.randn(out.shape, generator=torch.Generator().manual_seed(8)).to(out))
    assert weight.grad is not None
    return out.detach().cpu(), x.grad if x.grad is None else x.grad.cpu(), weight.grad.cpu()


LAYERS: list[tuple[Kernel, tuple[int, ...], Readout, torch.dtype]] = [
    *[("numba", LINEAR, readout, torch.float32) for readout in (EACH, SUMMED)],
    *[("numba", CONVOLUTION, readout, torch.float32) for readout in (EACH, SUMMED, pooled(MAPS))],
    ("numba", CONVOLUTION, EACH, torch.bfloat16),
    ("events", LINEAR, EACH, torch.float32),
    *[("events", CONVOLUTION, readout, torch.float32) for readout in (EACH, pooled(MAPS))],
    ("events", CONVOLUTION, EACH, torch.bfloat16),
    *[("triton", CONVOLUTION, readout, torch.float32) for readout in (SUMMED, pooled(MAPS))],
]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("kernel", "shape", "readout", "dtype"), LAYERS)
def test_a_layer_fires_and_learns_as_autograd_says_of_the_reference(
    kernel: Kernel, shape: tuple[int, ...], readout: Readout, dtype: torch.dtype, first: bool
) -> None:
    spikes, grad_x, grad_weight = differentiated(shape, first, readout, kernel, dtype)
    expected, expected_x, expected_weight = differentiated(shape, first, readout, "reference", dtype)
    assert spikes.any()
    assert torch.equal(spikes, expected)
    rtol, atol = (1e-4, 1e-4) if dtype == torch.float32 else (0.05, 0.1)
    torch.testing.assert_close(grad_weight, expected_weight, rtol=rtol, atol=atol)
    assert grad_weight.dtype == torch.float32
    assert (grad_x is None) is first
    torch.testing.assert_close(grad_x, expected_x, rtol=rtol, atol=atol)


def test_a_second_backward_pass_is_an_error_since_the_gradient_overwrote_the_current() -> None:
    weight, x, gain = layer(LINEAR, first=True)
    out = fire(x, weight, TIMESTEPS, Neuron(1.5, NeuronSpec(), gain, "numba"))
    out.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
    current = drawn(EACH)[0].requires_grad_()
    before = current.detach().clone()
    fire(current, None, 7, Neuron(0.7, NeuronSpec(), kernel="numba")).sum().backward()
    assert torch.equal(current.detach(), before)  # one that is handed in stays as it is
