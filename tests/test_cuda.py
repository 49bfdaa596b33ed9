"""The same code on a GPU; skipped, with that reason, where there is none."""

import pytest
import torch

from harness.training.cell import Setting, run_cell
from tests.cells import run_tiny, tiny_config, tiny_data

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


def test_a_cell_on_cuda_learns_as_it_does_on_the_cpu() -> None:
    import encoders

    config, data = tiny_config(), tiny_data()
    result = run_cell(config, data, encoders.create("dct"), Setting(torch.device("cuda"))).result
    cpu = run_tiny(config, data)
    assert cpu.curve is not None
    assert abs(result.curve.correct[-1] - cpu.curve.correct[-1]) <= 10
