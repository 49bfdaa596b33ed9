"""Files that would stop, flood or confuse a reader: refused in one line, or left unread where they are not needed."""

import gzip
import io
import itertools
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
OUTSIDE = ("../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil")
MIB = 1 << 20


# Archives.


def tar(*names: str, size: int = 0, kind: bytes = tarfile.REGTYPE, whole: bool = True) -> bytes:
    """A .tgz with members of zeros whose headers are as they are given; without their content unless `whole`."""
    blocks = b""
    for name in names:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = size, kind, "/etc/passwd" if kind in b"12" else ""
        blocks += info.tobuf() + bytes(-(-size // 512) * 512 if whole else 0)
    return gzip.compress(blocks + bytes(1024), 1)


def zipped(*names: str, size: int = 0, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, bytes(size), method, 1)
    return made.getvalue()


def refused_archive(path: Path, content: bytes, what: str = "") -> None:
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=f"{path.name} is not a sound archive: .*{what}"):
        files.read_archive(path)


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_every_kind_of_archive_gives_back_what_went_in(tmp_path: Path, suffix: str) -> None:
    assert files.read_archive(samples.pack(tmp_path / f"x{suffix}", FILES)) == FILES


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_no_header_is_too_large_for_its_archive(kind: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "SMALL_BYTES", 4 * MIB)
    refused_archive(tmp_path / "x.tgz", tar("x", size=5 * MIB, kind=kind), "unpacks to more than 4 MiB")
    refused_archive(tmp_path / "x.tgz", tar("x", size=3 << 30, kind=kind, whole=False))


@pytest.mark.parametrize(
    ("suffix", "content", "what"),
    [
        *((".tgz", tar(name), "leads outside") for name in ("../evil", "/etc/evil")),
        *((".zip", zipped(name), "leads outside") for name in OUTSIDE),
        *(
            (".tgz", tar("link", kind=kind), "holds a link or a device: 'link'")
            for kind in (b"1", b"2", b"3", b"6", b"S")
        ),
        (".zip", zipped("link", mode=0o120777), "holds a link or a device: 'link'"),
        # Methods that cannot be bounded while they unpack.
        (".zip", zipped("a.png", method=zipfile.ZIP_LZMA), "compressed in an unusual way: 'a.png'"),
        # A wrong checksum, and a wrong size.
        (".zip", zipped("a", size=50, method=zipfile.ZIP_STORED).replace(bytes(50), b"d" * 50), ""),
        (".zip", zipped("a", size=5000).replace(struct.pack("<I", 5000), struct.pack("<I", 10)), ""),
    ],
    ids=map(str, itertools.count()),  # the bytes of an archive hold the time
)
def test_an_archive_of_what_it_may_not_hold_is_refused(suffix: str, content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    refused_archive(path, content, what)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".tgz", ".zip"])
def test_an_archive_that_unpacks_to_much_more_than_its_size_is_refused_before_it_takes_memory(
    suffix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(files, "SMALL_BYTES", 4 * MIB)
    content = (tar if suffix == ".tgz" else zipped)(*map(str, range(20)), size=MIB)
    tracemalloc.start()
    refused_archive(tmp_path / f"x{suffix}", content, "unpacks to more than 4 MiB")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (10 if suffix == ".tgz" else 1) * MIB


@pytest.mark.parametrize("suffix", [".tgz", ".tar", ".zip"])
def test_every_truncation_is_noticed(tmp_path: Path, suffix: str) -> None:
    images = {f"cifar10/{row}.bin": samples.images(1, seed=row)[0].tobytes() for row in range(4)}
    whole = samples.pack(tmp_path / f"x{suffix}", images).read_bytes()
    # A tar ends in up to 20 blocks of padding: losing some of those loses nothing.
    sizes = range(0, 13000, 1024) if suffix == ".tar" else range(0, len(whole) - 700, 1009)
    for size in sizes:
        refused_archive(tmp_path / f"cut{suffix}", whole[:size])


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


def test_links_to_files_are_followed_those_to_folders_are_not_and_a_link_to_no_file_is_refused(tree: Path) -> None:
    before = load("cifar10", tree).digest
    image = next((tree / "train" / "cat").iterdir())
    image.rename(tree.with_name("elsewhere.png"))
    image.symlink_to(tree.with_name("elsewhere.png"))
    (tree / "train" / "back").symlink_to("../..")
    assert load("cifar10", tree).digest == before
    for target, what in (("/dev/zero", "is not a regular file"), ("nowhere", "cat/link.png")):
        (tree / "train" / "cat" / "link.png").symlink_to(target)
        refused(tree, what)
        (tree / "train" / "cat" / "link.png").unlink()


def test_a_folder_that_may_not_be_read_is_named_not_left_out(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("/cat"):
            raise PermissionError(13, "Permission denied", path)
        return whole(path)

    monkeypatch.setattr(os, "scandir", scandir)
    refused(tree, "cifar10 cannot be read: .*Permission denied: .*(train|test)/cat' — check the permissions")


def test_a_file_that_is_too_large_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", MIB)
    with (tree / "train" / "cat" / "large.png").open("wb") as file:
        file.truncate(1 << 40)  # takes no room on disk
    refused(tree, "large.png has more than 1 MiB")


def png(side: int) -> bytes:
    """A PNG image that says it has that size, and holds one row at most."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(300))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "what"), [(100, "is 100×100"), (12_000, "exceeds limit"), (60_000, "exceeds limit")])
def test_an_image_of_many_pixels_is_refused_before_it_is_decoded(tree: Path, side: int, what: str) -> None:
    (tree / "test" / "cat" / "huge.png").write_bytes(png(side))
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
