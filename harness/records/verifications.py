"""Verifications: the outputs of a record computed a second time, compared with it and kept beside it. No torch.

`seed-0003.verified-weights.json` lies beside `seed-0003.json` and holds the second curve.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import pvariance
from typing import Literal, NamedTuple, get_args

import msgspec
from scipy.special import ndtri, stdtrit

from harness.config import Natural, canonical_json
from harness.errors import HarnessError
from harness.records.fingerprint import recipe_digest
from harness.records.store import problem_of, read_json, read_record, record_paths, seal, write_json
from harness.schema import Amount, Counts, Machine, Record, Step

Source = Literal["weights", "training", "snntorch", "norse"]
Word = Literal["identical", "within tolerance", "different"]
IDENTICAL: Word = "identical"

ERROR_RATE = 0.05  # of calling rounding a difference, over all compared timesteps together
ENOUGH_FREEDOM = 10  # degrees of freedom from which the spread of seeds is trusted
MOST_NOISE = 4  # times the noise of a test, which a spread of seeds may allow at most
# Fields of a record that are not outputs.
CIRCUMSTANCES = ("fingerprint", "environment", "timings", "digest", "threads", "machine", "weights", "schema_version")
# Outputs that early records do not have.
LATER = ("sample_curve", "right", "on_the_way", "encoder_macs")


class Spread(NamedTuple):
    """The standard deviation of seeds in images, and its degrees of freedom."""

    deviation: float
    freedom: int


class Comparison(NamedTuple):
    """largest: the gap in images at the timestep where it is widest relative to its tolerance; allowed: that tolerance.

    Both are None if there is no second curve of the record's length. differing: the fields whose values differ.
    """

    word: Word
    largest: int | None
    allowed: float | None
    differing: list[str]


class Verification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second outputs of the record whose digest is `record`, and how they compare.

    environment, machine: of the second computation; in another simulator `kernel` names its version.
    numerics: the digest of the code that trained again; empty if nothing was trained.
    differing: the fields of the record whose second values differ.
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
    more than four times the noise of a test; by that noise itself if s has fewer than ten degrees of freedom.
    spread: None if nothing was trained. Then the noise of a test is allowed, at every timestep.
    """
    ours, theirs, fields = record.curve, second.curve, differing(record, second)
    if ours is None or theirs is None or (ours.total, len(ours.correct)) != (theirs.total, len(theirs.correct)):
        return Comparison("different", None, None, fields)
    alike = rounds_alike(record, second)
    steps = range(1, len(ours.correct) + 1) if spread is None or alike else claimed(record)
    gaps = []
    for t in steps:
        before, after = ours.correct[t - 1], theirs.correct[t - 1]
        allowed = 0.0 if alike else _allowed(before + after, ours.total, (spread or {}).get(t), len(steps))
        gaps.append((abs(before - after), allowed))
    largest, allowed = max(gaps, key=lambda gap: gap[0] / max(gap[1], 1e-9))
    if not fields:
        return Comparison(IDENTICAL, largest, allowed, fields)
    return Comparison("within tolerance" if not alike and largest <= allowed else "different", largest, allowed, fields)


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

    False if a record does not name its processor.
    """
    ours, theirs = record.machine, second.machine
    if ours is None or theirs is None or msgspec.structs.replace(ours, cores=theirs.cores) != theirs:
        return False
    return not environment_changes(record, second).keys() - {"python"}


def environment_changes(record: Record, second: Record) -> dict[str, tuple[str | None, str | None]]:
    """The entries of the environment that differ, by name: (in the record, in its second computation)."""
    ours, theirs = record.environment, second.environment
    names = sorted((ours.keys() | theirs.keys()) - {"trained as"})  # of early records: the name that was trained
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}


def differing(record: Record, second: Record) -> list[str]:
    """The fields with outputs that are not identical. Those that early records lack count only if the record has them.

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

    At the record's last timestep each arm counts with its own last; at an earlier one, only arms that claim it too.
    """
    arms: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for file in record_paths(path.resolve().parents[1], levels=1):
        try:
            trained = read_record(file)
        except HarnessError:
            continue
        if trained.status == "done" and trained.fingerprint.data == record.fingerprint.data:
            recipe = recipe_digest(replace(trained.config, seed=0))
            arms[trained.config.arm, recipe].append(trained)
    spreads = {}
    for t in claimed(record):
        last, squares, freedom = t == record.config.timesteps, 0.0, 0
        for seeds in arms.values():
            curves = [one.curve.correct for one in seeds if one.curve and (last or str(t) in one.right)]
            counts = [curve[-1 if last else t - 1] for curve in curves]
            squares += len(counts) * pvariance(counts) if counts else 0.0
            freedom += max(0, len(counts) - 1)
        if freedom:
            spreads[t] = Spread(math.sqrt(squares / freedom), freedom)
    return spreads


def write_verification(path: Path, verification: Verification) -> Path:
    """Write a verification beside the record at `path`, and return its path."""
    return write_json(path.parent / f"{path.stem}.verified-{verification.source}.json", seal(verification))


def verifications_of(path: Path, record: Record) -> list[Verification]:
    """The verifications beside the record at `path`, by source.

    One of another record, an edited one or one that contradicts itself is left out.
    """
    files = (path.parent / f"{path.stem}.verified-{source}.json" for source in get_args(Source))
    return [verification for file in files if (verification := _read(file, record)) is not None]


def _read(file: Path, record: Record) -> Verification | None:
    try:
        kept = read_json(file, Verification)
        sound = (kept.record, kept) == (record.digest, seal(kept))
    except (ValueError, OverflowError):
        return None
    if record.curve is None or kept.curve.total != record.curve.total:
        return None
    second = msgspec.structs.replace(record, curve=kept.curve, right=kept.right)
    identical = not kept.differing and (record.curve, kept.largest) == (kept.curve, 0)
    return kept if sound and not problem_of(second) and identical == (kept.verdict == IDENTICAL) else None
