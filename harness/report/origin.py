"""Where a page comes from: date, version, commit, hardware, and links that survive a move of the whole folder.

The page alone says so. Everything else in a report is the same for the same records, on any day and in any place.
"""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from harness.report.sources import Source

PACKAGE = "dct-snn-harness"
NUMBERS = ("harness", "encoders", "results")  # what decides the numbers of a page, in a clone


@dataclass(frozen=True)
class Origin:
    """`commit`: short, empty outside a clone of this project; `changed`: whether code or records differ from it.

    `repository`: an absolute address, or the clone as seen from the page; empty where neither is known.
    `hardware`: each device that records were computed on, with the number of records.
    """

    date: str
    version: str
    commit: str
    changed: bool
    repository: str
    hardware: tuple[tuple[str, int], ...]


class _Computed(msgspec.Struct):
    """The part of a record that names its device."""

    environment: dict[str, str] = {}


def origin(sources: Sequence[Source], out: Path) -> Origin:
    """The origin of a page that is written to `out`. SOURCE_DATE_EPOCH, where it is set, stands for the clock.

    A clone is recognised by the evidence that lies in it.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    clone = _clone_of(sources[0].folder)
    return Origin(
        date=f"{now:%Y-%m-%d}",
        version=version(PACKAGE),
        commit=_git(clone, "rev-parse", "--short=10", "HEAD") if clone else "",
        changed=bool(clone and _git(clone, "diff", "--name-only", "HEAD", "--", *NUMBERS)),
        repository=_repository(clone, out) if clone else "",
        hardware=_hardware(sources),
    )


def _clone_of(folder: Path) -> Path | None:
    found = _git(folder, "rev-parse", "--show-toplevel") if folder.is_dir() else ""
    top = Path(found)
    return top if found and (top / "harness" / "report").is_dir() else None


def _git(folder: Path, *words: str) -> str:
    """What git says, empty where it is not installed or refuses."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _repository(clone: Path, out: Path) -> str:
    address = web_address(_git(clone, "remote", "get-url", "origin"))
    if address or not out.resolve().is_relative_to(clone.resolve()):
        return address
    return Path(os.path.relpath(clone.resolve(), out.resolve())).as_posix() + "/"


def web_address(remote: str) -> str:
    """The web page of a git remote, without user or password; empty for a remote on this machine."""
    found = re.fullmatch(
        r"(?:https?://|ssh://|git://)?(?:[^@/]+@)?([\w.-]+\.\w+)(?::\d+)?[:/](.+?)(?:\.git)?/?", remote
    )
    return f"https://{found[1]}/{found[2]}" if found and not remote.startswith((".", "/", "file:")) else ""


def _hardware(sources: Sequence[Source]) -> tuple[tuple[str, int], ...]:
    devices = [
        _device(source.folder / cell.path)
        for source in sources
        for cells in source.cells.values()
        for cell in cells
        if cell.status == "done"
    ]
    return tuple(sorted(Counter(filter(None, devices)).items(), key=lambda found: (-found[1], found[0])))


def _device(path: Path) -> str:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Computed).environment.get("device", "")
    except (OSError, msgspec.DecodeError):
        return ""
