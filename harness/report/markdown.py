"""report.md: the same report for readers who have no browser at hand."""

from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.differences import PAIRED, TRAINING
from harness.analysis.verdicts import VERDICTS
from harness.report.claim_by_claim import paragraph
from harness.report.claim_rows import ClaimRow
from harness.report.costs import CAPTION
from harness.report.document import Document
from harness.report.environment import as_text, environment
from harness.report.findings import findings_list
from harness.report.tables import BLANK, Row, Table, letter

CLAIM_COLUMNS = (
    "claim", "source", "profile", "whose", "published", "ours", "interval", "after balancing", "best on test",
    "seeds", "verdict", "margin", "decided by", "why", "also", "comparability",
)  # fmt: skip


def markdown(document: Document) -> str:
    """The report as one Markdown file; figures are links to the SVG files beside it."""
    text = (
        environment()
        .get_template("report.md")
        .render(
            document=document,
            findings=findings_list(document.findings, as_text),
            words={word: verdict.means for word, verdict in VERDICTS.items()},
            costs_caption=CAPTION,
            paired_caption=PAIRED,
            training_caption=TRAINING,
            claim_columns=CLAIM_COLUMNS,
            claim_cells=_claim_cells,
            paragraph=paragraph,
            pipes=_pipes,
            table=_table,
        )
    )
    return _spaced(text)


def _spaced(text: str) -> str:
    """Never more than one empty line."""
    lines = text.strip().split("\n")
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept) + "\n"


def _claim_cells(rows: Sequence[ClaimRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            f"{row.experiment}: {row.statement}",
            row.where,
            row.profile,
            row.whose,
            row.published,
            row.ours,
            row.interval,
            row.before,
            row.optimism,
            row.seeds,
            f"{row.sign} {row.words}",
            row.margin,
            row.test,
            row.why,
            " ".join(row.also),
            row.comparability,
        )


def _table(table: Table, before: str) -> str:
    verified = ("verified",) if table.verified else ()
    head = ("arm", "whose", "seeds", *(f"{before}{column}" for column in table.columns), *verified)
    rows = [tuple(_row(table, row)) for row in table.rows]
    template = environment().get_template("table.md")
    return template.render(pipes=_pipes, head=head, rows=rows, notes=table.footnotes, letter=letter).strip()


def _row(table: Table, row: Row) -> Iterator[str]:
    notes = "; ".join(filter(None, (row.words, row.note, row.elsewhere)))
    yield row.name + (f" ({notes})" if notes else "")
    yield row.whose
    yield row.seeds if row.complete else f"{row.seeds}, incomplete"
    for entry in row.entries:
        mark = table.mark(entry)
        yield entry.text + (f" ({mark})" if mark else "")
    if table.verified:
        yield row.verified


def _pipes(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(as_text(cell) or BLANK for cell in line) + " |" for line in lines)
