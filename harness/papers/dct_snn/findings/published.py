"""What became of published accuracies, and of those of other papers that this one sets beside its own."""

from collections.abc import Iterator, Sequence

from harness.analysis.judges import Judgement
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments import EXPERIMENTS


def published_accuracies(judgements: Sequence[Judgement], *datasets: str) -> Iterator[Sentence]:
    """Published accuracies on these data by what became of them at the profile `paper`.

    For those that were missed, the reading that comes nearest.
    """
    answers = ("higher", "lower", "inconclusive", "consistent", "reproduced")
    by_word: dict[str, list[str]] = {word: [] for word in answers}
    about = {experiment.name for experiment in EXPERIMENTS if experiment.dataset in datasets}
    at_paper = [judgement for judgement in judgements if judgement.profile == "paper" and judgement.experiment in about]
    values = [
        judgement
        for judgement in at_paper
        if judgement.kind == "value" and judgement.verdict in answers and judgement.mean is not None
    ]
    for judgement in values:
        what = f"{judgement.published:g} % ({judgement.arm}, ours {judgement.mean:.2f})"
        by_word[judgement.verdict].append(what)
    parts = tuple(f"{word}: {', '.join(found)}" for word, found in by_word.items() if found)
    if parts:
        yield Sentence("Published accuracies that we could judge came out", parts)
        yield from (Sentence(judgement.nearest) for judgement in values if judgement.nearest)


def other_papers(judgements: Sequence[Judgement]) -> Iterator[Sentence]:
    """How many accuracies of other temporal codes ours exceed."""
    rows = [
        j
        for j in judgements
        if j.kind == "ordering" and j.versus is None and j.mean is not None and not j.id.endswith("-2")
    ]
    if rows:
        held = sum(judgement.verdict == "holds" for judgement in rows)
        exceeded = f"{held} are exceeded by ours at the steps claimed"
        yield Sentence(f"Of {len(rows)} other temporal codes in Table 1, {exceeded}.")
