"""Admission: what makes a whole record unusable, at the limit and just beyond it."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.records.admission import LARGEST, nonsense
from harness.records.store import read_record
from harness.schema import Counts, Epoch, Failure, LayerActivity, Record
from tests.fingerprints import of_other_recipe

Write = Callable[..., Path]
LAYER = LayerActivity("linear1", 1000, 4000.0, multiplies=False, neurons=10, spikes=6.0)


@pytest.fixture
def record(write: Write) -> Record:
    """A finished cell of two timesteps that makes sense."""
    return read_record(write("mnist-784-100-10", "paper", "cyclic-2", 0, [5000, 8660]))


def with_config(record: Record, **changes: Any) -> Record:
    return of_other_recipe(record, replace(record.config, **changes))


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
    one = msgspec.structs.replace(
        with_config(record, timesteps=1), curve=Counts([5000], 10_000), epochs=[], sample_curve=None
    )
    assert nonsense(one) == ""
    failed = msgspec.structs.replace(
        one, status="failed", curve=None, balanced=None, failure=Failure("out of memory", "")
    )
    assert nonsense(with_config(failed, timesteps=LARGEST)) == ""


def test_time_may_stand_still_but_not_run_back(record: Record) -> None:
    assert nonsense(msgspec.structs.replace(record, timings={"ann": 0.0})) == ""
    assert (
        nonsense(msgspec.structs.replace(record, timings={"ann": 1.0, "test": -0.1}))
        == "timings or operations out of range"
    )


def test_status_and_failure_must_agree(record: Record) -> None:
    failure = Failure("out of memory", "Traceback: …")
    assert nonsense(msgspec.structs.replace(record, status="failed")) == "status and failure contradict each other"
    assert nonsense(msgspec.structs.replace(record, failure=failure)) == "status and failure contradict each other"


@pytest.mark.parametrize("curve", [None, Counts([1], 10), Counts([1, 2, 3], 10)])
def test_a_curve_has_a_count_for_each_timestep(record: Record, curve: Counts | None) -> None:
    assert nonsense(msgspec.structs.replace(record, curve=curve)) == (
        "counts that are not one for each of its timesteps" if curve else "done, but without a curve"
    )


@pytest.mark.parametrize("counts", [Counts([0, 1], 1), Counts([0, LARGEST], LARGEST)])
def test_counts_on_their_limit_make_sense(record: Record, counts: Counts) -> None:
    assert nonsense(msgspec.structs.replace(record, curve=counts, epochs=[])) == ""


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


@pytest.mark.parametrize("changes", [{"macs": -1}, {"accumulates": -0.5}, {"spikes": -0.5}, {"neurons": -1}])
def test_less_than_nothing_is_said(record: Record, changes: dict[str, float]) -> None:
    assert nonsense(with_layer(record, **changes)) == "timings or operations out of range"


@pytest.mark.parametrize(
    "changes", [{"encoder_operations": -1.0}, {"encoder_operations": 5.0, "encoder_macs": 6.0}, {"encoder_macs": -1.0}]
)
def test_operations_of_an_encoder_that_cannot_be_are_said(record: Record, changes: dict[str, float]) -> None:
    assert nonsense(msgspec.structs.replace(record, encoder_operations=5.0, encoder_macs=5.0)) == ""
    assert nonsense(msgspec.structs.replace(record, **changes)) == "timings or operations out of range"


def test_a_fingerprint_of_another_configuration_is_said(record: Record) -> None:
    relabelled = msgspec.structs.replace(record, config=replace(record.config, seed=1))
    assert nonsense(relabelled) == "its fingerprint is of another configuration"
    assert nonsense(of_other_recipe(record, relabelled.config)) == ""


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ({"3": ""}, "wrong timestep"),
        ({"-1": ""}, "wrong name"),
        ({"2": "?"}, "wrong encoding"),
        ({"2": ""}, "wrong length"),
        ({"2": base64.b64encode(b"\xff" * 1250).decode()}, "wrong count"),
    ],
)
def test_bits_that_do_not_add_up_are_said(record: Record, right: dict[str, str], words: str) -> None:
    assert words in nonsense(msgspec.structs.replace(record, right=right))


def test_bits_that_add_up_make_sense(record: Record) -> None:
    bits = np.arange(10_000) < 8660
    right = {"2": base64.b64encode(np.packbits(bits).tobytes()).decode()}
    assert nonsense(msgspec.structs.replace(record, right=right)) == ""


def test_readings_on_the_way_are_those_of_the_recipe_and_whole_curves(record: Record) -> None:
    read = with_config(record, snn=replace(record.config.snn, readings=(0.125,)))
    whole, short = Counts([10, 20], 10_000), Counts([10], 10_000)
    assert nonsense(msgspec.structs.replace(read, on_the_way={"0.125": whole}, balanced=whole)) == ""
    assert nonsense(msgspec.structs.replace(read, on_the_way={"a tenth": whole})).startswith("readings on the way that")
    for other in ({"on_the_way": {"0.125": short}}, {"balanced": short}, {"sample_curve": short}):
        assert nonsense(msgspec.structs.replace(read, **other)).startswith("counts that are not one for each")
