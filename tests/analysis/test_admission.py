"""Admission: what makes a whole record unusable, at the limit and just beyond it, and whose code has changed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from encoders.errors import EncoderError
from harness.records import admission
from harness.records.admission import LARGEST, earlier_code, nonsense, staleness
from harness.records.store import read_record
from harness.schema import Counts, Epoch, Failure, LayerActivity, Record
from tests.analysis.judging import CATALOGUE

Write = Callable[..., Path]
LAYER = LayerActivity("linear1", 1000, 4000.0, multiplies=False, neurons=10, spikes=6.0)


@pytest.fixture
def record(write: Write) -> Record:
    """A finished cell of two timesteps that makes sense."""
    return read_record(write("mnist-784-100-10", "paper", "cyclic-2", 0, [5000, 8660]))


def with_config(record: Record, **changes: int) -> Record:
    return msgspec.structs.replace(record, config=replace(record.config, **changes))


def with_layer(record: Record, **changes: float | None) -> Record:
    return msgspec.structs.replace(record, layers=[LAYER, msgspec.structs.replace(LAYER, **changes)])


def test_a_record_as_it_was_written_makes_sense(record: Record) -> None:
    assert nonsense(record) == ""


@pytest.mark.parametrize("seed", [0, LARGEST])
def test_a_seed_on_its_limit_makes_sense(record: Record, seed: int) -> None:
    assert nonsense(with_config(record, seed=seed)) == ""


@pytest.mark.parametrize("changes", [{"seed": -1}, {"seed": LARGEST + 1}, {"timesteps": 0}, {"timesteps": LARGEST + 1}])
def test_a_seed_or_timesteps_out_of_range_is_said(record: Record, changes: dict[str, int]) -> None:
    assert nonsense(with_config(record, **changes)) == "seed or timesteps out of range"


def test_one_timestep_makes_sense(record: Record) -> None:
    one = msgspec.structs.replace(with_config(record, timesteps=1), curve=Counts([5000], 10_000))
    assert nonsense(one) == ""
    # Of a failed cell nothing but its configuration is looked at.
    failed = msgspec.structs.replace(one, status="failed", curve=None, failure=Failure("out of memory", ""))
    assert nonsense(with_config(failed, timesteps=LARGEST)) == ""


def test_time_may_stand_still_but_not_run_back(record: Record) -> None:
    assert nonsense(msgspec.structs.replace(record, timings={"ann": 0.0})) == ""
    assert nonsense(msgspec.structs.replace(record, timings={"ann": 1.0, "test": -0.1})) == "negative timings"


def test_status_and_failure_must_agree(record: Record) -> None:
    failure = Failure("out of memory", "Traceback: …")
    assert nonsense(msgspec.structs.replace(record, status="failed")) == "failed, but without a reason"
    assert nonsense(msgspec.structs.replace(record, failure=failure)) == "done, but with a failure"


@pytest.mark.parametrize("curve", [None, Counts([1], 10), Counts([1, 2, 3], 10)])
def test_a_curve_has_a_count_for_each_timestep(record: Record, curve: Counts | None) -> None:
    assert nonsense(msgspec.structs.replace(record, curve=curve)) == "done, but without a curve over its timesteps"


@pytest.mark.parametrize("counts", [Counts([0, 1], 1), Counts([0, LARGEST], LARGEST)])
def test_counts_on_their_limit_make_sense(record: Record, counts: Counts) -> None:
    assert nonsense(msgspec.structs.replace(record, curve=counts)) == ""


@pytest.mark.parametrize("counts", [Counts([0, 0], 0), Counts([0, 2], 1), Counts([-1, 1], 1), Counts([0, 1], 2**31)])
def test_counts_out_of_range_are_said_wherever_they_stand(record: Record, counts: Counts) -> None:
    epoch = Epoch(0.1, counts.correct[-1] if counts.correct[0] >= 0 else -1, counts.total)
    for changed in (
        msgspec.structs.replace(record, curve=counts),
        msgspec.structs.replace(record, balanced=counts),
        msgspec.structs.replace(record, epochs=[epoch]),
        msgspec.structs.replace(record, ann_epochs=[epoch]),
    ):
        assert nonsense(changed) == "counts out of range"


@pytest.mark.parametrize("changes", [{"macs": 0}, {"accumulates": 0.0}, {"spikes": 0.0}, {"spikes": None}])
def test_nothing_counted_makes_sense(record: Record, changes: dict[str, float | None]) -> None:
    assert nonsense(with_layer(record, **changes)) == ""


@pytest.mark.parametrize("changes", [{"macs": -1}, {"accumulates": -0.5}, {"spikes": -0.5}])
def test_less_than_nothing_is_said(record: Record, changes: dict[str, float]) -> None:
    assert nonsense(with_layer(record, **changes)) == "operations out of range"


def test_every_changed_part_of_a_configuration_is_named(record: Record) -> None:
    config = replace(record.config, timesteps=3, snn=replace(record.config.snn, epochs=3))
    found = staleness(msgspec.structs.replace(record, config=config), CATALOGUE)
    found = found.removeprefix("configuration has changed since: ")
    assert sorted(found.split(", ")) == ["snn", "timesteps"]


def test_modules_that_changed_came_or_went_are_earlier_code(record: Record) -> None:
    assert earlier_code(record) == ()
    today = record.fingerprint.modules
    changed, gone, *others = today
    recorded = {changed: "0" * 64, "harness.was_here": "1" * 64} | {name: today[name] for name in others}
    found = earlier_code(
        msgspec.structs.replace(
            record, fingerprint=msgspec.structs.replace(record.fingerprint, modules=recorded, numerics="2" * 64)
        )
    )
    assert found == tuple(sorted([changed, gone, "harness.was_here"]))


def test_an_encoder_that_is_no_more_is_earlier_code(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> str:
        raise EncoderError("unknown encoder 'dct'")

    monkeypatch.setattr(admission.registry, "module_of", gone)
    assert earlier_code(record) == ("unknown encoder 'dct'",)
