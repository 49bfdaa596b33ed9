"""Keeping the weights of a finished cell: from the trained network to the file beside its record."""

import math
from pathlib import Path

import msgspec
import torch
from msgspec import UNSET

from harness.config import CellConfig
from harness.data.types import DataSet
from harness.machine.files import write_atomically
from harness.records.weights import About, content_of, entry_of, weights_path
from harness.schema import Fingerprint, Record
from harness.snn.network import Network
from harness.training.batches import normalised
from harness.training.cell import Trained

SMALL = 2_000_000  # bytes of weights in fp32; smaller networks are kept unless the user says no


def keeps(asked: bool | None, network: Network) -> bool:
    """Whether the weights of `network` are kept. asked: True all, False none, None those of small networks."""
    return size(network) < SMALL if asked is None else asked


def size(network: Network) -> int:
    """Bytes of the weights in fp32."""
    return 4 * sum(math.prod(stage.weight_shape) for stage in network.stages)


def weights_of(config: CellConfig, mark: Fingerprint, trained: Trained, data: DataSet) -> bytes:
    """The content of a cell's file of weights."""
    spiking = trained.spiking
    frame = spiking.encoder.frame(normalised(data.test.images[:1]))
    about = About(
        experiment=config.experiment,
        profile=config.profile,
        arm=config.arm,
        seed=config.seed,
        fingerprint=mark.digest,
        network=config.network,
        shape=(frame.shape[1], frame.shape[2], frame.shape[3]),
        classes=data.classes,
        thresholds=list(spiking.thresholds),
        leak=config.neuron.leak,
        reading=config.neuron.reading,
        clock=config.neuron.clock,
        encoder=config.encoder,
        encoder_state=dict(spiking.encoder.state()),
        timesteps=config.timesteps,
        precision=config.precision,
        dataset=config.dataset,
        data=data.digest,
        train_images=config.train_images,
        test_images=config.test_images,
        reset=config.neuron.reset if config.neuron.reset == "none" else UNSET,
    )
    state = spiking.network.state_dict()
    tensors = {name: value.detach().to("cpu", torch.float32).contiguous().numpy() for name, value in state.items()}
    return content_of(about, tensors)


def with_weights(record: Record, path: Path, content: bytes) -> Record:
    """Write a file of weights beside the place `path` of a record; the record that names it, to be written next."""
    write_atomically(weights_path(path), content)
    return msgspec.structs.replace(record, weights=entry_of(path, content))


def drop_unnamed(record: Record, path: Path) -> None:
    """Remove weights beside the record at `path` that it does not name: those of the record that stood there before."""
    if record.weights is None:
        weights_path(path).unlink(missing_ok=True)
