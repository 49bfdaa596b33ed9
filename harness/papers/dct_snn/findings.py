"""The findings on DCT-SNN: a list of questions, each with the kind of table that answers it and what it compares.

Below them: the sentences that a reader meets first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isnan, nan
from statistics import fmean

from harness.analysis.energy import FORTY_FIVE_NM, PICO_TO_MICRO
from harness.analysis.judges import OWN_NETWORK as OWN_PROFILES
from harness.analysis.judges import Judgement, shortened, statement_verdicts
from harness.analysis.statistics import LEAST_SEEDS, UNPUBLISHED, difference_margin
from harness.catalogue import Experiment, Paper
from harness.catalogue.claims import Ordering
from harness.config import ProfileName
from harness.papers.dct_snn.experiments import (
    ABLATION_FREQUENCIES,
    ABLATION_INTERLEAVED,
    ABLATION_INTERMITTENT,
    ABLATION_TRAINING,
    CIFAR10_ENCODERS,
    DCT_BEYOND,
    DCT_BEYOND_MNIST,
    EXPERIMENTS,
    FREQUENCY_COUNTS,
    LATENCY_MNIST,
    LATENCY_STEPS,
    MNIST_784_100_10,
    MNIST_ENCODERS,
    MNIST_ONE_ANN,
    SENSITIVITY_READINGS_CIFAR10,
)
from harness.papers.dct_snn.paper import PAPER
from harness.report.findings import (
    BRIEF,
    RECORDS,
    Finding,
    Pair,
    Printed,
    Read,
    Topic,
    against_first,
    along_fine_tuning,
    apart_at_end,
    claims,
    codes,
    compared,
    differences,
    energy,
    every_pair,
    judging,
    means,
    processors,
    read_early,
    sizes,
    two_processors,
    verified,
    waiting,
)
from harness.report.sources import Source
from harness.report.table import Cell, Column, Interval, Row, Table, spread
from harness.report.tables import title_of

DATASETS = {experiment.name: experiment.dataset for experiment in EXPERIMENTS}
# 5 % of the error rate that is published for 16 steps.
MARGIN_ON_MNIST = difference_margin(*(claim.published for claim in PAPER.claims if claim.id == "mnist-t16"))
# A code of x like DCT, with one ANN for both.
SIGNED = Pair("Poisson rate with signs", 16, (MNIST_784_100_10, "poisson-signed-16"), (MNIST_ENCODERS, "dct"))
OWN_NETWORK = ("claim", "published", "after balancing", "ours", "seeds", "verdict")
_VALUES = {(one.experiment, one.arm): one.published for one in PAPER.claims if one.kind == "value"}
# The six accuracies of §6, which the paper prints to state five orderings.
PRINTED = tuple(
    Printed(name, (experiment, arm), _VALUES[experiment.name, arm] or 0.0)
    for name, experiment, arm in (
        ("cyclic 16 × 3", ABLATION_INTERLEAVED, "cyclic-16x3"),
        ("first 8 × 6", ABLATION_INTERMITTENT, "truncated-8x6"),
        ("intermittent 8 × 6", ABLATION_INTERMITTENT, "intermittent-8x6"),
        ("interleaved 16 × 3", ABLATION_INTERLEAVED, "interleaved-16x3"),
        ("first 8 × 3", ABLATION_INTERLEAVED, "cyclic-8x3"),
        ("interleaved 8 × 3", ABLATION_INTERLEAVED, "interleaved-8x3"),
    )
)


def _accuracies(found: Judgement, *datasets: str) -> bool:
    """Whether this is a published accuracy on these data that records of the paper's own network judge."""
    own = found.profile in OWN_PROFILES and found.kind == "value" and found.mean is not None
    return own and DATASETS[found.experiment] in datasets


def _table_1(found: Judgement) -> bool:
    """Whether this is a row of Table 1 that an answer was given to."""
    row = _accuracies(found, "mnist") and found.verdict != "not comparable"
    return row or (found.kind == "ordering" and found.versus is None and found.mean is not None)


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
    """What twice as many steps bring with the same 8 frequencies: published, and ours at every profile."""
    named = {one.name: one for one in PRINTED}
    runs = [named[name] for name in ("first 8 × 3", "first 8 × 6", "interleaved 8 × 3")]
    short, long, interleaved = (one.published for one in runs)
    rows, said = [Row((Cell("published"), *map(Cell, (short, long, long - short, interleaved))))], []
    for profile in judging(ABLATION_INTERLEAVED):
        gained = apart_at_end(source.index, runs[1], runs[0], profile)
        ours = [source.estimate(one.side[0].name, profile, one.side[1], one.timesteps) for one in runs]
        if gained is None or ours[0] is None or ours[2] is None:
            continue
        rows.append(Row((Cell(f"ours, {profile}"), Cell(ours[0]), Cell(ours[1]), Cell(gained), Cell(ours[2]))))
        above = profile in OWN_PROFILES and ours[0].mean > short and ours[2].mean > interleaved
        more = ", where our networks of 24 steps stand above both published ones" if above else ""
        said.append(f"{gained.mean:+.1f} at {profile}{more}")
    if said:
        caption = (
            f"Accuracy in percent. From 24 to 48 steps the first 8 frequencies gain {long - short:+.1f} points as "
            f"published; ours {', '.join(said)}."
        )
        columns = (
            Column("whose"),
            Column("first 8 × 3, 24 steps", "interval"),
            Column("first 8 × 6, 48 steps", "interval"),
            Column("gained", "interval", signed=True),
            Column("interleaved 8 × 3, 24 steps", "interval"),
        )
        yield Table("", columns, tuple(rows), caption)


ENOUGH = 98.0  # percent on MNIST, at which energies are compared


# --- What each topic finds, in a sentence; empty where a record that it needs is missing


def _few_steps(source: Source) -> str:
    """Which code is most accurate, trained for the fewest and for the most steps."""
    said = []
    for steps in (min(LATENCY_STEPS), max(LATENCY_STEPS)):
        arms = [arm for arm in LATENCY_MNIST.arms if arm.timesteps == steps]
        found = {arm.name: source.estimate(LATENCY_MNIST.name, "paper", arm.name, steps) for arm in arms}
        means = {arm.name: one.mean for arm in arms if (one := found[arm.name]) is not None}
        dct = means.pop(f"dct-{steps}", None)
        if dct is None or not means:
            return ""
        best = max(means, key=lambda name: means[name])
        title = title_of(LATENCY_MNIST.arm(best)).partition(" (")[0]
        said.append(f"after {steps} steps {title} reaches {means[best]:.1f} % and DCT {dct:.1f}")
    return f"On MNIST, {'; '.join(said)}"


def _schedules(source: Source) -> str:
    """Cyclic against interleaved on the paper's own network."""
    for one in source.judgements:
        if (one.id, one.profile) == ("interleaved-cyclic-wins-16", "short") and one.mean is not None and one.published:
            apart = f"{abs(one.mean):.1f} points {_side(one.mean)}"
            return f"On the paper's network cyclic is {apart} interleaved, where {one.published:.1f} are published"
    return ""


def _codes(source: Source) -> str:
    """How many codes differ from DCT."""
    return _counted(source, CIFAR10_ENCODERS, "other codes differ from DCT on a small network for CIFAR-10")


def _counted(source: Source, experiment: Experiment, what: str) -> str:
    """How many arms are shown to differ from the first."""
    found = compared(source.index, against_first(experiment), "lite", UNPUBLISHED)
    return f"{sum(one.shown == 'differs' for one in found)} of {len(found)} {what}" if found else ""


def _training(source: Source) -> str:
    """What fine-tuning does to the difference of cyclic and interleaved."""
    for pair in source.along_training(ABLATION_TRAINING, "lite")[:1]:
        first, last = pair.readings[0].mean, pair.readings[-1].mean
        start = f"Cyclic is {abs(first):.1f} points {_side(first)} interleaved right after conversion"
        return f"{start}, {abs(last):.1f} {_side(last)} after an epoch of fine-tuning (small network)"
    return ""


def _energy(source: Source) -> str:
    """Which code reaches 98 % on MNIST with the least energy."""
    spent: dict[str, float] = {}
    for arm in LATENCY_MNIST.arms:
        found = source.estimate(LATENCY_MNIST.name, "paper", arm.name, arm.timesteps)
        counted = source.operations.get((LATENCY_MNIST.name, "paper", arm.name))
        pj = None if counted is None else counted.snn_pj(FORTY_FIVE_NM)
        if found is not None and found.mean >= ENOUGH and pj is not None:
            spent[title_of(arm)] = min(pj * PICO_TO_MICRO, spent.get(title_of(arm), inf))
    dct, best = title_of(LATENCY_MNIST.arms[0]), min(spent, key=lambda name: spent[name], default="")
    if dct not in spent:
        return ""
    costs = [f"{spent[name]:.2f} µJ in {name.partition(',')[0]}" for name in dict.fromkeys((best, dct))]
    return f"For {ENOUGH:g} % on MNIST an image costs {' and '.join(costs)}, by arithmetic alone"


def _readings(source: Source) -> str:
    """How many readings of the paper matter."""
    return _counted(
        source,
        SENSITIVITY_READINGS_CIFAR10,
        "other readings change accuracy on a small network for CIFAR-10 after 6,000 images, which is not settled",
    )


TOPICS = (
    Topic(
        "Few steps",
        (
            Finding(
                "How accurate is each code on MNIST, trained for T steps, and what does an image cost?",
                means(LATENCY_MNIST, _by_steps(LATENCY_MNIST), energy=True),
            ),
            Finding(
                "How accurate is a network of 16 steps on MNIST when it is read early?",
                read_early(MNIST_ENCODERS, (1, 2, 4, 5, 8, 16)),
            ),
            Finding(
                "How accurate is a network of 48 steps on CIFAR-10 when it is read early?",
                read_early(CIFAR10_ENCODERS, (2, 5, 6, 10, 11, 16, 24, 48)),
            ),
            Finding("Which rows of Table 1 come out?", claims(_table_1)),
            Finding(
                "What does the paper's own network reach on CIFAR-10?",
                claims(lambda found: _accuracies(found, "cifar10"), OWN_NETWORK),
            ),
            Finding(
                "What do the paper's own networks reach on CIFAR-100 and TinyImageNet?",
                claims(lambda found: _accuracies(found, "cifar100", "tinyimagenet"), OWN_NETWORK),
            ),
        ),
        _few_steps,
        "latency-mnist-paper-trained",
        ("mnist-784-100-10", "latency-mnist", "mnist-encoders", "cifar10-vgg9", "cifar100-vgg11"),
    ),
    Topic(
        "Schedules",
        (
            Finding("Which discrepancy tells most? The same 8 frequencies for 24 and for 48 steps", _discrepancy),
            Finding("How do the six accuracies of §6 compare, two by two?", every_pair(PRINTED)),
            Finding(
                "Does interleaving lose because spikes die out and the membrane is reset?",
                claims(lambda found: found.statement == "interleaving-mechanism" and found.mean is not None),
            ),
            Finding(
                "What do the first frequencies alone reach?",
                means(
                    ABLATION_FREQUENCIES, {f"first {count} of 16": _frequencies(count) for count in FREQUENCY_COUNTS}
                ),
            ),
            Finding(
                "Is another order, schedule or block size better than cyclic 4×4 on MNIST?",
                differences(against_first(DCT_BEYOND_MNIST), better=True),
            ),
            Finding(
                "Is another order, schedule, block size or colour better than cyclic 4×4 on CIFAR-10?",
                differences(against_first(DCT_BEYOND), better=True),
            ),
        ),
        _schedules,
        "ablation-interleaved-short-error",
        (
            "ablation-interleaved",
            "ablation-intermittent",
            "ablation-frequencies",
            "ablation-readings",
            "dct-beyond-mnist",
            "dct-beyond",
        ),
    ),
    Topic(
        "Codes",
        (
            Finding(
                "Which codes differ from DCT after 48 steps on CIFAR-10, on one map?",
                codes(against_first(CIFAR10_ENCODERS), UNPUBLISHED),
            ),
            Finding(
                "Which codes differ from DCT after 16 steps on MNIST?",
                codes([*against_first(MNIST_ENCODERS), SIGNED], MARGIN_ON_MNIST),
            ),
            Finding(
                "Which codes differ from DCT on MNIST where all convey p and share one ANN?",
                differences(against_first(MNIST_ONE_ANN), MARGIN_ON_MNIST),
            ),
        ),
        _codes,
        "cifar10-encoders-lite-error",
        ("cifar10-encoders", "mnist-encoders", "mnist-one-ann"),
    ),
    Topic(
        "Training",
        (Finding("How does cyclic compare with interleaved along fine-tuning?", along_fine_tuning(ABLATION_TRAINING)),),
        _training,
        "ablation-training-lite-training",
        ("ablation-training",),
    ),
    Topic(
        "Energy",
        (
            Finding(
                "What does an image cost in each code, and is it less than in the ANN?",
                energy((LATENCY_MNIST, ENOUGH), (CIFAR10_ENCODERS, None)),
            ),
        ),
        _energy,
        "dct-snn-energy",
        ("latency-mnist", "cifar10-encoders"),
    ),
    Topic(
        "Readings",
        (
            Finding(
                "Which other readings change accuracy in a deep network after 6,000 images? (not settled)",
                differences(against_first(SENSITIVITY_READINGS_CIFAR10), UNPUBLISHED),
            ),
        ),
        _readings,
        "sensitivity-readings-cifar10-lite-error",
        ("sensitivity-readings-cifar10", "sensitivity-readings"),
    ),
    Topic(
        RECORDS,
        (
            Finding("Which cells were computed a second time?", verified),
            Finding("Do two processors give one result?", two_processors),
            Finding("Which arms were recorded on another processor?", processors),
            Finding("Which published networks have no evidence at their own size?", sizes),
            Finding("Which claims wait for training?", waiting),
            Finding(
                "Which measurements lack the weights of planned seeds?",
                claims(
                    lambda found: found.kind == "measurement" and found.verdict in ("incomplete", "stale"),
                    (*BRIEF, "seeds"),
                ),
            ),
        ),
    ),
)


# --- The sentences that a reader meets first: an answer, and at most three with network, budget and interval

# What is said in the answer, and the statement that decides it.
HEADLINES: Mapping[str, Mapping[str, str]] = {
    "the accuracies on": {
        "MNIST": "mnist-accuracy",
        "CIFAR-10": "cifar10-accuracy",
        "CIFAR-100": "cifar100-accuracy",
        "TinyImageNet": "tinyimagenet-accuracy",
    },
    "the gains over": {
        "other temporal codes on MNIST": "mnist-other-codes",
        "interleaving": "cyclic-beats-interleaved",
        "fewer frequencies": "all-beat-first-8-beat-intermittent",
    },
}
VERBS = {
    "comes out": "come out",
    "in part": "come out in part",
    "does not": "do not come out",
    "not answered": "are not answered",
}
MNIST_CLAIMS = ("mnist-t16", "mnist-t5", "mnist-t2")
SHOWN = {"differs": "differs", "equivalent": "is equivalent to DCT", "not shown": "is not shown to differ"}


def first_sentences(source: Source) -> list[str]:
    """The answer in one sentence, then those that the records fill, the strongest evidence first."""
    answer = _answer(source)
    return [answer, *_of_orderings(source), *_of_mnist(source), *_of_codes(source)] if answer else []


def headline(source: Source) -> str:
    """The answer in the fewest words: what comes out, and what does not; empty where no record judges anything."""
    words = _statements(source)
    named = [item for items in HEADLINES.values() for item in items.items()]
    parts = {word: [item for item, of in named if words.get(of) == word] for word in VERBS}
    said = [f"{word.capitalize()}: {', '.join(items)}." for word, items in parts.items() if items]
    return " ".join(said)


def _statements(source: Source) -> Mapping[str, str]:
    """The word of every statement; empty where no record judges anything."""
    ids = {claim.id for claim in PAPER.claims}
    mine = [judged for judged in source.judgements if judged.id in ids]
    if all(judged.profile is None for judged in mine):
        return {}
    return {one.id: str(one.word) for one in statement_verdicts(mine, PAPER.claims)}


def _answer(source: Source) -> str:
    """Whether the published results come out again, and which; empty where no record judges anything."""
    if not (words := _statements(source)):
        return ""
    counts = Counter(words.values())
    answered = "Partly" if counts["comes out"] or counts["in part"] else "No" if counts["does not"] else "Not known yet"
    parts = []
    for word, verb in VERBS.items():
        of_word = {
            topic: [item for item, of in items.items() if words.get(of) == word] for topic, items in HEADLINES.items()
        }
        named = [f"{topic} {_listed(items)}" for topic, items in of_word.items() if items]
        parts += [f"{_listed(named)} {verb}"] if named else []
    return f"{'Mostly' if 2 * counts['comes out'] > len(words) else answered}: {'; '.join(parts)}."


def _of_orderings(source: Source) -> Iterator[str]:
    """The orderings that §6 states, on the paper's own network; none where one of them is not measured."""
    stated = {one.id for one in PAPER.claims if isinstance(one, Ordering) and one.source == "§6" and one.published}
    found = {one.id: one for one in source.judgements if one.id in stated and one.profile == "short"}
    means = [one.mean for one in found.values() if one.mean is not None]
    lead = found.get("interleaved-cyclic-wins-16")
    if len(means) < len(stated) or lead is None or lead.mean is None or lead.low is None or lead.high is None:
        return
    signs = sum(mean > 0 for mean in means)
    which = f"{signs} of the {len(means)} orderings that §6 states have"
    if signs == len(means):
        which = f"each of the {signs} orderings that §6 states has"
    by_seeds = sorted(Counter(one.seeds_done for one in found.values()).items(), reverse=True)
    over = [
        f"{count} over {seeds} paired seeds" if seeds >= LEAST_SEEDS else f"{count} on {_seeds(seeds)} each, untested"
        for seeds, count in by_seeds
    ]
    yield (
        f"On the paper's network ({_budget(ABLATION_INTERLEAVED, 'short', lead.arm)}), {which} the published sign "
        f"({'; '.join(over)}); with all 16 frequencies after {lead.timestep} steps, cyclic is {_side(lead.mean)} "
        f"interleaved by {_points(lead.mean, lead.low, lead.high)}; {lead.published:.1f} published)."
    )


def _of_mnist(source: Source) -> Iterator[str]:
    """The accuracies of Table 1 and Poisson input's beside them, where all planned seeds are done."""
    found = {one.id: one for one in source.judgements if one.id in MNIST_CLAIMS and one.profile == "paper"}
    ours = [found[name] for name in MNIST_CLAIMS if name in found]
    if len(ours) < len(MNIST_CLAIMS) or not all(_complete(source, MNIST_784_100_10, one.arm) for one in ours):
        return
    first, *others = ours
    accuracies = [
        f"{_accuracy(first)} % at {first.timestep} steps ({first.published:g} published)",
        *(f"{_accuracy(one)} at {one.timestep} ({one.published:g})" for one in others),
    ]
    yield (
        f"On MNIST ({_budget(MNIST_784_100_10, 'paper', first.arm)}; {_seeds(first.seeds_done)}, 95 % intervals over "
        f"these), DCT by a re-tuned recipe, trained anew for each number of steps, has {_listed(accuracies)}"
        f"{_poisson(source, ours)}."
    )


def _poisson(source: Source, ours: Sequence[Judgement]) -> str:
    """What Poisson input has where DCT has `ours`, and at which cost; empty where a record is missing."""
    rivals = [f"poisson-{one.timestep}" for one in ours]
    if not all(_complete(source, LATENCY_MNIST, arm) for arm in rivals):
        return ""
    found = [source.estimate(LATENCY_MNIST.name, "paper", a, one.timestep) for a, one in zip(rivals, ours, strict=True)]
    said = f"; Poisson input has {_listed([_accuracy(one) for one in found if one is not None])}"
    costs = [
        (_operations(source, LATENCY_MNIST, rival), _operations(source, MNIST_784_100_10, one.arm))
        for rival, one in zip(rivals, ours, strict=True)
    ]
    shares = [theirs / mine for theirs, mine in costs]
    if all(share < 1 for share in shares):  # false for NaN too
        said += f" with {_listed([f'{100 * share:.0f}' for share in shares])} % of the operations"
    seeds = range(ours[0].seeds_done)
    theirs, mine = (
        fmean(source.index.ann.get((experiment.name, "paper", arm, seed), nan) for seed in seeds)
        for experiment, arm in ((LATENCY_MNIST, rivals[0]), (MNIST_784_100_10, ours[0].arm))
    )
    apart = theirs - mine
    return said if isnan(apart) else f"{said}; its ANN stands {abs(apart):.2f} points {_side(apart)} DCT's"


def _of_codes(source: Source) -> Iterator[str]:
    """Direct input, Poisson and burst against DCT on one small network; none where one of them is not complete."""
    pairs = against_first(CIFAR10_ENCODERS)
    found = {one.pair.one[1]: one for one in compared(source.index, pairs, "lite", UNPUBLISHED)}
    if not {"direct", "poisson", "burst"} <= found.keys():
        return
    direct, nets = found["direct"], [found["poisson"], found["burst"]]
    if direct.raw is not None or direct.ann or direct.shown != "differs" or any(one.raw is None for one in nets):
        return
    arm, seeds = direct.pair.other[1], direct.apart.seeds
    mean, low, high = (float(number) for number in (direct.apart.mean, direct.apart.low, direct.apart.high))
    others = [
        f"{name} {SHOWN[one.shown]} ({one.apart.mean:+.1f}: {one.apart.low:+.1f} to {one.apart.high:+.1f})"
        for name, one in zip(("Poisson input", "burst"), nets, strict=True)
    ]
    anns = [f"{abs(ann):.1f} points {_side(ann)}" for ann in sorted({round(one.ann, 1) for one in nets})]
    yield (
        f"On CIFAR-10 with a small network ({_budget(CIFAR10_ENCODERS, 'lite', arm)}; {_seeds(seeds)}) and one ANN for "
        f"both, direct input is {_side(mean)} DCT by {_points(mean, low, high)}) after {direct.pair.timesteps} steps; "
        f"net of their ANNs, which stand {_listed(anns)} DCT's, {_listed(others)}."
    )


def _complete(source: Source, experiment: Experiment, arm: str) -> bool:
    """Whether all planned seeds of an arm are done at `paper`, enough of them for an interval."""
    done, planned = source.seeds(experiment.name, "paper", arm)
    return done == planned >= LEAST_SEEDS


def _budget(experiment: Experiment, profile: ProfileName, arm: str) -> str:
    """The network, and how its training is shorter than the paper's."""
    config = experiment.resolve(experiment.arm(arm), experiment.profile(profile), 0)
    of_ann, tuned = shortened(config, experiment)
    network = config.network.name.upper().replace("-LITE", ", narrowed")
    return ", ".join(filter(None, (network, of_ann and f"its ANN {of_ann}", tuned)))


def _operations(source: Source, experiment: Experiment, arm: str) -> float:
    """Operations of the SNN for one image, the encoder's included; NaN where a record does not tell."""
    counted = source.operations.get((experiment.name, "paper", arm))
    if counted is None or counted.encoder is None:
        return nan
    return counted.accumulates + counted.multiplies + counted.encoder


def _accuracy(one: Judgement | Interval) -> str:
    return f"{one.mean:.2f}{spread(one.half_width or 0.0)}"


def _points(mean: float, low: float, high: float) -> str:
    """A difference's size and interval, counted towards the side that it lies on; the bracket is left open."""
    low, high = (low, high) if mean >= 0 else (-high, -low)
    return f"{abs(mean):.1f} points (95 %: {low:.1f} to {high:.1f}"


def _side(difference: float) -> str:
    return "above" if difference >= 0 else "below"


def _seeds(count: int) -> str:
    return f"{count} seed{'s' if count > 1 else ''}"


def _listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
