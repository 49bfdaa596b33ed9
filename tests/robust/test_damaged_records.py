"""Damaged records: a changed byte is noticed or harmless, and a malformed record is refused or makes sense."""

import hashlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.analysis.frame import load
from harness.config import canonical_json
from harness.papers import catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import read_record, write_record
from harness.runs.status import status
from harness.schema import Counts, Epoch, LayerActivity, Record
from tests.robust.command import main

PLACE = Path("quickstart/lite/cyclic-16/seed-0000.json")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A results folder with one record that is fit for a table, and the record's bytes."""
    experiment = catalogue().experiment("quickstart")
    config = experiment.resolve(experiment.arms[0], experiment.profile("lite"), 0)
    record = Record(
        config=config,
        fingerprint=fingerprint(config, "d" * 64),
        status="done",
        environment={"torch": "2.0", "threads": "1"},
        timings={"ann": 1.5},
        encoder_state={"thresholds": [-0.25, 0.25]},
        encoder_operations=5.0,
        thresholds=[1.25],
        ann_epochs=[Epoch(0.5, 300, 360)],
        balanced=Counts(list(range(16)), 360),
        epochs=[Epoch(0.25, 341, 360)],
        curve=Counts([*range(200, 215), 341], 360),
        layers=[LayerActivity("linear1", 6400, 123.5, False, 100, 50.25)],
    )
    results = tmp_path_factory.mktemp("results")
    return results, write_record(results, record).read_bytes()


def table(results: Path) -> Any:
    """What a results folder gives, but for seconds: timings are outside a record's digest."""
    loaded = load(results, catalogue())
    return loaded.curves.to_csv(), loaded.cells.drop(columns="seconds").to_csv()


def harmless_or_noticed(results: Path, content: bytes, truth: tuple[str, str]) -> None:
    (results / PLACE).write_bytes(content)
    loaded = load(results, catalogue())
    assert table(results) == truth or (loaded.curves.empty and loaded.cells.empty and loaded.problems)
    for cell in status(results, catalogue(), "quickstart").cells:
        assert cell.status in ("done", "stale", "missing")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_is_noticed_or_harmless(sound: tuple[Path, bytes], data: st.DataObject) -> None:
    results, content = sound
    (results / PLACE).write_bytes(content)
    truth = table(results)
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.binary(min_size=0, max_size=1))
    harmless_or_noticed(results, content[:at] + byte + content[at + 1 :], truth)
    (results / PLACE).write_bytes(content)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_cut_is_noticed(sound: tuple[Path, bytes], data: st.DataObject) -> None:
    results, content = sound
    (results / PLACE).write_bytes(content)
    truth = table(results)
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start + 1, len(content)))
    harmless_or_noticed(results, content[:start] + content[end:], truth)
    (results / PLACE).write_bytes(content)


NONSENSE: tuple[Any, ...] = (
    None, True, -1, 0,
    2**31, 2**63, 2**64, 2**200, -0.5, 1e308, "", "x" * 10_000, "\x00", "NaN", [], [[]], {}, {"x": 1},
)  # fmt: skip


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def malformed(content: bytes, number: int) -> bytes:
    """One value of a record replaced by nonsense, with a digest that fits if there can be one."""
    draws = random.Random(number)
    document = json.loads(content)
    *path, last = draws.choice(list(places(document)))
    inner = document
    for key in path:
        inner = inner[key]
    inner[last] = draws.choice(NONSENSE)
    try:
        record = msgspec.json.decode(json.dumps(document), type=Record)
        bare = msgspec.structs.replace(record, digest="", timings={})
        document["digest"] = hashlib.sha256(canonical_json(bare)).hexdigest()
    except (msgspec.MsgspecError, OverflowError, ValueError):
        pass
    return json.dumps(document).encode()


def test_four_hundred_malformed_records_are_refused_or_make_sense(sound: tuple[Path, bytes]) -> None:
    results, content = sound
    for number in range(400):
        (results / PLACE).write_bytes(malformed(content, number))
        loaded = load(results, catalogue())
        assert status(results, catalogue(), "quickstart").cells
        done = loaded.cells[loaded.cells["status"] == "done"]
        assert done["accuracy"].between(0, 100).all()
        assert (done["seconds"] >= 0).all()
        assert not (done["macs"] < 0).any()  # not a number where no operations were counted
        assert not (done["accumulates"] < 0).any()
        assert loaded.problems or len(loaded.cells) == 1
    (results / PLACE).write_bytes(content)


def test_fifty_malformed_records_are_one_line_of_the_command(
    sound: tuple[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    results, content = sound
    for number in range(50):
        (results / PLACE).write_bytes(malformed(content, number)[: -1 - number])
        code, said = main(monkeypatch, "verify", str(results / PLACE))
        assert code == 2
        assert said.count("\n") == 1
        assert said.startswith(f"error: {results / PLACE}: not a readable record")
    (results / PLACE).write_bytes(content)


def test_a_folder_of_foreign_things_is_read_past(sound: tuple[Path, bytes], tmp_path: Path) -> None:
    """Folders, pipes, loops and names that are no text, where records would be."""
    arm = tmp_path / PLACE.parent
    arm.mkdir(parents=True)
    (tmp_path / PLACE).write_bytes(sound[1])
    (arm / "seed-0001.json").mkdir()
    os.mkfifo(arm / "seed-0002.json")
    (arm / "seed-0003.json").symlink_to("seed-0003.json")
    (arm / "seed-0004.json").symlink_to("/dev/zero")
    (arm / "seed-0005.json").symlink_to("nowhere")
    Path(os.fsdecode(os.fsencode(arm) + b"/\xff.json")).write_text("{}")
    (arm / "loop").symlink_to(arm, target_is_directory=True)
    loaded = load(tmp_path, catalogue())
    assert loaded.cells["seed"].tolist() == [0]
    assert all(any(f"seed-000{seed}.json" in problem for problem in loaded.problems) for seed in range(1, 6))
    states = {
        cell.seed: cell.status for cell in status(tmp_path, catalogue(), "quickstart").cells if cell.arm == "cyclic-16"
    }
    assert states == {0: "done", **dict.fromkeys(range(1, 6), "stale")}


def test_a_record_that_would_not_read_back_is_not_written(sound: tuple[Path, bytes], tmp_path: Path) -> None:
    record = read_record(sound[0] / PLACE)
    for fields in ({"thresholds": [float("nan")]}, {"encoder_state": {"x": object()}}):
        with pytest.raises(ValueError, match="cannot be a record"):
            write_record(tmp_path, msgspec.structs.replace(record, **fields))
    assert not list(tmp_path.rglob("*.json"))
