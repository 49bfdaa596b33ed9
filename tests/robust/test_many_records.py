"""Thousands of records: what it costs to read and to judge them."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.config import canonical_json
from harness.papers import catalogue
from harness.records.store import digest_of, record_path
from harness.schema import SCHEMA_VERSION, LayerActivity
from tests.analysis.conftest import record
from tests.analysis.judging import MNIST
from tests.command import python

RECORDS, SECONDS, MIB = 3_000, 3, 512
LAYERS = [
    LayerActivity("linear1", 78_400, 9_000.0, False, 100, 55.5),
    LayerActivity("linear2", 1_000, 500.0, False, 10, None),
]
LOOK = """
import json, sys, time
from pathlib import Path
import scipy.stats  # some of what is imported on demand takes seconds, whatever the number of records
from harness.papers import catalogue
from harness.report.sources import read
from harness.runs.status import lines, status
results, known = Path(sys.argv[1]), catalogue()
begun = time.process_time()
cells = status(results, known)
lines(cells)
done = sum(cell.status == "done" for cell in cells)
read_seconds = time.process_time() - begun
(source,) = read(results, None, known)
done = [done, sum(len(cells) for cells in source.loaded.by_arm.values())]
seconds = [read_seconds, time.process_time() - begun - read_seconds]
# Not ru_maxrss, which on Linux survives exec and would be that of whoever started this.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps(dict(done=done, seconds=seconds, mib=peak)))
"""


def write(folder: Path) -> None:
    """As many finished cells as an experiment may have, all fresh."""
    arms = [arm for arm in catalogue().experiment(MNIST).arms if arm.encoder.name == "dct"]
    for number in range(RECORDS):
        arm = arms[number % len(arms)]
        curve = [9_000 + (number * 7 + t) % 800 for t in range(arm.timesteps)]
        made = record(MNIST, "paper", arm.name, number // len(arms), curve, layers=LAYERS)
        path = record_path(folder, made.config)
        path.parent.mkdir(parents=True, exist_ok=True)
        sealed = msgspec.structs.replace(made, schema_version=SCHEMA_VERSION, digest=digest_of(made))
        path.write_bytes(canonical_json(sealed))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_thousands_of_records_are_read_and_judged_in_seconds(tmp_path: Path) -> None:
    write(tmp_path)
    said = json.loads(python("-c", LOOK, tmp_path))
    assert said["done"] == [RECORDS, RECORDS]
    assert max(said["seconds"]) < SECONDS
    assert said["mib"] < MIB
