"""One table in five formats: what a column makes of a value, and what each format escapes."""

import csv
import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.analysis.statistics import Interval
from harness.report.publish import GLOSSARY, _environment, _Explained
from harness.report.table import (
    Cell,
    Column,
    Kind,
    Link,
    Row,
    Table,
    Value,
    as_text,
    csv_text,
    human,
    latex,
    letter,
    markdown,
    short,
    terminal,
    tex,
)

HOSTILE = "=1+1 <script>alert(1)</script> [x](javascript:alert(1)) a|b 5 % U_T\nnext -2.5"
THREE = Interval((97.2, 97.5, 97.8), 97.5, 97.0, 98.0)
RECORDS = (Link("cyclic-2", 3, "e/lite/cyclic-2/seed-0003.json", "97.20 %"),)
TABLE = Table(
    "A title\nof two lines",
    (Column("arm"), Column("seeds", "seeds"), Column("T = 2", "interval"), Column("by", "number", signed=True)),
    (
        Row(
            (
                Cell("cyclic-2", small=("two steps",)),
                Cell((5, 5), opens=True),
                Cell(THREE, "not tuned, -1.00 apart"),
                Cell(-1.25),
            ),
            "a",
            "yours",
            records=RECORDS,
        ),
        Row((Cell("cyclic-2"), Cell((2, 5)), Cell(note="no mark on a blank"), Cell(None)), "a"),
        Row((Cell(HOSTILE), Cell(None), Cell("97.30"), Cell("-5")), "b", details=("Because of -0.5.",)),
    ),
    "Below -3.",
)


@pytest.mark.parametrize(
    ("kind", "value", "signed", "words", "plain"),
    [
        ("number", -1.25, False, "−1.25", "-1.25"),
        ("number", 1.25, True, "+1.25", "1.25"),
        ("interval", THREE, False, "97.50 ± 0.50", "97.50"),
        ("interval", Interval((), 99.0, 97.0, 100.0), False, "99.00 (97.00 to 100.00)", "99.00"),
        ("interval", Interval((), -1.0, -1.5, -0.5), True, "−1.00 (−1.50 to −0.50)", "-1.00"),
        ("interval", Interval((50.0, 51.0), 50.5), False, "50.00, 51.00", "50.50"),
        ("seeds", (4, 5), False, "4/5", "4/5"),
        ("verdict", "incomplete (4/5)", False, "… incomplete (4/5)", "incomplete (4/5)"),
        ("text", "-2.10 of cyclic-16, 1-2", False, "−2.10 of cyclic-16, 1-2", "'-2.10 of cyclic-16, 1-2"),
        ("text", None, False, "", ""),
    ],
)
def test_people_read_a_minus_sign_and_programs_a_hyphen(
    kind: Kind, value: Value, signed: bool, words: str, plain: str
) -> None:
    column = Column("x", kind, signed=signed)
    assert (column.words(value), column.plain(value)) == (words, plain)


def test_a_hyphen_that_is_no_minus_stays() -> None:
    said = "cyclic-16 at 1.6e-05, 2-14X, results/-1 and --seeds -1 (-2 to -1)"
    assert human(said) == "cyclic-16 at 1.6e-05, 2-14X, results/-1 and --seeds −1 (−2 to −1)"


def test_csv_makes_no_formula_of_a_text_and_keeps_numbers() -> None:
    rows = list(csv.reader(io.StringIO(csv_text(TABLE))))
    assert rows[0] == ["arm", "seeds", "T = 2", "by"]
    assert rows[1] == ["cyclic-2", "5/5", "97.50", "-1.25"]
    assert rows[3] == [f"'{HOSTILE}", "", "97.30", "-5"]
    for text in ("+1", "-1.5", "-"):
        assert Column("x").plain(text) == (text if text != "-" else "'-")
    assert Column("x").plain("@SUM(A1)") == "'@SUM(A1)"


def test_markdown_makes_no_html_and_no_link_of_a_text() -> None:
    text = markdown(TABLE)
    assert "| cyclic-2 (two steps) | 5/5 | 97.50 ± 0.50 (a) | −1.25 |" in text
    assert "| cyclic-2 | 2/5, incomplete |  |  |" in text
    assert "- a: not tuned, −1.00 apart" in text
    assert r"\<script>" in text
    assert r"\[x\](javascript:" in text
    assert r"a\|b" in text
    assert "Below −3." in text
    assert text.endswith("Because of −0.5.")
    assert as_text("a\n b") == "a b"


def test_latex_sets_text_literally_and_its_comment_ends_with_its_line() -> None:
    text = latex(TABLE)
    assert text.startswith("% A title of two lines; needs")
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    assert {line.count("&") for line in body.splitlines() if line.endswith(r"\\")} == {3}
    assert body.count(r"\midrule") == 2
    assert r"cyclic-2: two steps & 5/5 & 97.50 $\pm$ 0.50$^{a}$ & $-$1.25 \\" in body
    assert r" & 2/5 (incomplete) &  & " in body
    assert r"5 \% U\_T next $-$2.5" in body
    assert tex("50 % of U_T ≥ {x} § ±") == r"50 \% of U\_T $\ge$ \{x\} \S $\pm$"


def test_the_page_escapes_text_and_opens_records_in_place() -> None:
    template = _environment().from_string("{% from 'table.html' import shown with context %}{{ shown(table) }}")
    origin = SimpleNamespace(bases={"yours": "../local"})
    page = template.render(table=TABLE, origin=origin, explained=lambda table: table)
    assert '<details class="records"><summary>5/5</summary>' in page
    assert '<a href="../local/e/lite/cyclic-2/seed-0003.json">cyclic-2, seed 3</a> 97.20 %' in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert '<span class="again">cyclic-2</span>' in page


def test_a_terminal_takes_nothing_for_markup_and_drops_columns_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (Column("arm"), *(Column(f"T={t}", "number", 1, drop=drop) for t, drop in ((1, 2), (2, 1), (4, 0))))
    row = Row((Cell("[red]cyclic"), Cell(1.0), Cell(2.0), Cell(4.0)))
    every = ["T=1", "T=2", "T=4"]
    for width, terminals, kept in ((40, "1", every), (24, "1", ["T=1", "T=4"]), (19, "1", ["T=4"]), (19, "0", every)):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TTY_COMPATIBLE", terminals)  # 0: a pipe
        stream = io.StringIO()
        Console(width=40, file=stream, force_terminal=False).print(terminal(Table("t", columns, (row,))))
        head = next(line for line in stream.getvalue().splitlines() if "arm" in line)
        assert head.split()[1:] == kept
        assert "[red]cyclic" in stream.getvalue()


def test_counts_have_three_significant_digits_and_footnote_letters_go_on_after_z() -> None:
    counts = 0, 500, 999.6, 31360, 1.25e6, 2e9
    assert [*map(short, counts)] == ["0", "500", "1.00 k", "31.4 k", "1.25 M", "2.00 G"]
    assert [*map(letter, (0, 25, 26, 53))] == ["a", "z", "aa", "bb"]


def test_a_word_is_explained_below_the_first_table_that_uses_it() -> None:
    explained = _Explained()
    first, second = (explained(Table("", (Column("arm"), Column("above its ANN")), (), "Said.")) for _ in range(2))
    assert first.caption == f"Said. {GLOSSARY['arm']} {GLOSSARY['ANN']}"
    assert second.caption == "Said."
    assert explained(Table("", (Column("code"),), (Row((Cell("ttfs (graded)"),)),))).caption == GLOSSARY["graded"]
