"""The fork server, and what tests ask of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.records.store import digest_of, read_record, record_paths
from tests.robust import tiny


@dataclass(frozen=True)
class Started:
    """A `harness` process."""

    server: "Server"
    pid: int
    log: Path

    def wait(self) -> int:
        """Its exit code; minus the signal's number where one ended it."""
        return int(self.server.ask({"wait": self.pid}))

    def said(self) -> str:
        """What it has printed."""
        return self.log.read_text()


@dataclass(frozen=True)
class Server:
    """See `server.py`."""

    process: "subprocess.Popen[str]"
    folder: Path

    def ask(self, order: dict[str, object]) -> str:
        """Send an order and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def start(self, *argv: str, cwd: Path, limit: int = 0, **env: str) -> Started:
        """Start `harness` with `argv` in `cwd`; `limit`: the largest file it may write, in bytes."""
        log = self.folder / f"log-{len(list(self.folder.iterdir()))}"
        log.touch()
        order = {"argv": argv, "cwd": str(cwd), "log": str(log), "limit": limit, "env": env}
        return Started(self, int(self.ask(order)), log)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    environment = {**os.environ, "HARNESS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.robust.server"],
        cwd=tiny.root(),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        logs = folder / "logs"
        logs.mkdir()
        yield Server(process, logs)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=300)


@pytest.fixture
def misbehaving() -> Iterator[None]:
    """The experiment and the encoders of `tiny`, in this process."""
    tiny.install()
    yield
    tiny.uninstall()


def digests(results: Path) -> dict[str, str]:
    """Every record's digest, which leaves timings out; raises for a record that does not read."""
    return {str(path.relative_to(results)): digest_of(read_record(path)) for path in record_paths(results)}


def left_over(results: Path) -> list[str]:
    """Hidden files: locks, checkpoints, half-written files."""
    hidden = (path for path in results.rglob(".*") if path.is_file())
    return [str(path.relative_to(results)) for path in hidden]
