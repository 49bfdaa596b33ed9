"""report.md: the same report for readers who have no browser at hand."""

from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.differences import CAPTION as PAIRED
from harness.analysis.training import CAPTION as TRAINING
from harness.report.claim_by_claim import paragraph
from harness.report.claim_rows import ClaimRow
from harness.report.costs import CAPTION
from harness.report.document import Document
from harness.report.environment import as_text, environment
from harness.report.findings import findings_list
from harness.report.tables import BLANK, Row, Table, letter

WORDS = {
    "reproduced": "our mean is equivalent to the published number, within the margin (two one-sided tests)",
    "within prediction": "not equivalent, but the published number is one that our next run could well give",
    "higher": "our next run could not give it, and our whole 95 % interval lies above it and its margin",
    "lower": "our next run could not give it, and our whole 95 % interval lies below it and its margin",
    "sign and size": "an ordering whose sign is right, and whose size agrees with the published one",
    "sign only": "an ordering whose sign is right, and whose size is shown to differ from the published one",
    "holds": "an ordering that is published without a size, and whose sign is right",
    "no difference": "an ordering whose two arms are equivalent, within the margin",
    "contradicted": "an ordering whose sign is wrong",
    "inconclusive": "the seeds are too few, or spread too far, to tell",
    "incomplete": "a planned seed is missing or failed; nothing is averaged away",
    "stale": "computed by code whose results are not shown to equal today’s, or by another recipe",
    "not comparable": "the profile may not judge a claim of this kind",
    "no records": "nobody has run it yet",
}


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
            words=WORDS,
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
    second = ("second simulator",) if table.rechecked else ()
    head = ("arm", "whose", "seeds", *(f"{before}{column}" for column in table.columns), *second)
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
    if table.rechecked:
        yield row.second


def _pipes(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(as_text(cell) or BLANK for cell in line) + " |" for line in lines)
