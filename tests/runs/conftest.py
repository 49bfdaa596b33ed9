"""Runs as processes of their own, and the results of an undisturbed one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.records.store import digest_of, read_record, record_paths
from tests.command import ROOT


@dataclass(frozen=True)
class Started:
    server: "Server"
    pid: int
    log: Path

    def wait(self) -> int:
        """Its exit code; minus the signal's number if a signal ended it."""
        return int(self.server.ask({"wait": self.pid}))

    def done(self) -> None:
        assert self.wait() == 0, self.said()

    def said(self) -> str:
        return self.log.read_text()

    def until(self, folder: Path, pattern: str = ".seed-*.checkpoint.training") -> None:
        """Wait until a file is in `folder`: by default until the run is in the middle of a cell."""
        end = time.monotonic() + 300
        while not list(folder.rglob(pattern)):
            assert time.monotonic() < end, self.said()
            time.sleep(0.005)


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[str]"
    folder: Path

    def ask(self, order: dict[str, object]) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def run(self, file: str, cwd: Path, *more: str, **env: str) -> Started:
        log = self.folder / f"log-{len(list(self.folder.iterdir()))}"
        log.touch()
        argv = ("run", file, "--results-dir", "results", "--json", *more)
        env = {"HARNESS_CACHE": str(cwd / "cache"), "PYTHONPATH": str(ROOT), **env}
        order: dict[str, object] = {"argv": argv, "cwd": str(cwd), "log": str(log), "env": env}
        return Started(self, int(self.ask(order)), log)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.runs.server"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        yield Server(process, tmp_path_factory.mktemp("logs"))
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=300)


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tiny experiment as a file, which workers read as well as the run that starts them.

    With more epochs, so that a signal finds it in the middle of a cell.
    """
    path = tmp_path_factory.mktemp("file") / "own.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from tests.robust.tiny import EXPERIMENT as TINY\n"
        "P = TINY.profiles[0]\n"
        "EXPERIMENT = replace(TINY, name='own', profiles=(replace(P, snn=replace(P.snn, epochs=40)),))\n"
    )
    return str(path)


@pytest.fixture(scope="session")
def whole(server: Server, tiny_file: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of its grid, computed by one process."""
    folder = tmp_path_factory.mktemp("whole")
    server.run(tiny_file, folder).done()
    return digests(folder)


def digests(folder: Path) -> dict[str, str]:
    """Every record's digest, which leaves timings out; raises for a record that does not read."""
    results = folder / "results"
    return {str(path.relative_to(results)): digest_of(read_record(path)) for path in record_paths(results)}


def left_over(folder: Path) -> list[str]:
    """Hidden files among the results: locks, checkpoints, half-written files."""
    return [path.name for path in (folder / "results").rglob(".*") if path.is_file()]
