"""The fused neuron and pooling against the reference neuron followed by torch's pooling, bit for bit in fp32."""

import pytest
import torch

from harness.config import Clock, NeuronSpec, Reading
from harness.snn.kernels import SUMMED, Kernel, Neuron, count_spikes, fire, pooled
from harness.snn.kernels import cpu as numba_kernels

MAPS = [(1, 2, 2, 1), (2, 7, 5, 3), (2, 6, 4, 64), (1, 4, 4, 1500)]  # (N, H, W, C), one of them odd


def both_ways(
    maps: tuple[int, int, int, int], spec: NeuronSpec, kernel: Kernel, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    draws = torch.Generator().manual_seed(3)
    images, height, width, channels = maps
    neurons, timesteps = images * height * width * channels, 7
    gain = (torch.rand(neurons, generator=draws) > 0.3).float() / 0.7
    current = (0.6 * torch.randn(timesteps, neurons, generator=draws)).to(dtype).requires_grad_()
    pooled_spikes = fire(current, None, timesteps, Neuron(0.5, spec, gain, kernel), pooled(maps))
    pooled_spikes.backward(torch.randn(pooled_spikes.shape, generator=draws).to(dtype))
    assert current.grad is not None
    return pooled_spikes.detach(), current.grad


@pytest.mark.parametrize("maps", MAPS)
@pytest.mark.parametrize("clock", ["synchronous", "layer-delay"])
@pytest.mark.parametrize("reading", ["equation", "algorithm", "released-code"])
def test_spikes_and_gradients_equal_the_reference(
    reading: Reading, clock: Clock, maps: tuple[int, int, int, int]
) -> None:
    spec = NeuronSpec(reading, clock)
    pooled, gradient = both_ways(maps, spec, "numba", torch.float32)
    expected, expected_gradient = both_ways(maps, spec, "reference", torch.float32)
    assert torch.equal(pooled, expected)
    assert torch.equal(gradient, expected_gradient)


@pytest.mark.parametrize("maps", MAPS)
def test_bf16_spikes_equal_and_gradients_stay_within_its_rounding(maps: tuple[int, int, int, int]) -> None:
    pooled, gradient = both_ways(maps, NeuronSpec(), "numba", torch.bfloat16)
    expected, expected_gradient = both_ways(maps, NeuronSpec(), "reference", torch.bfloat16)
    assert torch.equal(pooled, expected)
    assert (gradient - expected_gradient).abs().max() <= 0.02 * expected_gradient.abs().max()


@pytest.mark.parametrize("maps", MAPS)
def test_a_gradient_may_overwrite_the_current(maps: tuple[int, int, int, int]) -> None:
    draws = torch.Generator().manual_seed(5)
    images, height, width, channels = maps
    neurons = images * height * width * channels
    current, neuron = torch.randn(7, neurons, generator=draws), Neuron(0.5, NeuronSpec())
    grad = torch.randn(7, images * (height // 2) * (width // 2) * channels, generator=draws)
    apart = numba_kernels.backward(grad, current.clone(), neuron, pooled(maps))
    place = current.clone()
    assert torch.equal(numba_kernels.backward(grad, place, neuron, pooled(maps), overwrite=True), apart)
    # What an odd map pools away would keep its current: there the gradient needs a place of its own.
    odd = height % 2 == 1 or width % 2 == 1
    assert torch.equal(place, current if odd else apart)


@pytest.mark.parametrize("maps", MAPS)
@pytest.mark.parametrize("clock", ["synchronous", "layer-delay"])
def test_every_spike_is_counted_those_of_an_odd_edge_too(maps: tuple[int, int, int, int], clock: Clock) -> None:
    images, height, width, channels = maps
    draws = torch.Generator().manual_seed(6)
    current = torch.randn(9, images * height * width * channels, generator=draws)
    neuron = Neuron(0.5, NeuronSpec(clock=clock))
    fired, counts = count_spikes(current, None, 9, neuron, pooled(maps))
    assert torch.equal(fired, fire(current, None, 9, neuron, pooled(maps)))
    assert torch.equal(counts, fire(current, None, 9, neuron._replace(kernel="reference"), SUMMED))
