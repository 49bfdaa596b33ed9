"""From records to a folder of reports, and the check that a committed folder is what the records give.

The page alone says where it comes from: date, version, commit, hardware, and links that survive a move of the folder.
Everything else in a report is the same for the same records, on any day and in any place.
"""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis.statistics import UNPUBLISHED
from harness.analysis.verdicts import VERDICTS
from harness.catalogue import Paper
from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.report.document import Chapter, Document, document
from harness.report.drawing import GRID, INK, MUTED, PAPER, TONES, Picture, same_picture, styled
from harness.report.figures import papers_figure
from harness.report.snapshot import snapshot
from harness.report.sources import Source, with_added
from harness.report.table import Table, as_text, csv_text, human, latex, letter, markdown, verdict_of
from harness.report.tables import curves_table, operations_table

if TYPE_CHECKING:
    from jinja2 import Environment

REPORTS, README = Path("reports"), Path("README.md")  # in a clone
PACKAGED = Path("harness/papers/verdicts.json")  # the verdicts that the package brings along
NOT_KEPT = (".html", ".png")  # they show what is there in another form, and a repository need not keep them
START, END = "<!-- findings -->", "<!-- /findings -->"
PACKAGE = "dct-snn-harness"
NUMBERS = ("harness", "encoders", "results")  # what decides the numbers of a page, in a clone


@dataclass(frozen=True)
class ReportResult:
    """The files that a report wrote. `unshown`: what a paper could not show, and why."""

    files: tuple[Path, ...]
    unshown: tuple[str, ...] = ()


def render(
    sources: tuple[Source, ...],
    out: Path,
    chosen: Sequence[str] | None = None,
    *,
    paper: str | None = None,
    png: bool = True,
) -> ReportResult:
    """Write the report of all experiments, or of those `chosen`, into `out`; the same records give the same bytes.

    Every paper of which something was run has a page of its own, or `paper` alone, run or not. The first one's is
    index.html. `png`: whether figures are written as PNG too.
    Raises HarnessError for an experiment that is neither in the catalogue nor among the records.
    """
    contents, documents = _contents(sources, out, chosen, paper, png)
    for name, content in contents.items():
        write_atomically(out / name, content, durable=False)  # it can be made again
    names = {one.paper.name for one in documents}
    unshown = tuple(f"{whose}: {problem}" for one in documents for whose, problem in one.problems if whose in names)
    return ReportResult(tuple(out / name for name in contents), unshown)


def kept(sources: tuple[Source, ...], clone: Path = Path()) -> dict[Path, bytes]:
    """The files of a clone that are made from the records, by path: a report, README, and the package's verdicts.

    A README or a file of verdicts that does not exist is left out.
    """
    contents, documents = _contents(sources, clone / REPORTS, None, None, png=False)
    files = {clone / REPORTS / name: content for name, content in contents.items()}
    if (readme := clone / README).is_file():
        brief = in_brief(documents[0], f"{REPORTS}/")
        files[readme] = in_readme(readme.read_text(encoding="utf-8"), brief).encode()
    if (verdicts := clone / PACKAGED).is_file():
        files[verdicts] = snapshot(sources[0]).content()
    return files


def check(sources: tuple[Source, ...], clone: Path = Path()) -> list[str]:
    """Names of the files of a clone that are not what the records give: different, missing or extra.

    Pages and PNGs are not compared. A figure painted by another matplotlib is compared by the data it shows, all else
    byte for byte.
    """
    expected = {path: content for path, content in kept(sources, clone).items() if path.suffix not in NOT_KEPT}
    wrong = unexpected_files(expected, clone)
    for path, content in expected.items():
        found = path.read_bytes() if path.is_file() else b""
        if found != content and not (path.suffix == ".svg" and same_picture(found, content)):
            wrong.add(path)
    return sorted(str(path.relative_to(clone)) for path in wrong)


def unexpected_files(files: Mapping[Path, bytes], clone: Path) -> set[Path]:
    """What lies in a clone's reports and is none of `files`."""
    return {path for path in (clone / REPORTS).glob("[!.]*") if path.suffix not in NOT_KEPT} - files.keys()


def in_readme(readme: str, brief: str, marks: tuple[str, str] = (START, END)) -> str:
    """The text of README, or of another page, with `brief` between its marks; unchanged if it has none.

    Raises HarnessError if only one of the two marks is there.
    """
    first, last = marks
    if first not in readme and last not in readme:
        return readme
    before, start, rest = readme.partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise HarnessError(f"the page has only one of {first} and {last}", "add the other, after it")
    return f"{before}{first}\n\n{brief.strip()}\n\n{last}{after}"


def _contents(
    sources: tuple[Source, ...], out: Path, chosen: Sequence[str] | None, paper: str | None, png: bool
) -> tuple[dict[str, bytes], list[Document]]:
    """The files of a report by name, and what is said of each paper; the first one's files have the plain names.

    A report of the experiments `chosen` has one page a paper, and else every experiment has a page of its own.
    """
    catalogue = sources[0].catalogue
    for name in chosen or ():
        catalogue.experiment(name)
    papers = _shown(sources, chosen) if paper is None else [catalogue.paper(paper)]
    homes = ["index.html", *(f"{one.name}.html" for one in papers[1:])]
    menu = [(one.title, home) for one, home in zip(papers, homes, strict=True)] if len(papers) > 1 else []
    documents, contents, where = list[Document](), dict[str, bytes](), origin(sources, out)
    beside: Picture | None = None
    for one, home in zip(papers, homes, strict=True):
        # experiments of no paper are shown with the first
        loose = catalogue.loose if one is papers[0] and paper is None else ()
        mine = tuple(source.of(one, loose) for source in sources)
        listed = [with_added(e, mine) for e in (*one.experiments, *loose) if chosen is None or e.name in chosen]
        with styled():
            made = document(one, listed, mine, named=chosen is not None)
            if len(documents) == 1 and chosen is None:  # the first paper's page is the same without any other paper
                beside = papers_figure(papers, sources[0])
        made = replace(made, beside=beside)
        documents.append(made)
        texts = _files(made, where, hardware_of(mine), home, menu)
        texts |= {f"{picture.name}.svg": picture.svg for picture in made.pictures}
        texts |= {f"{picture.name}.png": picture.png() for picture in made.pictures if png}
        for chapter in made.chapters:
            texts |= {name: text.encode() for name, text in _tables(chapter, mine).items()}
        contents = texts | contents  # a later paper changes no file of an earlier one
    if menu:
        contents["papers.md"] = _index(documents).encode()
    return {name: contents[name] for name in sorted(contents) if contents[name]}, documents


def _shown(sources: Sequence[Source], chosen: Sequence[str] | None) -> list[Paper]:
    """The papers of the experiments `chosen`, or those of which something was run; without any, the first.

    A record of another paper that answers a cell of this one does not make this paper count as run.
    """
    wanted = set(chosen or ())
    for source in sources if chosen is None else ():
        for (name, *_), cells in source.loaded.by_arm.items():
            if source.name == "yours" or any(cell.path.is_relative_to(source.folder / name) for cell in cells):
                wanted.add(name)
    papers = sources[0].catalogue.papers
    return [p for p in papers if any(e.name in wanted for e in p.experiments)] or [*papers[:1]]


def _files(
    one: Document, where: "Origin", hardware: "Hardware", home: str, menu: Sequence[tuple[str, str]]
) -> dict[str, bytes]:
    """The pages and texts of a paper whose own page is called `home`; of named experiments, one page and no findings.

    `menu`: title and file of every paper's page, where there are several.
    """
    page = partial(_rendered, "page.html", one, origin=where, hardware=hardware, home=home, menu=menu)
    pages = {home: page(chapter=None)}
    texts = {"report": _rendered("report.md", one, brief=in_brief(one))}
    if not one.named:
        pages |= {f"{chapter.experiment.name}.html": page(chapter=chapter) for chapter in one.chapters}
        texts["findings"] = f"{_findings(one)}\n"
    if not one.named and one.claims.rows:
        texts["claims"] = f"# {one.claims.title}\n\n{markdown(_Explained()(one.claims))}\n"
    for chapter in one.chapters:
        texts[chapter.experiment.name] = _rendered("chapter.md", one, chapter=chapter, bases=where.bases)
    prefixed = {"report": one.paper.name} | {stem: f"{one.paper.name}-{stem}" for stem in ("claims", "findings")}
    renamed = {} if home == "index.html" else prefixed
    for stem, text in texts.items():
        for plain, name in renamed.items():
            text = text.replace(f"]({plain}.md", f"]({name}.md")
        pages[f"{renamed.get(stem, stem)}.md"] = text
    return {name: text.encode(errors="backslashreplace") for name, text in pages.items()}


def _tables(chapter: Chapter, sources: tuple[Source, ...]) -> dict[str, str]:
    """An experiment's numbers as CSV, and as a paper prints them."""
    experiment, profiles = chapter.experiment, [section.profile for section in chapter.sections]
    caption = "Accuracy (%), mean ± half of a 95 % interval."
    accuracy = (section.tables[0].without("verified") for section in chapter.sections)
    said = (replace(table, caption=f"{caption} {table.caption}") for table in accuracy)
    return {
        f"{experiment.name}.csv": csv_text(curves_table(experiment, profiles, sources)),
        f"{experiment.name}.tex": "\n".join(map(latex, said)),
        f"{experiment.name}-operations.csv": csv_text(operations_table(experiment, profiles, sources)),
    }


# --- Pages of HTML, each self-contained, and Markdown for readers who have no browser at hand

# Everything that comes from records is escaped; only our own figures are not.
THEMED = {colour: f"var(--{tone})" for tone, colour in TONES.items()}
THEMED |= {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)", PAPER: "none"}
NONE = "No records yet: nothing is found."
NO_FINDINGS = "No finding is drawn from these records; they stand below."
OWN = "No evidence is shown here; your own records stand below."
INTERVALS = (
    "± is half of a 95 % interval of the mean over seeds, from three seeds up. A number has no interval if it is of "
    "fewer seeds, has the same count in every seed, or is a mean that is not tested. A margin is 5 % of the published "
    f"error, at least 0.1 and at most 1.0 points; {UNPUBLISHED:g} if no accuracy is published, none if the paper "
    "prints a bound."
)
# Said below the first table of a page that uses the word.
GLOSSARY = {
    "arm": "An arm is one configuration that is compared with others: encoder, schedule, network and recipe.",
    "profile": (
        "A profile is a budget of training. lite: a small network. short: the paper's network, a compressed schedule. "
        "paper: the paper's network and data; deviations from its recipe are listed."
    ),
    "ANN": "The ANN is the ordinary network that a spiking one is converted from.",
    "balancing": "Balancing sets the thresholds of the layers after conversion, before any fine-tuning.",
    "graded": "Graded spikes carry a size, and others do not.",
    "net": "Net of the ANNs: the difference of two codes minus that of the ANNs that they were converted from.",
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
    made.globals |= {
        "intervals": INTERVALS,
        "markdown": markdown,
        "words": {word: verdict.means for word, verdict in VERDICTS.items()},
    }
    return made


def _index(documents: Sequence[Document]) -> str:
    """The papers of a report, each with what became of its statements, as Markdown."""
    lines = [
        f"- [{as_text(one.paper.title)}]({one.paper.name if place else 'report'}.md), {as_text(one.paper.venue)}"
        + (f": {as_text(one.tally.title)}" if one.tally.rows else "")
        for place, one in enumerate(documents)
    ]
    return "\n".join(["# Papers", "", *lines, ""])


def _rendered(template: str, document: Document, **more: Any) -> str:
    """A template filled in; every table in it explains the words that come up in it for the first time."""
    explained = _Explained()
    text = _environment().get_template(template).render(document=document, explained=explained, **more)
    return text if template.endswith(".html") else re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


class _Explained:
    """Adds to a table's caption the meaning of each glossary word that no earlier table of the page has used."""

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


def _unfound(document: Document) -> str:
    """What stands in the place of findings where there are none."""
    tables = (section.tables[0] for chapter in document.chapters for section in chapter.sections)
    whose = {row.kind for table in tables for row in table.rows if row.records}
    return OWN if whose == {"yours"} else NO_FINDINGS if whose else NONE


def _findings(document: Document) -> str:
    """What became of the statements, and the findings under their topics, as Markdown."""
    if not document.tally.rows:
        return _unfound(document)
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
        return _unfound(document)
    told = [[as_text(line) for line in one.splitlines()] for one in document.first]
    parts = [f"**{lead}**\n\n{_bullets(details)}".rstrip() for lead, *details in told[:1]]
    parts.append(as_text(document.tally.title))
    if document.headlines and figure:
        wide, narrow = document.headlines
        parts.append(
            f'<picture>\n<source media="(max-width: 600px)" srcset="{folder}{narrow.name}.svg">\n'
            f'<img alt="{escape(wide.alternative)}" src="{folder}{wide.name}.svg">\n</picture>'
        )
    found = (f"{place}. {lead}\n{_bullets(details, ' ' * 4)}" for place, (lead, *details) in enumerate(told[1:], 1))
    return "\n\n".join((*parts, "\n".join(map(str.rstrip, found)))).rstrip()


def _bullets(lines: Sequence[str], indent: str = "") -> str:
    return "\n".join(f"{indent}- {line}" for line in lines)


def inline_svg(picture: Picture) -> str:
    """The picture as an <svg> element of a page: in the page's colours, with ids that clash with no other figure's."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", picture.svg.decode(), flags=re.DOTALL)
    (box,) = re.findall(r'<svg [^>]*viewBox="([^"]+)"', svg)
    _, _, inside = svg[svg.index("<svg") :].partition(">")
    inside = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{picture.name}-", inside)
    for colour, variable in THEMED.items():
        inside = inside.replace(colour, variable)
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(picture.alternative)}">{inside.strip()}'


# --- Where a page comes from


@dataclass(frozen=True)
class Origin:
    """`commit`: short, empty outside a clone of this project; `changed`: whether code or records differ from it.

    `repository`: an absolute address, or the clone as seen from the page; empty where neither is known.
    `bases`: the results folders as seen from the page.
    """

    date: str
    version: str
    commit: str
    changed: bool
    repository: str
    bases: dict[str, str]


def origin(sources: Sequence[Source], out: Path) -> Origin:
    """The origin of a page that is written to `out`. SOURCE_DATE_EPOCH, where it is set, stands for the clock.

    A clone is recognised by the evidence that lies in it.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    folder = sources[0].folder
    top = git(folder, "rev-parse", "--show-toplevel") if folder.is_dir() else ""
    clone = Path(top) if top and (Path(top) / "harness" / "report").is_dir() else None
    inside = clone and out.resolve().is_relative_to(clone.resolve())
    here = f"{Path(os.path.relpath(clone.resolve(), out.resolve())).as_posix()}/" if clone and inside else ""
    return Origin(
        date=f"{now:%Y-%m-%d}",
        version=version(PACKAGE),
        commit=git(clone, "rev-parse", "--short=10", "HEAD") if clone else "",
        changed=bool(clone and git(clone, "status", "--porcelain", "--", *NUMBERS)),
        repository=web_address(git(clone, "remote", "get-url", "origin")) or here if clone else "",
        bases={source.name: Path(os.path.relpath(source.folder, out)).as_posix() for source in sources},
    )


Hardware = dict[str, list[tuple[str, int]]]


def hardware_of(sources: Sequence[Source]) -> Hardware:
    """The devices that records were computed on, each with its number of records, by the name of the results."""
    devices = {s.name: {c.path: c.device for c in s.loaded.cells.values() if c.done and c.device} for s in sources}
    return {name: Counter(sorted(of.values())).most_common() for name, of in devices.items() if of}


def git(folder: Path, *words: str) -> str:
    """The output of a git command; empty if git is not installed or fails."""
    command = ["git", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def web_address(remote: str) -> str:
    """The web page of a git remote, without user or password; empty for a remote on this machine."""
    match = re.fullmatch(
        r"(?:https?://|ssh://|git://)?(?:[^@/]+@)?([\w.-]+\.\w+)(?::\d+)?[:/](.+?)(?:\.git)?/?", remote
    )
    return f"https://{match[1]}/{match[2]}" if match and not remote.startswith((".", "/", "file:")) else ""
