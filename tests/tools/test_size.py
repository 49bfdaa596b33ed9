"""The size of the program: counted on three files that a reader can count."""

import pytest

from tools.size import figures, main


def test_a_small_tree_is_counted_and_the_working_tree_printed(capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "harness/a.py": "from harness import b\n\n\ndef one() -> int:\n    return b.TWO\n",
        "harness/b.py": "TWO = 2\n",
        "tests/test_a.py": "from harness.a import one\n",
    }
    found = figures(files)
    assert found["program"] == "6 lines, 2 files"
    assert found["tests"] == "1 lines, 1 files"
    assert found["import lines of the program"] == "16.7%"
    assert found["modules with one importer"] == "1, 1 of them under 120 lines"
    main([])
    assert "working tree" in capsys.readouterr().out
