"""Damaged and edited records are harmless or refused, with one line each; all commands judge them alike."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import data as data_sets
from harness.analysis.cells import load
from harness.data.types import DataSet
from harness.papers import catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import digest_of, read_record, write_record
from harness.runs.status import status
from harness.schema import Counts, Epoch, LayerActivity, Record
from tests.fingerprints import of_other_recipe
from tests.robust.command import main

CATALOGUE = catalogue()
QUICK = CATALOGUE.experiment("quickstart").with_added(["phase"])
LITE = QUICK.profile("lite")
PLACE = "quickstart/lite/{}/seed-{:04d}.json"
SOUND = PLACE.format("cyclic-16", 0)
examples = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return data_sets.load("digits", None, train_images=LITE.train_images, test_images=LITE.test_images)


@pytest.fixture(scope="module")
def sound(digits: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A finished cell of cyclic-16, seed 0, at the lite profile."""
    config = QUICK.resolve(QUICK.arm("cyclic-16"), LITE, 0)
    total = len(digits.test)
    record = Record(
        config=config,
        fingerprint=fingerprint(config, digits.digest),
        status="done",
        environment={"torch": "2.0"},
        timings={"ann": 1.5},
        encoder_state={"thresholds": [-0.25, 0.25]},
        encoder_operations=5.0,
        thresholds=[1.25],
        ann_epochs=[Epoch(0.5, 300, total)],
        balanced=Counts(list(range(16)), total),
        epochs=[Epoch(0.25, 341, total)],
        curve=Counts([*range(200, 215), 341], total),
        layers=[LayerActivity("linear1", 6400, 123.5, False, 100, 50.25)],
    )
    return read_record(write_record(tmp_path_factory.mktemp("sound"), record))


def written(results: Path, place: str, content: bytes) -> Path:
    path = results / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


# Bytes


def said(results: Path) -> list[Record]:
    """What a folder's records say, without seconds: timings are outside a record's digest."""
    cells = load(results, CATALOGUE).cells.values()
    return [msgspec.structs.replace(cell.record, timings={}) for cell in cells]


@pytest.mark.slow
@examples
@given(data=st.data())
def test_changed_or_missing_bytes_are_noticed_or_harmless(folder: Path, sound: Record, data: st.DataObject) -> None:
    content = written(folder, SOUND, msgspec.json.encode(sound)).read_bytes()
    truth = said(folder)
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.just(start + 1) | st.integers(start + 1, len(content)))
    written(folder, SOUND, content[:start] + data.draw(st.binary(max_size=1)) + content[end:])
    loaded = load(folder, CATALOGUE)
    assert said(folder) == truth or (not loaded.cells and loaded.problems)
    assert {cell.status for cell in status(folder, CATALOGUE, "quickstart").cells} <= {"done", "stale", "missing"}


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"{" * 100_000, b"null", b'{"config": 1e999}'])
def test_the_command_names_a_malformed_record_in_one_line(
    folder: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(folder, SOUND, content)
    code, said = main(monkeypatch, "verify", str(path))
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith(f"error: {path}: not a readable record")


def test_a_folder_of_foreign_things_is_read_past(sound: Record, tmp_path: Path) -> None:
    """Folders, pipes, loops and names that are no text, where records would be."""
    arm = written(tmp_path, SOUND, msgspec.json.encode(sound)).parent
    (arm / "seed-0001.json").mkdir()
    os.mkfifo(arm / "seed-0002.json")
    (arm / "seed-0003.json").symlink_to("seed-0003.json")
    (arm / "seed-0004.json").symlink_to("/dev/zero")
    (arm / "seed-0005.json").symlink_to("nowhere")
    Path(os.fsdecode(os.fsencode(arm) + b"/\xff.json")).write_text("{}")
    (arm / "loop").symlink_to(arm, target_is_directory=True)
    loaded = load(tmp_path, CATALOGUE)
    assert [key[3] for key in loaded.cells] == [0]
    assert all(any(f"seed-000{seed}.json" in problem for problem in loaded.problems) for seed in range(1, 6))
    cells = status(tmp_path, CATALOGUE, "quickstart").cells
    states = {cell.seed: cell.status for cell in cells if cell.arm == "cyclic-16"}
    assert states == {0: "done", **dict.fromkeys(range(1, 6), "stale")}


@pytest.mark.parametrize("fields", [{"thresholds": [float("nan")]}, {"encoder_state": {"x": object()}}])
def test_a_record_that_would_not_read_back_is_not_written(
    sound: Record, tmp_path: Path, fields: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="cannot be a record"):
        write_record(tmp_path, msgspec.structs.replace(sound, **fields))
    assert not list(tmp_path.rglob("*.json"))


# Values


BAD: tuple[dict[str, Any], ...] = (
    {"config/timesteps": 0}, {"config/timesteps": 10**6}, {"config/seed": -1}, {"right": {"1" * 4301: ""}},
    {"right": {"²": ""}}, {"config/snn/readings": [1e308]}, {"curve/total": 0}, {"timings": {"ann": -1e308}},
    {"config/arm": "../x"}, {"config/encoder/parameters": {"block_size": 10**400}}, {"status": "x" * 10_000},
)  # fmt: skip
ODD: tuple[dict[str, Any], ...] = (
    {"environment": {}}, {"environment": {"threads": "²", "kernel": "\x1b", "device": ""}}, {"layers": []},
    {"config/encoder/parameters": {"block_size": 0}}, {"config/encoder/name": "../x"}, {"thresholds": [1e308]},
    {"config/dataset": "nothing"}, {"config/snn/epochs": 0}, {"encoder_state": {"": None}},
)  # fmt: skip


def edited(record: Record, edits: dict[str, Any]) -> bytes:
    """The record with edits by path, sealed as someone who knows how would do it, if it can be."""
    document = json.loads(msgspec.json.encode(record))
    for place, value in edits.items():
        *folders, name = place.split("/")
        inner = document
        for folder in folders:
            inner = inner[folder]
        inner[name] = value
    try:
        made = msgspec.json.decode(json.dumps(document), type=Record)
        made = of_other_recipe(made, made.config)
        return msgspec.json.encode(msgspec.structs.replace(made, digest=digest_of(made)))
    except msgspec.MsgspecError:
        return json.dumps(document).encode()


@pytest.mark.parametrize("edits", [*BAD, *ODD], ids=lambda edits: str(edits)[:50])
def test_one_odd_record_hides_no_other(
    edits: dict[str, Any],
    sound: Record,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    results = Path("results/local")
    write_record(results, sound)
    written(results, PLACE.format("cyclic-16", 1), edited(sound, edits))
    path = written(results, "mine/lite/cyclic-16/seed-0000.json", edited(sound, {"config/experiment": "mine"} | edits))
    for verb in ("status", "report"):
        assert main(monkeypatch, verb, "--json")[0] == 0
    code, said = main(monkeypatch, "verify", str(path), "--from", "weights")
    assert (code, said.count("\n")) == (2, 1)
    cells = status(results, CATALOGUE, "quickstart").cells
    assert next(cell.seed for cell in cells if cell.status == "done" and cell.arm == "cyclic-16") == 0
    own = load(results, CATALOGUE)
    assert 0 in {key[3] for key in own.cells}
    assert len(own.problems) >= (2 if edits in BAD else 0)
    assert "\x1b" not in said + capfd.readouterr().out


@pytest.mark.parametrize("change", ["seed", "encoder", "timesteps"])
def test_a_record_of_another_cell_is_not_averaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: Record, change: str
) -> None:
    monkeypatch.chdir(tmp_path)
    other: dict[str, Any] = {"seed": 1, "encoder": replace(sound.config.encoder, name="../../x"), "timesteps": 15}
    lied = msgspec.structs.replace(sound, config=replace(sound.config, **{change: other[change]}))
    written(Path("results/local"), SOUND, msgspec.json.encode(msgspec.structs.replace(lied, digest=digest_of(lied))))
    code, said = main(monkeypatch, "run", "quickstart", "--profile", "lite", "--arm", "cyclic-16", "--dry-run")
    assert (code, "3 to do" in said) == (0, True)
    assert main(monkeypatch, "status")[0] == 0
    assert main(monkeypatch, "report", "--out", "out")[0] == 0
    assert not [path for path in Path("out").glob("*.md") if "97.1" in path.read_text(encoding="utf-8")]
