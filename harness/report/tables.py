"""The tables of a report: accuracy, differences, costs and claims, from sources to `Table`.

Which format shows them is decided elsewhere. A blank always carries its reason.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.analysis.curves import steps_label
from harness.analysis.differences import PAIRED, TRAINING, AlongTraining, Difference, Reading
from harness.analysis.energy import PICO_TO_MICRO, WORD_PJ, EnergyModel, Layer, Operations
from harness.analysis.judges import Judgement, StatementVerdict, statement_verdicts
from harness.analysis.verdicts import VERDICTS
from harness.catalogue import Arm, Claim, Experiment
from harness.catalogue.claims import statements_of
from harness.config import PROFILES, ProfileName
from harness.report.sources import SMOKE_LABEL, Source
from harness.report.table import Cell, Column, Interval, Row, Table

PROFILE_WORDS = {
    "paper": "paper profile: the published recipe",
    "lite": "lite profile: a small network sized for a CPU, judges the direction of orderings only",
    "short": "short profile: the paper’s network with its schedule compressed",
    "smoke": SMOKE_LABEL,
}
STEPS = (1, 2, 4, 5, 8, 16, 24, 48)
NARROW = (24, 4, 1, 8, 48, 2, 5)  # the steps that a narrow terminal leaves out, the first ones first
CONTROL = "control, not in the paper"
FEW_SEEDS = "fewer than three seeds: the figure of each, and no interval"
FEW_PAIRS = "fewer than three seeds in common: the difference of each, and no interval"
NOT_COUNTED = "Empty: the records do not tell the operations of the encoder, or count no spikes."


def profiles_with_records(experiment: str, sources: Sequence[Source]) -> list[ProfileName]:
    """Profiles to show, from paper to smoke."""
    present = {profile for source in sources for profile in source.profiles(experiment)}
    return [profile for profile in reversed(PROFILES) if profile in present]


def profile_words(experiment: Experiment, profile: ProfileName) -> str:
    """What a profile may be used for; the published recipe is one that nothing deviates from."""
    if profile == "paper" and experiment.deviations_of_profile(experiment.profile(profile)):
        return "paper profile: the paper’s own network and data, with the deviations that are listed"
    return PROFILE_WORDS[profile]


# --- Accuracy


def columns_of(experiment: Experiment) -> tuple[int, ...]:
    """The timesteps that readers of the field ask for, and every arm's own last one."""
    last = {arm.timesteps for arm in experiment.arms}
    if len(last) > 4:  # many lengths (one for each number of frequencies): the common grid suffices
        last = {max(last)}
    return tuple(sorted({t for t in STEPS if t <= max(last)} | last))


def accuracy_table(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], claims: Sequence[Claim]
) -> Table:
    """Rows paper / evidence / yours / published, a column for each usual timestep.

    Evidence has a row for every arm of the plan; yours for the arms that you have run or added.
    """
    own = [claim for claim in claims if claim.experiment == experiment.name]
    steps = columns_of(experiment)
    rows: list[Row] = []
    for arm in experiment.arms:
        if arm.in_paper and any(claim.prints and claim.arm == arm.name for claim in own):
            rows.append(_paper_row(arm, steps, own))
        for source in sources:
            run = (experiment.name, profile, arm.name) in source.cells
            if run or (source.name == "evidence" and source.expects(experiment, profile, arm.name)):
                rows.append(_our_row(experiment, profile, arm, source, steps))
    rows += _published_rows(own, steps)
    columns = (
        Column("arm"),
        Column("whose", part="whose"),
        Column("seeds", "seeds"),
        *(Column(f"T = {step}", "interval", heading=str(step)) for step in steps),
        Column("verified", part="verified"),
    )
    table = Table(f"{experiment.name}, {profile_words(experiment, profile)}", columns, tuple(rows), style="accuracy")
    return table if any(row.cells[-1].value for row in rows) else table.without("verified")


def paper_table(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], claims: Sequence[Claim]
) -> Table:
    """The accuracy table as a paper prints it: without verifications, with what its numbers are below it."""
    table = accuracy_table(experiment, profile, sources, claims)
    return replace(table.without("verified"), caption="Accuracy (%), mean ± half of a 95 % interval.")


def _paper_row(arm: Arm, steps: Sequence[int], claims: Sequence[Claim]) -> Row:
    printed = {claim.timestep: claim for claim in claims if claim.prints and claim.arm == arm.name}
    numbers = (Cell(printed[t].value if t in printed else None) for t in steps)
    note = "; ".join(dict.fromkeys(claim.source for claim in printed.values()))
    return Row((_named(arm, note), Cell("paper"), Cell(""), *numbers, Cell("")), arm.name, "paper")


def title_of(arm: Arm) -> str:
    """An arm's title, as far as its T; of one that `--encoder` added, its name."""
    return arm.name if arm.added else arm.title.partition(", T = ")[0]


def _named(arm: Arm, note: str) -> Cell:
    """The arm's title, with the name that commands take where it is another, and a note."""
    return Cell(arm.title, small=tuple(filter(None, ("" if arm.title == arm.name else arm.name, note))))


def _our_row(experiment: Experiment, profile: ProfileName, arm: Arm, source: Source, steps: Sequence[int]) -> Row:
    key = (experiment.name, profile, arm.name)
    measured = {t: source.estimate(*key, t) for t in steps if t <= arm.timesteps}
    numbers = (_measured(measured.get(t)) for t in steps)
    missing = "" if any(measured.values()) else source.why_missing(*key)
    lead = _named(arm, "; ".join(filter(None, ("" if arm.in_paper else CONTROL, missing))))
    cells = (lead, Cell(source.name), Cell(source.seeds(*key), opens=True), *numbers, Cell(source.verified(*key)))
    return Row(cells, arm.name, source.name, records=source.links(*key))


def _measured(mean: Interval | None) -> Cell:
    return Cell(mean, FEW_SEEDS if mean is not None and mean.low is None else "")


def _published_rows(claims: Sequence[Claim], steps: Sequence[int]) -> Iterator[Row]:
    for claim in claims:
        if claim.kind != "context" or claim.prints:
            continue
        numbers = (Cell(claim.value if t == claim.timestep else None) for t in steps)
        place = f" at T = {claim.timestep}" if claim.timestep else ", timesteps not reported"
        elsewhere = "" if claim.timestep in steps else f"{claim.value}{place}"
        lead = Cell(claim.label, small=tuple(filter(None, (elsewhere, claim.source, claim.note))))
        yield Row((lead, Cell("published"), Cell(""), *numbers, Cell("")), "published", "published")


def results_of(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], claims: Sequence[Claim]
) -> Table:
    """Accuracy in brief, for a terminal: our arms alone, means at the usual steps, the interval at the last one."""
    ran = [(a, s) for a in experiment.arms for s in sources if (experiment.name, profile, a.name) in s.cells]
    longest = max((arm.timesteps for arm, _ in ran), default=0)
    steps = [step for step in columns_of(experiment) if step <= longest]
    drops = {step: 1 + NARROW.index(step) for step in steps if step in NARROW}
    rows = []
    for arm, source in ran:
        printed = [c for c in claims if c.prints and (c.experiment, c.arm) == (experiment.name, arm.name)]
        found = [source.estimate(experiment.name, profile, arm.name, t) for t in (*steps, arm.timesteps)]
        means = (Cell(one.mean if one and t <= arm.timesteps else None) for t, one in zip(steps, found, strict=False))
        name = arm.name if source.name == "evidence" else f"{arm.name} (yours)"
        paper = ", ".join(str(claim.value) for claim in printed) or None
        seeds = source.seeds(experiment.name, profile, arm.name)
        rows.append(Row((Cell(name), Cell(seeds), *means, Cell(found[-1]), Cell(paper))))
    columns = (
        Column("arm"),
        Column("seeds", "seeds"),
        *(Column(f"T={step}", "number", 1, drop=drops.get(step, 0)) for step in steps),
        Column("at last T", "interval"),
        Column("paper", "interval"),
    )
    title = f"{experiment.title}: accuracy in % after T timesteps\n{profile_words(experiment, profile)}"
    caption = "± half of a 95 % interval over three seeds or more"
    return Table(title, columns, tuple(rows), caption)


def curves_table(
    experiment: Experiment, profiles: Sequence[ProfileName], sources: Sequence[Source], claims: Sequence[Claim]
) -> Table:
    """Every timestep of every arm, ours and published, a row each; a blank number says why in `note`."""
    titles = (
        "experiment", "profile", "judged", "arm", "title", "whose", "timestep", "accuracy", "half_width",
        "seeds_done", "seeds_planned", "note",
    )  # fmt: skip
    digits = {"accuracy": 4, "half_width": 4}
    columns = tuple(Column(title, "number" if title in digits else "text", digits.get(title, 0)) for title in titles)
    rows = []
    for profile in profiles:
        first = (experiment.name, profile, "no" if profile == "smoke" else "yes")
        rows += [(*first, *rest) for rest in _published_curve(experiment, claims)]
        rows += [(*first, *rest) for source in sources for rest in _own_curves(experiment, profile, source)]
    return Table(experiment.name, columns, tuple(Row(tuple(map(Cell, row))) for row in rows))


def _published_curve(experiment: Experiment, claims: Sequence[Claim]) -> Iterator[tuple[str | float | None, ...]]:
    for claim in claims:
        if claim.experiment == experiment.name and (claim.prints or claim.kind == "context"):
            note = "; ".join(filter(None, (claim.source, claim.note)))
            whose = "paper" if claim.prints else "published"
            step, title = claim.timestep, claim.label or claim.arm
            yield claim.arm, title, whose, step, claim.value, None, None, None, note


def _own_curves(
    experiment: Experiment, profile: ProfileName, source: Source
) -> Iterator[tuple[str | float | None, ...]]:
    for arm in experiment.arms:
        if not source.expects(experiment, profile, arm.name):
            continue
        done, planned = source.seeds(experiment.name, profile, arm.name)
        lead = (arm.name, arm.title, source.name)
        curve = source.estimates.get((experiment.name, profile, arm.name), ())
        if not curve:
            why = source.why_missing(experiment.name, profile, arm.name)
            yield (*lead, arm.timesteps, None, None, done, planned, why)
        note = "" if done >= planned else "incomplete"
        for step, found in enumerate(curve, start=1):
            yield (*lead, step, found.mean, found.half_width, done, planned, note)


# --- Differences


def interval_of(found: Difference | Reading) -> Interval:
    """A difference as a table shows it."""
    return Interval(found.mean, found.low, found.high, found.runs)


def paired_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """A row for each pair of arms and source; None where no two arms have a finished seed in common."""
    rows = []
    for source in sources:
        for one in source.differences(experiment, profile):
            name = " − ".join(_read(experiment.arm(arm), one.timestep) for arm in (one.arm, one.versus))
            difference = Cell(interval_of(one), "" if one.over else FEW_PAIRS)
            cells = (Cell(name), Cell(source.name), Cell((len(one.runs), one.planned)), Cell(one.timestep), difference)
            rows.append(Row((*cells, Cell(one.over or None)), name, source.name))
    columns = (
        Column("arm"),
        Column("whose", part="whose"),
        Column("seeds", "seeds"),
        Column("T", "number", 0),
        Column("difference", "interval", signed=True),
        Column("interval covers"),
    )
    return Table(PAIRED, columns, tuple(rows), style="accuracy paired") if rows else None


def _read(arm: Arm, timestep: int) -> str:
    """The arm's title. Where it is read before its last step, it says so."""
    return title_of(arm) if arm.timesteps == timestep else f"{arm.title} (read after {timestep})"


def difference_tables(source: Source, experiment: Experiment, profile: ProfileName) -> Iterator[Table]:
    """For a terminal, a table for each arm that others are set against, or that is set against many."""
    added = {arm.name for arm in experiment.arms if arm.added}
    groups: dict[str, list[tuple[str, Difference]]] = {}
    for one in source.differences(experiment, profile):
        title, row = (f"{one.arm} − other arms", one.versus) if one.arm in added else (f"arms − {one.versus}", one.arm)
        groups.setdefault(title, []).append((row, one))
    whose = " (yours)" if source.name == "yours" else ""
    columns = (
        Column("arm"),
        Column("T", "number", 0),
        Column("difference", "interval", signed=True),
        Column("pairs", "seeds"),
    )
    for title, found in groups.items():
        covered = sorted({one.over for _, one in found if one.over})
        caption = f"intervals of 95 % over {' or '.join(covered)}, each by itself" if covered else ""
        rows = tuple(
            Row((Cell(name), Cell(one.timestep), Cell(interval_of(one)), Cell((len(one.runs), one.planned))))
            for name, one in found
        )
        yield Table(f"Difference in points, paired by seed: {title}{whose}", columns, rows, caption)


def training_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """A row for each pair of arms and source, a column a fraction; None where no records have readings on the way."""
    found = [(source, pair) for source in sources for pair in source.along_training(experiment, profile)]
    fractions = sorted({reading.fraction for _, pair in found for reading in pair.readings})
    rows = tuple(_training_row(experiment, source, pair, fractions) for source, pair in found)
    columns = (
        Column("arm"),
        Column("whose", part="whose"),
        Column("seeds", "seeds"),
        *(Column(f"{fraction:g}", "interval", signed=True) for fraction in fractions),
    )
    return Table(TRAINING, columns, rows, style="accuracy paired") if rows else None


def _training_row(experiment: Experiment, source: Source, pair: AlongTraining, fractions: Sequence[float]) -> Row:
    read = {reading.fraction: reading for reading in pair.readings}
    numbers = (
        Cell(interval_of(one), FEW_PAIRS if one.low is None else "") if (one := read.get(fraction)) else Cell()
        for fraction in fractions
    )
    name = " − ".join(title_of(experiment.arm(arm)) for arm in (pair.arm, pair.versus))
    lead = Cell(name, small=(f"T = {pair.timesteps}",))
    return Row((lead, Cell(source.name), Cell((pair.seeds, pair.planned)), *numbers), pair.name, source.name)


# --- Operations and energy


def costs_table(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], model: EnergyModel
) -> Table | None:
    """Operations and energy for one image of every arm whose records counted them; None for a smoke run, or if none."""
    if profile == "smoke" or not (counted := list(_counted(experiment, profile, sources))):
        return None
    counts = "ANN MACs", "SNN accumulates", "SNN multiplies", "encoder additions", "encoder MACs"
    derived = (
        "spikes per neuron and step", "spikes per synapse and step", "ANN energy (µJ)", "SNN energy (µJ)",
        "ANN / SNN", "break-even rate", "ANN / SNN with memory", "break-even rate with memory",
    )  # fmt: skip
    columns = (
        Column("arm"),
        Column("whose", part="whose"),
        Column("seeds", "seeds"),
        *(Column(title, "count", 3) for title in counts),
        *(Column(title, "significant", 3) for title in derived),
    )
    rows = tuple(
        Row(
            (
                _named(arm, "" if arm.in_paper else CONTROL),
                Cell(source.name),
                Cell((spent.seeds, source.seeds(experiment.name, profile, arm.name)[1])),
                *map(Cell, _costs(spent, model)),
            ),
            arm.name,
            source.name,
        )
        for arm, source, spent in counted
    )
    blank = any(cell.value is None for row in rows for cell in row.cells)
    caption = f"{_reckoned(model)}{f' {NOT_COUNTED}' if blank else ''}"
    return Table("Operations and energy for one image", columns, rows, caption, "accuracy costs")


def _counted(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source]
) -> Iterator[tuple[Arm, Source, Operations]]:
    for arm in experiment.arms:
        for source in sources:
            if (spent := source.operations.get((experiment.name, profile, arm.name))) is not None:
                yield arm, source, spent


def _costs(spent: Operations, model: EnergyModel) -> tuple[float | None, ...]:
    """Counts and energies of one arm, in the order of the columns; None where the records do not tell."""
    encoder, macs, memory = spent.encoder, spent.encoder_macs, model.with_memory()
    snn = spent.snn_pj(model)
    return (
        spent.macs,
        spent.accumulates,
        spent.multiplies,
        None if encoder is None or macs is None else encoder - macs,
        macs,
        spent.rate,
        spent.arrivals,
        spent.ann_pj(model) * PICO_TO_MICRO,
        None if snn is None else snn * PICO_TO_MICRO,
        spent.ratio(model),
        spent.break_even(model),
        spent.ratio(memory),
        spent.break_even(memory),
    )


def _reckoned(model: EnergyModel) -> str:
    """What is counted, what it is priced at, and what is assumed."""
    add, mac, word = (f"{price:g} pJ" for price in (model.accumulate_pj, model.mac_pj, WORD_PJ))
    return (
        "Means over seeds; accumulates are measured on the test set, over all timesteps. "
        "Where a code is graded or analog its first layer multiplies: its operations are multiply-accumulates; "
        "where its input is the same at every step (direct input), they are computed once. "
        f"Energy is derived from the counts: {add} per accumulate or addition of the encoder, {mac} per "
        "multiply-accumulate of the ANN, of the SNN or of the encoder's transform. The leak and threshold of "
        "neurons cost nothing in either network. “With memory” adds what moves (weights, membranes, spikes; Yan "
        f"et al., arXiv 2409.08290) at {word} per 32-bit word (8 KB SRAM, Horowitz 2014): a weight for each "
        "operation; a neuron's value written and read in the ANN; its membrane read and written at every step, and "
        "each spike's address written and read, in the SNN; a word for each operation of the encoder. "
        "Break-even: below so many spikes per synapse and step, all spikes scaled alike, the SNN would need less "
        "than the ANN; 0 where it needs more even without a spike."
    )


def operations_table(
    experiment: Experiment, profiles: Sequence[ProfileName], sources: Sequence[Source], model: EnergyModel
) -> Table:
    """Counts for one image and energies in picojoules: a row for each layer, the encoder, and their total.

    What a part has not is blank. Decimals are fixed, so that the last bit of a sum on another machine does not show.
    """
    texts = "experiment", "profile", "arm", "title", "whose", "seeds_done", "seeds_planned", "timesteps", "part"
    digits = {
        "ann_macs": 2, "snn_accumulates": 2, "snn_multiplies": 2, "encoder_operations": 2, "encoder_macs": 2,
        "neurons": 2, "spikes": 2, "spikes_per_neuron_and_step": 6, "ann_pj": 2, "snn_pj": 2, "ann_by_snn": 4,
        "ann_memory_pj": 2, "snn_memory_pj": 2, "ann_by_snn_memory": 4, "spikes_per_synapse_and_step": 6,
        "break_even": 6, "break_even_memory": 6,
    }  # fmt: skip
    models, rows = (model, model.with_memory()), []
    for profile in (name for name in profiles if name != "smoke"):
        for arm, source, spent in _counted(experiment, profile, sources):
            planned = source.seeds(experiment.name, profile, arm.name)[1]
            lead = (experiment.name, profile, arm.name, arm.title, source.name, spent.seeds, planned, spent.timesteps)
            parts = {f"layer {layer.name}": _of_layer(layer, models) for layer in spent.layers}
            parts |= {"encoder": _of_encoder(spent, models), "total": _of_all(spent, models)}
            rows += [(*lead, part, *map(numbers.get, digits)) for part, numbers in parts.items()]
    columns = (*map(Column, texts), *(Column(title, "number", places) for title, places in digits.items()))
    return Table(experiment.name, columns, tuple(Row(tuple(map(Cell, row))) for row in rows))


def _of_layer(layer: Layer, models: tuple[EnergyModel, EnergyModel]) -> dict[str, float | None]:
    alone, memory = models
    return {
        "ann_macs": layer.macs, "snn_accumulates": layer.accumulates, "snn_multiplies": layer.multiplies,
        "neurons": layer.neurons, "spikes": layer.spikes, "spikes_per_neuron_and_step": layer.rate,
        "ann_pj": layer.ann_pj(alone), "snn_pj": layer.snn_pj(alone),
        "ann_memory_pj": layer.ann_pj(memory), "snn_memory_pj": layer.snn_pj(memory),
    }  # fmt: skip


def _of_encoder(spent: Operations, models: tuple[EnergyModel, EnergyModel]) -> dict[str, float | None]:
    alone, memory = models
    return {
        "encoder_operations": spent.encoder, "encoder_macs": spent.encoder_macs,
        "snn_pj": spent.encoder_pj(alone), "snn_memory_pj": spent.encoder_pj(memory),
    }  # fmt: skip


def _of_all(spent: Operations, models: tuple[EnergyModel, EnergyModel]) -> dict[str, float | None]:
    alone, memory = models
    firing = [layer for layer in spent.layers if layer.spikes is not None]
    return {
        "ann_macs": spent.macs, "snn_accumulates": spent.accumulates, "snn_multiplies": spent.multiplies,
        "encoder_operations": spent.encoder, "encoder_macs": spent.encoder_macs,
        "neurons": sum(layer.neurons for layer in firing), "spikes": sum(layer.spikes or 0.0 for layer in firing),
        "spikes_per_neuron_and_step": spent.rate, "ann_pj": spent.ann_pj(alone), "snn_pj": spent.snn_pj(alone),
        "ann_by_snn": spent.ratio(alone), "ann_memory_pj": spent.ann_pj(memory),
        "snn_memory_pj": spent.snn_pj(memory), "ann_by_snn_memory": spent.ratio(memory),
        "spikes_per_synapse_and_step": spent.arrivals, "break_even": spent.break_even(alone),
        "break_even_memory": spent.break_even(memory),
    }  # fmt: skip


# --- Claims

CLAIM_COLUMNS = (
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


def claims_table(sources: Sequence[Source], claims: Iterable[Claim], titled: bool = True) -> Table:
    """A row for each judgement of these claims, in their order, with all columns; `Table.only` chooses some.

    Yours have a row where there are records; evidence that is at hand always has one. Context is not judged.
    `titled`: whether arms are called by their titles, and else by the names that commands take.
    """
    rows = []
    for claim in claims:
        for source in sources:
            for judgement in source.judgements:
                silent = source.name == "yours" and (judgement.verdict == "no records" or not claim.needs_training)
                silent |= not source.at_hand
                if judgement.id == claim.id and not silent:
                    rows.append(claim_row(claim, judgement, source, len(sources) > 1, titled))
    return Table("Claims", CLAIM_COLUMNS, tuple(rows), style="claims")


def claim_row(claim: Claim, judgement: Judgement, source: Source, whose: bool = False, titled: bool = True) -> Row:
    """One judgement as a row: the only place where judgements become text. `whose`: whether it says whose it is."""
    ours, interval = _ours(judgement)
    profile = f"{judgement.profile} profile" if judgement.profile else ""
    where = " · ".join(filter(None, (judgement.experiment, claim.source, profile, source.name if whose else "")))
    seeds = (judgement.seeds_done, judgement.seeds_planned) if judgement.seeds_planned else None
    word: str = judgement.verdict
    if judgement.verdict == "incomplete" and seeds:
        word = f"{word} ({seeds[0]}/{seeds[1]})"
    elif judgement.scope and VERDICTS[judgement.verdict].answers:
        word = f"{word} ({judgement.scope})"
    cells = (
        Cell(_titled(claim, source) if titled else claim.says, small=(where,)),
        Cell(word),
        Cell(judgement.test or None, small=(f"margin {judgement.margin:.2f}",) if judgement.margin else ()),
        Cell(claim.printed),
        Cell(ours, small=(interval,) if interval else (), opens=bool(ours)),
        Cell(seeds),
        Cell(judgement.comparability),
        Cell(judgement.profile),
        Cell(judgement.balanced),
    )  # fmt: skip
    details = tuple(filter(None, _details(claim, judgement, source)))
    more = [f"Deviation: {text}" for text in judgement.deviations]
    if judgement.verdict == "no records" and claim.needs_training:
        more.append(f"To run it: harness run {judgement.experiment}")
    arms = (judgement.arm, judgement.versus or "") if ours else ()
    records = tuple(link for arm in arms for link in source.links(judgement.experiment, judgement.profile, arm))
    return Row(cells, "", source.name, claim.id, details, tuple(more), records)


def _titled(claim: Claim, source: Source) -> str:
    """What was claimed, its arms by their titles; one that is read early says for how many steps it is trained."""
    experiment = source.catalogue.experiment(claim.experiment)
    titles: dict[str, str] = {}
    for arm in map(experiment.arm, claim.arms):
        trained = hasattr(claim, "trained_at") and claim.trained_at  # the claim is about a code at each of several T
        at_end = trained or arm.timesteps == claim.judged_timestep
        title = title_of(arm) + ("" if at_end else f", trained for {arm.timesteps} steps,")
        titles[arm.name] = titles[arm.name.removesuffix(f"-{arm.timesteps}")] = title
    names = "|".join(map(re.escape, sorted(titles, key=len, reverse=True)))
    return re.sub(rf"(?<![\w-])({names})(?![\w-])", lambda found: titles[found[0]], claim.says) if names else claim.says


def _ours(judgement: Judgement) -> tuple[str | None, str]:
    """Our number and its interval."""
    if judgement.kind == "steps-to-reach" and judgement.steps:
        timesteps = judgement.timestep or 0
        return ", ".join(steps_label(step, timesteps) for step in judgement.steps) + " steps", "one number per seed"
    if judgement.mean is None:
        return None, ""
    signed = judgement.kind in ("ordering", "saturation")
    unit, form = ("points", "+.2f") if signed else ("%", ".2f")
    unit = "steps" if judgement.unit == "steps" else unit
    if judgement.kind == "measurement":
        shown = f"{judgement.mean:+.2f} points" if judgement.unit == "points" else f"{judgement.mean:.1f} %"
        return shown, "of kept weights" if judgement.profile else "computed, without training"
    if judgement.low is None or judgement.high is None:
        return ", ".join(f"{run:{form}}" for run in judgement.runs) + f" {unit}", "one number per seed"
    if signed:
        what = "pairs" if judgement.versus else "seeds"
        more = f"{sum(run > 0 for run in judgement.runs)} of {len(judgement.runs)} {what} above"
    else:
        more = f"next run {judgement.prediction_low or 0.0:.2f} to {judgement.prediction_high or 0.0:.2f}"
    return f"{judgement.mean:{form}} {unit}", f"95 %: {judgement.low:{form}} to {judgement.high:{form}}; {more}"


def _details(claim: Claim, judgement: Judgement, source: Source) -> Iterator[str]:
    """What a reader should know about a judgement, a sentence each; the reason comes first."""
    answers, sign = VERDICTS[judgement.verdict].answers, "+" if judgement.kind in ("ordering", "saturation") else ""
    yield source.shorten(judgement.why)
    yield claim.further
    if judgement.same and answers:
        yield f"These controls get the same verdict on this claim: {', '.join(judgement.same)}."
    elif judgement.other and answers:
        yield f"No control gets this verdict on this claim ({', '.join(judgement.other)})."
    if judgement.sharpness is not None:
        yield f"A recipe 0.3 points worse would get this word in {100 * judgement.sharpness:.0f} % of cases."
    if judgement.replication is not None and judgement.verdict in ("reproduced", "consistent"):
        share = f"{100 * judgement.replication:.0f} %"
        yield f"An exact replication would be called reproduced in {share} of cases, at this spread."
    yield judgement.beside
    yield judgement.nearest
    yield from judgement.reruns
    if judgement.not_tuned:
        yield f"Not tuned, as no search chose their fine-tuning rate: {', '.join(judgement.not_tuned)}."
    if judgement.twins:
        yield f"The same records judge {', '.join(judgement.twins)}: one piece of evidence."
    if judgement.further:
        yield f"{judgement.further} further seeds are exploratory: they judge nothing."
    if judgement.balanced is not None:
        yield f"After balancing, before any fine-tuning: {judgement.balanced:{sign}.2f}."
    if judgement.optimism is not None:
        yield f"Best epoch on test: {judgement.optimism:+.2f}."
    if claim.note:
        yield f"Published: {claim.note}"


def tally_table(judgements: Sequence[Judgement], claims: Sequence[Claim]) -> Table:
    """How many statements of a paper come out, and what became of each; no row where no record judges anything."""
    found = statement_verdicts(judgements, claims) if any(one.profile is not None for one in judgements) else ()
    counts = Counter(one.word for one in found)
    title = (
        f"Of {len(found)} statements, {_verb(counts['comes out'], 'comes', 'come')} out, {counts['in part']} in part, "
        f"{_verb(counts['does not'], 'does', 'do')} not; {_verb(counts['not answered'], 'is', 'are')} not answered."
    )
    if shared := sum(one.shared for one in found):
        title += f" In {shared} of those that come out, every control that we ran does so as well."
    says = {statement.id: statement.says for statement in statements_of(claims)}
    rows = tuple(Row((Cell(says.get(one.id, one.id)), Cell(one.word), Cell(_parts(one)))) for one in found)
    columns = Column("statement", part="claim"), Column("what became of it"), Column("its parts")
    return Table(title, columns, rows, style="tallied")


def _verb(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _parts(one: StatementVerdict) -> str:
    """The word of each part of a statement, with the profile and the reading that gave it."""
    parts = [f"{part}: {_word(judged)}" for part, judged in one.parts.items()]
    parts += [f"{part}: not judged yet" for part in one.unjudged]
    return "; ".join([*parts, "every control does so as well"] if one.shared else parts)


def _word(judged: Judgement) -> str:
    scope = judged.scope if VERDICTS[judged.verdict].answers else ""
    return ", ".join(filter(None, (judged.verdict, scope, judged.reading)))
