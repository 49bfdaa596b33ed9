"""What was found, in a few sentences whose numbers come from the records, by data set.

A sentence is left out where its records are missing.
"""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.crossed import Outcomes
from harness.analysis.differences import in_points
from harness.analysis.estimates import ALPHA, LEAST_SEEDS, estimate, p_equivalent
from harness.analysis.frame import Loaded
from harness.analysis.margins import difference_margin
from harness.analysis.outcomes import accuracy_of, difference_of
from harness.analysis.planned_seeds import Cells, Key, index
from harness.analysis.verdicts import Judgement
from harness.catalogue import Sentence, under
from harness.papers.dct_snn.beyond import beats_cyclic
from harness.papers.dct_snn.differing import what_differs
from harness.papers.dct_snn.experiments import (
    EXPERIMENTS,
    cifar10_encoders,
    dct_beyond,
    dct_beyond_mnist,
    mnist_encoders,
    sensitivity_cifar10,
)
from harness.papers.dct_snn.frequencies import first_frequencies
from harness.papers.dct_snn.interleaving import interleaving
from harness.papers.dct_snn.missing import Missing, beyond_claims, missing, waiting, waiting_beyond
from harness.papers.dct_snn.paper import PAPER
from harness.papers.dct_snn.rivals import title
from harness.papers.dct_snn.side_by_side import from_own_ann, read_on_the_way, trained_at_few_steps

MNIST, PUBLISHED, STEPS, HALFWAY = "mnist-784-100-10", 98.54, 16, 8
DCT, NUMBER = "cyclic-16", "mnist-t16"
CONTROLS = {"direct-16": "direct input", "poisson-16": "Poisson input"}
SENTENCES = {"latency-two-to-fourteen": '"2-14X"', "latency-orders-of-magnitude": '"orders of magnitude"'}
PAIRS = {
    "latency-200-agrees-with-2-14": '"about 200 steps" and "2-14X"',
    "latency-200-agrees-with-orders": '"about 200 steps" and "orders of magnitude"',
    "latency-2-14-agrees-with-orders": '"2-14X" and "orders of magnitude"',
}

# A question, and what the points of its brief line are above.
CODES_ON_MNIST = "Does a code other than DCT change accuracy on MNIST at 16 steps", "the DCT code on MNIST at 16 steps"
CODES_ON_CIFAR10 = (
    "Does a code other than DCT change accuracy on CIFAR-10 at 48 steps, on one map",
    "the DCT code on CIFAR-10 at 48 steps",
)
READINGS = (
    f"Does another reading of the paper than ours ({title(sensitivity_cifar10.EXPERIMENT.arms[0])}) change accuracy "
    "in a deep network on CIFAR-10",
    "our reading of the paper in a deep network on CIFAR-10",
)


def findings(loaded: Loaded, judgements: Sequence[Judgement]) -> tuple[Sentence, ...]:
    """The sentences. `judgements` are those of all claims of the paper on the same records."""
    cells = index(loaded)
    by_id: dict[str, Judgement] = {}
    for judgement in judgements:
        by_id.setdefault(judgement.id, judgement)
    planned = by_id[NUMBER].seeds_planned if NUMBER in by_id else 0
    waited: tuple[Missing, ...] = ()
    unclaimed: tuple[Missing, ...] = ()
    if not loaded.cells.empty:
        waited = missing(PAPER.claims, EXPERIMENTS, judgements, cells)
        unclaimed = beyond_claims(EXPERIMENTS, waited, cells)
    return (
        *under(
            "MNIST",
            _against_controls(cells, planned),
            _later(cells, planned),
            trained_at_few_steps(cells),
            what_differs(cells, mnist_encoders.EXPERIMENT, *CODES_ON_MNIST),
            from_own_ann(cells, mnist_encoders.EXPERIMENT, "MNIST"),
            beats_cyclic(cells, dct_beyond_mnist.EXPERIMENT, "MNIST", "order, schedule or block size"),
            _numbers(judgements),
            _other_papers(judgements),
        ),
        *under(
            "CIFAR-10",
            interleaving(loaded, cells, by_id),
            first_frequencies(cells),
            what_differs(cells, cifar10_encoders.EXPERIMENT, *CODES_ON_CIFAR10),
            from_own_ann(cells, cifar10_encoders.EXPERIMENT, "CIFAR-10"),
            read_on_the_way(cells, cifar10_encoders.EXPERIMENT, "CIFAR-10", dct_beyond.TIMESTEPS),
            beats_cyclic(cells, dct_beyond.EXPERIMENT, "CIFAR-10", "order, schedule, block size or colour"),
            what_differs(cells, sensitivity_cifar10.EXPERIMENT, *READINGS),
        ),
        *under("What the paper says of its own figures", _own_sentences(by_id)),
        *under("What is missing", waiting_beyond(unclaimed), _sizes(loaded), waiting(PAPER.claims, waited)),
    )


def _keys(cells: Cells, arm: str, planned: int) -> list[Key]:
    """The planned seeds of an arm that are done."""
    keys: list[Key] = [(MNIST, "paper", arm, seed) for seed in range(planned)]
    return [key for key in keys if key in cells.accuracy]


def _against_controls(cells: Cells, planned: int) -> Iterator[Sentence]:
    margin, ours, parts = difference_margin(PUBLISHED), _keys(cells, DCT, planned), []
    for arm, words in CONTROLS.items():
        theirs = _keys(cells, arm, planned)
        seeds = sorted({key[3] for key in ours} & {key[3] for key in theirs})
        if len(seeds) < LEAST_SEEDS:
            continue
        pairs = [[key for key in keys if key[3] in seeds] for keys in (ours, theirs)]
        parts.append(_difference(words, difference_of(cells, pairs[0], pairs[1], STEPS), margin))
    if parts:
        yield Sentence(f"On MNIST at {STEPS} steps the DCT code differs", tuple(parts))


def _difference(words: str, outcomes: Outcomes, margin: float) -> str:
    found = estimate(outcomes, "sampled")
    start = f"from {words} by {in_points(found.mean, found.low, found.high)}"
    if float(p_equivalent(found, 0.0, margin)) <= ALPHA:
        return f"{start}: the two are equivalent within {margin:.2f} points"
    if found.low > 0 or found.high < 0:
        return f"{start}: it is {'above' if found.mean > 0 else 'below'} it"
    return f"{start}: neither a difference nor equivalence within {margin:.2f} points is shown"


def _later(cells: Cells, planned: int) -> Iterator[Sentence]:
    arms = {DCT: "the DCT code", **CONTROLS}
    keys = {words: _keys(cells, arm, planned) for arm, words in arms.items()}
    if all(keys.values()):
        means = {words: float(accuracy_of(cells, of_arm, HALFWAY).mean) for words, of_arm in keys.items()}
        ours, *others = (f"{words} stands at {mean:.2f} %" for words, mean in means.items())
        yield Sentence(f"Read after {HALFWAY} of its {STEPS} steps, {ours}; {', '.join(others)}.")


def _numbers(judgements: Sequence[Judgement]) -> Iterator[Sentence]:
    """Published accuracies by what became of them; for those that were missed, the reading that comes nearest."""
    answers = ("higher", "lower", "inconclusive", "within prediction", "reproduced")
    by_word: dict[str, list[str]] = {word: [] for word in answers}
    values = [judgement for judgement in judgements if judgement.kind == "value" and judgement.verdict in answers]
    for judgement in values:
        what = f"{judgement.published:g} % ({judgement.arm}, ours {judgement.mean:.2f})"
        by_word[judgement.verdict].append(what)
    parts = tuple(f"{word}: {', '.join(found)}" for word, found in by_word.items() if found)
    if parts:
        yield Sentence("Published accuracies that we could judge came out", parts)
        yield from (Sentence(judgement.reading) for judgement in values if judgement.reading)


def _other_papers(judgements: Sequence[Judgement]) -> Iterator[Sentence]:
    rows = [j for j in judgements if j.kind == "ordering" and j.versus is None and j.mean is not None]
    if rows:
        held = sum(judgement.verdict == "holds" for judgement in rows)
        exceeded = f"{held} are exceeded by ours at the steps claimed"
        yield Sentence(f"Of {len(rows)} other temporal codes in Table 1, {exceeded}.")


def _own_sentences(by_id: Mapping[str, Judgement]) -> Iterator[Sentence]:
    verdicts = {name: by_id[name].verdict for name in (*SENTENCES, *PAIRS) if name in by_id}
    if len(verdicts) < len(SENTENCES) + len(PAIRS):
        return
    words = [
        f"{pair} {'agree with each other' if verdicts[name] == 'holds' else 'do not agree'}"
        for name, pair in PAIRS.items()
    ]
    wrong = [sentence for name, sentence in SENTENCES.items() if verdicts[name] == "contradicted"]
    figures = "reads off its own figure, 5 to 42 times as many as 48, contradict"
    yield Sentence("The sentences on latency:", tuple(words))
    if wrong:
        contradicted = " and ".join(wrong)
        brief = f"The steps that the paper {figures} {contradicted}."
        yield Sentence(f"The steps that the same section {figures} {contradicted}.", brief=brief)


def _sizes(loaded: Loaded) -> Iterator[Sentence]:
    """The published networks that nobody has trained at their own size."""
    done = loaded.cells[loaded.cells["status"] == "done"]
    if done.empty:
        return
    trained = set(done.loc[done["profile"] == "paper", "experiment"])
    by_network: dict[str, list[bool]] = {}
    for experiment in EXPERIMENTS:
        for profile in experiment.profiles:
            if profile.name == "paper":
                by_network.setdefault(profile.network.name, []).append(experiment.name in trained)
    missing = [name.upper() for name, runs in sorted(by_network.items()) if not any(runs)]
    if missing:
        yield Sentence(f"At the size of the paper these networks have no evidence: {', '.join(missing)}.")
