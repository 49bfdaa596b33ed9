"""One table, and its renderers for the page, Markdown, LaTeX, CSV and the terminal.

A table does not depend on records: columns define the format of their cells, cells hold values. Each format writes and
escapes them here. Negative numbers have a minus sign (−) for people, and a hyphen in CSV.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from harness.analysis.statistics import Interval
from harness.analysis.verdicts import VERDICTS
from harness.machine.console import no_formula, plain_console, printable

if TYPE_CHECKING:
    from rich.table import Table as RichTable

ROUNDING = 1e-9  # tolerance for the two halves of an interval that was not cut
UNITS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"))
HYPHEN = re.compile(r"(?<![\w.,/−-])-(?=\d)")  # of a negative number; in a name or a range it follows a character
MARKDOWN = re.compile(r"([\\|<\[\]*_`~])")
LATEX: Mapping[str, str] = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "×": r"$\times$", "—": "---",
    "§": r"\S", "≥": r"$\ge$", "≤": r"$\le$", "<": r"\textless{}", ">": r"\textgreater{}", "−": "$-$",
}  # fmt: skip
COLOURS = {"good": "green", "fair": "cyan", "bad": "red", "open": "yellow", "none": "dim"}

Kind = Literal["text", "number", "significant", "count", "interval", "seeds", "verdict"]
Value = str | float | Interval | tuple[int, int] | None


@dataclass(frozen=True)
class Column:
    """`title` heads the column (`heading` on the page, if shorter); `digits` are decimals, of "significant" and "count"
    all digits; `signed` numbers are differences and show a plus. `part` is the column's name in the page's style sheet.
    `drop`: a terminal that is too narrow leaves out the column with the lowest number first, but none with 0.
    """

    title: str
    kind: Kind = "text"
    digits: int = 2
    signed: bool = False
    heading: str = ""
    part: str = ""
    drop: int = 0

    @property
    def align(self) -> Literal["left", "right"]:
        """Numbers are aligned right."""
        return "left" if self.kind in ("text", "verdict") else "right"

    def words(self, value: Value) -> str:
        """A value as text for people."""
        if value is None:
            return ""
        if isinstance(value, str):
            return human(f"{VERDICTS[verdict_of(value)].sign} {value}" if self.kind == "verdict" else value)
        if isinstance(value, tuple):
            return f"{value[0]}/{value[1]}"
        return human(self._interval(value) if isinstance(value, Interval) else self._number(value))

    def _number(self, value: float) -> str:
        if self.kind == "count":
            return short(value, self.digits)
        if self.kind == "significant":
            return plain(value, f"#.{self.digits}g")
        return f"{value:{'+' if self.signed else ''}.{self.digits}f}"

    def _interval(self, value: Interval) -> str:
        """The mean ± half of its interval, or low to high if it was cut; below three seeds, the number of each."""
        if value.arms is None:
            return ", ".join(map(self._number, value.runs))
        below, above = value.arms
        if max(below, above) > ROUNDING and (self.signed or abs(above - below) > ROUNDING):
            return f"{self._number(value.mean)} ({self._number(value.low or 0.0)} to {self._number(value.high or 0.0)})"
        return f"{self._number(value.mean)}{spread(below, self.digits)}"

    def plain(self, value: Value) -> str:
        """A value as text for programs."""
        if value is None:
            return ""
        if isinstance(value, Interval):
            value = value.mean
        if isinstance(value, tuple):
            return f"{value[0]}/{value[1]}"
        if isinstance(value, str):
            return no_formula(value)
        return str(value) if isinstance(value, int) else f"{value:.{self.digits}f}"


@dataclass(frozen=True)
class Cell:
    """`value` None is a blank. `note` is a footnote on a number. `small` are further words in smaller type or in
    brackets. `opens`: on the page, a click on it opens the records of its row.
    """

    value: Value = None
    note: str = ""
    small: tuple[str, ...] = ()
    opens: bool = False


@dataclass(frozen=True)
class Link:
    """A record behind a row: its arm and seed, its path in its results folder, and its outcome."""

    arm: str
    seed: int
    place: str
    outcome: str


@dataclass(frozen=True)
class Row:
    """`group`: rows of one group follow each other, and the page names only the first. `kind` is the row's class on
    the page. `details` are sentences about the row: folded on the page, below the table in Markdown. `more` are shown
    on the page only. `records`: those behind its numbers, in the results folder called `kind`.
    """

    cells: tuple[Cell, ...]
    group: str = ""
    kind: str = ""
    key: str = ""
    details: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    records: tuple[Link, ...] = ()

    @classmethod
    def of(cls, *cells: "Cell | Value", **more: Any) -> "Row":
        """A row of cells and of bare values."""
        return cls(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells), **more)


@dataclass(frozen=True)
class Table:
    """The first column names the row. `style` is the table's class on the page; `caption` is printed below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    style: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Every footnote once, in reading order."""
        cells = (cell for row in self.rows for cell in row.cells if cell.note and cell.value is not None)
        return tuple(dict.fromkeys(cell.note for cell in cells))

    def mark(self, cell: Cell) -> str:
        """The footnote letter of a cell, or ""."""
        return letter(self.notes.index(cell.note)) if cell.note and cell.value is not None else ""

    def begins(self, place: int) -> bool:
        """Whether the row at `place` begins a group."""
        group = self.rows[place].group
        return place == 0 or not group or group != self.rows[place - 1].group

    def repeats(self, place: int) -> bool:
        """Whether the row at `place` has the group and the name of the one before it."""
        return not self.begins(place) and self.rows[place].cells[0].value == self.rows[place - 1].cells[0].value

    def only(self, *titles: str) -> "Table":
        """The table with these columns, in this order."""
        places = [next(i for i, column in enumerate(self.columns) if column.title == title) for title in titles]
        rows = (replace(row, cells=tuple(row.cells[place] for place in places)) for row in self.rows)
        return replace(self, columns=tuple(self.columns[place] for place in places), rows=tuple(rows))

    def without(self, title: str) -> "Table":
        """The table without this column."""
        return self.only(*(column.title for column in self.columns if column.title != title))


def spread(half_width: float, digits: int = 2) -> str:
    """The half-width after a mean; empty if all seeds have equal counts, for which ± 0.00 would be wrong.

    >>> spread(0.114), spread(0.003), spread(0.0)
    (' ± 0.11', ' ± 0.003', '')
    """
    if half_width <= ROUNDING:
        return ""
    fixed = f"{half_width:.{digits}f}"
    return f" ± {fixed if float(fixed) else f'{half_width:.1g}'}"


def human(text: str) -> str:
    """`text` with a minus sign in negative numbers."""
    return HYPHEN.sub("−", text)


def verdict_of(text: str) -> str:
    """The word of a verdict cell, without seeds in brackets."""
    return text.partition(" (")[0]


def letter(index: int) -> str:
    """a, b, …, z, aa, ab, …"""
    head = letter(index // 26 - 1) if index >= 26 else ""
    return head + "abcdefghijklmnopqrstuvwxyz"[index % 26]


def short(count: float, digits: int = 3) -> str:
    """A number of operations with that many significant digits: 31.4 k, 1.25 M; below a thousand without a unit."""
    for size, sign in UNITS:
        if float(f"{count:.{digits}g}") >= size:
            return plain(count / size, f"#.{digits}g") + sign
    return plain(count, f".{digits}g")


def plain(value: float, form: str) -> str:
    """`value` in that format, but without an exponent for large numbers, and without a point at its end."""
    text = format(value, form)
    return (f"{value:.0f}" if "e+" in text else text).removesuffix(".")


def as_text(words: str) -> str:
    """`words` on one line, escaped for Markdown: quoted errors may contain anything, also links and HTML."""
    return " ".join(MARKDOWN.sub(r"\\\1", words).split())


def tex(words: str) -> str:
    """`words` on one line, as LaTeX sets them literally."""
    return "".join(LATEX.get(sign, sign) for sign in " ".join(words.split()))


def markdown(table: Table) -> str:
    """Pipes, then footnotes, the caption, and the details of each row."""
    head = [column.title for column in table.columns]
    rows = [[_in_markdown(table, column, cell) for column, cell in _pairs(table, row)] for row in table.rows]
    lines = [[as_text(title) for title in head], ["---"] * len(head), *rows]
    parts = ["\n".join(f"| {' | '.join(line)} |" for line in lines)]
    parts += ["\n".join(f"- {letter(place)}: {as_text(human(note))}" for place, note in enumerate(table.notes))]
    parts += [as_text(human(table.caption))]
    for row in table.rows:
        if row.details:
            name = table.columns[0].words(row.cells[0].value)
            parts += [f"**{as_text(name)}**: {as_text(human(' '.join(row.details)))}"]
    return "\n\n".join(filter(None, parts))


def _pairs(table: Table, row: Row) -> Iterable[tuple[Column, Cell]]:
    return zip(table.columns, row.cells, strict=True)


def _in_markdown(table: Table, column: Column, cell: Cell) -> str:
    text = f"{column.words(cell.value)}{_incomplete(cell, ', incomplete')}"
    small = f" ({human('; '.join(cell.small))})" if cell.small else ""
    return as_text(text + small) + (f" ({mark})" if (mark := table.mark(cell)) else "")


def _incomplete(cell: Cell, words: str) -> str:
    """`words` if the cell is a number of seeds below the planned one, else empty."""
    return words if isinstance(cell.value, tuple) and cell.value[0] < cell.value[1] else ""


def latex(table: Table) -> str:
    """A booktabs table with a rule before each group, its footnotes and caption below it."""
    count = sum(column.align == "right" and column.kind != "seeds" for column in table.columns)
    lines = [
        f"% {' '.join(table.title.split())}; needs \\usepackage{{booktabs}}",
        rf"\begin{{tabular}}{{{'l' * (len(table.columns) - count)}{'r' * count}}}",
        r"\toprule",
        " & ".join(re.sub(r"^T = (\d+)$", r"$T=\1$", tex(column.title)) for column in table.columns) + r" \\",
    ]
    for place, row in enumerate(table.rows):
        cells = [_in_latex(table, column, cell) for column, cell in _pairs(table, row)]
        lines += [r"\midrule"] if table.begins(place) else []
        lines += [" & ".join(["", *cells[1:]] if table.repeats(place) else cells) + r" \\"]
    notes = "; ".join(f"$^{{{letter(place)}}}$ {tex(human(note))}" for place, note in enumerate(table.notes))
    below = " ".join(filter(None, (tex(human(table.caption)), f"{notes}." if notes else "")))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", rf"\par\smallskip{{\footnotesize {below}}}", ""])


def _in_latex(table: Table, column: Column, cell: Cell) -> str:
    text = f"{column.words(cell.value)}{_incomplete(cell, ' (incomplete)')}"
    words = ": ".join(filter(None, (text, "; ".join(cell.small))))
    return tex(human(words)) + (f"$^{{{mark}}}$" if (mark := table.mark(cell)) else "")


def csv_text(table: Table) -> str:
    """Comma-separated values; empty for a table without rows."""
    stream = io.StringIO()
    if table.rows:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([no_formula(column.title) for column in table.columns])
        writer.writerows([column.plain(cell.value) for column, cell in _pairs(table, row)] for row in table.rows)
    return stream.getvalue()


def terminal(table: Table) -> "RichTable":
    """The table for a terminal of this width, without footnotes and small words."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = _fitting(table, plain_console().width)  # in a pipe, all of them
    rendered = RichTable(
        title=Text(table.title), caption=Text(human(table.caption)) if table.caption else None, box=box.SIMPLE,
        padding=(0, 1, 0, 0), title_justify="left", caption_justify="left", title_style="",
    )  # fmt: skip
    for column in (table.columns[place] for place in shown):
        wraps = column.part in ("claim", "ours")
        rendered.add_column(
            Text(column.title), justify=column.align, overflow="fold" if wraps else "ellipsis", no_wrap=not wraps,
            min_width=20 if column.part == "claim" else None,
        )  # fmt: skip

    def text(row: Row, place: int) -> Text:
        column, cell = table.columns[place], row.cells[place]
        style = _incomplete(cell, "yellow")
        if column.kind == "verdict" and isinstance(cell.value, str):
            style = COLOURS[VERDICTS[verdict_of(cell.value)].tone]
        return Text(printable(column.words(cell.value)), style=style)

    for row in table.rows:
        rendered.add_row(*(text(row, place) for place in shown))
    return rendered


def _fitting(table: Table, width: int) -> list[int]:
    """The places of the columns that fit; the one with the lowest `drop` is left out first."""
    shown = list(range(len(table.columns)))

    def needed(place: int) -> int:
        column = table.columns[place]
        cells = (len(column.words(row.cells[place].value)) for row in table.rows)
        return 2 + max(len(column.title), *cells, 0)  # a space beside it, and one between columns

    for place in sorted((i for i in shown if table.columns[i].drop), key=lambda i: table.columns[i].drop):
        if 1 + sum(map(needed, shown)) > width:
            shown.remove(place)
    return shown
