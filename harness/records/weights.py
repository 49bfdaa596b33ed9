"""Files of trained weights: safetensors, with one metadata entry that describes the network. No torch.

Nothing in such a file is executed when it is read. The entry `harness` is JSON with sorted keys, and equal cells give
equal bytes: the format writes several entries in a random order, so there is a single one.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from harness import config
from harness.config import Count, canonical_json
from harness.errors import HarnessError
from harness.machine.files import content_digest, read_regular
from harness.records.store import read_record
from harness.schema import Record

ENTRY = "harness"
SUFFIX = ".safetensors"
LARGEST_WEIGHTS = 2**32  # bytes
GET_AGAIN = "get the file again, or delete it and make it again: harness verify RECORD --from training --keep"
Tensors = Mapping[str, NDArray[np.float32]]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The description of a network in its file of weights, without time or host.

    fingerprint: that of the cell's record. thresholds: one per hidden layer. encoder_state: the encoder's fitted
    statistics. data: the digest of the data set, of which `train_images` and `test_images` were used (None: all).
    shape: (channels, height, width) of the frames that enter the network. method: absent for ours. leak, reading,
    clock: absent where the method has no `NeuronSpec`. reset: absent where a spike subtracts its threshold. sha256:
    over the tensors and all of this.
    """

    experiment: str
    profile: config.ProfileName
    arm: str
    seed: config.Natural
    fingerprint: str
    network: config.NetworkSpec
    shape: tuple[Count, Count, Count]
    classes: Count
    thresholds: list[float]
    method: config.MethodSpec | msgspec.UnsetType = msgspec.UNSET
    leak: config.Share | msgspec.UnsetType = msgspec.UNSET
    reading: config.Reading | msgspec.UnsetType = msgspec.UNSET
    clock: config.Clock | msgspec.UnsetType = msgspec.UNSET
    encoder: config.EncoderSpec
    encoder_state: dict[str, Any]
    timesteps: config.Timesteps
    precision: config.Precision
    dataset: str
    data: str
    train_images: Count | None
    test_images: Count | None
    sha256: str = ""
    reset: Literal["none"] | msgspec.UnsetType = msgspec.UNSET


class WeightsFile(NamedTuple):
    """A file of weights as it was read. tensors: float32 by name, "weights.0" first; record: beside it, if any."""

    path: Path
    about: About
    tensors: Tensors
    record: Record | None


def weights_path(record: Path) -> Path:
    """The path of a cell's weights: `seed-0003.safetensors` beside `seed-0003.json`."""
    return record.with_suffix(SUFFIX)


def content_of(about: About, tensors: Tensors) -> bytes:
    """The content of a file of weights. It depends on `about` and `tensors` alone."""
    sealed = msgspec.structs.replace(about, sha256=_seal(about, tensors))
    return save(dict(tensors), {ENTRY: canonical_json(sealed).decode()})


def read_weights(path: Path) -> WeightsFile:
    """Read and check a file of weights: its own digest, and the whole file against the record beside it if any.

    Raises HarnessError if it is unreadable, cut short, changed, or not the file that the record names, and for an
    unreadable record.
    """
    if path.suffix == ".json" and path.is_file():
        raise HarnessError(f"{path}: a record, not weights", f"name {weights_path(path).name}, if that is beside it")
    try:
        content = read_regular(path, LARGEST_WEIGHTS)
    except OSError as error:
        raise HarnessError(
            f"{path}: no file of weights ({error.strerror})", "name a .safetensors file that harness run wrote"
        ) from None
    about, tensors = _read(path, content)
    if _seal(about, tensors) != about.sha256:
        raise HarnessError(f"{path}: changed: content and SHA-256 disagree", GET_AGAIN)
    beside, digest = path.resolve().with_suffix(".json"), content_digest(content)
    record = read_record(beside) if beside.exists() else None
    if record is not None and record.weights is None:
        raise HarnessError(f"{path}: the record beside it names no weights", GET_AGAIN)
    if record is not None and record.weights is not None and record.weights.sha256 != digest:
        raise HarnessError(
            f"{path}: not the weights of the record beside it "
            f"(SHA-256 {digest[:12]}, the record names {record.weights.sha256[:12]})",
            GET_AGAIN,
        )
    return WeightsFile(path, about, tensors, record)


def _read(path: Path, content: bytes) -> tuple[About, Tensors]:
    # The length is checked by opening the file itself: a header may promise more than there is.
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about = msgspec.json.decode(metadata[ENTRY], type=About)
    except KeyError:
        raise HarnessError(f"{path}: weights of another program: no entry '{ENTRY}'", GET_AGAIN) from None
    except (SafetensorError, OSError, ValueError, TypeError, RecursionError) as error:
        kind = "a pickle" if content[:1] == b"\x80" or content[:2] == b"PK" else "damaged or cut short"
        raise HarnessError(f"{path}: not a readable safetensors file: {kind} ({error})", GET_AGAIN) from None
    if not all(tensor.dtype == np.float32 for tensor in tensors.values()):
        raise HarnessError(f"{path}: tensors that are not float32", GET_AGAIN)
    return about, tensors


def _seal(about: About, tensors: Tensors) -> str:
    """SHA-256 over the other metadata, and over name, shape and values of each tensor, sorted by name."""
    digest = hashlib.sha256(canonical_json(msgspec.structs.replace(about, sha256="")))
    for name in sorted(tensors):
        tensor = np.ascontiguousarray(tensors[name], dtype="<f4")
        digest.update(canonical_json([name, tensor.shape]))
        digest.update(tensor.tobytes())
    return digest.hexdigest()
