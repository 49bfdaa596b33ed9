"""`harness predict`: the counts of a record again, and images of one's own."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.cells import tiny_data
from tests.command import harness
from tests.weights.conftest import Kept


def curve(kept: Kept) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kept.record.read_text())["curve"]
    return found


def test_the_counts_are_those_of_the_record_with_or_without_it(own: Kept) -> None:
    expected = curve(own)
    assert json.loads(harness("predict", own.weights, "--json").out) == expected
    own.record.unlink()
    assert json.loads(harness("predict", own.weights, "--json").out) == expected


def test_the_table_has_each_image_with_its_class_at_every_timestep(kept: Kept, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    done = harness("predict", kept.weights, "--out", out)
    assert (done.code, f"; wrote {out}" in done.out.replace("\n", " ")) == (0, True)
    table = pd.read_csv(out)
    assert table["label"].tolist() == tiny_data().test.labels.tolist()
    assert [int((table[f"t{t}"] == table["label"]).sum()) for t in range(1, 7)] == curve(kept)["correct"]


def test_images_in_folders_of_their_classes_are_counted_and_others_classified(kept: Kept, tmp_path: Path) -> None:
    digits = load_digits()
    labels = digits.target[:40].tolist()
    for number, label in enumerate(labels):
        image = Image.fromarray((digits.images[number] * 255 / 16).round().astype("uint8"))
        for folder in (tmp_path / "classes" / str(label), tmp_path / "in"):
            folder.mkdir(parents=True, exist_ok=True)
            image.save(folder / f"{number:03d}.png")
    counts = json.loads(harness("predict", kept.weights, "--images", tmp_path / "classes", "--json").out)
    assert counts["total"] == 40
    assert counts["correct"][-1] > 20  # by chance: 4
    harness("predict", kept.weights, "--images", tmp_path / "in", "--out", tmp_path / "out.csv")
    table = pd.read_csv(tmp_path / "out.csv")
    assert table["image"].tolist() == [f"{number:03d}.png" for number in range(40)]
    assert table["label"].isna().all()
    assert sum(table["t6"] == labels) == counts["correct"][-1]


def test_what_cannot_be_predicted_is_an_error(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (9, 8)).save(tmp_path / "wide.png")
    code, _, message = harness("predict", kept.weights, "--images", tmp_path)
    assert (code, "wide.png is 9×8" in message) == (2, True)
    assert harness("predict", kept.weights, "--out", "table.xls").code == 2
    assert "no such folder" in harness("predict", kept.weights, "--images", tmp_path / "none").err
    monkeypatch.setattr("encoders.dct.Dct.encode", Mock(side_effect=RuntimeError("out of ideas")))
    code, _, message = harness("predict", kept.weights)
    assert (code, "encoder 'dct' cannot encode: RuntimeError: out of ideas" in message) == (2, True)
