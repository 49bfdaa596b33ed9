"""A Python that has torch loaded and forks `harness` at a word: real processes, in milliseconds rather than seconds.

One JSON line in: {"argv", "cwd", "log", "env"} starts one and answers its pid; {"wait": pid} answers its exit
code (negative: the signal that ended it).
"""

import json
import os
import signal
import sys
from pathlib import Path

from tests.robust import tiny
from tools.hostile import become


def serve() -> None:
    import harness.cli
    import harness.runs.verify
    import harness.runs.workers  # noqa: F401
    from harness.snn.kernels import cpu  # noqa: F401

    tiny.install()
    print("ready", flush=True)
    running: set[int] = set()
    try:
        for line in sys.stdin:
            order = json.loads(line)
            if "wait" in order:
                print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
                running.discard(order["wait"])
                continue
            pid = os.fork()
            if pid == 0:
                log = Path(order["log"])
                become(Path(order["cwd"]), order["argv"], log, log, lambda: None, order["env"])
            running.add(pid)
            print(pid, flush=True)
    finally:
        for pid in running:  # of a test that failed half-way
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve()
