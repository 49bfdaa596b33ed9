"""A layer with its neurons in one function against the reference, differentiated by autograd."""

import pytest
import torch
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.kernels import EACH, SUMMED, Kernel, Neuron, Readout, fire, pooled

TIMESTEPS, IMAGES = 6, 3
LINEAR, CONVOLUTION = (5, 8), (8, 4, 3, 3)
MAPS = (IMAGES, 6, 4, 8)


def given(shape: tuple[int, ...], first: bool) -> tuple[Tensor, Tensor, Tensor]:
    """A weight of `shape`, inputs for it that need a gradient unless their layer is the `first`, and a gain."""
    draws = torch.Generator().manual_seed(7)
    weight = torch.randn(shape, generator=draws)
    size = (8,) if len(shape) == 2 else (4, 6, 4)
    x = torch.randint(-1, 2, (TIMESTEPS * IMAGES, *size), generator=draws).float()
    neurons = IMAGES * (5 if len(shape) == 2 else 8 * 6 * 4)
    gain = (torch.rand(neurons, generator=draws) > 0.3).float() * 2
    return weight.requires_grad_(), x.requires_grad_(not first), gain


def differentiated(
    shape: tuple[int, ...], first: bool, readout: Readout, kernel: Kernel, dtype: torch.dtype
) -> tuple[Tensor, Tensor | None, Tensor]:
    """What is fired, and the gradients of inputs and weight."""
    weight, x, gain = given(shape, first)
    fired = fire(x.to(dtype), weight, TIMESTEPS, Neuron(1.5, NeuronSpec(), gain, kernel), readout)
    fired.backward(torch.randn(fired.shape, generator=torch.Generator().manual_seed(8)).to(fired.dtype))
    assert weight.grad is not None
    return fired.detach(), x.grad, weight.grad


@pytest.mark.parametrize("kernel", ["numba", "events"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("shape", "readout"),
    [(LINEAR, EACH), (LINEAR, SUMMED), (CONVOLUTION, EACH), (CONVOLUTION, pooled(MAPS)), (CONVOLUTION, SUMMED)],
)
def test_spikes_and_gradients_are_those_of_autograd_through_the_reference(
    shape: tuple[int, ...], readout: Readout, first: bool, dtype: torch.dtype, kernel: Kernel
) -> None:
    spikes, grad_x, grad_weight = differentiated(shape, first, readout, kernel, dtype)
    expected, expected_x, expected_weight = differentiated(shape, first, readout, "reference", dtype)
    assert spikes.any()
    assert torch.equal(spikes, expected)
    rtol, atol = (1e-5, 1e-5) if dtype == torch.float32 else (0.05, 0.1)
    torch.testing.assert_close(grad_weight, expected_weight, rtol=rtol, atol=atol)
    assert grad_weight.dtype == torch.float32
    if first:
        assert grad_x is None
    else:
        torch.testing.assert_close(grad_x, expected_x, rtol=rtol, atol=atol)


def test_a_second_backward_pass_is_an_error_since_the_gradient_overwrote_the_current() -> None:
    weight, x, gain = given(LINEAR, first=True)
    fired = fire(x, weight, TIMESTEPS, Neuron(1.5, NeuronSpec(), gain, "numba"))
    fired.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        fired.sum().backward()


def test_a_current_that_is_handed_in_stays_as_it_is() -> None:
    current = torch.randn(TIMESTEPS, 40, generator=torch.Generator().manual_seed(9)).requires_grad_()
    before = current.detach().clone()
    fire(current, None, TIMESTEPS, Neuron(0.7, NeuronSpec(), kernel="numba")).sum().backward()
    assert torch.equal(current.detach(), before)


def test_the_first_convolution_keeps_its_inputs_and_not_its_current() -> None:
    kept = []
    for first in (True, False):
        weight, x, gain = given(CONVOLUTION, first)
        sizes: list[int] = []

        def note(saved: Tensor, sizes: list[int] = sizes) -> Tensor:
            sizes.append(saved.numel())
            return saved

        with torch.autograd.graph.saved_tensors_hooks(note, lambda saved: saved):
            fire(x, weight, TIMESTEPS, Neuron(1.5, NeuronSpec(), gain, "numba"))
        kept.append(TIMESTEPS * gain.numel() in sizes)
    assert kept == [False, True]
