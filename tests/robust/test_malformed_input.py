"""Malformed claims files: one line that says what is wrong. Commands: `tools.hostile`."""

from pathlib import Path

import pytest

from harness.catalogue.claims import read_claims
from harness.errors import HarnessError
from harness.papers.dct_snn.paper import CLAIMS, PAPER


@pytest.mark.parametrize("number", range(3))
def test_malformed_claims_files_are_one_line(tmp_path: Path, number: int) -> None:
    lines = CLAIMS.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#"))  # a comment may hold anything
    refused = []
    for at in range(number, len(text), len(text) // 12):
        kinds = (text[:at] + '"', text[:at] + "\x00" + text[at:], text[:at] + "\n[[claim]]\nid = 3\n" + text[at:])
        (tmp_path / "claims.toml").write_text(kinds[number])
        try:
            read_claims(tmp_path / "claims.toml", PAPER.experiments, PAPER.test_images)
        except HarnessError as error:
            refused.append(str(error))
    assert len(refused) >= 10
    assert all("claims" in line for line in refused)
