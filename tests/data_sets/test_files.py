"""Files that would stop, flood or confuse a reader: refused in one line, or left unread where they are not needed."""

import gzip
import os
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from harness.data import files, load, look
from harness.errors import HarnessError

from . import samples

FILES = {"cifar10/a.bin": bytes(range(256)) * 40, "cifar10/b/c.bin": b"c" * 5000}
OUTSIDE = ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"]
KINDS = {"symlink": b"2", "hard link": b"1", "character device": b"3", "block device": b"4", "pipe": b"6"}
ZEROS = bytes(1 << 20)


# Archives.


def compressed_tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """The members as a .tgz, headers as they are given."""
    blocks = b"".join(info.tobuf() + content + bytes(-len(content) % 512) for info, content in members)
    return gzip.compress(blocks + bytes(1024), 1)


def of_size(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


def refused_archive(path: Path, content: bytes, what: str = "") -> None:
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=f"{path.name} is not a sound archive: .*{what}"):
        files.read_archive(path)


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_every_kind_of_archive_gives_back_what_went_in(tmp_path: Path, suffix: str) -> None:
    assert files.read_archive(samples.pack(tmp_path / f"x{suffix}", FILES)) == FILES


@pytest.mark.parametrize("suffix", [".tgz", ".zip"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, suffix: str, name: str) -> None:
    path = samples.pack(tmp_path / "in" / f"x{suffix}", {**FILES, name: b"evil"})
    refused_archive(path, path.read_bytes(), "leads outside")
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [path.name]


@pytest.mark.parametrize("kind", [*KINDS, "sparse file", "symlink in a zip"])
def test_links_devices_and_sparse_files_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("x.zip" if "zip" in kind else "x.tgz")
    if path.suffix == ".zip":
        linked = zipfile.ZipInfo("cifar10/link")
        linked.external_attr = 0o120777 << 16
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(linked, "/etc/passwd")
    else:
        member = of_size("cifar10/link", 0, KINDS.get(kind, tarfile.GNUTYPE_SPARSE))
        member.linkname = "/etc/passwd" if "link" in kind else ""
        path.write_bytes(compressed_tar((member, b"")))
    refused_archive(path, path.read_bytes(), "holds a link or a device: 'cifar10/link'")


@pytest.mark.parametrize("suffix", [".tgz", ".tar", ".zip"])
def test_every_truncation_is_noticed(tmp_path: Path, suffix: str) -> None:
    images = {f"cifar10/{row}.bin": samples.images(1, seed=row)[0].tobytes() for row in range(4)}
    whole = samples.pack(tmp_path / f"x{suffix}", images).read_bytes()
    # A tar ends in up to 20 blocks of padding: losing some of those loses nothing.
    sizes = range(0, 13000, 512) if suffix == ".tar" else range(0, len(whole) - 700, 509)
    for size in sizes:
        refused_archive(tmp_path / f"cut{suffix}", whole[:size])


def test_a_zip_that_lies_about_a_checksum_or_a_size_is_refused(tmp_path: Path) -> None:
    content = samples.pack(tmp_path / "x.zip", FILES).read_bytes()
    refused_archive(tmp_path / "x.zip", content.replace(b"ccc", b"ddd"))
    refused_archive(tmp_path / "x.zip", content.replace(struct.pack("<I", 5000), struct.pack("<I", 10)))


HEADERS = [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE]
MANY = [(of_size(f"{row}.png", len(ZEROS)), ZEROS) for row in range(6)]


@pytest.mark.parametrize("members", [MANY, *([(of_size("x", 5 << 20, kind), ZEROS * 5)] for kind in HEADERS)])
def test_no_archive_and_no_header_may_unpack_to_much_more_than_its_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    monkeypatch.setattr(files, "SMALL_BYTES", 4 << 20)
    refused_archive(tmp_path / "x.tgz", compressed_tar(*members), "unpacks to more than 4 MiB")


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_says_it_is_large_is_refused(tmp_path: Path, kind: bytes) -> None:
    refused_archive(tmp_path / "x.tgz", compressed_tar((of_size("x", 3 << 30, kind), b"")))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_refused(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as made:
        made.writestr("a.png", ZEROS)
    refused_archive(tmp_path / "x.zip", (tmp_path / "x.zip").read_bytes(), "compressed in an unusual way: 'a.png'")


def test_a_zip_that_is_refused_takes_no_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for row in range(70):
            made.writestr(f"{row}.png", ZEROS)
    tracemalloc.start()
    with pytest.raises(HarnessError, match="unpacks to more than 64 MiB"):
        files.read_archive(tmp_path / "x.zip")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


# Folders.


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small CIFAR-10 as a tree; returns its folder."""
    return samples.write(tmp_path / "data", samples.tree()) / "cifar10"


def refused(folder: Path, what: str) -> None:
    """The data set is refused for `what`, without the address of an object."""
    with pytest.raises(HarnessError, match=what) as caught:
        load("cifar10", folder)
    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize("name", [b"\xff\xfe.png", b"two\nlines.png"])
def test_a_file_that_is_no_image_is_named_however_strange_its_name(tree: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tree / "test" / "cat") + b"/" + name)).write_bytes(b"no image")
    refused(tree, "png in .* is not a readable image: it is none of WEBP, PNG, JPEG, BMP")


def test_a_pipe_is_refused_in_place_of_an_image_and_left_alone_elsewhere(tree: Path) -> None:
    os.mkfifo(tree / "train" / "cat" / "pipe")
    assert len(load("cifar10", tree).train) == 20
    os.mkfifo(tree / "train" / "cat" / "pipe.png")
    refused(tree, "cat/pipe.png is not a regular file")


@pytest.mark.parametrize(("target", "what"), [("/dev/zero", "is not a regular file"), ("nowhere", "cat/link.png")])
def test_a_link_to_no_file_is_refused(tree: Path, target: str, what: str) -> None:
    (tree / "train" / "cat" / "link.png").symlink_to(target)
    refused(tree, what)


def test_links_to_files_are_followed_and_links_to_folders_are_not(tree: Path, tmp_path: Path) -> None:
    before = load("cifar10", tree).digest
    image = next((tree / "train" / "cat").iterdir())
    image.rename(tmp_path / "elsewhere.png")
    image.symlink_to(tmp_path / "elsewhere.png")
    (tree / "train" / "back").symlink_to("../..")
    assert load("cifar10", tree).digest == before


def test_a_folder_that_may_not_be_read_is_named_not_left_out(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("/cat"):
            raise PermissionError(13, "Permission denied", path)
        return whole(path)

    monkeypatch.setattr(os, "scandir", scandir)
    refused(tree, "cifar10 cannot be read: .*Permission denied: .*(train|test)/cat' — check the permissions")


def test_a_file_that_is_too_large_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1 << 20)
    with (tree / "train" / "cat" / "large.png").open("wb") as file:
        file.truncate(1 << 40)  # takes no room on disk
    refused(tree, "large.png has more than 1 MiB")


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


@pytest.mark.parametrize(("name", "file"), [("mnist", "t10k-labels-idx1-ubyte"), ("cifar10", "cifar10.tgz")])
def test_a_pipe_in_place_of_a_data_sets_file_is_no_data_set(tmp_path: Path, name: str, file: str) -> None:
    samples.write(tmp_path, samples.mnist_files())
    (tmp_path / file).unlink(missing_ok=True)
    os.mkfifo(tmp_path / file)
    with pytest.raises(HarnessError, match=f"no {name} in"):
        load(name, tmp_path)
    assert look(name, tmp_path).state == "missing"
