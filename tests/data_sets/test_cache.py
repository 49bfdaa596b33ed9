"""The decoded cache: used when sound, built again when not, never written half, and not needed for a run."""

import errno
import os
import threading
import time
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from filelock import FileLock

from harness.data import cache, load
from harness.errors import HarnessError

from . import samples


@pytest.fixture(autouse=True)
def nothing_said() -> None:
    """Warnings that other tests gave are given again."""
    cache._warn_once.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    samples.pack(tmp_path / "data" / "cifar10.tgz", samples.tree())
    return tmp_path / "data"


@pytest.fixture
def entry(data_dir: Path, tmp_path: Path) -> Path:
    load("cifar10", data_dir)
    (entry,) = (path for path in (tmp_path / "cache" / "decoded").iterdir() if path.is_dir())
    return entry


def test_a_second_load_decodes_nothing_and_its_tensors_are_no_part_of_the_cache(
    entry: Path, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    kept = (entry / "train-images.npy").read_bytes()
    first = load("cifar10", data_dir)
    monkeypatch.setattr("harness.data.sets._decode", Mock(side_effect=AssertionError("decoded again")))
    second = load("cifar10", data_dir)
    assert second.digest == first.digest
    assert torch.equal(second.train.images, first.train.images)
    second.train.images.zero_()
    assert (entry / "train-images.npy").read_bytes() == kept
    monkeypatch.setattr(os, "geteuid", lambda: 12345)  # an entry of another user is not taken
    with pytest.raises(AssertionError, match="decoded again"):
        load("cifar10", data_dir)


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        *[("flipped bit", name) for name in ("train-images.npy", "test-labels.npy", "train-hashes.npy")],
        *[(damage, "train-images.npy") for damage in ("cut", "gone", "nonsense", "npz", "pipe", "link")],
    ],
)
def test_a_damaged_entry_is_built_again(entry: Path, data_dir: Path, tmp_path: Path, damage: str, name: str) -> None:
    sound = load("cifar10", data_dir).digest
    whole = (entry / name).read_bytes()
    (entry / name).rename(tmp_path / "moved")
    match damage:
        case "flipped bit":
            (entry / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        case "cut":
            (entry / name).write_bytes(whole[:-7])
        case "nonsense":
            (entry / name).write_bytes(b"nonsense" * 99)
        case "npz":
            with (entry / name).open("wb") as file:
                np.savez(file, np.zeros(3))
        case "pipe":
            os.mkfifo(entry / name)
        case "link":
            (entry / name).symlink_to(tmp_path / "moved")
    assert load("cifar10", data_dir).digest == sound
    assert (entry / name).read_bytes() == whole
    assert not (entry / name).is_symlink()
    if damage == "cut":
        samples.pack(data_dir / "cifar10.tgz", samples.other_tree())
        assert load("cifar10", data_dir).digest != sound  # a changed source is decoded again


def test_a_long_wait_is_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "_SILENT_SECONDS", 0.05)
    held = threading.Event()

    def hold() -> None:
        with FileLock(tmp_path / "x.lock"):
            held.set()
            time.sleep(0.3)

    threading.Thread(target=hold).start()
    held.wait()
    with cache.locked(tmp_path / "x.lock"):
        assert caplog.messages == [f"waiting for another process that holds {tmp_path / 'x.lock'}"]


# A cache that cannot be written.


def test_without_a_cache_images_are_the_same_and_one_line_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, data_dir: Path, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(np, "save", Mock(side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
        without = load("cifar10", data_dir)
    assert [path.suffix for path in (tmp_path / "cache" / "decoded").iterdir()] == [".lock"]
    assert without.digest == load("cifar10", data_dir).digest
    load("cifar10", data_dir)  # warns no second time
    (message,) = caplog.messages
    start = f"the cache folder {tmp_path / 'cache'} (HARNESS_CACHE) cannot be used: No space left on device; "
    assert message.startswith(start)
    assert "\n" not in message


def test_a_folder_of_the_cache_is_tried_before_work_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert cache.folder("anns") == tmp_path / "cache" / "anns"
    assert list((tmp_path / "cache").iterdir()) == []
    (tmp_path / "file").touch()  # no folder can be made in it, whoever runs the tests
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    assert cache.folder("anns") is None
    blamed = f"the cache folder {tmp_path / 'file'} (HARNESS_CACHE) cannot be used"
    assert blamed in caplog.text
    with pytest.raises(HarnessError) as caught:
        load("cifar10")
    assert f"download failed: {blamed}" in str(caught.value)


@pytest.mark.parametrize("variable", ["HARNESS_CACHE", "HARNESS_DATA"])
def test_the_folder_of_an_unknown_user_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "~nosuchuser/x")
    with pytest.raises(HarnessError, match="~nosuchuser/x"):
        load("cifar10")
