"""One computation has one record, whatever experiments ask for it; whatever differs in anything is trained."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.analysis.cells import load as load_cells
from harness.catalogue import Catalogue, Experiment
from harness.records.freshness import Certificate, Freed, Records, write_certificate
from harness.records.store import read_record, write_record
from harness.runs.plan import PlannedCell, cells_of, configurations
from harness.runs.run import Run
from harness.runs.status import status
from harness.schema import Failure, Record
from harness.training.cell import Setting
from tests.cells import CPU, tiny_data
from tests.fingerprints import of_other_code, of_other_recipe
from tests.robust import tiny

SETTING = Setting(CPU)
OWN = replace(tiny.EXPERIMENT, arms=tiny.EXPERIMENT.arms[:1])
AGAIN = replace(OWN, name="tiny-again", arms=(replace(OWN.arms[0], name="same-code"),))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("trained")
    (done,) = Run(tiny_data(), folder, SETTING).run(cells(OWN, folder))
    return read_record(done.cell.path)


def cells(experiment: Experiment, results: Path) -> list[PlannedCell]:
    return cells_of(configurations(experiment, tiny.PROFILE, experiment.arms, 1), tiny_data(), results)


def test_a_record_answers_for_another_experiment_and_status_and_frames_name_it(trained: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, trained)
    alone = replace(AGAIN, profiles=(replace(AGAIN.profiles[0], seeds=1),))
    known = Catalogue((), (replace(OWN, profiles=alone.profiles), alone))
    (cell,) = cells(AGAIN, tmp_path)
    assert (cell.state, cell.answer) == ("done", path)
    found = [cell for cell in status(tmp_path, known) if cell.experiment == "tiny-again"]
    assert [(cell.arm, cell.status, cell.record) for cell in found] == [("same-code", "done", str(path))]
    found_there = load_cells(tmp_path, known).cells
    assert {(key[0], key[2]) for key in found_there} == {("tiny", "cyclic-6"), ("tiny-again", "same-code")}
    assert {one.path for one in found_there.values()} == {path}


def test_a_record_answers_wherever_it_lies(trained: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, trained)
    elsewhere = tmp_path / "a" / "b" / "c" / path.name
    elsewhere.parent.mkdir(parents=True)
    shutil.move(path, elsewhere)
    (cell,) = cells(OWN, tmp_path)
    assert (cell.state, cell.answer) == ("done", elsewhere)


def test_a_record_in_the_own_folder_answers_before_another(trained: Record, tmp_path: Path) -> None:
    write_record(tmp_path, trained)
    config = cells(AGAIN, tmp_path)[0].config
    other = msgspec.structs.replace(trained, config=config, environment={**trained.environment, "device": "another"})
    own = write_record(tmp_path, other)
    assert Records(tmp_path).answer(config).path == own


def test_a_record_of_earlier_code_answers_where_a_certificate_leads_from_it(trained: Record, tmp_path: Path) -> None:
    earlier = of_other_code(trained, {"other": "code"})
    write_record(tmp_path, earlier)
    before, after = earlier.fingerprint.numerics, trained.fingerprint.numerics
    freed = Freed(trained.config.encoder.name, "cpu", trained.config.precision, before, after, 1)
    write_certificate(tmp_path, Certificate("0" * 40, [freed], ["tiny"], {}, {}, {}, "outputs"))
    assert cells(AGAIN, tmp_path)[0].state == "done"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: of_other_code(r, {"other": "code"}),
        lambda r: of_other_recipe(r, replace(r.config, timesteps=7)),
        lambda r: msgspec.structs.replace(r, status="failed", failure=Failure("no memory", "")),
    ],
    ids=["code", "recipe", "failed"],
)
def test_what_differs_otherwise_is_trained(spoil: Callable[[Record], Record], trained: Record, tmp_path: Path) -> None:
    write_record(tmp_path, spoil(trained))
    assert cells(AGAIN, tmp_path)[0].state != "done"
