"""An experiment from a file of one's own."""

from pathlib import Path

import pytest

from harness.catalogue import experiment_from
from harness.errors import HarnessError
from harness.papers import catalogue

QUESTION = """
from dataclasses import dataclass, replace
from harness.catalogue import Arm, Experiment
from harness.catalogue.experiment import Stated
from harness.config import EncoderSpec, NetworkSpec
from harness.papers.dct_snn.experiments import QUICKSTART

@dataclass(frozen=True)
class Width:
    units: int

PROFILE = replace(QUICKSTART.profiles[0], network=NetworkSpec("narrow", hidden=(Width(7).units,)))
ARMS = (Arm("dct-9", EncoderSpec("dct"), 9, "DCT, T = 9"),)
EXPERIMENT = Experiment("my-question", "Is seven enough?", "mine", "digits", ARMS, (PROFILE,))
"""
KNOWN = catalogue()


def write(folder: Path, text: str) -> Path:
    path = folder / "my_question.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_has_its_own_network_steps_and_arms_and_belongs_to_no_paper(tmp_path: Path) -> None:
    whole = KNOWN.with_experiments([experiment_from(write(tmp_path, QUESTION))])
    assert (whole.paper_of("my-question"), whole.claims_of("my-question")) == (None, ())
    assert whole.claims == KNOWN.claims
    found = whole.experiment("my-question")
    config = found.resolve(found.arm("dct-9"), found.profile("smoke"), 3)
    assert (config.experiment, config.network.hidden, config.timesteps, config.seed) == ("my-question", (7,), 9, 3)


def test_commands_call_it_by_its_file_and_know_none_from_records_alone(tmp_path: Path) -> None:
    path = write(tmp_path, QUESTION)
    whole, name = KNOWN.including(str(path))
    assert (name, whole.experiment(name).title) == ("my-question", "Is seven enough?")
    assert whole.command(name, "smoke") == "harness run my_question.py --profile smoke"  # without the user's folders
    assert KNOWN.with_experiments([experiment_from(path)]).command(name) == ""
    assert KNOWN.including("quickstart") == (KNOWN, "quickstart")
    assert KNOWN.command("quickstart") == "harness run quickstart"


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, QUESTION.replace("my-question", "quickstart"))
    with pytest.raises(HarnessError, match="experiment 'quickstart': one of paper 'dct-snn', one of an experiment"):
        KNOWN.with_experiments([experiment_from(path)])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such file"),
        ("1 +", "SyntaxError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("EXPERIMENTS = ()", "defines no EXPERIMENT"),
        ("EXPERIMENT = 'mine'", "str is no Experiment"),
        ("raise SystemExit(0)", "SystemExit"),
        ("class Odd(BaseException):\n    def __str__(self): raise ValueError\nraise Odd", "Odd"),
        *((QUESTION.replace("my-question", name), "name: not a name that") for name in ("../mine", ".x", "")),
        (QUESTION.replace("Is seven", r"Is\nseven"), "title: not a name"),
        (QUESTION.replace("dct-9", "/elsewhere/x"), "arms[0].name: not a name"),
        (QUESTION.replace("dct-9", r"\x1b[2J"), "arms[0].name: not a name"),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes={"arm": "/elsewhere/x"}'), "no arm may change 'arm'"),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes={"experiment": "../evil"}'), "may change 'experiment'"),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes={"snn.learning_rat": 1}'), "did you mean 'learning_rate'?"),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes={"snn.epochs.x": 1}'), "unknown setting of int 'x'"),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes={3: 1}'), "Expected `str`, got `int`"),
        *(
            (QUESTION.replace("ARMS, (PROFILE,)", f"ARMS, (PROFILE,), published={{'{path}': Stated('x')}}"), why)
            for path, why in (
                ("an.epochs", "unknown published setting 'an'"),
                ("ann.epoch", "unknown published setting 'epoch' — did you mean 'epochs'?"),
                ("ann.epochs.x", "unknown published setting 'x'"),
            )
        ),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes={"snn.dropout": "much"}'), "snn.dropout: expected"),
        (QUESTION.replace('"DCT, T = 9"', '"DCT", changes=3'), "arms[0].changes: expected"),
        (QUESTION.replace("9, ", "9.5, "), "timesteps"),
        (QUESTION.replace("9, ", "10**6, "), "timesteps: expected"),
        (QUESTION.replace('EncoderSpec("dct")', '"dct"'), "encoder: expected"),
        (QUESTION.replace("hidden=(Width(7).units,)", "hidden=(0,)"), "hidden[0]: expected"),
        (QUESTION.replace("network=", "seeds='5', network="), "seeds: expected"),
        (QUESTION.replace("ARMS, (PROFILE,)", "None, (PROFILE,)"), "arms: expected"),
        (QUESTION.replace("ARMS, (PROFILE,)", "ARMS, (object(),)"), "not an experiment: TypeError"),
        (QUESTION.replace("ARMS, (PROFILE,)", "(), (PROFILE,)"), "no arms or no profiles"),
        (QUESTION.replace("ARMS, (PROFILE,)", "ARMS + ARMS, (PROFILE,)"), "two arms have one name"),
    ],
)
def test_what_cannot_be_run_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "none.py" if text is None else write(tmp_path, text)
    with pytest.raises(HarnessError) as caught:
        KNOWN.with_experiments([experiment_from(path)])
    assert str(path) in caught.value.message
    assert words in str(caught.value)
