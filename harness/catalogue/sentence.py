"""What was found, in words: a sentence, and a list below it where it has several parts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby


@dataclass(frozen=True)
class Sentence:
    """One of a paper's findings. `parts`: one line each below `text`, which then leads to them.

    `topic`: the heading that it stands under, empty for none. `brief`: what it says in one line for README, empty where
    it does not stand there.
    """

    text: str
    parts: tuple[str, ...] = ()
    topic: str = ""
    brief: str = ""


def under(topic: str, *found: Iterable[Sentence]) -> Iterator[Sentence]:
    """All these sentences under one heading."""
    return (replace(sentence, topic=topic) for sentences in found for sentence in sentences)


def by_topic(sentences: Iterable[Sentence]) -> Sequence[tuple[str, Sequence[Sentence]]]:
    """Sentences that follow each other under one heading, with that heading."""
    return [(topic, list(found)) for topic, found in groupby(sentences, key=lambda sentence: sentence.topic)]
