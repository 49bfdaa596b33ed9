"""`harness verify`: compute the outputs of a record a second time, and compare.

The second outputs come from the kept weights, tested again here or in another simulator, or from a second training.
Another simulator uses none of our kernels: its neurons are between torch's layers, in a plain loop over time.
"""

import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

import msgspec
import torch
import torch.nn.functional as F
from rich.console import Console
from torch import Tensor

from encoders.errors import EncoderError
from encoders.registry import how_to_get_peers
from harness.config import PROFILES, NeuronSpec
from harness.data import DataSet
from harness.errors import HarnessError
from harness.machine.environment import machine
from harness.machine.files import write_atomically
from harness.machine.process import finishing
from harness.plugins.guard import failures_as_errors
from harness.records import verifications
from harness.records.fingerprint import fingerprint
from harness.records.freshness import chain, known_certificates
from harness.records.store import digest_of, read_record, record_path, seed_of, write_record
from harness.records.verifications import Comparison, Source, Verification, claimed
from harness.records.weights import read_weights, weights_path
from harness.runs.evaluations import evaluate
from harness.runs.plan import Cost, PlannedCell, circumstances, estimate
from harness.runs.predict import REINSTALL, data_of, predict, recorded_setting, recorded_threads, restore
from harness.runs.progress import Progress
from harness.runs.run import compute, evaluated_at, packed
from harness.schema import Record
from harness.snn.activity import Activity
from harness.snn.network import Spiking
from harness.snn.neuron import is_late
from harness.training.cell import Setting
from harness.training.checkpoint import SILENT, Watch


class Verified(NamedTuple):
    """A verified record. notes: further remarks, a line each."""

    path: Path
    source: Source
    comparison: Comparison
    notes: list[str]


def verify_all(
    names: Sequence[str], results: Path, source: Source | None, data_dir: Path | None, keep: bool, console: Console
) -> Iterator[Verified]:
    """Verify the records called `names`, each a path or EXPERIMENT/PROFILE/ARM/SEED in the folder `results`.

    source: None for the kept weights if they exist, else a training, whose progress `console` shows. All records are
    checked before the first is computed. Raises HarnessError for a record that is missing or cannot be verified.
    """
    asked = []
    for path in [find(name, results) for name in names]:
        record = read_record(path.resolve())
        if record.status != "done" or record.curve is None:
            raise HarnessError(
                f"{path}: its cell failed: there are no outputs to verify", "harness run … --retry-failed"
            )
        usual: Source = "weights" if record.weights and weights_path(path).is_file() else "training"
        if source not in (None, "training") and record.weights is None:
            raise HarnessError(f"{path}: this record has no weights", "use --from training; --keep adds them")
        if keep and results_folder_of(path, record) is None:
            raise HarnessError(f"{path}: in no results folder, where --keep would write", "leave --keep out")
        asked.append((path, record, source or usual))
    for path, record, chosen in asked:
        data = data_of(record.config, record.fingerprint.data, data_dir)
        if chosen == "training":
            with recorded_threads(record), failures_as_errors(REINSTALL):
                cell = PlannedCell(record.config, record.fingerprint, path, "missing")
                (cell,) = estimate([cell], data, recorded_setting(record))
            with Progress(console, cell.cost.seconds) as show:
                show.cell(str(path))
                watch = Watch(partial(_advance, show, cell.cost))
                done = verify(path, record, data, chosen, keep, watch)
        else:
            done = verify(path, record, data, chosen, keep)
        yield Verified(path, chosen, *done)


def _advance(show: Progress, cost: Cost, stage: str, work: float) -> None:
    show.advance(stage, cost.of(work))


def find(name: str, results: Path) -> Path:
    """The record called `name`: a path, or EXPERIMENT/PROFILE/ARM/SEED in the folder `results`."""
    if os.path.isfile(name):
        return Path(name)
    parts = name.strip("/").split("/")
    seed = re.fullmatch(r"(?:seed-)?(\d{1,9})(?:\.json)?", parts[-1])
    path = results.joinpath(*parts[:-1], f"seed-{int(seed[1]):04d}.json") if seed and len(parts) == 4 else None
    if path is None or not os.path.isfile(path):
        raise HarnessError(
            f"no record {path or name}",
            "name its file, or EXPERIMENT/PROFILE/ARM/SEED in --results-dir (committed: results/evidence)",
        )
    return path


def results_folder_of(path: Path, record: Record) -> Path | None:
    """The results folder that a record lies in, at EXPERIMENT/PROFILE/ARM/SEED of any names; None if in none."""
    parents = path.resolve().parents
    placed = len(parents) > 3 and parents[1].name in PROFILES and seed_of(path) == record.config.seed
    return parents[3] if placed else None


def verify(
    path: Path, record: Record, data: DataSet, source: Source, keep: bool = False, watch: Watch = SILENT
) -> tuple[Comparison, list[str]]:
    """Compute the outputs of the record at `path` again and compare. Returns further remarks too, a line each.

    keep: write the second curve beside the record, and missing weights too if a second training is identical.
    Raises HarnessError for weights that are refused, or for a simulator without their neuron.
    """
    with TemporaryDirectory() as folder, recorded_threads(record):
        trained, results = record_path(Path(folder), record.config), results_folder_of(path, record)
        if source == "training":
            second = _trained(record, data, trained, keep and not weights_path(path).is_file(), watch)
        else:
            second = _tested(path, record, data, source)
        spread = None if source != "training" else verifications.spread_of(path, record) if results else {}
        comparison = verifications.compare(record, second, spread)
        if keep and comparison.largest is not None and comparison.allowed is not None and second.curve is not None:
            with finishing():
                if comparison.word == verifications.IDENTICAL and weights_path(trained).is_file():
                    write_atomically(weights_path(path), weights_path(trained).read_bytes())  # before it is named
                    record = msgspec.structs.replace(record, weights=second.weights)
                    write_record(path.parent, record, path)
                    record = msgspec.structs.replace(record, digest=digest_of(record))
                kept = Verification(
                    record=record.digest,
                    source=source,
                    environment=second.environment,
                    machine=second.machine,
                    numerics=second.fingerprint.numerics if source == "training" else "",
                    verdict=comparison.word,
                    largest=comparison.largest,
                    allowed=comparison.allowed,
                    differing=comparison.differing,
                    curve=second.curve,
                    right={str(t): second.right[str(t)] for t in claimed(record)},
                )
                verifications.write_verification(path, kept)
    notes = []
    if second.failure is not None:
        notes.append(f"the second training failed: {second.failure.reason}")
    elif comparison.differing:
        notes.append(f"differing: {', '.join(comparison.differing)}")
    changes = verifications.environment_changes(record, second)
    notes += [f"{name}: {ours} in the record, {theirs} here" for name, (ours, theirs) in changes.items()]
    certificates = known_certificates(results) if results else ()
    if chain(certificates, record.fingerprint, record.config, second.fingerprint.numerics) is None:
        notes.append("the record was computed by earlier code, and nothing shows that today's computes the same")
    return comparison, notes


def _trained(record: Record, data: DataSet, path: Path, with_weights: bool, watch: Watch) -> Record:
    """The record of a second training, without cache or checkpoint; its weights are written beside `path`."""
    config = record.config
    try:
        today = fingerprint(config, data.digest, record.fingerprint.device)
    except EncoderError as error:
        raise HarnessError(str(error), "install the encoder") from None
    setting = replace(recorded_setting(record), watch=watch, products=tuple(record.products))
    # A file of weights names the fingerprint of its record: equal cells give equal files.
    cell = PlannedCell(config, record.fingerprint, path, "missing")
    second = compute(cell, data, setting, claimed(record), keep_weights=with_weights)
    # Encoded and decoded, because reading turns tuples into lists, and whole numbers in float fields into floats.
    second = msgspec.json.decode(msgspec.json.encode(second), type=Record)
    return msgspec.structs.replace(second, fingerprint=today)


def _tested(path: Path, record: Record, data: DataSet, source: Source) -> Record:
    """The record with the outputs of its kept weights, tested again here or in another simulator."""
    setting = recorded_setting(record) if source == "weights" else Setting(torch.device("cpu"))
    environment, evaluations = circumstances(record.config, setting), record.evaluations
    net = restore(read_weights(weights_path(path)), setting)
    if isinstance(net, Spiking):  # a file of weights lacks some settings of the neuron, and the products
        net = replace(net, neuron=record.config.neuron, products=tuple(record.products))
    if source != "weights":
        if not isinstance(net, Spiking):
            raise HarnessError(f"{path}: {source} cannot state the neurons of its method", "use --from weights")
        net = Simulated.of(source, net)
        environment["kernel"] = net.name
    predicted = predict(net, data.test, record.config.seed)
    if source == "weights":
        evaluations = evaluated_at(claimed(record), evaluate(record.config, net, data.test, setting))
    return msgspec.structs.replace(
        record,
        environment=environment,
        machine=machine(setting.device),
        curve=predicted.counts,
        right=packed(predicted.classes == predicted.labels, claimed(record)),
        evaluations=evaluations,
    )


# ## Other simulators

Neurons = Callable[[Tensor], Tensor]
"""The neurons of one layer, which keep their membranes: from the current of a timestep `[N, …]` to spikes."""


@dataclass(frozen=True, kw_only=True)
class Simulated(Spiking):
    """A network in another simulator; `name` is the simulator with its version, `made` gives neurons of a threshold.

    Each simulator states the neuron in its own terms:

    snnTorch   `Leaky` with a subtracted, delayed reset: u ← β·u + I − θ·s, with s the spike of the step before. That is
               the reading "equation". Its membrane leaks at a spike too, so it cannot state "algorithm".
    Norse      `LIFBoxCell`: v ← λ·v + (1 − λ)·I, then a reset that it is given, before the next step leaks. Hence
               v = (1 − λ)·u, the threshold is (1 − λ)·θ, and what the reset leaves is divided by λ:
               v − θ/λ at a spike, of which the next step makes λ·v − θ ("equation", "released-code"), or
               (v − θ)/λ at a spike, of which the next step makes v − θ ("algorithm"). Without reset, θ is 0 in these.
    """

    name: str
    made: Callable[[float], Neurons]

    @classmethod
    def of(cls, simulator: str, net: Spiking) -> Self:
        """`net` in a simulator. Raises HarnessError if that is not installed or has no such neuron."""
        make = {"snntorch": _of_snntorch, "norse": _of_norse}[simulator]
        try:
            made = make(net.neuron)
        except ImportError as error:
            missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else f"a working {simulator}"
            raise HarnessError(f"--from {simulator} needs {missing}: {error}", how_to_get_peers()) from None
        return cls(**vars(net), name=f"{simulator} {version(simulator)}", made=made)

    def chunk(self, budget: int = 1 << 22) -> int:
        """How many images to run at once: it computes one timestep after another, so that T times as many fit."""
        return super().chunk(budget * self.timesteps)

    @torch.no_grad()
    def outputs(self, train: Tensor, activity: Activity | None = None) -> Tensor:
        """U_t `[T, N, classes]` of a spike train `[T, N, C, H, W]` for every t."""
        assert activity is None, "it counts nothing"
        neurons, late = [self.made(threshold) for threshold in self.thresholds], is_late(self.neuron)
        waiting: list[Tensor | None] = [None] * len(neurons)
        total, outputs = torch.zeros(()), []
        for x in train:
            for index, layer in enumerate(neurons):
                sent = fired = layer(self._current(index, x).float())
                if late:  # with layer delay, the next layer receives the spikes of the step before
                    before, waiting[index] = waiting[index], fired
                    sent = torch.zeros_like(fired) if before is None else before
                x = sent.to(self.dtype)
                x = F.avg_pool2d(x, 2) if self.network.layers[index].pool else x
            total = total + self._current(-1, x.float())
            outputs.append(total)
        return torch.stack(outputs)

    def _current(self, index: int, x: Tensor) -> Tensor:
        """What layer `index` feeds its neurons."""
        weight = self.network.weights[index]
        if self.network.layers[index].side:
            return F.conv2d(x, weight, padding=1)
        # Maps `[N, C, H, W]` enter a linear layer as features `[N, H·W·C]`, in the order of its weights.
        return F.linear(x.movedim(1, -1).flatten(1), weight)


def _of_snntorch(neuron: NeuronSpec) -> Callable[[float], Neurons]:
    if neuron.reading == "algorithm":
        raise HarnessError(
            "snnTorch cannot state the reading 'algorithm': no neuron of its leaks only where it does not spike",
            "use --from norse",
        )
    import snntorch

    def layer(threshold: float) -> Neurons:
        cell = snntorch.Leaky(beta=neuron.leak, threshold=threshold, reset_mechanism=neuron.reset, reset_delay=True)
        return _stepping(cell, cell.reset_mem())

    return layer


def _of_norse(neuron: NeuronSpec) -> Callable[[float], Neurons]:
    with warnings.catch_warnings():  # Norse 1.1 scripts functions on import, which recent torch deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        import norse.torch as norse

    def reset(z: Tensor, v: Tensor, _: Tensor, threshold: Tensor) -> Tensor:
        subtracted = threshold if neuron.reset == "subtract" else torch.zeros_like(threshold)
        if neuron.reading == "algorithm":
            return torch.where(z > 0, (v - subtracted) / neuron.leak, v)
        return v - z * (subtracted / neuron.leak)

    def layer(threshold: float) -> Neurons:
        share = 1 - neuron.leak
        parameters = norse.LIFBoxParameters(
            tau_mem_inv=torch.tensor(share, dtype=torch.float64),
            v_th=torch.tensor(share * threshold, dtype=torch.float64),
            method="heaviside",
            reset_method=reset,
        )
        return _stepping(norse.LIFBoxCell(parameters, dt=1.0), None)

    return layer


def _stepping(cell: Any, state: Any) -> Neurons:
    def step(current: Tensor) -> Tensor:
        nonlocal state
        spikes, state = cell(current, state)
        assert isinstance(spikes, torch.Tensor)
        return spikes

    return step
