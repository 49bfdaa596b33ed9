"""A faulty encoder outside of `harness run`: one line that names it, exit code 2, no traceback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted
from encoders.registry import BUILTIN, BuiltIn
from harness.inspect import look, probe
from tests.robust.command import main


class Faulty(Unfitted):
    """An encoder without a spike train."""

    info = EncoderInfo("analog", deterministic=True, period=1, value_range=(-1.0, 1.0), source="folklore")

    def encode(self, *_: object) -> Tensor:
        raise KeyError("lost")


class Unmade(Faulty):
    """An encoder that cannot be made."""

    def __init__(self) -> None:
        raise KeyError("lost")


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """Both are known by name."""
    for name in ("faulty", "unmade"):
        BUILTIN[name] = BuiltIn(f"{__name__}:{name.capitalize()}", name)
    yield
    del BUILTIN["faulty"], BUILTIN["unmade"]


@pytest.mark.parametrize(("name", "act"), [("faulty", "be shown"), ("unmade", "be made")])
def test_what_shows_an_encoder_names_it(name: str, act: str) -> None:
    with pytest.raises(EncoderError, match=f"encoder '{name}' cannot {act}: KeyError: 'lost'"):
        look(name, "digits", 0, 4)


@pytest.mark.parametrize("name", ["faulty", "unmade"])
def test_what_probes_an_encoder_names_it(name: str) -> None:
    with pytest.raises(EncoderError, match=f"encoder '{name}' cannot be probed: KeyError: 'lost'"):
        probe([name], "digits", 4, "sum")


def test_the_laws_of_an_encoder_that_cannot_be_made_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    code, error = main(monkeypatch, "encoders", "check", "unmade")
    assert code == 2
    assert error == "error: encoder 'unmade' cannot be made: KeyError: 'lost'\n"


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "import sys; sys.exit('usage')"])
def test_a_file_of_an_experiment_that_exits_is_one_line(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(code)
    ended, error = main(monkeypatch, "run", str(tmp_path / "mine.py"))
    assert ended == 2
    assert error.startswith(f"error: {tmp_path / 'mine.py'}: SystemExit")
