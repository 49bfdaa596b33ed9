"""The published data sets themselves, where HARNESS_DATA names them: the figures everyone normalises with."""

from pathlib import Path

import numpy as np
import pytest

from harness.data import load, look


@pytest.fixture(autouse=True)
def one_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache for all tests here, so that CIFAR-10 is decoded once."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path_factory.getbasetemp() / "real-cache"))


def mean_and_std(channel: np.ndarray) -> tuple[float, float]:
    """Of grey levels 0..255 as 0..1, from their histogram."""
    shares = np.bincount(channel.ravel(), minlength=256) / channel.size
    levels = np.arange(256) / 255
    mean = float(shares @ levels)
    return mean, float(np.sqrt(shares @ (levels - mean) ** 2))


def test_mnist_has_its_published_mean_and_deviation(real_data: Path) -> None:
    data = load("mnist", real_data)
    assert (len(data.train), len(data.test)) == (60000, 10000)
    assert np.allclose(mean_and_std(data.train.images.numpy()), (0.1307, 0.3081), atol=5e-5)


def test_cifar10_has_its_published_mean_and_deviation(real_data: Path) -> None:
    images = load("cifar10", real_data).train.images.numpy()
    means, deviations = zip(*(mean_and_std(images[:, channel]) for channel in range(3)), strict=True)
    assert np.allclose(means, [0.49139968, 0.48215841, 0.44653091], atol=1e-8)
    assert np.allclose(deviations, [0.24703223, 0.24348513, 0.26158784], atol=1e-8)


def test_cifar10_has_equal_classes(real_data: Path) -> None:
    data = load("cifar10", real_data)
    assert data.train.labels.bincount().tolist() == [5000] * 10
    assert data.test.labels.bincount().tolist() == [1000] * 10


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_both_are_verified(name: str, real_data: Path) -> None:
    load(name, real_data)
    assert look(name, real_data).state == "verified"
