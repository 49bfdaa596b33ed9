"""The two theorems of QCFS by simulation of single neurons, and its derivative, in seconds, without training.

    python -m harness.papers.qcfs.measurements [--results-dir DIR]

A measurement is written beside the records, and the report judges the claims of kind "measurement" by it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Generator, Tensor

from harness.analysis.cells import Measurement, write_measurement
from harness.snn.quantised import IntegrateAndFire, quantised_clip

NEURONS = 20_000
STEPS = (2, 4, 8, 16, 32, 64)
LEVELS = (2, 4, 8)
INPUTS, ORDERS = 64, 200
THRESHOLD = torch.tensor([1.0], dtype=torch.float64)


def mean_output(currents: Tensor, initial: float) -> Tensor:
    """The mean over time of neurons with θ = 1, for currents `[T, N]`."""
    neurons = IntegrateAndFire(THRESHOLD, initial)
    return torch.stack([neurons(0, current) for current in currents]).mean(0)


def equal(steps: int) -> float:
    """Percent of neurons with constant input whose mean output is the activation of L = T levels."""
    x = torch.rand(NEURONS, generator=Generator().manual_seed(steps), dtype=torch.float64) * 1.5 - 0.25
    shifts = (0.0, 0.5)
    errors = [
        mean_output(x.expand(steps, -1), shift) - quantised_clip(x, THRESHOLD[0], steps, shift) for shift in shifts
    ]
    return float(100 * (torch.stack(errors).abs() < 1e-5).double().mean())


def expected_error(steps: int, levels: int, shift: float) -> float:
    """The mean of output minus activation, in percent of θ, over currents that are uniform on [0, θ]."""
    x = (torch.arange(NEURONS, dtype=torch.float64) + 0.5) / NEURONS
    errors = mean_output(x.expand(steps, -1), shift) - quantised_clip(x, THRESHOLD[0], levels, shift)
    return float(100 * errors.mean())


def out_of_order(steps: int) -> float:
    """Percent of neurons that miss the closed form if the spikes of 64 inputs come in a random order.

    The neurons of a layer share their inputs, so there are many orders, each with a few neurons.
    """
    draws, missed = Generator().manual_seed(0), 0.0
    for _ in range(ORDERS):
        counts = torch.randint(steps + 1, (INPUTS,), generator=draws)
        order = torch.rand(steps, INPUTS, generator=draws).argsort(0)
        weights = torch.randn(INPUTS, NEURONS // ORDERS, generator=draws, dtype=torch.float64) / INPUTS**0.5
        currents = (order < counts).double() @ weights
        expected = quantised_clip(currents.mean(0), THRESHOLD[0], steps)
        missed += float(((mean_output(currents, 0.5) - expected).abs() > 1e-5).double().mean())
    return 100 * missed / ORDERS


def printed_derivative() -> float:
    """Percent of inputs within the clip at which autograd's derivative with respect to θ is a term that Eq. 19 prints.

    The floor is differentiated as the identity, as everywhere in the paper. θ is not 1, where two terms would agree.
    """
    levels, theta = 4, 2.0
    z = theta * torch.rand(NEURONS, generator=Generator().manual_seed(0), dtype=torch.float64)
    learned = torch.full_like(z, theta, requires_grad=True)
    scaled = z * levels / learned + 0.5
    steps = scaled + (scaled.floor() - scaled).detach()
    (slopes,) = torch.autograd.grad((learned * (steps / levels).clamp(0, 1)).sum(), learned)
    inside = steps.detach() < levels
    printed = torch.stack([torch.full_like(z, 1 / (2 * levels)), -z / theta**2])
    agrees = ((printed - slopes).abs() < 1e-3).any(0)
    return float(100 * agrees[inside].double().mean())


def measured() -> Iterator[Measurement]:
    """Both theorems, the error without their conditions, and the derivative."""

    def of(quantity: str, value: float, how: str) -> Measurement:
        return Measurement(quantity, round(value, 4), "%", "simulated neurons", "", NEURONS, how)

    least = min(equal(steps) for steps in STEPS)
    early, late = (out_of_order(steps) for steps in (STEPS[0], 32))
    how = "Neurons with constant input that give exactly the activation of L = T, with and without shift"
    yield of(
        "qcfs-theorem-1", least, f"{how} (with inputs in random order {early:.1f} % miss at T = 2, {late:.1f} at 32)"
    )
    errors = {(t, n): abs(expected_error(t, n, 0.5)) for t in STEPS for n in LEVELS}
    without = abs(expected_error(32, 4, 0.0))
    how = f"Largest mean error with the shift, in percent of θ (without it {without:.1f} at T = 32, L = 4)"
    yield of("qcfs-theorem-2", max(errors.values()), how)
    how = "Inputs within the clip whose derivative with respect to θ = 2 is a printed term, at L = 4"
    yield of("qcfs-derivative", printed_derivative(), how)


def main(
    results_dir: Annotated[Path, typer.Option(help="Where measurements are kept.")] = Path("results/evidence"),
) -> None:
    """Measure, write down and print."""
    for measurement in measured():
        write_measurement(results_dir, measurement)
        print(f"{measurement.how}: {measurement.value:.2f} {measurement.unit}")


if __name__ == "__main__":
    typer.run(main)
