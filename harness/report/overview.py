"""What became of a paper's statements: the first of its findings."""

from collections.abc import Iterator, Sequence

from harness.analysis.judges import Judgement, StatementVerdict, statement_verdicts
from harness.analysis.verdicts import VERDICTS
from harness.catalogue import Claim, Sentence
from harness.catalogue.claims import statements_of


def overview(judgements: Sequence[Judgement], claims: Sequence[Claim]) -> Iterator[Sentence]:
    """How many statements come out, with a part for each statement; none where no record judges anything."""
    if all(judgement.profile is None for judgement in judgements):
        return
    found = statement_verdicts(judgements, claims)
    counts = {
        word: sum(one.word == word for one in found) for word in ("comes out", "in part", "does not", "not answered")
    }
    shared = sum(one.shared for one in found)
    text = (
        f"Of {len(found)} statements, {_verb(counts['comes out'], 'comes', 'come')} out, {counts['in part']} in part, "
        f"{_verb(counts['does not'], 'does', 'do')} not; {_verb(counts['not answered'], 'is', 'are')} not answered."
    )
    if shared:
        text += f" In {shared} of those that come out, every control that we ran does so as well."
    says = {statement.id: statement.says for statement in statements_of(claims)}
    parts = tuple(f"{says.get(one.id, one.id)}: {_in_words(one)}" for one in found)
    yield Sentence(text, parts, topic="The statements of the paper", brief=text)


def _verb(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _in_words(one: StatementVerdict) -> str:
    """The statement's word, and the word of each part with the profile that gave it."""
    parts = [f"{part}: {_verdict(judged)}" for part, judged in one.parts.items()]
    parts += [f"{part}: not judged yet" for part in one.unjudged]
    also = "; every control does so as well" if one.shared else ""
    return f"{one.word}{also} ({'; '.join(parts)})"


def _verdict(judged: Judgement) -> str:
    reading = f", {judged.reading}" if judged.reading else ""
    scope = f", {judged.scope}" if judged.scope and VERDICTS[judged.verdict].answers else ""
    return f"{judged.verdict}{scope}{reading}"
