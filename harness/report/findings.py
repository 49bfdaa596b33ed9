"""Findings: questions about the records, each answered by a table of one of a few kinds.

A paper lists its `Finding`s. A kind is a function that takes what is compared and returns how to ask a source; it gives
a table for each profile at which all planned seeds are done, and none otherwise: a gap is never averaged away.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from math import isnan, nan
from pathlib import Path
from statistics import fmean

from harness.analysis.curves import (
    Cells,
    above_ann,
    difference_of,
    net_difference_of,
    seeds_done,
    values_of,
)
from harness.analysis.energy import FORTY_FIVE_NM, PICO_TO_MICRO, WORD_PJ, Operations, bits_of
from harness.analysis.frame import CELL, Key
from harness.analysis.judges import JUDGES, Judgement, without_own_size
from harness.analysis.statistics import (
    ALPHA,
    FEW_SEEDS,
    LEAST_SEEDS,
    Estimate,
    estimate,
    holm,
    p_above,
    p_different,
    p_equivalent,
    value_margin,
)
from harness.analysis.verdicts import VERDICTS, p_in_words
from harness.catalogue import Experiment, Paper
from harness.config import ProfileName
from harness.records.fingerprint import recipe_digest
from harness.records.store import read_record
from harness.records.verifications import compare, spread_of
from harness.report.sources import Source
from harness.report.table import Cell, Column, Interval, Row, Table
from harness.report.tables import claim_row, claims_table, title_of, training_table

Ask = Callable[[Source, Paper], Iterable[Table]]
Read = tuple[str, int]  # an arm, and the timestep after which it is read
Side = tuple[Experiment, str]  # an arm of an experiment
CHEAPEST_FIRST: tuple[ProfileName, ...] = ("lite", "short", "paper")
RECORDS = "Records"
BRIEF = ("claim", "published", "ours", "verdict")
NOT_TUNED = "not tuned: no search on validation images chose this fine-tuning rate"
ALL_UNTUNED = "No pair is tuned: no search on validation images chose the fine-tuning rates of both arms."
ACCURACY = "Accuracy in percent, mean ± half of a 95 % interval over seeds"
ARITHMETIC = f"{FORTY_FIVE_NM.accumulate_pj:g} pJ per addition and {FORTY_FIVE_NM.mac_pj:g} pJ per MAC"
SEEDS_ALONE = "Differences in percentage points; 95 % intervals over seeds alone."


@dataclass(frozen=True)
class Finding:
    """A question, and how a source and its paper answer it."""

    question: str
    ask: Ask


@dataclass(frozen=True)
class Topic:
    """Findings that are shown together. `says`: the sentence that states what they find, empty where none can be said.

    `figure`: the name of the figure that shows it. `experiments`: those whose pages have all numbers. A topic called
    `RECORDS` stands with the records and the method.
    """

    name: str
    findings: Sequence[Finding]
    says: Callable[[Source], str] = lambda _: ""
    figure: str = ""
    experiments: Sequence[str] = ()


def _brief(title: str) -> str:
    """The title of a code in a sentence: without what follows a comma or stands in brackets."""
    return title.partition(",")[0].partition(" (")[0]


def _of(mean: Estimate) -> Interval:
    return Interval(float(mean.mean), float(mean.low), float(mean.high), ())


def _profiles(experiment: Experiment) -> list[ProfileName]:
    """The profiles of an experiment, smoke apart, which is never judged."""
    return [profile for profile in experiment.profile_names if profile != "smoke"]


def judging(experiment: Experiment) -> list[ProfileName]:
    """The profiles of an experiment that judge orderings."""
    return [profile for profile in experiment.profile_names if "ordering" in JUDGES[profile]]


def _done(cells: Cells, experiment: Experiment, profile: str, arms: Iterable[str]) -> bool:
    """Whether all planned seeds of these arms are done."""
    planned = ((arm, experiment.seeds(arm, profile)) for arm in arms)
    return all(seeds_done(cells, experiment.name, profile, [arm], count).complete for arm, count in planned)


def _keys(experiment: Experiment, profile: str, arm: str, seeds: int | None = None) -> list[Key]:
    """The cells of an arm at its planned seeds, or at so many of them."""
    count = experiment.seeds(arm, profile) if seeds is None else seeds
    return [(experiment.name, profile, arm, seed) for seed in range(count)]


# --- Claims


def claims(which: Callable[[Judgement], bool], columns: Sequence[str] = BRIEF) -> Ask:
    """The paper's claims whose judgement answers `which`, with these columns of the table of claims."""

    def ask(source: Source, paper: Paper) -> Iterator[Table]:
        rows = [
            replace(claim_row(claim, found, source), details=tuple(filter(None, (found.nearest,))))
            for claim in paper.claims
            for found in source.judgements
            if found.id == claim.id and which(found)
        ]
        if rows:
            yield replace(claims_table((), ()), rows=tuple(rows), title="", style="").only(*columns)

    return ask


# --- Accuracies


def means(experiment: Experiment, rows: Mapping[str, Mapping[str, Read]], energy: bool = False) -> Ask:
    """Accuracy by row and column, of the columns whose arms are all done; `energy`: with that of one image."""
    headings = list(dict.fromkeys(heading for row in rows.values() for heading in row))

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        for profile in _profiles(experiment):
            done = [
                heading
                for heading in headings
                if _done(source.index, experiment, profile, (row[heading][0] for row in rows.values()))
            ]
            if done:
                shown = (
                    Row((Cell(name), *(_accuracy(source, experiment, profile, row[at], energy) for at in done)))
                    for name, row in rows.items()
                )
                columns = Column("arm"), *(Column(heading, "interval") for heading in done)
                spent = [source.operations.get((experiment.name, profile, row[done[0]][0])) for row in rows.values()]
                of_ann = [one.ann_pj(FORTY_FIVE_NM) * PICO_TO_MICRO for one in spent if one is not None]
                caption = f"{ACCURACY}."
                if energy and of_ann:
                    caption += f" Energy of one image at {ARITHMETIC}; as an ANN {max(of_ann):#.3g} µJ."
                yield Table(f" ({experiment.name}, {profile} profile)", columns, tuple(shown), caption)

    return ask


def _accuracy(source: Source, experiment: Experiment, profile: ProfileName, read: Read, energy: bool) -> Cell:
    """The accuracy of an arm after so many steps, marked where nobody tuned it."""
    spent = source.operations.get((experiment.name, profile, read[0])) if energy else None
    pj = None if spent is None else spent.snn_pj(FORTY_FIVE_NM)
    note = _untuned(source, profile, (experiment, read[0]))
    small = () if pj is None else (f"{pj * PICO_TO_MICRO:#.3g} µJ",)
    return Cell(source.estimate(experiment.name, profile, *read), note, small)


def _untuned(source: Source, profile: ProfileName, *sides: Side) -> str:
    """The note on a number that rests on an arm whose fine-tuning rate no search chose."""
    return NOT_TUNED if any(source.catalogue.not_tuned(e, profile, [arm]) for e, arm in sides) else ""


def _noted(table: Table) -> Table:
    """The table; where all its numbers rest on arms that nobody tuned, its caption says so in place of each."""
    cells = [cell for row in table.rows for cell in row.cells if isinstance(cell.value, Interval)]
    if not cells or any(cell.note != NOT_TUNED for cell in cells):
        return table
    plain = (
        replace(row, cells=tuple(replace(cell, note="" if cell.note == NOT_TUNED else cell.note) for cell in row.cells))
        for row in table.rows
    )
    return replace(table, rows=tuple(plain), caption=f"{table.caption} {ALL_UNTUNED}")


def read_early(experiment: Experiment, steps: Sequence[int]) -> Ask:
    """Accuracy of every arm after these steps of its whole run, and which arm leads from which step on."""
    rows = {title_of(arm): {f"step {step}": (arm.name, step) for step in steps} for arm in experiment.arms}

    def ask(source: Source, paper: Paper) -> Iterator[Table]:
        for profile, table in zip(_profiles(experiment), means(experiment, rows)(source, paper), strict=False):
            curves = {
                _brief(title_of(arm)): [found.mean for found in source.estimates[experiment.name, profile, arm.name]]
                for arm in experiment.arms
            }
            yield replace(table, caption=f"{table.caption} The highest mean has {leaders(curves)}.")

    return ask


def leaders(curves: Mapping[str, Sequence[float]]) -> str:
    """Which of several curves is the highest, by step: "direct input from step 1 to 3; DCT from step 4 on"."""
    length = min(map(len, curves.values()))
    best = [max(curves, key=lambda name: curves[name][step]) for step in range(length)]
    parts, first = [], 1
    for name, found in groupby(best):
        last = first + len(list(found)) - 1
        span = f"from step {first} on" if last == length else f"from step {first} to {last}"
        parts.append(f"{name} {f'at step {first}' if first == last else span}")
        first = last + 1
    return "; ".join(parts)


# --- Differences


@dataclass(frozen=True)
class Pair:
    """Two arms compared after `timesteps` steps: one minus the other."""

    name: str
    timesteps: int
    one: Side
    other: Side


def against_first(experiment: Experiment) -> list[Pair]:
    """Every arm of an experiment against the first one of as many timesteps."""
    pairs = []
    for timesteps in sorted({arm.timesteps for arm in experiment.arms}):
        first, *others = (arm for arm in experiment.arms if arm.timesteps == timesteps)
        pairs += [Pair(title_of(arm), timesteps, (experiment, arm.name), (experiment, first.name)) for arm in others]
    return pairs


@dataclass(frozen=True)
class Measured:
    """A pair with its difference, how far their ANNs are apart, and the raw difference where it is net of the ANNs.

    `ann`: NaN where a record does not tell. `p`: adjusted by Holm; `shown`: "above", "differs", "equivalent", or "not
    shown".
    """

    pair: Pair
    apart: Estimate
    ann: float
    raw: float | None
    p: float = nan
    shown: str = ""


def compared(
    cells: Cells, pairs: Sequence[Pair], profile: ProfileName, margin: float | None = None, better: bool = False
) -> list[Measured]:
    """The pairs that are complete, each with what is shown of it, after Holm's adjustment over all `pairs`.

    `better`: whether the first arm is shown to be above the other (one-sided), else whether they are shown to differ.
    `margin`: within how many points of none a difference that is not shown counts as equivalence (two one-sided tests).
    """
    found = list(_measured(cells, pairs, profile))
    test = p_above if better else p_different
    adjusted = map(float, holm([float(test(one.apart, 0.0)) for one in found], len(pairs)))
    alike = [1.0] * len(found)
    if margin is not None:
        alike = list(map(float, holm([float(p_equivalent(one.apart, 0.0, margin)) for one in found], len(pairs))))
    return [
        replace(
            one,
            p=p,
            shown=("above" if better else "differs") if p <= ALPHA else "equivalent" if same <= ALPHA else "not shown",
        )
        for one, p, same in zip(found, adjusted, alike, strict=True)
    ]


def _measured(cells: Cells, pairs: Sequence[Pair], profile: ProfileName) -> Iterator[Measured]:
    """Each pair that is complete. Codes of x and of p have other ANNs: they are compared net of these."""
    for pair in sorted(pairs, key=lambda pair: pair.timesteps):
        sides = (pair.one, pair.other)
        planned = min(experiment.seeds(arm, profile) for experiment, arm in sides)
        done = all(seeds_done(cells, e.name, profile, [arm], planned).complete for e, arm in sides)
        if not done or planned < LEAST_SEEDS:
            continue
        one, other = (_keys(e, profile, arm, planned) for e, arm in sides)
        difference, raw = difference_of(cells, one, other, pair.timesteps), None
        net = net_difference_of(cells, one, other, pair.timesteps)
        if _values(pair.one) != _values(pair.other) and net is not None:
            difference, raw = net, float(difference.mean)
        yield Measured(pair, estimate(difference), _anns_apart(cells, one, other), raw)


def unfinished(pairs: Sequence[Pair], found: Sequence[Measured]) -> str:
    """Which pairs lack seeds, as the end of a caption; empty where none does."""
    lacking: dict[str, list[str]] = {}
    for pair in pairs:
        if all(pair is not one.pair for one in found):
            lacking.setdefault(pair.name, []).append(str(pair.timesteps))
    names = "; ".join(f"{name} at T = {', '.join(steps)}" for name, steps in lacking.items())
    return f" Seeds are still missing of {names}." if names else ""


def _values(side: Side) -> str:
    """Which values a code conveys: x or p."""
    experiment, arm = side
    return values_of(experiment.arm(arm).encoder)


def _anns_apart(cells: Cells, greater: Sequence[Key], less: Sequence[Key]) -> float:
    """The accuracy of one arm's ANN minus that of the other's, the mean over seeds; NaN where a record lacks it."""
    ours, theirs = (fmean(cells.ann.get(key, nan) for key in keys) for keys in (greater, less))
    return ours - theirs


def codes(pairs: Sequence[Pair], margin: float) -> Ask:
    """Codes against one and the same, raw and net of each one's own ANN, by what their ANNs are trained on."""

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        cells, (experiment, reference) = source.index, pairs[0].other
        for profile in judging(experiment):
            rows = []
            found = compared(cells, pairs, profile, margin)
            for one in found:
                on, apart = _values(one.pair.one), _of(one.apart)
                row = (
                    Cell(one.pair.name, _untuned(source, profile, one.pair.one, one.pair.other)),
                    Cell(on),
                    Cell(apart.mean if one.raw is None else one.raw),
                    _ann(one),
                    Cell(apart),
                    Cell(_p(one)),
                    Cell(one.shown),
                    Cell(_above_own_ann(cells, profile, one.pair.one, one.pair.timesteps)),
                )
                rows.append((on == "p", -abs(apart.mean), Row(row, group=on)))
            if rows:
                rows.sort(key=lambda row: row[:2])
                own = _above_own_ann(cells, profile, pairs[0].other, pairs[0].timesteps)
                name = title_of(experiment.arm(reference))
                caption = (
                    f"Differences to {name} in percentage points, paired by seed, with 95 % intervals; two-sided p "
                    f"adjusted by Holm for {len(pairs)} comparisons. Equivalent: shown to lie within {margin:.2f} "
                    "points of none. An ANN is trained on what its code conveys, pixels x in [−1, 1] or p = (x + 1)/2. "
                    "Codes of one ANN are compared as they are, others net of their ANNs."
                )
                caption += unfinished(pairs, found)
                if own is not None:
                    caption += f" {name} itself against its own ANN: {CODES[-1].words(own)}."
                title = f" ({experiment.name}, {profile} profile, T = {pairs[0].timesteps})"
                yield Table(title, CODES, tuple(row for *_, row in rows), caption)

    return ask


CODES = (
    Column("code"),
    Column("ANN of"),
    Column("raw", "number", signed=True),
    Column("its ANN differs by", "number", signed=True),
    Column("net of the ANNs", "interval", signed=True),
    Column("adjusted p"),
    Column("shown"),
    Column("above its own ANN", "interval", signed=True),
)


def _ann(one: Measured) -> Cell:
    return Cell(None if isnan(one.ann) else one.ann)


def _p(one: Measured) -> str:
    return p_in_words(one.p).removeprefix("p = ").removeprefix("p ")


def _above_own_ann(cells: Cells, profile: ProfileName, side: Side, timestep: int) -> Interval | None:
    """How far an arm is above the ANN that it was converted from; None where a record does not tell."""
    experiment, arm = side
    outcomes = above_ann(cells, _keys(experiment, profile, arm), timestep)
    return None if outcomes is None or outcomes.seeds < LEAST_SEEDS else _of(estimate(outcomes))


def differences(pairs: Sequence[Pair], margin: float | None = None, better: bool = False) -> Ask:
    """Paired differences, a row for each name and a column for each T whose pairs are complete; see `compared`."""

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        experiment = pairs[0].one[0]
        for profile in judging(experiment):
            if found := compared(source.index, pairs, profile, margin, better):
                steps = sorted({one.pair.timesteps for one in found})
                rows = [_across(source, profile, of_name, steps) for of_name in _by_name(found)]
                columns = [Column("arm"), *(Column(f"T = {t}", "interval", signed=True) for t in steps)]
                columns += [Column("its ANN differs by", "number", signed=True)]
                reference = title_of(pairs[0].other[0].arm(pairs[0].other[1]))
                sides = "one-sided" if better else "two-sided"
                caption = (
                    f"Differences to {reference} of the same T in percentage points, paired by seed and test image, "
                    f"with 95 % intervals; {sides} p, where it is below 5 %, adjusted by Holm for {len(pairs)} "
                    "comparisons."
                )
                if margin is not None:
                    caption += f" Equivalent: shown to lie within {margin:.2f} points of none."
                caption += unfinished(pairs, found)
                title = f" ({experiment.name}, {profile} profile)"
                yield _noted(Table(title, tuple(columns), tuple(rows), caption))

    return ask


def _by_name(found: Sequence[Measured]) -> list[list[Measured]]:
    """The pairs of each name; first the name with the largest difference at the longest T."""
    groups: dict[str, list[Measured]] = {}
    for one in found:
        groups.setdefault(one.pair.name, []).append(one)
    return sorted(groups.values(), key=lambda of_name: -abs(float(of_name[-1].apart.mean)))


def _across(source: Source, profile: ProfileName, found: Sequence[Measured], steps: Sequence[int]) -> Row:
    """The differences of one name, a cell for each T, with what is shown."""
    at = {one.pair.timesteps: one for one in found}
    cells = []
    for step in steps:
        one = at.get(step)
        if one is None:
            cells.append(Cell())
            continue
        said = {"equivalent": "equivalent", "not shown": ""}.get(one.shown, f"{one.shown}, {p_in_words(one.p)}")
        note = _untuned(source, profile, one.pair.one, one.pair.other)
        cells.append(Cell(_of(one.apart), note, (said,) if said else ()))
    return Row((Cell(found[0].pair.name), *cells, _ann(found[0])))


# --- Every pair of some printed accuracies


@dataclass(frozen=True)
class Printed:
    """An arm after its last step, with the accuracy that is printed for it."""

    name: str
    side: Side
    published: float

    @property
    def timesteps(self) -> int:
        """The number of its steps."""
        experiment, arm = self.side
        return experiment.arm(arm).timesteps


def apart_at_end(cells: Cells, one: Printed, other: Printed, profile: ProfileName) -> Interval | None:
    """The difference of two arms; below three planned seeds that of each seed done. None where seeds are missing."""
    sides = one.side, other.side
    if any(profile not in experiment.profile_names for experiment, _ in sides):
        return None
    planned = min(experiment.seeds(arm, profile) for experiment, arm in sides)
    both = [
        keys
        for keys in zip(*(_keys(e, profile, arm, planned) for e, arm in sides), strict=True)
        if all(key in cells.accuracy for key in keys)
    ]
    if not both or (planned >= LEAST_SEEDS and len(both) < planned):
        return None
    greater, less = zip(*both, strict=True)
    outcomes = difference_of(cells, greater, less, one.timesteps, other.timesteps)
    runs = tuple(map(float, outcomes.per_seed))
    return (
        replace(_of(estimate(outcomes)), runs=runs)
        if planned >= LEAST_SEEDS
        else Interval(fmean(runs), None, None, runs)
    )


def every_pair(printed: Sequence[Printed]) -> Ask:
    """The difference of every two, the greater published one first: published, and ours at every profile."""
    falling = sorted(printed, key=lambda one: -one.published)
    pairs = sorted(combinations(falling, 2), key=lambda pair: pair[1].published - pair[0].published)

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        experiment = printed[0].side[0]
        words = {
            (found.arm, found.versus, found.profile): found.verdict
            for found in source.judgements
            if found.kind == "ordering" and found.experiment in {one.side[0].name for one in printed}
        }
        ours = {
            profile: [apart_at_end(source.index, *pair, profile) for pair in pairs] for profile in judging(experiment)
        }
        ours = {profile: found for profile, found in ours.items() if any(found)}
        if not ours:
            return
        rows = []
        for place, (one, other) in enumerate(pairs):
            cells = [Cell(f"{one.name} − {other.name}"), Cell(one.published - other.published)]
            for profile, found in ours.items():
                word = words.get((one.side[1], other.side[1], profile), "")
                note = _untuned(source, profile, one.side, other.side) if found[place] else ""
                cells.append(Cell(found[place], note, (word,) if word and found[place] else ()))
            rows.append(Row(tuple(cells)))
        columns = [Column("pair"), Column("published", "number", signed=True)]
        columns += [
            Column(f"{profile} ({experiment.profile(profile).network.name})", "interval", signed=True)
            for profile in ours
        ]
        signs = " ".join(_signs(profile, pairs, found) for profile, found in ours.items())
        caption = (
            "Differences in percentage points, each arm after its last step, paired by seed and test image; 95 % "
            "intervals, not adjusted; below three seeds the difference of each, and no test. A verdict stands beside "
            f"the orderings that the paper states. {signs}"
        )
        yield _noted(Table("", tuple(columns), tuple(rows), caption))

    return ask


def _signs(profile: str, pairs: Sequence[tuple[Printed, Printed]], found: Sequence[Interval | None]) -> str:
    """How many pairs have the published sign, and which have not."""
    known = [(pair, one.mean) for pair, one in zip(pairs, found, strict=True) if one is not None]
    others = [f"{one.name} − {other.name}" for (one, other), mean in known if mean <= 0]
    said = f"At {profile} {len(known) - len(others)} of {len(known)} pairs have the published sign"
    return f"{said}; not so: {', '.join(others)}." if others else f"{said}."


# --- Energy

_Counted = tuple[str, Interval, Operations]  # a code, its accuracy, and what it spends on one image


def energy(*compared: tuple[Experiment, float | None]) -> Ask:
    """What one image costs in every code, in operations and by three models, against the network as an ANN.

    Each experiment stands with a target: the accuracy in percent for which a code, trained anew for each number of
    steps, is shown with the fewest ones. None: every arm.
    """

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        models = MODELS
        for experiment, target in compared:
            for profile in _profiles(experiment):
                if table := _energy_table(source, experiment, profile, target):
                    yield replace(table, caption=f"{table.caption}{models}")
                    models = ""

    return ask


def _energy_table(source: Source, experiment: Experiment, profile: ProfileName, target: float | None) -> Table | None:
    counted: dict[str, list[_Counted]] = {}
    for arm in sorted(experiment.arms, key=lambda arm: arm.timesteps):
        key = experiment.name, profile, arm.name
        spent, curve = source.operations.get(key), source.estimates.get(key)
        if spent and curve and spent.encoder is not None and _done(source.index, experiment, profile, [arm.name]):
            counted.setdefault(title_of(arm), []).append((title_of(arm), curve[-1], spent))
    rows, shown = [], list[_Counted]()
    for name, found in counted.items():
        enough = [one for one in found if target is None or one[1].mean >= target]
        chosen = enough if target is None else enough[:1]
        rows += [_cost(*one) for one in chosen]
        shown += chosen
        if not enough:
            _, accuracy, spent = max(found, key=lambda one: one[1].mean)
            note = f"at most {accuracy.mean:.2f} %, at T = {spent.timesteps}"
            rows.append(Row((Cell(name, note), *(Cell() for _ in COSTS[1:]))))
    if not shown:
        return None
    said = "" if target is None else f"Each code at the fewest steps that give {target:g} %, trained anew. "
    title, ann = f" ({experiment.name}, {profile} profile)", _ann_cost(shown[0][2])
    return Table(title, COSTS, (ann, *rows), f"{said}{_which_are_cheaper(shown)}")


COSTS = (
    Column("code"),
    Column("T", "number", 0),
    Column("accuracy (%)", "interval"),
    Column("MACs", "count", 3),
    Column("additions", "count", 3),
    Column("membrane updates", "count", 3),
    Column("memory accesses", "count", 3),
    Column("arithmetic (µJ)", "significant", 3),
    Column("with memory (µJ)", "significant", 3),
    Column("spikes per synapse and step", "significant", 3),
    Column("break-even", "significant", 3),
)
MODELS = (
    " Counts and energies are of one image. Arithmetic: "
    f"{ARITHMETIC}, and membrane updates are free. With memory: also {WORD_PJ:g} pJ for each 32-bit word that is read "
    "or written (weights, membranes, spikes). Break-even: with memory, the spikes per synapse and step below which the "
    "network costs less than an ANN whose values have ⌈log2(T + 1)⌉ bits, a multiplication priced by the bits; Yan et "
    "al. (arXiv 2409.08290, v4), who propose this rival, find 0.057 at T = 5 on their hardware."
)


RIVALS = "arithmetic alone", "with memory", "against an ANN of few bits"


def _cheaper(spent: Operations) -> tuple[bool, bool, bool]:
    """Whether the SNN costs less than the ANN, by each of the three models."""
    alone, memory = FORTY_FIVE_NM, FORTY_FIVE_NM.with_memory()
    even, arrivals = spent.break_even(memory, bits_of(spent.timesteps)), spent.arrivals
    below = even is not None and arrivals is not None and arrivals < even
    return (spent.ratio(alone) or 0.0) > 1, (spent.ratio(memory) or 0.0) > 1, below


def _which_are_cheaper(shown: Sequence[_Counted]) -> str:
    """The codes that cost less than the ANN, the cheapest first, in a sentence."""
    parts = []
    rising = sorted(shown, key=lambda one: one[2].snn_pj(FORTY_FIVE_NM) or 0.0)
    for place, rival in enumerate(RIVALS):
        names = [_brief(name) for name, _, spent in rising if _cheaper(spent)[place]]
        parts.append(f"{rival}, {', '.join(names) or 'none'}")
    return f"Cheaper than the ANN: {'; '.join(parts)}."


def _cost(name: str, accuracy: Interval, spent: Operations) -> Row:
    memory, macs = FORTY_FIVE_NM.with_memory(), spent.encoder_macs or 0.0
    figures = (
        (spent.snn_pj(FORTY_FIVE_NM) or 0.0) * PICO_TO_MICRO,
        (spent.snn_pj(memory) or 0.0) * PICO_TO_MICRO,
        spent.break_even(memory, bits_of(spent.timesteps)),
    )
    alone, moved, even = (
        Cell(figure, small=("cheaper" if cheaper else "dearer",))
        for figure, cheaper in zip(figures, _cheaper(spent), strict=True)
    )
    counts = (
        spent.multiplies + macs,
        spent.accumulates + (spent.encoder or 0.0) - macs,
        spent.updates,
        spent.words,
    )
    lead = Cell(name), Cell(spent.timesteps), Cell(accuracy)
    return Row((*lead, *map(Cell, counts), alone, moved, Cell(spent.arrivals), even))


def _ann_cost(spent: Operations) -> Row:
    words = spent.macs + 2 * sum(layer.neurons for layer in spent.layers)
    alone, memory = (spent.ann_pj(m) * PICO_TO_MICRO for m in (FORTY_FIVE_NM, FORTY_FIVE_NM.with_memory()))
    figures = (None, None, spent.macs, 0.0, 0.0, words, alone, memory, None, None)
    return Row((Cell("the ANN"), *map(Cell, figures)))


# --- Along fine-tuning


def along_fine_tuning(experiment: Experiment) -> Ask:
    """Paired differences after fractions of fine-tuning, 0 straight after balancing, of the pairs that are complete."""

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        for profile in experiment.profile_names:
            if (table := training_table(experiment, profile, [source])) is not None:
                rows = tuple(
                    row
                    for row in table.rows
                    if isinstance(seeds := row.cells[2].value, tuple) and LEAST_SEEDS <= seeds[0] == seeds[1]
                )
                title = f" ({experiment.name}, {profile} profile)"
                kept = replace(table, title=title, rows=rows, caption=SEEDS_ALONE, style="")
                if rows:
                    yield kept.without("whose")

    return ask


# --- What was computed where, again, or not yet


def verified(source: Source, _: Paper) -> Iterator[Table]:
    """Which cells `harness verify --keep` computed a second time, from what, and what came of it."""
    cells = source.loaded.cells
    again = cells[(cells["status"] == "done") & (cells["verified"] != "")]
    rows = [
        Row(tuple(Cell(str(row[name])) for name in ("experiment", "profile", "arm", "seed", "verified")))
        for row in again.sort_values(CELL).to_dict("records")
    ]
    if rows:
        yield Table("", tuple(map(Column, ("experiment", "profile", "arm", "seed", "verified from"))), tuple(rows))


def two_processors(source: Source, _: Paper) -> Iterator[Table]:
    """One training on two processors, where the evidence holds both: how far apart, and whether they agree.

    Rounding acts like a new seed: at the claimed steps two runs may differ as two seeds of the experiment do.
    """
    rows, agreed, trained = [], 0, 0
    for one, other, devices in _on_two(source):
        first, second = ([read_record(Path(path)) for path in side.values()] for side in (one, other))
        spread = spread_of(Path(next(iter(one.values()))), first[0])
        found = [compare(mine, theirs, spread) for mine, theirs in zip(first, second, strict=True)]
        widest = max(found, key=lambda gap: gap.largest or 0)
        agree = sum(gap.word != "different" for gap in found)
        step = first[0].config.timesteps
        shift = estimate(difference_of(source.index, list(other), list(one), step))
        margin = value_margin(fmean(float(source.index.accuracy[key][-1]) for key in one))
        inside = float(p_equivalent(shift, 0.0, margin)) <= ALPHA
        row = (
            Cell(" and ".join(f"{key[0]}/{key[2]}" for key in (next(iter(one)), next(iter(other))))),
            Cell(" − ".join(reversed(devices))),
            Cell(step),
            Cell(widest.largest),
            Cell(widest.allowed),
            Cell(f"{agree} of {len(found)}"),
            Cell(_of(shift) if shift.seeds >= LEAST_SEEDS else None),
            Cell(margin),
            Cell("too few seeds" if shift.seeds < FEW_SEEDS else "equivalent" if inside else "not shown"),
        )
        rows.append(Row(row))
        agreed, trained = agreed + agree, trained + len(found)
    columns = (
        Column("recorded as"),
        Column("processors"),
        Column("T", "number", 0),
        Column("largest gap (images)", "number", 0),
        Column("allowed", "number", 0),
        Column("seeds that agree"),
        Column("shift (points)", "interval", signed=True),
        Column("δ", "number"),
        Column("shown"),
    )
    if rows:
        caption = (
            f"{agreed} of {trained} trainings agree: at the claimed steps both computations differ by no more than two "
            "seeds would, t · s · √2, and by at most four times the noise of a test. Shift: the mean over seeds after "
            "the last step with its 95 % interval, held to δ by two one-sided tests."
        )
        yield Table("", columns, tuple(rows), caption)


def _on_two(source: Source) -> Iterator[tuple[dict[Key, str], dict[Key, str], tuple[str, str]]]:
    """Trainings of one recipe on two processors: the files of either by key, seed by seed, and the processors."""
    cells = source.loaded.cells
    done = cells[(cells["status"] == "done") & (cells["profile"] != "smoke") & (cells["device"] != "")]
    found: dict[str, dict[str, dict[int, tuple[Key, str]]]] = {}
    for name, profile, arm, seed, device, path in done[[*CELL, "device", "path"]].itertuples(index=False, name=None):
        experiment = source.catalogue.experiment(name).with_added([arm])
        recipe = recipe_digest(experiment.resolve(experiment.arm(arm), experiment.profile(profile), 0))
        places = found.setdefault(recipe, {}).setdefault(device, {})
        places.setdefault(int(seed), ((name, profile, arm, int(seed)), path))
    for by_device in found.values():
        for devices in combinations(sorted(by_device), 2):
            one, other = (by_device[device] for device in devices)
            if seeds := sorted(one.keys() & other.keys()):
                yield dict(one[seed] for seed in seeds), dict(other[seed] for seed in seeds), devices


def processors(source: Source, _: Paper) -> Iterator[Table]:
    """The arms of an experiment that were recorded on another processor than most of its arms, smoke apart."""
    cells = source.loaded.cells
    done = cells[(cells["status"] == "done") & (cells["profile"] != "smoke") & (cells["device"] != "")]
    rows = []
    for key, found in done.groupby(["experiment", "profile"], sort=True):
        arms = {str(name): sorted(of_it["arm"].unique()) for name, of_it in found.groupby("device", sort=True)}
        usual = max(arms, key=lambda device: len(arms[device]))
        rows += [
            Row((Cell(f"{key[0]} ({key[1]} profile)"), Cell(", ".join(arms[device])), Cell(device), Cell(usual)))
            for device in arms
            if device != usual
        ]
    if rows:
        caption = (
            "Sums round differently on different processors, and one training then has two results. A difference "
            "between these arms and the others of their experiment holds that of their ANNs too."
        )
        columns = tuple(map(Column, ("experiment", "arms", "recorded on", "all others on")))
        yield Table("", columns, tuple(rows), caption)


def waiting(source: Source, paper: Paper) -> Iterator[Table]:
    """The claims without an answer, by experiment and the cheapest profile that judges them, and the missing cells."""
    if source.loaded.cells.empty:
        return
    experiments = {experiment.name: experiment for experiment in paper.experiments}
    answered = {found.id for found in source.judgements if VERDICTS[found.verdict].answers}
    groups: dict[tuple[str, ProfileName], list[frozenset[str]]] = {}
    for claim in paper.claims:
        if claim.needs_training and claim.id not in answered:
            names = experiments[claim.experiment].profile_names
            profile = next(name for name in CHEAPEST_FIRST if name in names and claim.kind in JUDGES[name])
            groups.setdefault((claim.experiment, profile), []).append(frozenset(claim.arms))
    rows = []
    for (name, profile), arms in groups.items():
        cells = {
            (name, profile, arm, seed)
            for arm in frozenset().union(*arms)
            for seed in range(experiments[name].seeds(arm, profile))
        }
        # A claim whose cells are all done waits for no cell, whatever keeps it from an answer.
        if missing := len(cells - source.index.accuracy.keys()):
            rows.append(Row((Cell(name), Cell(profile), Cell(len(arms)), Cell(missing))))
    if rows:
        counts = Column("claims that wait", "number", 0), Column("cells to train", "number", 0)
        yield Table("", (Column("experiment"), Column("profile"), *counts), tuple(rows))


def sizes(source: Source, paper: Paper) -> Iterator[Table]:
    """The published networks that nobody has trained at their own size."""
    missing = without_own_size(paper.experiments, source.loaded)
    if missing and (source.loaded.cells["status"] == "done").any():
        rows = (Row((Cell(name.upper()), Cell(", ".join(of)))) for name, of in sorted(missing.items()))
        yield Table("", (Column("network"), Column("experiments")), tuple(rows))
