"""Our kernels against snnTorch and Norse: one network, the same classes; whatever is planted there is found."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pytest
from torch import Generator

import encoders
from harness.config import Clock, NetworkSpec, NeuronSpec, Precision, Reading
from harness.errors import HarnessError
from harness.runs.predict import predict
from harness.runs.verify import Simulated
from harness.snn.network import Network, Spiking
from harness.training.batches import normalised
from harness.training.cell import DTYPES
from tests.cells import tiny_data
from tests.command import harness
from tests.weights.conftest import Kept

CONVOLUTIONS = NetworkSpec("convolutions", features=(6, "A", 5, "D"), hidden=(20,))
NORSE = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def spiking(precision: Precision = "fp32", **neuron: Any) -> Spiking:
    """Two convolutions with pooling between them, and a hidden layer; thresholds at which about a tenth fires."""
    encoder = encoders.create("dct").calibrate(normalised(tiny_data().train.images))
    network = Network(CONVOLUTIONS, (1, 8, 8), 10, Generator().manual_seed(3)).requires_grad_(False)
    made = Spiking(network, encoder, NeuronSpec(**neuron), 12, (0.9, 0.35, 0.5), DTYPES[precision])
    return made.ready()


def otherwise(ours: Spiking, theirs: Spiking | None = None, simulator: str = "snntorch") -> float:
    """The share of images and timesteps, 0 to 1, that the other simulator classifies otherwise."""
    pytest.importorskip(simulator)  # here: to import it takes seconds
    one, other = (predict(net, tiny_data().test, 0) for net in (ours, Simulated.of(simulator, theirs or ours)))
    assert one.classes.shape == other.classes.shape == (12, 100)
    assert len(one.classes.unique()) > 3  # otherwise equality would say nothing
    return float((one.classes != other.classes).float().mean())


@NORSE
@pytest.mark.parametrize(
    ("simulator", "neuron"),
    [
        *(("snntorch", one) for one in ({}, {"clock": "layer-delay"}, {"reading": "released-code"}, {"reset": "none"})),
        *(
            ("norse", {"reading": reading, "clock": clock, "reset": reset})
            for reading, clock, reset in product(get_args(Reading), get_args(Clock), ("subtract", "none"))
        ),
        *((simulator, {"precision": "bf16"}) for simulator in ("snntorch", "norse")),
    ],
)
def test_another_simulator_gives_the_same_but_for_rounding(simulator: str, neuron: dict[str, Any]) -> None:
    assert otherwise(spiking(**neuron), simulator=simulator) <= 0.005


def test_outputs_are_equal_to_rounding() -> None:
    """In float32, the outputs of images whose spikes all agree differ by rounding alone."""
    pytest.importorskip("snntorch")
    train = spiking().encode(normalised(tiny_data().test.images), key=0)
    simulated = Simulated.of("snntorch", spiking())
    assert simulated.chunk() == spiking().chunk(12 << 22)  # it holds one timestep at a time
    gap = (spiking().outputs(train) - simulated.outputs(train)).abs().amax((0, 2))
    assert float((gap < 1e-4).float().mean()) >= 0.95


@NORSE
@pytest.mark.parametrize(
    ("simulator", "changes"),
    [
        *(("snntorch", {"thresholds": wrong}) for wrong in ((0.99, 0.35, 0.5), (0.9, 0.385, 0.5), (0.9, 0.35, 0.55))),
        *(("norse", {"neuron": wrong}) for wrong in (NeuronSpec("algorithm"), NeuronSpec(leak=0.9))),
    ],
)
def test_a_wrong_threshold_or_neuron_is_found(simulator: str, changes: dict[str, Any]) -> None:
    assert otherwise(spiking(), replace(spiking(), **changes), simulator) > (0.02 if simulator == "norse" else 0.01)


def planted(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    snntorch = pytest.importorskip("snntorch")
    real: Callable[..., Any] = snntorch.Leaky
    monkeypatch.setattr(snntorch, "Leaky", lambda **given: real(**{**given, **changes}))


@pytest.mark.parametrize("changes", [{"reset_delay": False}, {"beta": 0.9}, {"threshold": 0.2}])
def test_a_wrong_neuron_in_snntorch_is_found(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    planted(monkeypatch, **changes)
    assert otherwise(spiking()) > 0.02


def test_a_wrong_weight_of_the_output_layer_is_found() -> None:
    other = spiking()
    other.network.weights[-1][3] *= 1.5
    assert otherwise(spiking(), other) > 0.01


def test_a_record_is_verified_in_another_simulator(own: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    snntorch = pytest.importorskip("snntorch")
    assert harness("verify", own.record, "--from", "snntorch", "--keep").code == 0
    stored = json.loads(own.record.with_name("seed-0000.verified-snntorch.json").read_text())
    ours = json.loads(own.record.read_text())["curve"]["correct"]
    assert stored["verdict"] in ("identical", "within tolerance")
    assert stored["environment"]["kernel"] == f"snntorch {snntorch.__version__}"
    assert stored["curve"]["correct"] == pytest.approx(ours, abs=1)
    planted(monkeypatch, threshold=50.0)
    code, out, _ = harness("verify", own.record, "--from", "snntorch")
    assert (code, "from snntorch: different" in out) == (1, True)


def test_what_cannot_be_simulated_is_said(own: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HarnessError, match="snnTorch cannot state the reading 'algorithm'"):
        Simulated.of("snntorch", spiking(reading="algorithm"))
    monkeypatch.setitem(sys.modules, "snntorch", None)
    code, _, message = harness("verify", own.record, "--from", "snntorch")
    assert (code, "pip install" in message) == (2, True)
