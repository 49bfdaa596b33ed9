"""What a grid is made of travels to other processes whole: every field but those that are made anew there."""

from dataclasses import fields
from pathlib import Path

import torch

from harness.data import load
from harness.papers.dct_snn.experiments import QUICKSTART
from harness.runs.executors.place import STAYS, place_of
from harness.runs.grid import Grid
from harness.runs.plan import plan
from harness.training.cell import Setting
from harness.training.checkpoint import SILENT
from tests.cells import tiny_data


def test_every_term_of_a_grid_arrives(tmp_path: Path) -> None:
    grid = Grid(tiny_data(), tmp_path, Setting(torch.device("cpu")), {"cyclic-16": (4, 16)}, keep_weights=True)
    place = place_of(grid, None, 1)
    assert {f.name for f in fields(grid)} == {*place.terms, *STAYS}
    config = QUICKSTART.resolve(QUICKSTART.arms[0], QUICKSTART.profile("smoke"), 0)
    (cell,) = plan([config], load("digits", None), tmp_path, "cpu")
    there = place.absolute().grid(cell, SILENT)
    assert (there.results, there.timesteps, there.keep_weights) == (tmp_path, {"cyclic-16": (4, 16)}, True)
    assert there.data.digest == cell.fingerprint.data
