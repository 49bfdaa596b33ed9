"""The findings on DCT-SNN: a list of questions, each with the kind of table that answers it and what it compares.

Below them: the sentences that a reader meets first.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isnan, nan
from statistics import fmean

from harness.analysis.judges import Judgement, shortened, statement_verdicts
from harness.analysis.statistics import LEAST_SEEDS, UNPUBLISHED, difference_margin
from harness.catalogue import Experiment
from harness.catalogue.claims import Ordering
from harness.config import ProfileName
from harness.papers.dct_snn.experiments import (
    ABLATION_FREQUENCIES,
    ABLATION_INTERLEAVED,
    ABLATION_INTERMITTENT,
    ABLATION_TRAINING,
    BEYOND_STEPS,
    CIFAR10_ENCODERS,
    DCT_BEYOND,
    DCT_BEYOND_MNIST,
    EXPERIMENTS,
    FREQUENCY_COUNTS,
    LATENCY_MNIST,
    LATENCY_STEPS,
    MNIST_784_100_10,
    MNIST_ENCODERS,
    SENSITIVITY_READINGS_CIFAR10,
)
from harness.papers.dct_snn.paper import PAPER
from harness.report.findings import (
    BRIEF,
    Finding,
    Pair,
    Read,
    above_own_ann,
    against_first,
    along_fine_tuning,
    claims,
    compared,
    differences,
    means,
    processors,
    sizes,
    title_of,
    verified,
    waiting,
)
from harness.report.sources import Source
from harness.report.table import Interval

DATASETS = {experiment.name: experiment.dataset for experiment in EXPERIMENTS}
TRAINED_CODES = {"dct": "DCT", "direct": "direct input", "poisson": "Poisson rate"}
# 5 % of the error rate that is published for 16 steps.
MARGIN_ON_MNIST = difference_margin(*(claim.published for claim in PAPER.claims if claim.id == "mnist-t16"))
ALL, HALVES = "interleaved-16x3", ("truncated-8x6", "intermittent-8x6")
COSTS = ("interleaved-cyclic-wins-16", "interleaved-cyclic-wins-8", "interleaved-loss-is-the-reset")
WITH_BALANCING = ("claim", "profile", "published", "after balancing", "ours", "verdict")
OWN_NETWORK = ("claim", "published", "after balancing", "ours", "seeds", "verdict")


def _accuracies_on(*datasets: str) -> Callable[[Judgement], bool]:
    """Published accuracies on these data that records of the paper's own recipe judge."""
    return lambda found: (
        found.kind == "value"
        and found.profile == "paper"
        and DATASETS[found.experiment] in datasets
        and found.mean is not None
        and found.verdict != "not comparable"
    )


def _each_arm(experiment: Experiment, steps: Sequence[int]) -> Mapping[str, Mapping[str, Read]]:
    """Every arm of an experiment after each of these steps."""
    return {title_of(arm): {f"T = {step}": (arm.name, step) for step in steps} for arm in experiment.arms}


def _frequencies(count: int) -> Mapping[str, Read]:
    """The first `count` frequencies at equal latency and at equal cycles; three cycles of all 16 are 48 steps."""
    at_cycles = ("latency48-16", 48) if count == 16 else (f"cycles3-{count}", 3 * count)
    return {"48 steps": (f"latency48-{count}", 48), "3 steps for each": at_cycles}


def _halves() -> list[Pair]:
    """Interleaving all frequencies against leaving half of them out: the paper prints both and compares neither."""
    whole, halves = ABLATION_INTERLEAVED, ABLATION_INTERMITTENT
    printed = {(claim.experiment, claim.arm): claim.published for claim in PAPER.claims if claim.kind == "value"}
    timesteps = whole.arm(ALL).timesteps
    return [
        Pair(
            f"all interleaved − {halves.arm(arm).title}",
            timesteps,
            (whole, ALL),
            (halves, arm),
            (printed[whole.name, ALL] or 0.0) - (printed[halves.name, arm] or 0.0),
        )
        for arm in HALVES
    ]


FINDINGS = (
    Finding(
        "MNIST",
        "What do codes reach that are trained at few steps?",
        means(
            LATENCY_MNIST,
            {title: {f"T = {t}": (f"{code}-{t}", t) for t in LATENCY_STEPS} for code, title in TRAINED_CODES.items()},
        ),
    ),
    Finding(
        "MNIST",
        "Which codes differ from DCT after 16 steps?",
        differences(against_first(MNIST_ENCODERS), MARGIN_ON_MNIST),
    ),
    Finding("MNIST", "What does a code lose against its own ANN?", above_own_ann(MNIST_ENCODERS)),
    Finding(
        "MNIST",
        "Where does a code that is trained for 16 steps stand on the way?",
        means(MNIST_ENCODERS, _each_arm(MNIST_ENCODERS, (2, 4, 8, 16)), over_time=True),
    ),
    Finding(
        "MNIST",
        "Is another order, schedule or block size better than cyclic 4×4?",
        differences(against_first(DCT_BEYOND_MNIST), better=True),
    ),
    Finding("MNIST", "Which published accuracies come out?", claims(_accuracies_on("mnist"))),
    Finding(
        "MNIST",
        "Are the other temporal codes in Table 1 exceeded?",
        claims(lambda found: found.kind == "ordering" and found.versus is None and found.mean is not None),
    ),
    Finding(
        "CIFAR-10",
        "What does interleaving cost?",
        claims(lambda found: found.id in COSTS and found.mean is not None, WITH_BALANCING),
    ),
    Finding(
        "CIFAR-10",
        "How does cyclic compare with interleaved along fine-tuning?",
        along_fine_tuning(ABLATION_TRAINING),
    ),
    Finding(
        "CIFAR-10",
        "What do cyclic and interleaved lose against their own ANN after a whole epoch?",
        above_own_ann(ABLATION_TRAINING),
    ),
    Finding(
        "CIFAR-10",
        "Is it better to interleave all frequencies than to leave half of them out? (chosen once results were known)",
        differences(_halves()),
    ),
    Finding(
        "CIFAR-10",
        "What do the first frequencies alone reach?",
        means(
            ABLATION_FREQUENCIES,
            {f"first {count} of 16": _frequencies(count) for count in FREQUENCY_COUNTS},
        ),
    ),
    Finding(
        "CIFAR-10",
        "What does the paper's own network reach with a compressed schedule?",
        claims(lambda found: found.profile == "short" and found.kind == "value", OWN_NETWORK),
    ),
    Finding("CIFAR-10", "Which published accuracies come out?", claims(_accuracies_on("cifar10"))),
    Finding(
        "CIFAR-10",
        "Which codes differ from DCT after 48 steps, on one map?",
        differences(against_first(CIFAR10_ENCODERS), UNPUBLISHED),
    ),
    Finding("CIFAR-10", "What does a code lose against its own ANN?", above_own_ann(CIFAR10_ENCODERS)),
    Finding(
        "CIFAR-10",
        "Where does a code that is trained for 48 steps stand on the way?",
        means(CIFAR10_ENCODERS, _each_arm(CIFAR10_ENCODERS, BEYOND_STEPS), over_time=True),
    ),
    Finding(
        "CIFAR-10",
        "Is another order, schedule, block size or colour better than cyclic 4×4?",
        differences(against_first(DCT_BEYOND), better=True),
    ),
    Finding(
        "CIFAR-10",
        "Which other readings change accuracy in a deep network? (after 6,000 images, not known to have settled)",
        differences(against_first(SENSITIVITY_READINGS_CIFAR10), UNPUBLISHED),
    ),
    Finding(
        "CIFAR-100 and TinyImageNet",
        "Which published accuracies come out?",
        claims(_accuracies_on("cifar100", "tinyimagenet")),
    ),
    Finding("What was computed again, and where", "Which cells were computed a second time?", verified),
    Finding("What was computed again, and where", "Which arms were recorded on another processor?", processors),
    Finding("What is missing", "Which published networks have no evidence at their own size?", sizes),
    Finding("What is missing", "Which claims wait for training?", waiting),
    Finding(
        "What is missing",
        "Which measurements lack the weights of planned seeds?",
        claims(
            lambda found: found.kind == "measurement" and found.verdict in ("incomplete", "stale"), (*BRIEF, "seeds")
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


def _answer(source: Source) -> str:
    """Whether the published results come out again, and which; empty where no record judges anything."""
    ids = {claim.id for claim in PAPER.claims}
    mine = [found for found in source.judgements if found.id in ids]
    if all(found.profile is None for found in mine):
        return ""
    words = {one.id: str(one.word) for one in statement_verdicts(mine, PAPER.claims)}
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
    return f"{one.mean:.2f} ± {one.half_width:.2f}"


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
