"""`harness export --to nir`: the graph is read back and means what our network does, but for its reset."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import Generator, Tensor

import encoders
from harness.config import NetworkSpec, NeuronSpec
from harness.errors import HarnessError
from harness.runs.activity import Activity, trace
from harness.runs.exports.imported import Imported
from harness.runs.exports.to_nir import content_of, to_nir
from harness.snn.network import Network, Spiking
from tests.weights.conftest import Call, Kept
from tests.weights.nir_reading import Run, run

nir = pytest.importorskip("nir")

STEPS, IMAGES = 9, 4
SHAPE = (2, 7, 6)  # an odd height, so that pooling leaves a row out
SPEC = NetworkSpec("convolutions", features=(4, "A", 3, "A"), hidden=(20,))
LAYERS = ("conv1", "conv2", "linear3")


def spiking(spec: NetworkSpec = SPEC, **neuron: Any) -> Spiking:
    """Weights are multiples of 1/64 and λ is 3/4, so that fp32 rounds nothing and all sums are exact."""
    network = Network(spec, SHAPE, 5, Generator().manual_seed(3)).requires_grad_(False)
    for weight in network.weights:
        weight.copy_((weight * 64).round() / 64)
    thresholds = (0.6013, 0.2007, 0.1509)[: len(network.stages) - 1]
    return Spiking(network, encoders.create("dct"), NeuronSpec(**{"leak": 0.75, **neuron}), STEPS, thresholds)


def train() -> Tensor:
    return torch.randint(-1, 2, (STEPS, IMAGES, *SHAPE), generator=Generator().manual_seed(4)).float()


def reread(ours: Spiking, folder: Path) -> Any:
    (folder / "network.nir").write_bytes(content_of(to_nir(ours, SHAPE, "{}")))
    return nir.read(folder / "network.nir")


def features(spikes: Any) -> Any:
    """Maps `[T, N, C, H, W]` as `[T, N, H·W·C]`, the order of our spikes."""
    return np.moveaxis(spikes, 2, -1).reshape(*spikes.shape[:2], -1) if spikes.ndim == 5 else spikes


def both(ours: Spiking, graph: Any, reset: Any) -> tuple[Activity, Run]:
    return trace(ours, train()).activity, run(graph, train().double().numpy(), reset)


def test_the_neurons_parameters_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    lif = reread(spiking(), tmp_path).nodes["conv2_lif"]
    # dt = 0.1 ms and λ = 3/4: τ = 0.1 ms / (1/4) = 0.4 ms, r = 0.4 ms / 0.1 ms = 4.
    expected = {"tau": 4e-4, "r": 4.0, "v_leak": 0.0, "v_reset": 0.0, "v_threshold": 0.2007}
    for name, value in expected.items():
        assert getattr(lif, name).shape == (3, 3, 3)
        np.testing.assert_allclose(getattr(lif, name), value, rtol=1e-6)


def test_the_graph_is_a_chain_of_these_nodes(tmp_path: Path) -> None:
    graph = reread(spiking(), tmp_path)
    following, name, kinds = dict(graph.edges), "input", []
    while name in following:
        name = following[name]
        kinds.append(type(graph.nodes[name]).__name__)
    hidden = ["Conv2d", "LIF", "SumPool2d"]
    assert kinds == [*hidden, *hidden, "Flatten", "Linear", "LIF", "Linear", "Output"]
    assert not graph.nodes["conv1"].bias.any()


def test_the_quarter_of_pooling_is_in_the_weights_that_follow(tmp_path: Path) -> None:
    ours = spiking()
    graph = reread(ours, tmp_path)
    np.testing.assert_array_equal(graph.nodes["conv1"].weight, ours.network.weights[0].numpy())
    np.testing.assert_array_equal(graph.nodes["conv2"].weight, ours.network.weights[1].numpy() / 4)
    np.testing.assert_array_equal(graph.nodes["linear4"].weight, ours.network.weights[3].numpy())


@pytest.mark.parametrize("neuron", [{}, {"clock": "layer-delay"}])
@pytest.mark.parametrize("spec", [SPEC, NetworkSpec("linear", hidden=(30,))])
def test_but_for_the_reset_every_spike_and_output_is_ours(
    spec: NetworkSpec, neuron: dict[str, Any], tmp_path: Path
) -> None:
    ours = spiking(spec, **neuron)
    activity, theirs = both(ours, reread(ours, tmp_path), "subtract")
    late = int(bool(neuron))  # our trace has what the next layer receives
    for mine, fired in zip(activity.spikes, theirs.spikes.values(), strict=True):
        assert 0.02 < float(mine.float().mean()) < 0.7
        np.testing.assert_array_equal(mine.numpy()[late:], features(fired)[: STEPS - late])
    np.testing.assert_allclose(activity.outputs.numpy(), theirs.outputs.cumsum(0), atol=1e-5)


def test_with_the_reset_of_nir_spikes_are_ours_up_to_a_neurons_first(tmp_path: Path) -> None:
    ours = spiking()
    activity, theirs = both(ours, reread(ours, tmp_path), "nir")
    mine, fired = activity.spikes[0].numpy(), features(theirs.spikes["conv1_lif"]) > 0
    fresh = np.cumsum(mine, axis=0) - mine == 0  # no spike before
    assert (mine & fresh).sum() > 100
    np.testing.assert_array_equal(mine[fresh], fired[fresh])
    assert (mine != fired).any()


def test_a_deeper_layer_agrees_until_the_first_spike_that_is_another(tmp_path: Path) -> None:
    ours = spiking()
    activity, theirs = both(ours, reread(ours, tmp_path), "nir")
    fired = [features(theirs.spikes[f"{name}_lif"]) > 0 for name in LAYERS]
    compared = 0
    for image in range(IMAGES):
        first = activity.spikes[0][:, image].any(-1).numpy().argmax()  # the step at which the first layer fires first
        for mine, other in zip(activity.spikes, fired, strict=True):
            np.testing.assert_array_equal(mine[: first + 1, image].numpy(), other[: first + 1, image])
            compared += int(mine[: first + 1, image].sum())
    assert compared > 10


def test_what_nir_cannot_state_is_refused() -> None:
    with pytest.raises(HarnessError, match="a leak of 1"):
        to_nir(spiking(leak=1.0), SHAPE, "{}")


def test_equal_networks_give_equal_bytes() -> None:
    assert content_of(to_nir(spiking(), SHAPE, "{}")) == content_of(to_nir(spiking(), SHAPE, "{}"))


def test_snntorch_reads_it_as_numpy_does(tmp_path: Path) -> None:
    pytest.importorskip("snntorch")
    ours = spiking()
    graph = reread(ours, tmp_path)
    theirs, expected = Imported(graph).run(train().abs()), run(graph, train().abs().double().numpy())
    for mine, fired in zip(theirs.spikes, expected.spikes.values(), strict=True):
        np.testing.assert_array_equal(mine.numpy(), features(fired) > 0)
    np.testing.assert_allclose(theirs.outputs.numpy(), expected.outputs.cumsum(0), atol=1e-4)


def test_what_snntorch_does_not_know_is_its_own_error(tmp_path: Path) -> None:
    pytest.importorskip("snntorch")
    with pytest.raises(ValueError, match="Delay"):
        Imported(reread(spiking(clock="layer-delay"), tmp_path))


def test_the_command_writes_it_and_says_what_is_lost(
    own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("snntorch")
    monkeypatch.chdir(tmp_path)
    code, out = call("export", own.weights, "--to", "nir")
    written, lost, measured = out.splitlines()
    graph = nir.read("tiny-smoke-cyclic-6-seed-0.nir")
    assert code == 0
    assert written == "written: tiny-smoke-cyclic-6-seed-0.nir"
    assert "NIR's LIF sets the membrane to v_reset = 0" in lost
    assert measured.startswith("measured in snntorch")
    assert "on 100 test images" in measured
    about = graph.metadata["harness"]
    about = about.decode() if isinstance(about, bytes) else about
    assert json.loads(about)["arm"] == "cyclic-6"
    tensors = load_file(own.weights)
    np.testing.assert_array_equal(graph.nodes["linear1"].weight, tensors["weights.0"])
    curve = json.loads(own.record.read_text())["curve"]
    assert measured.endswith(f"right there, {curve['correct'][-1]} here")


def test_without_nir_the_extra_is_named(own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nir", None)
    out = own.results / "there.nir"
    code, message = call("export", own.weights, "--to", "nir", "--out", out)
    assert (code, "dct-snn-harness[nir]" in message) == (2, True)
    assert not out.exists()


def test_without_an_importer_it_is_written_and_not_measured(
    own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "snntorch", None)
    code, out = call("export", own.weights, "--to", "nir", "--out", tmp_path / "there.nir")
    assert code == 0
    assert "not measured: snntorch is not here" in out
    assert set(nir.read(io.BytesIO((tmp_path / "there.nir").read_bytes())).nodes) >= {"linear1", "linear1_lif"}
