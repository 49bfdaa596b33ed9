"""Encoders by name: built-in ones, plug-ins from installed packages, and broken ones, listed with the reason."""

from pathlib import Path
from typing import Any

import pytest

from encoders import create, names, registry
from encoders.base import EncoderError
from encoders.registry import BUILTIN, Row, describe, origin

GOOD = "from encoders.direct import Direct as Fine\n"


def install(site: Path, package: str, version: str, entries: dict[str, str], source: str) -> None:
    """What pip leaves behind: a module and its package's metadata."""
    (site / f"{package}_module.py").write_text(source)
    facts = site / f"{package}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = [f"{name} = {package}_module:{attribute}" for name, attribute in entries.items()]
    (facts / "entry_points.txt").write_text("\n".join(["[dct_snn.encoders]", *lines]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def row(name: str) -> Row:
    [found] = [r for r in describe() if r.name == name and r.origin != "built-in"]
    return found


def test_every_built_in_encoder_describes_itself() -> None:
    rows = {r.name: r for r in describe() if r.origin == "built-in"}
    assert list(rows) == list(BUILTIN)
    assert all(r.broken is None and r.info == create(name).info and r.info.source for name, r in rows.items())


def test_a_plugin_is_listed_with_package_and_version(site: Path) -> None:
    install(site, "acme", "2.5", {"acme": "Fine"}, GOOD)
    assert "acme" in names()
    assert origin("acme") == row("acme").origin == "acme 2.5"
    assert row("acme").info == create("acme").info == create("direct").info


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module_at_all\n", "no_such_module_at_all"),
        ("raise SystemExit(3)\n", "SystemExit(3)"),
        ("Other = 1\n", "no attribute 'Fine'"),
        ("def Fine(): return 'no encoder'\n", "no attribute 'info'"),
        ("def Fine(needed): ...\n", "missing 1 required positional argument"),
    ],
)
def test_a_broken_plugin_is_a_row_with_the_reason_and_breaks_nothing(site: Path, source: str, reason: str) -> None:
    install(site, f"rotten{len(source)}", "1.0", {"rotten": "Fine"}, source)
    broken = row("rotten")
    assert broken.info is None
    assert reason in (broken.broken or "")
    assert [r.name for r in describe()][: len(BUILTIN)] == list(BUILTIN)


def test_a_name_is_taken_once_and_the_loser_is_listed(site: Path) -> None:
    install(site, "usurper", "1.0", {"dct": "Fine"}, GOOD)
    assert type(create("dct")).__name__ == "Dct"
    assert origin("dct") == "built-in"
    assert row("dct") == Row("dct", "usurper 1.0", broken="the name is taken by a built-in encoder")
    install(site, "first", "1.0", {"twin": "Fine"}, GOOD)
    install(site, "second", "1.0", {"twin": "Fine"}, GOOD)
    winner, loser = sorted((r for r in describe() if r.name == "twin"), key=lambda r: r.broken is not None)
    assert (winner.broken, loser.broken) == (None, f"the name is taken by {winner.origin}")


def test_an_unknown_name_gets_those_that_are_known_and_what_is_no_name_is_refused() -> None:
    with pytest.raises(EncoderError, match="unknown encoder 'xyzzy' — known: dct, poisson"):
        origin("xyzzy")
    name: Any = ["dct"]
    for asked in (create, registry.definition_of, origin):
        with pytest.raises(EncoderError, match="name must be text such as 'dct'"):
            asked(name)
