"""One experiment for spreadsheets (CSV, long form) and for papers (LaTeX with booktabs)."""

import csv
import io
from collections.abc import Iterator, Sequence

from harness.catalogue.claims import Claim
from harness.report.document import Section
from harness.report.environment import environment, escaped
from harness.report.sources import Source
from harness.report.tables import BLANK, Entry, Row, Table, letter

CSV_COLUMNS = (
    "experiment", "profile", "judged", "arm", "title", "whose", "timestep",
    "accuracy", "half_width", "seeds_done", "seeds_planned", "note",
)  # fmt: skip


def csv_text(sections: Sequence[Section], sources: Sequence[Source], claims: Sequence[Claim]) -> str:
    """Every timestep of every arm of one experiment, ours and published; a blank number says why in `note`."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for section in sections:
        writer.writerows(_published(section, claims))
        for source in sources:
            writer.writerows(_measured(section, source))
    return stream.getvalue()


def _published(section: Section, claims: Sequence[Claim]) -> Iterator[tuple[object, ...]]:
    name, judged = section.experiment.name, _judged(section)
    for claim in claims:
        if claim.experiment == name and (claim.prints or claim.kind == "context"):
            whose = "paper" if claim.prints else "published"
            step = claim.timestep or ""
            note = "; ".join(filter(None, (claim.source, claim.note)))
            arm, title = claim.arm or "", claim.label or claim.arm
            yield name, section.profile, judged, arm, title, whose, step, claim.value, "", "", "", note


def _measured(section: Section, source: Source) -> Iterator[tuple[object, ...]]:
    name, profile = section.experiment.name, section.profile
    for arm in section.experiment.arms:
        if not source.expects(section.experiment, profile, arm.name):
            continue
        done, planned = source.seeds(name, profile, arm.name)
        head = (name, profile, _judged(section), arm.name, arm.title, source.name)
        curve = source.estimates.get((name, profile, arm.name), ())
        if not curve:
            yield (*head, arm.timesteps, "", "", done, planned, source.why_missing(name, profile, arm.name))
        note = "" if done >= planned else "incomplete"
        for step, estimate in enumerate(curve, start=1):
            width = "" if estimate.half_width is None else f"{estimate.half_width:.4f}"
            yield (*head, step, f"{estimate.mean:.4f}", width, done, planned, note)


def _judged(section: Section) -> str:
    return "no" if section.profile == "smoke" else "yes"


def latex(sections: Sequence[Section]) -> str:
    """One booktabs table a profile, with its blanks explained below it."""
    return "\n".join(_latex_table(section) for section in sections)


def _latex_table(section: Section) -> str:
    table = section.table
    template = environment().get_template("table.tex")
    return template.render(section=section, table=table, rows=list(_latex_rows(table)), letter=letter)


def _latex_rows(table: Table) -> Iterator[tuple[list[str], bool]]:
    """The cells of each row, and whether a rule stands before it: at every new arm, and before what is published."""
    arm = None
    for row in table.rows:
        new = row.arm != arm and (row.whose != "published" or arm is None or not arm.startswith("published"))
        words = ": ".join(filter(None, (row.name, row.words, row.elsewhere)))
        title = "" if row.arm == arm else escaped(words)
        arm = row.arm if row.whose != "published" else f"published {row.arm}"
        yield [title, row.whose, _seeds(row), *(_entry(table, entry) for entry in row.entries)], new


def _seeds(row: Row) -> str:
    return row.seeds if row.complete else f"{row.seeds} (incomplete)"


def _entry(table: Table, entry: Entry) -> str:
    mark = table.mark(entry)
    return escaped(entry.text or BLANK) + (f"$^{{{mark}}}$" if mark else "")
