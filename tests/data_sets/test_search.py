"""Where data sets are looked for, in which order, and what is said when they are nowhere."""

from pathlib import Path

import pytest

from harness.data import download, load, mnist, names
from harness.errors import HarnessError

from . import samples


def other_tree() -> samples.Files:
    """A tree that differs from `samples.tree()` in one image."""
    files = samples.tree()
    return {**files, next(iter(files)): samples.encoded(samples.images(1, seed=5)[0])}


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the data sets a download was tried for."""
    tried: list[str] = []

    def fetch(name: str, _into: Path) -> list[str]:
        tried.append(name)
        return ["no network"]

    monkeypatch.setattr(download, "fetch", fetch)
    return tried


def test_the_known_names() -> None:
    assert names() == ["digits", "mnist", "cifar10", "cifar100", "tinyimagenet"]


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(HarnessError, match="did you mean 'cifar10'"):
        load("cifar-10")


def test_the_argument_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one, two = samples.write(tmp_path / "1", samples.tree()), samples.write(tmp_path / "2", other_tree())
    monkeypatch.setenv("HARNESS_DATA", str(two))
    assert load("cifar10", one).digest != load("cifar10").digest
    assert load("cifar10", two).digest == load("cifar10").digest


def test_the_environment_comes_before_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    samples.write(tmp_path / "cache", other_tree())
    from_cache = load("cifar10").digest
    monkeypatch.setenv("HARNESS_DATA", str(samples.write(tmp_path / "1", samples.tree())))
    assert load("cifar10").digest != from_cache


def test_an_environment_without_the_files_falls_back_to_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, downloads: list[str]
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "nowhere"))
    samples.write(tmp_path / "cache", samples.tree())
    assert len(load("cifar10").train) == 20
    assert not downloads


def test_an_argument_without_the_files_is_an_error_and_nothing_else_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, downloads: list[str]
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(samples.write(tmp_path / "1", samples.tree())))
    (tmp_path / "empty").mkdir()
    with pytest.raises(HarnessError, match=rf"no cifar10 in --data-dir \({tmp_path / 'empty'}\)"):
        load("cifar10", tmp_path / "empty")
    assert not downloads


def test_the_error_names_every_place_and_the_failed_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, downloads: list[str]
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "env"))
    with pytest.raises(HarnessError) as caught:
        load("cifar100")
    assert downloads == ["cifar100"]
    for part in (str(tmp_path / "env"), str(tmp_path / "cache"), "no network", "cifar-100-python"):
        assert part in str(caught.value)


def test_a_part_of_mnist_is_a_download_under_way_unless_it_was_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, downloads: list[str]
) -> None:
    files = samples.mnist_files()
    monkeypatch.setattr(mnist, "MD5", samples.md5_of(files))
    samples.write(tmp_path / "env/MNIST/raw", dict(list(files.items())[:1]))
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "env"))
    with pytest.raises(HarnessError, match="no network"):
        load("mnist")
    assert downloads == ["mnist"]
    samples.write(tmp_path / "cache/MNIST/raw", files)
    assert len(load("mnist").train) == 20
    with pytest.raises(HarnessError, match="is missing"):
        load("mnist", tmp_path / "env")


def test_no_download_is_tried_when_it_is_ruled_out(downloads: list[str]) -> None:
    with pytest.raises(HarnessError, match="no mnist in the cache"):
        load("mnist", download=False)
    assert not downloads


@pytest.mark.parametrize("place", ["", "cifar10", "cifar10.tgz"])
def test_the_argument_may_name_the_source_itself(tmp_path: Path, place: str) -> None:
    samples.pack(tmp_path / "cifar10.tgz", samples.tree())
    samples.write(tmp_path, samples.tree())
    assert len(load("cifar10", tmp_path / place).train) == 20


def test_a_tree_of_another_name_is_taken_when_it_is_asked_for(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    (tmp_path / "cifar10").rename(tmp_path / "mine")
    assert len(load("cifar10", tmp_path / "mine").train) == 20


def test_an_empty_folder_does_not_hide_the_archive_beside_it(tmp_path: Path) -> None:
    (tmp_path / "cifar10").mkdir()
    samples.pack(tmp_path / "cifar10.tgz", samples.tree())
    assert len(load("cifar10", tmp_path).train) == 20


def test_an_archive_of_something_else_is_an_error(tmp_path: Path) -> None:
    samples.pack(tmp_path / "cifar10.zip", {"readme.txt": b"hello"})
    with pytest.raises(HarnessError, match=r"cifar10.zip does not hold cifar10"):
        load("cifar10", tmp_path)
