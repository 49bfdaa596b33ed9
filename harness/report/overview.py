"""What became of a paper's claims in one sentence, by kind: the first of its findings."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.judges import Judgement, one_for_each_claim
from harness.analysis.verdicts import BY_TONE
from harness.catalogue import Sentence
from harness.catalogue.claims import Kind

KINDS: Mapping[Kind, str] = {
    "value": "accuracies at a timestep",
    "steps-to-reach": "timesteps to reach an accuracy",
    "ordering": "one accuracy above another",
    "agreement": "sentences beside the paper's own figures",
    "measurement": "statements computed without training",
}
ON_WEIGHTS = "statements measured on kept weights"


def overview(judgements: Sequence[Judgement]) -> Iterator[Sentence]:
    """The sentence, with a part for each kind of claim that there is; none where no record judges anything.

    Each claim counts once, though the table of claims has a row for each profile with records of it.
    """
    if all(judgement.profile is None for judgement in judgements):
        return
    claims = one_for_each_claim(judgements)
    counts = Counter[tuple[str, str]]((_what(judgement), judgement.verdict) for judgement in claims)
    kinds = {
        kind: [(word, counts[kind, word]) for word in BY_TONE if counts[kind, word]]
        for kind in (*KINDS.values(), ON_WEIGHTS)
    }
    yield Sentence(
        f"What became of {len(claims)} claims of the paper:",
        tuple(f"{kind}: {', '.join(map(_counted, words))}" for kind, words in kinds.items() if words),
    )


def _what(judgement: Judgement) -> str:
    on_weights = judgement.kind == "measurement" and judgement.profile is not None
    return ON_WEIGHTS if on_weights else KINDS[judgement.kind]


def _counted(found: tuple[str, int]) -> str:
    word, count = found
    return f"{count} {'hold' if word == 'holds' and count > 1 else word}"
