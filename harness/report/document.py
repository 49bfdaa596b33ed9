"""A whole report as data: what the page and the Markdown file are written from."""

import os
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.energy import EnergyModel
from harness.analysis.judges import judged, without_own_size
from harness.analysis.verdicts import BY_TONE, VERDICTS
from harness.catalogue import NOT_IN_PAPER, Experiment, Paper, Sentence
from harness.catalogue.claims import Claim
from harness.config import PROFILES, ProfileName
from harness.report.claim_rows import ClaimRow, claim_rows
from harness.report.costs import Costs, costs
from harness.report.drawing import Picture
from harness.report.figures_energy import energy
from harness.report.figures_forest import Line, forest
from harness.report.origin import Origin
from harness.report.overview import overview
from harness.report.paired import paired_table, training_table
from harness.report.sources import SMOKE_LABEL, Cell, Source
from harness.report.tables import Table, accuracy_table

PROFILE_WORDS = {
    "paper": "paper profile: the published recipe",
    "lite": "lite profile: a small network sized for a CPU, judges the direction of orderings only",
    "short": "short profile: the paper’s network with its schedule compressed",
    "smoke": SMOKE_LABEL,
}


@dataclass(frozen=True)
class ArmRecords:
    """The records behind one row of a table: (seed, status, file name as shown, link, outcome)."""

    anchor: str
    arm: str
    whose: str
    files: tuple[tuple[int, str, str, str, str], ...]


@dataclass(frozen=True)
class Section:
    """One experiment at one profile."""

    experiment: Experiment
    profile: ProfileName
    table: Table
    differences: Table | None
    training: Table | None
    costs: Costs | None
    pictures: tuple[Picture, ...]
    records: tuple[ArmRecords, ...]
    deviations: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """The section's place on the page."""
        return f"{self.experiment.name}-{self.profile}"

    @property
    def label(self) -> str:
        """What the profile may be used for."""
        return PROFILE_WORDS[self.profile]


@dataclass(frozen=True)
class Material:
    """What a report is written from. `out`: where it is written to; `energy` prices the counted operations."""

    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    out: Path
    energy: EnergyModel
    origin: Origin


@dataclass(frozen=True)
class Document:
    """Everything that is said on the page of one paper, in order. `others`: title and file of the other pages.

    `answered`: how many judgements of the evidence answer their claim, those of the same records counted once.
    `sizes`: published networks without evidence at their own size, with their experiments.
    `local`, `evidence`: whether your own records are shown, and whether those that the project stands behind are there.
    """

    paper: Paper
    others: tuple[tuple[str, str], ...]
    claims: tuple[ClaimRow, ...]
    answered: int
    sections: tuple[Section, ...]
    not_run: tuple[Experiment, ...]
    sizes: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    encoder: Picture | None
    forest: Picture | None
    energy: Picture | None
    findings: tuple[Sentence, ...]
    local: bool
    evidence: bool
    origin: Origin

    @property
    def tally(self) -> tuple[tuple[str, str, str, int], ...]:
        """Verdicts of the evidence with their sign, tone and number, the usual order."""
        counts = Counter(row.verdict for row in self.claims if row.whose == "evidence")
        return tuple((word, VERDICTS[word].sign, VERDICTS[word].tone, counts[word]) for word in BY_TONE if counts[word])


def document(
    paper: Paper, chosen: Sequence[Experiment], material: Material, sections: Sequence[Section], encoder: Picture | None
) -> Document:
    """The page of `paper` from its parts; `chosen` are the experiments that it is about."""
    names, with_records = {e.name for e in chosen}, {section.experiment.name for section in sections}
    sources = material.sources
    return Document(
        paper=paper,
        others=(),
        claims=claim_rows(sources, [claim for claim in paper.claims if claim.experiment in names]),
        answered=judged(judgement for judgement in sources[0].judgements if judgement.experiment in names),
        sections=tuple(sorted(sections, key=_last)),
        not_run=tuple(experiment for experiment in chosen if experiment.name not in with_records),
        sizes=_sizes(chosen, sources[0]),
        problems=tuple((source.name, problem) for source in sources for problem in source.problems),
        encoder=encoder,
        forest=_forest(paper, names, sources[0]),
        energy=energy(
            f"{paper.name}-energy", f"Error rate against energy: {paper.title}", chosen, sources[0], material.energy
        ),
        findings=_findings(paper, sources[0]),
        local=len(sources) > 1,
        evidence=sources[0].at_hand,
        origin=material.origin,
    )


def _sizes(chosen: Sequence[Experiment], evidence: Source) -> tuple[str, ...]:
    found = without_own_size(chosen, evidence.loaded)
    return tuple(f"{network} ({', '.join(experiments)})" for network, experiments in found.items())


def _forest(paper: Paper, names: Set[str], evidence: Source) -> Picture | None:
    if not evidence.at_hand:
        return None
    claims = {claim.id: claim for claim in paper.claims if claim.experiment in names}
    lines = [
        Line(f"{claims[j.id].says}{f' ({j.profile})' if j.profile else ''}", j)
        for j in evidence.judgements
        if j.id in claims
    ]
    return forest(f"{paper.name}-claims", f"All claims of {paper.title}: published and ours", lines)


def _findings(paper: Paper, evidence: Source) -> tuple[Sentence, ...]:
    if not evidence.at_hand:
        return ()
    mine = {claim.id for claim in paper.claims}
    judgements = [judgement for judgement in evidence.judgements if judgement.id in mine]
    own = paper.findings(evidence.loaded, judgements) if paper.findings else ()
    return (*overview(judgements, paper.claims), *own)


def _last(section: Section) -> int:
    """Smoke runs, and what is not in the paper, come after what is."""
    return 2 if section.profile == "smoke" else int(section.experiment.source == NOT_IN_PAPER)


def profiles_with_records(experiment: str, sources: Sequence[Source]) -> list[ProfileName]:
    """Profiles to show, from paper to smoke."""
    present = {profile for source in sources for profile in source.profiles(experiment)}
    return [profile for profile in reversed(PROFILES) if profile in present]


def section(experiment: Experiment, profile: ProfileName, material: Material, pictures: Sequence[Picture]) -> Section:
    """One experiment at one profile, with links to its records as seen from the report's folder."""
    sources = material.sources
    return Section(
        experiment=experiment,
        profile=profile,
        table=accuracy_table(experiment, profile, sources, material.claims),
        differences=paired_table(experiment, profile, sources),
        training=training_table(experiment, profile, sources),
        costs=costs(experiment, profile, sources, material.energy),
        pictures=tuple(pictures),
        records=tuple(
            _records(source, experiment.name, profile, arm.name, material.out)
            for arm in experiment.arms
            for source in sources
            if (experiment.name, profile, arm.name) in source.cells
        ),
        deviations=experiment.deviations_of_profile(experiment.profile(profile)),
    )


def anchor(experiment: str, profile: str, arm: str, whose: str) -> str:
    """Where a page lists the records of an arm."""
    return f"records-{experiment}-{profile}-{arm}-{whose}"


def _records(source: Source, experiment: str, profile: ProfileName, arm: str, out: Path) -> ArmRecords:
    base = Path(os.path.relpath(source.folder, out)).as_posix()
    files = tuple(
        (cell.seed, cell.status, cell.path, f"{base}/{cell.path}", _outcome(cell))
        for cell in source.cells[experiment, profile, arm]
    )
    return ArmRecords(anchor(experiment, profile, arm, source.name), arm, source.name, files)


def _outcome(cell: Cell) -> str:
    """What stands behind the link to a record."""
    if cell.accuracy is None:
        return f"{cell.status}: “{cell.reason}”"
    verified = f" (verified from {'; from '.join(cell.verified)})" if cell.verified else ""
    return f"{cell.accuracy:.2f} %{verified}"
