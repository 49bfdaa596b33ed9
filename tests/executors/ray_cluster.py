"""A Ray cluster of two nodes on this machine, on which the tiny grid runs; one node may die in the middle.

To be run as a program in an empty folder, since Ray needs the sockets that tests may not use: `ray_cluster [kill]`.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster

from tests.robust import tiny


def kill_when_training(cluster: Cluster, node: Any) -> None:
    """Kill the node as soon as both nodes are at work on a cell."""
    while len(list(Path.cwd().rglob(".seed-*.lock"))) < 2:
        time.sleep(0.001)
    cluster.remove_node(node, allow_graceful=False)
    print("killed a node", file=sys.stderr, flush=True)


def main() -> None:
    """Start the cluster and `harness run` on it."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    os.environ["RAY_ADDRESS"] = cluster.address
    if "kill" in sys.argv:
        threading.Thread(target=kill_when_training, args=(cluster, node), daemon=True).start()
    from harness import cli

    tiny.install()
    sys.argv = ["harness", "run", "tiny", "--results-dir", "results", "--json", "--on", "ray"]
    code = 0
    try:
        cli.main()
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]
    sys.exit(code)


if __name__ == "__main__":
    main()
