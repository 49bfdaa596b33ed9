"""The published data sets themselves, where HARNESS_DATA names them: the figures everyone normalises with."""

import os
from pathlib import Path

import numpy as np
import pytest

from harness.data import load, look

DATA = Path(os.environ.get("HARNESS_DATA", "."))
pytestmark = [pytest.mark.slow, pytest.mark.skipif("HARNESS_DATA" not in os.environ, reason="HARNESS_DATA is not set")]


@pytest.fixture(autouse=True)
def one_cache(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    """Each data set is decoded once in a run of tests."""
    monkeypatch.setenv("HARNESS_CACHE", str(shared / "cache"))


@pytest.mark.parametrize(
    ("name", "classes", "published_means", "published_deviations", "within"),
    [
        ("mnist", 10, [0.1307], [0.3081], 5e-5),
        ("cifar10", 10, [0.49139968, 0.48215841, 0.44653091], [0.24703223, 0.24348513, 0.26158784], 1e-8),
        ("cifar100", 100, [0.50707516, 0.48654887, 0.44091784], [0.26733429, 0.25643846, 0.27615047], 1e-8),
    ],
)
def test_images_have_their_published_mean_and_deviation_and_are_verified(
    name: str, classes: int, published_means: list[float], published_deviations: list[float], within: float
) -> None:
    data = load(name, DATA)
    for channel, (mean, deviation) in enumerate(zip(published_means, published_deviations, strict=True)):
        grey = data.train.images[:, channel].numpy()
        shares, levels = np.bincount(grey.ravel(), minlength=256) / grey.size, np.arange(256) / 255
        assert abs(shares @ levels - mean) < within
        assert abs(np.sqrt(shares @ (levels - shares @ levels) ** 2) - deviation) < within
    assert len(data.test) == 10_000
    if name != "mnist":
        assert data.train.labels.bincount().tolist() == [50_000 // classes] * classes
        assert data.test.labels.bincount().tolist() == [10_000 // classes] * classes
    assert look(name, DATA).state == "verified"
