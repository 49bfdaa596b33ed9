"""What was found, in words: a sentence, and a list below it where it has several parts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One of a paper's findings. `parts`: one line each below `text`, which then leads to them."""

    text: str
    parts: tuple[str, ...] = ()
