"""One spike a pixel: where it lies, by hand, the kernel against the reference, and how its time is read back."""

import pytest
import torch

from encoders.single_spike import decoded_at, spikes_within, spikes_within_reference


def test_a_spike_lies_where_the_value_is_within_the_bounds() -> None:
    values, least = torch.tensor([0.0, 1.0, 1.9, 2.0, 9.0]), torch.tensor([0.0, 1.0, 2.0])
    spikes = spikes_within(values, least, least + 1, torch.tensor([1.0, 0.5, 0.25]))
    assert spikes.tolist() == [[1, 0, 0, 0, 0], [0, 0.5, 0.5, 0, 0], [0, 0, 0, 0.25, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 2, 40, 30)])
def test_kernel_and_reference_give_the_same_bits(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    values = torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 20
    least = torch.arange(18.0)
    given = (values, least, least + 1, torch.linspace(1, 0.1, 18).to(dtype))
    assert torch.equal(spikes_within(*given), spikes_within_reference(*given))
    assert spikes_within(*given).dtype == dtype


def test_the_first_spike_of_a_pixel_decides_and_silence_has_its_own_value() -> None:
    train = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert decoded_at(train, torch.tensor([0.8, 0.3]), silent=-1.0).tolist() == pytest.approx([-1, 0.3, 0.8])
