"""The findings on QCFS: a list of questions, each with the kind of table that answers it; and the first sentences."""

from collections.abc import Mapping, Sequence

from harness.analysis.judges import OWN_NETWORK, Judgement, statement_verdicts
from harness.papers.qcfs.experiments import ABLATION, CIFAR10_RESNET20
from harness.papers.qcfs.paper import PAPER
from harness.report import findings as ask
from harness.report.findings import RECORDS, Pair, Topic
from harness.report.sources import Source

STEPS = (2, 4, 8, 16, 32, 64)
NETWORKS = [experiment for experiment in PAPER.experiments if experiment is not ABLATION]
# The shortest name of each statement that records judge.
NAMES = {
    **{experiment.name: experiment.title for experiment in NETWORKS},
    "qcfs-above-ann": "SNN above ANN",
    "qcfs-shift": "the shift",
    "qcfs-levels": "the levels",
}


def _of_own_network(judgement: Judgement) -> bool:
    return judgement.profile in OWN_NETWORK and judgement.kind == "value" and judgement.mean is not None


def _pairs() -> list[Pair]:
    """Every arm of the ablation against L = 4 with the shift, at the steps of the table."""
    others = [arm for arm in ABLATION.arms if arm.name != "l4"]
    return [
        Pair(arm.title, t, (ABLATION, arm.name), (ABLATION, "l4"))
        for arm in others
        for t in STEPS
        if t <= arm.timesteps
    ]


TOPICS = (
    Topic(
        "Few steps",
        {
            "What is published, printed elsewhere, and ours after T steps?": ask.across(NETWORKS),
            "Do the printed numbers come out, as accuracies and as differences to the ANN?": ask.claims(
                _of_own_network
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
            "What differs from L = 4 with the shift?": ask.differences(_pairs()),
        },
        experiments=(ABLATION.name,),
    ),
    Topic(
        RECORDS,
        {
            "Which cells were computed a second time?": ask.verified,
            "Which published networks have no evidence at their own size?": ask.sizes,
            "Which claims wait for training?": ask.waiting,
        },
    ),
)


def _statements(source: Source) -> Mapping[str, str]:
    """The word of every statement; empty if no record of QCFS judges anything."""
    ids = {claim.id for claim in PAPER.claims}
    judgements = [judged for judged in source.judgements if judged.id in ids]
    if all(judged.profile is None or judged.mean is None for judged in judgements):
        return {}
    return {statement.id: str(statement.word) for statement in statement_verdicts(judgements, PAPER.claims)}


def headline(source: Source) -> str:
    """The statements that come out and those that do not; empty if no record judges anything."""
    words, sentences = _statements(source), []
    for word in dict.fromkeys(words.values()):
        named = [name for statement, name in NAMES.items() if words.get(statement) == word]
        sentences += [f"{word.capitalize()}: {', '.join(named)}."] if named else []
    return " ".join(sentences)


def first_sentences(source: Source) -> Sequence[str]:
    """The headline, and the accuracies of ResNet-20 beside the published ones; empty if nothing was judged."""
    if not (answer := headline(source)):
        return ()
    printed = [claim for claim in PAPER.claims if claim.experiment == CIFAR10_RESNET20.name and claim.prints]
    sentences = [answer]
    for profile in source.profiles(CIFAR10_RESNET20.name):
        estimates = {c: source.estimate(c.experiment, profile, "qcfs", c.timestep or 1) for c in printed}
        ours = [
            f"{estimate.mean:.2f} at {claim.timestep} ({claim.value})"
            for claim, estimate in estimates.items()
            if estimate
        ]
        if ours and profile in OWN_NETWORK:
            sentences.append(
                f"ResNet-20 on CIFAR-10, {profile} profile, in % after T steps (published): {', '.join(ours)}."
            )
    return sentences
