"""A whole report as data: what the pages and the Markdown files are written from, and what a terminal shows."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.analysis.verdicts import BY_TONE, Word
from harness.catalogue import NOT_IN_PAPER, Experiment, Paper
from harness.config import ProfileName
from harness.errors import said_by
from harness.machine.console import printable
from harness.report import tables
from harness.report.drawing import Picture
from harness.report.sources import Source, with_added
from harness.report.table import Table, human, markdown, terminal, verdict_of

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from harness.report.findings import Topic

Made = TypeVar("Made")
IN_PAGE = ("claim", "verdict", "decided by", "published", "ours", "seeds", "comparability")


@dataclass(frozen=True)
class Section:
    """One experiment at one profile. `label`: what the profile may be used for. `tables`: accuracy first, then what
    there is of differences and costs.
    """

    profile: ProfileName
    label: str
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...]
    deviations: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """All that is shown of one experiment: its claims, then a section for each profile with records."""

    experiment: Experiment
    claims: Table
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class ShownTopic:
    """The findings on one topic. `title` states them; a picture and tables show them, the first table unfolded."""

    name: str
    title: str
    picture: Picture | None
    tables: tuple[Table, ...]
    experiments: tuple[Experiment, ...]


@dataclass(frozen=True)
class Document:
    """What is said of one paper, in order; of a report of `named` experiments, their chapters alone.

    `first`: the answer in one sentence and a few more, which stand before all else. `headlines`: the figure of
    the headline claims, wide and for a telephone. `records`: what was computed where, and again. `missing`: planned
    cells without a record. `beside`: the paper's networks beside those of others.
    `evidence`: whether the records that the project stands behind are at hand.
    """

    paper: Paper
    named: bool
    first: tuple[str, ...]
    headlines: tuple[Picture, ...]
    tally: Table
    claims: Table
    encoder: Picture | None
    topics: tuple[ShownTopic, ...]
    records: tuple[Table, ...]
    chapters: tuple[Chapter, ...]
    missing: Table
    problems: tuple[tuple[str, str], ...]
    evidence: bool
    beside: Picture | None = None

    @property
    def verdicts(self) -> list[tuple[Word, int]]:
        """How many rows of the claims have each verdict, from what came out to what nobody has run."""
        counts = Counter(verdict_of(str(row.cells[1].value)) for row in self.claims.rows)
        return [(word, counts[word]) for word in BY_TONE if counts[word]]

    @property
    def pictures(self) -> list[Picture]:
        """All figures, each once."""
        shown = [*self.headlines, self.encoder, self.beside, *(topic.picture for topic in self.topics)]
        shown += [picture for chapter in self.chapters for part in chapter.sections for picture in part.pictures]
        return list({picture.name: picture for picture in shown if picture is not None}.values())


def document(paper: Paper, chosen: Sequence[Experiment], sources: Sequence[Source], named: bool = False) -> Document:
    """The document on `paper` and the experiments `chosen`, either `named` by the reader or all that there are.

    A part of the paper (picture, topics, sentences) that cannot be made is a problem.
    """
    from harness.report.figures import claims_figures, energy_figure
    from harness.report.findings import RECORDS

    problems: list[tuple[str, str]] = [(source.name, problem) for source in sources for problem in source.problems]

    def safe(part: str, make: Callable[[], Made], otherwise: Made) -> Made:
        """The part that the paper's code makes; `otherwise`, and a problem, if it fails."""
        try:
            return make()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a paper of somebody else may raise anything
            problems.append((paper.name, f"{part} cannot be shown: {said_by(error)}"))
            return otherwise

    evidence, names = sources[0], {experiment.name for experiment in chosen}
    claims = [claim for claim in paper.claims if claim.experiment in names]
    listed = tables.claims_table(sources, claims)
    # Smoke runs, and what is not in the paper, come after what is.
    chapters = sorted(
        (_chapter(experiment, sources, listed) for experiment in chosen),
        key=lambda chapter: (
            all(section.profile == "smoke" for section in chapter.sections),
            chapter.experiment.source == NOT_IN_PAPER,
        ),
    )
    told = not named and evidence.at_hand

    def sentences() -> tuple[str, ...]:
        made = paper.first_sentences(evidence) if told and paper.first_sentences else ()
        return tuple(human(one) for one in msgspec.convert(made, tuple[str, ...]) if one.strip())

    def headlines() -> tuple[Picture, ...]:
        title = paper.headline(evidence) if first and paper.headline else None
        return () if title is None else claims_figures(paper, names, evidence, human(title))

    first: tuple[str, ...] = safe("first_sentences", sentences, ())
    topics: tuple[Topic, ...] = safe("topics", lambda: tuple(paper.topics()) if told and paper.topics else (), ())
    pictures = {p.name: p for chapter in chapters for part in chapter.sections for p in part.pictures}
    if topics and (spent := energy_figure(paper, chosen, evidence)) is not None:
        pictures[spent.name] = spent
    shown = {chapter.experiment.name: chapter.experiment for chapter in chapters if chapter.sections}
    asked = (
        safe(f"topic {getattr(topic, 'name', '')!r}", partial(_answered, topic, paper, evidence, pictures, shown), None)
        for topic in topics
    )
    answered = list(filter(None, asked))
    if not named and not listed.rows:  # nothing was run: what is published
        published = ((c, j, evidence) for c in claims for j in evidence.judgements if j.id == c.id)
        listed = tables.judged_table(published)
    return Document(
        paper=paper,
        named=named,
        first=first,
        headlines=safe("headline", headlines, ()),
        tally=tables.tally_table(evidence.judgements if told else (), paper.claims),
        claims=replace(listed, title="Every claim, with our verdict").only(*IN_PAGE),
        encoder=None if named else safe("picture", partial(_drawn, paper), None),
        topics=tuple(topic for topic in answered if topic.name != RECORDS),
        records=tuple(table for topic in answered if topic.name == RECORDS for table in topic.tables),
        chapters=tuple(chapter for chapter in chapters if chapter.sections),
        missing=tables.missing_table([chapter.experiment for chapter in chapters], sources, claims),
        problems=tuple(problems),
        evidence=evidence.at_hand,
    )


def _answered(
    topic: "Topic", paper: Paper, evidence: Source, pictures: Mapping[str, Picture], shown: Mapping[str, Experiment]
) -> ShownTopic | None:
    """The findings under one of the paper's topics; None where no record answers."""
    answers = tuple(
        replace(table, title=f"{question}{table.title}")
        for question, ask in topic.findings.items()
        for table in ask(evidence, paper)
    )
    for table in answers:
        markdown(table)  # a table that cannot be written is found here
    picture = pictures.get(topic.figure)
    if not answers and not picture:
        return None
    experiments = tuple(shown[name] for name in topic.experiments if name in shown)
    return ShownTopic(topic.name, human(topic.says(evidence)), picture, answers, experiments)


def _drawn(paper: Paper) -> Picture | None:
    """The paper's picture. Raises ValueError if it is not a figure."""
    picture = paper.picture() if paper.picture else None
    if picture is not None and not re.search(rb'<svg [^>]*viewBox="', picture.svg):
        raise ValueError("no figure: see harness.report.drawing.both_renderings")
    return picture


def _chapter(experiment: Experiment, sources: Sequence[Source], judged: Table) -> Chapter:
    """The chapter of an experiment. `judged`: the table of all claims of the paper, from which its own are taken."""
    from harness.report.figures import figures_of

    sections = []
    for profile in tables.profiles_with_records(experiment.name, sources):
        accuracy = tables.accuracy_table(experiment, profile, sources)
        makers = tables.paired_table, tables.training_table, tables.costs_table
        more = filter(None, (make(experiment, profile, sources) for make in makers))
        pictures = tuple(figures_of(experiment, profile, sources))
        deviations = experiment.deviations_of_profile(experiment.profile(profile))
        label = tables.profile_words(experiment, profile)
        sections.append(Section(profile, label, (accuracy, *more), pictures, deviations))
    about = {claim.id for claim in sources[0].catalogue.claims_of(experiment.name)}
    rows = tuple(row for row in judged.rows if row.key in about)
    claims = replace(judged, title=f"What the paper claims: {experiment.title}", rows=rows)
    return Chapter(experiment, claims.only(*IN_PAGE), tuple(sections))


# --- On a terminal


def results_table(experiment: str, sources: Sequence[Source]) -> "Group":
    """One table for each profile that has records: arms in rows, timesteps in columns.

    Failed cells follow with their errors. Raises HarnessError for an unknown experiment.
    """
    from rich.console import Group
    from rich.text import Text

    parts = [*_results(experiment, sources), *_problems(sources, [experiment])]
    nothing = "; ".join(filter(None, (f"{experiment}: no records yet", sources[0].catalogue.command(experiment))))
    return Group(*parts or [Text(nothing)])


def in_terminal(sources: Sequence[Source], experiments: Sequence[str] | None) -> "Group":
    """For all (or the named) experiments: the tables of those with records of yours; every claim with its verdict, one
    line each; and the problems.
    """
    from rich.console import Group

    yours = {key[0] for source in sources if source.name == "yours" for key in source.loaded.by_arm}
    names = [name for name in sources[0].catalogue.names() if name in yours]
    shown = [name for name in names if experiments is None or name in experiments]
    parts = [part for name in shown for part in _results(name, sources)]
    catalogue = sources[0].catalogue
    for name in dict.fromkeys(claim.experiment for claim in catalogue.claims):
        if experiments is None or name in experiments:
            table = tables.claims_table(sources, catalogue.claims_of(name), titled=False)
            short = replace(table, title=name).only("claim", "profile", "published", "ours", "verdict")
            parts += [terminal(short)] if table.rows else []
    return Group(*parts, *_problems(sources, experiments))


def _results(name: str, sources: Sequence[Source]) -> "Iterator[RenderableType]":
    """For each profile that has records, accuracy and then the differences between arms."""
    experiment = with_added(sources[0].catalogue.experiment(name), sources)
    for profile in tables.profiles_with_records(name, sources):
        table = tables.brief_table(experiment, profile, sources)
        if table.rows:  # a stale record of an arm that is no more gives none
            yield terminal(table)
            for source in sources:
                yield from map(terminal, tables.difference_tables(source, experiment, profile))


def _problems(sources: Sequence[Source], experiments: Sequence[str] | None) -> "list[RenderableType]":
    from rich.text import Text

    problems = [problem for source in sources for problem in source.problems]
    mine = [p for p in problems if experiments is None or any(p.startswith(f"{name}/") for name in experiments)]
    return [Text(printable(problem), style="red") for problem in mine]
