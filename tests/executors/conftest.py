"""Runs as processes of their own, and the results of an undisturbed one."""

import pytest

from tests.robust.conftest import Server, digests, server

__all__ = ["server", "whole"]


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the tiny grid, computed by one process."""
    folder = tmp_path_factory.mktemp("whole")
    run = server.start("run", "tiny", "--results-dir", "results", "--json", cwd=folder)
    assert run.wait() == 0, run.said()
    return digests(folder / "results")
