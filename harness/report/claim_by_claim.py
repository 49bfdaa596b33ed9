"""One paragraph a claim: what was published, what came out, what explains a difference, and what remains open."""

from harness.analysis.verdicts import VERDICTS
from harness.report.claim_rows import ClaimRow
from harness.report.tables import BLANK


def paragraph(row: ClaimRow) -> str:
    """The claim of a row in a few sentences."""
    sentences = [_published(row), _came_out(row), row.why, _untrained(row), *row.also, f"Open: {still_open(row)}."]
    return " ".join(filter(None, sentences))


def still_open(row: ClaimRow) -> str:
    """What the records leave unanswered, in words."""
    verdict = VERDICTS[row.verdict]
    if verdict.leaves:
        return verdict.leaves
    if verdict.missed and row.reading:
        return "whether the paper's numbers were made with that reading"
    count = len(row.deviations)
    if verdict.missed and row.undone:
        rest = count - len(row.undone)
        if not rest:
            return "what explains what is left; no deviation does"
        return f"whether {_deviations(rest, 'other ')} explain{'s' if rest == 1 else ''} what is left; no run tells"
    if verdict.missed and count:
        return f"whether {_deviations(count)} explain{'s' if count == 1 else ''} the difference; no run tells"
    return f"whether {_deviations(count)} matter{'s' if count == 1 else ''}" if count else "nothing"


def _published(row: ClaimRow) -> str:
    if row.published == BLANK:
        return f"Claimed in {row.where}."
    return f"Published in {row.where}: {row.published}."


def _came_out(row: ClaimRow) -> str:
    if row.ours == BLANK:
        return f"Verdict: {row.verdict}."
    seeds = f"; {row.seeds} seeds, {row.profile} profile" if row.seeds != BLANK else ""
    return f"Ours: {row.ours} ({row.interval}{seeds}). Verdict: {row.verdict}."


def _untrained(row: ClaimRow) -> str:
    """What fine-tuning did to the number, where the record tells what it was before."""
    if row.before == BLANK or row.ours == BLANK:
        return ""
    unit = "points" if "points" in row.ours else "%"
    return f"Straight after balancing, before any fine-tuning, it was {row.before} {unit}."


def _deviations(count: int, which: str = "") -> str:
    return f"{count} {which}deviations" if count > 1 else f"the one {which}deviation"
