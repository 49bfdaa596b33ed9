"""Records on disk: whole or not there, noticed when edited, refused where they could not have been computed."""

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.catalogue import Experiment
from harness.config import Balancing, SnnRecipe
from harness.errors import HarnessError
from harness.records.fingerprint import fingerprint, recipe_digest
from harness.records.store import digest_of, read_record, record_path, record_paths, write_record
from harness.schema import Counts, Epoch, LayerActivity, Record
from tests.cells import tiny_config
from tests.fingerprints import of_other_recipe
from tests.robust import tiny


@pytest.fixture(scope="module")
def record() -> Record:
    """A finished cell of 6 timesteps and 100 test images."""
    config = tiny_config()
    return Record(
        config=config,
        fingerprint=fingerprint(config, "d" * 64),
        status="done",
        environment={"torch": "2.0"},
        timings={"ann": 1.5},
        encoder_state={"thresholds": [-0.25, 0.25]},
        encoder_operations=5.0,
        thresholds=[1.25],
        ann_epochs=[Epoch(0.5, 30, 100)],
        balanced=Counts([10] * 6, 100),
        epochs=[Epoch(0.25, 41, 100)],
        curve=Counts([20, 21, 22, 23, 24, 77], 100),
        layers=[LayerActivity("linear1", 6400, 123.5, False, 100, 50.25)],
    )


def test_a_record_reads_back_as_it_was(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    assert path == record_path(tmp_path, record.config) == tmp_path / "tiny/smoke/cyclic-6/seed-0000.json"
    again = read_record(path)
    assert (again.curve, again.config) == (record.curve, record.config)
    raw = json.loads(path.read_text())
    assert all(isinstance(count, int) for count in raw["curve"]["correct"])
    raw["timings"]["ann"] = 1e6  # no part of the digest
    path.write_text(json.dumps(raw))
    assert read_record(path).timings["ann"] == 1e6


def test_a_whole_number_among_floats_is_a_number(record: Record, tmp_path: Path) -> None:
    recipe = replace(record.config.snn, dropout=0, weight_decay=0)
    config = replace(record.config, snn=recipe, balancing=Balancing(percentile=99))
    path = write_record(tmp_path, of_other_recipe(record, config))
    assert read_record(path).config.snn.dropout == 0
    assert recipe_digest(read_record(path).config) == recipe_digest(config)
    assert repr(resolved(snn=SnnRecipe(1, 32, dropout=0, weight_decay=0))).count("dropout=0.0, ") == 1


@pytest.mark.parametrize(("folder", "levels"), [("", 3), ("tiny/smoke", 1), ("tiny/smoke/cyclic-6", 0)])
def test_what_lies_beside_a_record_is_none(record: Record, tmp_path: Path, folder: str, levels: int) -> None:
    path = write_record(tmp_path, record)
    for beside in ("seed-0000.verified-training.json", "seed-0001.verified-snntorch.json", "seed-0001.safetensors"):
        path.with_name(beside).write_text("{}")
    assert record_paths(tmp_path / folder, levels) == [path]


# What is refused


def test_an_edited_record_and_one_of_another_schema_are_refused(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    content = path.read_text()
    assert record.curve is not None
    for old, new, words in (
        (f"{record.curve.correct[-1]}", f"{record.curve.correct[-1] + 1}", "tampered"),
        ('"schema_version": 4', '"schema_version": 1', "record of schema 1, this harness reads 4"),
    ):
        path.write_text(content.replace(old, new))
        with pytest.raises(HarnessError, match=words):
            read_record(path)


@pytest.mark.parametrize("kind", ["pipe", "sparse file"])
def test_only_regular_files_of_a_sensible_size_are_opened(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "seed-0000.json"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.touch()
        os.truncate(path, 10**11)
    with pytest.raises(HarnessError, match=r"seed-0000\.json: not a readable record"):
        read_record(path)


RIGHT = [1] * 30 + [0] * 70
COUNTS = {"correct": [10, 20, 30, 30, 30, 30], "total": 100}


def bits(right: list[int]) -> str:
    return base64.b64encode(np.packbits(right).tobytes()).decode()


def written(record: Record, folder: Path, edits: dict[str, Any]) -> Path:
    """The record with edits by dotted path, sealed as someone who knows how would do it."""
    document = json.loads(msgspec.json.encode(record)) | {"curve": COUNTS, "right": {"6": bits(RIGHT)}}
    for place, value in edits.items():
        *folders, name = place.split("/")
        inner = document
        for step in folders:
            inner = inner[step] if isinstance(inner, dict) else inner[int(step)]
        inner[name] = value
    path = folder / "seed-0000.json"
    try:
        made = msgspec.json.decode(json.dumps(document), type=Record)
        made = of_other_recipe(made, made.config) if any(place.startswith("config") for place in edits) else made
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(made, schema_version=4, digest=digest_of(made))))
    except msgspec.MsgspecError:
        path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    "edits",
    [
        {},
        {"environment": {}, "timings": {"ann": 0.0}},
        {"layers/0/macs": 0, "layers/0/accumulates": 0, "layers/0/spikes": None},
        {"encoder_operations": 5, "encoder_macs": 5},
        {"config/seed": 2**31 - 1},
        {"config/snn/readings": [0.125], "on_the_way": {"0.125": COUNTS}},
        {"status": "failed", "failure": {"reason": "", "traceback": ""}, "curve": None, "right": {}},
    ],
)
def test_what_could_have_been_computed_is_read(record: Record, tmp_path: Path, edits: dict[str, Any]) -> None:
    read_record(written(record, tmp_path, edits))


@pytest.mark.parametrize(
    "edits",
    [
        *({"config/seed": seed} for seed in (-1, 2**31, 10**400, 1.5)),
        *({"config/timesteps": steps} for steps in (0, 10**6)),
        {"config/arm": "../x"},
        {"config/experiment": ".x"},
        {"config/snn/readings": [1e308]},
        {"fingerprint/recipe": "0" * 64},
        {"status": "failed"},
        {"failure": {"reason": "", "traceback": ""}},
        {"curve": None, "right": {}},
        *({name: {**COUNTS, "correct": [1]}} for name in ("curve", "balanced", "sample_curve")),
        *(
            {"curve": {"correct": [correct] * 6, "total": total}, "right": {}}
            for correct, total in ((0, 0), (2, 1), (-1, 1), (0, 2**31))
        ),
        {"epochs": [{"loss": 0.1, "correct": 2, "total": 1}]},
        {"timings": {"ann": -0.1}},
        *({f"layers/0/{name}": -1} for name in ("macs", "accumulates", "spikes", "neurons")),
        {"encoder_operations": 5, "encoder_macs": 6},
        {"encoder_macs": -1},
        *({"right": {name: bits(RIGHT)}} for name in ("7", "²", "two", "0", "1" * 4301)),
        *({"right": {"6": text}} for text in ("§", "", bits(RIGHT[:-8]), bits([1, *RIGHT[:-1]]))),
        {"on_the_way": {"0.125": COUNTS}},
        {"config/encoder/parameters": {"block_size": 10**400}},
    ],
    ids=str,
)
def test_what_could_not_have_been_computed_is_refused(record: Record, tmp_path: Path, edits: dict[str, Any]) -> None:
    with pytest.raises(HarnessError, match=r"seed-0000\.json: (not a readable record|refused)"):
        read_record(written(record, tmp_path, edits))


# What is refused before the first step


def resolved(**changes: Any) -> object:
    arm = replace(tiny.EXPERIMENT.arms[0], changes=changes)
    experiment = Experiment("own", "own", "", "digits", (arm,), (tiny.PROFILE,))
    return experiment.resolve(arm, tiny.PROFILE, 0)


@pytest.mark.parametrize(
    "changes",
    [{"snn.dropout": 1}, {"snn.epochs": 1.5}, {"snn.learning_rate": "fast"}, {"timesteps": 10**6}, {"neuron": None},
     {"balancing.percentile": 101}, {"encoder.parameters": {"x": object()}}, {"snn.batch_size": 0}],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_what_no_record_could_hold_is_refused_before_training(changes: dict[str, Any]) -> None:
    with pytest.raises(HarnessError, match="own, arm cyclic-6: "):
        resolved(**changes)
