"""Records for the analysis: cells by key, outcomes of the seeds of an arm, and measurements.

A file that cannot be used is reported, never dropped, and a missing planned seed is never averaged away. Answers to
single images are used if records keep them, else counts alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from encoders.registry import BUILTIN
from harness.analysis import statistics
from harness.analysis.statistics import LEAST_SEEDS, Outcomes, outcomes_without_images
from harness.catalogue import Catalogue
from harness.config import CellConfig, EncoderSpec
from harness.records.freshness import CERTIFICATES, Freshness, Records, freshness_in
from harness.records.store import (
    RightBits,
    answers_in,
    read_json,
    record_path,
    record_paths,
    write_json,
)
from harness.records.verifications import Verification, verifications_of
from harness.schema import Counts, Record

Place = tuple[str, str, str]  # experiment, profile, arm
Key = tuple[str, str, str, int]  # and the seed
Curve = npt.NDArray[np.float64]  # percent after every timestep
MEASUREMENTS = "measurements"  # the folder, below a results folder


def percent(correct: npt.ArrayLike, total: npt.ArrayLike) -> Curve:
    """Accuracy in percent, rounded once, so that 8950 of 10000 is the same float as a printed "89.5"."""
    return np.asarray(100 * np.asarray(correct) / np.asarray(total), dtype=np.float64)


@dataclass(frozen=True)
class Cell:
    """A record under the key of the cell that it answers. Accuracies in percent; timesteps count from 1.

    `reason`: why it failed or is stale. A stale record is shown, but not judged. `verified`: results of
    `harness verify --keep`, such as "weights: identical".
    """

    key: Key
    record: Record
    status: Literal["done", "failed", "stale"] = "done"
    reason: str = ""
    path: Path = Path()
    verified: tuple[str, ...] = ()

    @property
    def seed(self) -> int:
        """Its seed."""
        return self.key[3]

    @property
    def done(self) -> bool:
        """Whether it has numbers that may be judged."""
        return self.status == "done"

    @property
    def device(self) -> str:
        """The name of the processor that computed it; may be empty."""
        return processor_of(self.record)

    @cached_property
    def curve(self) -> Curve:
        """Accuracy after every timestep, at the end of training."""
        return _curve(self.record.curve)

    @cached_property
    def balanced(self) -> Curve:
        """Accuracy after every timestep, right after threshold balancing; empty if the record lacks it."""
        return _curve(self.record.balanced)

    @cached_property
    def answers(self) -> RightBits:
        """By timestep, whether each test image was right; empty if the record lacks it."""
        return answers_in(self.record)

    def tested(self, under: str = "") -> tuple[Curve, RightBits]:
        """Accuracy after every timestep, and by timestep whether each image was right: in the plain test, or under an
        evaluation; empty if the record lacks them.
        """
        if not under:
            return self.curve, self.answers
        evaluated = self.record.evaluations.get(under)
        return (_curve(evaluated.curve), answers_in(evaluated)) if evaluated else (np.empty(0), {})

    @property
    def ann(self) -> float:
        """The accuracy of the pre-trained ANN; NaN if the record lacks it."""
        epochs = self.record.ann_epochs
        return float(percent(epochs[-1].correct, epochs[-1].total)) if epochs and self.done else float("nan")

    @property
    def optimism(self) -> float:
        """The best epoch on the test set minus the final one, in points (≥ 0); NaN without epochs."""
        after = [float(percent(epoch.correct, epoch.total)) for epoch in self.record.epochs]
        return max(after) - after[-1] if after and self.done else float("nan")

    @cached_property
    def readings(self) -> Mapping[float, float]:
        """Accuracy at the last timestep by fraction of fine-tuning, 0 (balanced) to 1 (the end); may be empty."""
        record = self.record
        if not record.on_the_way or not self.done:
            return {}
        ways = {0.0: record.balanced, **{float(at): read for at, read in record.on_the_way.items()}, 1.0: record.curve}
        return {at: float(_curve(counts)[-1]) for at, counts in ways.items() if counts is not None}


def processor_of(computed: Record | Verification) -> str:
    """The name of the processor that computed something; may be empty.

    One name stands for processors that round differently: those with AVX2 alone are told apart.
    """
    name, machine = computed.environment.get("device", ""), computed.machine
    instructions = machine.instructions if machine and not machine.accelerator else []
    return f"{name}, AVX2 alone" if "avx2" in instructions and "avx512f" not in instructions else name


def _outcome(record: Record, second: Verification) -> str:
    """A verification in words: its source, the processor if training ran on another one, and the verdict."""
    there = processor_of(second)
    where = f" on {there}" if second.source == "training" and there != processor_of(record) else ""
    return f"{second.source}{where}: {second.verdict}"


def _curve(counts: Counts | None) -> Curve:
    return np.empty(0) if counts is None else percent(counts.correct, counts.total)


# ## Outcomes of the seeds of an arm


def paired(*arms: Iterable[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """For each arm, the cells of the seeds that all arms have, ordered by seed."""
    of_each = [{cell.seed: cell for cell in cells} for cells in arms]
    common = sorted(set.intersection(*map(set, of_each)))
    return tuple(tuple(cells[seed] for seed in common) for cells in of_each)


def accuracy_of(cells: Sequence[Cell], timestep: int, under: str = "") -> Outcomes:
    """The accuracy of one arm at `timestep`; `cells`: one per seed. under: an evaluation that all records have."""
    if (table := _answers(cells, timestep, under)) is not None:
        return statistics.accuracy_outcomes(table)
    return outcomes_without_images(percent_at(cells, timestep, under))


def difference_of(
    greater: Sequence[Cell],
    less: Sequence[Cell],
    timestep: int,
    less_at: int | None = None,
    under: str = "",
    less_under: str | None = None,
) -> Outcomes:
    """The difference of two arms at `timestep`, paired by seed, and by test image if both keep them.

    `under`: see `accuracy_of`. `less_at`, `less_under`: how the lesser arm is read, if otherwise.
    """
    upper = greater, timestep, under
    lower = less, timestep if less_at is None else less_at, under if less_under is None else less_under
    ours, theirs = _answers(*upper), _answers(*lower)
    if ours is not None and theirs is not None and ours.shape == theirs.shape:
        return statistics.difference_outcomes(ours.astype(np.int8) - theirs.astype(np.int8))
    return outcomes_without_images(percent_at(*upper) - percent_at(*lower), lowest=-100.0)


def train_difference_of(greater: Sequence[Cell], less: Sequence[Cell], timestep: int) -> Outcomes | None:
    """As `difference_of`, on a fixed sample of training images; None if a record lacks it.

    Records count the right ones of these images, but do not keep which they are.
    """
    curves = [[_curve(cell.record.sample_curve) for cell in cells] for cells in (greater, less)]
    if not all(curve.size for of_arm in curves for curve in of_arm):
        return None
    ours, theirs = (np.array([curve[timestep - 1] for curve in of_arm]) for of_arm in curves)
    return outcomes_without_images(ours - theirs, lowest=-100.0)


def above_ann(cells: Sequence[Cell], timestep: int) -> Outcomes | None:
    """The accuracy of one arm minus that of the ANN it was converted from, by seed; None if a record lacks the ANN's.

    Records count the right answers of the ANN, but do not keep which images they are of.
    """
    of_ann = np.array([cell.ann for cell in cells])
    if np.isnan(of_ann).any():
        return None
    return outcomes_without_images(percent_at(cells, timestep) - of_ann, lowest=-100.0)


def net_difference_of(greater: Sequence[Cell], less: Sequence[Cell], timestep: int) -> Outcomes | None:
    """The difference of two arms, each net of the ANN that it was converted from, by seed.

    None if a record lacks its ANN's. Codes of x and of p have different ANNs.
    """
    ours, theirs = above_ann(greater, timestep), above_ann(less, timestep)
    if ours is None or theirs is None:
        return None
    return outcomes_without_images(ours.per_seed - theirs.per_seed, lowest=-200.0, highest=200.0)


def values_of(encoder: EncoderSpec) -> str:
    """The values that a code conveys: "x" in [-1, 1], "p" = (x + 1)/2, or the name of a plug-in."""
    built_in = BUILTIN.get(encoder.name)
    if built_in is None:
        return encoder.name
    unsigned = built_in.conveys == "p" and not encoder.parameters.get("signed")
    return "p" if unsigned or encoder.parameters.get("signal") == "p" else "x"


def of_one_kind(encoders: Iterable[EncoderSpec], ours: Sequence[Cell], theirs: Sequence[Cell]) -> bool:
    """Whether two arms, paired by seed, are compared directly: their codes convey the same values or share ANNs."""
    return len(set(map(values_of, encoders))) == 1 or all(
        one.record.ann_epochs == other.record.ann_epochs for one, other in zip(ours, theirs, strict=True)
    )


def percent_at(cells: Sequence[Cell], timestep: int, under: str = "") -> Curve:
    """[seeds], the accuracy of each in percent."""
    return np.array([cell.tested(under)[0][timestep - 1] for cell in cells])


def balanced_at(cells: Sequence[Cell], timestep: int) -> float | None:
    """The mean accuracy right after balancing; None unless every seed's record has it."""
    accuracies = [float(cell.balanced[timestep - 1]) for cell in cells if len(cell.balanced) >= timestep]
    return sum(accuracies) / len(cells) if 0 < len(accuracies) == len(cells) else None


def _answers(cells: Sequence[Cell], timestep: int, under: str = "") -> npt.NDArray[np.bool_] | None:
    """[seeds, images], or None if a seed does not keep its answers at this timestep."""
    rows = [row for cell in cells if (row := cell.tested(under)[1].get(timestep)) is not None]
    return np.stack(rows) if 0 < len(rows) == len(cells) and len({row.size for row in rows}) == 1 else None


def steps_to_reach(accuracy: npt.ArrayLike, target: float) -> int | None:
    """The first timestep (from 1) from which accuracy stays at or above `target` to the end.

    `accuracy[t]` is after t + 1 steps, in the unit of `target`. None: censored, never reached for good.
    """
    below = np.flatnonzero(np.asarray(accuracy) < target)
    first = int(below[-1]) + 2 if below.size else 1
    return first if first <= np.size(accuracy) else None


def steps_label(steps: int | None, timesteps: int) -> str:
    """`steps` in words: "41", or "> 48" for a run of 48 timesteps that is censored."""
    return f"> {timesteps}" if steps is None else str(steps)


# ## A results folder


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`value` of `quantity` in `unit`, over `images` images of a data set with that digest; `how` in a sentence."""

    quantity: str
    value: float
    unit: str
    dataset: str
    data: str
    images: int
    how: str


@dataclass(frozen=True)
class PlannedSeeds:
    """The state of the planned seeds of some arms, taken together.

    `arms`: for each arm, the cells of the planned seeds at which every arm is done. `further`: the number of done seeds
    beyond the plan, which are not judged. `gaps`: why others are not done; `stale`: whether one of these is stale.
    """

    arms: tuple[tuple[Cell, ...], ...]
    further: int
    gaps: tuple[str, ...]
    stale: bool


@dataclass(frozen=True)
class Loaded:
    """The content of one results folder.

    `cells`: every readable record. `measurements`: by quantity. `problems`: every file that was refused or is stale,
    with the reason, and arms whose seeds all answer alike. `unregistered`: the configurations of cells whose experiment
    is not in the catalogue.
    """

    cells: Mapping[Key, Cell] = field(default_factory=dict)
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    unregistered: tuple[CellConfig, ...] = ()

    @cached_property
    def by_arm(self) -> Mapping[Place, tuple[Cell, ...]]:
        """The cells of every arm, by seed."""
        arms: dict[Place, list[Cell]] = {}
        for key in sorted(self.cells):
            arms.setdefault(key[:3], []).append(self.cells[key])
        return {place: tuple(cells) for place, cells in arms.items()}

    def done(self, experiment: str, profile: str, arm: str, planned: int | None = None) -> tuple[Cell, ...]:
        """The finished cells of an arm by seed; with `planned`, only those of the first `planned` seeds."""
        cells = self.by_arm.get((experiment, profile, arm), ())
        return tuple(cell for cell in cells if cell.done and (planned is None or cell.seed < planned))

    def planned(self, experiment: str, profile: str, arms: Sequence[str], seeds: int) -> PlannedSeeds:
        """The state of the planned seeds 0 .. seeds - 1 of all `arms` at `profile`."""
        done, judged = (paired(*(self.done(experiment, profile, arm, n) for arm in arms)) for n in (None, seeds))
        gaps, stale = [], False
        for arm, seed in ((arm, seed) for seed in range(seeds) for arm in arms):
            if (cell := self.cells.get((experiment, profile, arm, seed))) is None:
                name = f"/{experiment}/{profile}/{arm}/seed-{seed:04d}.json:"
                refused = any(name in f"/{problem}" for problem in self.problems)
                gaps.append(f"{arm} seed {seed}: {'refused, see problems' if refused else 'missing'}")
            elif not cell.done:
                gaps.append(f"{arm} seed {seed}: {cell.status}: {cell.reason}")
                stale |= cell.status == "stale"
        return PlannedSeeds(judged, len(done[0]) - len(judged[0]), tuple(gaps), stale)


def load(results: Path, catalogue: Catalogue) -> Loaded:
    """Read every record under `results`, which need not exist. Never raises on a bad one."""
    problems = list(_foreign(results))
    cells: dict[Key, Cell] = {}
    unregistered: list[CellConfig] = []
    stale: Counter[tuple[Path, str]] = Counter()
    answers = list(_answering(Records(results), catalogue))
    # By experiment and profile, the number of records with each digest of data.
    data: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for _, freshness in answers:
        if freshness.record is not None and freshness.state == "done":
            data[_key(freshness.record)[:2]][freshness.record.fingerprint.data] += 1
    for path, freshness in answers:
        record = freshness.record
        if record is None:
            problems.append(freshness.reason)
            continue
        key, reason, is_stale = _key(record), freshness.reason, freshness.state == "stale"
        usual = data[key[:2]].most_common(1)
        if not is_stale and usual and record.fingerprint.data != usual[0][0]:
            is_stale, reason = True, f"computed on other data than most of its profile ({usual[0][0][:12]})"
        verified = tuple(_outcome(record, second) for second in verifications_of(path, record))
        cells[key] = Cell(key, record, "stale" if is_stale else record.status, reason, path, verified)
        if record.config.experiment not in catalogue.names():
            unregistered.append(record.config)
        if is_stale:
            stale[path.parent, reason] += 1
    problems += [f"{folder}: {count} stale: {reason}" for (folder, reason), count in stale.items()]
    problems += [f"{results / place}: {remark}" for place, remark in _alike(Loaded(cells).by_arm)]
    measurements, refused = read_measurements(results)
    return Loaded(cells, measurements, tuple(sorted([*problems, *refused])), tuple(unregistered))


def _alike(arms: Mapping[Place, Sequence[Cell]]) -> Iterator[tuple[str, str]]:
    """The arms whose seeds all have the same counts at every timestep, each with a remark."""
    for place, cells in arms.items():
        answers = [(cell.record.curve, cell.record.right) for cell in cells if cell.done]
        if len(answers) >= LEAST_SEEDS and all(answer == answers[0] for answer in answers):
            remark = f"{len(answers)} seeds with identical counts at every timestep: the seed changes nothing here"
            yield "/".join(place), f"{remark} — see whether its network fires, and its encoder shows it the images"


def _key(record: Record) -> Key:
    config = record.config
    return config.experiment, config.profile, config.arm, config.seed


def _answering(records: Records, catalogue: Catalogue) -> Iterator[tuple[Path, Freshness]]:
    """First the records of cells that are neither planned nor asked for, then the record of each cell that is.

    Such a record gets the configuration of the cell that it answers.
    """
    asked: dict[Path, CellConfig] = {}
    for experiment in map(catalogue.experiment, catalogue.names()):
        for profile in experiment.profiles:
            if records.has_started(experiment, profile):
                asked |= {record_path(records.results, config): config for config in records.asked(experiment, profile)}
    for path in records.paths:
        if path not in asked:
            yield path, freshness_in(path, catalogue, records.certificates)
    for config in asked.values():
        answer = records.answer(config)
        if answer.record is not None:
            answer = replace(answer, record=msgspec.structs.replace(answer.record, config=config))
        if answer.state != "missing":
            yield answer.path, answer


def _foreign(results: Path) -> Iterator[str]:
    """One message for each file that is no record, without hidden files (unfinished writes, .gitkeep)."""
    beside = (path for kind in ("safetensors", "verified-*.json") for path in results.glob(f"*/*/*/seed-*.{kind}"))
    expected = {*record_paths(results), *beside}
    # Timings of `python -m bench`, certificates of `tools.certify` and measurements lie beside the records.
    allowed = [results / name for name in ("bench", CERTIFICATES, MEASUREMENTS)]
    for path in sorted(results.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(results).parts)
        if path.is_file() and path not in expected and not hidden and not any(map(path.is_relative_to, allowed)):
            yield f"{path}: not a record: no such file belongs into a results folder"


def write_measurement(results: Path, measurement: Measurement) -> Path:
    """Write a measurement below a results folder and return its path."""
    return write_json(results / MEASUREMENTS / f"{measurement.quantity}.json", measurement)


def read_measurements(results: Path) -> tuple[Mapping[str, Measurement], tuple[str, ...]]:
    """Measurements by quantity, and one message for each unreadable file. Never raises on a bad one."""
    measurements: dict[str, Measurement] = {}
    problems: list[str] = []
    for path in sorted((results / MEASUREMENTS).glob("*.json")):
        try:
            measurement = read_json(path, Measurement)
        except ValueError as error:
            problems.append(f"{path}: not a readable measurement ({error}) — restore it or measure again")
            continue
        if measurement.quantity == path.stem:
            measurements[path.stem] = measurement
        else:
            problems.append(f"{path}: refused: this is the measurement of {measurement.quantity} — move it back")
    return measurements, tuple(problems)
