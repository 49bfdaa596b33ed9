"""The network as an ANN (ReLU) in ONNX: from analog frames `[images, C, H, W]` to logits `[images, classes]`, in fp32.

The weights are those given: of a file, where the cell was fine-tuned as an SNN, or of the ANN with which it began.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import HarnessError
from harness.records.weights import WeightsFile
from harness.runs.exports.layers import Layer, layers
from harness.snn.network import stages

INSTALL = "pip install 'dct-snn-harness[onnx]'"
INPUT, OUTPUT = "frames", "logits"


def sequential(found: WeightsFile) -> nn.Sequential:
    """The ANN of torch's own layers."""
    about = found.about
    built = stages(about.network, about.shape, about.classes)
    weights = [torch.from_numpy(found.tensors[f"weights.{index}"]) for index in range(len(built))]
    made = layers(built, weights, about.shape)
    return nn.Sequential(*(module for layer in made for module in _modules(layer, layer.stage is built[-1]))).eval()


def require_onnx() -> None:
    """Raise HarnessError where onnx or onnxscript is absent."""
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise HarnessError(f"--to onnx needs onnx and onnxscript ({error})", INSTALL) from None


def to_onnx(found: WeightsFile, about: str) -> bytes:
    """The content of an .onnx file, of onnx and onnxscript; about: kept as metadata."""
    frames = torch.zeros(2, *found.about.shape)
    with warnings.catch_warnings():  # torch's exporter uses what torch itself deprecates
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            sequential(found),
            (frames,),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: "images"},),
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info, model.graph):
        del part.metadata_props[:]  # the exporter notes where its source files lie
    del model.metadata_props[:]
    model.metadata_props.add(key="harness", value=about)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def in_onnxruntime(content: bytes, frames: Tensor) -> Tensor:
    """The logits `[N, classes]` that onnxruntime computes. Raises ImportError where it is absent."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (logits,) = session.run([OUTPUT], {INPUT: frames.float().cpu().numpy()})
    return torch.from_numpy(logits)


def _modules(layer: Layer, last: bool) -> Iterator[nn.Module]:
    outputs, inputs = layer.weight.shape[:2]
    module: nn.Module
    if layer.flattens:
        yield nn.Flatten()
    if layer.stage.convolution:
        module = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    else:
        module = nn.Linear(inputs, outputs, bias=False)
    module.weight = nn.Parameter(layer.weight.contiguous(), requires_grad=False)
    yield module
    if not last:
        yield nn.ReLU()
    if layer.stage.pool:
        yield nn.AvgPool2d(2)
