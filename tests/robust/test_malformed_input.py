"""Malformed commands and claims files: one line that says what is wrong, exit code 2, no traceback."""

from pathlib import Path

import pytest

from harness.catalogue.claims import read_claims
from harness.errors import HarnessError
from harness.papers.dct_snn.paper import CLAIMS, PAPER
from tests.robust.command import main


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


COMMANDS = (
    ("run", "quickstart", "--seeds", "0"), ("run", "quickstart", "--seeds", "-1"),
    ("run", "quickstart", "--seeds", "x"),
    ("run", "quickstart", "--seeds", "99999999999999999999"), ("run", "quickstart", "--seeds", "1e3"),
    ("run", ""), ("run", "../quickstart"), ("run", "quickstart\n"), ("run", "x" * 5000), ("run", "\udcff"),
    ("run", "quickstart", "--profile", ""), ("run", "quickstart", "--profile", "SMOKE"),
    ("run", "quickstart", "--arm", ""), ("run", "quickstart", "--arm", "../.."),
    ("run", "quickstart", "--encoder", ""), ("run", "quickstart", "--encoder", "os:system"),
    ("run", "quickstart", "--device", ""), ("run", "quickstart", "--device", "cuda:99"),
    ("run", "quickstart", "--kernel", "Numba"),
    ("run", "quickstart", "--profile", "smoke", "--results-dir", "/proc/none"),
    ("run", "quickstart", "--profile", "smoke", "--results-dir", "/dev/null"),
    ("run", "quickstart", "--profile", "smoke", "--results-dir", "x" * 300),
    ("run", "mnist-784-100-10", "--data-dir", "/dev/null"), ("run", "mnist-784-100-10", "--data-dir", "\udcff"),
    ("run",), ("run", "quickstart", "extra"), ("run", "quickstart", "--no-such-option"),
    ("verify",), ("verify", ""), ("verify", "quickstart"), ("verify", "/dev/null"), ("verify", "/dev/zero"),
    ("verify", "a/b/c/99999999999"), ("verify", "x" * 5000), ("verify", "\udcff/b/c/0"), ("verify", "."),
    ("status", "nothing"), ("status", "--results-dir"), ("status", "a", "b"),
    ("report", "nothing"), ("report", "--out"), ("show", ""), ("show", "\x1b[31m"),
    ("status", "quickstart", "--results-dir", "x" * 300), ("report", "--results-dir", "x" * 300),
    ("report", "--evidence-dir", "none"), ("report", "nothing", "--check"),
    ("encoders", "show", "dct", "--out", "."), ("encoders", "probe", "dct", "--out", ".."),
    ("run", "quickstart", "--profile", "smoke", "--results-dir", "/proc/self/cwd/\x00"),
    ("encoders", "check", ""), ("encoders", "check", "\udcff"), ("encoders", "nothing"), ("nothing",),
)  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda words: ascii(" ".join(words))[:40])
def test_malformed_commands_exit_with_2_and_no_traceback(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    code, said = main(monkeypatch, *arguments)
    assert code == 2, said
    assert "Traceback" not in said
    assert len([line for line in said.splitlines() if line.startswith("error: ")]) <= 1
