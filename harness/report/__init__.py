"""From judged records to tables, figures and one page. Trains nothing and imports no torch."""

from harness.report.document import judged_claims, own_tables, results_table
from harness.report.publish import ReportResult, check, render
from harness.report.sources import Source, read

__all__ = [
    "ReportResult",
    "Source",
    "check",
    "judged_claims",
    "own_tables",
    "read",
    "render",
    "results_table",
]
