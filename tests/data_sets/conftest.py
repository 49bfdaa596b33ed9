"""Every test here starts with an empty cache of its own, no HARNESS_DATA, and no npm."""

import shutil
import socket
from pathlib import Path

import pytest

REAL_ADDRESSES, REAL_CONNECT = socket.getaddrinfo, socket.socket.connect


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    # npm runs in a process of its own, which no patch of sockets reaches.
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
