"""`--on ray` on a real Ray cluster of two nodes: the records of one process, and a node that dies loses no cell.

The cluster runs as a program of its own, `python -m tests.runs.test_ray FILE` in an empty folder, since Ray
needs the sockets that tests may not use.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.robust import tiny
from tests.runs.conftest import digests


# A node must be hit in the middle of its work: a moment that another process's scheduling may take away.
@pytest.mark.slow
@pytest.mark.flaky(reruns=2)
@pytest.mark.usefixtures("ray_installed")
def test_a_cluster_that_loses_a_node_leaves_the_records_of_one_process(
    tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    environment = {"PYTHONPATH": tiny.root(), "HARNESS_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **environment, "RAY_USAGE_STATS_ENABLED": "0"}
    program = [sys.executable, "-m", "tests.runs.test_ray", tiny_file]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "killed a node" in done.stderr
    assert digests(tmp_path) == whole


def main(file: str) -> int:
    """Start the cluster and `harness run` on it, and kill a node at work; the exit code."""
    import ray
    from ray.cluster_utils import Cluster

    from harness import cli

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()

    def kill_when_training() -> None:
        while len(list(Path.cwd().rglob(".seed-*.lock"))) < 2:
            time.sleep(0.001)
        cluster.remove_node(node, allow_graceful=False)
        print("killed a node", file=sys.stderr, flush=True)

    os.environ["RAY_ADDRESS"] = cluster.address
    threading.Thread(target=kill_when_training, daemon=True).start()
    sys.argv = ["harness", "run", file, "--results-dir", "results", "--json", "--on", "ray"]
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
