"""Pre-trained ANNs on disk, by fingerprint: all arms of a seed share one, since it does not depend on the schedule."""

import hashlib
import io
from pathlib import Path
from typing import Any

import msgspec
import torch

from encoders.base import Encoder
from harness.config import CellConfig, canonical_json
from harness.data.types import DataSet
from harness.machine.files import read_sealed, write_sealed
from harness.records.fingerprint import dependencies, source_digest
from harness.schema import Epoch
from harness.snn.network import Network
from harness.training.ann import pretrain
from harness.training.batches import normalised
from harness.training.progress import Progress

SAMPLE = 8  # images whose frames stand for how an encoder lays images out


def pretrained(
    network: Network,
    data: DataSet,
    encoder: Encoder,
    config: CellConfig,
    dtype: torch.dtype,
    folder: Path | None,
    progress: Progress,
) -> list[Epoch]:
    """Give `network` the weights of the ANN of this cell, from `folder` if it is there, else by training it."""
    path = None if folder is None else folder / f"{ann_key(network, data, encoder, config)}.pt"
    saved = _read(path)
    if saved is not None:
        network.load_state_dict(saved["network"])
        return msgspec.convert(saved["epochs"], list[Epoch])
    epochs = pretrain(network, data, encoder, config.ann, config.seed, dtype, progress)
    if path is not None:
        buffer = io.BytesIO()
        torch.save({"network": network.state_dict(), "epochs": msgspec.to_builtins(epochs)}, buffer)
        write_sealed(path, buffer.getvalue())
    return epochs


def ann_key(network: Network, data: DataSet, encoder: Encoder, config: CellConfig) -> str:
    """SHA-256 over what the ANN depends on: data, frames, network, recipe, seed, precision, device and code."""
    frames = encoder.frame(normalised(data.train.images[:SAMPLE])).contiguous().numpy()
    facts = {
        "data": data.digest,
        "frames": hashlib.sha256(frames.tobytes()).hexdigest(),
        "network": config.network,
        "recipe": config.ann,
        "seed": config.seed,
        "precision": config.precision,
        "device": network.weights[0].device.type,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "modules": {name: source_digest(name) for name in sorted(dependencies("harness.training.ann"))},
    }
    return hashlib.sha256(canonical_json(facts)).hexdigest()


def _read(path: Path | None) -> dict[str, Any] | None:
    content = None if path is None else read_sealed(path)
    if content is None:  # a broken cache entry is trained again
        return None
    saved: dict[str, Any] = torch.load(io.BytesIO(content), weights_only=True)
    return saved
