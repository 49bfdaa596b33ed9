"""The findings on DCT-SNN: a list of questions, each with the table that answers it.

Below them: the first sentences of the report.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf, isnan
from statistics import fmean

from encoders.registry import BUILTIN
from harness.analysis.differences import along_training
from harness.analysis.energy import FORTY_FIVE_NM, WITH_MEMORY
from harness.analysis.judges import OWN_NETWORK as OWN_PROFILES
from harness.analysis.judges import Judgement, settled, shortened
from harness.analysis.statistics import (
    LEAST_SEEDS,
    UNPUBLISHED,
    Interval,
    difference_margin,
)
from harness.analysis.verdicts import p_in_words
from harness.catalogue import Experiment, Paper
from harness.catalogue.claims import AboveRow, Ordering
from harness.config import ProfileName
from harness.machine.console import counted
from harness.papers.dct_snn import experiments, recipe
from harness.papers.dct_snn.experiments import (
    CIFAR10_ENCODERS,
    LATENCY_CIFAR10,
    LATENCY_MNIST,
    MNIST_784_100_10,
    MNIST_ENCODERS,
)
from harness.papers.dct_snn.paper import PAPER
from harness.report import findings as ask
from harness.report.findings import Pair, Printed, Read, Topic
from harness.report.sources import Source
from harness.report.table import Column, Row, Table, spread
from harness.report.tables import brief, title_of

ONE_ANN = experiments.MNIST_ONE_ANN
DATASETS = {experiment.name: experiment.dataset for experiment in experiments.EXPERIMENTS}
ENOUGH = 98.0  # percent on MNIST, at which energies are compared
DOUBTFUL = 0.01  # an adjusted p above it stands in a sentence
# 5 % of the error rate that is published for 16 steps.
MARGIN_ON_MNIST = difference_margin(*(claim.published for claim in PAPER.claims if claim.id == "mnist-t16"))
# A code of x like DCT, with one ANN for both.
SIGNED = Pair("Poisson rate with signs", 16, (MNIST_784_100_10, "poisson-signed-16"), (MNIST_ENCODERS, "dct"))
OWN_NETWORK = ("claim", "published", "after balancing", "ours", "seeds", "verdict")
_VALUES = {(c.experiment, c.arm): c.published for c in PAPER.claims if c.kind == "value"}
MECHANISMS = experiments.ABLATION_MECHANISMS
ANN_RATES = (
    f"All ANNs are trained at a learning rate of {recipe.LITE.ann.learning_rate:g}. "
    f"Searches on a validation split choose {recipe.LITE_CHOSEN['dct-p']['ann.learning_rate']:g} for p and "
    f"{recipe.LITE_CHOSEN['dct-x']['ann.learning_rate']:g} for x."
)
SMALL_BLOCKS = "DCT in blocks of 2×2 at " + " and ".join(
    str(arm.timesteps) for arm in LATENCY_CIFAR10.arms if arm.encoder.parameters.get("block_size") == 2
)


def _beside(experiment: Experiment, arm: str, reference: str) -> Pair:
    """An arm against one of `cifar10-one-ann` whose ANN is trained alike."""
    return Pair(title_of(experiment.arm(arm)), 48, (experiment, arm), (experiments.CIFAR10_ONE_ANN, reference))


SIGNED_ON_CIFAR10 = _beside(experiments.CIFAR10_ONE_ANN, "poisson-signed", "dct-x")
CODES_OF_P = (
    _beside(experiments.CIFAR10_ONE_ANN, "poisson", "dct-p"),
    *(_beside(CIFAR10_ENCODERS, code, "dct-p") for code in ("phase", "burst", "ttfs", "latency")),
)

# The six accuracies of §6, which the paper prints to state five orderings.
PRINTED = tuple(
    Printed(name, (experiment, arm), _VALUES[experiment.name, arm] or 0.0)
    for name, experiment, arm in (
        ("cyclic 16 × 3", experiments.ABLATION_INTERLEAVED, "cyclic-16x3"),
        ("first 8 × 6", experiments.ABLATION_INTERMITTENT, "truncated-8x6"),
        ("intermittent 8 × 6", experiments.ABLATION_INTERMITTENT, "intermittent-8x6"),
        ("interleaved 16 × 3", experiments.ABLATION_INTERLEAVED, "interleaved-16x3"),
        ("first 8 × 3", experiments.ABLATION_INTERLEAVED, "cyclic-8x3"),
        ("interleaved 8 × 3", experiments.ABLATION_INTERLEAVED, "interleaved-8x3"),
    )
)


def _accuracies(judged: Judgement, *datasets: str) -> bool:
    """Whether this is a published accuracy on these data sets, judged by records of the paper's network."""
    return ask.on_own_network(judged) and DATASETS[judged.experiment] in datasets


def _table_1(judged: Judgement) -> bool:
    """Whether this is a row of Table 1 with a number of ours."""
    return judged.mean is not None and (
        _accuracies(judged, "mnist") or (judged.kind == "ordering" and judged.versus is None)
    )


def _by_steps(experiment: Experiment) -> Mapping[str, Mapping[str, Read]]:
    """Every code of an experiment by the number of steps that it is trained for."""
    rows: dict[str, dict[str, Read]] = {}
    for arm in experiment.arms:
        rows.setdefault(title_of(arm), {})[f"T = {arm.timesteps}"] = (arm.name, arm.timesteps)
    return rows


def _frequencies(count: int) -> Mapping[str, Read]:
    """The first `count` frequencies at equal latency and at equal cycles; three cycles of all 16 are 48 steps."""
    at_cycles = ("latency48-16", 48) if count == 16 else (f"cycles3-{count}", 3 * count)
    return {"48 steps": (f"latency48-{count}", 48), "3 steps for each": at_cycles}


def _discrepancy(source: Source, _: Paper) -> Iterator[Table]:
    """The gain of twice as many steps with the same 8 frequencies: published, and ours at every profile."""
    by_name = {printed.name: printed for printed in PRINTED}
    runs = [by_name[name] for name in ("first 8 × 3", "first 8 × 6", "interleaved 8 × 3")]
    short, long, interleaved = (printed.published for printed in runs)
    rows, above = [Row.of("published", short, long, long - short, interleaved)], []
    for profile in ask.judging(experiments.ABLATION_INTERLEAVED):
        gained = ask.apart_at_end(source, runs[1], runs[0], profile)
        first, later, mixed = (ask.at_end(source, profile, run.side) for run in runs)
        if gained is not None and first is not None and mixed is not None:
            alone = f" ({counted(gained.seeds, 'seed')})" if gained.seeds < LEAST_SEEDS else ""
            rows.append(Row.of(f"ours, {profile}{alone}", first, later, gained, mixed))
            above += [profile] * (profile in OWN_PROFILES and first.mean > short and mixed.mean > interleaved)
    if rows[1:]:
        caption = "Accuracy in percent."
        if above:
            caption += f" At {_listed(above)} our two networks of 24 steps are above both published ones."
        columns = (
            Column("whose"),
            Column("first 8 × 3, 24 steps", "interval"),
            Column("first 8 × 6, 48 steps", "interval"),
            Column("gained", "interval", signed=True),
            Column("interleaved 8 × 3, 24 steps", "interval"),
        )
        yield Table("", columns, tuple(rows), caption)


# --- The result of each topic in a sentence; empty if a record that it needs is missing


def _few_steps(source: Source) -> str:
    """The code with the highest mean, trained for the fewest and for the most steps, with ANNs trained alike."""
    sentences = []
    gaps = {gap.pair.side[1]: gap for gap in ask.compared(source, ask.against_first(ONE_ANN), "paper", MARGIN_ON_MNIST)}
    for steps in (min(experiments.LATENCY_STEPS), max(experiments.LATENCY_STEPS)):
        arms = [arm for arm in ONE_ANN.arms if arm.timesteps == steps]
        estimates = {arm.name: ask.at_end(source, "paper", (ONE_ANN, arm.name)) for arm in arms}
        reached = {name: estimate.mean for name, estimate in estimates.items() if estimate is not None}
        dct = reached.pop(f"dct-p-{steps}", None)
        if dct is None or not reached:
            return ""
        best = max(reached, key=lambda name: reached[name])
        title = brief(title_of(ONE_ANN.arm(best)))
        remark = f", {gaps[best].shown.replace('not shown', 'not shown to differ')}" * (gaps[best].shown != "differs")
        sentences.append(f"after {steps} steps {title} reaches {reached[best]:.1f} % and DCT on p {dct:.1f}{remark}")
    return f"On MNIST ({_budget(ONE_ANN, 'paper', ONE_ANN.arms[0].name)}), ANNs trained alike, {'; '.join(sentences)}"


def _schedules(source: Source) -> str:
    """Cyclic against interleaved on the paper's own network, and two other orders of its cycle on a small one."""
    pairs = [
        Pair(f"{order} order", 48, (MECHANISMS, f"{order}-16x3"), (MECHANISMS, "cyclic-16x3"))
        for order in ("reversed", "random")
    ]
    gaps = ask.compared(source, pairs, "lite")
    orders = ""
    if gaps:
        small = f"{_budget(MECHANISMS, 'lite', 'cyclic-16x3')}; {counted(min(gap.apart.seeds for gap in gaps), 'seed')}"
        by = [
            f"{gap.apart.mean:+.1f} points in {gap.pair.name}{'' if gap.shown == 'differs' else ' (not shown)'}"
            for gap in gaps
        ]
        orders = f"; on a small network ({small}), at cyclic's learning rate, the same cycle differs by {_listed(by)}"
    lead = _lead(source)
    if lead is None or lead.mean is None or not lead.published:
        return ""
    network, apart = _budget(experiments.ABLATION_INTERLEAVED, "short", lead.arm), _against("interleaved", lead)
    return f"On the paper's network ({network}) cyclic is {apart}), where {lead.published:.1f} are published{orders}"


def _lead(source: Source) -> Judgement | None:
    """§6's first ordering, of all 16 frequencies, on the paper's own network."""
    of_paper = (judged for judged in source.judgements if judged.profile == "short")
    return next((judged for judged in of_paper if judged.id == "interleaved-cyclic-wins-16"), None)


def _differing(source: Source, pairs: Sequence[Pair], where: str) -> str:
    """The arms shown to lie above or below their common reference, furthest first; they convey the same values."""
    gaps = ask.compared(source, pairs, "lite", UNPUBLISHED)
    experiment, reference = pairs[0].reference
    if not gaps:
        return ""
    seeds = counted(min(gap.apart.seeds for gap in gaps), "seed")
    of_ann = ", differences of the ANNs included" if any(gap.ann for gap in gaps) else ""
    sides = [(gap.pair.side, gap.pair.reference) for gap in gaps]
    return (
        f"{where} ({_budget(experiment, 'lite', reference)}; {seeds}), {len(gaps)} arms minus "
        f"{brief(title_of(experiment.arm(reference)))} in points{of_ann}: {_sizes(gaps)}"
        f"{'' if _settled(source, 'lite', sides, UNPUBLISHED) else '. Longer fine-tuning may change this'}"
    )


def _training(source: Source) -> str:
    """The difference of cyclic and interleaved before and after fine-tuning, the paper's own network first."""
    lead = _lead(source)
    ends = [(lead.balanced, lead.mean, _budget(experiments.ABLATION_INTERLEAVED, "short", lead.arm))] if lead else []
    further: tuple[tuple[Experiment, ProfileName], ...] = (
        (experiments.ABLATION_ANN, "short"),
        (experiments.ABLATION_TRAINING, "lite"),
    )
    for experiment, profile in further:
        for pair in along_training(source.loaded, experiment, profile)[:1]:
            means = [reading.mean for reading in pair.readings.values()]
            ends.append((means[0], means[-1], _budget(experiment, profile, pair.arm)))
    said = [
        f"{before:+.1f} points after balancing and {after:+.1f} after fine-tuning ({budget})"
        for before, after, budget in ends
        if before is not None and after is not None
    ]
    return f"Cyclic minus interleaved: {'; '.join(said)}" if said else ""


def _energy(source: Source) -> str:
    """The code that reaches 98 % on MNIST with the least energy, and DCT, with one ANN for both; then the paper's."""

    def spent_in(experiment: Experiment) -> dict[str, tuple[float, float, str]]:
        """Energy in µJ by code, by arithmetic and with memory, and how it was reached: steps, accuracy."""
        spent: dict[str, tuple[float, float, str]] = {}
        for arm in experiment.arms:
            reached = ask.at_end(source, "paper", (experiment, arm.name))
            operations = source.operations.get((experiment.name, "paper", arm.name))
            if reached is None or reached.mean < ENOUGH or operations is None:
                continue
            alone, memory = (operations.snn_uj(model) for model in (FORTY_FIVE_NM, WITH_MEMORY))
            if alone is not None and memory is not None:
                how = f"{arm.timesteps} steps, {_accuracy(reached)} %"
                spent[title_of(arm)] = min((alone, memory, how), spent.get(title_of(arm), (inf, inf, "")))
        return spent

    spent, apart = spent_in(ONE_ANN), spent_in(LATENCY_MNIST)
    dct, printed = title_of(ONE_ANN.arms[0]), title_of(LATENCY_MNIST.arms[0])
    best = min(spent, key=lambda name: spent[name][0], default="")
    if dct not in spent:
        return ""
    named = {brief(name): spent[name] for name in dict.fromkeys((best, dct))}
    named |= {"the paper's own code with another ANN": apart[printed]} if printed in apart else {}
    costs = [f"{name} {alone:.2f} ({memory:.2f}; {how})" for name, (alone, memory, how) in named.items()]
    ann = next(filter(None, (source.operations.get((ONE_ANN.name, "paper", arm.name)) for arm in ONE_ANN.arms)))
    ends = fmean(cell.ann for cell in source.loaded.done(ONE_ANN.name, "paper", f"dct-p-{spent[dct][2].split()[0]}"))
    network = _budget(ONE_ANN, "paper", ONE_ANN.arms[0].name)
    return (
        f"On MNIST ({network}), µJ for an image at {ENOUGH:g} %, by arithmetic (with memory): {', '.join(costs)}, the "
        f"ANN {ann.ann_uj(FORTY_FIVE_NM):.2f} ({ann.ann_uj(WITH_MEMORY):.2f}{'' if isnan(ends) else f'; {ends:.2f} %'})"
    )


TOPICS = (
    Topic(
        "Few steps",
        {
            "How accurate is each code on MNIST, trained for T steps, and what does an image cost?": ask.means(
                LATENCY_MNIST, _by_steps(LATENCY_MNIST), energy=True
            ),
            "How accurate is each code of p on MNIST, with ANNs trained alike?": ask.means(
                ONE_ANN, _by_steps(ONE_ANN), energy=True
            ),
            "How accurate is each code on CIFAR-10, trained for T steps, and what does an image cost?": ask.means(
                LATENCY_CIFAR10, _by_steps(LATENCY_CIFAR10), energy=True, remark=lambda *_: f" {SMALL_BLOCKS}."
            ),
            "How accurate is a network of 16 steps on MNIST when it is read early?": ask.read_early(
                MNIST_ENCODERS,
                (1, 2, 4, 5, 8, 16),
                "Learning rates were chosen for the last step.",
            ),
            "How accurate is a network of 48 steps on CIFAR-10 when it is read early?": ask.read_early(
                CIFAR10_ENCODERS, (2, 5, 6, 10, 11, 16, 24, 48)
            ),
            "Which rows of Table 1 come out?": ask.claims(_table_1),
            "What does the paper's own network reach on CIFAR-10?": ask.claims(
                lambda judged: _accuracies(judged, "cifar10"), OWN_NETWORK
            ),
            "What do the paper's own networks reach on CIFAR-100 and TinyImageNet?": ask.claims(
                lambda judged: _accuracies(judged, "cifar100", "tinyimagenet"), OWN_NETWORK
            ),
        },
        _few_steps,
        "mnist-one-ann-paper-trained",
        (
            "mnist-784-100-10", "mnist-one-ann", "latency-mnist", "latency-cifar10", "mnist-encoders",
            "cifar10-vgg9", "cifar100-vgg11",
        ),
    ),
    Topic(
        "Schedules",
        {
            "Where do we differ most? The same 8 frequencies for 24 and for 48 steps": _discrepancy,
            "How do the six accuracies of §6 compare, two by two?": ask.every_pair(PRINTED),
            "And with a learning rate chosen for each schedule?": ask.every_pair(
                [replace(printed, side=(experiments.ABLATION_OWN_RATES, printed.side[1])) for printed in PRINTED]
            ),
            "Does interleaving lose because spikes die out and the membrane is reset?": ask.claims(
                lambda judged: judged.statement == "interleaving-mechanism" and judged.mean is not None
            ),
            "Does interleaving lose less where less is reset?": ask.means(
                MECHANISMS,
                {
                    reset: {order: (f"{order}-16x3{of_arm}", 48) for order in ("cyclic", "interleaved")}
                    for reset, of_arm in {
                        "code and layers reset": "",
                        "no reset in the code": "-no-reset",
                        "no reset in the layers": "-no-reset-layers",
                        "no reset anywhere": "-no-reset-anywhere",
                    }.items()
                },
            ),
            "Does another order of the cycle matter, and what do thresholds at the maximum cost?": ask.means(
                MECHANISMS,
                {
                    arm.title.removesuffix(", T = 48"): {"48 steps": (arm.name, 48)}
                    for arm in map(MECHANISMS.arm, ("cyclic-16x3", "reversed-16x3", "random-16x3", "maximum"))
                },
            ),
            "What do the first frequencies alone reach?": ask.means(
                experiments.ABLATION_FREQUENCIES,
                {f"first {count} of 16": _frequencies(count) for count in experiments.FREQUENCY_COUNTS},
            ),
            "Is another order, schedule or block size better than cyclic 4×4 on MNIST?": ask.differences(
                ask.against_first(experiments.DCT_BEYOND_MNIST), better=True
            ),
            "Is another order, schedule, block size or colour better than cyclic 4×4 on CIFAR-10?": ask.differences(
                ask.against_first(experiments.DCT_BEYOND), better=True
            ),
        },
        _schedules,
        "ablation-interleaved-short-error",
        (
            "ablation-interleaved", "ablation-own-rates", "ablation-mechanisms", "ablation-intermittent",
            "ablation-frequencies",
            "ablation-readings",
            "dct-beyond-mnist", "dct-beyond",
        ),
    ),
    Topic(
        "Codes",
        {
            "Which codes differ from DCT after 48 steps on CIFAR-10, on one map?": ask.codes(
                ask.against_first(CIFAR10_ENCODERS), UNPUBLISHED, ANN_RATES
            ),
            "Which codes differ from DCT on CIFAR-10, trained for few steps?": ask.codes(
                ask.against_first(LATENCY_CIFAR10), UNPUBLISHED, f"{ANN_RATES} {SMALL_BLOCKS}."
            ),
            "Which codes differ from DCT after 16 steps on MNIST?": ask.codes(
                [*ask.against_first(MNIST_ENCODERS), SIGNED],
                MARGIN_ON_MNIST,
                f"All ANNs are trained at a learning rate of {recipe.MNIST_PAPER.ann.learning_rate:g}. "
                "A search on a validation split chose it for x; another chose "
                f"{recipe.MNIST_ON_P.ann.learning_rate:g} for p.",
            ),
            "Which codes differ from DCT on MNIST where all convey p, with ANNs trained alike?": ask.differences(
                ask.against_first(experiments.MNIST_ONE_ANN), MARGIN_ON_MNIST
            ),
            "Does Poisson with signs differ from DCT on CIFAR-10, with one ANN for both?": ask.differences(
                [SIGNED_ON_CIFAR10], UNPUBLISHED
            ),
            "Which codes differ from DCT on CIFAR-10 where all convey p, with ANNs trained alike?": ask.differences(
                CODES_OF_P, UNPUBLISHED
            ),
        },
        lambda source: _differing(
            source, CODES_OF_P, "On a small network for CIFAR-10 after 48 steps where all convey p"
        ),
        "cifar10-encoders-lite-error",
        ("cifar10-encoders", "latency-cifar10", "cifar10-one-ann", "mnist-encoders", "mnist-one-ann"),
    ),
    Topic(
        "Training",
        {
            "How does cyclic compare with interleaved along fine-tuning?": ask.along_fine_tuning(
                experiments.ABLATION_TRAINING
            ),
            "And along four epochs of all images?": ask.along_fine_tuning(experiments.ABLATION_LONGER),
            "And with a better ANN?": ask.along_fine_tuning(experiments.ABLATION_ANN),
        },
        _training,
        "ablation-training-lite-training",
        ("ablation-training", "ablation-longer", "ablation-ann"),
    ),
    Topic(
        "Energy",
        {
            "What does an image cost in each code, and is it less than in the ANN?": ask.energy(
                (ONE_ANN, ENOUGH), (LATENCY_MNIST, ENOUGH), (CIFAR10_ENCODERS, None)
            ),
        },
        _energy,
        "dct-snn-energy",
        ("mnist-one-ann", "latency-mnist", "cifar10-encoders"),
    ),
    Topic(
        "Readings",
        {
            "Which other readings change accuracy in a deep network after 6,000 images? (not settled)": ask.differences(
                ask.against_first(experiments.SENSITIVITY_READINGS_CIFAR10), UNPUBLISHED
            ),
        },
        lambda source: _differing(
            source, ask.against_first(experiments.SENSITIVITY_READINGS_CIFAR10), "On a small network for CIFAR-10"
        ),
        "sensitivity-readings-cifar10-lite-error",
        ("sensitivity-readings-cifar10", "sensitivity-readings"),
    ),
    Topic(
        ask.RECORDS,
        {
            "Which cells were computed a second time?": ask.verified,
            "Do two processors give one result?": ask.two_processors,
            "Which arms were recorded on another processor?": ask.processors,
        },
    ),
)  # fmt: skip


# --- What a reader meets first: an answer, and a few findings with network, budget and interval

# What the answer names, by the statement that decides it.
NAMES = {
    "mnist-accuracy": "accuracy on MNIST",
    "cifar10-accuracy": "accuracy on CIFAR-10",
    "cifar100-accuracy": "accuracy on CIFAR-100",
    "tinyimagenet-accuracy": "accuracy on TinyImageNet",
    "mnist-other-codes": "gains over other temporal codes on MNIST (by a re-tuned recipe)",
    "cyclic-beats-interleaved": "gains over interleaving",
    "all-beat-first-8-beat-intermittent": "gains over fewer frequencies",
}
MNIST_CLAIMS = ("mnist-t16", "mnist-t5", "mnist-t2")


def first_sentences(source: Source) -> list[str]:
    """The answer, then the findings that have all their records, the strongest evidence first; each with its details in
    further lines. Empty if no record judges anything.
    """
    if not (words := ask.statement_words(source, PAPER)):
        return []
    lines = ask.answer(words, NAMES)
    if words.get("mnist-other-codes") == "comes out":
        lines[1] += _exceeding_too(source)
    return ["\n".join(lines), *filter(None, (_of_orderings(source), _of_mnist(source), _of_codes(source)))]


def _exceeding_too(source: Source) -> str:
    """The other codes that are shown to exceed the same rows of Table 1, trained for as many steps, in a sentence."""
    rows = {claim.id for claim in PAPER.claims if isinstance(claim, AboveRow)}
    judged = [one for one in source.judgements if one.id in rows and one.profile == "paper" and one.verdict == "holds"]
    names = [
        name.replace("poisson", "Poisson")
        for name in BUILTIN
        if name != "dct"
        and all(any(c.startswith((f"{name} of ", f"{name}-{row.timestep}")) for c in row.same) for row in judged)
    ]
    words = f"{_listed(names)} input exceed all of Table 1's accuracies of other codes too, by the same test"
    return f" On MNIST {words}." if judged and names else ""


def headline(source: Source) -> str:
    """The shortest answer: what comes out, and what does not; empty if no record judges anything."""
    return " ".join(ask.by_word(ask.statement_words(source, PAPER), NAMES))


def _of_orderings(source: Source) -> str:
    """The orderings that §6 states, on the paper's network; empty if one of them is not measured."""
    stated = {c.id for c in PAPER.claims if isinstance(c, Ordering) and c.source == "§6" and c.published}
    orderings = {j.id: j for j in source.judgements if j.id in stated and j.profile == "short"}
    means = [ordering.mean for ordering in orderings.values() if ordering.mean is not None]
    lead = _lead(source)
    if len(means) < len(stated) or lead is None:
        return ""
    sides = [(experiments.ABLATION_INTERLEAVED, arm) for arm in (lead.arm, lead.versus) if arm is not None]
    signs = sum(mean > 0 for mean in means)
    subject = f"{f'{signs} of the' if signs < len(means) else 'all'} {len(means)} orderings of §6"
    by_seeds = sorted(Counter(ordering.seeds_done for ordering in orderings.values()).items(), reverse=True)
    over = [
        f"{count} over {seeds} paired seeds"
        if seeds >= LEAST_SEEDS
        else f"{count} on {counted(seeds, 'seed')} each, untested"
        for seeds, count in by_seeds
    ]
    network = _budget(experiments.ABLATION_INTERLEAVED, "short", lead.arm)
    before = "" if lead.balanced is None else f"; before fine-tuning {lead.balanced:+.1f}"
    lines = [
        f"On CIFAR-10 with the paper's network ({network}), {subject} have the published sign ({'; '.join(over)}).",
        f"With all 16 frequencies after {lead.timestep} steps, cyclic is {_against('interleaved', lead)}; "
        f"{lead.published:.1f} published{before}).{_RATE_OF_CYCLIC if lead.not_tuned else ''}",
        *_with_better_ann(source),
    ]
    if not _settled(source, "short", [sides], lead.margin or 0.0, lead.seeds_done):
        lines.append("Longer fine-tuning may change this.")
    return "\n".join(lines)


def _with_better_ann(source: Source) -> Iterator[str]:
    """The two schedules where the ANN is better; nothing without its records."""
    pairs = along_training(source.loaded, experiments.ABLATION_ANN, "short")
    first = ask.planned_cells(source, "short", (experiments.ABLATION_INTERLEAVED, "cyclic-16x3"))
    better = ask.planned_cells(source, "short", (experiments.ABLATION_ANN, "cyclic-16x3"))
    if not pairs or not first or not better:
        return
    epochs, ends = better[0].record.config.ann.epochs, [fmean(cell.ann for cell in cells) for cells in (better, first)]
    how = f"{epochs} epochs; {ends[0]:.1f} in place of {ends[1]:.1f} %; {counted(len(better), 'seed')}"
    published = {c.timestep: c.published for c in PAPER.claims if c.id.startswith("interleaved-cyclic-wins-")}
    apart = [
        f"{p.readings[max(p.readings)].mean:+.1f} points after {p.timesteps} steps "
        f"({published[p.timesteps]:.1f} published)"
        for p in pairs
    ]
    yield f"With a better ANN ({how}) cyclic minus interleaved is {_listed(apart)}."


_RATE_OF_CYCLIC = " Both have the learning rate that was best for cyclic in a search on a quarter of the images."


def _of_mnist(source: Source) -> str:
    """The accuracies of Table 1 in our reading and in others; empty if a planned seed of ours is missing."""
    table = {row.id: row for row in source.judgements if row.id in MNIST_CLAIMS and row.profile == "paper"}
    ours = [table[name] for name in MNIST_CLAIMS if name in table]
    cells = [ask.planned_cells(source, "paper", (MNIST_784_100_10, row.arm)) for row in ours]
    if len(ours) < len(MNIST_CLAIMS) or any(len(of_arm) < LEAST_SEEDS for of_arm in cells):
        return ""
    accuracies = [
        f"{_accuracy(row)} % at {row.timestep} steps ({row.published:g} published: {row.verdict}"
        f"{', as are other codes' * (bool(row.same) and row.verdict == 'consistent')}).{_other_reading(row, source)}"
        for row in ours
    ]
    lead = (
        f"On MNIST ({_budget(MNIST_784_100_10, 'paper', ours[0].arm)}; {counted(ours[0].seeds_done, 'seed')}, 95 % "
        f"intervals over these), DCT has these accuracies by a recipe re-tuned for each number of steps:"
    )
    return "\n".join((lead, *accuracies, *_as_printed(source)))


def _other_reading(row: Judgement, source: Source) -> str:
    """Of the other judged readings of a published accuracy that the budget does not rule out, the nearest one."""
    part = {claim.id: (claim.statement, claim.part) for claim in PAPER.claims}
    others = [
        (abs(other.mean - row.published), f"{_accuracy(other)} ({other.reading}: {other.verdict})")
        for other in source.judgements
        if part.get(other.id) == part[row.id] and other.id != row.id and other.profile == row.profile
        if other.mean is not None and row.published is not None and other.verdict != "not comparable"
    ]
    return f" The nearest other reading that may be judged has {min(others)[1]}." if others else ""


def _as_printed(source: Source) -> Iterator[str]:
    """The accuracy with all that is printed, and where its ANN ends; nothing without records."""
    printed = {claim.id for claim in PAPER.claims if claim.reading.startswith("as printed, ")}
    for row in source.judgements:
        if row.id in printed and row.kind == "value" and row.profile == "paper" and row.mean is not None:
            cells = source.loaded.done(row.experiment, "paper", row.arm, row.seeds_planned)
            how = f"{row.verdict}; its ANN ends at {fmean(cell.ann for cell in cells):.1f} %"
            yield f"As printed, with crops and flips: {_accuracy(row)} % at {row.timestep} steps ({how})."


def _of_codes(source: Source) -> str:
    """The other codes against DCT, on the data sets where all codes have all their seeds."""
    parts = [part for part in (_of_codes_on_mnist(source), _of_codes_on_cifar10(source)) if part]
    where = _listed([network for network, _ in parts])
    lead = f"Codes minus DCT in points (± half of a 95 % interval), with ANNs trained alike, {where}:"
    return "\n".join((lead, *(line for _, lines in parts for line in lines))) if parts else ""


def _of_codes_on_mnist(source: Source) -> tuple[str, list[str]] | None:
    """The network, and codes of p against DCT on p at the steps of Table 1; None without records."""
    pairs = ask.against_first(ONE_ANN)
    gaps = ask.compared(source, pairs, "paper", MARGIN_ON_MNIST)
    lines = [
        f"MNIST, {at} steps, codes of p against DCT on p: {_sizes(of_steps)}."
        for at in sorted(claim.timestep or 0 for claim in PAPER.claims if claim.id in MNIST_CLAIMS)
        if len(of_steps := [gap for gap in gaps if gap.pair.timesteps == at]) == sum(at == p.timesteps for p in pairs)
    ]
    seeds = counted(min((gap.apart.seeds for gap in gaps), default=0), "seed")
    return (f"on MNIST ({_budget(ONE_ANN, 'paper', ONE_ANN.arms[0].name)}; {seeds})", lines) if lines else None


def _of_codes_on_cifar10(source: Source) -> tuple[str, list[str]] | None:
    """The small network; direct input and Poisson with signs against DCT, and codes of p against DCT on p. None if one
    is not complete, or direct input or Poisson with signs has another ANN than DCT.
    """
    # Each list of pairs is a question of its own, as in the tables.
    of_direct, of_signed, of_p = (
        ask.compared(source, pairs, "lite", UNPUBLISHED)
        for pairs in (ask.against_first(CIFAR10_ENCODERS), [SIGNED_ON_CIFAR10], CODES_OF_P)
    )
    of_x = [gap for gap in (*of_direct, *of_signed) if gap.pair.side[1] in ("direct", "poisson-signed")]
    if len(of_x) < 2 or any(gap.ann != 0 for gap in of_x) or len(of_p) < len(CODES_OF_P):
        return None
    seeds = counted(min(gap.apart.seeds for gap in (*of_x, *of_p)), "seed")
    sides = [(gap.pair.side, gap.pair.reference) for gap in (*of_x, *of_p)]
    network = (
        f"on CIFAR-10 with a small network ({_budget(CIFAR10_ENCODERS, 'lite', of_x[0].pair.reference[1])}; {seeds})"
    )
    lines = [
        f"CIFAR-10, {of_x[0].pair.timesteps} steps, codes of x against DCT, whose ANN they share: {_sizes(of_x)}.",
        f"CIFAR-10, {of_p[0].pair.timesteps} steps, codes of p against DCT on p: {_sizes(of_p)}.",
    ]
    if not _settled(source, "lite", sides, UNPUBLISHED):
        lines.append("Longer fine-tuning may change what CIFAR-10 shows.")
    return network, lines


def _settled(
    source: Source,
    profile: ProfileName,
    pairs: Sequence[Sequence[ask.Side]],
    margin: float,
    seeds: int | None = None,
) -> bool:
    """Whether the difference of each pair is known to have settled, with all planned seeds or so many."""
    return all(settled([ask.planned_cells(source, profile, side, seeds) for side in pair], margin) for pair in pairs)


def _budget(experiment: Experiment, profile: ProfileName, arm: str) -> str:
    """The network, and the parts of its training that are shorter than the paper's."""
    config = experiment.resolve(experiment.arm(arm), experiment.profile(profile), 0)
    of_ann, tuned = shortened(config, experiment)
    network = config.network.name.upper().replace("-LITE", ", narrowed")
    return ", ".join(filter(None, (network, of_ann and f"its ANN {of_ann}", tuned)))


def _accuracy(mean: Judgement | Interval) -> str:
    return f"{mean.mean:.2f}{spread(mean.half_width or 0.0)}"


def _against(other: str, ours: Judgement) -> str:
    """Above or below `other`, and by how many points; then an open bracket with the interval, or with the number of
    seeds if there is none.
    """
    mean, low, high = ours.mean or 0.0, ours.low, ours.high
    within = counted(ours.seeds_done, "seed")
    if low is not None and high is not None:
        within = "95 %: {:.1f} to {:.1f}".format(*((low, high) if mean >= 0 else (-high, -low)))
    return f"{'above' if mean >= 0 else 'below'} {other} by {abs(mean):.1f} points ({within}"


def _sizes(gaps: Sequence[ask.Compared]) -> str:
    """By how much arms differ from their common reference, from the highest to the lowest; then those that are not
    shown to differ: "a +2.10 ± 0.40; b -1.00 ± 0.31 (adjusted p = 0.02); not shown to differ: c; d".
    """
    alike = Counter(brief(gap.pair.name) for gap in gaps)
    said, alone = [], []
    for gap in sorted(gaps, key=lambda gap: -float(gap.apart.mean)):
        name = gap.pair.name if alike[brief(gap.pair.name)] > 1 else brief(gap.pair.name)
        if gap.shown == "differs":
            doubt = f" (adjusted {p_in_words(gap.p)})" if gap.p > DOUBTFUL else ""
            said.append(f"{name} {gap.apart.mean:+.2f}{spread(gap.apart.half_width or 0.0)}{doubt}")
        else:
            alone.append(name)
    return "; ".join((*said, *([f"not shown to differ: {'; '.join(alone)}"] if alone else [])))


def _listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
