"""The GPU kernel against the reference: on a GPU where there is one, else in Triton's interpreter (see conftest.py)."""

import pytest
import torch

from harness.config import NeuronSpec
from harness.snn.fire import EACH, SUMMED, Neuron, fire, pooled
from harness.snn.neuron import lif_reference

pytest.importorskip("triton", reason="triton is not installed (it comes with CUDA builds of torch)")

from harness.snn import triton_lif

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.mark.parametrize("reading", ["equation", "algorithm", "released-code"])
@pytest.mark.parametrize("clock", ["synchronous", "layer-delay"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_spikes_and_gradients_are_the_references(reading, clock, dtype):
    generator = torch.Generator().manual_seed(3)
    spec = NeuronSpec(reading, clock)
    current = (torch.randn(7, 301, generator=generator) * 0.6).to(dtype)
    gain = ((torch.rand(301, generator=generator) > 0.2).float() / 0.8).to(dtype)
    arriving = torch.randn(7, 301, generator=generator).to(dtype)
    expected = current.clone().requires_grad_()
    train = lif_reference(expected, Neuron(0.7, spec, gain))
    train.backward(arriving)
    on = [tensor.to(DEVICE) for tensor in (current, gain, arriving)]
    assert torch.equal(triton_lif.forward(on[0], on[1], 0.7, spec).cpu(), train)
    got = triton_lif.backward(on[2], on[0], on[1], 0.7, spec).cpu()
    tight = dtype == torch.float32
    torch.testing.assert_close(got, expected.grad, rtol=1e-5 if tight else 2**-6, atol=1e-6 if tight else 2**-6)


def test_one_row_of_gradient_stands_for_every_timestep():
    generator = torch.Generator().manual_seed(4)
    current, row = torch.randn(5, 40, generator=generator), torch.randn(1, 40, generator=generator)
    ones = torch.ones(40)
    on = [tensor.to(DEVICE) for tensor in (current, row, ones)]
    one = triton_lif.backward(on[1], on[0], on[2], 0.7, NeuronSpec())
    every = triton_lif.backward(on[1].expand(5, 40).contiguous(), on[0], on[2], 0.7, NeuronSpec())
    assert torch.equal(one, every)


@pytest.mark.parametrize("readout", [EACH, SUMMED, pooled((3, 4, 4, 5))])
def test_a_layer_fires_and_learns_as_with_the_reference(readout):
    generator = torch.Generator().manual_seed(6)
    weight = torch.randn(80, 12, generator=generator)
    x = torch.randint(-1, 2, (4 * 3, 12), generator=generator).float()
    outcomes = []
    for kernel, device in (("triton", DEVICE), ("reference", "cpu")):
        leaf = weight.to(device, copy=True).requires_grad_()
        fired = fire(x.to(device), leaf, 4, Neuron(1.5, NeuronSpec(), kernel=kernel), readout)
        fired.square().sum().backward()
        outcomes.append((fired.detach().cpu(), leaf.grad.cpu()))
    (fired, gradient), (expected, expected_gradient) = outcomes
    assert fired.any()
    assert torch.equal(fired, expected)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-4, atol=1e-4)
