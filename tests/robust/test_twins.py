"""One computation under two names is trained once; a cell that differs in anything is trained again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalogue import Experiment
from harness.data import load
from harness.records.certificates import Certificate, Freed, write_certificate
from harness.records.store import read_record, write_record
from harness.records.twins import TRAINED_AS
from harness.records.verifications import differing
from harness.runs.estimate import estimate
from harness.runs.plan import PlannedCell, cells_of, configurations
from harness.runs.run import Run
from harness.schema import Failure, Record
from harness.training.cell import Setting
from tests.cells import CPU
from tests.fingerprints import of_other_code, of_other_recipe
from tests.robust import tiny

SETTING = Setting(CPU)
DATA = load("digits", train_images=200, test_images=100)
OTHER_NAME = replace(tiny.EXPERIMENT, name="tiny-again", arms=(replace(tiny.EXPERIMENT.arms[0], name="same-code"),))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("trained")
    (done,) = Run(DATA, folder, SETTING).run(cells(tiny.EXPERIMENT, folder))
    return read_record(done.cell.path)


def cells(experiment: Experiment, results: Path) -> list[PlannedCell]:
    return cells_of(configurations(experiment, tiny.PROFILE, experiment.arms[:1], 1), DATA, results)


def copied(experiment: Experiment, results: Path) -> Record | None:
    """The record of the only cell; None where it would be trained."""

    def no_training(*_: object) -> Record:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "compute", no_training)
        try:
            (done,) = Run(DATA, results, SETTING).run(cells(experiment, results))
        except KeyboardInterrupt:
            return None
    return read_record(done.cell.path)


def test_the_same_under_another_name_is_not_trained_again(trained: Record, tmp_path: Path) -> None:
    write_record(tmp_path, trained)
    twin = copied(OTHER_NAME, tmp_path)
    assert twin is not None
    assert (twin.config.experiment, twin.config.arm) == ("tiny-again", "same-code")
    assert twin.environment[TRAINED_AS] == "tiny/smoke/cyclic-6"
    (truly,) = Run(DATA, tmp_path / "b", SETTING).run(cells(OTHER_NAME, tmp_path / "b"))
    assert twin.fingerprint == truly.record.fingerprint
    assert differing(twin, read_record(truly.cell.path)) == []


def test_a_twin_of_a_twin_names_the_first(trained: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, trained)
    copied(OTHER_NAME, tmp_path)
    path.unlink()
    third = copied(replace(OTHER_NAME, name="tiny-third"), tmp_path)
    assert third is not None
    assert third.environment[TRAINED_AS] == "tiny/smoke/cyclic-6"


def test_a_record_of_earlier_code_is_a_twin_if_a_certificate_leads_from_it(trained: Record, tmp_path: Path) -> None:
    earlier = of_other_code(trained, {"other": "code"})
    write_record(tmp_path, earlier)
    before, after = earlier.fingerprint.numerics, trained.fingerprint.numerics
    freed = Freed(trained.config.encoder.name, "cpu", trained.config.precision, before, after, 1)
    write_certificate(tmp_path, Certificate("0" * 40, [freed], ["tiny"], {}, {}, {}, "outputs"))
    twin = copied(OTHER_NAME, tmp_path)
    assert twin is not None
    assert twin.fingerprint == earlier.fingerprint
    assert cells(OTHER_NAME, tmp_path)[0].state == "done"


def test_a_cell_that_will_be_copied_costs_nothing(trained: Record, tmp_path: Path) -> None:
    (cost,) = [cell.cost for cell in estimate(cells(OTHER_NAME, tmp_path), DATA, SETTING, tmp_path)]
    assert cost.steps > 0
    write_record(tmp_path, trained)
    (cost,) = [cell.cost for cell in estimate(cells(OTHER_NAME, tmp_path), DATA, SETTING, tmp_path)]
    assert (cost.steps, cost.seconds) == (0, 0.0)


def failed(record: Record) -> Record:
    return msgspec.structs.replace(record, status="failed", failure=Failure("no memory", ""))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: msgspec.structs.replace(r, environment={**r.environment, "threads": "77"}),
        lambda r: of_other_code(r, {"other": "code"}),
        lambda r: of_other_recipe(r, replace(r.config, timesteps=7)),
        failed,
    ],
    ids=["threads", "code", "recipe", "failed"],
)
def test_what_differs_in_anything_else_is_trained(spoil: Any, trained: Record, tmp_path: Path) -> None:
    write_record(tmp_path, spoil(trained))
    assert copied(OTHER_NAME, tmp_path) is None


def test_a_tampered_record_is_no_twin(trained: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, trained)
    assert trained.curve is not None
    path.write_text(path.read_text().replace(f'"total": {trained.curve.total}', '"total": 99'))
    assert copied(OTHER_NAME, tmp_path) is None
