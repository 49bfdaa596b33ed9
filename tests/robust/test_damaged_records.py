"""Damaged and edited records are harmless or refused, with one line each; all commands judge them alike."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from rich.console import Console

from harness import data as data_sets
from harness.analysis.frame import load
from harness.data.types import DataSet
from harness.papers import catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import digest_of, read_record, write_record
from harness.report import own_tables, read
from harness.runs.plan import cells_of, configurations
from harness.runs.status import status
from harness.schema import Counts, Epoch, Failure, LayerActivity, Record
from tests.fingerprints import of_other_recipe
from tests.robust.command import main

CATALOGUE = catalogue()
QUICK = CATALOGUE.experiment("quickstart").with_added(["phase"])
LITE = QUICK.profile("lite")
ARMS = ("cyclic-16", "poisson-16", "direct-16", "phase")
SEEDS = 8
PLACE = "quickstart/lite/{}/seed-{:04d}.json"
SOUND = PLACE.format("cyclic-16", 0)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, -1, 0, 1, 2**31, 2**63, 2**64, 10**400, 1.5, -0.5, 1e308, "", "x" * 10_000, "\x00"]),
    st.sampled_from(["NaN", "../../x", "[/x]", "\x1b[2J", [], [[]], {}, {"x": 1}, [-1], [361]]),
    st.sampled_from(["dct", "phase", "poisson", "cyclic-16", "lite", "smoke", "done", "failed", "digits", "mnist"]),
    st.integers(-400, 400),
)
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


def table(results: Path) -> tuple[str, str]:
    """What a folder's records say, without seconds: timings are outside a record's digest."""
    loaded = load(results, CATALOGUE)
    return loaded.curves.to_csv(), loaded.cells.drop(columns="seconds").to_csv()


@pytest.mark.slow
@examples
@given(data=st.data())
def test_changed_or_missing_bytes_are_noticed_or_harmless(folder: Path, sound: Record, data: st.DataObject) -> None:
    content = written(folder, SOUND, msgspec.json.encode(sound)).read_bytes()
    truth = table(folder)
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.just(start + 1) | st.integers(start + 1, len(content)))
    written(folder, SOUND, content[:start] + data.draw(st.binary(max_size=1)) + content[end:])
    loaded = load(folder, CATALOGUE)
    assert table(folder) == truth or (loaded.curves.empty and loaded.cells.empty and loaded.problems)
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
    assert loaded.cells["seed"].tolist() == [0]
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


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a document, containers too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*path, key)
        yield from places(child, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def sealed(document: Any, whole: bool) -> bytes:
    """The document with a digest that fits, as someone who knows how would write it; `whole`: its fingerprint too.

    Returns the document unchanged if it cannot be read as a record.
    """
    try:
        record = msgspec.json.decode(json.dumps(document), type=Record)
        if whole:
            record = of_other_recipe(record, record.config)
        return msgspec.json.encode(msgspec.structs.replace(record, digest=digest_of(record)))
    except (ValueError, OverflowError, TypeError):
        return json.dumps(document).encode()


@st.composite
def edits(draw: st.DrawFn, sound: Record) -> tuple[str, bytes]:
    """A place in the results folder, and the bytes of an edited record there."""
    if draw(st.integers(0, 3)) == 0:  # a cell that failed
        nothing: dict[str, Any] = {"curve": None, "balanced": None, "epochs": [], "layers": []}
        sound = msgspec.structs.replace(sound, status="failed", failure=Failure("[/x] no spike", ""), **nothing)
    document = json.loads(msgspec.json.encode(msgspec.structs.replace(sound, digest=digest_of(sound))))
    arm, seed = (
        draw(st.sampled_from(["cyclic-16"] * 3 + ["poisson-16", "phase", "gone"])),
        draw(st.sampled_from([0, 7])),
    )
    if draw(st.booleans()):  # relabelled, so that it stands where it says
        document["config"] |= {"arm": arm, "seed": seed}
    # The data of a record is known to `run` alone, which has the images: the others believe what it says.
    config_only = draw(st.booleans())
    paths = [path for path in places(document) if path[0] == "config" or not config_only]
    for path in draw(st.lists(st.sampled_from(paths), max_size=2)):
        try:
            put(document, path, draw(VALUES))
        except (KeyError, IndexError, TypeError):
            continue  # an edit before took away what this one is about
    content = sealed(document, config_only) if draw(st.booleans()) else json.dumps(document).encode()
    return PLACE.format(arm, seed), content


def judged(results: Path, place: str, digits: DataSet) -> dict[str, set[tuple[str, int]]]:
    """Which cells each command takes for done, of those that are planned and that of the record's own place."""
    own = (Path(place).parent.name, int(Path(place).stem.removeprefix("seed-")))
    asked = {own, *((config.arm, config.seed) for config in QUICK.cells(LITE))}
    cells = status(results, CATALOGUE, "quickstart").cells
    by = {"status": {(cell.arm, cell.seed) for cell in cells if cell.status == "done"} & asked}
    configs = configurations(QUICK, LITE, [QUICK.arm(name) for name in ARMS], SEEDS)
    by["run"] = {(c.config.arm, c.config.seed) for c in cells_of(configs, digits, results) if c.state == "done"} & asked
    (_, yours) = sources = read(results.parent / "none", results, CATALOGUE)
    done = yours.loaded.cells[yours.loaded.cells["status"] == "done"]
    by["report"] = set(zip(done["arm"], done["seed"], strict=True)) & asked
    assert yours.loaded.curves.empty == done.empty
    assert yours.loaded.curves.empty <= (not yours.estimates)
    assert by["report"] or yours.problems
    assert done["accuracy"].between(0, 100).all()
    assert not (done[["seconds", "macs", "accumulates"]] < 0).any(axis=None)
    Console(file=io.StringIO(), width=80).print(own_tables(sources, CATALOGUE.claims))
    return by


@pytest.mark.slow
@examples
@given(data=st.data())
def test_all_commands_judge_an_edited_record_alike(
    tmp_path_factory: pytest.TempPathFactory, sound: Record, digits: DataSet, data: st.DataObject
) -> None:
    place, content = data.draw(edits(sound))
    results = tmp_path_factory.mktemp("edited") / "results"
    written(results, place, content)
    by = judged(results, place, digits)
    event(str(by["report"]))
    assert by["run"] == by["status"] == by["report"]


def test_the_unedited_record_is_done_for_all(tmp_path: Path, sound: Record, digits: DataSet) -> None:
    write_record(tmp_path / "results", sound)
    assert judged(tmp_path / "results", SOUND, digits) == {
        name: {("cyclic-16", 0)} for name in ("status", "run", "report")
    }


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
