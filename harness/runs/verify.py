"""`harness verify`: compute the outputs of a record a second time, and compare.

The second outputs come from the kept weights, tested again here or in another simulator, or from a second training.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import msgspec
import torch

from encoders.errors import EncoderError
from harness.data.types import DataSet
from harness.errors import HarnessError, did_you_mean
from harness.machine.environment import machine
from harness.machine.files import write_atomically
from harness.machine.process import finishing
from harness.records.certificates import chain, known_certificates
from harness.records.fingerprint import fingerprint
from harness.records.store import digest_of, read_record, write_record
from harness.records.verifications import (
    IDENTICAL,
    Comparison,
    Source,
    Verification,
    claimed,
    compare,
    differing,
    environment_changes,
    spread_of,
    write_verification,
)
from harness.records.weights import WeightsFile, read_weights, weights_path
from harness.runs.estimate import Cost, circumstances, cost_of
from harness.runs.plan import PlannedCell
from harness.runs.predict import (
    data_of,
    failures_as_errors,
    predict,
    recorded_device,
    recorded_kernel,
    recorded_threads,
    restore,
)
from harness.runs.run import Run, packed
from harness.runs.simulators import Simulated
from harness.schema import Record
from harness.snn.kernels import Kernel
from harness.snn.network import Spiking
from harness.training.cell import Setting
from harness.training.checkpoint import SILENT, Watch
from harness.training.method import Answering


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


def finished(path: Path) -> Record:
    """The record at `path`. Raises HarnessError where it is refused, or its cell failed."""
    record = read_record(path.resolve())
    if record.status != "done" or record.curve is None:
        raise HarnessError(f"{path}: its cell failed: there are no outputs to verify", "harness run … --retry-failed")
    return record


def source_of(asked: str | None, path: Path, record: Record) -> Source:
    """Where the second outputs come from: as asked, else the kept weights if they are there, else a training."""
    if asked is None:
        return "weights" if record.weights and weights_path(path).is_file() else "training"
    known: tuple[Source, ...] = get_args(Source)
    for source in known:
        if source == asked:
            if source != "training" and record.weights is None:
                raise HarnessError(f"{path}: this record has no weights", "use --from training; --keep adds them")
            return source
    raise did_you_mean("source", asked, list(known))


def expected_cost(record: Record, data: DataSet) -> Cost:
    """What a second training is expected to cost."""
    device = recorded_device(record)
    with recorded_threads(record), failures_as_errors():
        return cost_of(record.config, data, Setting(device, recorded_kernel(record, device)))


def verify(
    path: Path, record: Record, data: DataSet, source: Source, keep: bool = False, watch: Watch = SILENT
) -> tuple[Comparison, list[str]]:
    """Compute the outputs of the record at `path` again and compare; what else there is to say, a line each.

    keep: write the second curve beside the record; where a second training is identical and the weights are not
    there, write them too. Raises HarnessError for weights that are refused, or a simulator that cannot state them.
    """
    with TemporaryDirectory() as folder, recorded_threads(record):
        trained = Path(folder) / path.name
        if source == "training":
            second = _trained(record, data, trained, keep and not weights_path(path).is_file(), watch)
        else:
            second = _tested(path, record, data, source, watch)
        found = compare(record, second, spread_of(path, record) if source == "training" else None)
        if keep and found.largest is not None and found.allowed is not None and second.curve is not None:
            with finishing():
                if found.word == IDENTICAL and weights_path(trained).is_file():
                    record = _with_weights(path, record, second, weights_path(trained).read_bytes())
                kept = Verification(
                    record=record.digest,
                    source=source,
                    environment=second.environment,
                    machine=second.machine,
                    numerics=second.fingerprint.numerics if source == "training" else "",
                    verdict=found.word,
                    largest=found.largest,
                    allowed=found.allowed,
                    differing=differing(record, second),
                    curve=second.curve,
                    right={str(t): second.right[str(t)] for t in claimed(record)},
                )
                write_verification(path, kept)
    return found, list(_notes(path, record, second))


def recorded_data(record: Record, data_dir: Path | None) -> DataSet:
    """The data set of a record. Raises HarnessError where it is not here, or another."""
    config = record.config
    return data_of(config.dataset, data_dir, config.train_images, config.test_images, record.fingerprint.data)


def _trained(record: Record, data: DataSet, path: Path, with_weights: bool, watch: Watch) -> Record:
    """The record of a second training, without cache or checkpoint; its weights are written beside `path`."""
    config, device = record.config, recorded_device(record)
    try:
        today = fingerprint(config, data.digest, record.fingerprint.device)
    except EncoderError as error:
        raise HarnessError(str(error), "install the encoder") from None
    setting = Setting(device, recorded_kernel(record, device), watch=watch, products=tuple(record.products))
    run = Run(data, path.parent, setting, {config.arm: claimed(record)}, keep_weights=with_weights)
    # A file of weights names the fingerprint of its record: equal cells give equal files.
    second = run.compute(PlannedCell(config, record.fingerprint, path, "missing"))
    # As it would be read back: a tuple is a list then, a whole number in a field of floats a float.
    second = msgspec.json.decode(msgspec.json.encode(second), type=Record)
    return msgspec.structs.replace(second, fingerprint=today)


def _tested(path: Path, record: Record, data: DataSet, source: Source, watch: Watch) -> Record:
    """The record as its kept weights give it when they are tested again, here or in another simulator."""
    weights = read_weights(weights_path(path))
    if source == "weights":
        device = recorded_device(record)
        kernel = recorded_kernel(record, device)
        spiking = _restored(weights, record, device, kernel)
        environment = circumstances(record.config, Setting(device, kernel))
        predicted = predict(spiking, data.test, record.config.seed, watch)
    else:
        device = torch.device("cpu")
        spiking = _restored(weights, record, device)
        if not isinstance(spiking, Spiking):
            raise HarnessError(f"{path}: {source} cannot state the neurons of its method", "use --from weights")
        simulated = Simulated(source, spiking)
        environment = {**circumstances(record.config, Setting(device)), "kernel": simulated.name}
        predicted = predict(spiking, data.test, record.config.seed, watch, simulated.outputs)
    right = predicted.classes == predicted.labels
    return msgspec.structs.replace(
        record,
        environment=environment,
        machine=machine(device),
        curve=predicted.counts,
        right={str(t): packed(right[t - 1]) for t in claimed(record)},
    )


def _restored(weights: WeightsFile, record: Record, device: torch.device, kernel: Kernel = "auto") -> Answering:
    """The trained network with the record's neuron and products: a file of weights does not say all of them."""
    restored = restore(weights, device, kernel)
    if not isinstance(restored, Spiking):
        return restored
    return replace(restored, neuron=record.config.neuron, products=tuple(record.products))


def _with_weights(path: Path, record: Record, second: Record, content: bytes) -> Record:
    """The record at `path`, renewed with the SHA-256 of the weights that are written beside it first."""
    renewed = msgspec.structs.replace(record, weights=second.weights)
    write_atomically(weights_path(path), content)
    write_record(path.resolve().parents[3], renewed)
    return msgspec.structs.replace(renewed, digest=digest_of(renewed))


def _notes(path: Path, record: Record, second: Record) -> Iterator[str]:
    if second.failure is not None:
        yield f"the second training failed: {second.failure.reason}"
    elif fields := differing(record, second):
        yield f"differing: {', '.join(fields)}"
    for name, (ours, theirs) in environment_changes(record, second).items():
        yield f"{name}: {ours} in the record, {theirs} here"
    known = known_certificates(path.resolve().parents[3])
    if chain(known, record.fingerprint, record.config, second.fingerprint.numerics) is None:
        yield "the record was computed by earlier code, and nothing shows that today's computes the same"
