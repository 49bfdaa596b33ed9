"""The findings on QCFS: a list of questions, each with the kind of table that answers it; and the first sentences."""

from collections.abc import Sequence
from statistics import fmean

from harness.analysis.cells import above_ann, accuracy_of, net_difference_of
from harness.analysis.judges import OWN_NETWORK, Judgement, shortened
from harness.analysis.statistics import LEAST_SEEDS, Interval, Outcomes, estimate, outcomes_without_images
from harness.machine.console import counted
from harness.papers.qcfs.experiments import ABLATION, CIFAR10_RESNET20
from harness.papers.qcfs.paper import PAPER
from harness.report import findings as ask
from harness.report.findings import RECORDS, Pair, Topic, planned_cells
from harness.report.sources import Source
from harness.report.table import spread

STEPS = (2, 4, 8, 16, 32, 64)
NETWORKS = [experiment for experiment in PAPER.experiments if experiment is not ABLATION]
LAST = 32
# Arms that change what public threads name where the numbers did not come out, in words.
THREADS = {
    "theta-1": "θ that starts at 1",
    "augmented": "AutoAugment and Cutout",
    "longer": "twice as many epochs",
}
# The shortest name of each statement.
NAMES = {
    **{experiment.name: experiment.title for experiment in NETWORKS},
    "qcfs-above-ann": "SNN above ANN",
    "qcfs-shift": "what the shift does",
    "qcfs-levels": "what L does",
    "qcfs-theorems": "the theorems (single neurons, constant input)",
    "qcfs-derivative": "the derivative as printed",
    "qcfs-sentences": "sentences on its own table",
}


TOPICS = (
    Topic(
        "Few steps",
        {
            "What is published, printed elsewhere, and ours after T steps?": ask.across(NETWORKS),
            "Do the printed numbers come out, as accuracies and as differences to the ANN?": ask.claims(
                ask.on_own_network
            ),
        },
        experiments=(CIFAR10_RESNET20.name,),
    ),
    Topic(
        "L and the shift",
        {
            "How accurate is a small network after t steps, by L and shift?": ask.means(
                ABLATION, {arm.title: {f"T = {t}": (arm.name, t) for t in STEPS[:5]} for arm in ABLATION.arms}
            ),
            "What differs from L = 4 with the shift?": ask.differences(
                [
                    Pair(arm.title, t, (ABLATION, arm.name), (ABLATION, "l4"))
                    for arm in ABLATION.arms
                    for t in STEPS
                    if arm.name != "l4" and t <= arm.timesteps
                ]
            ),
        },
        experiments=(ABLATION.name,),
    ),
    Topic(RECORDS, {"Which cells were computed a second time?": ask.verified}),
)


def headline(source: Source) -> str:
    """The statements that come out and those that do not; empty if no record judges anything."""
    return " ".join(ask.by_word(ask.statement_words(source, PAPER), NAMES))


def first_sentences(source: Source) -> Sequence[str]:
    """The answer, ResNet-20 beside the published accuracies, and what the ablation says; empty if nothing was judged.

    A sentence is left out where a planned seed that it needs is missing.
    """
    if not (words := ask.statement_words(source, PAPER)):
        return ()
    answer = "\n".join(ask.answer(words, NAMES))
    return (answer, *filter(None, (_of_resnet20(source), _of_shift(source), _of_threads(source))))


def _of_resnet20(source: Source) -> str:
    """The paper's own network at its fullest profile: budget, accuracies, and how far they are below its ANN."""
    name = CIFAR10_RESNET20.name
    for profile in (p for p in reversed(source.profiles(name)) if p in OWN_NETWORK):
        of_profile = [row for row in source.judgements if (row.experiment, row.profile) == (name, profile)]
        rows = {row.id.removeprefix(f"{name}-"): row for row in of_profile if row.mean is not None}
        if "ann" in rows:
            config = CIFAR10_RESNET20.resolve(CIFAR10_RESNET20.arm("qcfs"), CIFAR10_RESNET20.profile(profile), 0)
            trained = shortened(config, CIFAR10_RESNET20)[0] or "trained as published"
            seeds = counted(rows["ann"].seeds_done, "seed")
            accuracies = ", ".join(f"{_beside(rows[f't{t}'])} after {t}" for t in STEPS)
            gains = ", ".join(f"{_beside(rows[f'loss-t{t}'], '+', -1)} after {t}" for t in STEPS)
            return (
                f"On CIFAR-10, the paper's ResNet-20 (its ANN {trained}; {seeds}), with the submission's numbers in "
                f"brackets:\nAccuracy in %: {accuracies} steps; of its ANN {_beside(rows['ann'])}.\n"
                f"SNN minus ANN in points: {gains} steps."
            )
    return ""


def _beside(row: Judgement, form: str = "", sign: int = 1) -> str:
    """Our number with its interval, then the published one in brackets; both multiplied by `sign`."""
    ours, published = (f"{sign * (number or 0.0):{form}.2f}" for number in (row.mean, row.published))
    return f"{ours}{spread(row.half_width or 0.0)} ({published})"


def _of_shift(source: Source) -> str:
    """L = 4 with the shift and without it, on the small network of the ablation."""
    arms = {name: planned_cells(source, "lite", (ABLATION, name)) for name in ("l4", "l4-no-shift")}
    curves = {name: source.estimates.get((ABLATION.name, "lite", name), ()) for name in arms}
    if not all(arms.values()) or (gap := above_ann(arms["l4"], LAST)) is None:
        return ""
    with_it, without = curves.values()
    config = arms["l4"][0].record.config
    peak = max(range(len(without)), key=lambda step: without[step].mean)
    assert config.ann
    return (
        f"On a small plain network ({config.train_images:,} training images, {config.ann.epochs} of 300 epochs; "
        f"{counted(len(arms['l4']), 'seed')}), L = 4 with the shift reaches {_percent(with_it[LAST - 1])} % after "
        f"{LAST} steps, which differs from its ANN by {_points(gap)}. Without the shift its highest mean on the test "
        f"images is {_percent(without[peak])} %, after {peak + 1} steps, and it ends at {_percent(without[LAST - 1])} "
        f"(not tested)."
    )


def _of_threads(source: Source) -> str:
    """What each explanation that public threads name changes on the same network: its ANN, and the SNN net of it."""
    base = planned_cells(source, "lite", (ABLATION, "l4"))
    arms = {words: planned_cells(source, "lite", (ABLATION, name)) for name, words in THREADS.items()}
    if not base or not all(arms.values()):
        return ""
    changed = []
    for words, cells in arms.items():
        first = base[: len(cells)]
        if (net := net_difference_of(cells, first, LAST)) is None:
            return ""
        of_ann = fmean(ours.ann - other.ann for ours, other in zip(cells, first, strict=True))
        changed.append(f"{words}: ANN {of_ann:+.1f} points, the SNN net of it {_points(net)}.")
    other, own = (accuracy_of(base, 1, f"activation(levels={levels})") for levels in (8, 4))
    tested = outcomes_without_images(other.per_seed - own.per_seed, lowest=-100.0)
    lead = (
        f"What public threads name as the reason for other numbers, tried on this plain network after {LAST} steps "
        f"({counted(min(map(len, arms.values())), 'seed')} each, not adjusted):"
    )
    changed.append(f"The ANN of L = 4 tested with L = 8, as the released script does: {_points(tested)}.")
    return "\n".join((lead, *changed))


def _percent(mean: Interval) -> str:
    return f"{mean.mean:.1f}{spread(mean.half_width or 0.0, 1)}"


def _points(outcomes: Outcomes) -> str:
    """A difference in points with its interval, or with its number of seeds where these are too few for one."""
    ours = estimate(outcomes)
    if outcomes.seeds < LEAST_SEEDS:
        return f"{float(ours.mean):+.2f} points ({counted(outcomes.seeds, 'seed')})"
    return f"{float(ours.mean):+.2f} points (95 %: {float(ours.low):+.2f} to {float(ours.high):+.2f})"
