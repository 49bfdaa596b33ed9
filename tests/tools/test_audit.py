"""The second reader finds README's numbers in the raw records, and a changed digit in README."""

from pathlib import Path

import pytest

from tools.audit import ROOT, main


@pytest.mark.slow
def test_the_numbers_of_readme_are_those_of_the_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out
    text = (ROOT / "README.md").read_text("utf-8")
    for number, other in (
        ("10.2 published", "10.3 published"),
        ("above interleaved", "below interleaved"),
        ("1. On", "On"),
    ):
        assert number in text
        (tmp_path / "README.md").write_text(text.replace(number, other), encoding="utf-8")
        assert main([str(tmp_path / "README.md")]) == 1, other
    assert "DIFFERS" in capsys.readouterr().out


def test_it_shares_no_code_with_the_program() -> None:
    text = (ROOT / "tools/audit.py").read_text("utf-8")
    assert "import harness" not in text
    assert "from harness" not in text
