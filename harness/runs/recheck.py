"""`harness recheck`: the weights, thresholds and spike trains of a record in another simulator, image by image."""

import importlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from harness.data.types import ImageSet
from harness.errors import HarnessError, did_you_mean
from harness.records.rechecks import Parting, Recheck, Verdict, write_recheck
from harness.records.store import read_record
from harness.records.weights import read_weights, weights_path
from harness.runs.activity import trace
from harness.runs.predict import encoded, failures_as_errors, restore
from harness.runs.rounding import parting
from harness.runs.simulators.stepped import Stepped
from harness.runs.verify import recorded_data, recorded_threads
from harness.schema import Counts
from harness.snn.network import Spiking
from harness.training.batches import encoder_key

ENOUGH = 100  # images that rounding does not explain; the others that part are only counted then
SHOWN = 20  # images whose parting is stored and printed
# Why simulators that people will ask for are not offered.
LACKING = {
    "spikingjelly": "its LIFNode leaks the reset: u ← λ·(u − θ·s) + I, where the reading 'equation' has λ·u − θ·s + I",
}
SIMULATORS = ("snntorch", "norse")
INSTALL = "pip install 'dct-snn-harness[peers]'"


@dataclass
class Comparison:
    """What was counted so far, over batches of images."""

    ours: list[Tensor] = field(default_factory=list)
    theirs: list[Tensor] = field(default_factory=list)
    spikes: int = 0
    neuron_steps: int = 0
    parted: int = 0
    partings: list[Parting] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        """Images whose parting rounding does not explain, of those that were looked into."""
        return sum(not where.explained for where in self.partings)


def recheck(path: Path, simulator: str, data_dir: Path | None = None) -> Recheck:
    """Compare, and store the result beside the record.

    Raises HarnessError for a record without weights, an unknown or absent simulator, or one that cannot state the
    network.
    """
    record = read_record(path.resolve())
    if record.weights is None:
        raise HarnessError(f"{path}: this record has no weights", "harness run … --keep-weights adds them")
    found = read_weights(weights_path(path))
    spiking = restore(found)
    peer = network_in(simulator, spiking)
    data = recorded_data(record, data_dir)
    with recorded_threads(record):
        done = compared(spiking, peer, data.test, record.config.seed)
    result = _result(done, peer.version, data.test.labels, (record.digest, found.sha256))
    write_recheck(path, simulator, result)
    return result


def network_in(simulator: str, spiking: Spiking) -> Stepped:
    """The network in another simulator. Raises HarnessError where that is unknown, absent, or cannot state it."""
    if simulator in LACKING:
        raise HarnessError(f"{simulator} cannot state this neuron: {LACKING[simulator]}", "use --in snntorch")
    if simulator not in SIMULATORS:
        raise did_you_mean("simulator", simulator, list(SIMULATORS))
    module = importlib.import_module(f"harness.runs.simulators.with_{simulator}")
    try:
        made: Stepped = module.network(spiking)
    except ImportError as error:
        raise HarnessError(f"{simulator} is not here ({error})", INSTALL) from None
    return made


@failures_as_errors()
def compared(spiking: Spiking, peer: Stepped, images: ImageSet, seed: int) -> Comparison:
    """Both networks on the same spike trains, in batches."""
    done = Comparison()
    key = encoder_key(seed, "encoder-test")
    for places in torch.split(torch.arange(len(images)), spiking.chunk()):
        train = encoded(spiking, images, places, key)
        _add(done, spiking, peer, train, int(places[0]))
    return done


def _add(done: Comparison, spiking: Spiking, peer: Stepped, train: Tensor, first: int) -> None:
    ours, theirs = trace(spiking, train), peer.run(train)
    done.ours.append(ours.activity.classes)
    done.theirs.append(theirs.classes)
    parted = (ours.activity.classes != theirs.classes).any(0)
    for one, other in zip(ours.activity.spikes, theirs.spikes, strict=True):
        differing = one != other
        parted |= differing.any(-1).any(0)
        done.spikes += int(differing.sum())
        done.neuron_steps += differing.numel()
    done.parted += int(parted.sum())
    for image in parted.nonzero().flatten().tolist():
        if done.unexplained >= ENOUGH:
            break
        where = parting(spiking, ours, theirs, image)
        assert where is not None, "an image that parted does so somewhere"
        done.partings.append(msgspec.structs.replace(where, image=first + image))


def _result(done: Comparison, version: str, labels: Tensor, marks: tuple[str, str]) -> Recheck:
    ours, theirs = torch.cat(done.ours, 1), torch.cat(done.theirs, 1)
    differing = int((ours != theirs).any(0).sum())
    verdict: Verdict = "identical"
    if done.parted:
        verdict = "different" if done.unexplained else "identical but for rounding"
    return Recheck(
        simulator=version,
        record=marks[0],
        weights=marks[1],
        verdict=verdict,
        ours=Counts((ours == labels).sum(1).tolist(), len(labels)),
        theirs=Counts((theirs == labels).sum(1).tolist(), len(labels)),
        predictions=differing,
        spikes=done.spikes,
        neuron_steps=done.neuron_steps,
        parted=done.parted,
        unexplained=done.unexplained,
        partings=sorted(done.partings, key=lambda where: (where.explained, where.image))[:SHOWN],
    )
