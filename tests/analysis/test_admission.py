"""Admission: what makes a whole record unusable, at the limit and just beyond it."""

import base64
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.records.admission import LARGEST, nonsense
from harness.records.store import read_record
from harness.schema import Counts, Epoch, Failure, LayerActivity, Record
from tests.analysis.judging import MNIST, Write
from tests.fingerprints import of_other_recipe

LAYER = LayerActivity("linear1", 1000, 4000.0, multiplies=False, neurons=10, spikes=6.0)
FAILURE = Failure("out of memory", "Traceback: …")
WHOLE, SHORT = Counts([10, 20], 10_000), Counts([10], 10_000)
RIGHT = base64.b64encode(np.packbits(np.arange(10_000) < 8660).tobytes()).decode()
CONTRADICTION = "status and failure contradict each other"
NOT_ONE_EACH = "counts that are not one for each of its timesteps"
COUNTS, AMOUNTS = "counts out of range", "timings or operations out of range"


@pytest.fixture
def record(write: Write) -> Record:
    """A finished cell of two timesteps that makes sense."""
    return read_record(write(MNIST, "paper", "cyclic-2", 0, [5000, 8660]))


def layer(**changes: float | None) -> dict[str, Any]:
    return {"layers": [LAYER, msgspec.structs.replace(LAYER, **changes)]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"timings": {"ann": 0.0}}, ""),
        ({"timings": {"ann": 1.0, "test": -0.1}}, AMOUNTS),
        ({"status": "failed"}, CONTRADICTION),
        ({"failure": FAILURE}, CONTRADICTION),
        ({"status": "failed", "failure": FAILURE, "curve": None}, ""),
        ({"curve": None}, "done, but without a curve"),
        *(({"curve": Counts(correct, 10)}, NOT_ONE_EACH) for correct in ([1], [1, 2, 3])),
        *(({name: SHORT}, NOT_ONE_EACH) for name in ("balanced", "sample_curve")),
        *(({"curve": Counts([0, total], total), "epochs": []}, "") for total in (1, LARGEST)),
        *((layer(**{name: 0}), "") for name in ("macs", "accumulates", "spikes")),
        (layer(spikes=None), ""),
        *((layer(**{name: -1}), AMOUNTS) for name in ("macs", "accumulates", "spikes", "neurons")),
        ({"encoder_operations": 5.0, "encoder_macs": 5.0}, ""),
        ({"encoder_operations": -1.0}, AMOUNTS),
        ({"encoder_operations": 5.0, "encoder_macs": 6.0}, AMOUNTS),
        ({"encoder_macs": -1.0}, AMOUNTS),
        ({"right": {"2": RIGHT}}, ""),
        ({"right": {"3": ""}}, "bits of images at timestep 3: wrong timestep"),
        ({"right": {"-1": ""}}, "bits of images at timestep -1: wrong name"),
        ({"right": {"2": "?"}}, "bits of images at timestep 2: wrong encoding"),
        ({"right": {"2": ""}}, "bits of images at timestep 2: wrong length"),
        ({"right": {"1": RIGHT}}, "bits of images at timestep 1: wrong count"),
        ({"on_the_way": {"0.5": WHOLE}}, "readings on the way that its recipe does not have"),
    ],
)
def test_what_cannot_be_is_said_and_what_lies_on_the_limit_makes_sense(
    record: Record, changes: dict[str, Any], words: str
) -> None:
    assert nonsense(msgspec.structs.replace(record, **changes)) == words


@pytest.mark.parametrize("counts", [Counts([0, 0], 0), Counts([0, 2], 1), Counts([-1, 1], 1), Counts([0, 1], 2**31)])
def test_counts_out_of_range_are_said_wherever_they_stand(record: Record, counts: Counts) -> None:
    epoch = Epoch(0.1, counts.correct[-1] if counts.correct[0] >= 0 else -1, counts.total)
    for changes in ({"curve": counts}, {"balanced": counts}, {"epochs": [epoch]}, {"ann_epochs": [epoch]}):
        assert nonsense(msgspec.structs.replace(record, **changes)) == COUNTS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": LARGEST}, ""),
        *(({"seed": seed}, "seed or timesteps out of range") for seed in (-1, LARGEST + 1)),
        *(({"timesteps": steps}, "seed or timesteps out of range") for steps in (0, LARGEST + 1)),
        ({"timesteps": LARGEST}, NOT_ONE_EACH),
    ],
)
def test_a_seed_or_timesteps_out_of_range_are_said(record: Record, changes: dict[str, Any], words: str) -> None:
    assert nonsense(of_other_recipe(record, replace(record.config, **changes))) == words


def test_a_fingerprint_of_another_configuration_is_said(record: Record) -> None:
    relabelled = msgspec.structs.replace(record, config=replace(record.config, seed=1))
    assert nonsense(relabelled) == "its fingerprint is of another configuration"
    assert nonsense(of_other_recipe(record, relabelled.config)) == ""


def test_readings_on_the_way_are_those_of_the_recipe_and_whole_curves(record: Record) -> None:
    snn = replace(record.config.snn, readings=(0.125,))
    read = of_other_recipe(record, replace(record.config, snn=snn))
    assert nonsense(msgspec.structs.replace(read, on_the_way={"0.125": WHOLE}, balanced=WHOLE)) == ""
    assert nonsense(msgspec.structs.replace(read, on_the_way={"a tenth": WHOLE})).startswith("readings on the way that")
    assert nonsense(msgspec.structs.replace(read, on_the_way={"0.125": SHORT})) == NOT_ONE_EACH
