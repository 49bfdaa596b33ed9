"""Write simulations.md: how often intervals cover and verdicts err on simulated test sets. Takes about a minute.

python docs/simulations.py
"""

from collections.abc import Iterator
from pathlib import Path

from harness.analysis.coverage import Coverage, ErrorRates, coverage_table, error_table

PLACE = Path(__file__).with_name("simulations.md")


def coverage_row(row: Coverage) -> str:
    """One design: shares of draws in which each interval covers."""
    rates = (row.sampled, row.fixed, row.prediction, row.seeds_only)
    return f"| {row.design.seeds} | {row.design.share:.0%} | " + " | ".join(f"{rate:.1%}" for rate in rates) + " |"


def error_row(row: ErrorRates) -> str:
    """One design: shares of draws with a wrong verdict."""
    rates = (row.exact, row.one_run, row.ordering)
    return f"| {row.design.seeds} | {row.design.share:.0%} | " + " | ".join(f"{rate:.1%}" for rate in rates) + " |"


def text(coverage: tuple[Coverage, ...], errors: tuple[ErrorRates, ...]) -> str:
    """Both tables in Markdown."""
    return "\n".join(_lines(coverage, errors)) + "\n"


def _lines(coverage: tuple[Coverage, ...], errors: tuple[ErrorRates, ...]) -> Iterator[str]:
    yield "How often a 95 % interval covers what it is an interval of:"
    yield ""
    yield "| seeds | share | seeds and images | seeds, images fixed | one more run | seeds alone |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from map(coverage_row, coverage)
    yield ""
    yield "How often a verdict is wrong:"
    yield ""
    yield "| seeds | share | reproduced, number exact | reproduced, number one run | an ordering where there is none |"
    yield "| --- | --- | --- | --- | --- |"
    yield from map(error_row, errors)


if __name__ == "__main__":
    PLACE.write_text(text(coverage_table(), error_table()), encoding="utf-8")
