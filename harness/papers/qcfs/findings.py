"""The findings on QCFS: a list of questions, each with the kind of table that answers it; and the first sentences."""

from collections.abc import Mapping, Sequence

from harness.analysis.judges import OWN_NETWORK, Judgement, statement_verdicts
from harness.papers.qcfs.experiments import ABLATION, CIFAR10_RESNET20
from harness.papers.qcfs.paper import PAPER
from harness.report import findings as ask
from harness.report.findings import RECORDS, Pair, Topic
from harness.report.sources import Source

STEPS = (2, 4, 8, 16, 32, 64)
# Statements that records judge, in the fewest words; by the words of their verdicts.
NAMES = {
    **{one.name: one.title for one in PAPER.experiments if one is not ABLATION},
    "qcfs-above-ann": "SNN above ANN",
    "qcfs-shift": "the shift",
    "qcfs-levels": "the levels",
}


def _of_own_network(found: Judgement) -> bool:
    return found.profile in OWN_NETWORK and found.kind == "value" and found.mean is not None


def _pairs() -> list[Pair]:
    """Every arm of the ablation against L = 4 with the shift, at the steps that the table has."""
    others = [arm for arm in ABLATION.arms if arm.name != "l4"]
    return [Pair(a.title, t, (ABLATION, a.name), (ABLATION, "l4")) for a in others for t in STEPS if t <= a.timesteps]


TOPICS = (
    Topic(
        "Few steps",
        {"Do the printed numbers come out, as accuracies and as differences to the ANN?": ask.claims(_of_own_network)},
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
    """The word of every statement; empty where no record of QCFS judges anything."""
    ids = {claim.id for claim in PAPER.claims}
    mine = [judged for judged in source.judgements if judged.id in ids]
    if all(judged.profile is None or judged.mean is None for judged in mine):
        return {}
    return {one.id: str(one.word) for one in statement_verdicts(mine, PAPER.claims)}


def headline(source: Source) -> str:
    """What comes out and what does not; empty where no record judges anything."""
    words, said = _statements(source), []
    for word in dict.fromkeys(words.values()):
        named = [name for statement, name in NAMES.items() if words.get(statement) == word]
        said += [f"{word.capitalize()}: {', '.join(named)}."] if named else []
    return " ".join(said)


def first_sentences(source: Source) -> Sequence[str]:
    """What came out, and the accuracies of ResNet-20 beside the published ones; none where nothing was run."""
    if not (answer := headline(source)):
        return ()
    printed = [claim for claim in PAPER.claims if claim.experiment == CIFAR10_RESNET20.name and claim.prints]
    sentences = [answer]
    for profile in source.profiles(CIFAR10_RESNET20.name):
        found = {c: source.estimate(c.experiment, profile, "qcfs", c.timestep or 1) for c in printed}
        ours = [f"{one.mean:.2f} at {claim.timestep} ({claim.value})" for claim, one in found.items() if one]
        if ours and profile in OWN_NETWORK:
            sentences.append(
                f"ResNet-20 on CIFAR-10, {profile} profile, in % after T steps (published): {', '.join(ours)}."
            )
    return sentences
