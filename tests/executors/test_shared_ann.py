"""Two workers that start four arms of a seed train one ANN."""

import re
from dataclasses import replace
from pathlib import Path

import torch

from harness.records.fingerprint import fingerprint
from harness.records.store import record_path
from harness.runs.executors.local import Workers
from harness.runs.executors.place import place_of
from harness.runs.grid import Grid
from harness.runs.plan import PlannedCell
from harness.training.ann import AnnCache
from harness.training.cell import Setting
from harness.training.checkpoint import Watch
from tests.cells import tiny_config, tiny_data


def test_one_ann_for_four_arms(tmp_path: Path) -> None:
    data = tiny_data()
    configs = [tiny_config(arm=f"cyclic-{steps}", timesteps=steps) for steps in (3, 4, 5, 6)]
    configs = [replace(config, ann=replace(config.ann, epochs=60)) for config in configs]
    mark = {config.arm: fingerprint(config, data.digest) for config in configs}
    cells = [PlannedCell(config, mark[config.arm], record_path(tmp_path, config), "missing") for config in configs]
    heard: list[str] = []
    watch = Watch(lambda stage, _work: heard.append(stage))
    anns = AnnCache(tmp_path / "anns", "code")
    grid = Grid(data, tmp_path, Setting(torch.device("cpu"), ann_cache=anns, watch=watch))
    done = list(Workers(2, place_of(grid, None, 1))(cells, grid))
    assert sorted(one.cell.config.arm for one in done) == sorted(mark)
    assert len(list((tmp_path / "anns").glob("*.pt"))) == 1
    assert len({name for stages in heard for name in re.findall(r"(\S+) seed 0 · ANN epoch", stages)}) == 1
