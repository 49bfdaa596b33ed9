"""From records to a folder of reports, and the check that a committed folder is what the records give."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.analysis.energy import FORTY_FIVE_NM, EnergyModel
from harness.analysis.judges import Judgement
from harness.catalogue import Catalogue, Experiment, Paper
from harness.config import ProfileName
from harness.machine.files import write_atomically
from harness.report.document import Document, Material, Section, document, profiles_with_records, section
from harness.report.drawing import Picture, same_picture, styled
from harness.report.figures import error_rate
from harness.report.figures_final import final
from harness.report.figures_training import training_figure
from harness.report.findings import findings_list, in_brief, in_readme
from harness.report.inline import same_page
from harness.report.latex_csv import csv_text, latex
from harness.report.markdown import markdown
from harness.report.operations_csv import operations_csv
from harness.report.origin import origin
from harness.report.page import page
from harness.report.scene import Scene
from harness.report.sources import Source, read, with_added

NOT_KEPT = (".html", ".png")
FOUND, IN_BRIEF = "findings.md", "findings-in-brief.md"


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

    Every paper of the catalogue has a page of its own, which alone names date and commit. `energy` prices the counted
    operations.
    `sources`: both folders as `read` gave them, so that they are not read again.
    Raises HarnessError for an experiment that is neither in the catalogue nor among the records.
    """
    sources = sources or read(folders.evidence, folders.local, catalogue)
    material = Material(sources, catalogue.claims, folders.out, energy, origin(sources, folders.out))
    contents = _contents(material, experiments)
    for name, content in contents.items():
        write_atomically(folders.out / name, content)
    if folders.readme is not None and (text := _stale_readme(folders.readme, contents)) is not None:
        write_atomically(folders.readme, text.encode())
    judgements = [tuple(j for j in s.judgements if experiments is None or j.experiment in experiments) for s in sources]
    return ReportResult(
        files=tuple(folders.out / name for name in contents),
        judgements=judgements[0],
        local_judgements=judgements[1] if len(sources) > 1 else (),
        problems=tuple(problem for source in sources for problem in source.problems),
    )


def check(folders: Folders, catalogue: Catalogue, energy: EnergyModel = FORTY_FIVE_NM) -> list[str]:
    """Names of the files that are not what the records give: different, missing or extra.

    A page or a PNG may be missing: they show what is there in another form, and a repository need not keep them.
    Figures painted by another matplotlib are compared by the data they show, everything else byte for byte.
    """
    out = folders.out
    sources = read(folders.evidence, folders.local, catalogue)
    expected = _contents(Material(sources, catalogue.claims, out, energy, origin(sources, out)), None)
    present = {path.name for path in out.iterdir() if not path.name.startswith(".")} if out.is_dir() else set()
    wrong = {name for name in present & set(expected) if not _same(out / name, expected[name])}
    wrong |= (present - set(expected)) | {n for n in set(expected) - present if Path(n).suffix not in NOT_KEPT}
    if folders.readme is not None and _stale_readme(folders.readme, expected) is not None:
        wrong.add(os.path.relpath(folders.readme, out))
    return sorted(wrong)


def _stale_readme(readme: Path, contents: Mapping[str, bytes]) -> str | None:
    """What README should say, or None where it says so already, or is not there."""
    if not readme.is_file():
        return None
    before = readme.read_text(encoding="utf-8")
    after = in_readme(before, contents[IN_BRIEF].decode())
    return None if after == before else after


def _same(path: Path, fresh: bytes) -> bool:
    if not path.is_file():
        return False
    committed = path.read_bytes()
    if path.suffix in (".svg", ".png"):
        return same_picture(committed, fresh)
    return same_page(committed, fresh) if path.suffix == ".html" else committed == fresh


def _contents(material: Material, chosen: Sequence[str] | None) -> dict[str, bytes]:
    catalogue = material.sources[0].catalogue
    for name in chosen or ():
        catalogue.experiment(name)
    contents: dict[str, bytes] = {}
    documents = []
    with styled():
        for paper, experiments in _pages(catalogue):
            mine = [with_added(e, material.sources) for e in experiments if chosen is None or e.name in chosen]
            sections = [part for experiment in mine for part in _sections(experiment, material)]
            for experiment in mine:
                contents |= _tables([part for part in sections if part.experiment == experiment], material)
            encoder = paper.picture() if paper.picture else None
            documents.append(document(paper, mine, material, sections, encoder))
    for rendered in documents:
        contents |= _texts(rendered, documents)
        for picture in _pictures_of(rendered):
            contents |= {f"{picture.name}.svg": picture.svg, f"{picture.name}.png": picture.png}
    return dict(sorted(contents.items()))


def _pages(catalogue: Catalogue) -> Iterator[tuple[Paper, tuple[Experiment, ...]]]:
    """Each paper with the experiments of its page; those of no paper are shown on the first page."""
    for index, paper in enumerate(catalogue.papers):
        yield paper, (*paper.experiments, *(catalogue.loose if index == 0 else ()))


def _pictures_of(rendered: Document) -> list[Picture]:
    pictures = [picture for part in rendered.sections for picture in part.pictures]
    return [
        picture for picture in (rendered.forest, rendered.energy, rendered.encoder, *pictures) if picture is not None
    ]


def _tables(own: Sequence[Section], material: Material) -> dict[str, bytes]:
    if not own:
        return {}
    name = own[0].experiment.name
    texts = {
        f"{name}.csv": csv_text(own, material.sources, material.claims),
        f"{name}.tex": latex(own),
        f"{name}-operations.csv": operations_csv(own),
    }
    return {file: text.encode() for file, text in texts.items() if text}


def _texts(rendered: Document, documents: Sequence[Document]) -> dict[str, bytes]:
    first = documents[0].paper
    files = {d.paper.name: "index.html" if d.paper == first else f"{d.paper.name}.html" for d in documents}
    others = tuple((d.paper.title, files[d.paper.name]) for d in documents if d.paper != rendered.paper)
    whole = replace(rendered, others=others)
    text = "report.md" if rendered.paper == first else f"{rendered.paper.name}.md"
    found: dict[str, str] = {}
    if rendered.paper == first:
        found = {FOUND: findings_list(rendered.findings), IN_BRIEF: in_brief(rendered.findings)}
    lists = {name: f"{items}\n".encode() for name, items in found.items()}
    return {files[rendered.paper.name]: page(whole).encode(), text: markdown(whole).encode(), **lists}


def _sections(experiment: Experiment, material: Material) -> list[Section]:
    return [
        section(experiment, profile, material, _pictures(experiment, profile, material))
        for profile in profiles_with_records(experiment.name, material.sources)
    ]


def _pictures(experiment: Experiment, profile: ProfileName, material: Material) -> list[Picture]:
    own = tuple(claim for claim in material.claims if claim.experiment == experiment.name)
    at_hand = tuple(source for source in material.sources if source.at_hand)
    scene = Scene(experiment, profile, at_hand or material.sources, own)
    # a smoke run shows that the program works; drawn, it would pass for a result
    if profile == "smoke" or not scene.drawn_arms():
        return []
    return [error_rate(scene), *final(scene), *training_figure(scene)]
