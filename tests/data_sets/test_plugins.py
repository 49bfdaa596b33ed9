"""Data sets of other packages: found by entry point, checked, and identified by what they hold."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from harness.data import load, look, names, sets
from harness.errors import HarnessError

from . import samples

Stranger = Callable[..., Any]
IMAGES = np.arange(6 * 2 * 4 * 4, dtype=np.uint8).reshape(6, 2, 4, 4)
LABELS = [0, 2, 1, 0, 2, 1]
SOUND = ((IMAGES, LABELS), (IMAGES[:3] + 1, [2, 1, 0]), 3)


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Installs a package whose data set "shapes" is what it is given, or raises what it is given."""

    def install(content: Any) -> None:
        def make(folder: Path | None) -> Any:
            if isinstance(content, Exception):
                raise content
            return content(folder) if callable(content) else content

        monkeypatch.setattr(f"{__name__}.made", make, raising=False)
        point = EntryPoint("shapes", f"{__name__}:made", "dct_snn.datasets")
        monkeypatch.setattr(sets, "entry_points", lambda group: [point] if group == "dct_snn.datasets" else [])

    return install


def test_it_is_loaded_in_canonical_order_with_the_digest_of_its_content(stranger: Stranger) -> None:
    stranger(SOUND)
    data = load("shapes")
    assert (data.name, data.classes, data.digest) == ("shapes", 3, samples.naive_digest(*SOUND[:2]))
    assert (data.train.images.shape, data.train.labels.dtype) == ((6, 2, 4, 4), torch.int64)
    backwards = (IMAGES[::-1], torch.tensor(LABELS).flip(0))  # in another order, as a tensor: the same data set
    stranger((backwards, *SOUND[1:]))
    again = load("shapes")
    assert again.digest == data.digest
    assert torch.equal(again.train.images, data.train.images)
    few = load("shapes", train_images=3, test_images=2)
    assert (len(few.train), len(few.test), sorted(few.train.labels.tolist())) == (3, 2, [0, 1, 2])


def test_it_is_known_by_its_name(stranger: Stranger) -> None:
    stranger(SOUND)
    assert names() == ["digits", "mnist", "cifar10", "cifar100", "tinyimagenet", "shapes"]
    assert (sets.facts_of("shapes").classes, sets.facts_of("shapes").shape) == (3, (2, 4, 4))
    found = look("shapes")
    assert (found.state, found.where, found.detail) == ("found", None, "of unknown package, loaded when it is used")
    with pytest.raises(HarnessError, match="unknown data set 'shape' — did you mean 'shapes'"):
        load("shape")


def test_it_is_given_the_data_folder(stranger: Stranger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = Mock(return_value=SOUND)
    stranger(content)
    load("shapes", tmp_path)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "other"))
    load("shapes")
    monkeypatch.delenv("HARNESS_DATA")
    load("shapes")
    assert [call.args[0] for call in content.call_args_list] == [tmp_path, tmp_path / "other", None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (((IMAGES / 255, LABELS), *SOUND[1:]), "training images are float64 [6, 2, 4, 4], not uint8 [N, C, H, W]"),
        ((SOUND[0], (IMAGES[0], [0, 1]), 3), "test images are uint8 [2, 4, 4], not uint8 [N, C, H, W]"),
        (((IMAGES[:0], []), *SOUND[1:]), "training images are uint8 [0, 2, 4, 4]"),
        (((IMAGES, LABELS[:5]), *SOUND[1:]), "training labels are int64 [5], not one whole number an image"),
        (((IMAGES, [0.5] * 6), *SOUND[1:]), "training labels are float64 [6]"),
        ((*SOUND[:2], 2), "training labels go from 0 to 2, and there are 2 classes"),
        ((SOUND[0], (IMAGES, [-1, *LABELS[1:]]), 3), "test labels go from -1 to 2"),
        ((*SOUND[:2], "3"), "TypeError: 'str' object cannot be interpreted as an integer"),
        ((SOUND[0], (IMAGES[:, :1], LABELS), 3), "training images are [2, 4, 4], test images [1, 4, 4]"),
        (SOUND[:2], "ValueError: not enough values to unpack"),
        (KeyError("no such file"), "KeyError: 'no such file'"),
        (HarnessError("no shapes.npz", "put it there"), "no shapes.npz"),
    ],
)
def test_what_is_wrong_with_it_is_one_line_with_its_name(stranger: Stranger, content: Any, said: str) -> None:
    stranger(content)
    with pytest.raises(HarnessError) as caught:
        load("shapes")
    assert caught.value.message.startswith(f"data set 'shapes' of unknown package: {said}")
