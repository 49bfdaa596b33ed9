"""§6 without training: energy of frequencies against SciPy's transform, spikes of the interleaved code by hand."""

import numpy as np
import pytest
import torch
from scipy.fft import dctn, idctn

from harness.papers.dct_snn.measurements import energy_share, late_spikes

IMAGES = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (6, 3, 8, 8))).float()


def test_all_frequencies_hold_all_energy() -> None:
    assert energy_share(iter([IMAGES]), 16) == pytest.approx(100.0)


def test_the_first_frequency_is_the_mean_of_each_block() -> None:
    """Grey images, so that luma is the image and chroma is zero: the DC of SciPy's orthonormal DCT by the total."""
    grey = IMAGES[:, :1].expand(-1, 3, -1, -1)
    blocks = grey[:, 0].numpy().astype(np.float64).reshape(6, 2, 4, 2, 4)
    spectrum = dctn(blocks, axes=(2, 4), norm="ortho")
    expected = 100 * np.square(spectrum[:, :, 0, :, 0]).sum() / np.square(spectrum).sum()
    assert energy_share(iter([grey[:3], grey[3:]]), 1) == pytest.approx(expected, rel=1e-4)


def test_spikes_die_out_where_the_first_frequencies_hold_the_energy() -> None:
    """Blocks with the first four frequencies alone are driven in the first quarter; white noise at every step."""
    spectrum = np.zeros((6, 3, 2, 4, 2, 4))
    for row, column in ((0, 0), (0, 1), (1, 0), (2, 0)):  # the start of the zig-zag
        spectrum[:, :, :, row, :, column] = np.random.default_rng(1).uniform(-0.5, 0.5, (6, 3, 2, 2))
    low = torch.from_numpy(idctn(spectrum, axes=(3, 5), norm="ortho").reshape(6, 3, 8, 8)).float()
    assert late_spikes(low, iter([low])) < 10.0
    assert late_spikes(IMAGES, iter([IMAGES])) > 80.0


def test_cyclic_feeding_keeps_the_spikes_that_interleaving_loses() -> None:
    """Flat blocks hold the first frequency alone, which the cyclic schedule feeds again in each cycle."""
    grey = np.random.default_rng(1).uniform(-0.9, 0.9, (200, 1, 1, 1))
    flat = torch.from_numpy(grey).float().expand(200, 3, 8, 8)
    assert late_spikes(flat, iter([flat]), "cyclic") > late_spikes(flat, iter([flat]), "interleaved")
