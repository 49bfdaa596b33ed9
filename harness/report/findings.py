"""The findings of a paper wherever they are shown: a file of their own, and in brief between two marks of README."""

from collections.abc import Callable, Sequence

from harness.catalogue import Sentence, by_topic
from harness.errors import HarnessError

START, END = "<!-- findings -->", "<!-- /findings -->"
NONE = "No records yet: nothing is found."


def findings_list(sentences: Sequence[Sentence], words: Callable[[str], str] = str) -> str:
    """The sentences as Markdown lists, one below each topic; parts are lists in them, indented for Python-Markdown.

    `words`: how a text is written, such as `as_text`; as it is where none is given.
    """
    return "\n\n".join(_topic(topic, found, words) for topic, found in by_topic(sentences)) or NONE


def in_brief(sentences: Sequence[Sentence]) -> str:
    """What README shows, as one Markdown list: what stands under no topic, and the others' brief lines."""
    return findings_list([Sentence(one.brief) if one.topic else one for one in sentences if one.brief or not one.topic])


def _topic(topic: str, sentences: Sequence[Sentence], words: Callable[[str], str]) -> str:
    items = "\n".join(_item(sentence, words) for sentence in sentences)
    return f"**{words(topic)}**\n\n{items}" if topic else items


def _item(sentence: Sentence, words: Callable[[str], str]) -> str:
    return "\n".join((f"- {words(sentence.text)}", *(f"    - {words(part)}" for part in sentence.parts)))


def in_readme(readme: str, found: str) -> str:
    """README's text with the findings (a Markdown list) between its marks; as it is where it has none.

    Raises HarnessError where only one of the two marks is there.
    """
    if START not in readme and END not in readme:
        return readme
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise HarnessError(f"README has only one of {START} and {END}", "add the other, after it")
    return f"{before}{START}\n{found.strip()}\n{END}{after}"
