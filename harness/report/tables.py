"""The tables of a report: accuracy, differences, costs and claims, from sources to `Table`.

Formats are in `table`. Every blank has its reason.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from harness.analysis.cells import steps_label, values_of
from harness.analysis.differences import Difference, along_training, differences
from harness.analysis.energy import FORTY_FIVE_NM, WITH_MEMORY, WORD_PJ, Layer, Operations
from harness.analysis.judges import Judgement, profiles_that_judge, statement_verdicts, without_own_size
from harness.analysis.statistics import Interval
from harness.analysis.verdicts import form_of, tally
from harness.catalogue import Arm, Claim, Experiment
from harness.catalogue.claims import in_words, statements_of
from harness.catalogue.experiment import split_deviations
from harness.config import PROFILES, ProfileName
from harness.report.sources import Source
from harness.report.table import Cell, Column, Link, Row, Table, Value

Item = TypeVar("Item")
PROFILE_WORDS = {
    "paper": "paper profile: the published recipe",
    "lite": "lite profile: a small network sized for a CPU, judges the direction of orderings only",
    "short": "short profile: the paper’s network with its schedule compressed",
    "smoke": "smoke: not judged",
}
LEAD = Column("arm"), Column("whose", part="whose"), Column("seeds", "seeds")  # of the tables of one experiment
DIFFERENCE = Column("difference", "interval", signed=True)
RAW = Column("raw", "number", signed=True)  # beside a difference that is net of the ANNs
STEPS = (1, 2, 4, 5, 8, 16, 24, 48)
NARROW = (24, 4, 1, 8, 48, 2, 5)  # the steps that a narrow terminal leaves out, in this order
CONTROL = "control, not in the paper"
NOT_TUNED = "not tuned: no search on validation images chose its learning rate in fine-tuning"
NONE_CHOSEN = "no search on validation images chose the learning rate of fine-tuning for an arm itself"
NO_INTERVAL = "fewer than three seeds: the figure of each, and no interval"
FEW_PAIRS = "fewer than three seeds in common: the difference of each, and no interval"
RECKONED = (
    "Means over seeds. Accumulates are measured on the test set, over all timesteps. If a code is graded or analog, "
    "its first layer multiplies: its operations are multiply-accumulates. If its input is the same at every step "
    "(direct input), they are computed once. Energy is computed from the counts: "
    f"{FORTY_FIVE_NM.accumulate_pj:g} pJ per accumulate or addition of the encoder, {FORTY_FIVE_NM.mac_pj:g} pJ per "
    "multiply-accumulate of the ANN, of the SNN or of the encoder's transform, which is charged whole, also where a "
    "short train sends a part of it. A random draw of the encoder is taken to cost one addition. Leak and threshold "
    "of neurons cost nothing in either network. “With memory” adds what "
    f"moves (weights, membranes, spikes; Yan et al., arXiv 2409.08290) at {WORD_PJ:g} pJ per 32-bit word (8 KB SRAM, "
    "Horowitz 2014): a weight for each operation; a neuron's value written and read in the ANN; its membrane read and "
    "written at every step, and each spike's address written and read, in the SNN; a word for each operation of the "
    "encoder. Break-even: the spikes per synapse and step below which the SNN would need less than the ANN, if all "
    "spikes were scaled alike; 0 if it needs more even without a spike."
)
NOT_COUNTED = "Empty: the records do not tell the operations of the encoder, or count no spikes."
PAIRED = (
    "Differences of accuracy in percentage points, paired by seed, after the last timestep that both arms have; "
    "intervals cover 95 % each and are not adjusted for their number"
)
NET = "A code of x and one of p have different ANNs: they are compared net of these; raw: their accuracies alone"
ANNS_DIFFER = "Codes of x (pixels in [−1, 1]) and codes of p = (x + 1)/2 have different ANNs."
TRAINING = (
    "Differences of accuracy in percentage points along fine-tuning, paired by seed, after the last timestep; columns "
    "are the fraction of it that is over, 0 straight after balancing; intervals cover 95 % each, over seeds alone"
)


def profiles_with_records(experiment: str, sources: Sequence[Source]) -> list[ProfileName]:
    """Profiles to show, from paper to smoke."""
    present = {profile for source in sources for profile in source.profiles(experiment)}
    return [profile for profile in reversed(PROFILES) if profile in present]


def profile_words(experiment: Experiment, profile: ProfileName) -> str:
    """The use of a profile, in words; a paper profile with deviations is not called the published recipe."""
    if profile == "paper" and experiment.deviations_of_profile(experiment.profile(profile)):
        return "paper profile: the paper’s own network and data, with the deviations that are listed"
    return PROFILE_WORDS[profile]


# --- Accuracy


def columns_of(experiment: Experiment, claims: Iterable[Claim] = ()) -> tuple[int, ...]:
    """The usual timesteps of the field, those of printed `claims`, and every arm's last one."""
    last = {arm.timesteps for arm in experiment.arms}
    printed = {claim.timestep for claim in claims if claim.prints and claim.timestep}
    if len(last) > 4:  # many lengths (one for each number of frequencies): the common grid suffices
        last = {max(last)}
    return tuple(sorted({t for t in STEPS if t <= max(last)} | last | printed))


def accuracy_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table:
    """Rows paper / evidence / yours / published, a column for each usual timestep.

    Evidence has a row for every planned arm; yours for the arms that you have run or added.
    """
    claims = sources[0].catalogue.claims_of(experiment.name)
    steps = columns_of(experiment, claims)
    untuned, all_untuned = _untuned(experiment, profile, sources)
    rows: list[Row] = []

    def add(
        group: str, kind: str, lead: Cell, numbers: Mapping[Any, Cell | Value], seeds: Cell | Value = "",
        verified: str = "", records: tuple[Link, ...] = (),
    ) -> None:  # fmt: skip
        at = map(numbers.get, steps)
        rows.append(Row.of(lead, kind, seeds, *at, verified, group=group, kind=kind, records=records))

    for arm in experiment.arms:
        printed = {claim.timestep: claim for claim in claims if claim.prints and claim.arm == arm.name}
        if arm.in_paper and printed:
            note = "; ".join(dict.fromkeys(claim.source for claim in printed.values()))
            add(arm.name, "paper", _named(arm, note), {step: claim.value for step, claim in printed.items()})
        for source in sources:
            key = experiment.name, profile, arm.name
            if key not in source.loaded.by_arm and not (
                source.name == "evidence" and source.expects(experiment, profile, arm.name)
            ):
                continue
            numbers = _at(source.estimates.get(key, ()), steps)
            missing = "" if numbers else source.why_missing(*key)
            lead = _named(arm, "; ".join(filter(None, ("" if arm.in_paper else CONTROL, missing))))
            lead = replace(lead, note=NOT_TUNED if arm.name in untuned and not all_untuned else "")
            seeds = Cell(source.seeds(*key), opens=True)
            add(arm.name, source.name, lead, numbers, seeds, source.verified(*key), source.links(*key))
            for text, course in source.evaluations(*key).items():
                add(f"{arm.name}, {text}", source.name, Cell(f"{title_of(arm)}, {text}"), _at(course, steps))
    for claim in claims:
        if claim.of_no_arm:
            place = f" at T = {claim.timestep}" if claim.timestep else ", timesteps not reported"
            elsewhere = "" if claim.timestep in steps else f"{claim.value}{place}"
            lead = Cell(claim.label, small=tuple(filter(None, (elsewhere, claim.source, claim.note))))
            add("published", "published", lead, {claim.timestep: claim.value})
    of_steps = (Column(f"T = {step}", "interval", heading=str(step)) for step in steps)
    columns = *LEAD, *of_steps, Column("verified", part="verified")
    title = f"{experiment.name}, {profile_words(experiment, profile)}"
    caption = f"{NONE_CHOSEN.capitalize()}." if all_untuned else ""
    table = Table(title, columns, tuple(rows), caption, "accuracy")
    return table if any(row.cells[-1].value for row in rows) else table.without("verified")


def _untuned(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> tuple[tuple[str, ...], bool]:
    """The arms with finished cells whose fine-tuning rate no search chose, and whether these are all arms with any."""
    places = {place for source in sources for place in source.estimates}
    finished = [arm.name for arm in experiment.arms if (experiment.name, profile, arm.name) in places]
    untuned = sources[0].catalogue.not_tuned(experiment, profile, finished)
    return untuned, 0 < len(untuned) == len(finished)


def _at(course: Sequence[Interval], steps: Iterable[int]) -> dict[int, Cell]:
    """The cells of a course over timesteps, by those of `steps` that it has."""
    means = {t: course[t - 1] for t in steps if t <= len(course)}
    return {t: Cell(mean, NO_INTERVAL if mean.low is None else "") for t, mean in means.items()}


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    """The items by their keys, both in the order in which they come."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def title_of(arm: Arm) -> str:
    """An arm's title up to its T; for one that `--encoder` added, its name."""
    return arm.name if arm.added else arm.title.partition(", T = ")[0]


def brief(title: str) -> str:
    """The title of a code without a part in brackets or after a comma, for a sentence or a label."""
    return title.partition(",")[0].partition(" (")[0]


def _named(arm: Arm, note: str) -> Cell:
    """The arm's title, its name for commands if that differs, and a note."""
    return Cell(arm.title, small=tuple(filter(None, ("" if arm.title == arm.name else arm.name, note))))


def brief_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table:
    """Accuracy in brief, for a terminal: only arms with records, means at the usual steps, the last interval."""
    claims = sources[0].catalogue.claims_of(experiment.name)
    ran = [(a, s) for a in experiment.arms for s in sources if (experiment.name, profile, a.name) in s.loaded.by_arm]
    longest = max((arm.timesteps for arm, _ in ran), default=0)
    steps = [step for step in columns_of(experiment) if step <= longest]
    drops = {step: 1 + NARROW.index(step) for step in steps if step in NARROW}
    rows = []

    def means(course: Sequence[Interval]) -> list[float | None]:
        return [course[t - 1].mean if t <= len(course) else None for t in steps]

    for arm, source in ran:
        key = experiment.name, profile, arm.name
        printed = [claim for claim in claims if claim.prints and claim.arm == arm.name]
        curve = source.estimates.get(key, ())
        name = arm.name if source.name == "evidence" else f"{arm.name} (yours)"
        paper = ", ".join(str(claim.value) for claim in printed) or None
        rows.append(Row.of(name, source.seeds(*key), *means(curve), curve[-1] if curve else None, paper))
        for text, course in source.evaluations(*key).items():
            rows.append(Row.of(f"  {text}", None, *means(course), course[-1], None))
    columns = (
        Column("arm"),
        Column("seeds", "seeds"),
        *(Column(f"T={step}", "number", 1, drop=drops.get(step, 0)) for step in steps),
        Column("at last T", "interval"),
        Column("paper", "interval"),
    )
    title = f"{experiment.title}: accuracy in % after T timesteps\n{profile_words(experiment, profile)}"
    caption = "± half of a 95 % interval over three seeds or more"
    untuned, all_untuned = _untuned(experiment, profile, sources)
    if all_untuned:
        caption += f"; {NONE_CHOSEN}"
    elif untuned:
        caption += f"; {', '.join(untuned)}: {NOT_TUNED}"
    return Table(title, columns, tuple(rows), caption)


def curves_table(experiment: Experiment, profiles: Sequence[ProfileName], sources: Sequence[Source]) -> Table:
    """One row per timestep and arm, ours and published; `note` has the reason for a blank number."""
    titles = (
        "experiment", "profile", "judged", "arm", "title", "whose", "timestep", "accuracy", "half_width",
        "seeds_done", "seeds_planned", "note",
    )  # fmt: skip
    digits = {"accuracy": 4, "half_width": 4}
    columns = [Column(title, "number" if title in digits else "text", digits.get(title, 0)) for title in titles]
    rows: list[tuple[Value, ...]] = []
    for profile in profiles:
        first = (experiment.name, profile, "no" if profile == "smoke" else "yes")
        for claim in sources[0].catalogue.claims_of(experiment.name):
            if claim.prints or claim.kind == "context":
                lead = (claim.arm, claim.label or claim.arm, "paper" if claim.prints else "published", claim.timestep)
                note = "; ".join(filter(None, (claim.source, claim.note)))
                rows.append((*first, *lead, claim.value, None, None, None, note))
        for source in sources:
            for arm in experiment.arms:
                key, names = (experiment.name, profile, arm.name), (arm.name, arm.title, source.name)
                if source.expects(experiment, profile, arm.name):
                    seeds = done, planned = source.seeds(*key)
                    note = "" if done >= planned else "incomplete"
                    curve = source.estimates.get(key, ())
                    if not curve:
                        rows.append((*first, *names, arm.timesteps, None, None, *seeds, source.why_missing(*key)))
                    for step, interval in enumerate(curve, start=1):
                        rows.append((*first, *names, step, interval.mean, interval.half_width, *seeds, note))
    return Table(experiment.name, tuple(columns), tuple(Row.of(*row) for row in rows))


# --- Differences


def paired_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """A row for each pair of arms and source; None if no two arms have a finished seed in common."""
    rows, net, (untuned, all_untuned) = [], False, _untuned(experiment, profile, sources)
    for source in sources:
        for gap in differences(source.loaded, experiment, profile):
            arms, step = map(experiment.arm, (gap.arm, gap.versus)), gap.timestep
            name = " − ".join(_as_read(arm, step, title_of(arm), arm.title) for arm in arms)
            tuned = all_untuned or not {gap.arm, gap.versus} & {*untuned}  # of all, the caption says it
            note = "; ".join(filter(None, ("" if gap.over else FEW_PAIRS, "" if tuned else NOT_TUNED)))
            apart = Cell(gap, note, () if gap.raw is None else (f"raw {gap.raw:+.2f}",))
            net |= gap.raw is not None
            cells = name, source.name, (len(gap.runs), gap.planned), step, apart, gap.over or None
            rows.append(Row.of(*cells, group=name, kind=source.name))
    columns = *LEAD, Column("T", "number", 0), DIFFERENCE, Column("interval covers")
    caption = " ".join([f"{NET}."] * net + [f"{NONE_CHOSEN.capitalize()}."] * all_untuned)
    return Table(PAIRED, columns, tuple(rows), caption, "accuracy paired") if rows else None


def _as_read(arm: Arm, step: int, name: str, early: str) -> str:
    """The `name` of an arm that is compared after `step` steps; if it was trained for more, `early` and these steps."""
    return name if arm.timesteps == step else f"{early} (read after {step})"


def difference_tables(source: Source, experiment: Experiment, profile: ProfileName) -> Iterator[Table]:
    """For a terminal, a table for each reference arm, and for each added arm against all others."""
    added = {arm.name for arm in experiment.arms if arm.added}

    def named(arm: str, gap: Difference) -> str:
        return _as_read(experiment.arm(arm), gap.timestep, arm, arm)

    def title_of_group(gap: Difference) -> str:
        return f"{named(gap.arm, gap)} − other arms" if gap.arm in added else f"arms − {named(gap.versus, gap)}"

    groups = grouped(differences(source.loaded, experiment, profile), title_of_group)
    whose = " (yours)" if source.name == "yours" else ""
    columns = Column("arm"), Column("T", "number", 0), DIFFERENCE, RAW, Column("pairs", "seeds")
    for title, gaps in groups.items():
        others = ((named(gap.versus if gap.arm in added else gap.arm, gap), gap) for gap in gaps)
        rows = tuple(Row.of(name, gap.timestep, gap, gap.raw, (len(gap.runs), gap.planned)) for name, gap in others)
        covered = sorted({gap.over for gap in gaps if gap.over})
        said = [f"intervals of 95 % over {' or '.join(covered)}, each by itself"] if covered else []
        net = any(gap.raw is not None for gap in gaps)
        caption = ". ".join([*said, NET] if net else said)
        table = Table(f"Difference in points, paired by seed: {title}{whose}", columns, rows, caption)
        yield table if net else table.without(RAW.title)


def training_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """A row per pair of arms and source, a column per fraction; None without readings during training."""
    pairs = [(source, pair) for source in sources for pair in along_training(source.loaded, experiment, profile)]
    fractions = sorted({at for _, pair in pairs for at in pair.readings})
    rows = []
    for source, pair in pairs:
        read = {at: Cell(gap, FEW_PAIRS if gap.low is None else "") for at, gap in pair.readings.items()}
        name = " − ".join(title_of(experiment.arm(arm)) for arm in (pair.arm, pair.versus))
        lead = Cell(name, small=(f"T = {pair.timesteps}",)), source.name, (pair.seeds, pair.planned)
        rows.append(Row.of(*lead, *map(read.get, fractions), group=pair.name, kind=source.name))
    columns = *LEAD, *(Column(f"{fraction:g}", "interval", signed=True) for fraction in fractions)
    return Table(TRAINING, columns, tuple(rows), style="accuracy paired") if rows else None


# --- Operations and energy


def costs_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """Operations and energy for one image, for arms with counts in their records; None for smoke or without arms."""
    model, memory, rows = FORTY_FIVE_NM, WITH_MEMORY, []
    for arm, source, spent in _counted(experiment, profile, sources):
        row = Row.of(
            _named(arm, "" if arm.in_paper else CONTROL), source.name,
            (spent.seeds, source.seeds(experiment.name, profile, arm.name)[1]),
            spent.macs, spent.accumulates, spent.multiplies, spent.encoder_additions, spent.encoder_macs,
            spent.rate, spent.arrivals, spent.ann_uj(model), spent.snn_uj(model),
            spent.ratio(model), spent.break_even(model), spent.ratio(memory), spent.break_even(memory),
            group=arm.name, kind=source.name,
        )  # fmt: skip
        rows.append(row)
    counts = "ANN MACs", "SNN accumulates", "SNN multiplies", "encoder additions", "encoder MACs"
    figures = (
        "spikes per neuron and step", "spikes per synapse and step", "ANN energy (µJ)", "SNN energy (µJ)",
        "ANN / SNN", "break-even rate", "ANN / SNN with memory", "break-even rate with memory",
    )  # fmt: skip
    columns = *LEAD, *(Column(name, "count", 3) for name in counts), *(Column(n, "significant", 3) for n in figures)
    blank = any(cell.value is None for row in rows for cell in row.cells)
    caption = f"{RECKONED} {NOT_COUNTED}" if blank else RECKONED
    title = "Operations and energy for one image"
    return Table(title, columns, tuple(rows), caption, "accuracy costs") if rows else None


def _counted(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source]
) -> Iterator[tuple[Arm, Source, Operations]]:
    for arm in experiment.arms if profile != "smoke" else ():
        for source in sources:
            if (spent := source.operations.get((experiment.name, profile, arm.name))) is not None:
                yield arm, source, spent


def operations_table(experiment: Experiment, profiles: Sequence[ProfileName], sources: Sequence[Source]) -> Table:
    """Counts for one image and energies in picojoules: a row for each layer, the encoder, and their total.

    Numbers that a part lacks are blank. Decimals are fixed, so that the last bits of sums are not shown.
    """
    texts = "experiment", "profile", "arm", "title", "whose", "seeds_done", "seeds_planned", "timesteps", "part"
    digits = {
        "ann_macs": 2, "snn_accumulates": 2, "snn_multiplies": 2, "encoder_operations": 2, "encoder_macs": 2,
        "neurons": 2, "spikes": 2, "spikes_per_neuron_and_step": 6, "ann_pj": 2, "snn_pj": 2, "ann_by_snn": 4,
        "ann_memory_pj": 2, "snn_memory_pj": 2, "ann_by_snn_memory": 4, "spikes_per_synapse_and_step": 6,
        "break_even": 6, "break_even_memory": 6,
    }  # fmt: skip
    model, memory, rows = FORTY_FIVE_NM, WITH_MEMORY, []

    def counted(part: Layer | Operations) -> dict[str, float | None]:
        return {
            "ann_macs": part.macs, "snn_accumulates": part.accumulates, "snn_multiplies": part.multiplies,
            "neurons": part.neurons, "spikes": part.spikes, "spikes_per_neuron_and_step": part.rate,
            "ann_pj": part.ann_pj(model), "snn_pj": part.snn_pj(model),
            "ann_memory_pj": part.ann_pj(memory), "snn_memory_pj": part.snn_pj(memory),
        }  # fmt: skip

    for profile in profiles:
        for arm, source, spent in _counted(experiment, profile, sources):
            planned = source.seeds(experiment.name, profile, arm.name)[1]
            lead = (experiment.name, profile, arm.name, arm.title, source.name, spent.seeds, planned, spent.timesteps)
            encoder = {"encoder_operations": spent.encoder, "encoder_macs": spent.encoder_macs}
            parts = {f"layer {layer.name}": counted(layer) for layer in spent.layers}
            parts["encoder"] = encoder | {"snn_pj": spent.encoder_pj(model), "snn_memory_pj": spent.encoder_pj(memory)}
            parts["total"] = counted(spent) | encoder | {
                "ann_by_snn": spent.ratio(model), "ann_by_snn_memory": spent.ratio(memory),
                "spikes_per_synapse_and_step": spent.arrivals,
                "break_even": spent.break_even(model), "break_even_memory": spent.break_even(memory),
            }  # fmt: skip
            rows += [(*lead, part, *map(numbers.get, digits)) for part, numbers in parts.items()]
    columns = (*map(Column, texts), *(Column(title, "number", places) for title, places in digits.items()))
    return Table(experiment.name, columns, tuple(Row.of(*row) for row in rows))


# --- Claims


def claims_table(sources: Sequence[Source], claims: Iterable[Claim], titled: bool = True) -> Table:
    """A row for each judgement of these claims, in their order, with all columns; `Table.only` chooses some.

    Yours have a row if there are records; evidence in a clone always has one. Context is not judged.
    `titled`: whether arms are called by their titles instead of their names for commands.
    """
    shown = (
        (claim, judgement, source)
        for claim in claims
        for source in sources
        for judgement in source.judgements
        if source.at_hand
        and judgement.id == claim.id
        and not (source.name == "yours" and (judgement.verdict == "no records" or not claim.needs_training))
    )
    return judged_table(shown, len(sources) > 1, titled)


def judged_table(triples: Iterable[tuple[Claim, Judgement, Source]], whose: bool = False, titled: bool = True) -> Table:
    """A row for each judgement of a claim. `whose`: whether to name its source."""
    rows = []
    for claim, judgement, source in triples:
        ours, interval = ours_in_words(judgement)
        profile = f"{judgement.profile} profile" if judgement.profile else ""
        origin = " · ".join(filter(None, (judgement.experiment, claim.source, profile, source.name if whose else "")))
        differing, unstated = split_deviations(judgement.deviations)
        more = [*(f"Deviation: {text}" for text in differing), *(f"Not stated: {text}" for text in unstated)]
        if judgement.verdict == "no records" and claim.needs_training:
            more.append(f"To run it: harness run {judgement.experiment}")
        arms = judgement.arms if ours else ()
        margin = judgement.margin
        small = (f"margin {margin:{form_of(judgement.unit, 20 * margin)}}",) if margin else ()
        row = Row.of(
            Cell(_titled(claim, source) if titled else claim.says, small=(origin,)),
            verdict_in_words(judgement),
            Cell(judgement.test or None, small=small),
            claim.printed,
            Cell(ours, small=(interval,) if interval else (), opens=bool(ours)),
            (judgement.seeds_done, judgement.seeds_planned) if judgement.seeds_planned else None,
            judgement.comparability,
            judgement.profile,
            judgement.balanced,
            kind=source.name,
            key=claim.id,
            details=details(claim, judgement, source),
            more=tuple(more),
            records=tuple(link for arm in arms for link in source.links(judgement.experiment, judgement.profile, arm)),
        )
        rows.append(row)
    columns = (
        Column("claim", part="claim"),
        Column("verdict", "verdict", part="verdict"),
        Column("decided by", part="secondary"),
        Column("published", part="published"),
        Column("ours", part="ours"),
        Column("seeds", "seeds", part="secondary"),
        Column("comparability", part="secondary"),
        Column("profile"),
        Column("after balancing", "number"),
    )
    return Table("Claims", columns, tuple(rows), style="claims")


def _titled(claim: Claim, source: Source) -> str:
    """The claim with the titles of its arms; one that is read early has the number of steps it is trained for."""
    experiment = source.catalogue.experiment(claim.experiment)
    titles: dict[str, str] = {}
    for arm in map(experiment.arm, claim.arms):
        trained = hasattr(claim, "trained_at") and claim.trained_at  # the claim is about a code at each of several T
        early = arm.timesteps != claim.judged_timestep and not trained and experiment.profiles[0].snn
        title = title_of(arm) + (f", trained for {arm.timesteps} steps," if early else "")
        titles[arm.name] = titles[arm.name.removesuffix(f"-{arm.timesteps}")] = title
    names = "|".join(map(re.escape, sorted(titles, key=len, reverse=True)))
    said = re.sub(rf"(?<![\w-])({names})(?![\w-])", lambda match: titles[match[0]], claim.says) if names else claim.says
    return said.replace(",,", ",")


def verdict_in_words(judgement: Judgement) -> str:
    """The word of a verdict, with the seeds that are done or its scope."""
    if judgement.verdict == "incomplete" and judgement.seeds_planned:
        return f"{judgement.verdict} ({judgement.seeds_done}/{judgement.seeds_planned})"
    return f"{judgement.verdict} ({judgement.scope})" if judgement.scope and judgement.answers else judgement.verdict


def beside_each_other(arms: Iterable[Arm]) -> str:
    """What a caption says of arms whose accuracies stand beside each other: whether their ANNs differ."""
    return ANNS_DIFFER if len({values_of(arm.encoder) for arm in arms}) > 1 else ""


def sharp(judgement: Judgement) -> str:
    """How often a recipe 0.3 points below the published one would be called consistent; empty beside other words."""
    of = judgement.sharpness
    return "" if of is None else f"a recipe 0.3 points worse gets the same word in {100 * of:.0f} % of cases"


def ours_in_words(judgement: Judgement) -> tuple[str | None, str]:
    """Our number and its interval."""
    if judgement.kind == "steps-to-reach" and judgement.steps:
        labels = ", ".join(steps_label(step, judgement.timestep) for step in judgement.steps)
        return f"{labels} steps", "one number per seed"
    if judgement.mean is None:
        return None, ""
    unit = "points" if judgement.signed and judgement.unit == "percent" else in_words(judgement.unit)
    form = "+" * judgement.signed + form_of(judgement.unit, judgement.published or judgement.mean)
    if judgement.kind == "measurement":
        form = {"percent": ".1f", "points": "+.2f"}.get(judgement.unit, form)
        return f"{judgement.mean:{form}} {unit}", "computed, without training"
    if judgement.low is None or judgement.high is None:
        return ", ".join(f"{run:{form}}" for run in judgement.runs) + f" {unit}", "one number per seed"
    if judgement.signed:
        noun = "pairs" if judgement.versus else "seeds"
        more = f"{sum(run > 0 for run in judgement.runs)} of {len(judgement.runs)} {noun} above"
    else:
        more = f"next run {judgement.prediction_low or 0.0:{form}} to {judgement.prediction_high or 0.0:{form}}"
    return f"{judgement.mean:{form}} {unit}", f"95 %: {judgement.low:{form}} to {judgement.high:{form}}; {more}"


def details(claim: Claim, judgement: Judgement, source: Source) -> tuple[str, ...]:
    """Sentences about a judgement; the reason comes first."""
    answers, sign = judgement.answers, "+" if judgement.signed else ""
    parts = [source.shorten(judgement.why), claim.further]
    if judgement.same and answers:
        parts.append(f"Other codes get the same verdict on this claim: {', '.join(judgement.same)}.")
    elif judgement.other and answers:
        parts.append(f"No control gets this verdict on this claim ({', '.join(judgement.other)}).")
    if judgement.sharpness is not None:
        parts.append(
            f"A recipe 0.3 points below the published one would get it in {100 * judgement.sharpness:.0f} % of cases."
        )
    if judgement.replication is not None:
        share = f"{100 * judgement.replication:.0f} %"
        parts.append(f"An exact replication would be called reproduced in {share} of cases, at this spread.")
    parts += [judgement.beside, judgement.nearest, *judgement.reruns]
    if judgement.not_tuned:
        arms = ", ".join(judgement.not_tuned)
        parts.append(f"Not tuned (no search chose learning rate and loss of fine-tuning for the arm itself): {arms}.")
    if judgement.further:
        parts.append(f"Seeds beyond the plan, which judge nothing: {judgement.further}.")
    if judgement.balanced is not None:
        parts.append(f"After balancing, before any fine-tuning: {judgement.balanced:{sign}.2f}.")
    if judgement.optimism is not None:
        parts.append(f"Best epoch on test: {judgement.optimism:+.2f}.")
    return tuple(filter(None, (*parts, claim.note and f"Published: {claim.note}")))


def missing_table(experiments: Sequence[Experiment], sources: Sequence[Source], claims: Sequence[Claim]) -> Table:
    """Cells of the plan that are done in no results folder, and the unanswered claims that wait for them.

    At each profile that was begun, and at the cheapest one that a claim, or an experiment without records, can use.
    """
    by_name = {experiment.name: experiment for experiment in experiments}
    answered = {one.id for source in sources for one in (source.judgements if claims else ()) if one.answers}

    def missing(experiment: Experiment, profile: ProfileName, arm: str) -> int:
        planned = experiment.seeds(arm, profile)
        cells = (cell for s in sources for cell in s.loaded.done(experiment.name, profile, arm, planned))
        return planned - len({cell.seed for cell in cells})

    waiting: Counter[tuple[str, ProfileName]] = Counter()
    for claim in claims:
        experiment = by_name[claim.experiment]
        for profile in profiles_that_judge(claim, experiment)[:1]:
            waits = claim.needs_training and claim.id not in answered
            waiting[experiment.name, profile] += waits and any(missing(experiment, profile, arm) for arm in claim.arms)
    rows, untouched = [], list[str]()
    for name, experiment in by_name.items():
        able = [profile for profile in experiment.profile_names if profile != "smoke"]
        begun = [profile for profile in able if any(profile in source.profiles(name) for source in sources)]
        for profile in able:
            lacking = sum(missing(experiment, profile, arm.name) for arm in experiment.planned)
            planned = sum(experiment.seeds(arm.name, profile) for arm in experiment.planned)
            if lacking and not (profile in (begun or able[:1]) or waiting[name, profile]):
                untouched.append(f"{experiment.name} at {profile} ({lacking})")
            elif lacking:
                number, command = waiting[name, profile] or None, sources[0].catalogue.command(name, profile)
                rows.append(Row.of(experiment.title, f"{lacking} of {planned}", number, command))
    own = without_own_size(experiments, sources[0].loaded)
    sizes = "; ".join(f"{network} ({', '.join(of)})" for network, of in own.items())
    columns = Column("experiment"), Column("cells missing"), Column("claims that wait", "number", 0), Column("command")
    caption = f"At the size of the paper these networks have no evidence: {sizes}." if sizes else ""
    if untouched:
        caption += f" Not listed are profiles that nobody began and no claim waits for (cells): {', '.join(untouched)}."
    return Table(f"Not run yet, or not finished ({len(rows)})", columns, tuple(rows), caption)


def tally_table(judgements: Sequence[Judgement], claims: Sequence[Claim]) -> Table:
    """The number of statements that come out, and the result of each; no row if no record judges anything."""
    judged = any(judgement.profile is not None for judgement in judgements)
    statements = statement_verdicts(judgements, claims) if judged else ()
    title = f"Of {len(statements)} statements, {tally((one.word, one.basis) for one in statements)}."
    if shared := sum(statement.shared for statement in statements):
        title += (
            f" In {shared} of those that come out, wholly or in part, every other code that was asked does so as well."
        )
    stated = {statement.id: statement for statement in statements_of(claims)}
    rows = []
    for statement in statements:
        parts = []
        for part, j in statement.parts.items():
            limits = (j.scope, "not tuned" if j.not_tuned else "", sharp(j)) if j.answers else ()
            said = ", ".join(filter(None, (j.verdict, *limits, j.reading)))
            # The other readings, by verdict, with their differences: these may contradict the judged reading.
            read: dict[str, list[str]] = {}
            for other in statement.otherwise[part]:
                apart = other.signed and other.mean is not None
                where = f" ({other.reading})" * bool(other.reading)
                read.setdefault(other.verdict, []).extend([f"{ours_in_words(other)[0]}{where}"] if apart else [])
            others = "; ".join(", ".join((word, *numbers)) for word, numbers in read.items())
            parts.append(f"{part}: {said}{others and f' (other readings: {others})'}")
        parts += [f"{part}: not judged yet" for part in statement.unjudged]
        parts += ["every other code does so as well"] if statement.shared else []
        of = stated.get(statement.id)
        says = Cell(of.says, small=tuple(filter(None, (of.note,)))) if of else statement.id
        rows.append(Row.of(says, statement.word, "; ".join(parts)))
    columns = Column("statement", part="claim"), Column("result"), Column("its parts")
    return Table(title, columns, tuple(rows))
