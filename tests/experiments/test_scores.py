"""Scores of a search: each is measured once, kept on disk, and known again when recipes have got new settings."""

import json
from pathlib import Path

from harness.config import EncoderSpec, SnnRecipe
from harness.papers.dct_snn.choices.validation import Scores


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
