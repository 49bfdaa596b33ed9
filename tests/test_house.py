"""A file is named after its subject."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["utils.py", "util.py", "helpers.py", "helper.py", "misc.py", "common.py"])
def test_a_file_is_named_after_what_it_holds(name: str) -> None:
    found = [
        path for folder in ("encoders", "harness", "bench", "tools", "tests") for path in (ROOT / folder).rglob(name)
    ]
    assert found == []
