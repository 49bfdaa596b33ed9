"""Counter-based random numbers against SplitMix64's published outputs, and the kernel against the reference."""

import pytest
import torch

from encoders.random import below, below_reference, draw_key, splitmix64

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


def test_the_first_numbers_decide_the_first_pixels() -> None:
    uniform = [(number >> 40) / 2**24 for number in PUBLISHED]
    just_above = torch.tensor(uniform) + 2.0**-24
    assert below(just_above, 1, 1234567).tolist() == [[1] * 5]
    assert below(torch.tensor(uniform), 1, 1234567).tolist() == [[0] * 5]


@pytest.mark.parametrize("key", [0, 1, 2**31 + 5, 2**62 + 12345, 2**63 - 2])
def test_kernel_and_reference_give_the_same_bits(key: int) -> None:
    probability = torch.rand(3, 2, 7, 5, generator=torch.Generator().manual_seed(3))
    assert torch.equal(below(probability, 9, key), below_reference(probability, 9, key))


def test_certain_and_impossible_events() -> None:
    probability = torch.tensor([0.0, 1.0]).repeat(5000)
    assert torch.equal(below(probability, 4, 77), probability.expand(4, -1))


def test_uniform_numbers_fill_every_sixteenth_evenly() -> None:
    edges = torch.arange(1, 16) / 16
    shares = torch.stack([below(torch.full((40000,), edge.item()), 4, 5).mean() for edge in edges])
    # Standard deviation of a share of 160 000 is at most 0.00125: five of them.
    assert (shares - edges).abs().max() < 0.0063


def test_numbers_of_neighbouring_timesteps_and_keys_do_not_correlate() -> None:
    half = torch.full((50000,), 0.5)
    one, two = below(half, 2, 10), below(half, 2, 11)
    for a, b in ((one[0], one[1]), (one[0], two[0]), (one[0, 1:], one[0, :-1])):
        assert torch.corrcoef(torch.stack([a, b]))[0, 1].abs() < 0.0225  # five standard deviations of 1/√50000


def test_a_key_moves_the_generator_on() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = draw_key(generator), draw_key(generator)
    assert first != second
    assert draw_key(torch.Generator().manual_seed(0)) == first
