"""The command line: what it does and prints, and one clear line with exit code 2 for each thing that is wrong."""

import json
import re
import sys
import webbrowser
from pathlib import Path
from typing import Any, get_args
from unittest.mock import Mock

import pytest
from typer.main import get_command

from encoders.registry import how_to_get_peers
from harness import cli
from harness.cli import options
from harness.cli.run import KernelChoice, PlaceChoice, SourceChoice
from harness.cli.see import network_words
from harness.config import MOST_TIMESTEPS, PROFILES, NetworkSpec
from harness.errors import CellFailure
from harness.machine.console import counted, printable
from harness.records.verifications import Source
from harness.report.snapshot import SNAPSHOT
from harness.runs.workers import Engine
from harness.snn.kernels import Kernel
from tests.command import harness, python, said
from tests.encoders.test_registry import install
from tests.report.campaigns import write_mnist

pytestmark = pytest.mark.usefixtures("blank_figures", "here")

RUN = ("run", "tiny", "--arm", "cyclic-6", "--seeds", "1")


# Runs


@pytest.mark.usefixtures("tiny_known")
def test_a_run_is_planned_computed_shown_and_not_repeated(here: Path) -> None:
    plan = json.loads(said(*RUN, "--dry-run", "--json"))
    assert (plan["to_do"], plan["script"]) == ([{"arm": "cyclic-6", "seed": 0}], "")
    assert plan["cells"] == [{"arm": "cyclic-6", "seed": 0, "state": "missing"}]
    assert plan["seconds"] > 0
    done = harness(*RUN)
    assert (done.code, "estimated time" in done.err, "cyclic-6" in done.out) == (0, True, True)
    assert (here / "results/local-report/index.html").exists()
    again = harness(*RUN, "--json")
    (cell,) = json.loads(again.out)["cells"]
    assert (again.code, cell["status"], "nothing to train" in again.err) == (0, "done", True)
    assert set(cell) == {"experiment", "profile", "arm", "seed", "status", "record"}
    assert Path(cell["record"]) == Path("results/local/tiny/smoke/cyclic-6/seed-0000.json")
    assert json.loads(Path(cell["record"]).read_text())["environment"]["threads"] == "1"
    outside = harness("report", "--check")
    assert (outside.code, "no reports here" in outside.err) == (2, True)
    (here / "reports").mkdir()
    check = harness("report", "--check", "--json")
    assert (check.code, "reports/report.md" in json.loads(check.out)["outdated"]) == (1, True)
    for further in (("--paper", "qcfs"), ("--strict",), ("--open",)):
        refused = harness("report", "--check", *further)
        assert (refused.code, "--strict and --open" in refused.err) == (2, True)
    assert harness("report", "--open", "--json").code == 2


@pytest.mark.usefixtures("tiny_known")
def test_quiet_prints_nothing_and_open_shows_the_page(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    for words in (RUN, ("report", "tiny", "--open"), ("verify", "tiny/smoke/cyclic-6/0")):
        assert harness(*words, "--quiet") == (0, "", "")
    assert opened == [(here / "results/local-report/index.html").as_uri()]


@pytest.mark.usefixtures("tiny_known")
def test_a_failed_cell_is_a_record_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("harness.runs.run.run_cell", Mock(side_effect=CellFailure("linear1 fires no spike")))
        done = harness(*RUN, "--json")
    (cell,) = json.loads(done.out)["cells"]
    assert (done.code, cell["status"]) == (1, "failed")
    assert "linear1 fires no spike" in Path(cell["record"]).read_text()
    assert "linear1 fires no spike" in harness(*RUN).err
    assert harness(*RUN, "--retry-failed", "--json").code == 0


@pytest.mark.usefixtures("tiny_known")
def test_an_encoder_with_parameters_and_timesteps_is_an_arm_whose_record_stays_fresh() -> None:
    asked, name = (*RUN, "--encoder", "poisson( rate = 0.5 )@4", "--json"), "poisson(rate=0.5)@4"
    cells = {cell["arm"]: cell for cell in json.loads(said(*asked))["cells"]}
    assert set(cells) == {"cyclic-6", name}
    config = json.loads(Path(cells[name]["record"]).read_text())["config"]
    assert (config["encoder"], config["timesteps"]) == ({"name": "poisson", "parameters": {"rate": 0.5}}, 4)
    assert "nothing to train" in harness(*asked).err
    shown = json.loads(said("status", "--json"))["cells"]
    assert {cell["arm"] for cell in shown if cell["status"] == "done"} == {"cyclic-6", name}
    several = ("--encoder", "latency", "--encoder", "poisson(rate=0.5)", "--timesteps", "2", "--timesteps", "4")
    plan = json.loads(said(*RUN, *several, "--dry-run", "--json"))
    added = [cell["arm"] for cell in plan["cells"]][1:]
    assert added == ["latency@2", "latency@4", "poisson(rate=0.5)@2", "poisson(rate=0.5)@4"]
    assert said("verify", f"tiny/smoke/{name}/0")
    assert name in said("report", "tiny")


@pytest.mark.usefixtures("tiny_known")
def test_an_encoder_has_a_row_of_its_own_where_another_arm_s_record_answers_it() -> None:
    said(*RUN)
    done = harness(*RUN, "--encoder", "dct")
    assert "nothing to train" in done.err
    assert "dct (yours)" in done.out
    assert "dct (yours)" in said("report", "tiny")
    cells = json.loads(said("status", "--json"))["cells"]
    answers = {cell["arm"]: cell["record"] for cell in cells if cell["status"] == "done"}
    assert answers["dct"] == answers["cyclic-6"]


@pytest.mark.usefixtures("tiny_known")
def test_every_command_takes_the_file_of_an_experiment(here: Path) -> None:
    lines = ("from dataclasses import replace", "from tests.robust.tiny import EXPERIMENT as TINY")
    made = "EXPERIMENT = replace(TINY, name='my-question', title='Is it enough?')"
    (here / "my_question.py").write_text("\n".join((*lines, made)))
    said(*RUN)
    assert "nothing to train" in harness("run", "my_question.py", *RUN[2:]).err
    text = said("report", "my_question.py")
    assert ("Is it enough?" in text, "cyclic-6 (yours)" in text) == (True, True)
    assert "Is it enough?" in said("show", "my_question.py")
    assert "my-question/smoke/cyclic-6: 1 done, 1 missing" in said("status", "my_question.py")
    refused = harness("claims", "my_question.py")
    assert (refused.code, "harness report my_question.py shows its results" in refused.err) == (2, True)
    for verb in ("report", "show", "status", "claims"):
        refused = harness(verb, "missing.py")
        assert (refused.code, "missing.py: no such file" in refused.err) == (2, True)


# What is refused


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("run quickstrat", "unknown experiment 'quickstrat' — did you mean 'quickstart'"),
        ("claims mnist-t61", "unknown claim or experiment 'mnist-t61' — did you mean 'mnist-t16'"),
        ("encoders check dctt", "unknown encoder 'dctt' — did you mean 'dct'"),
        ("run quickstart --arm cyclic", "did you mean 'cyclic-16'"),
        ("run quickstart --profile papr", "'papr' is not one of 'smoke', 'lite'"),
        ("run quickstart --seeds x", "invalid value for '--seeds'"),
        ("run quickstart --profile smoke --seeds 0", "or use 1 as the smoke profile plans"),
        ("run quickstart --encoder poison", "did you mean 'poisson'"),
        ("run quickstart --encoder poisson(rate", "cannot read the encoder 'poisson(rate'"),
        ("run quickstart --encoder poisson(speed=1)", "speed"),
        ("run quickstart --encoder poisson(rate=-1)", "rate"),
        ("run quickstart --encoder poisson@8 --timesteps 4", "'poisson@8' is a whole arm already"),
        ("run quickstart --encoder poisson@99999", "'poisson@99999' has 99999 timesteps — name 1 to 10,000"),
        ("run quickstart --sead 1", "no such option: --sead (Possible options: --seeds)"),
        ("report quickstart/", "unknown experiment 'quickstart/' — did you mean 'quickstart'"),
        ("report certificates", "unknown experiment 'certificates'"),
        ("claims quickstart", "no claims are about quickstart — harness report quickstart shows its results"),
        ("claims ?", " more"),
        ("papers new index", "a paper called 'index' exists already"),
        ("run mnist-784-100-10 --data-dir nowhere", "nowhere"),
        ("run", "missing argument 'EXPERIMENT'"),
        ("run --no-such-option", "no such option: --no-such-option"),
        ("nothing", "no such command 'nothing'"),
        ("claims mnist-t16 --paper qcfs", "mnist-t16 is not of qcfs"),
        ("status --results-dir ", "a folder's name is empty"),
        ("run /dev/null", "/dev/null"),
        ("run quickstart --arm \x1b[2J", "unknown arm"),
        ("run quickstart --for " + "9" * 400, "is not a duration"),
        ("run quickstart --profile smoke --results-dir " + "x" * 300, ""),
        ("run quickstart --encoder " + "dct(" * 5000, ""),
        ("run quickstart --encoder poisson(rate=10**10**10)", "rate must be a number"),
        ("verify /dev/zero", "/dev/zero"),
        ("predict /dev/zero", "/dev/zero"),
        ("encoders new ../x", ""),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(words: str, message: str) -> None:
    code, _, err = harness(*words.split(" "))
    assert (code, err[:7], len(err.splitlines())) == (2, "error: ", 1)
    assert message in err


# Help


def test_help_is_in_groups_with_whole_sentences_and_metavars_that_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert [line for line in said("--help").splitlines() if line in ("See:", "Try:", "Trust:", "Use:", "Machine:")]
    code, _, err = harness()
    assert (code, "Usage" in err, "rror:" in err) == (2, True, False)
    verbs = get_command(cli.app).commands  # type: ignore[attr-defined]
    inner = [(verb, name) for verb in ("encoders", "papers") for name in verbs[verb].commands]
    assert (len(verbs), len(inner)) == (11, 7)
    for words in ((), *((name,) for name in verbs), *inner):
        text = said(*words, "--help")
        assert "..." not in re.sub(r"[\]}]\.\.\.", "", text), words
        assert not re.search(r"<(str|int|path|list)\b", text), words


def test_choices_are_those_of_the_program_and_completed_by_the_shell() -> None:
    assert options.MOST_TIMESTEPS == MOST_TIMESTEPS
    for choices, known in (
        (options.ProfileChoice, PROFILES),
        (KernelChoice, get_args(Kernel)),
        (PlaceChoice, get_args(Engine)),
        (SourceChoice, get_args(Source)),
    ):
        assert set(get_args(choices)) == set(known)
    program, line = (
        "import sys, harness.cli as c; sys.argv = ['harness']; c.program()",
        "harness run quickstart --device c",
    )
    out = python("-c", program, _HARNESS_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD="4")
    assert out.split() == ["cpu", "cuda"]


# What there is


def test_list_is_one_line_a_row_at_80_columns_with_the_question_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = said("list").splitlines()
    assert lines[0].split() == ["DCT-SNN", "(ICCV", "2021)", "dct-snn"]
    assert max(map(len, lines)) <= 80 + len("-cifar10")
    (row,) = [line for line in lines if line.endswith(" quickstart")]
    assert row.startswith("  Handwritten 8×8 digits")
    rows = json.loads(said("list", "--json"))["experiments"]
    assert {row["paper"] for row in rows} == {"dct-snn", "qcfs"}
    assert "quickstart" in [row["name"] for row in rows]


def test_show_names_arms_recipes_deviations_and_claims() -> None:
    small = network_words(NetworkSpec("small", features=(8, "A"), hidden=(64, 32)), 200)
    assert small.startswith("small: 3×3 convolutions with channels 8 A (A: average pooling 2×2), hidden layers of 64 a")
    assert counted(1, "seed") + counted(10_000, "class", "classes") == "1 seed10,000 classes"
    mnist = said("show", "mnist-784-100-10")
    assert all(word in mnist for word in ("cyclic-16", "deviations: ", "mnist-t16", "Table 1", "10 classes"))
    vgg = said("show", "cifar100-vgg11", "--profile", "paper")
    assert ("profile paper" in vgg, "profile smoke" in vgg) == (True, False)
    assert "A: average pooling 2×2, D: dropout" in vgg
    assert "1 seed;" in said("show", "quickstart", "--profile", "smoke")
    shown = json.loads(said("show", "mnist-784-100-10", "--profile", "paper", "--json"))
    assert [profile["name"] for profile in shown["profiles"]] == ["paper"]
    assert {"cyclic-16", "direct-16"} <= {arm["name"] for arm in shown["arms"]}
    assert "98.54" in {claim.get("value") for claim in shown["claims"]}
    assert (shown["classes"], bool(shown["profiles"][0]["deviations"])) == (10, True)


def test_doctor_names_versions_data_evidence_and_optional_packages() -> None:
    assert how_to_get_peers() == "pip install snntorch spikingjelly norse"  # and no package of ours
    text = said("doctor")
    assert ("evidence: none here" in text, "norse" in text) == (True, True)
    found = json.loads(said("doctor", "--json"))
    assert ("bf16 gains nothing over fp32 here" in text) is not found["bf16"]
    assert set(found["optional"]) == {"snntorch", "spikingjelly", "norse", "ray", "triton"}
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {row["name"]: row["state"] for row in found["data"]}["digits"] == "verified"
    assert (found["evidence"]["records"], found["folders"]["cache"]["free_gib"] > 0) == (0, True)


def test_a_claim_has_its_verdict_its_reason_its_records_and_the_commands_that_recompute_it(here: Path) -> None:
    write_mnist(here / "records")
    found = json.loads(said("claims", "mnist-784-100-10", "--results-dir", "records", "--json"))
    (one,) = [claim for claim in found["claims"] if claim["id"] == "mnist-t16" and claim["leads"]]
    assert (one["published"], one["ours"], one["verdict"]) == ("98.54 %", "98.54 %", "reproduced")
    assert one["records"] == [f"mnist-784-100-10/paper/cyclic-16/seed-000{seed}.json" for seed in range(5)]
    text = said("claims", "mnist-t16", "--results-dir", "records")
    assert one["why"][0] in text
    assert "recompute  harness run mnist-784-100-10 --profile paper --arm cyclic-16\n" in text


def test_without_records_the_verdicts_are_those_of_the_package(here: Path) -> None:
    found, kept = json.loads(said("claims", "--json")), json.loads(SNAPSHOT.read_text("utf-8"))
    assert (found["claims"], found["statements"]) == (kept["claims"], kept["statements"])
    listed = said("claims")
    assert all(claim["id"] in listed for claim in kept["claims"])
    assert "which holds the verdicts but no records" in listed
    assert list(here.iterdir()) == []


# Packages


@pytest.mark.slow
def test_as_a_module_it_sees_no_packages_of_the_working_folder(here: Path) -> None:
    install(here, "foreign", "1", {"foreign": "Encoder"}, "raise SystemExit('imported')")
    listed = python("-m", "harness", "encoders", "list")
    assert ("dct" in listed, "foreign" in listed) == (True, False)


# What surrounds a command: no home, text that drives a terminal, a full disk. Variables, streams: `tools.hostile`


@pytest.mark.slow
def test_without_a_home_nothing_is_written_into_the_working_folder(here: Path) -> None:
    program = """
import pwd
def nobody(_): raise KeyError
pwd.getpwuid = nobody
import encoders
from harness.data import cache
print(cache.folder("anns"))
"""
    working, temporary = here / "working", here / "tmp"
    for folder in (working, temporary):
        folder.mkdir()
    bare: dict[str, Any] = {"HOME": None, "HARNESS_CACHE": None, "TMPDIR": str(temporary), "NUMBA_CACHE_DIR": ""}
    assert python("-c", program, cwd=working, **bare).startswith(str(temporary))
    assert list(working.iterdir()) == []


def test_only_visible_characters_and_line_breaks_reach_a_terminal() -> None:
    assert printable("a\x1b]0;owned\x07\x1b[2J\n\tλ = 0,99 \u202e") == "a\\x1b]0;owned\\x07\\x1b[2J\n\tλ = 0,99 \\u202e"


def test_a_full_disk_is_said_to_be_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.papers.catalogue", Mock(side_effect=OSError(28, "No space left on device")))
    assert harness("list") == (2, "", "error: No space left on device — make room on the disk\n")
