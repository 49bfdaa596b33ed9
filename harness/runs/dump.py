"""`harness certify --dump`: everything that a cell computes, as values that two revisions can compare bit for bit.

The names of the outputs are kept by later revisions, whatever becomes of the code that computes them.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import msgspec
import numpy as np
import torch
from torch import Tensor

from encoders.base import EncoderError
from harness.catalogue import Catalogue
from harness.config import CellConfig, Clock, NeuronSpec, Precision, Reading
from harness.data import load
from harness.errors import CellFailure, HarnessError
from harness.plugins.guard import guarded
from harness.records.fingerprint import fingerprint
from harness.snn.kernels import EACH, SUMMED, Neuron, Readout, fire, pooled
from harness.training.ann import AnnCache
from harness.training.cell import Setting, Trained, run_cell

SMOKE, KERNELS = "smoke", "kernels"
CPU = torch.device("cpu")
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Dump(msgspec.Struct, frozen=True):
    """What one cell gave in one precision: `outputs` by name. `absent`: why there are none."""

    cell: str
    precision: str
    encoder: str = ""
    numerics: str = ""
    settings: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    absent: str = ""


def dumps(names: Iterable[str], catalogue: Catalogue, data_dir: Path | None) -> Iterator[Dump]:
    """The dumps of cells called EXPERIMENT/PROFILE/ARM/SEED, of "smoke" (all smoke cells) and of "kernels".

    A smoke cell is computed in both precisions, any other in its own.
    """
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        for name in names:
            if name == KERNELS:
                yield from _kernels()
            elif name == SMOKE:
                for cell in smoke_cells(catalogue):
                    yield from _in_precisions(cell, catalogue, get_args(Precision), data_dir, Path(folder))
            else:
                yield from _in_precisions(name, catalogue, (), data_dir, Path(folder))


def smoke_cells(catalogue: Catalogue) -> list[str]:
    """The smoke cells of every experiment, seed 0; cells with equal recipes are named once."""
    found: dict[str, str] = {}
    for name in catalogue.names():
        experiment = catalogue.experiment(name)
        for arm in experiment.arms:
            config = experiment.resolve(arm, experiment.profile("smoke"), 0)
            recipe = fingerprint(config, experiment.dataset).recipe
            found.setdefault(f"{experiment.dataset}/{recipe}", f"{name}/smoke/{arm.name}/0")
    return list(found.values())


def config_of(name: str, catalogue: Catalogue) -> CellConfig:
    """The configuration of the cell called EXPERIMENT/PROFILE/ARM/SEED. Raises HarnessError for an unknown one."""
    parts = name.split("/")
    if len(parts) != 4 or not parts[3].isdecimal():
        raise HarnessError(f"no cell '{name}'", "name it as EXPERIMENT/PROFILE/ARM/SEED")
    experiment = catalogue.experiment(parts[0])
    arm, profile = experiment.arm(parts[2]), experiment.profile(parts[1])
    return experiment.resolve(arm, profile, int(parts[3]))


def _in_precisions(
    name: str, catalogue: Catalogue, precisions: Iterable[Precision], data_dir: Path | None, folder: Path
) -> Iterator[Dump]:
    try:
        config = config_of(name, catalogue)
        for precision in precisions or (config.precision,):
            yield _cell(name, replace(config, precision=precision), data_dir, folder)
    except HarnessError as error:
        yield Dump(name, "", absent=error.message)


def _cell(name: str, config: CellConfig, data_dir: Path | None, folder: Path) -> Dump:
    try:
        data = load(config.dataset, data_dir, train_images=config.train_images, test_images=config.test_images)
    except HarnessError:  # its message names places on this machine, and a certificate is committed
        raise HarnessError(f"{config.dataset} is not at hand") from None
    found = fingerprint(config, data.digest)
    setting = Setting(CPU, ann_cache=AnnCache(folder))
    try:
        outputs = _outputs(run_cell(config, data, guarded(config.encoder), setting))
    except (CellFailure, EncoderError):
        outputs = {"failed": True}
    settings = msgspec.to_builtins(config)
    return Dump(name, config.precision, config.encoder.name, found.numerics, settings, outputs)


def _outputs(trained: Trained) -> dict[str, Any]:
    result, weights = trained.result, trained.spiking.network.state_dict()
    return {
        "ann": msgspec.to_builtins(result.ann_epochs),
        "encoder": msgspec.to_builtins(result.encoder_state),
        "thresholds": result.thresholds,
        "balanced": msgspec.to_builtins(result.balanced),
        "epochs": msgspec.to_builtins(result.epochs),
        "curve": msgspec.to_builtins(result.curve),
        "spikes": [layer.spikes for layer in result.layers],
        "accumulates": [layer.accumulates for layer in result.layers],
        "layers": [(layer.name, layer.macs, layer.multiplies, layer.neurons) for layer in result.layers],
        "encoder operations": (result.encoder_operations, result.encoder_macs),
        "training images": msgspec.to_builtins(result.sample_curve),
        "on the way": msgspec.to_builtins(result.on_the_way),
        "weights": [_digest(weights[name]) for name in sorted(weights)],
    }


def _kernels() -> Iterator[Dump]:
    """Spikes and gradients of a layer on drawn inputs: both readings and clocks, each readout, map and features."""
    for precision, dtype in DTYPES.items():
        outputs = {}
        for reading, clock in itertools.product(get_args(Reading), get_args(Clock)):
            spec = NeuronSpec(reading=reading, clock=clock)
            for shape, readouts in _shapes().items():
                for label, readout in readouts.items():
                    outputs[f"{reading}, {clock}, {shape}, {label}"] = _layer(shape, readout, spec, dtype)
        yield Dump(KERNELS, precision, outputs=outputs)


Case = tuple[tuple[int, ...], tuple[int, ...]]


def _shapes() -> dict[Case, dict[str, Readout]]:
    """Inputs `[T·N, …]` of 7 timesteps of 3 images and weights; what is read from the spikes."""
    even, odd = (3, 6, 8, 5), (3, 7, 5, 5)
    return {
        ((21, 33), (17, 33)): {"each": EACH, "summed": SUMMED},
        ((21, 3, 6, 8), (5, 3, 3, 3)): {"each": EACH, "summed": SUMMED, "pooled": pooled(even)},
        ((21, 4, 7, 5), (5, 4, 3, 3)): {"pooled": pooled(odd)},
    }


def _layer(case: Case, readout: Readout, spec: NeuronSpec, dtype: torch.dtype) -> list[str]:
    draws = np.random.default_rng(0)
    shape, weight_shape = case
    x = torch.from_numpy(draws.integers(-1, 2, shape).astype(np.float32)).to(dtype).requires_grad_()
    weight = torch.from_numpy(draws.normal(0.0, 0.4, weight_shape).astype(np.float32)).requires_grad_()
    neurons = 3 * weight_shape[0] * (shape[2] * shape[3] if len(shape) == 4 else 1)
    gain = torch.from_numpy((draws.random(neurons) < 0.8).astype(np.float32)) * 1.25
    fired = fire(x, weight, 7, Neuron(0.7, spec, gain), readout)
    seen = torch.from_numpy(draws.normal(0.0, 1.0, fired.shape).astype(np.float32)).to(fired.dtype)
    (fired * seen).sum().backward()
    assert x.grad is not None
    assert weight.grad is not None
    return [_digest(fired.detach()), _digest(x.grad), _digest(weight.grad)]


def _digest(tensor: Tensor) -> str:
    whole = tensor.detach().cpu().contiguous()
    bits = whole.view(torch.int16) if whole.dtype == torch.bfloat16 else whole
    return hashlib.sha256(bits.numpy().tobytes()).hexdigest()
