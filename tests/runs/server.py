"""A Python that has torch loaded and forks `harness` at a word: real processes, in milliseconds rather than seconds.

One JSON line in: {"argv", "cwd", "log", "env"} starts one and answers its pid; {"wait": pid} answers its exit
code (negative: the signal that ended it).
"""

import json
import os
import signal
import sys
from typing import Any

from tests.robust import tiny


def child(order: dict[str, Any]) -> None:
    """Become `harness` with the arguments of `order`, and never return."""
    log = os.open(order["log"], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(order["cwd"])
    os.environ.update(order["env"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests started in the background would ignore it
    sys.argv = ["harness", *order["argv"]]
    from harness import cli

    code: Any = 0
    try:
        cli.main()
    except SystemExit as leaving:
        code = leaving.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code))


def serve() -> None:
    import harness.cli
    import harness.runs.verify
    import harness.runs.workers  # noqa: F401
    from harness.snn.kernels import cpu  # noqa: F401

    tiny.install()
    print("ready", flush=True)
    running: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
            running.discard(order["wait"])
            continue
        pid = os.fork()
        if pid == 0:
            child(order)
        running.add(pid)
        print(pid, flush=True)
    for pid in running:  # of a test that failed half-way
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve()
