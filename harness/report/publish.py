"""From records to a folder of reports, and the check that a committed folder is what the records give.

The page alone says where it comes from: date, version, commit, hardware, and links that survive a move of the folder.
Everything else in a report is the same for the same records, on any day and in any place.
"""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from harness.analysis.energy import FORTY_FIVE_NM, EnergyModel
from harness.analysis.judges import Judgement
from harness.catalogue import Catalogue, Experiment
from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.report.document import Document, document
from harness.report.drawing import same_picture, styled
from harness.report.page import chapter_page, findings, in_brief, page, report
from harness.report.sources import Source, read, with_added
from harness.report.table import csv_text, latex
from harness.report.tables import accuracy_table, curves_table, operations_table, profiles_with_records

NOT_KEPT = (".html", ".png")  # they show what is there in another form, and a repository need not keep them
START, END = "<!-- findings -->", "<!-- /findings -->"
PACKAGE = "dct-snn-harness"
NUMBERS = ("harness", "encoders", "results")  # what decides the numbers of a page, in a clone


@dataclass(frozen=True)
class Folders:
    """Where records are read, the evidence and perhaps your own, and where the report is written to.

    `readme`: a file whose findings, between two marks, are kept to those of the report.
    """

    evidence: Path
    out: Path
    local: Path | None = None
    readme: Path | None = None


@dataclass(frozen=True)
class ReportResult:
    """What a report wrote and found. `judgements` are those of the evidence, `local_judgements` of yours."""

    files: tuple[Path, ...]
    judgements: tuple[Judgement, ...]
    local_judgements: tuple[Judgement, ...]
    problems: tuple[str, ...]


def render(
    folders: Folders,
    catalogue: Catalogue,
    experiments: Sequence[str] | None = None,
    energy: EnergyModel = FORTY_FIVE_NM,
    sources: tuple[Source, ...] | None = None,
) -> ReportResult:
    """Write the report of all (or the named) experiments; the same records give the same bytes.

    Every paper of the catalogue has a page of its own. `energy` prices the counted operations.
    `sources`: both folders as `read` gave them, so that they are not read again.
    Raises HarnessError for an experiment that is neither in the catalogue nor among the records.
    """
    sources = sources or read(folders.evidence, folders.local, catalogue)
    contents, first = _contents(sources, folders.out, energy, experiments)
    for name, content in contents.items():
        write_atomically(folders.out / name, content)
    if folders.readme is not None and (text := _stale_readme(folders.readme, folders.out, first)) is not None:
        write_atomically(folders.readme, text.encode())
    judgements = [tuple(j for j in s.judgements if experiments is None or j.experiment in experiments) for s in sources]
    return ReportResult(
        files=tuple(folders.out / name for name in contents),
        judgements=judgements[0],
        local_judgements=judgements[1] if len(sources) > 1 else (),
        problems=tuple(problem for source in sources for problem in source.problems),
    )


def check(
    folders: Folders,
    catalogue: Catalogue,
    energy: EnergyModel = FORTY_FIVE_NM,
    sources: tuple[Source, ...] | None = None,
) -> list[str]:
    """Names of the files that are not what the records give: different, missing or extra.

    Pages and PNGs are not compared. A figure painted by another matplotlib is compared by the data it shows, all else
    byte for byte. `sources` as in `render`.
    """
    out = folders.out
    sources = sources or read(folders.evidence, folders.local, catalogue)
    expected, first = _contents(sources, out, energy, None)
    expected = {name: content for name, content in expected.items() if not name.endswith(NOT_KEPT)}
    present = {path.name for path in out.iterdir() if not path.name.startswith(".")} if out.is_dir() else set()
    present = {name for name in present if not name.endswith(NOT_KEPT)}
    wrong = present ^ set(expected)
    for name in present & set(expected):
        kept = (out / name).read_bytes() if (out / name).is_file() else b""
        if kept != expected[name] and not (name.endswith(".svg") and same_picture(kept, expected[name])):
            wrong.add(name)
    if folders.readme is not None and _stale_readme(folders.readme, folders.out, first) is not None:
        wrong.add(os.path.relpath(folders.readme, out))
    return sorted(wrong)


def _stale_readme(readme: Path, out: Path, first: Document) -> str | None:
    """The updated text of README, or None if it is up to date or missing."""
    if not readme.is_file():
        return None
    before = readme.read_text(encoding="utf-8")
    after = in_readme(before, in_brief(first, f"{os.path.relpath(out, readme.parent)}/"))
    return None if after == before else after


def in_readme(readme: str, brief: str) -> str:
    """README's text with `brief` between its marks; unchanged if it has none.

    Raises HarnessError if only one of the two marks is there.
    """
    if START not in readme and END not in readme:
        return readme
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise HarnessError(f"README has only one of {START} and {END}", "add the other, after it")
    return f"{before}{START}\n{brief.strip()}\n{END}{after}"


def _contents(
    sources: tuple[Source, ...], out: Path, energy: EnergyModel, chosen: Sequence[str] | None
) -> tuple[dict[str, bytes], Document]:
    """The files of a report by name, and what is said of the first paper, whose page is called index.html.

    A report of the experiments `chosen` has one page a paper, and else every experiment has a page of its own.
    """
    catalogue = sources[0].catalogue
    for name in chosen or ():
        catalogue.experiment(name)
    documents, texts, pictures = list[Document](), dict[str, str](), dict[str, bytes]()
    with styled():
        for index, paper in enumerate(catalogue.papers):
            # experiments of no paper are shown on the first page
            listed = (*paper.experiments, *(catalogue.loose if index == 0 else ()))
            mine = [with_added(e, sources) for e in listed if chosen is None or e.name in chosen]
            documents.append(document(paper, mine, sources, energy, named=chosen is not None))
            for experiment in mine:
                texts |= _tables(experiment, sources, energy)
    first, where = documents[0], origin(sources, out)
    names = {d.paper.name: "index" if d is first else d.paper.name for d in documents}
    for one in documents:
        others = [(d.paper.title, f"{names[d.paper.name]}.html") for d in documents if d is not one]
        texts[f"{names[one.paper.name]}.html"] = page(one, where, others)
        for chapter in () if one.named else one.chapters:
            texts[f"{chapter.experiment.name}.html"] = chapter_page(one, where, chapter)
        renamed = {} if one is first else {"report": one.paper.name, "claims": f"{one.paper.name}-claims"}
        texts |= {f"{renamed.get(stem, stem)}.md": text for stem, text in report(one, where.bases).items()}
        for picture in one.pictures:
            pictures |= {f"{picture.name}.svg": picture.svg, f"{picture.name}.png": picture.png}
    if not first.named:
        texts["findings.md"] = f"{findings(first)}\n"
    contents = {name: text.encode() for name, text in texts.items() if text} | pictures
    return dict(sorted(contents.items())), first


def _tables(experiment: Experiment, sources: tuple[Source, ...], energy: EnergyModel) -> dict[str, str]:
    """An experiment's numbers as CSV, and as a paper prints them."""
    claims = sources[0].catalogue.claims
    if not (profiles := profiles_with_records(experiment.name, sources)):
        return {}
    caption = "Accuracy (%), mean ± half of a 95 % interval."
    accuracy = (accuracy_table(experiment, profile, sources, claims).without("verified") for profile in profiles)
    return {
        f"{experiment.name}.csv": csv_text(curves_table(experiment, profiles, sources, claims)),
        f"{experiment.name}.tex": "\n".join(latex(replace(table, caption=caption)) for table in accuracy),
        f"{experiment.name}-operations.csv": csv_text(operations_table(experiment, profiles, sources, energy)),
    }


# --- Where a page comes from


@dataclass(frozen=True)
class Origin:
    """`commit`: short, empty outside a clone of this project; `changed`: whether code or records differ from it.

    `repository`: an absolute address, or the clone as seen from the page; empty where neither is known.
    `hardware`: each device that records were computed on, with the number of records, by whose they are.
    `bases`: the results folders as seen from the page.
    """

    date: str
    version: str
    commit: str
    changed: bool
    repository: str
    hardware: dict[str, tuple[tuple[str, int], ...]]
    bases: dict[str, str]


def origin(sources: Sequence[Source], out: Path) -> Origin:
    """The origin of a page that is written to `out`. SOURCE_DATE_EPOCH, where it is set, stands for the clock.

    A clone is recognised by the evidence that lies in it.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    folder = sources[0].folder
    top = _git(folder, "rev-parse", "--show-toplevel") if folder.is_dir() else ""
    clone = Path(top) if top and (Path(top) / "harness" / "report").is_dir() else None
    hardware: dict[str, tuple[tuple[str, int], ...]] = {}
    for source in sources:
        devices = Counter(cell.device for cell in source.loaded.cells.values() if cell.done and cell.device)
        if devices:
            hardware[source.name] = tuple(sorted(devices.items(), key=lambda device: (-device[1], device[0])))
    return Origin(
        date=f"{now:%Y-%m-%d}",
        version=version(PACKAGE),
        commit=_git(clone, "rev-parse", "--short=10", "HEAD") if clone else "",
        changed=bool(clone and _git(clone, "diff", "--name-only", "HEAD", "--", *NUMBERS)),
        repository=_repository(clone, out) if clone else "",
        hardware=hardware,
        bases={source.name: Path(os.path.relpath(source.folder, out)).as_posix() for source in sources},
    )


def _git(folder: Path, *words: str) -> str:
    """What git says, empty where it is not installed or refuses."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _repository(clone: Path, out: Path) -> str:
    address = web_address(_git(clone, "remote", "get-url", "origin"))
    if address or not out.resolve().is_relative_to(clone.resolve()):
        return address
    return Path(os.path.relpath(clone.resolve(), out.resolve())).as_posix() + "/"


def web_address(remote: str) -> str:
    """The web page of a git remote, without user or password; empty for a remote on this machine."""
    found = re.fullmatch(
        r"(?:https?://|ssh://|git://)?(?:[^@/]+@)?([\w.-]+\.\w+)(?::\d+)?[:/](.+?)(?:\.git)?/?", remote
    )
    return f"https://{found[1]}/{found[2]}" if found and not remote.startswith((".", "/", "file:")) else ""
