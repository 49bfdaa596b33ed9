"""Edited records: `status`, `run --dry-run` and `report` judge them alike, and nothing that is refused is averaged."""

import io
import json
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
from harness.config import CellConfig
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

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, -1, 0, 1, 2**31, 10**400, 1.5, True, "", "../../x", "[/x]", "\x1b[2J", [], {}, [-1], [361]]),
    st.integers(-400, 400),
    st.sampled_from(["dct", "phase", "poisson", "cyclic-16", "lite", "smoke", "done", "failed", "digits", "mnist"]),
)


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
        ann_epochs=[Epoch(0.5, 300, total)],
        balanced=Counts(list(range(16)), total),
        epochs=[Epoch(0.25, 341, total)],
        curve=Counts([*range(200, 215), 341], total),
        layers=[LayerActivity("linear1", 6400, 123.5, False, 100, 50.25)],
    )
    return read_record(write_record(tmp_path_factory.mktemp("sound"), record))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a document, containers too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*path, key)
        yield from leaves(child, (*path, key))


def edited(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def sealed(document: Any, whole: bool) -> bytes:
    """The document with a digest that fits, as someone who knows how would write it; `whole`: its fingerprint too.

    As it is where it does not read as a record at all.
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
    paths = [path for path in leaves(document) if path[0] == "config" or not config_only]
    for path in draw(st.lists(st.sampled_from(paths), max_size=2)):
        try:
            edited(document, path, draw(VALUES))
        except (KeyError, IndexError, TypeError):
            continue  # an edit before took away what this one is about
    content = sealed(document, config_only) if draw(st.booleans()) else json.dumps(document).encode()
    return PLACE.format(arm, seed), content


def judged(results: Path, place: str, digits: DataSet) -> dict[str, str]:
    """What each command holds the record at `place` for."""
    found = {cell.record: cell.status for cell in status(results, CATALOGUE, "quickstart").cells}
    by: dict[str, str] = {"status": found[str(results / place)]}
    configs = configurations(QUICK, LITE, [QUICK.arm(name) for name in ARMS], SEEDS)
    planned = {str(cell.path): cell.state for cell in cells_of(configs, digits, results)}
    if str(results / place) in planned:
        by["run"] = planned[str(results / place)]
    (_, yours) = sources = read(results.parent / "none", results, CATALOGUE)
    averaged = set(yours.loaded.curves["seed"])
    rows = [cell.status for cells in yours.cells.values() for cell in cells]
    assert len(rows) <= 1
    by["report"] = rows[0] if rows else "stale"
    assert bool(averaged) == (by["report"] == "done")
    assert bool(yours.estimates) <= bool(averaged)
    assert by["report"] == "done" or yours.problems
    Console(file=io.StringIO(), width=80).print(own_tables(sources, CATALOGUE.claims))
    return by


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_all_commands_judge_an_edited_record_alike(
    tmp_path_factory: pytest.TempPathFactory, sound: Record, digits: DataSet, data: st.DataObject
) -> None:
    place, content = data.draw(edits(sound))
    results = tmp_path_factory.mktemp("edited") / "results"
    (results / place).parent.mkdir(parents=True)
    (results / place).write_bytes(content)
    by = judged(results, place, digits)
    event(by["report"])
    assert len(set(by.values())) == 1, by


def test_the_unedited_record_is_done_for_all(tmp_path: Path, sound: Record, digits: DataSet) -> None:
    write_record(tmp_path / "results", sound)
    by = judged(tmp_path / "results", PLACE.format("cyclic-16", 0), digits)
    assert by == {"status": "done", "run": "done", "report": "done"}


def another_seed(config: CellConfig) -> CellConfig:
    return replace(config, seed=1)


def another_encoder(config: CellConfig) -> CellConfig:
    return replace(config, encoder=replace(config.encoder, name="../../x"))


def another_length(config: CellConfig) -> CellConfig:
    return replace(config, timesteps=15)


@pytest.mark.parametrize("change", [another_seed, another_encoder, another_length])
def test_the_commands_themselves_say_the_same_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: Record, change: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    place = write_record(Path("results/local"), sound)
    lied = msgspec.structs.replace(sound, config=change(sound.config))
    place.write_bytes(msgspec.json.encode(msgspec.structs.replace(lied, digest=digest_of(lied))))
    code, said = main(monkeypatch, "run", "quickstart", "--profile", "lite", "--arm", "cyclic-16", "--dry-run")
    assert (code, "3 to do" in said) == (0, True)
    assert main(monkeypatch, "status")[0] == 0
    assert main(monkeypatch, "report", "--out", "out")[0] == 0
    assert "97.1" not in Path("out/report.md").read_text(encoding="utf-8")
