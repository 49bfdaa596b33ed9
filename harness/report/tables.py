"""Tables as data, before any format: rows paper / evidence / yours / published, one column a timestep.

A blank always carries its reason; a format shows it as a footnote.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.catalogue import Arm, Experiment
from harness.catalogue.claims import Claim
from harness.config import ProfileName
from harness.report.intervals import Estimate
from harness.report.sources import Source

COLUMNS: tuple[int, ...] = (1, 2, 4, 5, 8, 16, 24, 48)
Whose = Literal["paper", "evidence", "yours", "published"]
BLANK = "—"
NOT_PRINTED = "the paper prints no number here"
BEYOND = "beyond the arm’s last timestep"
OTHER_TIME = "another code’s number, printed for its own number of timesteps"
NO_TIME = "another code’s number, printed without its number of timesteps"
OWN_TIME = "the paper’s own number, printed for another number of timesteps"
FEW_SEEDS = "fewer than three seeds: the figure of each, and no interval"


@dataclass(frozen=True)
class Entry:
    """One number of a table as text, or a blank; `reason` explains a blank or qualifies a number."""

    text: str = BLANK
    value: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One arm as one source has it; `title` says what the arm is. `seeds` is "5/5", empty where seeds make no sense.

    `elsewhere` is a published number whose timestep has no column, in words. `verified`: what verifications of
    the arm's cells gave, empty where there are none.
    """

    arm: str
    title: str
    whose: Whose
    seeds: str
    complete: bool
    entries: tuple[Entry, ...]
    note: str = ""
    elsewhere: str = ""
    verified: str = ""

    @property
    def name(self) -> str:
        """What the row is called: the arm's one name, or whose number a published row is."""
        return self.title if self.whose == "published" else self.arm

    @property
    def words(self) -> str:
        """What the arm is, where that says more than its name."""
        return "" if self.title == self.name else self.title


@dataclass(frozen=True)
class Table:
    """One experiment at one profile: `columns` are timesteps or titles, and every row has one entry for each."""

    experiment: str
    profile: ProfileName
    columns: tuple[int, ...] | tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def footnotes(self) -> tuple[str, ...]:
        """Every reason in the table, once, in reading order."""
        reasons = [entry.reason for row in self.rows for entry in row.entries if entry.reason]
        return tuple(dict.fromkeys(reasons))

    @property
    def verified(self) -> bool:
        """Whether a cell of any arm was verified: the table then has a column for it."""
        return any(row.verified for row in self.rows)

    def mark(self, entry: Entry) -> str:
        """The footnote letter of an entry, or nothing."""
        return letter(self.footnotes.index(entry.reason)) if entry.reason else ""


def letter(index: int) -> str:
    """a, b, …, z, aa, ab, …"""
    head = letter(index // 26 - 1) if index >= 26 else ""
    return head + "abcdefghijklmnopqrstuvwxyz"[index % 26]


def columns_of(experiment: Experiment) -> tuple[int, ...]:
    """The timesteps that readers of the field ask for, and every arm's own last one."""
    last = {arm.timesteps for arm in experiment.arms}
    if len(last) > 4:  # many lengths (one for each number of frequencies): the common grid suffices
        last = {max(last)}
    return tuple(sorted({t for t in COLUMNS if t <= max(last)} | last))


def accuracy_table(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], claims: Sequence[Claim]
) -> Table:
    """The table of one experiment at one profile; `sources` are evidence and, where there are any, yours.

    Evidence has a row for every arm of the plan; yours for the arms that you have run or added.
    """
    own = [claim for claim in claims if claim.experiment == experiment.name]
    columns = columns_of(experiment)
    rows: list[Row] = []
    for arm in experiment.arms:
        if arm.in_paper and any(claim.prints and claim.arm == arm.name for claim in own):
            rows.append(_paper_row(arm, columns, own))
        run = [s for s in sources if (experiment.name, profile, arm.name) in s.cells]
        shown = [s for s in sources if s in run or (s.name == "evidence" and s.expects(experiment, profile, arm.name))]
        rows += [_our_row(experiment, profile, arm, source, columns) for source in shown]
    rows += _published_rows(own, columns)
    return Table(experiment.name, profile, columns, tuple(rows))


def _paper_row(arm: Arm, columns: tuple[int, ...], claims: Sequence[Claim]) -> Row:
    printed = {c.timestep: c for c in claims if c.prints and c.arm == arm.name}
    entries = tuple(
        Entry(str(printed[t].value), printed[t].published)
        if t in printed
        else Entry(reason=NOT_PRINTED if t <= arm.timesteps else BEYOND)
        for t in columns
    )
    note = "; ".join(dict.fromkeys(claim.source for claim in printed.values()))
    return Row(arm.name, arm.title, "paper", "", True, entries, note)


def _our_row(experiment: Experiment, profile: ProfileName, arm: Arm, source: Source, columns: tuple[int, ...]) -> Row:
    done, planned = source.seeds(experiment.name, profile, arm.name)
    missing = source.why_missing(experiment.name, profile, arm.name)
    entries = tuple(
        _entry(source.estimate(experiment.name, profile, arm.name, t), missing)
        if t <= arm.timesteps
        else Entry(reason=BEYOND)
        for t in columns
    )
    note = "" if arm.in_paper else "control, not in the paper"
    verified = source.verified(experiment.name, profile, arm.name)
    return Row(arm.name, arm.title, source.name, f"{done}/{planned}", done >= planned, entries, note, verified=verified)


def _entry(estimate: Estimate | None, missing: str) -> Entry:
    if estimate is None:
        return Entry(reason=missing)
    reason = FEW_SEEDS if estimate.low is None else ""
    return Entry(str(estimate), estimate.mean, reason)


def _published_rows(claims: Sequence[Claim], columns: tuple[int, ...]) -> Iterator[Row]:
    for claim in claims:
        if claim.kind != "context" or claim.prints:
            continue
        place = f" at T = {claim.timestep}" if claim.timestep else ", timesteps not reported"
        own = Entry(str(claim.value), claim.published)
        theirs = NO_TIME if claim.timestep is None else OTHER_TIME
        other = Entry(reason=theirs if claim.judged_as is None else OWN_TIME)
        entries = tuple(own if t == claim.timestep else other for t in columns)
        elsewhere = "" if claim.timestep in columns else f"{claim.value}{place}"
        note = "; ".join(filter(None, (claim.source, claim.note)))
        yield Row(claim.id, str(claim.label), "published", "", True, entries, note, elsewhere)
