"""Packed spikes: what is unpacked is what was packed."""

import pytest
import torch
from torch import Tensor

from harness.snn.balancing import pack, unpack


def drawn(shape: tuple[int, ...], levels: int, dtype: torch.dtype) -> Tensor:
    spikes = torch.randint(0, levels, shape, generator=torch.Generator().manual_seed(1)) / max(1, levels - 1)
    return spikes.to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(7, 13), (5, 3, 7, 9)])
@pytest.mark.parametrize("levels", [1, 2, 5])
def test_spikes_and_averages_of_four_come_back(shape: tuple[int, ...], levels: int, dtype: torch.dtype) -> None:
    spikes = drawn(shape, levels, dtype)
    if len(shape) == 4:
        spikes = spikes.contiguous(memory_format=torch.channels_last)
    back = unpack(pack(spikes))
    assert torch.equal(back, spikes)
    assert (back.dtype, back.stride()) == (spikes.dtype, spikes.stride())


def test_a_spike_takes_one_bit_and_an_average_of_four_takes_three() -> None:
    assert pack(drawn((8, 100), 2, torch.float32)).bytes == 100
    assert pack(drawn((8, 100), 5, torch.float32)).bytes == 300
