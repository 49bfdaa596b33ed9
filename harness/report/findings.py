"""Findings: questions about the records, each answered by a table of one of a few kinds.

A paper lists its `Finding`s. A kind is a function that takes what is compared and returns how to ask a source; it gives
a table for each profile at which all planned seeds are done, and none otherwise: a gap is never averaged away.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from statistics import fmean

import numpy as np

from harness.analysis.curves import (
    Cells,
    Key,
    above_ann,
    area,
    difference_of,
    net_difference_of,
    percent_at,
    seeds_done,
    values_of,
)
from harness.analysis.frame import CELL
from harness.analysis.judges import JUDGES, Judgement, without_own_size
from harness.analysis.statistics import (
    ALPHA,
    LEAST_SEEDS,
    Estimate,
    estimate,
    holm,
    p_above,
    p_different,
    p_equivalent,
)
from harness.analysis.verdicts import VERDICTS, p_in_words
from harness.catalogue import Arm, Experiment, Paper
from harness.config import ProfileName
from harness.report.sources import Source
from harness.report.table import Cell, Column, Interval, Row, Table
from harness.report.tables import FEW_PAIRS, claim_row, claims_table, training_table

Ask = Callable[[Source, Paper], Iterable[Table]]
Read = tuple[str, int]  # an arm, and the timestep after which it is read
CHEAPEST_FIRST: tuple[ProfileName, ...] = ("lite", "short", "paper")
BRIEF = ("claim", "published", "ours", "verdict")
SAME_ANN = "both begin with the same ANN, or the records do not tell"
NOT_NET = "both codes convey the same values: the difference is the raw one"
SEEDS_ALONE = "Differences in percentage points; 95 % intervals over seeds alone."


@dataclass(frozen=True)
class Finding:
    """A question, the topic that it stands under, and how a source and its paper answer it."""

    topic: str
    question: str
    ask: Ask


def title_of(arm: Arm) -> str:
    """An arm's title, as far as its T."""
    return arm.title.partition(", T = ")[0]


def _of(mean: Estimate) -> Interval:
    return Interval(float(mean.mean), float(mean.low), float(mean.high), ())


def _profiles(experiment: Experiment) -> list[ProfileName]:
    """The profiles of an experiment, smoke apart, which is never judged."""
    return [profile for profile in experiment.profile_names if profile != "smoke"]


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


def means(experiment: Experiment, rows: Mapping[str, Mapping[str, Read]], over_time: bool = False) -> Ask:
    """Accuracy by row and column, of the columns whose arms are all done.

    `over_time`: also the mean over the logarithm of time, of the last arm in a row.
    """
    headings = list(dict.fromkeys(heading for row in rows.values() for heading in row))

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        cells = source.index
        for profile in _profiles(experiment):
            done = [
                heading
                for heading in headings
                if _done(cells, experiment, profile, (row[heading][0] for row in rows.values()))
            ]
            if not done:
                continue
            shown = []
            for name, row in rows.items():
                numbers = [Cell(source.estimate(experiment.name, profile, *row[heading])) for heading in done]
                if over_time:
                    keys = _keys(experiment, profile, row[done[-1]][0])
                    numbers.append(Cell(100 * float(np.mean([area(cells.accuracy[key]) for key in keys]))))
                shown.append(Row((Cell(name), *numbers)))
            columns = [Column("arm"), *(Column(heading, "interval") for heading in done)]
            columns += [Column("mean over log T", "number", 1)] if over_time else []
            caption = "Accuracy in percent, mean ± half of a 95 % interval over seeds."
            yield Table(f" ({experiment.name}, {profile} profile)", tuple(columns), tuple(shown), caption)

    return ask


# --- Differences


@dataclass(frozen=True)
class Pair:
    """Two arms compared after `timesteps` steps: one minus the other. `published`: their published difference."""

    name: str
    timesteps: int
    one: tuple[Experiment, str]
    other: tuple[Experiment, str]
    published: float | None = None


def against_first(experiment: Experiment) -> list[Pair]:
    """Every arm of an experiment against the first one of as many timesteps."""
    pairs = []
    for timesteps in sorted({arm.timesteps for arm in experiment.arms}):
        first, *others = (arm for arm in experiment.arms if arm.timesteps == timesteps)
        pairs += [Pair(title_of(arm), timesteps, (experiment, arm.name), (experiment, first.name)) for arm in others]
    return pairs


def differences(pairs: Sequence[Pair], margin: float | None = None, better: bool = False) -> Ask:
    """Paired differences, large ones first, tested against none with Holm's adjustment over all `pairs`.

    `better`: whether the first arm is shown to be above the other (one-sided), else whether they are shown to differ.
    `margin`: within how many points of none a difference that is not shown counts as equivalence (two one-sided tests).
    Pairs of one T are shown together, once all seeds of all of them are done.
    """

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        for profile in pairs[0].one[0].profile_names:
            if "ordering" in JUDGES[profile]:
                if found := compared(source.index, pairs, profile, margin, better):
                    yield _difference_table(found, profile, len(pairs), margin, better)
                elif rows := list(_few(source.index, pairs, profile)):
                    title = f" ({pairs[0].one[0].name}, {profile} profile)"
                    caption = (
                        f"Differences in percentage points, paired by seed. {FEW_PAIRS.capitalize()}, and no test."
                    )
                    columns = (*DIFFERENCE[:3], DIFFERENCE[6])
                    yield Table(title, columns, tuple(rows), caption)

    return ask


@dataclass(frozen=True)
class Measured:
    """A pair with its difference, how far their ANNs are apart, and the raw difference where it is net of the ANNs.

    `p`: adjusted by Holm; `shown`: "above", "differs", "equivalent", or "not shown".
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
    """The pairs that are complete, each with what is shown of it; `margin` and `better` as in `differences`."""
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
    for timesteps in sorted({pair.timesteps for pair in pairs}):
        together = [pair for pair in pairs if pair.timesteps == timesteps]
        sides = [side for pair in together for side in (pair.one, pair.other)]
        planned = min(experiment.seeds(arm, profile) for experiment, arm in sides)
        done = all(seeds_done(cells, e.name, profile, [arm], planned).complete for e, arm in sides)
        if not done or planned < LEAST_SEEDS:
            continue
        for pair in together:
            one, other = (_keys(e, profile, arm, planned) for e, arm in (pair.one, pair.other))
            difference, raw = difference_of(cells, one, other, timesteps), None
            net = net_difference_of(cells, one, other, timesteps)
            if len({values_of(e.arm(arm).encoder) for e, arm in (pair.one, pair.other)}) > 1 and net is not None:
                difference, raw = net, float(difference.mean)
            yield Measured(pair, estimate(difference), _anns_apart(cells, one, other), raw)


def _few(cells: Cells, pairs: Sequence[Pair], profile: ProfileName) -> Iterator[Row]:
    """The pairs of a profile that plans too few seeds for an interval, with the difference of each that is done."""
    for pair in pairs:
        planned = min(experiment.seeds(arm, profile) for experiment, arm in (pair.one, pair.other))
        one, other = (_keys(e, profile, arm, planned) for e, arm in (pair.one, pair.other))
        both = [keys for keys in zip(one, other, strict=True) if all(key in cells.accuracy for key in keys)]
        if both and planned < LEAST_SEEDS:
            mine, theirs = (percent_at(cells, keys, pair.timesteps) for keys in zip(*both, strict=True))
            runs = tuple(map(float, mine - theirs))
            apart = Interval(fmean(runs), None, None, runs)
            yield Row((Cell(pair.name), Cell(pair.timesteps), Cell(apart), Cell(pair.published)))


def _anns_apart(cells: Cells, greater: Sequence[Key], less: Sequence[Key]) -> float:
    """The accuracy of one arm's ANN minus that of the other's, the mean over seeds; 0 where a record does not tell."""
    ours, theirs = (fmean(cells.ann.get(key, nan) for key in keys) for keys in (greater, less))
    return 0.0 if isnan(ours - theirs) else ours - theirs


DIFFERENCE = (
    Column("arm"),
    Column("T", "number", 0),
    Column("difference", "interval", signed=True),
    Column("adjusted p"),
    Column("raw", "number", signed=True),
    Column("its ANN differs by", "number", signed=True),
    Column("published", "number", signed=True),
    Column("shown"),
)


def _difference_table(
    found: Sequence[Measured], profile: str, family: int, margin: float | None, better: bool
) -> Table:
    rows = []
    for one in found:
        cells = (
            Cell(one.pair.name),
            Cell(one.pair.timesteps),
            Cell(_of(one.apart)),
            Cell(p_in_words(one.p).removeprefix("p = ").removeprefix("p ")),
            Cell(note=NOT_NET) if one.raw is None else Cell(one.raw),
            Cell(one.ann) if one.ann else Cell(note=SAME_ANN),
            Cell(one.pair.published),
            Cell(one.shown),
        )
        rows.append((one.pair.timesteps, -abs(float(one.apart.mean)), Row(cells)))
    rows.sort(key=lambda row: row[:2])
    sides, first = "one-sided" if better else "two-sided", found[0].pair
    versus = "" if first.published is not None else f" against {title_of(first.other[0].arm(first.other[1]))} of its T"
    caption = (
        f"Differences in percentage points{versus}, paired by seed and test image, with 95 % intervals; {sides} p "
        f"adjusted by Holm for {family} comparisons."
    )
    if margin is not None:
        caption += f" Equivalent: shown to lie within {margin:.2f} points of none."
    table = Table(f" ({first.one[0].name}, {profile} profile)", DIFFERENCE, tuple(row for *_, row in rows), caption)
    if any(one.raw is not None for one in found):
        caption += " Codes of x and of p = (x + 1)/2 have other ANNs: their difference is net of these, by seed."
        table = replace(table, caption=caption)
    else:
        table = table.without("raw")
    return table.without("published") if first.published is None else table


def above_own_ann(experiment: Experiment) -> Ask:
    """How far each arm that is done is above the ANN that it was converted from, after its last step."""

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        for profile in _profiles(experiment):
            done = [arm for arm in experiment.arms if _done(source.index, experiment, profile, [arm.name])]
            found = [
                (arm, above_ann(source.index, _keys(experiment, profile, arm.name), arm.timesteps)) for arm in done
            ]
            rows = [
                Row((Cell(title_of(arm)), Cell(arm.timesteps), Cell(_of(estimate(outcomes)))))
                for arm, outcomes in found
                if outcomes is not None and outcomes.seeds >= LEAST_SEEDS
            ]
            columns = Column("arm"), Column("T", "number", 0), Column("above its ANN", "interval", signed=True)
            if rows:
                yield Table(f" ({experiment.name}, {profile} profile)", columns, tuple(rows), SEEDS_ALONE)

    return ask


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
