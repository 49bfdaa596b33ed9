"""Counted events against NumPy's count_nonzero."""

import numpy as np
import pytest
import torch

from harness.snn.kernels.events import count_events


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3, 4, 2, 5, 7), (2, 3, 1, 40, 50)])
def test_every_value_but_zero_is_an_event_at_its_place(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    draws = torch.Generator().manual_seed(0)
    train = torch.randint(-1, 2, shape, generator=draws).to(dtype) * 0.25
    train[0, 0] = -0.0
    expected = np.count_nonzero(train.float().numpy(), axis=(0, 1, 2))
    assert np.array_equal(count_events(train).numpy(), expected)


def test_a_train_that_is_not_contiguous_is_counted_alike() -> None:
    train = torch.randint(0, 2, (4, 3, 6, 5, 2), generator=torch.Generator().manual_seed(1)).float()
    assert torch.equal(count_events(train.permute(0, 1, 4, 2, 3)), train.count_nonzero((0, 1, 4)))
