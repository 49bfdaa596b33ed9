"""Runs as processes of their own, the results of an undisturbed one, and the engines that a machine may have."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.robust.conftest import Server, digests, server
from tests.runs.cluster import Cluster, cluster, missing

__all__ = ["server", "tiny_file", "whole"]


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tiny experiment as a file, which workers read as well as the run that starts them."""
    path = tmp_path_factory.mktemp("file") / "own.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from tests.robust.tiny import EXPERIMENT as TINY\n"
        "EXPERIMENT = replace(TINY, name='own')\n"
    )
    return str(path)


@pytest.fixture(scope="session")
def whole(server: Server, tiny_file: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of its grid, computed by one process."""
    folder = tmp_path_factory.mktemp("whole")
    run = server.start("run", tiny_file, "--results-dir", "results", "--json", cwd=folder)
    assert run.wait() == 0, run.said()
    return digests(folder / "results")


@pytest.fixture
def ray_installed() -> None:
    """Ray is at hand: without it a test is skipped, or fails where Ray is required."""
    if find_spec("ray") is None:
        if "ray" in os.environ.get("HARNESS_REQUIRE", ""):
            pytest.fail("ray is not installed")
        pytest.skip("ray is not installed")


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running Slurm of one node: without one a test is skipped, or fails where Slurm is required."""
    if why := missing():
        if "slurm" in os.environ.get("HARNESS_REQUIRE", ""):
            pytest.fail(why)
        pytest.skip(why)
    with cluster(tmp_path_factory.mktemp("slurm")) as made:
        yield made
