"""Streaming quantiles against NumPy's exact ones."""

import numpy as np
import pytest
import torch

from harness.snn.balancing import StreamingQuantile


@pytest.mark.parametrize("q", [0.001, 0.065, 0.5, 0.935, 0.999])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 3e5])
def test_within_a_bin_of_numpy(q: float, scale: float) -> None:
    values = np.random.default_rng(0).normal(0.1, 1.0, 200_000).astype(np.float32) * np.float32(scale)
    stream = StreamingQuantile()
    for part in np.array_split(values, 7):
        stream.update(torch.from_numpy(part))
    assert stream.quantile(q) == pytest.approx(
        np.quantile(values, q, method="inverted_cdf"), rel=1e-3, abs=1e-4 * scale
    )


def test_order_and_chunks_do_not_matter() -> None:
    values = torch.randn(10_000, generator=torch.Generator().manual_seed(0))
    one, other = StreamingQuantile(), StreamingQuantile()
    one.update(values)
    for part in torch.flip(values, (0,)).split(333):
        other.update(part)
    assert one.quantile(0.999) == other.quantile(0.999)


def test_an_empty_stream_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        StreamingQuantile().quantile(0.5)


def test_bfloat16_counts_as_the_float32_of_the_same_value() -> None:
    values = torch.randn(3, 4, 5, 6, generator=torch.Generator().manual_seed(0)).bfloat16()
    one, other = StreamingQuantile(), StreamingQuantile()
    one.update(values)
    other.update(values.float().contiguous(memory_format=torch.channels_last))
    assert torch.equal(one.counts, other.counts)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -float("nan")])
def test_what_is_not_finite_is_noticed(value: float) -> None:
    stream = StreamingQuantile()
    stream.update(torch.tensor([3e38, -3e38, 0.0, -0.0]))
    assert stream.finite
    stream.update(torch.tensor([value]))
    assert not stream.finite
