"""Scores of a search: each is measured once, kept on disk, and known again when recipes have got new settings."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import encoders
from harness.config import EncoderSpec, SnnRecipe
from harness.papers.dct_snn.choices.validation import Scores, ann_score, snn_score, validation_split
from harness.training import batches, loop
from harness.training.cell import Setting, run_cell
from tests.cells import tiny_config, tiny_data


def test_a_score_is_measured_once_and_outlives_the_process(tmp_path: Path) -> None:
    path, asked = tmp_path / "scores.json", []

    def measure() -> int:
        asked.append(1)
        return 97

    candidate: dict[str, SnnRecipe | EncoderSpec] = {"encoder": EncoderSpec("dct"), "snn": SnnRecipe(20, 128)}
    assert Scores(path, 100).of("dct", candidate, measure) == 97
    assert Scores(path, 100).of("dct", candidate, measure) == 97
    assert len(asked) == 1
    assert Scores(path, 100).known({**candidate, "encoder": EncoderSpec("burst")}) is None


def test_a_setting_newer_than_a_score_stands_at_its_default(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    Scores(path, 100).of("snn", {"snn": SnnRecipe(20, 128)}, lambda: 5)
    rows = json.loads(path.read_text())
    del rows[0]["recipes"]["snn"]["readings"]
    path.write_text(json.dumps(rows))
    assert Scores(path, 100).known({"snn": SnnRecipe(20, 128)}) == 5
    assert Scores(path, 100).known({"snn": SnnRecipe(20, 128, readings=(0.5,))}) is None


def test_candidates_of_one_ann_balance_it_once_and_score_as_if_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, first = validation_split(tiny_data(), 50), tiny_config()
    second = replace(first, snn=replace(first.snn, learning_rate=1e-4, loss_input="mean"))
    alone = snn_score(second, data)
    snn_score(first, data, tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("balanced again")

    monkeypatch.setattr("harness.training.cell.balance", refuse)
    assert snn_score(second, data, tmp_path) == alone
    with pytest.raises(AssertionError, match="balanced again"):
        snn_score(replace(second, timesteps=5), data, tmp_path)


def test_the_score_of_an_ann_is_that_of_the_cell_that_begins_with_it(tmp_path: Path) -> None:
    data, config = validation_split(tiny_data(), 50), tiny_config()
    cell = run_cell(config, data, encoders.create(config.encoder.name), Setting(torch.device("cpu"))).result
    assert ann_score(config, data) == cell.ann_epochs[-1].correct
    assert ann_score(config, data, tmp_path) == cell.ann_epochs[-1].correct


def test_a_candidate_that_is_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, config = validation_split(tiny_data(), 50), tiny_config()
    alone, _ = snn_score(config, data), ann_score(config, data, tmp_path)
    steps, taken = config.snn.epochs * math.ceil(len(data.train) / config.snn.batch_size), 0

    def take(*batch: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken == steps - 1:
            raise KeyboardInterrupt
        return batches.batch(*batch)

    monkeypatch.setattr(loop, "batch", take)
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", -1.0)
    with pytest.raises(KeyboardInterrupt):
        snn_score(config, data, tmp_path)
    taken = steps
    assert snn_score(config, data, tmp_path) == alone
    assert taken == steps + 2
    assert [path for path in tmp_path.rglob("*training*") if path.is_file()] == []


def test_splits_of_different_sizes_are_different_data() -> None:
    assert validation_split(tiny_data(), 50).digest != validation_split(tiny_data(), 60).digest
