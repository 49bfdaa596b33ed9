"""Where a run is computed: what is refused, and how its options are shown."""

import re

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.errors import HarnessError
from harness.runs.executors import choice
from harness.runs.executors.choice import Where


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (Where(workers=0), "--workers must be at least 1"),
        (Where(workers=100_000), "at most 256"),
        (Where(on="moon"), "use here, slurm"),
        (Where(on="slurm", workers=2), "leave one of them out"),
        (Where(detach=True), "add --on slurm"),
        (Where(slurm=("time=5",)), "add --on slurm"),
    ],
)
def test_what_cannot_be_is_refused(where: Where, message: str) -> None:
    with pytest.raises(HarnessError, match=message):
        where.checked()


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    with pytest.raises(HarnessError, match=r"pip install 'dct-snn-harness\[slurm\]'"):
        Where(on="slurm").checked()


def test_run_has_at_most_twenty_options_under_headings() -> None:
    text = CliRunner().invoke(cli.app, ["run", "--help"]).stdout
    assert len(re.findall(r"^  --", text, re.M)) <= 20
    assert re.findall(r"^(\w[\w ]*):$", text, re.M) == ["What", "How much", "Where", "How long", "Other"]
