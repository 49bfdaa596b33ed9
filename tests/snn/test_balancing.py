"""Threshold balancing: what it refuses, keeps and takes per timestep; its quantiles.

Its thresholds: tests/test_plain.py.
"""

from collections.abc import Iterable

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.config import Balancing, NetworkSpec, NeuronSpec
from harness.errors import CellFailure
from harness.snn import balancing
from harness.snn.balancing import StreamingQuantile, balance
from harness.snn.network import Network


def made(seed: int = 0) -> Network:
    return Network(NetworkSpec("t", hidden=(30, 20)), (1, 6, 6), 4, torch.Generator().manual_seed(seed))


def trains(count: int = 40) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(-1, 2, (8, count, 1, 6, 6), generator=generator).float()


@pytest.mark.parametrize(
    ("value", "what"),
    [(-1.0, "no threshold"), *[(float(v), "its input is not finite") for v in ("nan", "inf", "-inf")]],
)
def test_a_layer_whose_input_is_not_finite_or_not_positive_is_named(value: float, what: str) -> None:
    network = made()
    with torch.no_grad():
        network.weights[1].fill_(value)
    with pytest.raises(CellFailure, match=f"linear2: {what}"):
        balance(network, lambda: [trains()], Balancing(99.9), NeuronSpec())


def test_layers_computed_again_give_the_thresholds_of_layers_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(NetworkSpec("t", (4, "A", 6), (8, 8)), (2, 6, 6), 3, torch.Generator().manual_seed(2))
    train = torch.randint(-1, 2, (5, 9, 2, 6, 6), generator=torch.Generator().manual_seed(3)).float()
    passes, seen = [], list[int]()

    def trains() -> Iterable[Tensor]:
        passes.append(1)
        return torch.split(train, 4, dim=1)

    kept = balance(network, trains, Balancing(95.0), NeuronSpec(), seen_by_layer=seen.append)
    assert seen == 4 * [4, 4, 1]  # four layers of neurons
    assert len(passes) == 2  # the second finds the first threshold's spikes, which are kept from then on
    monkeypatch.setattr(balancing, "BUDGET", 0)
    assert balance(network, trains, Balancing(95.0), NeuronSpec()) == kept
    assert len(passes) == 2 + 4


def test_per_step_takes_the_largest_of_the_percentiles_of_each_timestep() -> None:
    network, train = made(), trains()
    train[3] *= 5  # the timestep that decides
    got = balance(network, lambda: train.split(7, dim=1), Balancing(99.0, method="per-step"), NeuronSpec())
    current = train.flatten(2).numpy() @ network.weights[0].detach().numpy().T
    nearest = [np.sort(now, axis=None)[int(np.ceil(0.99 * now.size)) - 1] for now in current]
    assert int(np.argmax(nearest)) == 3
    assert got[0] == pytest.approx(nearest[3], rel=1e-3)
    assert got[0] > 1.2 * balance(network, lambda: [train], Balancing(99.0), NeuronSpec())[0]


# Streaming quantiles against NumPy's exact ones.


@pytest.mark.parametrize(("q", "scale"), [(0.001, 1.0), (0.065, 1e-4), (0.5, 3e5), (0.999, 1.0)])
def test_a_quantile_is_within_a_bin_of_numpys(q: float, scale: float) -> None:
    values = np.random.default_rng(0).normal(0.1, 1.0, 50_000).astype(np.float32) * np.float32(scale)
    stream = StreamingQuantile()
    for part in np.array_split(values, 7):
        stream.update(torch.from_numpy(part))
    expected = np.quantile(values, q, method="inverted_cdf")
    assert stream.quantile(q) == pytest.approx(expected, rel=1e-3, abs=1e-4 * scale)


def test_order_chunks_layout_and_bfloat16_do_not_matter() -> None:
    values = torch.randn(30, 4, 5, 6, generator=torch.Generator().manual_seed(0)).bfloat16()
    one, other = StreamingQuantile(), StreamingQuantile()
    one.update(values)
    for part in torch.flip(values, (0,)).float().contiguous(memory_format=torch.channels_last).split(7):
        other.update(part)
    assert torch.equal(one.counts, other.counts)
