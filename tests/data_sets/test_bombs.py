"""Archives that unpack to far more than their own size: refused before memory is filled."""

import gzip
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from harness.data import archive
from harness.errors import HarnessError

ZEROS = bytes(1 << 20)


def compressed_tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """The members as a .tgz, headers as they are given."""
    blocks = b"".join(info.tobuf() + content + bytes(-len(content) % 512) for info, content in members)
    return gzip.compress(blocks + bytes(1024), 1)


def of_size(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


def test_a_small_archive_may_not_unpack_to_much(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archive, "SMALL_BYTES", 4 << 20)
    members = [(of_size(f"{row}.png", len(ZEROS)), ZEROS) for row in range(6)]
    (tmp_path / "x.tgz").write_bytes(compressed_tar(*members))
    with pytest.raises(HarnessError, match=r"x.tgz unpacks to more than 4 MiB"):
        archive.read(tmp_path / "x.tgz")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_header_may_not_unpack_to_much_either(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "x.tgz").write_bytes(compressed_tar((of_size("x", 3 << 30, kind), ZEROS)))
    with pytest.raises(HarnessError, match=r"x.tgz unpacks to more than 64 MiB"):
        archive.read(tmp_path / "x.tgz")


def test_no_single_file_may_be_larger_than_any_of_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(compressed_tar((of_size("a.png", 257 << 20), ZEROS)))
    with pytest.raises(HarnessError, match=r"x.tgz holds a file of more than 256 MiB: a.png"):
        archive.read(tmp_path / "x.tgz")


def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    info = of_size("a.png", 0, tarfile.GNUTYPE_SPARSE)
    (tmp_path / "x.tar").write_bytes(gzip.decompress(compressed_tar((info, b""))))
    with pytest.raises(HarnessError, match=r"x.tar holds a link or a device: a.png"):
        archive.read(tmp_path / "x.tar")


def test_a_zip_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.png", ZEROS)
    said = (tmp_path / "x.zip").read_bytes().replace(struct.pack("<I", len(ZEROS)), struct.pack("<I", 10))
    (tmp_path / "x.zip").write_bytes(said)
    with pytest.raises(HarnessError, match=r"x.zip is truncated or damaged"):
        archive.read(tmp_path / "x.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_refused(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as made:
        made.writestr("a.png", ZEROS)
    with pytest.raises(HarnessError, match=r"compressed in an unusual way: a.png"):
        archive.read(tmp_path / "x.zip")


def test_what_is_refused_takes_no_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for row in range(70):
            made.writestr(f"{row}.png", ZEROS)
    tracemalloc.start()
    with pytest.raises(HarnessError, match=r"x.zip unpacks to more than 64 MiB"):
        archive.read(tmp_path / "x.zip")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
