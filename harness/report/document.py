"""A whole report as data: what the page and the Markdown file are written from, and what a terminal shows."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.energy import EnergyModel
from harness.analysis.judges import judged, without_own_size
from harness.analysis.verdicts import BY_TONE, VERDICTS
from harness.catalogue import NOT_IN_PAPER, Claim, Experiment, Paper
from harness.config import ProfileName
from harness.report.drawing import Picture
from harness.report.sources import Cell, Source, with_added
from harness.report.table import Table, human, terminal
from harness.report.tables import (
    PROFILE_WORDS,
    accuracy_table,
    anchor,
    claims_table,
    costs_table,
    difference_tables,
    paired_table,
    profiles_with_records,
    results_of,
    tally_table,
    training_table,
)

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

IN_PAGE = ("claim", "verdict", "decided by", "published", "ours", "seeds", "comparability")
WAITING = ("claim", "verdict", "published", "how to run it")


@dataclass(frozen=True)
class ArmRecords:
    """The records behind one row of a table: (seed, status, file name as shown, link, outcome)."""

    anchor: str
    arm: str
    whose: str
    files: tuple[tuple[int, str, str, str, str], ...]


@dataclass(frozen=True)
class Section:
    """One experiment at one profile. `tables`: accuracy first, then what there is of differences and costs."""

    experiment: Experiment
    profile: ProfileName
    tables: tuple[Table, ...]
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
class Document:
    """Everything that is said on the page of one paper, in order.

    `verdicts`: those of the evidence as (word, sign, tone, number); `answered`: how many judgements answer their claim,
    those of the same records counted once. `waiting`: claims without records. `sizes`: published networks without
    evidence at their own size, with their experiments. `findings` stand under their topics. `first`: the answer in one
    sentence and at most three more, which stand before all else.
    `local`, `evidence`: whether your own records are shown, and whether those that the project stands behind are there.
    """

    paper: Paper
    verdicts: tuple[tuple[str, str, str, int], ...]
    answered: int
    first: tuple[str, ...]
    tally: Table
    findings: tuple[Table, ...]
    claims: Table
    waiting: Table
    sections: tuple[Section, ...]
    not_run: tuple[Experiment, ...]
    sizes: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    forest: Picture | None
    energy: Picture | None
    encoder: Picture | None
    local: bool
    evidence: bool

    @property
    def pictures(self) -> list[Picture]:
        """All figures."""
        of_sections = [picture for part in self.sections for picture in part.pictures]
        return [one for one in (self.forest, self.energy, self.encoder, *of_sections) if one is not None]


def document(
    paper: Paper, chosen: Sequence[Experiment], sources: Sequence[Source], out: Path, energy: EnergyModel
) -> Document:
    """The page of `paper` about the experiments `chosen`, as it is written to `out`; `energy` prices operations."""
    from harness.report.figures import energy_figure, forest_figure

    evidence, names = sources[0], {experiment.name for experiment in chosen}
    sections = [_section(e, p, sources, paper.claims, out, energy) for e in chosen for p in _profiles(e, sources)]
    with_records = {section.experiment.name for section in sections}
    claims = [claim for claim in paper.claims if claim.experiment in names]
    rows = claims_table(sources, claims)
    ids = {claim.id for claim in claims}
    mine = [judgement for judgement in evidence.judgements if judgement.id in ids] if evidence.at_hand else []
    counts = Counter(judgement.verdict for judgement in mine)
    of_paper = [j for j in evidence.judgements if j.id in {claim.id for claim in paper.claims}]
    return Document(
        paper=paper,
        verdicts=tuple((w, VERDICTS[w].sign, VERDICTS[w].tone, counts[w]) for w in BY_TONE if counts[w]),
        answered=judged(judgement for judgement in evidence.judgements if judgement.experiment in names),
        first=tuple(map(human, paper.first_sentences(evidence) if paper.first_sentences and evidence.at_hand else ())),
        tally=tally_table(of_paper if evidence.at_hand else (), paper.claims),
        findings=tuple(_findings(paper, evidence)),
        claims=replace(_with_word(rows, False), title="Every claim of the paper that has records, with our verdict"),
        waiting=replace(_with_word(rows, True), title="Claims that nobody has run yet").only(*WAITING),
        sections=tuple(sorted(sections, key=_order)),
        not_run=tuple(experiment for experiment in chosen if experiment.name not in with_records),
        sizes=tuple(f"{n} ({', '.join(of)})" for n, of in without_own_size(chosen, evidence.loaded).items()),
        problems=tuple((source.name, problem) for source in sources for problem in source.problems),
        forest=forest_figure(paper, names, evidence) if evidence.at_hand else None,
        energy=energy_figure(paper, chosen, evidence, energy),
        encoder=paper.picture() if paper.picture else None,
        local=len(sources) > 1,
        evidence=evidence.at_hand,
    )


def _with_word(table: Table, waiting: bool) -> Table:
    """The claims that nobody has run, of which there is nothing to explain, or all others."""
    rows = (row for row in table.rows if (row.cells[1].value == "no records") is waiting)
    return replace(table, rows=tuple(replace(row, details=(), more=()) if waiting else row for row in rows))


def _findings(paper: Paper, evidence: Source) -> Iterator[Table]:
    if evidence.at_hand and paper.findings:
        for finding in paper.findings():
            for table in finding.ask(evidence, paper):
                yield replace(table, topic=finding.topic, title=f"{finding.question}{table.title}")


def _order(section: Section) -> int:
    """Smoke runs, and what is not in the paper, come after what is."""
    return 2 if section.profile == "smoke" else int(section.experiment.source == NOT_IN_PAPER)


def _profiles(experiment: Experiment, sources: Sequence[Source]) -> list[ProfileName]:
    return profiles_with_records(experiment.name, sources)


def _section(
    experiment: Experiment,
    profile: ProfileName,
    sources: Sequence[Source],
    claims: Sequence[Claim],
    out: Path,
    energy: EnergyModel,
) -> Section:
    """One experiment at one profile, with links to its records as seen from the folder `out`."""
    from harness.report.figures import figures_of

    found = (
        accuracy_table(experiment, profile, sources, claims),
        paired_table(experiment, profile, sources),
        training_table(experiment, profile, sources),
        costs_table(experiment, profile, sources, energy),
    )
    return Section(
        experiment=experiment,
        profile=profile,
        tables=tuple(table for table in found if table is not None),
        pictures=tuple(figures_of(experiment, profile, sources, claims)),
        records=tuple(
            _records(source, experiment.name, profile, arm.name, out)
            for arm in experiment.arms
            for source in sources
            if (experiment.name, profile, arm.name) in source.cells
        ),
        deviations=experiment.deviations_of_profile(experiment.profile(profile)),
    )


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


# --- On a terminal


def results_table(experiment: str, sources: Sequence[Source], claims: Sequence[Claim]) -> "Group":
    """One table for each profile that has records: arms in rows, timesteps in columns.

    Failed cells follow with their errors. Raises HarnessError for an unknown experiment.
    """
    from rich.console import Group
    from rich.text import Text

    parts = [*_results(experiment, sources, claims), *_problems(sources, [experiment])]
    return Group(*parts or [Text(f"{experiment}: no records yet; harness run {experiment}")])


def own_tables(sources: Sequence[Source], claims: Sequence[Claim], experiments: Sequence[str] | None = None) -> "Group":
    """The tables of `results_table` for all (or the named) experiments of which there are records of yours."""
    from rich.console import Group

    yours = {key[0] for source in sources if source.name == "yours" for key in source.cells}
    names = [name for name in sources[0].catalogue.names() if name in yours]
    shown = [name for name in names if experiments is None or name in experiments]
    return Group(*(part for name in shown for part in _results(name, sources, claims)))


def judged_claims(
    sources: Sequence[Source], claims: Sequence[Claim], experiments: Sequence[str] | None = None
) -> "Group":
    """Every claim of all (or the named) experiments with its verdict, one line each, and what went wrong."""
    from rich.console import Group

    chosen = [claim for claim in claims if experiments is None or claim.experiment in experiments]
    of_each = {
        name: claims_table(sources, [claim for claim in chosen if claim.experiment == name])
        for name in dict.fromkeys(claim.experiment for claim in chosen)
    }
    columns = ("claim", "profile", "published", "ours", "verdict")
    parts = [terminal(replace(table, title=name).only(*columns)) for name, table in of_each.items() if table.rows]
    return Group(*parts, *_problems(sources, experiments))


def _results(experiment: str, sources: Sequence[Source], claims: Sequence[Claim]) -> "Iterator[RenderableType]":
    """For each profile that has records, accuracy and then the differences between arms."""
    found = with_added(sources[0].catalogue.experiment(experiment), sources)
    for profile in profiles_with_records(experiment, sources):
        table = results_of(found, profile, sources, claims)
        if table.rows:  # a stale record of an arm that is no more gives none
            yield terminal(table)
            for source in sources:
                yield from map(terminal, difference_tables(source, found, profile))


def _problems(sources: Sequence[Source], experiments: Sequence[str] | None) -> "list[RenderableType]":
    from rich.text import Text

    found = [problem for source in sources for problem in source.problems]
    mine = [p for p in found if experiments is None or any(p.startswith(f"{name}/") for name in experiments)]
    return [Text(problem, style="red") for problem in mine]
