"""A cache that cannot be written: named, warned of once, and never the end of a run."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from harness.data import cache, load
from harness.errors import HarnessError

from . import samples


@pytest.fixture(autouse=True)
def nothing_said() -> None:
    """Warnings that other tests gave are given again."""
    cache._warn_once.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return samples.write(tmp_path / "data", samples.tree())


@pytest.fixture
def file_as_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A HARNESS_CACHE in which no folder can be made, whoever runs the tests."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    return tmp_path / "file"


def fail_to_save(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(_path: Path, _array: np.ndarray) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(cache, "_save", fail)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_images_are_the_same_without_a_cache(monkeypatch: pytest.MonkeyPatch, data_dir: Path, number: int) -> None:
    with monkeypatch.context() as patched:
        fail_to_save(patched, number)
        without = load("cifar10", data_dir)
    assert without.digest == load("cifar10", data_dir).digest
    assert len(without.train) == 20


@pytest.mark.parametrize(
    "fault",
    [(errno.ENOSPC, "is full"), (errno.EROFS, "may not be written to"), (errno.EACCES, "may not be written to")],
)
def test_the_warning_names_the_fault_the_folder_and_the_variable(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    data_dir: Path,
    tmp_path: Path,
    fault: tuple[int, str],
) -> None:
    number, what = fault
    fail_to_save(monkeypatch, number)
    load("cifar10", data_dir)
    (message,) = caplog.messages
    assert message.startswith(f"the cache folder {tmp_path / 'cache'} (HARNESS_CACHE) {what}; ")
    assert "\n" not in message


@pytest.mark.usefixtures("file_as_cache")
def test_the_warning_is_given_once(caplog: pytest.LogCaptureFixture, data_dir: Path) -> None:
    for _ in range(3):
        load("cifar10", data_dir)
    assert len(caplog.messages) == 1


def test_nothing_is_left_of_an_entry_that_did_not_fit(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path
) -> None:
    fail_to_save(monkeypatch, errno.ENOSPC)
    load("cifar10", data_dir)
    assert [path.suffix for path in (tmp_path / "cache" / "decoded").iterdir()] == [".lock"]


def test_a_full_disk_is_known_by_its_error_number() -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        cache._save(Path("/dev/full"), np.zeros(10**6))
    assert caught.value.errno == errno.ENOSPC


def test_a_folder_of_the_cache_is_tried_before_work_starts(
    file_as_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert cache.folder("anns") is None
    assert f"the cache folder {file_as_cache} (HARNESS_CACHE) cannot be used" in caplog.text


def test_a_usable_folder_is_given_and_left_empty(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert cache.folder("anns") == tmp_path / "cache" / "anns"
    assert list((tmp_path / "cache").iterdir()) == []
    assert not caplog.messages


def test_without_a_variable_the_warning_says_that_it_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_CACHE")
    assert "(the default, as HARNESS_CACHE is not set) is full" in cache.fault(OSError(errno.ENOSPC, ""))


@pytest.mark.usefixtures("file_as_cache")
def test_a_download_that_has_no_place_is_blamed_on_the_cache(file_as_cache: Path) -> None:
    with pytest.raises(HarnessError, match=rf"download failed: the cache folder {file_as_cache} \(HARNESS_CACHE\)"):
        load("cifar10")
