"""From judged records to tables, figures and one page. Trains nothing and imports no torch."""

from harness.report.document import in_terminal, results_table
from harness.report.publish import ReportResult, check, render
from harness.report.sources import Source, read

__all__ = [
    "ReportResult",
    "Source",
    "check",
    "in_terminal",
    "read",
    "render",
    "results_table",
]
