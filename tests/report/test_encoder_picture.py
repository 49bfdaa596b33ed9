"""The encoder's picture, against the written order of frequencies and images whose transform is known."""

import numpy as np
import pytest

from harness.papers.dct_snn.picture import sample, seen, zigzag

# encoders.md, step 3
ORDER = [(0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0), (3, 1), (2, 2)]
ORDER += [(1, 3), (2, 3), (3, 2), (3, 3)]


def test_frequencies_come_in_the_papers_order() -> None:
    assert zigzag() == ORDER


@pytest.mark.parametrize(("name", "size"), [("digits.png", 28), ("photographs.png", 32)])
def test_samples_are_strips_of_four(name: str, size: int) -> None:
    strip = sample(name)
    assert strip.shape == (size, 4 * size, 3)
    assert 0.0 <= strip.min() < strip.max() <= 1.0


def test_all_frequencies_give_the_image_back() -> None:
    strip = sample("photographs.png")
    np.testing.assert_allclose(seen(strip, 16), strip, atol=1e-12)


def test_the_first_frequency_is_the_mean_of_each_block() -> None:
    strip = sample("digits.png")
    means = strip.reshape(7, 4, 28, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(seen(strip, 1)[::4, ::4], means, atol=1e-12)


def test_the_second_frequency_varies_along_a_row_alone() -> None:
    ramp = np.tile(np.cos(np.pi * (np.arange(4) + 0.5) / 4)[None, :, None] / 4 + 0.5, (4, 1, 1))
    np.testing.assert_allclose(seen(ramp, 2), ramp, atol=1e-12)
    np.testing.assert_allclose(seen(ramp, 1), np.full((4, 4, 1), 0.5), atol=1e-12)
