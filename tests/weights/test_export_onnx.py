"""`harness export --to onnx`: onnxruntime gives the logits of our network as an ANN."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator

from harness.config import NetworkSpec
from harness.records.weights import WeightsFile, read_weights
from harness.runs.exports import export
from harness.runs.exports.to_onnx import sequential, to_onnx
from harness.snn.network import Network
from tests.weights.conftest import Call, Kept

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

SHAPE = (2, 7, 6)
SPEC = NetworkSpec("convolutions", features=(4, "A", "D", 3), hidden=(20,))


def convolutions(kept: Kept) -> tuple[Network, WeightsFile]:
    """A network with an odd map, a linear layer after maps, and what a file of its weights would hold."""
    import msgspec

    network = Network(SPEC, SHAPE, 5, Generator().manual_seed(3)).requires_grad_(False)
    found = read_weights(kept.weights)
    about = msgspec.structs.replace(found.about, network=SPEC, shape=SHAPE, classes=5)
    tensors = {f"weights.{index}": weight.numpy() for index, weight in enumerate(network.weights)}
    return network, found._replace(about=about, tensors=tensors)


def logits(content: bytes, frames: torch.Tensor) -> Any:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"frames": frames.numpy()})[0]


def test_logits_are_those_of_our_network(kept: Kept) -> None:
    network, found = convolutions(kept)
    frames = torch.rand(11, *SHAPE, generator=Generator().manual_seed(5)) * 2 - 1
    expected = network.ann(frames).numpy()
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(logits(to_onnx(found, "{}"), frames), expected, atol=1e-5)


@pytest.fixture(scope="module")
def content(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the command writes."""
    out = tmp_path_factory.mktemp("onnx") / "network.onnx"
    lines = export.export(kept.weights, "onnx", out)
    assert lines[0] == f"written: {out}"
    record = json.loads(kept.weights.with_suffix(".json").read_text())
    epoch = record["ann_epochs"][-1]
    assert lines[1].startswith(f"the ANN with which the cell began: {epoch['correct']} of {epoch['total']} test images")
    assert lines[2].startswith("checked in onnxruntime on 100 test images: logits differ from torch's by at most")
    return out.read_bytes()


def test_the_file_says_what_it_is_and_nothing_of_this_machine(content: bytes) -> None:
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model)
    assert {entry.key: json.loads(entry.value)["arm"] for entry in model.metadata_props} == {"harness": "cyclic-6"}
    assert b"site-packages" not in content
    assert str(Path(torch.__file__).parent).encode() not in content


def test_logits_that_differ_are_an_error_and_nothing_is_written(
    own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(export, "to_onnx", lambda *_: content)

    def doubled(found: WeightsFile) -> torch.nn.Module:
        made = sequential(found)
        made[-1].weight.mul_(2)  # type: ignore[operator]
        return made

    monkeypatch.setattr(export, "sequential", doubled)
    out = own.results / "there.onnx"
    code, message = call("export", own.weights, "--to", "onnx", "--out", out)
    assert (code, "other logits" in message) == (2, True)
    assert not out.exists()


def test_without_onnx_the_extra_is_named(own: Kept, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    code, message = call("export", own.weights, "--to", "onnx")
    assert (code, "dct-snn-harness[onnx]" in message) == (2, True)


def test_the_weights_themselves_are_not_overwritten(own: Kept, call: Call) -> None:
    before = own.weights.read_bytes()
    code, _message = call("export", own.weights, "--to", "onnx", "--out", own.weights)
    assert (code, own.weights.read_bytes() == before) == (2, True)
