"""Numbers below fp32's normal range count as 0 once cells can run, in every thread."""

import subprocess
import sys

SCRIPT = """
import torch
import harness.training.cell
tiny = torch.full((4_000_000,), 1e-39)  # enough for every thread of torch
print(int((tiny * 1.0 != 0).sum()), int((torch.full((64, 64), 1e-39) @ torch.full((64, 64), 1e30)).count_nonzero()))
"""


def test_no_thread_meets_a_denormal_number() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]
