"""Scores of a search: each is measured once, kept on disk, and known again when recipes have got new settings."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import EncoderSpec, SnnRecipe
from harness.papers.dct_snn.choices.validation import Scores, snn_score, validation_split
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


def test_splits_of_different_sizes_are_different_data() -> None:
    assert validation_split(tiny_data(), 50).digest != validation_split(tiny_data(), 60).digest
