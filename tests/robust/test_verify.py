"""`harness verify`: a cell trained again is the same, within noise, or different."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from harness import cli
from harness.analysis.apart import gap
from harness.errors import HarnessError
from harness.records.retrainings import retraining_of
from harness.records.store import read_record, write_record
from harness.records.twins import TRAINED_AS
from harness.runs.verify import compare, find
from harness.schema import Counts
from tests.cells import run_tiny
from tests.fingerprints import of_other_recipe

RESULT = CliRunner()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with one record."""
    folder = tmp_path_factory.mktemp("results")
    write_record(folder, run_tiny())
    return folder


def verify(name: str, results: Path, *options: str) -> tuple[int, str]:
    done = RESULT.invoke(cli.app, ["verify", name, "--results-dir", str(results), *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def changed(results: Path, to: Path, **fields: object) -> str:
    record = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    return str(write_record(to, msgspec.structs.replace(record, **fields)))


def test_the_same_comes_out_bit_for_bit(results: Path) -> None:
    code, said = verify("quickstart/smoke/cyclic-16/0", results)
    assert (code, said.split(": ")[1].strip()) == (0, "identical bit for bit")


def test_a_forged_curve_is_different(results: Path, tmp_path: Path) -> None:
    curve = Counts([99] * 6, 100)
    code, said = verify(changed(results, tmp_path, curve=curve), results, "--json")
    document = json.loads(said)
    assert code == 1
    assert (document["verdict"], document["differing"]) == ("different", ["curve"])


def test_a_curve_off_by_one_image_is_within_tolerance(results: Path) -> None:
    record = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    assert record.curve is not None
    last = [*record.curve.correct[:-1], record.curve.correct[-1] - 1]
    after = msgspec.structs.replace(record, curve=Counts(last, 100))
    result = compare("x", record, after)
    assert (result.verdict, result.differing, result.largest) == ("within tolerance", ("curve",), 1)
    assert "largest gap 1 images, where noise allows" in str(result)


def test_where_there_is_no_curve_there_is_no_gap(results: Path) -> None:
    record = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    failed = msgspec.structs.replace(record, status="failed", curve=None)
    said = str(compare("x", record, failed))
    assert said.startswith("x: different; differing: ")
    assert "gap" not in said


def test_what_is_not_identical_stands_beside_the_seeds_of_its_arm(results: Path, tmp_path: Path) -> None:
    own = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    forged = changed(results, tmp_path, curve=Counts([50] * 6, 100), epochs=[], right={})
    assert not any("recorded seeds" in line for line in verify(forged, results)[1].splitlines())
    other = of_other_recipe(own, replace(own.config, seed=1))
    sound = {"config": other.config, "fingerprint": other.fingerprint, "epochs": [], "right": {}}
    changed(results, tmp_path, curve=Counts([90] * 6, 100), **sound)
    changed(results, tmp_path, curve=Counts([10] * 6, 100), config=replace(own.config, seed=2, test_images=7))
    (tmp_path / "quickstart/smoke/cyclic-16/seed-0003.json").write_text("no record")
    # 40 images at p = 0.7: z of 5 % in 6 timesteps is 2.638, and 2.638 · √(2 · 100 · 0.7 · 0.3) = 17.1
    assert "the arm's 2 recorded seeds are 40 apart where that noise allows 17" in verify(forged, results)[1]


def test_what_noise_allows_is_binomial() -> None:
    # One timestep, n = 100, p = ½: 1.96 · √(2 · 100 · ¼) = 13.86 images.
    assert gap(Counts([50], 100), Counts([50], 100))[1] == pytest.approx(13.859, abs=1e-3)
    assert gap(Counts([40], 100), None) == (0, -1.0)


def test_other_versions_and_earlier_code_are_noted(results: Path) -> None:
    record = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    mark = msgspec.structs.replace(record.fingerprint, digest="0", numerics="1", modules={})
    before = msgspec.structs.replace(record, environment={**record.environment, "torch": "1.0"}, fingerprint=mark)
    result = compare("x", before, record)
    assert result.verdict == "identical bit for bit"
    assert any(note.startswith("torch: 1.0 in the record") for note in result.notes)
    assert any("earlier code" in note for note in result.notes)


def test_the_name_under_which_a_copy_was_trained_is_noted(results: Path) -> None:
    record = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    before = msgspec.structs.replace(record, environment={**record.environment, TRAINED_AS: "other/lite/arm"})
    assert compare("x", before, record).notes == ("the cell of the record was trained as other/lite/arm",)
    assert compare("x", record, record).notes == ()


def test_other_data_are_refused(results: Path, tmp_path: Path) -> None:
    record = read_record(results / "quickstart/smoke/cyclic-16/seed-0000.json")
    config = replace(record.config, train_images=150)
    path = write_record(tmp_path, msgspec.structs.replace(record, config=config))
    with pytest.raises(HarnessError, match="is not that of the record"):
        verify(str(path), results)


@pytest.mark.parametrize("name", ["quickstart/smoke/cyclic-16/9", "nothing", "", "/", "a/b/c/d/e", "a/b/c/-1", "\x00"])
def test_what_is_no_record_is_named(results: Path, name: str) -> None:
    with pytest.raises(HarnessError, match="no record"):
        find(name, results)


def test_a_record_is_found_by_path_and_by_cell(results: Path) -> None:
    path = results / "quickstart/smoke/cyclic-16/seed-0000.json"
    assert find(str(path), results) == path
    assert find("quickstart/smoke/cyclic-16/seed-0000", results) == path


def test_the_answer_of_a_training_is_kept_where_asked(results: Path, tmp_path: Path) -> None:
    name = "quickstart/smoke/cyclic-16/0"
    path = Path(changed(results, tmp_path, curve=Counts([99] * 6, 100)))
    verify(name, tmp_path)
    assert [file.name for file in path.parent.iterdir()] == ["seed-0000.json"]
    code, _ = verify(name, tmp_path, "--keep")
    assert code == 1
    stored = json.loads(path.with_name("seed-0000.retraining.json").read_text())
    record = json.loads(path.read_text())
    assert (stored["record"], stored["verdict"], stored["differing"]) == (record["digest"], "different", ["curve"])
    assert stored["numerics"] == record["fingerprint"]["numerics"]


def test_an_answer_counts_for_the_record_it_was_given_for(results: Path, tmp_path: Path) -> None:
    path = Path(changed(results, tmp_path))
    verify("quickstart/smoke/cyclic-16/0", tmp_path, "--keep")
    record = read_record(path)
    found = retraining_of(path, record)
    assert found is not None
    assert found.verdict == "identical bit for bit"
    assert retraining_of(path, msgspec.structs.replace(record, digest="0" * 64)) is None
    path.with_name("seed-0000.retraining.json").write_text("{}")
    assert retraining_of(path, record) is None


def test_a_test_of_weights_is_not_kept_as_a_training(results: Path) -> None:
    with pytest.raises(HarnessError, match="--weights trains nothing"):
        verify("quickstart/smoke/cyclic-16/0", results, "--keep", "--weights")
