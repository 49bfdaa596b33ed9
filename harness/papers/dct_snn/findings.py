"""The findings on DCT-SNN: a list of questions, each with the kind of table that answers it and what it compares."""

from collections.abc import Callable, Mapping, Sequence

from harness.analysis.judges import Judgement
from harness.analysis.statistics import UNPUBLISHED, difference_margin
from harness.catalogue import Experiment
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
    differences,
    means,
    processors,
    sizes,
    title_of,
    verified,
    waiting,
)

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
