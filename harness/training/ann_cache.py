"""Pre-trained ANNs on disk: all arms of a seed share one, since it depends on their frames and not on their schedule.

Whoever comes first trains it, holding a lock; the others wait. An ANN that was stopped half-way goes on from its
checkpoint, whichever arm comes next.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import torch

from harness.config import canonical_json
from harness.machine.files import hold
from harness.schema import Epoch
from harness.snn.network import Network
from harness.training.ann import AnnRequest
from harness.training.batches import normalised
from harness.training.checkpoint import NOWHERE, Checkpoint
from harness.training.watch import Watch

SAMPLE = 8  # images whose frames stand for how an encoder lays images out
POLL_SECONDS = 1.0


def _ignore(_error: OSError) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class AnnCache:
    """A folder of ANNs; None keeps nothing.

    code: a digest of the code that trains them. trouble: told when an ANN cannot be kept; the work goes on.
    """

    folder: Path | None = None
    code: str = ""
    trouble: Callable[[OSError], None] = _ignore


NO_CACHE = AnnCache()


@dataclass(frozen=True)
class _InCache(Checkpoint):
    """A file in the cache, which is a convenience: a disk that refuses costs time, and the work goes on."""

    trouble: Callable[[OSError], None] = _ignore

    def save(self, values: dict[str, Any]) -> None:
        """Replace the file, or say that it cannot be kept."""
        try:
            super().save(values)
        except OSError as error:
            self.trouble(error)


def pretrained(request: AnnRequest, cache: AnnCache, watch: Watch) -> list[Epoch]:  # decides no number
    """Give the network the weights of its ANN, from the cache if it is there, else by training it.

    Raises CellFailure where training diverges, Stopped where `watch` says so.
    """
    if cache.folder is None:
        return request.train(NOWHERE, watch)
    key = ann_key(request, cache.code)
    entry = _InCache(cache.folder / f"{key}.pt", key, cache.trouble)
    while True:
        if (epochs := _read(request.network, entry)) is not None:
            return epochs
        with hold(cache.folder / f"{key}.lock") as owner:
            if owner is None:
                # Looked at again: another run may have finished it meanwhile.
                epochs = _read(request.network, entry)
                return _trained_and_kept(request, entry, watch) if epochs is None else epochs
        watch.pause("ANN")
        time.sleep(POLL_SECONDS)


def _read(network: Network, entry: Checkpoint) -> list[Epoch] | None:
    """Give `network` the weights of an entry of the cache; its epochs, or None where it is not there."""
    saved = entry.load()
    if saved is None:
        return None
    network.load_state_dict(saved["network"])
    return msgspec.convert(saved["epochs"], list[Epoch])


def _trained_and_kept(request: AnnRequest, entry: _InCache, watch: Watch) -> list[Epoch]:
    unfinished = replace(entry, path=entry.part("checkpoint").path)
    epochs = request.train(unfinished, watch)
    entry.save({"network": request.network.state_dict(), "epochs": msgspec.to_builtins(epochs)})
    unfinished.remove()
    return epochs


def ann_key(request: AnnRequest, code: str) -> str:
    """SHA-256 over what the ANN depends on: data, frames, network, recipe, seed, precision, device and code."""
    config = request.config
    frames = request.encoder.frame(normalised(request.data.train.images[:SAMPLE])).contiguous().numpy()
    facts = {
        "data": request.data.digest,
        "frames": hashlib.sha256(frames.tobytes()).hexdigest(),
        "network": config.network,
        "recipe": config.ann,
        "seed": config.seed,
        "precision": config.precision,
        "device": request.network.weights[0].device.type,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "code": code,
    }
    return hashlib.sha256(canonical_json(facts)).hexdigest()
