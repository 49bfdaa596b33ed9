"""From what a cell computed to its record and its file of weights: the numbers, and how they came to be."""

import base64
import math
import traceback
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import torch
from msgspec import UNSET
from torch import Tensor

from harness.config import CellConfig
from harness.data.types import DataSet
from harness.machine.environment import environment, machine
from harness.machine.files import write_atomically
from harness.records.weights import About, content_of, entry_of, weights_path
from harness.schema import Failure, Fingerprint, Record
from harness.snn.kernels import kernel_for
from harness.snn.network import Network
from harness.training.batches import normalised
from harness.training.cell import Setting, Trained


def circumstances(config: CellConfig, setting: Setting) -> dict[str, str]:
    """The environment in which a cell of `config` runs."""
    return environment(setting.device, config.precision, kernel_for(setting.device, setting.kernel))


def sealed(
    config: CellConfig, fingerprint: Fingerprint, setting: Setting, trained: Trained, timesteps: Iterable[int]
) -> Record:
    """The record of a finished cell, with the bits of its test images at the last step and at each of `timesteps`."""
    kept = sorted({config.timesteps, *(t for t in timesteps if 1 <= t <= config.timesteps)})
    numbers = {name: getattr(trained.result, name) for name in trained.result.__struct_fields__}
    return Record(
        config=config,
        fingerprint=fingerprint,
        status="done",
        environment=circumstances(config, setting),
        timings=trained.timings,
        right={str(t): packed(trained.right[t - 1]) for t in kept},
        threads=torch.get_num_threads(),
        machine=machine(setting.device),
        **numbers,
    )


def failed(config: CellConfig, fingerprint: Fingerprint, setting: Setting, reason: str) -> Record:
    """The record of a cell that could not be finished; called where its error is being handled."""
    return Record(
        config=config,
        fingerprint=fingerprint,
        status="failed",
        environment=circumstances(config, setting),
        timings={},
        failure=Failure(reason.splitlines()[0] if reason.strip() else "no reason given", traceback.format_exc()),
        threads=torch.get_num_threads(),
        machine=machine(setting.device),
    )


def packed(right: Tensor) -> str:
    """Bits `[N]` as text: base64 of `numpy.packbits`."""
    return base64.b64encode(np.packbits(right.numpy()).tobytes()).decode()


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
