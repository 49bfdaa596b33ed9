"""`harness recheck`: equal predictions in snnTorch, and whatever is planted there is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import msgspec
import pytest
import torch
from torch import Generator

import encoders
from harness.config import Clock, NetworkSpec, NeuronSpec, Precision, Reading
from harness.data import load
from harness.errors import HarnessError
from harness.records.rechecks import rechecks_of
from harness.records.store import read_record
from harness.runs.activity import trace
from harness.runs.predict import outputs
from harness.runs.recheck import Comparison, compared, network_in
from harness.runs.rounding import parting
from harness.snn.network import Network, Spiking
from harness.training.batches import normalised
from harness.training.cell import DTYPES
from tests.weights.conftest import Call, Kept

snntorch = pytest.importorskip("snntorch")

DIGITS = load("digits", train_images=200, test_images=100)
CONVOLUTIONS = NetworkSpec("convolutions", features=(6, "A", 5, "D"), hidden=(20,))


def spiking(precision: Precision = "fp32", **neuron: Any) -> Spiking:
    """Two convolutions with pooling between them, and a hidden layer; thresholds at which about a tenth fires."""
    encoder = encoders.create("dct").calibrate(normalised(DIGITS.train.images))
    network = Network(CONVOLUTIONS, (1, 8, 8), 10, Generator().manual_seed(3)).requires_grad_(False)
    made = Spiking(network, encoder, NeuronSpec(**neuron), 12, (0.9, 0.35, 0.5), DTYPES[precision])
    return replace(made, network=network.cast(made.dtype))


def check(ours: Spiking, theirs: Spiking | None = None, simulator: str = "snntorch") -> Comparison:
    pytest.importorskip(simulator)
    return compared(ours, network_in(simulator, theirs or ours), DIGITS.test, 0)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("neuron", [{}, {"clock": "layer-delay"}, {"reading": "released-code"}])
def test_both_give_the_same_but_for_rounding(precision: Precision, neuron: dict[str, Any]) -> None:
    done = check(spiking(precision, **neuron))
    assert done.unexplained == 0
    assert done.spikes < 1e-3 * done.neuron_steps
    assert done.neuron_steps == 12 * 100 * (6 * 64 + 5 * 16 + 20)


def test_the_network_is_busy() -> None:
    # Otherwise equality would say nothing.
    train = spiking().encode(normalised(DIGITS.test.images), key=0)
    rates = [float(layer.float().mean()) for layer in trace(spiking(), train).activity.spikes]
    assert all(0.02 < rate < 0.7 for rate in rates), rates


def test_the_trace_is_what_the_network_computes() -> None:
    train = spiking().encode(normalised(DIGITS.test.images), key=0)
    torch.testing.assert_close(trace(spiking(), train).activity.outputs, outputs(spiking(), train), rtol=0, atol=0)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_wrong_threshold_is_found(layer: int) -> None:
    wrong = list(spiking().thresholds)
    wrong[layer] *= 1.01
    assert check(spiking(), replace(spiking(), thresholds=tuple(wrong))).unexplained > 10


def planted(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    real: Callable[..., Any] = snntorch.Leaky
    monkeypatch.setattr(snntorch, "Leaky", lambda **given: real(**{**given, **changes}))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_reset_without_delay_is_found(monkeypatch: pytest.MonkeyPatch, precision: Precision) -> None:
    planted(monkeypatch, reset_delay=False)
    assert check(spiking(precision)).unexplained > 10


def test_of_a_network_that_differs_everywhere_a_hundred_images_are_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.recheck.ENOUGH", 7)
    planted(monkeypatch, threshold=0.2)
    done = check(spiking())
    assert (done.unexplained, done.parted) == (7, 100)


def test_a_wrong_leak_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, beta=0.99)
    assert check(spiking()).unexplained > 10


def test_a_wrong_weight_of_the_output_layer_is_found() -> None:
    other = spiking()
    other.network.weights[-1][3] *= 1.5
    assert check(spiking(), other).unexplained > 5


def test_a_membrane_on_its_threshold_parts_by_rounding_alone() -> None:
    """The threshold is moved to the next number in fp32 that lies on the other side of one membrane."""
    ours = spiking()
    train = ours.encode(normalised(DIGITS.test.images[:1]), key=0)
    current = ours.network.current(0, train[0])
    level = float(current.max())
    on = replace(ours, thresholds=(level, *ours.thresholds[1:]))
    below = replace(ours, thresholds=(level * (1 - 2e-7), *ours.thresholds[1:]))
    where = parting(on, trace(on, train), network_in("snntorch", below).run(train), 0)
    assert where is not None
    assert (where.layer, where.explained) == ("conv1", True)
    assert where.margin < 1e-6


@pytest.mark.parametrize("reading", get_args(Reading))
@pytest.mark.parametrize("clock", get_args(Clock))
def test_the_membrane_that_judges_is_that_of_the_reading(reading: Reading, clock: Clock) -> None:
    """A threshold a thousandth apart: the first neuron to part is at most so far from it, whatever has been fired."""
    ours = spiking(reading=reading, clock=clock, leak=0.8)
    theirs = replace(ours, thresholds=tuple(1.001 * threshold for threshold in ours.thresholds))
    train = ours.encode(normalised(DIGITS.test.images), key=0)
    one, other = trace(ours, train), trace(theirs, train).activity
    found = [where for image in range(100) if (where := parting(ours, one, other, image)) is not None]
    layers = {"conv1": 0, "conv2": 1, "linear3": 2}
    # The threshold is subtracted at every spike, so that the difference adds up: 1 + λ + λ² + … = 5 times it at most.
    assert len(found) > 20
    assert all(where.margin <= 6e-3 * ours.thresholds[layers[where.layer]] for where in found)


def test_what_it_cannot_state_is_said() -> None:
    with pytest.raises(HarnessError, match="snnTorch cannot state the reading 'algorithm'"):
        network_in("snntorch", spiking(reading="algorithm"))


NORSE = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


@NORSE
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("clock", get_args(Clock))
@pytest.mark.parametrize("reading", get_args(Reading))
def test_norse_states_every_reading(precision: Precision, reading: Reading, clock: Clock) -> None:
    done = check(spiking(precision, reading=reading, clock=clock), simulator="norse")
    assert done.unexplained == 0
    assert done.spikes < 1e-3 * done.neuron_steps


@NORSE
@pytest.mark.parametrize("wrong", [{"reading": "algorithm"}, {"leak": 0.99}])
def test_what_is_wrong_in_norse_is_found(wrong: dict[str, Any]) -> None:
    theirs = replace(spiking(), neuron=replace(NeuronSpec(), **wrong))
    assert check(spiking(), theirs, "norse").unexplained > 10


def test_the_command_stores_its_result_beside_the_record(own: Kept, call: Call) -> None:
    code, out = call("recheck", own.record, "--in", "snntorch", "--json")
    stored = json.loads(own.record.with_name("seed-0000.recheck-snntorch.json").read_text())
    assert code == 0
    assert json.loads(out) == stored
    assert stored["verdict"] in ("identical", "identical but for rounding")
    assert stored["ours"] == json.loads(own.record.read_text())["curve"]
    assert stored["record"] == json.loads(own.record.read_text())["digest"]


def test_a_result_counts_for_its_own_record_only(own: Kept, call: Call) -> None:
    call("recheck", own.record)
    record = read_record(own.record)
    assert [found.simulator for found in rechecks_of(own.record, record)] == [f"snntorch {snntorch.__version__}"]
    assert rechecks_of(own.record, msgspec.structs.replace(record, digest="0" * 64)) == []


def test_the_command_exits_with_1_on_a_difference(own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, threshold=0.1)
    code, out = call("recheck", own.record)
    assert code == 1
    assert "different" in out
    assert "rounding allows" in out


@pytest.mark.parametrize(("simulator", "fact"), [("spikingjelly", "leaks the reset"), ("snntorc", "did you mean")])
def test_other_simulators_are_refused(own: Kept, call: Call, simulator: str, fact: str) -> None:
    code, message = call("recheck", own.record, "--in", simulator)
    assert (code, fact in message) == (2, True)


def test_an_absent_simulator_is_named(own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "snntorch", None)
    code, message = call("recheck", own.record)
    assert (code, "dct-snn-harness[peers]" in message) == (2, True)
