"""Findings: questions about the records, each answered by a table of one of a few kinds.

A paper lists its questions. A kind is a function that takes the arms to compare and returns an `Ask`, which makes a
table from a source for each profile at which all planned seeds are done: a missing seed is never averaged away.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, groupby
from math import isnan
from statistics import fmean

from harness.analysis import statistics
from harness.analysis.cells import Cell as Record
from harness.analysis.cells import difference_of, paired, values_of
from harness.analysis.differences import comparable_difference
from harness.analysis.differences import pairs as pairs_of
from harness.analysis.energy import ACCESSES, FORTY_FIVE_NM, WITH_MEMORY, WORD_PJ, Operations
from harness.analysis.judges import JUDGES, OWN_NETWORK, Judgement, statement_verdicts
from harness.analysis.statistics import ALPHA, FEW_SEEDS, LEAST_SEEDS, Interval, estimate, value_margin
from harness.analysis.verdicts import ON_SMALL, STATEMENTS, p_in_words
from harness.catalogue import Claim, Experiment, Paper
from harness.config import ProfileName
from harness.records.fingerprint import recipe_digest
from harness.records.verifications import compare, spread_of
from harness.report.sources import Source
from harness.report.table import Cell, Column, Row, Table
from harness.report.tables import (
    NOT_TUNED,
    RAW,
    beside_each_other,
    brief,
    grouped,
    judged_table,
    sharp,
    title_of,
    training_table,
)

Ask = Callable[[Source, Paper], Iterable[Table]]
Read = tuple[str, int]  # an arm, and the timestep after which it is read
Side = tuple[Experiment, str]  # an arm of an experiment
RECORDS = "Records"
MEASURED = {"accuracy": "", "loss": ", below its ANN"}
BRIEF = ("claim", "published", "ours", "verdict")
ALL_UNTUNED = "Not tuned: in no pair did a search choose both learning rates."
ARITHMETIC = f"{FORTY_FIVE_NM.accumulate_pj:g} pJ per addition and {FORTY_FIVE_NM.mac_pj:g} pJ per MAC"


@dataclass(frozen=True)
class Topic:
    """Questions that are shown together, each with the `Ask` that answers it.

    `says`: makes the sentence that states the result, empty if records for it are missing. `figure`: the name of the
    figure that shows it. `experiments`: those whose pages have all numbers. The topic called `RECORDS` is shown with
    the records and the method.
    """

    name: str
    findings: Mapping[str, Ask]
    says: Callable[[Source], str] = lambda _: ""
    figure: str = ""
    experiments: Sequence[str] = ()


# --- For a paper's first sentences


WORDS = tuple(f"{word}{basis}" for word in STATEMENTS for basis in ("", f", {ON_SMALL}"))


def statement_words(source: Source, paper: Paper) -> Mapping[str, str]:
    """The word of every statement of a paper, one of `WORDS`; empty if no record judges anything."""
    ids = {claim.id for claim in paper.claims}
    judgements = [judged for judged in source.judgements if judged.id in ids]
    if all(judged.profile is None or judged.mean is None for judged in judgements):
        return {}
    verdicts = statement_verdicts(judgements, paper.claims)
    return {one.id: f"{one.word}{f', {ON_SMALL}' * (one.basis == ON_SMALL)}" for one in verdicts}


def by_word(words: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """A sentence for each word, the best first: "Comes out: a, b."; `names`: of statements, by their ids."""
    alike = {word: [name for one, name in names.items() if words.get(one) == word] for word in WORDS}
    return [f"{word.capitalize()}: {', '.join(named)}." for word, named in alike.items() if named]


def answer(words: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """Whether the statements come out, in a word or two, and the sentences of `by_word`."""
    counts = Counter(words.values())
    some = "Partly" if counts["comes out"] or counts["in part"] else "No" if counts["does not"] else "Not known yet"
    return [f"{'Mostly' if 2 * counts['comes out'] > len(words) else some}.", *by_word(words, names)]


def judging(experiment: Experiment) -> list[ProfileName]:
    """The profiles of an experiment that judge orderings."""
    return [profile for profile in experiment.profile_names if "ordering" in JUDGES[profile]]


def planned_cells(source: Source, profile: str, side: Side, seeds: int | None = None) -> tuple[Record, ...]:
    """The cells of an arm at its planned seeds, or at the first `seeds`; empty unless all of them are done."""
    experiment, arm = side
    count = experiment.seeds(arm, profile) if seeds is None else seeds
    cells = source.loaded.done(experiment.name, profile, arm, count)
    return cells if len(cells) == count else ()


def at_end(source: Source, profile: ProfileName, side: Side) -> Interval | None:
    """The accuracy of an arm after its last step; None unless all planned seeds are done."""
    experiment, arm = side
    done = planned_cells(source, profile, side)
    return source.estimate(experiment.name, profile, arm, experiment.arm(arm).timesteps) if done else None


def _at_each(experiment: Experiment, make: Callable[[Source, ProfileName], Table | None]) -> Ask:
    """The tables that `make` gives for the profiles that judge orderings; titles name experiment and profile."""

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        for profile in judging(experiment):
            if (table := make(source, profile)) is not None:
                yield replace(table, title=f" ({experiment.name}, {profile} profile{table.title})")

    return ask


# --- Claims


def on_own_network(judged: Judgement) -> bool:
    """Whether this is a published number, judged by records of the paper's own network."""
    return judged.profile in OWN_NETWORK and judged.kind == "value" and judged.mean is not None


def claims(accept: Callable[[Judgement], bool], columns: Sequence[str] = BRIEF) -> Ask:
    """The paper's claims whose judgement `accept` accepts, with these columns of the table of claims."""

    def ask(source: Source, paper: Paper) -> Iterator[Table]:
        judged = [(c, j, source) for c in paper.claims for j in source.judgements if j.id == c.id and accept(j)]
        if judged:
            table = judged_table(judged)
            rows, told = [], {""}
            place = [column.title for column in table.columns].index("verdict")
            for row, (_, judgement, _) in zip(table.rows, judged, strict=True):
                cells = [*row.cells]
                cells[place] = replace(cells[place], small=tuple(filter(None, (sharp(judgement),))))
                details = () if judgement.nearest in told else (judgement.nearest,)
                rows.append(replace(row, cells=tuple(cells), details=details))
                told.add(judgement.nearest)
            yield replace(table, title="", rows=tuple(rows), style="").only(*columns)

    return ask


def across(experiments: Sequence[Experiment]) -> Ask:
    """A network's numbers after each published timestep, a table each: published, printed elsewhere, and ours."""
    return lambda source, _: [_across(source, experiment) for experiment in experiments]


def _across(source: Source, experiment: Experiment) -> Table:
    claims = source.catalogue.claims_of(experiment.name)
    values = [claim for claim in claims if claim.kind == "value"]
    others = [claim for claim in claims if claim.of_no_arm]
    steps = sorted({claim.timestep for claim in (*values, *others) if claim.timestep})
    judged = {(j.id, j.profile): j for j in source.judgements if j.mean is not None}
    profiles = [p for p in OWN_NETWORK if any((claim.id, p) in judged for claim in values)]
    ann = next((claim for claim in values if claim.measure == "ann"), None)

    def ours(claim: Claim | None, profile: ProfileName) -> Cell:
        if claim is None or (judgement := judged.get((claim.id, profile))) is None:
            return Cell()
        interval = Interval(judgement.runs, judgement.mean or 0.0, judgement.low, judgement.high)
        return Cell(interval, small=(judgement.verdict,))

    rows = []
    for measure in dict.fromkeys(claim.measure for claim in values if claim.measure != "ann"):
        of = {claim.timestep: claim for claim in values if claim.measure == measure}
        whole, named = measure == "accuracy", MEASURED.get(measure, f", {measure}")
        printed = (of[step].published if step in of else None for step in steps)
        rows.append(Row.of(f"published{named}", ann.published if ann and whole else None, *printed, group=measure))
        for label in dict.fromkeys(str(claim.label) for claim in others if whole):
            theirs = {claim.timestep: claim.published for claim in others if claim.label == label}
            rows.append(Row.of(label, theirs.get(None), *map(theirs.get, steps), group=measure))
        for profile in profiles:
            cells = (ours(of.get(step), profile) for step in steps)
            rows.append(Row.of(f"ours, {profile}{named}", ours(ann if whole else None, profile), *cells, group=measure))
    ends = [f"Accuracy in percent, {experiment.profile('paper').network.name}."]
    ends += ["Below its ANN: in percentage points."] if any(claim.measure == "loss" for claim in values) else []
    ends += [] if profiles else [f"Not run at this size yet: harness run {experiment.name} --profile paper."]
    columns = Column("whose"), Column("ANN", "interval"), *(Column(f"T = {step}", "interval") for step in steps)
    return Table(f" ({experiment.title})", columns, tuple(rows), " ".join(ends))


# --- Accuracies


def means(
    experiment: Experiment,
    rows: Mapping[str, Mapping[str, Read]],
    energy: bool = False,
    remark: Callable[[Source, ProfileName], str] = lambda *_: "",
) -> Ask:
    """Accuracy by row and column, for columns whose arms are all done; `energy`: with the energy of one image.

    `remark`: makes the end of the caption.
    """
    headings = dict.fromkeys(heading for row in rows.values() for heading in row)

    def table(source: Source, profile: ProfileName) -> Table | None:
        def complete(heading: str) -> bool:
            return all(planned_cells(source, profile, (experiment, row[heading][0])) for row in rows.values())

        def accuracy(arm: str, step: int) -> Cell:
            spent = source.operations.get((experiment.name, profile, arm)) if energy else None
            cost = spent.snn_uj(FORTY_FIVE_NM) if spent else None
            mean = source.estimate(experiment.name, profile, arm, step)
            small = () if cost is None else (f"{cost:#.3g} µJ",)
            return Cell(mean, _untuned(source, profile, (experiment, arm)), small)

        if not (done := list(filter(complete, headings))):
            return None
        spent = [source.operations.get((experiment.name, profile, row[done[0]][0])) for row in rows.values()]
        of_ann = [spending.ann_uj(FORTY_FIVE_NM) for spending in spent if spending is not None]
        arms = {row[heading][0] for row in rows.values() for heading in done}
        planned = sorted({experiment.seeds(arm, profile) for arm in arms})
        seeds = " to ".join(map(str, dict.fromkeys((planned[0], planned[-1]))))
        anns_differ = beside_each_other(map(experiment.arm, arms))
        over = f"over {seeds} seed{'' if seeds == '1' else 's'}. {anns_differ}".rstrip()
        caption = f"Accuracy in percent, mean ± half of a 95 % interval {over}"
        if energy and of_ann:
            caption += (
                f" Energy of one image by arithmetic alone, at {ARITHMETIC}, without memory and membranes; as an ANN "
                f"{max(of_ann):#.3g} µJ."
            )
        columns = Column("arm"), *(Column(heading, "interval") for heading in done)
        shown = (Row.of(name, *(accuracy(*row[heading]) for heading in done)) for name, row in rows.items())
        return Table("", columns, tuple(shown), caption + remark(source, profile))

    return _at_each(experiment, table)


def _untuned(source: Source, profile: ProfileName, *sides: Side) -> str:
    """The note for a number of which an arm's fine-tuning rate was chosen by no search; else empty."""
    return NOT_TUNED if any(source.catalogue.not_tuned(e, profile, [arm]) for e, arm in sides) else ""


def _noted(table: Table) -> Table:
    """The table. If all its numbers have the note on untuned arms, its caption says so instead of each note."""
    cells = [cell for row in table.rows for cell in row.cells if isinstance(cell.value, Interval)]
    if not cells or any(cell.note != NOT_TUNED for cell in cells):
        return table
    plain = (replace(row, cells=tuple(replace(cell, note="") for cell in row.cells)) for row in table.rows)
    return replace(table, rows=tuple(plain), caption=f"{table.caption} {ALL_UNTUNED}")


def read_early(experiment: Experiment, steps: Sequence[int], note: str = "") -> Ask:
    """Accuracy of every arm after these steps of its run, and the leading arm at each step."""
    rows = {title_of(arm): {f"step {step}": (arm.name, step) for step in steps} for arm in experiment.arms}

    def highest(source: Source, profile: ProfileName) -> str:
        estimates = ((arm, source.estimates[experiment.name, profile, arm.name]) for arm in experiment.arms)
        curves = {brief(title_of(arm)): [mean.mean for mean in curve] for arm, curve in estimates}
        return f" Highest mean (not tested): {leaders(curves)}. {note}".rstrip()

    return means(experiment, rows, remark=highest)


def leaders(curves: Mapping[str, Sequence[float]]) -> str:
    """The highest of several curves, by step: "direct input from step 1 to 3; burst from step 4 on"."""
    length = min(map(len, curves.values()))
    best = [max(curves, key=lambda name: curves[name][step]) for step in range(length)]
    parts, first = [], 1
    for name, run in groupby(best):
        last = first + len(list(run)) - 1
        span = f"from step {first} on" if last == length else f"from step {first} to {last}"
        parts.append(f"{name} {f'at step {first}' if first == last else span}")
        first = last + 1
    return "; ".join(parts)


# --- Differences


@dataclass(frozen=True)
class Pair:
    """Two arms compared after `timesteps` steps: `side` minus `reference`."""

    name: str
    timesteps: int
    side: Side
    reference: Side


def against_first(experiment: Experiment) -> list[Pair]:
    """Every arm of an experiment against the first one of as many timesteps."""
    return [
        Pair(title_of(arm), arm.timesteps, (experiment, arm.name), (experiment, first.name))
        for arm, first in pairs_of(experiment.planned)
        if arm.timesteps == first.timesteps
    ]


@dataclass(frozen=True)
class Compared:
    """The difference of a pair, that of their ANNs, and the raw difference if the first is net of the ANNs.

    `ann`: None if a record lacks it. `p`: adjusted by Holm; `shown`: "above", "differs", "equivalent", or "not shown".
    `note`: see `_untuned`.
    """

    pair: Pair
    apart: Interval
    ann: float | None
    raw: float | None
    note: str
    p: float
    shown: str


def compared(
    source: Source, pairs: Sequence[Pair], profile: ProfileName, margin: float | None = None, better: bool = False
) -> list[Compared]:
    """The complete pairs with the result of their tests, after Holm's adjustment over all `pairs`.

    Codes of x and of p are compared net of their ANNs, see `comparable_difference`.
    `better`: test whether the arm is above the reference (one-sided), instead of whether they differ.
    `margin`: an equivalence margin in points, for a difference that is not shown (two one-sided tests).
    """
    gaps = []
    for pair in sorted(pairs, key=lambda pair: pair.timesteps):
        sides = pair.side, pair.reference
        planned = min(e.seeds(arm, profile) if profile in e.profile_names else 0 for e, arm in sides)
        cells, references = (planned_cells(source, profile, side, planned) for side in sides)
        if cells and references and planned >= LEAST_SEEDS:
            arm, versus = (experiment.arm(name) for experiment, name in sides)
            outcomes, raw = comparable_difference(arm, versus, cells, references, pair.timesteps)
            of_ann = fmean(cell.ann for cell in cells) - fmean(cell.ann for cell in references)
            ann = None if isnan(of_ann) else of_ann
            gaps.append((pair, outcomes, ann, raw, _untuned(source, profile, *sides)))
    test, apart = (statistics.p_above, "above") if better else (statistics.p_different, "differs")
    ours = [estimate(outcomes) for _, outcomes, *_ in gaps]
    adjusted = statistics.holm([float(test(one, 0.0)) for one in ours], len(pairs))
    equal = [1.0 if margin is None else float(statistics.p_equivalent(one, 0.0, margin)) for one in ours]
    alike = statistics.holm(equal, len(pairs))
    return [
        Compared(
            pair,
            Interval.of(outcomes),
            ann,
            raw,
            note,
            float(p),
            apart if p <= ALPHA else "equivalent" if same <= ALPHA else "not shown",
        )
        for (pair, outcomes, ann, raw, note), p, same in zip(gaps, adjusted, alike, strict=True)
    ]


def unfinished(pairs: Sequence[Pair], gaps: Iterable[Compared]) -> str:
    """The pairs that lack seeds, as the end of a caption; empty if none does."""
    complete = [id(gap.pair) for gap in gaps]
    lacking = grouped((pair for pair in pairs if id(pair) not in complete), lambda pair: pair.name)
    names = "; ".join(f"{name} at T = {', '.join(str(p.timesteps) for p in of)}" for name, of in lacking.items())
    return f" Seeds are still missing of {names}." if names else ""


def _values(side: Side) -> str:
    """The values that a code conveys: x or p."""
    return values_of(side[0].arm(side[1]).encoder)


ITS_ANN = Column("its ANN differs by", "number", signed=True)


def codes(pairs: Sequence[Pair], margin: float, note: str = "") -> Ask:
    """Codes against the reference of their T, raw and net of their ANNs, grouped by what the ANNs are trained on.

    Nothing is said to be shown net of the ANNs: what one code loses against its ANN is not the same on x and on p.
    `note`: the end of the caption.
    """
    references = {pair.timesteps: pair.reference for pair in pairs}
    experiment, reference = pairs[0].reference
    name, several = title_of(experiment.arm(reference)), len(references) > 1

    def table(source: Source, profile: ProfileName) -> Table | None:
        columns = (
            Column("code"),
            *([Column("T", "count")] if several else []),
            Column("ANN of"),
            RAW,
            ITS_ANN,
            Column("net of the ANNs", "interval", signed=True),
            Column("adjusted p"),
            Column("shown"),
        )
        gaps = compared(source, pairs, profile, margin)
        gaps.sort(key=lambda gap: (gap.pair.timesteps, _values(gap.pair.side) == "p", -abs(gap.apart.mean)))
        rows = []
        for gap in gaps:
            timesteps, values = gap.pair.timesteps, _values(gap.pair.side)
            steps = [timesteps] if several else []
            raw = gap.apart.mean if gap.raw is None else gap.raw
            tested = ("", "")
            if gap.raw is None:
                tested = p_in_words(gap.p).removeprefix("p = ").removeprefix("p "), gap.shown
            row = Row.of(
                Cell(gap.pair.name, gap.note), *steps, values, raw, gap.ann, gap.apart, *tested,
                group=f"{timesteps}, {values}",
            )  # fmt: skip
            rows.append(row)
        caption = (
            f"Differences to {name} in percentage points, paired by seed, with 95 % intervals; two-sided p "
            f"adjusted by Holm for {len(pairs)} comparisons. Equivalent: shown to differ by less "
            f"than {margin:.2f} points. Codes of one ANN are compared as they are, over seeds and test images. Others "
            f"are compared net of their ANNs, over seeds, and not tested: a code may lose more to its ANN on p than "
            f"on x."
            f"{unfinished(pairs, gaps)}"
        )
        caption += f" {note}" * bool(note)
        title = ", T = " + ", ".join(map(str, references))
        return Table(title, columns, tuple(rows), caption) if rows else None

    return _at_each(experiment, table)


def differences(pairs: Sequence[Pair], margin: float | None = None, better: bool = False) -> Ask:
    """Paired differences, one row per name and one column per T; see `compared`."""
    reference = title_of(pairs[0].reference[0].arm(pairs[0].reference[1]))

    def cell(gap: Compared | None) -> Cell:
        if gap is None:
            return Cell()
        words = {"equivalent": "equivalent", "not shown": ""}.get(gap.shown, f"{gap.shown}, {p_in_words(gap.p)}")
        return Cell(gap.apart, gap.note, (words,) if words else ())

    def table(source: Source, profile: ProfileName) -> Table | None:
        gaps = compared(source, pairs, profile, margin, better)
        names = grouped(gaps, lambda gap: gap.pair.name)
        steps = sorted({gap.pair.timesteps for gap in gaps})
        rows = []
        # The name with the largest difference at its longest T comes first.
        for name, of_name in sorted(names.items(), key=lambda item: -abs(item[1][-1].apart.mean)):
            at = {gap.pair.timesteps: gap for gap in of_name}
            of_ann = max((gap.ann for gap in of_name if gap.ann is not None), key=abs, default=None)
            rows.append(Row.of(name, *(cell(at.get(step)) for step in steps), of_ann))
        columns = (
            Column("arm"),
            *(Column(f"T = {step}", "interval", signed=True) for step in steps),
            replace(ITS_ANN, title=f"{ITS_ANN.title}{' at most' * (len(steps) > 1)}"),
        )
        caption = (
            f"Differences to {reference} of the same T in percentage points, paired by seed and test image, with 95 % "
            f"intervals; {'one' if better else 'two'}-sided p, where it is below 5 %, adjusted by Holm for "
            f"{len(pairs)} comparisons."
        )
        if any(gap.raw is None and round(gap.ann or 0.0, 2) for gap in gaps):
            caption += " They include the difference of the ANNs."
        if margin is not None:
            caption += f" Equivalent: shown to differ by less than {margin:.2f} points."
        caption += unfinished(pairs, gaps)
        return _noted(Table("", columns, tuple(rows), caption)) if rows else None

    return _at_each(pairs[0].side[0], table)


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
        return self.side[0].arm(self.side[1]).timesteps


def apart_at_end(source: Source, upper: Printed, lower: Printed, profile: ProfileName) -> Interval | None:
    """The difference of two arms, over the seeds done if fewer than three are planned; None if seeds are missing."""
    sides = upper.side, lower.side
    planned = min(e.seeds(arm, profile) if profile in e.profile_names else 0 for e, arm in sides)
    ours, theirs = paired(*(source.loaded.done(e.name, profile, arm, planned) for e, arm in sides))
    if not ours or (planned >= LEAST_SEEDS and len(ours) < planned):
        return None
    return Interval.of(difference_of(ours, theirs, upper.timesteps, lower.timesteps))


def every_pair(printed: Sequence[Printed]) -> Ask:
    """The difference of every two accuracies, the greater published one first: published, and ours per profile."""
    falling = sorted(printed, key=lambda upper: -upper.published)
    by_size = sorted(combinations(falling, 2), key=lambda pair: pair[1].published - pair[0].published)
    pairs = {f"{upper.name} − {lower.name}": (upper, lower) for upper, lower in by_size}
    experiment = printed[0].side[0]

    def ask(source: Source, _: Paper) -> Iterator[Table]:
        words = {
            (j.arm, j.versus, j.profile): j.verdict
            for j in source.judgements
            if j.kind == "ordering" and j.experiment in {value.side[0].name for value in printed}
        }
        ours = {
            profile: {name: gap for name, pair in pairs.items() if (gap := apart_at_end(source, *pair, profile))}
            for profile in judging(experiment)
        }

        def cell(name: str, profile: ProfileName) -> Cell:
            upper, lower = pairs[name]
            word = words.get((upper.side[1], lower.side[1], profile))
            note = _untuned(source, profile, upper.side, lower.side)
            return Cell(ours[profile][name], note, (word,) if word else ()) if name in ours[profile] else Cell()

        columns, signs = [Column("pair"), Column("published", "number", signed=True)], []
        profiles = [profile for profile, gaps in ours.items() if gaps]
        for profile in profiles:
            network, gaps = experiment.profile(profile).network.name, ours[profile]
            columns.append(Column(f"{profile} ({network})", "interval", signed=True))
            exceptions = [name for name, gap in gaps.items() if gap.mean <= 0]
            more = f"; not so: {', '.join(exceptions)}" if exceptions else ""
            right = len(gaps) - len(exceptions)
            signs.append(f"At {profile} {right} of {len(gaps)} pairs have the published sign{more}.")
        rows = (
            Row.of(name, upper.published - lower.published, *(cell(name, profile) for profile in profiles))
            for name, (upper, lower) in pairs.items()
        )
        if signs:
            caption = (
                "Differences in percentage points, each arm after its last step, paired by seed and test image; 95 % "
                "intervals, not adjusted; with fewer than three seeds each difference, untested. "
                f"{'A verdict stands beside the orderings that the paper states. ' if words else ''}{' '.join(signs)}"
            )
            yield _noted(Table("", tuple(columns), tuple(rows), caption))

    return ask


# --- Energy


NEAR = 1.01  # energies whose ratio is less than this are called equal: what the models leave out is more
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
    f"{ARITHMETIC}, and membrane updates are free. An encoder's transform is charged whole, also where a short train "
    f"sends a part of it. With memory: also {WORD_PJ:g} pJ for each 32-bit word that is read "
    "or written (weights, membranes, spikes). Break-even: with memory, the spikes per synapse and step below which the "
    "network costs less than an ANN whose values have ⌈log2(T + 1)⌉ bits, a multiplication priced by the bits; Yan et "
    "al. (arXiv 2409.08290, v4), who propose this rival, find 0.057 at T = 5 on their hardware."
)


def energy(*compared: tuple[Experiment, float | None]) -> Ask:
    """The cost of one image in every code, in operations and by three models, against the network as an ANN.

    Each experiment has a target accuracy in percent: a code, trained anew for each number of steps, is shown with the
    fewest steps that reach it. None: every arm is shown.
    """

    def ask(source: Source, paper: Paper) -> Iterator[Table]:
        models = MODELS
        for experiment, target in compared:
            for table in _at_each(experiment, partial(_energy_table, experiment, target))(source, paper):
                yield replace(table, caption=f"{table.caption}{models}")
                models = ""

    return ask


def _energy_table(experiment: Experiment, target: float | None, source: Source, profile: ProfileName) -> Table | None:
    by_code: dict[str, list[tuple[Interval, Operations, str]]] = {}
    anns: dict[str, float] = {}  # accuracy by what it is trained on
    for arm in sorted(experiment.arms, key=lambda arm: arm.timesteps):
        key = experiment.name, profile, arm.name
        spent, curve = source.operations.get(key), source.estimates.get(key)
        cells = planned_cells(source, profile, (experiment, arm.name))
        if spent and curve and spent.encoder_pj(FORTY_FIVE_NM) is not None and cells:
            note = _untuned(source, profile, (experiment, arm.name))
            anns[values_of(arm.encoder)] = fmean(cell.ann for cell in cells)
            by_code.setdefault(title_of(arm), []).append((curve[-1], spent, note))
    rows, ann = [], None
    for name, runs in by_code.items():
        enough = [run for run in runs if target is None or run[0].mean >= target]
        for accuracy, spent, note in enough if target is None else enough[:1]:
            alone, memory, even = (Cell(size, small=(word,)) for size, word in _rivals(spent))
            encoder_macs, encoder_additions = spent.encoder_macs or 0.0, spent.encoder_additions or 0.0
            row = Row.of(
                name, spent.timesteps, Cell(accuracy, note), spent.multiplies + encoder_macs,
                spent.accumulates + encoder_additions, spent.updates, spent.snn_pj(ACCESSES), alone, memory,
                spent.arrivals, even,
            )  # fmt: skip
            rows.append(row)
            ann = ann or spent
        if not enough:
            accuracy, spent, _ = max(runs, key=lambda run: run[0].mean)
            note = f"at most {accuracy.mean:.2f} %, at T = {spent.timesteps}"
            rows.append(Row.of(Cell(name, note), *(Cell() for _ in COSTS[1:])))
    if ann is None:
        return None
    sentence = (
        ""
        if target is None
        else f"Each code, trained anew, at the fewest steps whose mean on the test images is at least {target:g} %. "
    )
    priced = (ann.ann_uj(model) for model in (FORTY_FIVE_NM, WITH_MEMORY))
    as_ann = Row.of("the ANN", None, None, ann.macs, 0.0, 0.0, ann.ann_pj(ACCESSES), *priced, None, None)
    known = [f"{accuracy:.2f} % trained on {of}" for of, accuracy in sorted(anns.items()) if not isnan(accuracy)]
    of_ann = f"The ANN has {', '.join(known)}." if known else ""
    return _noted(Table("", COSTS, (as_ann, *rows), f"{sentence}{of_ann}"))


def _rivals(spent: Operations) -> Iterator[tuple[float | None, str]]:
    """Energy in µJ by arithmetic and with memory, then the break-even rate; each with how the SNN stands to the ANN."""

    def stands(ratio: float) -> str:
        return "equal" if 1 / NEAR < ratio < NEAR else "cheaper" if ratio > 1 else "costlier"

    for model in (FORTY_FIVE_NM, WITH_MEMORY):
        yield spent.snn_uj(model), stands(spent.ratio(model) or 0.0)
    bits = spent.timesteps.bit_length()  # ⌈log2(T + 1)⌉, for the values 0 to T
    even, arrivals = spent.break_even(WITH_MEMORY, bits), spent.arrivals
    yield even, stands((even or 0.0) / arrivals) if arrivals else "costlier"


# --- Along fine-tuning


def along_fine_tuning(experiment: Experiment) -> Ask:
    """Paired differences of pairs with all planned seeds after fractions of fine-tuning; 0 is right after balancing."""

    def table(source: Source, profile: ProfileName) -> Table | None:
        if (whole := training_table(experiment, profile, [source])) is None:
            return None
        seeds = [(row, row.cells[2].value) for row in whole.rows]
        rows = tuple(row for row, n in seeds if isinstance(n, tuple) and n[0] == n[1])
        caption = (
            "Differences in percentage points, after so much of fine-tuning; 95 % intervals over seeds alone, from "
            f"{LEAST_SEEDS} seeds up."
        )
        kept = replace(whole, title="", rows=rows, caption=caption, style="").without("whose")
        return kept if rows else None

    return _at_each(experiment, table)


# --- Where cells were computed, which ones twice, and which are missing


def verified(source: Source, _: Paper) -> Iterator[Table]:
    """The cells that `harness verify --keep` computed a second time, with source and outcome."""
    again = [cell for cells in source.loaded.by_arm.values() for cell in cells if cell.done and cell.verified]
    rows = tuple(Row.of(*map(str, cell.key), "; ".join(cell.verified)) for cell in again)
    if rows:
        yield Table("", tuple(map(Column, ("experiment", "profile", "arm", "seed", "verified from"))), rows)


def _on_processors(source: Source) -> Iterator[Record]:
    """The finished cells that name their processor, without smoke runs."""
    return (c for c in source.loaded.cells.values() if c.done and c.device and c.key[1] != "smoke")


def two_processors(source: Source, _: Paper) -> Iterator[Table]:
    """The trainings that were recorded on two processors: how far apart they are, and whether they agree.

    Rounding acts like a new seed: at the claimed steps two runs may differ as two seeds of the experiment do.
    """
    recipes: dict[str, dict[str, dict[int, Record]]] = {}  # the cells by recipe, processor and seed
    for cell in _on_processors(source):
        recipe = recipe_digest(replace(cell.record.config, seed=0))
        recipes.setdefault(recipe, {}).setdefault(cell.device, {}).setdefault(cell.seed, cell)
    rows, agreed, trained = [], 0, 0
    for by_device in recipes.values():
        for devices in combinations(sorted(by_device), 2):
            left, right = (by_device[device] for device in devices)
            pairs = [(left[seed], right[seed]) for seed in sorted(left.keys() & right.keys())]
            if not pairs:
                continue
            first, second = pairs[0]
            spread, step = spread_of(first.path, first.record), first.record.config.timesteps
            comparisons = [compare(ours.record, theirs.record, spread) for ours, theirs in pairs]
            widest = max(comparisons, key=lambda gap: gap.largest or 0)
            agree = sum(gap.word != "different" for gap in comparisons)
            outcomes = difference_of([theirs for _, theirs in pairs], [ours for ours, _ in pairs], step)
            margin = value_margin(fmean(float(ours.curve[-1]) for ours, _ in pairs))
            inside = float(statistics.p_equivalent(estimate(outcomes), 0.0, margin)) <= ALPHA
            row = Row.of(
                " and ".join(f"{cell.key[0]}/{cell.key[2]}" for cell in (first, second)),
                " − ".join(reversed(devices)),
                step,
                widest.largest,
                widest.allowed,
                f"{agree} of {len(comparisons)}",
                Interval.of(outcomes) if outcomes.seeds >= LEAST_SEEDS else None,
                margin,
                "too few seeds" if outcomes.seeds < FEW_SEEDS else "equivalent" if inside else "not shown",
            )
            rows.append(row)
            agreed, trained = agreed + agree, trained + len(comparisons)
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


def processors(source: Source, _: Paper) -> Iterator[Table]:
    """The arms that were recorded, in whole or in part, on another processor than most arms of their experiment."""
    used: dict[tuple[str, str], dict[str, dict[str, list[int]]]] = {}  # experiment and profile, processor, arm: seeds
    for cell in _on_processors(source):
        arm, seed = cell.key[2:]
        used.setdefault(cell.key[:2], {}).setdefault(cell.device, {}).setdefault(arm, []).append(seed)
    rows = []
    for (experiment, profile), on in sorted(used.items()):
        usual = max(sorted(on), key=lambda device: len(on[device]))
        for device in sorted(on.keys() - {usual}):
            arms = [
                f"{arm} (seeds {', '.join(map(str, sorted(seeds)))})" if arm in on[usual] else arm
                for arm, seeds in sorted(on[device].items())
            ]
            rows.append(Row.of(f"{experiment} ({profile} profile)", ", ".join(arms), device, usual))
    if rows:
        caption = (
            "Sums round differently on different processors, and one training then has two results. A difference "
            "between these arms and the others of their experiment holds that of their ANNs too."
        )
        columns = tuple(map(Column, ("experiment", "arms", "recorded on", "most others on")))
        yield Table("", columns, tuple(rows), caption)
