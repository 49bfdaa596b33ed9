"""Verifications: the outputs of a record computed a second time, compared with it and kept beside it. No torch.

`seed-0003.verified-weights.json` lies beside `seed-0003.json` and holds the second curve.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec
from scipy.special import ndtri, stdtrit

from harness.config import Natural, canonical_json
from harness.errors import HarnessError
from harness.records.store import problem_of, read_json, read_record, record_paths, seal, write_json
from harness.schema import Amount, Counts, Machine, Record, Step

Source = Literal["weights", "training", "snntorch", "norse"]
Word = Literal["identical", "within tolerance", "different"]
IDENTICAL: Word = "identical"

ERROR_RATE = 0.05  # of calling rounding a difference, over all compared timesteps together
ENOUGH_FREEDOM = 10  # degrees of freedom from which the spread of seeds is trusted
MOST_NOISE = 4  # times the noise of a test: no spread of seeds allows more
LARGEST_FILE = 2**22  # bytes; a curve of 100 timesteps with 10,000 images at five of them takes 10 KiB
# Fields of a record that are not outputs.
CIRCUMSTANCES = ("fingerprint", "environment", "timings", "digest", "threads", "machine", "weights", "schema_version")
# Outputs that early records do not have.
LATER = ("sample_curve", "right", "on_the_way", "encoder_macs")


class Spread(NamedTuple):
    """The standard deviation of seeds in images, and its degrees of freedom."""

    deviation: float
    freedom: int


class Comparison(NamedTuple):
    """largest: the widest gap between both curves for its tolerance, in images; allowed: the tolerance there.

    Both are None where there is no second curve of the record's length.
    """

    word: Word
    largest: int | None
    allowed: float | None


class Verification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second outputs of the record whose digest is `record`, and how they compare.

    environment, machine: of the second computation; in another simulator `kernel` names its version.
    numerics: the digest of the code that trained again; empty where nothing was trained.
    differing: the fields of the record that came out otherwise.
    right: which test images were right at the claimed timesteps, packed as in a record.
    """

    record: str
    source: Source = msgspec.field(name="from")
    environment: dict[str, str]
    machine: Machine | None
    numerics: str
    verdict: Word
    largest: Natural
    allowed: Amount
    differing: list[str]
    curve: Counts
    right: dict[Step, str]
    digest: str = ""


def compare(record: Record, second: Record, spread: Mapping[int, Spread] | None = None) -> Comparison:
    """Compare a record with its second computation.

    Where both round alike, every output must be identical. Elsewhere a second training acts like a new seed: at the
    claimed timesteps its counts may differ by t·s·√2 images, with s the `spread` of seeds at that timestep, but by no
    more than four times the noise of a test; by that noise itself where s has fewer than ten degrees of freedom.
    spread: None where nothing was trained: the noise of a test is allowed then, at every timestep.
    """
    one, other = record.curve, second.curve
    if one is None or other is None or (one.total, len(one.correct)) != (other.total, len(other.correct)):
        return Comparison("different", None, None)
    alike = rounds_alike(record, second)
    steps = range(1, len(one.correct) + 1) if spread is None or alike else claimed(record)
    gaps = []
    for t in steps:
        before, after = one.correct[t - 1], other.correct[t - 1]
        allowed = 0.0 if alike else _allowed(before + after, one.total, (spread or {}).get(t), len(steps))
        gaps.append((abs(before - after), allowed))
    largest, allowed = max(gaps, key=lambda gap: gap[0] / max(gap[1], 1e-9))
    if not differing(record, second):
        return Comparison(IDENTICAL, largest, allowed)
    return Comparison("within tolerance" if not alike and largest <= allowed else "different", largest, allowed)


def _allowed(correct: int, total: int, spread: Spread | None, looks: int) -> float:
    """The images by which two runs with `correct` right answers together may differ, at one of `looks` timesteps.

    Noise of a test: two counts over n images at one accuracy p differ by less than z·√(2np(1 − p)). Bonferroni.
    """
    tail, p = 1 - ERROR_RATE / 2 / looks, correct / (2 * total)
    noise = float(ndtri(tail)) * math.sqrt(2 * total * p * (1 - p))
    if spread is None or spread.freedom < ENOUGH_FREEDOM:
        return noise
    return min(float(stdtrit(spread.freedom, tail)) * spread.deviation * math.sqrt(2), MOST_NOISE * noise)


def claimed(record: Record) -> list[int]:
    """The timesteps at which a record is compared: those whose images it keeps, and the last."""
    return sorted({record.config.timesteps, *map(int, record.right)})


def rounds_alike(record: Record, second: Record) -> bool:
    """Whether both were computed by one kind of processor, the same versions, kernel and number of threads.

    False where a record does not say which processor.
    """
    ours, theirs = record.machine, second.machine
    if ours is None or theirs is None or msgspec.structs.replace(ours, cores=theirs.cores) != theirs:
        return False
    return not environment_changes(record, second).keys() - {"python"}


def environment_changes(record: Record, second: Record) -> dict[str, tuple[str | None, str | None]]:
    """By name, the parts of the environment that differ: in the record, in its second computation."""
    one, other = record.environment, second.environment
    names = sorted((one.keys() | other.keys()) - {"trained as"})  # of early records: the name that was trained
    return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}


def differing(record: Record, second: Record) -> list[str]:
    """The outputs that are not identical, by field. One that early records do not have counts where the record has it.

    Of two failures the reasons are compared: a traceback names lines of files.
    """
    return [
        field
        for field in Record.__struct_fields__
        if field not in CIRCUMSTANCES
        and (field not in LATER or getattr(record, field))
        and _output(record, field) != _output(second, field)
    ]


def _output(record: Record, field: str) -> bytes:
    return canonical_json(record.failure.reason if field == "failure" and record.failure else getattr(record, field))


def spread_of(path: Path, record: Record) -> dict[int, Spread]:
    """The spread of seeds at each claimed timestep of the record at `path`, over all arms beside its own.

    At the record's last timestep the last one of every arm counts; at an earlier one, arms that claim it too.
    """
    arms: dict[bytes, list[Record]] = defaultdict(list)
    for beside in record_paths(path.resolve().parents[1], levels=1):
        try:
            other = read_record(beside)
        except HarnessError:
            continue
        if other.status == "done" and other.fingerprint.data == record.fingerprint.data:
            arms[canonical_json(replace(other.config, seed=0))].append(other)
    found = {}
    for t in claimed(record):
        squares, freedom = 0.0, 0
        for seeds in arms.values():
            last = t == record.config.timesteps
            counts = [
                one.curve.correct[-1 if last else t - 1] for one in seeds if one.curve and (last or str(t) in one.right)
            ]
            if len(counts) > 1:
                mean = sum(counts) / len(counts)
                squares += sum((count - mean) ** 2 for count in counts)
                freedom += len(counts) - 1
        if freedom:
            found[t] = Spread(math.sqrt(squares / freedom), freedom)
    return found


def write_verification(path: Path, found: Verification) -> Path:
    """Write a verification beside the record at `path`, and return where."""
    return write_json(path.parent / f"{path.stem}.verified-{found.source}.json", seal(found))


def verifications_of(path: Path, record: Record) -> list[Verification]:
    """The verifications beside the record at `path`, by source.

    One of another record, a changed one and one that contradicts itself count for nothing.
    """
    beside = (path.parent / f"{path.stem}.verified-{source}.json" for source in get_args(Source))
    return [found for file in beside if (found := _read(file, record)) is not None]


def _read(file: Path, record: Record) -> Verification | None:
    try:
        found = read_json(file, Verification, LARGEST_FILE)
        mine = (found.record, found) == (record.digest, seal(found))
    except (ValueError, OverflowError):
        return None
    if record.curve is None or found.curve.total != record.curve.total:
        return None
    second = msgspec.structs.replace(record, curve=found.curve, right=found.right)
    identical = not found.differing and (record.curve, found.largest) == (found.curve, 0)
    return found if mine and not problem_of(second) and identical == (found.verdict == IDENTICAL) else None
