"""The report on a terminal: accuracy at every usual timestep with the published value beside it, and verdicts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness import experiments
from harness.analysis.claims import Claim, load_claims
from harness.config import Experiment, ProfileName
from harness.report.claim_rows import claim_rows
from harness.report.document import PROFILE_WORDS, profiles_with_records
from harness.report.sources import Source, read
from harness.report.tables import BLANK, columns_of, percent

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

COLOURS = {"good": "green", "fair": "cyan", "bad": "red", "open": "yellow", "none": "dim"}


def sources_of(evidence: Path, local: Path | None) -> tuple[Source, ...]:
    """Both results folders, judged; a folder that does not exist holds no records."""
    claims = load_claims()
    found = (read("evidence", evidence, claims),)
    return found if local is None else (*found, read("yours", local, claims))


def terminal_table(sources: Sequence[Source], experiment: str, profile: ProfileName | None = None) -> "Group":
    """One table for each profile that has records (or for one): arms in rows, timesteps in columns."""
    from rich.console import Group
    from rich.text import Text

    found, claims = experiments.get(experiment), load_claims()
    profiles = [p for p in profiles_with_records(experiment, sources) if profile in (None, p)]
    parts: list[RenderableType] = [_accuracy(found, name, sources, claims) for name in profiles]
    failed = [problem for source in sources for problem in source.problems if problem.startswith(f"{experiment}/")]
    parts += [Text(problem, style="red") for problem in failed]
    return Group(*parts or [Text(f"{experiment}: no records yet; harness run {experiment}")])


def _accuracy(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], claims: Sequence[Claim]
) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = f"{experiment.title}: accuracy in % after T timesteps\n{PROFILE_WORDS[profile]}"
    caption = f"± half of a 95 % interval over seeds; {BLANK} beyond the arm’s T, or not published"
    table = Table(title=title, caption=caption, box=box.SIMPLE, title_justify="left", caption_justify="left")
    columns = columns_of(experiment)
    for heading in ("arm", "whose"):
        table.add_column(heading, overflow="fold")
    for heading in ("seeds", *(f"T={column}" for column in columns), "at last T", "paper"):
        table.add_column(heading, justify="right", no_wrap=True)
    for arm in experiment.arms:
        printed = [c for c in claims if c.kind == "value" and (c.experiment, c.arm) == (experiment.name, arm.name)]
        for source in sources:
            if (experiment.name, profile, arm.name) not in source.cells:
                continue
            done, planned = source.seeds(experiment.name, profile, arm.name)
            estimates = [source.estimate(experiment.name, profile, arm.name, t) for t in columns]
            last = source.estimate(experiment.name, profile, arm.name, arm.timesteps)
            table.add_row(
                arm.name,
                source.name,
                Text(f"{done}/{planned}", style="" if done >= planned else "yellow"),
                *(BLANK if e is None else f"{e.mean:.2f}" for e in estimates),
                BLANK if last is None else percent(last.mean, last.half_width),
                ", ".join(str(claim.value) for claim in printed) or BLANK,
            )
    return table


def claims_table(sources: Sequence[Source], experiments: Sequence[str] | None = None) -> "Table":
    """Every claim of all (or the named) experiments with its verdict, one line each."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    wanted = [c for c in load_claims() if experiments is None or c.experiment in experiments]
    table = Table(box=box.SIMPLE, title="Claims", title_justify="left")
    for heading in ("experiment", "claim", "profile", "published", "ours", "verdict", "why"):
        table.add_column(heading, overflow="fold")
    for row in claim_rows(sources, wanted):
        whose = row.profile if row.whose == "evidence" else f"{row.profile}, yours"
        verdict = Text(f"{row.sign} {row.words}", style=COLOURS[row.tone])
        cells = (row.experiment, row.statement, whose, row.published, row.ours)
        table.add_row(*(Text(cell) for cell in cells), verdict, Text(row.detail))
    return table
