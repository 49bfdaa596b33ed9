"""Memory that was freed is used again without faulting its pages in."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, torch
from harness.machine.process import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(77)
def fill():
    torch.ones(64 << 18)
fill(); fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    result = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=False)
    if result.returncode == 77:
        pytest.skip("the C library has no mallopt")
    return int(result.stdout)


@pytest.mark.slow
def test_pages_are_kept() -> None:
    kept = faults("keep")
    assert kept < 100
    assert faults("leave") > kept
