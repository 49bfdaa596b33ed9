"""The report on a terminal: accuracy at every usual timestep with the published value beside it, and verdicts."""

import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.differences import Difference
from harness.catalogue import Arm, Claim, Experiment
from harness.config import ProfileName
from harness.report.claim_rows import ClaimRow, claim_rows
from harness.report.document import PROFILE_WORDS, profiles_with_records
from harness.report.sources import Source, with_added
from harness.report.tables import BLANK, columns_of

if TYPE_CHECKING:
    from rich.console import Group, JustifyMethod, RenderableType
    from rich.table import Table

COLOURS = {"good": "green", "fair": "cyan", "bad": "red", "open": "yellow", "none": "dim"}


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


def _results(experiment: str, sources: Sequence[Source], claims: Sequence[Claim]) -> "Iterator[RenderableType]":
    """For each profile that has records, accuracy and then the differences between arms."""
    found = with_added(sources[0].catalogue.experiment(experiment), sources)
    for profile in profiles_with_records(experiment, sources):
        rows = [(arm, s) for arm in found.arms for s in sources if (experiment, profile, arm.name) in s.cells]
        if rows:  # a stale record of an arm that is no more is none of them
            yield _accuracy(found, profile, rows, claims)
            for source in sources:
                yield from _differences(source, found, profile)


def _differences(source: Source, experiment: Experiment, profile: ProfileName) -> "Iterator[Table]":
    """A table for each arm that others are set against; where one is set against many, the many are the rows."""
    found = source.differences(experiment, profile)
    added = {arm.name for arm in experiment.arms if arm.added}
    groups: dict[str, list[tuple[str, Difference]]] = {}
    for one in found:
        title, row = (f"{one.arm} − other arms", one.versus) if one.arm in added else (f"arms − {one.versus}", one.arm)
        groups.setdefault(title, []).append((row, one))
    for title, rows in groups.items():
        whose = " (yours)" if source.name == "yours" else ""
        table = _table(f"Difference in points, paired by seed: {title}{whose}")
        covered = sorted({one.over for _, one in rows if one.over})
        if covered:
            table.caption = f"intervals of 95 % over {' or '.join(covered)}, each by itself"
        table.add_column("arm", no_wrap=True)
        for heading in ("T", "difference", "pairs"):
            table.add_column(heading, justify="right", no_wrap=True)
        for name, one in rows:
            table.add_row(name, str(one.timestep), str(one), f"{len(one.runs)}/{one.planned}")
        yield table


def _accuracy(
    experiment: Experiment, profile: ProfileName, rows: Sequence[tuple[Arm, Source]], claims: Sequence[Claim]
) -> "Table":
    from rich.text import Text

    columns = _fitting(columns_of(experiment), max(arm.timesteps for arm, _ in rows), rows)
    table = _table(f"{experiment.title}: accuracy in % after T timesteps\n{PROFILE_WORDS[profile]}")
    table.caption = (
        f"± half of a 95 % interval over three seeds or more; {BLANK} beyond the arm’s last T, or not published"
    )
    table.add_column("arm", no_wrap=True)
    for heading in ("seeds", *(f"T={column}" for column in columns), "at last T", "paper"):
        table.add_column(heading, justify="right", no_wrap=True)
    for arm, source in rows:
        printed = [c for c in claims if c.prints and (c.experiment, c.arm) == (experiment.name, arm.name)]
        done, planned = source.seeds(experiment.name, profile, arm.name)
        estimates = [source.estimate(experiment.name, profile, arm.name, t) for t in (*columns, arm.timesteps)]
        last = estimates.pop()
        table.add_row(
            arm.name if source.name == "evidence" else f"{arm.name} (yours)",
            Text(f"{done}/{planned}", style="" if done >= planned else "yellow"),
            *(BLANK if e is None else f"{e.mean:.1f}" for e in estimates),
            BLANK if last is None else str(last),
            ", ".join(str(claim.value) for claim in printed) or BLANK,
        )
    return table


def _fitting(columns: Sequence[int], longest: int, rows: Sequence[tuple[Arm, Source]]) -> list[int]:
    """The timesteps that are reached and that fit the terminal; the middle ones are the first to go."""
    kept = [column for column in columns if column <= longest]
    names = max(len(arm.name) + (8 if source.name == "yours" else 0) for arm, source in rows)
    columns_left = (shutil.get_terminal_size().columns - names - len("seeds at last T ± 0.00 paper  ") - 4) // 6
    for column in (24, 4, 1, 8, 48, 2, 5):
        if len(kept) > columns_left and column in kept:
            kept.remove(column)
    return kept


def judged_claims(
    sources: Sequence[Source], claims: Sequence[Claim], experiments: Sequence[str] | None = None
) -> "Group":
    """Every claim of all (or the named) experiments with its verdict, one line each, and what went wrong."""
    from rich.console import Group

    rows = claim_rows(sources, [c for c in claims if experiments is None or c.experiment in experiments])
    tables = (
        _claims(name, [row for row in rows if row.experiment == name])
        for name in dict.fromkeys(row.experiment for row in rows)
    )
    return Group(*tables, *_problems(sources, experiments))


def _claims(title: str, rows: Sequence[ClaimRow]) -> "Table":
    from rich.text import Text

    table = _table(title)
    table.add_column("claim", overflow="fold", min_width=20)
    for heading in ("profile", "published", "ours", "verdict"):
        table.add_column(heading, no_wrap=heading != "ours")
    for row in rows:
        claim = row.statement if row.whose == "evidence" else f"{row.statement} (yours)"
        verdict = Text(f"{row.sign} {row.words}", style=COLOURS[row.tone])
        table.add_row(*(Text(cell) for cell in (claim, row.profile, row.published, row.ours)), verdict)
    return table


def _problems(sources: Sequence[Source], experiments: Sequence[str] | None) -> "list[RenderableType]":
    from rich.text import Text

    found = [problem for source in sources for problem in source.problems]
    mine = [p for p in found if experiments is None or any(p.startswith(f"{name}/") for name in experiments)]
    return [Text(problem, style="red") for problem in mine]


def _table(title: str) -> "Table":
    from rich import box
    from rich.table import Table

    left: JustifyMethod = "left"
    return Table(
        title=title, box=box.SIMPLE, padding=(0, 1, 0, 0), title_justify=left, caption_justify=left, title_style=""
    )
