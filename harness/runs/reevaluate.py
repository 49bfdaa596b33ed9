"""`harness verify --weights`: the kept network is tested again, in seconds, and held against its record."""

from pathlib import Path

import torch

from harness.errors import HarnessError
from harness.machine.environment import machine, versions
from harness.records.retrainings import IDENTICAL, Verdict
from harness.records.store import read_record
from harness.records.weights import read_weights, weights_path
from harness.runs.predict import predict, restore
from harness.runs.verification import Verification
from harness.runs.verify import recorded_data, recorded_device, recorded_kernel, recorded_threads
from harness.schema import Record
from harness.training.checkpoint import SILENT, Watch

# Another processor adds up in another order: a few membranes and outputs of the test set then fall on the other side.
ROUNDING_IMAGES = 2


def reevaluate(path: Path, data_dir: Path | None = None, watch: Watch = SILENT) -> Verification:
    """Test the weights of the record at `path` again, at every timestep.

    On the machine that made the record the counts must be equal, elsewhere within `ROUNDING_IMAGES` images. Raises
    HarnessError for a record without weights, and for weights or data that are not those of the record.
    """
    record = read_record(path.resolve())
    if record.weights is None or record.curve is None:
        raise HarnessError(f"{path}: this record has no weights", "harness run … --keep-weights adds them")
    found = read_weights(weights_path(path))
    data, device = recorded_data(record, data_dir), recorded_device(record)
    with recorded_threads(record):
        spiking = restore(found, device=device, kernel=recorded_kernel(record, device))
        after = predict(spiking, data.test, record.config.seed, watch).counts
    largest = max(abs(one - other) for one, other in zip(record.curve.correct, after.correct, strict=True))
    allowed = 0 if same_machine(record, device) else ROUNDING_IMAGES
    verdict: Verdict = IDENTICAL if not largest else "within tolerance"
    if largest > allowed:
        verdict = "different"
    note = "the machine of the record" if not allowed else "another machine, or other versions, than the record's"
    differing = ("curve",) if largest else ()
    return Verification(str(path), verdict, differing, largest, allowed, (note,), allowance="rounding")


def same_machine(record: Record, device: torch.device) -> bool:
    """Whether this machine rounds as the one that made the record: its processor, accelerator and versions."""
    here = record.machine is not None and record.machine == machine(device)
    return here and all(record.environment.get(name) == value for name, value in versions().items())
