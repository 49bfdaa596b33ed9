"""One process's way through the cells of a plan: lock a cell, compute it, write its record, whatever happens to others.

Any number of processes may share a results folder. A cell's lock is held while it runs, and says how far it is; what
another process holds comes last.
"""

import base64
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch
from msgspec import UNSET
from torch import Tensor, nn

from encoders.base import EncoderError
from harness.config import CellConfig
from harness.data import DataSet
from harness.errors import CellFailure, HarnessError, Stopped, said_by
from harness.machine.environment import machine
from harness.machine.files import Owner, content_digest, hold, holder, write_atomically, write_progress
from harness.machine.process import finishing
from harness.plugins.guard import guarded, kept_state
from harness.records.freshness import freshness, known_certificates
from harness.records.store import checkpoints_beside, lock_path, write_record
from harness.records.weights import About, content_of, weights_path
from harness.runs.evaluations import evaluate
from harness.runs.plan import PlannedCell, ann_checkpoint, circumstances, shape_of, stamp_of
from harness.schema import Counts, Evaluated, Failure, Fingerprint, Record, Weights
from harness.training.cell import Setting, Trained, run_cell
from harness.training.checkpoint import Watch
from harness.training.method import method_of

POLL_SECONDS = 2.0
SMALL = 2_000_000  # bytes of weights in fp32; smaller networks are kept unless the user says no
REPORT_SECONDS = 1.0  # between two entries of its progress into a cell's lock


class Finished(NamedTuple):
    """A cell that has its record now. here: this process wrote it, and not another one meanwhile.

    reported: seconds of its cost that were already shown as progress.
    """

    cell: PlannedCell
    record: Record
    here: bool = True
    reported: float = 0.0


def written_since(cell: PlannedCell, results: Path, data: str) -> Record | None:
    """The record of the cell on the data with that digest, if somebody has written it since it was planned."""
    if stamp_of(cell.path) == cell.stamp:
        return None
    found = freshness(cell.path, cell.config, known_certificates(results), data)
    return found.record if found.state in ("done", "failed") else None


@dataclass(frozen=True)
class Run:
    """A process that computes cells. It reports progress to the setting's watch, in seconds of the cells' costs.

    timesteps: by arm, those whose bits a record keeps besides the last one. keep_weights: see `keeps`.
    starting: called with the name of a cell before it is computed; say: called with a line for the user.
    """

    data: DataSet
    results: Path
    setting: Setting
    timesteps: Mapping[str, Sequence[int]] = field(default_factory=dict)
    keep_weights: bool | None = False
    starting: Callable[[str], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None

    def run(self, cells: Sequence[PlannedCell], wait: bool = True) -> Iterator[Finished]:
        """Compute `cells` and yield each when it has its record. A failure is a record, not an exception.

        Cells that other processes hold come last. Without `wait` they are left; else their records are waited for, and
        a cell is taken over if its process ends. Raises HarnessError if the disk fails, and Stopped if the watch ends
        the run; everything that was written before stays as it is.
        """
        left, named, refused = deque(cells), set[Path](), 0
        while left:
            # The first cell whose ANN no other process is training now; else simply the first.
            cell = next((cell for cell in left if not _in_training(cell.ann, left)), left[0])
            left.remove(cell)
            result = self.attempt(cell)
            if isinstance(result, Finished):
                refused = 0
                yield result
                continue
            left.append(cell)
            refused += 1
            if cell.path not in named:
                named.add(cell.path)
                self.say(f"{cell}: running elsewhere ({result})")
            if refused < len(left):
                continue
            if not wait:
                return
            if refused == len(left):
                self.say(f"waiting for cells of other runs: {len(left)}; Ctrl-C ends the waiting, not them")
            if self.setting.watch.stop():
                raise Stopped("waiting", kept=False)
            time.sleep(POLL_SECONDS)

    def attempt(self, cell: PlannedCell) -> Finished | Owner:
        """Compute one cell, unless another process holds it, or has written its record since it was planned."""
        done = last = 0.0

        def progress(stage: str, work: float) -> None:
            nonlocal done, last
            done += work
            self.setting.watch.progress(stage, cell.cost.of(work))
            if time.monotonic() - last >= REPORT_SECONDS:
                last = time.monotonic()
                write_progress(lock_path(cell.path), stage, done)

        try:
            with hold(lock_path(cell.path)) as owner:
                if owner is not None:
                    return owner
                record = written_since(cell, self.results, self.data.digest)
                if record is not None:
                    if record.status == "done":
                        _tidy(cell)
                    return Finished(cell, record, here=False)
                self.setting.watch.pause(str(cell))
                self.starting(str(cell))
                last, checkpoint = time.monotonic(), cell.checkpoint(self.setting)
                begun = checkpoints_beside(cell.path)
                if begun and checkpoint.path and not any(p.name.startswith(checkpoint.path.name) for p in begun):
                    self.say(
                        f"{cell}: begun with other versions, threads or device; starts again: a record has one of each"
                    )
                setting = replace(self.setting, checkpoint=checkpoint, watch=Watch(progress, self.setting.watch.stop))
                steps = self.timesteps.get(cell.config.arm, ())
                record = compute(cell, self.data, setting, steps, self.keep_weights)
                with finishing():
                    try:
                        write_record(self.results, record)
                    except ValueError as error:
                        record = _failed(cell, setting, str(error))
                        write_record(self.results, record)
                    if record.weights is None:  # those of the record that stood there before
                        weights_path(cell.path).unlink(missing_ok=True)
                    if record.status == "done":  # where memory was short, --retry-failed goes on
                        _tidy(cell)
                return Finished(cell, record, reported=cell.cost.of(done))
        except Stopped as stopped:
            raise Stopped(str(stopped), kept=is_begun(cell)) from None
        except OSError as error:
            raise HarnessError(
                f"{cell}: the disk refuses: {error.strerror or error} ({error.filename or self.results})",
                "records already written are intact; make room or choose another --results-dir, and run the same "
                "command",
            ) from error


def _in_training(ann: Path | None, cells: Sequence[PlannedCell]) -> bool:
    if ann is None or ann.exists():
        return False
    return any(cell.ann == ann and holder(lock_path(cell.path)) for cell in cells)


def is_begun(cell: PlannedCell) -> bool:
    """Whether there is a checkpoint from which the unfinished cell goes on, its own or its ANN's."""
    ann = None if cell.ann is None else ann_checkpoint(cell.ann).path
    return bool(checkpoints_beside(cell.path)) or (ann is not None and ann.exists())


def _tidy(cell: PlannedCell) -> None:
    """Remove what a finished cell and killed runs left beside its record: checkpoints, half-written files, its lock.

    Whoever still holds the removed lock finds the record when it looks again.
    """
    for path in cell.path.parent.glob(f".*{cell.path.stem}.*"):
        path.unlink(missing_ok=True)


def sweep(cells: Sequence[PlannedCell]) -> None:
    """Remove what runs killed just after writing a record left beside it. `cells` have their records already.

    A cell that another run holds is left to it.
    """
    for cell in cells:
        if any(cell.path.parent.glob(f".*{cell.path.stem}.*")):
            with hold(lock_path(cell.path)) as owner:
                if owner is None:
                    _tidy(cell)


# ## From a cell to its record and its file of weights


def compute(
    cell: PlannedCell,
    data: DataSet,
    setting: Setting,
    timesteps: Sequence[int] = (),
    keep_weights: bool | None = False,
) -> Record:
    """The record of a cell, a failed one for whatever goes wrong with it. Raises OSError when the disk refuses.

    timesteps: those whose bits it keeps beside the last one. keep_weights: see `keeps`.
    """
    config = cell.config
    try:
        if cell.fault is not None:
            raise cell.fault
        trained = _trained(config, data, setting)
        begun = time.perf_counter()
        found = evaluate(config, trained.spiking, data.test, setting)
        if found:
            trained.timings["evaluations"] = round(time.perf_counter() - begun, 3)
        record = record_of(config, cell.fingerprint, setting, trained, timesteps, found)
        if not keeps(keep_weights, trained.spiking.network):
            return record
        content = weights_of(config, cell.fingerprint, trained, data)
        write_atomically(weights_path(cell.path), content)  # first: a record names only weights that are there
        return msgspec.structs.replace(record, weights=Weights(weights_path(cell.path).name, content_digest(content)))
    except (CellFailure, EncoderError) as error:
        _require_usable(setting.device, f"{cell}: {error}")
        for path in checkpoints_beside(cell.path):  # it would fail again there
            path.unlink(missing_ok=True)
        return _failed(cell, setting, str(error))
    # The disk, or the end of the time: the encoder's own errors come as CellFailure.
    except (OSError, HarnessError, Stopped):
        raise
    except (Exception, SystemExit) as error:  # a plug-in's fault, ours or the machine's: memory's is a RuntimeError
        _require_usable(setting.device, f"{cell}: {said_by(error)}")
        return _failed(cell, setting, said_by(error))


def _require_usable(device: torch.device, what: str) -> None:
    """Raise HarnessError if nothing can be computed on the GPU any more: after some faults, every later call fails."""
    try:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
    except RuntimeError:
        raise HarnessError(
            f"{what}; the GPU is lost to this process", "the same command goes on from checkpoints"
        ) from None


def _trained(config: CellConfig, data: DataSet, setting: Setting) -> Trained:
    """The cell, computed by its method."""
    encoder = guarded(config.encoder)
    if not config.method:
        return run_cell(config, data, encoder, setting)
    with kept_state():
        return method_of(config.method).run(config, data, encoder, setting)


def _failed(cell: PlannedCell, setting: Setting, reason: str) -> Record:
    """The record of a cell that could not be finished; called where its error is being handled."""
    line = reason.splitlines()[0] if reason.strip() else "no reason given"
    failure = Failure(line, traceback.format_exc())
    return _record(cell.config, cell.fingerprint, setting, status="failed", timings={}, failure=failure)


def _record(config: CellConfig, fingerprint: Fingerprint, setting: Setting, **outputs: Any) -> Record:
    return Record(
        config=config,
        fingerprint=fingerprint,
        environment=circumstances(config, setting),
        threads=torch.get_num_threads(),
        machine=machine(setting.device),
        **outputs,
    )


def record_of(
    config: CellConfig,
    fingerprint: Fingerprint,
    setting: Setting,
    trained: Trained,
    timesteps: Sequence[int],
    evaluations: Mapping[str, Tensor] | None = None,
) -> Record:
    """The record of a finished cell, with the bits of its test images at the last step and at each of `timesteps`.

    evaluations: which images are right under each, bool `[T, N]`.
    """
    kept = sorted({config.timesteps, *(t for t in timesteps if 1 <= t <= config.timesteps)})
    numbers = {name: getattr(trained.result, name) for name in trained.result.__struct_fields__}
    evaluated = evaluated_at(kept, evaluations or {})
    numbers |= {"timings": trained.timings, "right": packed(trained.right, kept), "evaluations": evaluated}
    return _record(config, fingerprint, setting, status="done", **numbers)


def evaluated_at(timesteps: Sequence[int], evaluations: Mapping[str, Tensor]) -> dict[str, Evaluated]:
    """Evaluations, bool `[T, N]`, as a record holds them, with the bits at each of `timesteps`."""
    return {
        text: Evaluated(Counts(right.sum(1).tolist(), right.shape[1]), packed(right, timesteps))
        for text, right in evaluations.items()
    }


def packed(right: Tensor, timesteps: Sequence[int]) -> dict[str, str]:
    """The bits of `right`, bool `[T, N]`, at each of `timesteps`, as text: base64 of `numpy.packbits`."""
    return {str(t): base64.b64encode(np.packbits(right[t - 1].numpy()).tobytes()).decode() for t in timesteps}


def keeps(keep: bool | None, network: nn.Module) -> bool:
    """Whether the weights of `network` are kept. keep: True always, False never, None for those under 2 MB."""
    size = 4 * sum(weight.numel() for weight in network.parameters())
    return size < SMALL if keep is None else keep


def weights_of(config: CellConfig, fingerprint: Fingerprint, trained: Trained, data: DataSet) -> bytes:
    """The content of a cell's file of weights."""
    spiking, neuron = trained.spiking, config.neuron
    alike = {name: getattr(config, name) for name in About.__struct_fields__ if hasattr(config, name)}
    if neuron:
        alike |= {name: getattr(neuron, name) for name in ("leak", "reading", "clock")}
    about = About(
        **alike,
        fingerprint=fingerprint.digest,
        shape=shape_of(spiking.encoder, data.test),
        classes=data.classes,
        thresholds=list(spiking.thresholds),
        encoder_state=dict(spiking.encoder.state()),
        data=data.digest,
        reset="none" if neuron and neuron.reset == "none" else UNSET,
    )
    state = spiking.network.state_dict()
    tensors = {name: value.detach().to("cpu", torch.float32).contiguous().numpy() for name, value in state.items()}
    return content_of(about, tensors)
