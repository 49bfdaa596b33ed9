"""The claims table: every row with one reason, and every judged one with its margin and the test that decided."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.analysis.verdicts import VERDICTS
from harness.report.claim_rows import claim_rows
from harness.report.sources import read
from harness.report.tables import BLANK

from .campaigns import CATALOGUE, Campaign


@pytest.fixture(scope="module")
def listed(everything: Campaign, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What `harness report --json` says of the evidence."""
    out = tmp_path_factory.mktemp("json")
    evidence = str(everything.evidence)
    folders = ("--evidence-dir", evidence, "--results-dir", evidence, "--out", str(out / "r"))
    done = CliRunner().invoke(cli.app, ["report", "--json", *folders])
    assert done.exit_code == 0, done.stderr
    claims: list[dict[str, Any]] = json.loads(done.stdout)["claims"]
    return claims


def test_every_claim_is_listed_with_its_kind(listed: list[dict[str, Any]]) -> None:
    assert {(c["id"], c["kind"]) for c in listed} == {(c.id, c.kind) for c in CATALOGUE.claims if c.kind != "context"}
    assert "no records" in {c["verdict"] for c in listed}


def test_every_judged_claim_has_a_margin(listed: list[dict[str, Any]]) -> None:
    judged = [c for c in listed if VERDICTS[c["verdict"]].answers]
    assert {c["kind"] for c in judged} >= {"value", "ordering", "agreement"}
    assert [c["id"] for c in judged if c["margin"] is None] == []


def test_every_row_has_one_reason_and_every_judged_one_what_decided_it(everything: Campaign) -> None:
    rows = claim_rows(read(everything.evidence, None, CATALOGUE), CATALOGUE.claims)
    assert [row.id for row in rows if not row.why or row.why == BLANK] == []
    judged = [row for row in rows if VERDICTS[row.verdict].answers]
    assert [row.id for row in judged if BLANK in (row.margin, row.test)] == []
