"""The published data sets themselves, where HARNESS_DATA names them: the figures everyone normalises with."""

from pathlib import Path

import numpy as np
import pytest

from harness.data import load, look


@pytest.fixture(autouse=True)
def one_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache for all tests here, so that each data set is decoded once."""
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


@pytest.mark.parametrize(
    ("name", "published_means", "published_deviations"),
    [
        ("cifar10", [0.49139968, 0.48215841, 0.44653091], [0.24703223, 0.24348513, 0.26158784]),
        ("cifar100", [0.50707516, 0.48654887, 0.44091784], [0.26733429, 0.25643846, 0.27615047]),
    ],
)
def test_cifar_has_its_published_mean_and_deviation(
    name: str, published_means: list[float], published_deviations: list[float], real_data: Path
) -> None:
    images = load(name, real_data).train.images.numpy()
    means, deviations = zip(*(mean_and_std(images[:, channel]) for channel in range(3)), strict=True)
    assert np.allclose(means, published_means, atol=1e-8)
    assert np.allclose(deviations, published_deviations, atol=1e-8)


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_cifar_has_60000_images_in_equal_classes(name: str, classes: int, real_data: Path) -> None:
    data = load(name, real_data)
    assert data.train.labels.bincount().tolist() == [50_000 // classes] * classes
    assert data.test.labels.bincount().tolist() == [10_000 // classes] * classes


def test_fewer_images_than_cifar100_has_classes_are_as_many_classes(real_data: Path) -> None:
    data = load("cifar100", real_data, train_images=64, test_images=64)
    assert len(data.train) == 64
    assert [len(set(part.labels.tolist())) for part in (data.train, data.test)] == [64, 64]


@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100"])
def test_all_are_verified(name: str, real_data: Path) -> None:
    load(name, real_data)
    assert look(name, real_data).state == "verified"
