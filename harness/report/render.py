"""From records to a folder of reports, and the check that a committed folder is what the records give."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.claims import Claim, load_claims
from harness.analysis.energy_model import FORTY_FIVE_NM, EnergyModel
from harness.analysis.verdicts import Judgement
from harness.config import Experiment, ProfileName
from harness.machine.files import write_atomically
from harness.papers.dct_snn import experiments
from harness.report.document import Document, Section, document, profiles_with_records, section
from harness.report.drawing import Picture, same_picture, styled
from harness.report.figures import accuracy
from harness.report.figures_differences import differences
from harness.report.figures_final import final
from harness.report.figures_operations import operations
from harness.report.inline import same_page
from harness.report.latex_csv import csv_text, latex
from harness.report.markdown import markdown
from harness.report.operations_csv import operations_csv
from harness.report.page import page
from harness.report.scene import Scene
from harness.report.sources import Source, read, with_added


@dataclass(frozen=True)
class ReportResult:
    """What a report wrote and found. `judgements` are those of the evidence, `local_judgements` of yours."""

    files: tuple[Path, ...]
    judgements: tuple[Judgement, ...]
    local_judgements: tuple[Judgement, ...]
    problems: tuple[str, ...]


def render(
    evidence: Path,
    local: Path | None,
    out: Path,
    experiments: Sequence[str] | None = None,
    energy: EnergyModel = FORTY_FIVE_NM,
) -> ReportResult:
    """Write the report of all (or the named) experiments into `out`; the same records give the same bytes.

    `energy` prices the operations that the records counted.
    Raises HarnessError for an unknown experiment.
    """
    sources = _sources(evidence, local, experiments)
    contents = _contents(sources, out, experiments, energy)
    for name, content in contents.items():
        write_atomically(out / name, content)
    return ReportResult(
        files=tuple(out / name for name in contents),
        judgements=sources[0].judgements,
        local_judgements=sources[1].judgements if len(sources) > 1 else (),
        problems=tuple(problem for source in sources for problem in source.problems),
    )


def check(evidence: Path, out: Path, energy: EnergyModel = FORTY_FIVE_NM) -> list[str]:
    """Names of the files in `out` that are not what the records give: different, missing or extra.

    Figures painted by another matplotlib are compared by the data they show, everything else byte for byte.
    """
    expected = _contents(_sources(evidence, None, None), out, None, energy)
    present = {path.name for path in out.iterdir() if not path.name.startswith(".")} if out.is_dir() else set()
    wrong = {name for name in present & set(expected) if not _same(out / name, expected[name])}
    return sorted(wrong | (present ^ set(expected)))


def _same(path: Path, fresh: bytes) -> bool:
    if not path.is_file():
        return False
    committed = path.read_bytes()
    if path.suffix in (".svg", ".png"):
        return same_picture(committed, fresh)
    return same_page(committed, fresh) if path.suffix == ".html" else committed == fresh


def _sources(evidence: Path, local: Path | None, chosen: Sequence[str] | None) -> tuple[Source, ...]:
    claims = load_claims()
    for name in chosen or ():
        experiments.get(name)
    found = (read("evidence", evidence, claims, chosen),)
    return found if local is None else (*found, read("yours", local, claims, chosen))


def _contents(
    sources: tuple[Source, ...], out: Path, chosen: Sequence[str] | None, energy: EnergyModel
) -> dict[str, bytes]:
    claims = load_claims()
    names = [name for name in experiments.names() if chosen is None or name in chosen]
    contents: dict[str, bytes] = {}
    sections: list[Section] = []
    with styled():
        for name in names:
            own = _sections(with_added(experiments.get(name), sources), sources, claims, out, energy)
            if own:
                contents |= _tables(name, own, sources, claims)
            sections += own
        encoder = _encoder_picture()
    told = document(sources, claims, names, sections, encoder)
    contents |= _texts(told)
    for picture in [encoder, *(picture for part in sections for picture in part.pictures)]:
        contents |= {f"{picture.name}.svg": picture.svg, f"{picture.name}.png": picture.png}
    return dict(sorted(contents.items()))


def _tables(
    name: str, own: Sequence[Section], sources: tuple[Source, ...], claims: Sequence[Claim]
) -> dict[str, bytes]:
    texts = {
        f"{name}.csv": csv_text(own, sources, claims),
        f"{name}.tex": latex(own),
        f"{name}-operations.csv": operations_csv(own),
    }
    return {file: text.encode() for file, text in texts.items() if text}


def _texts(told: Document) -> dict[str, bytes]:
    return {"index.html": page(told).encode(), "report.md": markdown(told).encode()}


def _sections(
    experiment: Experiment, sources: tuple[Source, ...], claims: Sequence[Claim], out: Path, energy: EnergyModel
) -> list[Section]:
    return [
        section(experiment, profile, sources, claims, _pictures(experiment, profile, sources, claims), out, energy)
        for profile in profiles_with_records(experiment.name, sources)
    ]


def _pictures(
    experiment: Experiment, profile: ProfileName, sources: tuple[Source, ...], claims: Sequence[Claim]
) -> list[Picture]:
    own = tuple(claim for claim in claims if claim.experiment == experiment.name)
    scene = Scene(experiment, profile, sources, own)
    # a smoke run shows that the program works; drawn, it would pass for a result
    if profile == "smoke" or not scene.drawn_arms():
        return []
    curves = [accuracy(scene, "log"), accuracy(scene, "linear")]
    return [*curves, *final(scene), *differences(scene), *operations(scene)]


def _encoder_picture() -> Picture:
    from harness.papers.dct_snn.picture import picture

    return picture()
