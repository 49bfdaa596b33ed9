"""Every test here starts with an empty cache of its own, no HARNESS_DATA, and no network."""

import os
import shutil
import socket
from pathlib import Path

import pytest

# Read before `alone` hides it: the tests on real data ask for it.
REAL_DATA = os.environ.get("HARNESS_DATA")
REAL_ADDRESSES, REAL_CONNECT = socket.getaddrinfo, socket.socket.connect


def _blocked(*_args: object, **_kwargs: object) -> None:
    raise OSError("the network is blocked in tests")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", _blocked)
    monkeypatch.setattr(socket.socket, "connect", _blocked)
    # npm runs in a process of its own, which no patch reaches.
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA:
        pytest.skip("HARNESS_DATA is not set")
    return Path(REAL_DATA)
