"""What a paper's records say, in sentences: a module for each question, and all of them in order."""

from harness.papers.dct_snn.findings.in_order import findings

__all__ = ["findings"]
