"""Files that would stop, flood or confuse a reader: refused in one line, or left unread where they are not needed."""

import gzip
import io
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.data import load, look, mnist, reading
from harness.errors import HarnessError

from . import samples


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small CIFAR-10 as a tree; returns its folder."""
    return samples.write(tmp_path / "data", samples.tree()) / "cifar10"


def refused(folder: Path, what: str) -> None:
    """The data set is refused for `what`, in one line of reasonable length."""
    with pytest.raises(HarnessError, match=what) as caught:
        load("cifar10", folder)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 600
    assert " at 0x" not in message


def test_a_name_that_is_not_utf8_is_read_like_any_other(tree: Path) -> None:
    before = load("cifar10", tree).digest
    image = next((tree / "train" / "cat").iterdir())
    image.rename(os.fsdecode(os.fsencode(image.parent) + b"/\xff\xfe.png"))
    (tree / os.fsdecode(b"n\xf6te.txt")).write_bytes(b"")
    assert load("cifar10", tree).digest == before


@pytest.mark.parametrize("name", [b"\xff\xfe.png", b"two\nlines.png", b"\x1b[31mred.png"])
def test_a_message_quotes_a_strange_name_in_printable_letters(tree: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tree / "test" / "cat") + b"/" + name)).write_bytes(b"no image")
    refused(tree, "png in .* is not a readable image: it is none of WEBP, PNG, JPEG, BMP")


def test_a_pipe_in_place_of_an_image_is_refused(tree: Path) -> None:
    os.mkfifo(tree / "train" / "cat" / "pipe.png")
    refused(tree, "cat/pipe.png is not a regular file")


def test_a_pipe_that_is_no_image_is_left_alone(tree: Path) -> None:
    os.mkfifo(tree / "train" / "cat" / "pipe")
    assert len(load("cifar10", tree).train) == 20


def test_a_link_to_an_endless_file_is_refused(tree: Path) -> None:
    (tree / "train" / "cat" / "endless.png").symlink_to("/dev/zero")
    refused(tree, "cat/endless.png is not a regular file")


def test_a_link_to_a_file_elsewhere_is_followed(tree: Path, tmp_path: Path) -> None:
    before = load("cifar10", tree).digest
    image = next((tree / "train" / "cat").iterdir())
    (tmp_path / "elsewhere.png").write_bytes(image.read_bytes())
    image.unlink()
    image.symlink_to(tmp_path / "elsewhere.png")
    assert load("cifar10", tree).digest == before


def test_an_image_that_leads_nowhere_is_named(tree: Path) -> None:
    (tree / "train" / "cat" / "gone.png").symlink_to("nowhere")
    refused(tree, "cat/gone.png cannot be read: No such file")


@pytest.mark.parametrize("target", [".", "..", "../..", "back"])
def test_a_link_that_leads_back_adds_no_image(tree: Path, target: str) -> None:
    (tree / "train" / "back").symlink_to(target)
    assert len(load("cifar10", tree).train) == 20


def test_two_links_that_lead_to_each_other_end(tree: Path, tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / one).mkdir()
        (tmp_path / one / "on").symlink_to(tmp_path / other)
    (tree / "notes").symlink_to(tmp_path / "a")
    assert len(load("cifar10", tree).train) == 20


def test_folders_that_lead_to_themselves_are_searched_to_the_end(tmp_path: Path) -> None:
    for name in ("cifar10", "cifar-10", "cifar_10", "CIFAR10"):
        (tmp_path / name).symlink_to(tmp_path)
    with pytest.raises(HarnessError, match="no cifar10 in"):
        load("cifar10", tmp_path)


def test_folders_without_end_are_given_up(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.data.tree.MAX_ENTRIES", 2000)
    for level in range(30):  # each folder has two links to the next: 2³⁰ paths
        (tmp_path / f"level{level}").mkdir()
        for link in "ab":
            (tmp_path / f"level{level}" / link).symlink_to(tmp_path / f"level{level + 1}")
    (tree / "notes").symlink_to(tmp_path / "level0")
    refused(tree, "holds more than 2,000 files")


def test_a_file_that_is_too_large_is_not_read(tree: Path) -> None:
    with (tree / "train" / "cat" / "large.png").open("wb") as file:
        file.truncate(1 << 40)  # takes no room on disk
    refused(tree, "large.png has more than 256 MiB")


def test_no_more_is_unpacked_than_a_file_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(8 << 20))
    with pytest.raises(HarnessError, match=r"a.gz unpacks to more than 1 MiB"):
        reading.unpack_gzip(bomb, Path("a.gz"))


def png(width: int, height: int) -> bytes:
    """A PNG image that says it has that size, and holds one row at most."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(300))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "what"), [(100, "is 100×100"), (12_000, "exceeds limit"), (60_000, "exceeds limit")])
def test_an_image_of_many_pixels_is_refused_before_it_is_decoded(tree: Path, side: int, what: str) -> None:
    (tree / "test" / "cat" / "huge.png").write_bytes(png(side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as outside of tests
        refused(tree, f"huge.png in .* {what}")


def test_a_pipe_in_place_of_mnists_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = samples.mnist_files()
    monkeypatch.setattr(mnist, "MD5", samples.md5_of(files))
    samples.write(tmp_path, files)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    os.mkfifo(tmp_path / "t10k-labels-idx1-ubyte")
    with pytest.raises(HarnessError, match="t10k-labels-idx1-ubyte is not a regular file"):
        load("mnist", tmp_path)
    assert look("mnist", tmp_path).state == "damaged"


def test_a_pipe_in_place_of_an_archive_is_no_data_set(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cifar10.tgz")
    with pytest.raises(HarnessError, match="no cifar10 in"):
        load("cifar10", tmp_path)


@pytest.mark.parametrize("path", ["file", "file.gz"])
def test_a_file_that_may_not_be_read_is_not_to_be_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    (tmp_path / path).write_bytes(b"")

    def refuse(*_args: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # no file is closed to a test that root runs
    with pytest.raises(HarnessError, match="cannot be read: Permission denied — check its permissions"):
        reading.read_file(tmp_path / path)


def test_a_folder_that_may_not_be_read_is_named_not_left_out(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: str, whole: Callable[[str], object] = os.scandir) -> object:
        if path.endswith("/cat"):
            raise PermissionError(13, "Permission denied", path)
        return whole(path)

    monkeypatch.setattr(os, "scandir", scandir)
    refused(tree, "train/cat cannot be read: Permission denied — check its permissions|test/cat cannot be read")


def test_a_long_name_is_quoted_by_its_ends() -> None:
    quoted = reading.shown("begin" + "x" * 5000 + "end")
    assert quoted.startswith("begin")
    assert quoted.endswith("end")
    assert len(quoted) < 310
