"""The activation of few levels and the neuron that it foretells, against formulas, autograd and a plain loop."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from harness.snn.quantised import IntegrateAndFire, quantised_clip

Floats = NDArray[np.float64]


def drawn(*shape: int, low: float = -3.0, high: float = 6.0, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).uniform(low, high, shape)


def closed_form(x: Floats, threshold: float, levels: int, shift: float) -> Floats:
    found: Floats = threshold * np.clip(np.floor(x * levels / threshold + shift) / levels, 0, 1)
    return found


def naive(x: torch.Tensor, threshold: torch.Tensor, levels: int, shift: float) -> torch.Tensor:
    scaled = x * levels / threshold + shift
    floored = scaled + (scaled.floor() - scaled).detach()  # straight through
    return threshold * (floored / levels).clamp(0, 1)


@pytest.mark.parametrize(("levels", "shift"), [(1, 0.5), (4, 0.25), (8, 0.0)])
def test_forward_is_the_formula_and_backward_that_of_autograd(levels: int, shift: float) -> None:
    found = quantised_clip(torch.from_numpy(drawn(1000)), torch.tensor(2.0), levels, shift)
    assert np.allclose(found, closed_form(drawn(1000), 2.0, levels, shift), atol=1e-6)
    x, seen = torch.from_numpy(drawn(500)), torch.from_numpy(drawn(500, seed=1))
    grads = []
    for function in (naive, quantised_clip):
        current, threshold = x.clone().requires_grad_(), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
        (function(current, threshold, levels, shift) * seen).sum().backward()
        assert current.grad is not None
        assert threshold.grad is not None
        grads.append((current.grad, threshold.grad))
    assert torch.equal(grads[0][0], grads[1][0])
    assert float(grads[0][1]) == pytest.approx(float(grads[1][1]), abs=1e-2)  # floors are taken in fp32


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("format", [torch.contiguous_format, torch.channels_last])
def test_the_kernels_have_the_bits_of_the_lines_in_torch(dtype: torch.dtype, format: torch.memory_format) -> None:
    """Values with gaps between them are left to torch."""
    given, seen = (
        torch.from_numpy(drawn(5, 6, 40, 250, seed=seed)).to(dtype).contiguous(memory_format=format) for seed in (0, 1)
    )
    found = []
    for layout in (given, torch.stack([given, given], -1)[..., 0]):
        x, threshold = layout.requires_grad_(), torch.tensor(3.7, requires_grad=True)
        activation = quantised_clip(x, threshold, 4)
        x_grad, slope = torch.autograd.grad(activation, (x, threshold), seen)
        neurons = IntegrateAndFire(torch.tensor([1.3]), 0.5)
        spikes = [neurons(0, x.detach()) for _ in range(5)]
        found.append((activation, x_grad, *spikes, slope))
    (*kernels, slope), (*lines, in_torch) = found
    assert all(torch.equal(one, other) for one, other in zip(kernels, lines, strict=True))
    assert torch.allclose(slope, in_torch, rtol=1e-4)  # added up in parts


def of_threshold(x: float, levels: int, threshold: float) -> float:
    theta = torch.tensor(threshold, requires_grad=True)
    quantised_clip(torch.tensor([x]), theta, levels).sum().backward()
    assert theta.grad is not None
    return float(theta.grad)


def test_the_derivative_by_the_threshold_is_not_the_printed_one() -> None:
    """Eq. 19 prints 1/(2L) and −z/λ²; straight through, it is (h − z)/λ inside, 1 above and 0 below."""
    levels, threshold = 4, 2.0
    for z in (0.3, 0.7, 1.2, 1.6):
        h = float(closed_form(np.array(z), threshold, levels, 0.5))
        assert of_threshold(z, levels, threshold) == pytest.approx((h - z) / threshold, abs=1e-6)
        for printed in (1 / (2 * levels), -z / threshold**2):
            assert abs(of_threshold(z, levels, threshold) - printed) > 0.01
    assert of_threshold(5.0, levels, threshold) == 1
    assert of_threshold(-5.0, levels, threshold) == 0


def simulated(currents: Floats, threshold: float, initial: float) -> Floats:
    """Spikes `[T, N]` of size θ, one neuron after the other."""
    spikes = np.zeros_like(currents)
    for neuron in range(currents.shape[1]):
        membrane = initial * threshold
        for step in range(len(currents)):
            membrane += currents[step, neuron]
            if membrane >= threshold:
                membrane -= threshold
                spikes[step, neuron] = threshold
    return spikes


def of_ours(currents: Floats, threshold: float, initial: float) -> Floats:
    neurons = IntegrateAndFire(torch.tensor([9.0, threshold]), initial)
    fired = [neurons(1, torch.from_numpy(now).float()).double() for now in currents]
    found: Floats = torch.stack(fired).numpy()
    return found


@pytest.mark.parametrize("initial", [0.0, 0.5])
def test_the_neuron_is_that_of_a_plain_loop(initial: float) -> None:
    currents = np.round(drawn(30, 50) * 64) / 64  # exact in fp32
    assert np.array_equal(of_ours(currents, 2.0, initial), simulated(currents, 2.0, initial))
    neurons = IntegrateAndFire(torch.tensor([256.0]), 0.0)
    fired = [neurons(0, torch.ones(1, dtype=torch.bfloat16)) for _ in range(258)]  # 256 + 1 is 256 in bf16
    assert {spike.dtype for spike in fired} == {torch.bfloat16}
    assert [step for step, spike in enumerate(fired, 1) if spike] == [256]
