"""One computation under two names is trained once; whatever else differs, it is trained again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch

from harness.catalogue import Experiment, Profile
from harness.data import load
from harness.data.types import DataSet
from harness.records.certificates import Certificate, Freed, write_certificate
from harness.records.store import read_record, write_record
from harness.records.twins import TRAINED_AS
from harness.records.verifications import differing
from harness.runs.estimate import estimate
from harness.runs.plan import PlannedCell, cells_of, configurations
from harness.runs.run import Run
from harness.schema import Failure, Record
from harness.training.cell import Setting
from tests.fingerprints import of_other_code, of_other_recipe
from tests.robust import tiny

SETTING = Setting(torch.device("cpu"))
OTHER_NAME = replace(tiny.EXPERIMENT, name="tiny-again", arms=(replace(tiny.EXPERIMENT.arms[0], name="same-code"),))


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load("digits", train_images=200, test_images=100)


@pytest.fixture(scope="module")
def trained(data: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("trained")
    (done,) = Run(data, folder, SETTING).run(cells(tiny.EXPERIMENT, data, folder))
    return read_record(done.cell.path)


def cells(experiment: Experiment, data: DataSet, results: Path, profile: Profile = tiny.PROFILE) -> list[PlannedCell]:
    return cells_of(configurations(experiment, profile, experiment.arms[:1], 1), data, results)


def again(planned: list[PlannedCell], data: DataSet, results: Path, monkeypatch: pytest.MonkeyPatch) -> Record | None:
    """The record of the only cell; None where it would be trained."""

    def no_training(*_: object) -> Record:
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "compute", no_training)
    try:
        (done,) = Run(data, results, SETTING).run(planned)
    except KeyboardInterrupt:
        return None
    return read_record(done.cell.path)


def test_the_same_under_another_name_is_not_trained_again(
    trained: Record, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_record(tmp_path, trained)
    taken = again(cells(OTHER_NAME, data, tmp_path), data, tmp_path, monkeypatch)
    assert taken is not None
    assert (taken.config.experiment, taken.config.arm) == ("tiny-again", "same-code")
    assert taken.environment[TRAINED_AS] == "tiny/smoke/cyclic-6"
    monkeypatch.undo()
    (truly,) = Run(data, tmp_path / "b", SETTING).run(cells(OTHER_NAME, data, tmp_path / "b"))
    assert taken.fingerprint == truly.record.fingerprint
    assert differing(taken, read_record(truly.cell.path)) == []


def test_a_twin_of_a_twin_names_the_first(
    trained: Record, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_record(tmp_path, trained)
    again(cells(OTHER_NAME, data, tmp_path), data, tmp_path, monkeypatch)
    path.unlink()
    third = again(cells(replace(OTHER_NAME, name="tiny-third"), data, tmp_path), data, tmp_path, monkeypatch)
    assert third is not None
    assert third.environment[TRAINED_AS] == "tiny/smoke/cyclic-6"


def test_a_record_of_earlier_code_is_a_twin_where_a_certificate_leads_from_it(
    trained: Record, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = of_other_code(trained, {"other": "code"})
    write_record(tmp_path, earlier)
    before, after = earlier.fingerprint.numerics, trained.fingerprint.numerics
    freed = Freed(trained.config.encoder.name, "cpu", trained.config.precision, before, after, 1)
    write_certificate(tmp_path, Certificate("0" * 40, [freed], ["tiny"], {}, {}, {}, "outputs"))
    taken = again(cells(OTHER_NAME, data, tmp_path), data, tmp_path, monkeypatch)
    assert taken is not None
    assert taken.fingerprint == earlier.fingerprint
    assert cells_of(configurations(OTHER_NAME, tiny.PROFILE, OTHER_NAME.arms, 1), data, tmp_path)[0].state == "done"


def test_a_cell_that_will_be_copied_is_known_before_anything_runs(
    trained: Record, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = cells(OTHER_NAME, data, tmp_path)
    (cost,) = [cell.cost for cell in estimate(planned, data, SETTING, tmp_path)]
    assert cost.steps > 0
    write_record(tmp_path, of_other_recipe(trained, replace(trained.config, timesteps=7)))
    (cost,) = [cell.cost for cell in estimate(planned, data, SETTING, tmp_path)]
    assert cost.steps > 0
    write_record(tmp_path, trained)
    monkeypatch.setattr("harness.runs.estimate.timed", lambda *_: pytest.fail("a copied cell was timed"))
    (cost,) = [cell.cost for cell in estimate(planned, data, SETTING, tmp_path)]
    assert (cost.steps, cost.seconds) == (0, 0.0)


def spoiled(**changes: object) -> Callable[[Record], Record]:
    return lambda record: msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: spoiled(environment={**r.environment, "threads": "77"})(r),
        lambda r: of_other_code(r, {"other": "code"}),
        lambda r: of_other_recipe(r, replace(r.config, timesteps=7)),
        spoiled(status="failed", failure=Failure("no memory", "")),
    ],
    ids=["threads", "code", "recipe", "failed"],
)
def test_what_differs_in_anything_else_is_trained(
    spoil: Callable[[Record], Record],
    trained: Record,
    data: DataSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_record(tmp_path, spoil(trained))
    assert again(cells(OTHER_NAME, data, tmp_path), data, tmp_path, monkeypatch) is None


def test_a_tampered_record_is_no_twin(
    trained: Record, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_record(tmp_path, trained)
    assert trained.curve is not None
    path.write_text(path.read_text().replace(f'"total": {trained.curve.total}', '"total": 99'))
    assert again(cells(OTHER_NAME, data, tmp_path), data, tmp_path, monkeypatch) is None
