"""Archives: what is refused, and that every truncation is noticed."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness.data import archive
from harness.errors import HarnessError

from . import samples

FILES = {"cifar10/a.bin": bytes(range(256)) * 40, "cifar10/b/c.bin": b"c" * 5000}
OUTSIDE = ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"]
KINDS = {"symlink": b"2", "hard link": b"1", "character device": b"3", "block device": b"4", "pipe": b"6"}


@pytest.mark.parametrize("suffix", archive.SUFFIXES)
def test_every_kind_gives_back_what_went_in(tmp_path: Path, suffix: str) -> None:
    assert archive.read(samples.pack(tmp_path / f"x{suffix}", FILES)) == FILES


@pytest.mark.parametrize("suffix", [".tgz", ".zip"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, suffix: str, name: str) -> None:
    path = samples.pack(tmp_path / "in" / f"x{suffix}", {**FILES, name: b"evil"})
    with pytest.raises(HarnessError, match="leads outside"):
        archive.read(path)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [path.name]


@pytest.mark.parametrize("kind", KINDS)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: str) -> None:
    member = tarfile.TarInfo("cifar10/link")
    member.type, member.linkname = KINDS[kind], "/etc/passwd"
    with tarfile.open(tmp_path / "x.tar", "w") as made:
        made.addfile(member)
    with pytest.raises(HarnessError, match="link or a device: cifar10/link"):
        archive.read(tmp_path / "x.tar")


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    member = zipfile.ZipInfo("link")
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(member, "/etc/passwd")
    with pytest.raises(HarnessError, match="link or a device: link"):
        archive.read(tmp_path / "x.zip")


@pytest.mark.parametrize("suffix", [".tgz", ".tar", ".zip"])
def test_every_truncation_is_noticed(tmp_path: Path, suffix: str) -> None:
    files = {f"cifar10/{row}.bin": samples.images(1, seed=row)[0].tobytes() for row in range(4)}
    whole = samples.pack(tmp_path / f"x{suffix}", files).read_bytes()
    cut = tmp_path / f"cut{suffix}"
    # A tar ends in up to 20 blocks of padding: losing some of those loses nothing.
    sizes = range(0, 13000, 512) if suffix == ".tar" else range(0, len(whole) - 700, 509)
    for size in sizes:
        cut.write_bytes(whole[:size])
        with pytest.raises(HarnessError, match=f"cut{suffix} (is truncated|cannot be read)"):
            archive.read(cut)


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"<html>404</html>")
    with pytest.raises(HarnessError, match=r"x.tar.gz is truncated or damaged"):
        archive.read(tmp_path / "x.tar.gz")


@pytest.mark.parametrize("suffix", [".tgz", ".zip"])
def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suffix: str) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 10_000)
    with pytest.raises(HarnessError, match="unpacks to more than"):
        archive.read(samples.pack(tmp_path / f"x{suffix}", FILES))


def test_a_zip_that_lies_about_a_checksum_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO(samples.pack(tmp_path / "x.zip", FILES).read_bytes().replace(b"ccc", b"ddd"))
    (tmp_path / "x.zip").write_bytes(buffer.getvalue())
    with pytest.raises(HarnessError, match=r"x.zip is truncated or damaged"):
        archive.read(tmp_path / "x.zip")


def test_a_name_that_is_not_utf8_is_read_like_any_other(tmp_path: Path) -> None:
    member = tarfile.TarInfo("train/\udcff.bin")
    with tarfile.open(tmp_path / "x.tar", "w") as made:
        made.addfile(member)
    assert list(archive.read(tmp_path / "x.tar")) == [member.name]
