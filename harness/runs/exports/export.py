"""`harness export --to nir` and `--to onnx`: a kept network written for other programs, and held against ours."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from harness.config import canonical_json
from harness.data.types import ImageSet
from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.records.weights import WeightsFile, beside, read_weights, require_another
from harness.runs.exports.imported import IMAGES, Imported, measured
from harness.runs.exports.own_ann import own_ann
from harness.runs.exports.to_nir import content_of, lost, to_nir
from harness.runs.exports.to_onnx import in_onnxruntime, require_onnx, sequential, to_onnx
from harness.runs.predict import failures_as_errors, restore
from harness.runs.predict_request import own_data
from harness.snn.network import Spiking
from harness.training.batches import normalised

ROUNDING = 1e-4  # of the largest logit, between torch and onnxruntime


def export(weights: Path, form: str, out: Path | None = None, data_dir: Path | None = None) -> list[str]:
    """Write the network of `weights` to `out`; what there is to say of it, a line each.

    out: by default a file named after the cell in the working folder, since a results folder holds records alone.

    form: "nir" or "onnx". Nothing is written where it fails. Raises HarnessError for weights that are refused, a
    network that cannot be stated, an absent package, or a file that another program reads differently.
    """
    require_another(out, weights)
    found = read_weights(weights)
    about = found.about
    place = out or Path(f"{about.experiment}-{about.profile}-{about.arm}-seed-{about.seed}.{form}")
    content, lines = FORMS[form](found, data_dir)
    write_atomically(place, content)
    return [f"written: {place}", *lines]


def _nir(found: WeightsFile, data_dir: Path | None) -> tuple[bytes, list[str]]:
    spiking = restore(found)
    graph = to_nir(spiking, found.about.shape, _about(found))
    lines = [lost(spiking)]
    if found.about.precision == "bf16":
        lines.append("lost: currents are rounded to bf16 here; the exported weights are those rounded to bf16")
    return content_of(graph), [*lines, _measured(spiking, graph, found, data_dir)]


def _measured(spiking: Spiking, graph: Any, found: WeightsFile, data_dir: Path | None) -> str:
    """What the importer's network does, or why nothing was measured: it is another program, with errors of its own."""
    try:
        imported = Imported(graph)
        done = measured(spiking, imported, own_data(found, data_dir).test, found.about.seed)
    except ImportError as error:
        return f"not measured: snntorch is not here ({error})"
    except HarnessError as error:
        return f"not measured: {error}"
    except (AssertionError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        return f"not measured: snntorch does not read it ({' '.join(str(error).split())})"
    return done.line(imported.version, spiking.timesteps)


@failures_as_errors()
def _onnx(found: WeightsFile, data_dir: Path | None) -> tuple[bytes, list[str]]:
    require_onnx()
    note = "the SNN's weights read as an ANN (ReLU in place of spikes): the cell's own ANN needs its record and data"
    try:
        data = own_data(found, data_dir)
    except HarnessError as error:
        return to_onnx(found, _about(found)), [note, f"not checked: {error}"]
    if (record := beside(found.path)) is not None:
        found, epoch = own_ann(found, record, data)
        note = f"the ANN with which the cell began: {epoch.correct} of {epoch.total} test images are right"
    content = to_onnx(found, _about(found))
    return content, [note, _checked(found, content, data.test)]


@torch.no_grad()
def _checked(found: WeightsFile, content: bytes, images: ImageSet) -> str:
    """How far onnxruntime's logits are from torch's. Raises HarnessError where that is more than rounding."""
    try:
        frames = restore(found).encoder.frame(normalised(images.images[:IMAGES])).float()
        theirs = in_onnxruntime(content, frames)
    except ImportError as error:
        return f"not checked: onnxruntime is not here ({error})"
    ours = sequential(found)(frames)
    apart, size = float((ours - theirs).abs().max()), float(ours.abs().max())
    if not apart <= ROUNDING * size:
        raise HarnessError(f"onnxruntime gives other logits, by {apart:.3g} of {size:.3g}", "try another onnxruntime")
    right = int((theirs.argmax(1) == images.labels[:IMAGES]).sum())
    said = f"logits differ from torch's by at most {apart:.1g} of {size:.3g}; {right} are right"
    return f"checked in onnxruntime on {len(frames)} test images: {said}"


FORMS: Mapping[str, Callable[[WeightsFile, Path | None], tuple[bytes, list[str]]]] = {"nir": _nir, "onnx": _onnx}


def _about(found: WeightsFile) -> str:
    """What the file of weights says of itself, as JSON."""
    return canonical_json(found.about).decode()
