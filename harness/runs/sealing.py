"""From what a cell computed to its record: the numbers, and everything about how they came to be."""

import base64
import traceback
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from harness.config import CellConfig
from harness.machine.environment import environment, machine
from harness.schema import Failure, Fingerprint, Record
from harness.snn.kernels import kernel_for
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
