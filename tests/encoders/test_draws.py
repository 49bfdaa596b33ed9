"""Counter-based random numbers against SplitMix64's published outputs, and the kernel against the reference."""

import pytest
import torch

from encoders import create
from encoders.draws import LEVELS, bernoulli, bernoulli_reference, image_keys, splitmix64, uniform

PUBLISHED = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]


def test_splitmix64_gives_its_published_outputs() -> None:
    numbers = splitmix64(1234567, torch.arange(5)).tolist()
    assert [number % 2**64 for number in numbers] == PUBLISHED


def below(probability: torch.Tensor, timesteps: int, key: int) -> torch.Tensor:
    """Ones with the given probability `[pixels]`, of one image whose stream has this key."""
    keys = torch.tensor([key])
    return bernoulli(probability[None], torch.ones_like(probability)[None], timesteps, keys)[:, 0]


def test_each_number_decides_one_pixel_at_three_timesteps() -> None:
    for t, places in enumerate((43, 22, 1)):
        uniform = torch.tensor([(number >> places) % LEVELS / LEVELS for number in PUBLISHED])
        assert below(uniform + 1 / LEVELS, 3, 1234567)[t].tolist() == [1] * 5
        assert below(uniform, 3, 1234567)[t].tolist() == [0] * 5


def test_the_next_three_timesteps_take_the_next_numbers() -> None:
    # Two pixels: numbers 0 and 1 decide timesteps 0 to 2, numbers 2 and 3 decide timesteps 3 to 5.
    uniform = torch.tensor([(number >> 43) / LEVELS for number in PUBLISHED[2:4]])
    assert below(uniform + 1 / LEVELS, 4, 1234567)[3].tolist() == [1, 1]
    assert below(uniform, 4, 1234567)[3].tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("timesteps", [1, 2, 9])
@pytest.mark.parametrize("pixels", [35, 2500])
def test_kernel_and_reference_give_the_same_bits(dtype: torch.dtype, timesteps: int, pixels: int) -> None:
    probability = torch.rand(3, 1, 1, pixels, generator=torch.Generator().manual_seed(3))
    sizes = torch.randn(probability.shape, generator=torch.Generator().manual_seed(4)).to(dtype)
    given = (probability, sizes, timesteps, torch.tensor([0, -(2**63), 2**62 + 12345]))
    assert torch.equal(bernoulli(*given), bernoulli_reference(*given))
    assert bernoulli(*given).dtype == dtype


def test_uniform_draws_are_the_bits_as_fractions_of_the_stream_of_the_images_key() -> None:
    assert image_keys(1234567, torch.tensor([4])).item() % 2**64 == PUBLISHED[4]
    number = int(splitmix64(PUBLISHED[4], torch.arange(1)).item()) % 2**64
    drawn = uniform(torch.zeros(2, 1, 1, 1), 3, 1234567, torch.tensor([0, 4]))[:, 1].flatten().tolist()
    assert drawn == [(number >> places) % LEVELS / LEVELS for places in (43, 22, 1)]


def test_a_code_of_ones_own_draws_what_poisson_draws() -> None:
    images, ids = torch.rand(3, 2, 5, 5) * 2 - 1, torch.tensor([8, 0, 3])
    own = (uniform(images, 7, 2, ids) < (images + 1) / 2).float()
    assert torch.equal(own, create("poisson").encode(images, 7, 2, ids))


def test_uniform_numbers_fill_every_sixteenth_evenly() -> None:
    edges = torch.arange(1, 16) / 16
    shares = torch.stack([below(torch.full((40000,), edge.item()), 6, 5).mean() for edge in edges])
    # Standard deviation of a share of 240 000 is at most 0.00102: five of them.
    assert (shares - edges).abs().max() < 0.0052


def test_numbers_of_neighbouring_timesteps_keys_images_and_pixels_do_not_correlate() -> None:
    half = torch.full((50000,), 0.5)
    one, two = below(half, 4, 10), below(half, 4, 11)
    images = bernoulli(half.expand(2, -1), torch.ones(2, 50000), 1, image_keys(8, torch.arange(2)))[0]
    pairs = [(one[0], one[t]) for t in (1, 2, 3)] + [(one[1], one[2]), (one[0], two[0]), (one[0, 1:], one[0, :-1])]
    for a, b in [*pairs, (images[0], images[1])]:
        assert torch.corrcoef(torch.stack([a, b]))[0, 1].abs() < 0.0225  # five standard deviations of 1/√50000
