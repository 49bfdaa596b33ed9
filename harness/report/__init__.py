"""From judged records to what people read: tables, figures, one page. Trains nothing and imports no torch."""

from harness.report.compare import Comparison, compare
from harness.report.render import Folders, ReportResult, check, render
from harness.report.terminal import claims_table, terminal_table

__all__ = ["Comparison", "Folders", "ReportResult", "check", "claims_table", "compare", "render", "terminal_table"]
