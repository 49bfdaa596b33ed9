"""The report as text: pages of HTML, each self-contained, and Markdown for readers who have no browser at hand.

Everything that comes from records is escaped; only our own figures are not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from harness.analysis.verdicts import VERDICTS
from harness.report.document import Chapter, Document
from harness.report.drawing import GRID, INK, MUTED, PAPER, TONES, Picture
from harness.report.table import Table, as_text, human, letter, markdown, verdict_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from harness.report.publish import Origin

THEMED = {colour: f"var(--{tone})" for tone, colour in TONES.items()}
THEMED |= {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)", PAPER: "none"}
NONE = "No records yet: nothing is found."
# Said below the first table of a page that uses the word.
GLOSSARY = {
    "arm": "An arm is one configuration that is compared with others: encoder, schedule, network and recipe.",
    "profile": (
        "A profile says how much of the published recipe is spent: lite trains a small network, short the paper's own "
        "with a compressed schedule, paper the published recipe as far as its deviations, which are listed, let it."
    ),
    "ANN": "The ANN is the ordinary network that a spiking one is converted from.",
    "balancing": "Balancing sets the thresholds of the layers after conversion, before any fine-tuning.",
    "graded": "Graded spikes carry a size, and others do not.",
    "net": "Net of the ANN: less the difference between the ANNs that the two codes were converted from.",
}


@cache
def _environment() -> "Environment":
    """The templates; a name that is not given is an error. Filter `text`: where Markdown takes words as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    made = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"text": as_text, "human": human, "tone": lambda word: VERDICTS[verdict_of(word)].tone}
    templates = files("harness.report") / "templates"
    for name in ("style.css", "page.js"):
        made.globals[name.replace(".", "_")] = Markup((templates / name).read_text(encoding="utf-8"))
    made.globals |= {"letter": letter, "svg": lambda picture: Markup(inline_svg(picture)), "verdict": VERDICTS.get}
    made.globals |= {"markdown": markdown, "words": {word: verdict.means for word, verdict in VERDICTS.items()}}
    return made


def page(
    document: Document, origin: "Origin", home: str, menu: Sequence[tuple[str, str]], chapter: Chapter | None = None
) -> str:
    """The page of a paper, or of named experiments, which is called `home`; or that of one experiment, a `chapter`.

    `menu`: title and file of every paper's page, where there are several.
    """
    return _rendered("page.html", document, origin=origin, home=home, menu=menu, chapter=chapter)


def index(documents: Sequence[Document]) -> str:
    """The papers of a report, each with what became of its statements, as Markdown."""
    lines = [
        f"- [{as_text(one.paper.title)}]({one.paper.name if place else 'report'}.md), {as_text(one.paper.venue)}"
        + (f": {as_text(one.tally.title)}" if one.tally.rows else "")
        for place, one in enumerate(documents)
    ]
    return "\n".join(["# Papers", "", *lines, ""])


def report(document: Document, bases: Mapping[str, str]) -> dict[str, str]:
    """The report in Markdown by the stem of each file: `report`, its index; claims; findings; and each experiment.

    `bases`: where a results folder is, as seen from the report.
    """
    texts = {"report": _rendered("report.md", document, brief=in_brief(document))}
    if document.claims.rows and not document.named:
        texts["claims"] = f"# {document.claims.title}\n\n{markdown(_Explained()(document.claims))}\n"
    if not document.named:
        texts["findings"] = f"{_findings(document)}\n"
    for chapter in document.chapters:
        name = chapter.experiment.name
        texts[name] = _rendered("chapter.md", document, chapter=chapter, bases=bases)
    return texts


def _rendered(template: str, document: Document, **more: Any) -> str:
    """A template filled in; every table in it explains the words that come up in it for the first time."""
    explained = _Explained()
    text = _environment().get_template(template).render(document=document, explained=explained, **more)
    return text if template.endswith(".html") else re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


class _Explained:
    """Adds to a table's caption what the words mean that no earlier table of the page has."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, table: Table) -> Table:
        """The table with its caption."""
        pairs = (pair for row in table.rows for pair in zip(table.columns, row.cells, strict=True))
        cells = [column.words(cell.value) for column, cell in pairs]
        text = " ".join([table.title, table.caption, *(column.title for column in table.columns), *cells])
        new = [word for word in GLOSSARY if word not in self._said and re.search(rf"\b{word}s?\b", text)]
        self._said |= set(new)
        return replace(table, caption=" ".join(filter(None, (table.caption, *(GLOSSARY[word] for word in new)))))


def _findings(document: Document) -> str:
    """What became of the statements, and the findings under their topics, as Markdown."""
    if not document.tally.rows:
        return NONE
    explained = _Explained()
    parts = [in_brief(document, figure=False), markdown(explained(document.tally))]
    shown = [(topic.name, topic.title, topic.tables) for topic in document.topics]
    for name, title, tables in [*shown, ("What was computed where, and again", "", document.records)]:
        parts.append(f"## {as_text(name)}" if tables else "")
        parts += [f"**{as_text(title)}**"] if title else []
        parts += [f"### {as_text(human(one.title))}\n\n{markdown(explained(one))}" for one in tables]
    return "\n\n".join(filter(None, parts))


def in_brief(document: Document, folder: str = "", figure: bool = True) -> str:
    """What README, the report and its findings begin with: the answer, how many statements come out, the figure of the
    headline claims, in the `folder` of the report, and the first sentences.
    """
    if not document.tally.rows:
        return NONE
    answer, sentences = document.first[:1], document.first[1:]
    parts = [*(f"**{as_text(one)}**" for one in answer), as_text(document.tally.title)]
    if document.headlines and figure:
        wide, narrow = document.headlines
        parts.append(
            f'<picture>\n<source media="(max-width: 600px)" srcset="{folder}{narrow.name}.svg">\n'
            f'<img alt="{escape(wide.alternative)}" src="{folder}{wide.name}.svg">\n</picture>'
        )
    parts += ["\n".join(f"{place}. {as_text(one)}" for place, one in enumerate(sentences, 1))] if sentences else []
    return "\n\n".join(parts)


def inline_svg(picture: Picture) -> str:
    """The picture as an <svg> element of a page: in the page's colours, with ids that clash with no other figure's."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", picture.svg.decode(), flags=re.DOTALL)
    (box,) = re.findall(r'<svg [^>]*viewBox="([^"]+)"', svg)
    _, _, inside = svg[svg.index("<svg") :].partition(">")
    inside = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{picture.name}-", inside)
    for colour, variable in THEMED.items():
        inside = inside.replace(colour, variable)
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(picture.alternative)}">{inside.strip()}'
