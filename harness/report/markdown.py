"""report.md: the same report for readers who have no browser at hand."""

from collections.abc import Iterable, Iterator, Sequence

from harness.report.claim_rows import ClaimRow
from harness.report.costs import CAPTION, Costs
from harness.report.document import Document, Section
from harness.report.tables import BLANK, Row, Table, letter

INTRODUCTION = """# Does the published accuracy come out again?

Rendered from records by `harness report`; every number can be followed to the files it was counted in.
± is half of a 95 % interval of the mean over seeds, from three seeds up. A margin is 5 % of the published error, at
least 0.1 and at most 1.0 points. The words of the verdicts are explained below.
"""
WORDS = {
    "reproduced": "our mean is equivalent to the published number, within the margin (two one-sided tests)",
    "within prediction": "not equivalent, but the published number is one that our next run could well give",
    "higher": "our whole 95 % interval lies above the published number and its margin: it did not come out",
    "lower": "our whole 95 % interval lies below the published number and its margin: it did not come out",
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


def markdown(document: Document) -> str:
    """The report as one Markdown file; figures are links to the SVG files beside it."""
    parts = [INTRODUCTION, "## Claims", _tally(document), _claims(document.claims)]
    for section in document.sections:
        parts.append(_section(section))
    if document.not_run:
        parts += ["## Not run yet", _not_run(document)]
    if document.encoder is not None:
        parts += ["## The encoder’s picture", f"![{document.encoder.alternative}]({document.encoder.name}.svg)"]
    parts += ["## Problems", _problems(document)]
    parts += ["## How to read a verdict", "\n".join(f"- **{word}**: {text}" for word, text in WORDS.items())]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _tally(document: Document) -> str:
    judged = sum(count for *_, count in document.tally)
    counts = ", ".join(f"{count} {word}" for word, _, _, count in document.tally)
    return f"{judged} judgements of the evidence: {counts}." if judged else "No claim of the paper is concerned."


def _claims(rows: Sequence[ClaimRow]) -> str:
    if not rows:
        return "None."
    head = (
        "claim", "source", "profile", "whose", "published", "ours", "interval", "after balancing", "best on test",
        "seeds", "verdict", "margin", "decided by", "why", "also", "comparability",
    )  # fmt: skip
    cells = (
        (
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
        for row in rows
    )
    return _pipes(head, cells)


def _section(section: Section) -> str:
    experiment = section.experiment
    parts = [
        f"## {experiment.title} ({section.profile})",
        f"`{experiment.name}` · {experiment.source} · {experiment.dataset} · **{section.label}**",
        _accuracy(section.table),
        *([_costs(section.costs)] if section.costs else []),
        *(f"![{picture.alternative}]({picture.name}.svg)" for picture in section.pictures),
    ]
    if section.deviations:
        parts.append("Deviations of the profile:\n\n" + "\n".join(f"- {text}" for text in section.deviations))
    parts.append("Records:\n\n" + "\n".join(_records(section)))
    return "\n\n".join(parts)


def _records(section: Section) -> Iterator[str]:
    for arm in section.records:
        links = ", ".join(f"[seed {seed}]({link}) {_safe(text)}" for seed, _, _, link, text in arm.files)
        yield f"- {arm.arm} ({arm.whose}): {links}"


def _accuracy(table: Table) -> str:
    head = [f"T = {column}" for column in table.columns]
    return f"Accuracy in percent after T timesteps.\n\n{_table(head, table)}"


def _costs(costs: Costs) -> str:
    head = [str(column) for column in costs.table.columns]
    return f"{CAPTION}.\n\n{_table(head, costs.table)}\n\n{_safe(costs.words)}"


def _table(head: Sequence[str], table: Table) -> str:
    text = _pipes(("arm", "whose", "seeds", *head), (_row(table, row) for row in table.rows))
    notes = "\n".join(f"- {letter(index)}: {_safe(note)}" for index, note in enumerate(table.footnotes))
    return f"{text}\n\n{notes}".strip()


def _row(table: Table, row: Row) -> Iterator[str]:
    notes = "; ".join(filter(None, (row.note, row.elsewhere)))
    yield row.title + (f" ({notes})" if notes else "")
    yield row.whose
    yield row.seeds if row.complete else f"{row.seeds}, incomplete"
    for entry in row.entries:
        mark = table.mark(entry)
        yield entry.text + (f" ({mark})" if mark else "")


def _not_run(document: Document) -> str:
    lines = (f"- {e.title}: `harness run {e.name}` ({e.source})" for e in document.not_run)
    return "\n".join(lines)


def _problems(document: Document) -> str:
    if not document.problems:
        return "None: every file was read, every cell finished."
    return "\n".join(f"- {whose}: {_safe(problem)}" for whose, problem in document.problems)


def _pipes(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_safe(cell) or BLANK for cell in line) + " |" for line in lines)


def _safe(text: str) -> str:
    """`text` on one line, where Markdown takes it as text: errors may quote anything."""
    for sign in ("\\", "|", "<", "[", "]", "*", "_", "`"):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
