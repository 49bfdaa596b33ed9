"""A plug-in that raises, exits, hangs or returns nonsense is named in one line; its cells fail, the others go on."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import encoders
from encoders.base import EncoderInfo, Unfitted
from encoders.errors import EncoderError
from encoders.registry import BUILTIN, BuiltIn
from harness.config import EncoderSpec
from harness.errors import CellFailure, HarnessError
from harness.inspect import look, probe
from harness.plugins import guard
from harness.plugins.guard import Expired, guarded, time_limit, watched
from harness.runs.plan import cells_of
from tests.cells import tiny_config, tiny_data
from tests.command import harness
from tools.hostile import FAULTS

IMAGES = torch.zeros(10, 1, 8, 8)


# Under the guard, in `harness run`


def test_a_sound_encoder_is_not_changed_and_its_errors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    inner, under_guard = encoders.create("poisson"), guarded(EncoderSpec("poisson"))
    assert torch.equal(under_guard.encode(IMAGES, 4, key=0), inner.encode(IMAGES, 4, key=0))
    assert under_guard.info == inner.info
    assert under_guard.operations((1, 8, 8), 4) == inner.operations((1, 8, 8), 4)
    with pytest.raises(EncoderError, match="block_size"):  # an error of parameters stays what it is
        guarded(EncoderSpec("dct", {"block_size": 1}))
    with pytest.raises(EncoderError, match="at least 1"), watched("x", "encode"):
        raise EncoderError("timesteps must be at least 1")
    monkeypatch.setattr(type(under_guard.inner), "state", lambda _: {"threshold": torch.zeros(1)})
    with pytest.raises(CellFailure, match="cannot give its state"):  # what a record cannot hold
        under_guard.state()


@pytest.mark.usefixtures("tiny_known")
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CALL_SECONDS", 0.1)
    monkeypatch.setattr(guard, "IMAGE_SECONDS", 0.0)
    monkeypatch.setattr(guard, "PATIENCE", 1)
    with pytest.raises(CellFailure, match=r"encoder 'misbehaved' (cannot|hangs: it did not) encode"):
        guarded(EncoderSpec("misbehaved", {"fault": fault})).encode(IMAGES, 4, key=0)


@pytest.mark.usefixtures("tiny_known")
def test_what_an_encoder_changes_is_put_back() -> None:
    def state() -> tuple[object, ...]:
        draws = torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
        return os.getcwd(), torch.get_default_dtype(), torch.is_grad_enabled(), *draws

    before = state()
    guarded(EncoderSpec("misbehaved", {"fault": "changes what is all arms'"})).encode(IMAGES, 4, key=0)
    assert state() == before


def test_an_encoder_that_ignores_its_limit_ends_the_process_with_its_name() -> None:
    program = (
        "import signal, time; from harness.plugins import guard; guard.PATIENCE, guard.DEAF_SECONDS = 1, 0\n"
        "with guard.time_limit(0.2, \"encoder 'deaf'\"):\n"
        "    signal.signal(signal.SIGALRM, signal.SIG_IGN); time.sleep(60)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, "encoder 'deaf' hangs and ignores its time limit" in done.stderr) == (2, True)


def test_a_limit_counts_no_waiting_and_leaves_no_alarm_behind() -> None:
    with time_limit(0.05):
        time.sleep(0.2)  # as a thread that waits for a busy machine
    time.sleep(0.1)


def test_a_limit_inside_another_leaves_the_outer_one_at_work() -> None:
    def busy() -> None:
        with time_limit(5.0):
            pass
        end = time.monotonic() + 10
        while time.monotonic() < end:
            pass

    with pytest.raises(Expired), time_limit(0.2):
        busy()


def test_a_process_that_was_stopped_and_continued_does_not_count_as_hanging() -> None:
    code = f"import os, signal, time; time.sleep(0.6); os.kill({os.getpid()}, signal.SIGCONT)"
    waker = subprocess.Popen([sys.executable, "-S", "-c", code])
    before = time.monotonic()
    with time_limit(0.4):
        os.kill(os.getpid(), signal.SIGSTOP)
    waker.wait()
    assert time.monotonic() - before > 0.5


# Before a training


class Lawless(Unfitted):
    """A code of signs with one fault."""

    info = EncoderInfo("ternary", deterministic=True, period=1, value_range=(-1.0, 1.0), source="folklore")

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def encode(self, images: Tensor, timesteps: int, *_: object) -> Tensor | None:
        if self.fault == "draws":
            images = torch.rand(images.shape) - 0.5
        if self.fault == "batch":
            images = images - images.mean()
        train = images.sign().expand(timesteps, *images.shape)
        wrong = {"values": 2.9 * train, "shape": train.repeat(1, 1, 1, 1, 2), "nothing": None}
        return wrong.get(self.fault, train)


BREACHES = {
    "draws": "repeatable: two calls with the same input and key differ",
    "batch": "batch invariance: the train depends on the rest of the batch",
    "values": "declared alphabet: ternary, yet the train holds",
    "shape": "declared shape: the train has shape (6, 8, 1, 8, 16), the frame asks for (6, 8, 1, 8, 8)",
    "nothing": "declared shape: the train is a NoneType, not a torch tensor",
}


@pytest.mark.parametrize("fault", [*BREACHES, "none"])
def test_an_encoder_that_breaks_a_law_is_refused_before_a_training(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUILTIN, "lawless", BuiltIn(f"{__name__}:Lawless", "lawless"))
    config = tiny_config(encoder=EncoderSpec("lawless", {"fault": fault}))
    [cell] = cells_of([config], tiny_data(), tmp_path)
    assert (cell.fault is None) == (fault == "none")
    for said in (BREACHES.get(fault, "None"), f"encoders check 'lawless(fault={fault})'") * bool(cell.fault):
        assert said in str(cell.fault)


@pytest.mark.usefixtures("tiny_known")
def test_a_search_for_rates_refuses_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILTIN, "lawless", BuiltIn(f"{__name__}:Lawless", "lawless"))
    done = harness("run", "tiny", "--encoder", "lawless(fault=shape)@6", "--tune", "--results-dir", tmp_path)
    said = f"error: lawless(fault=shape)@6: encoder 'lawless' breaks a law: {BREACHES['shape']}"
    assert (done.code, done.err.startswith(said), done.err.count("\n")) == (2, True, 1)
    assert not [*tmp_path.rglob("*.json")]


# Elsewhere


class Faulty(Unfitted):
    """An encoder without a spike train."""

    info = EncoderInfo("analog", deterministic=True, period=1, value_range=(-1.0, 1.0), source="folklore")

    def encode(self, *_: object) -> Tensor:
        raise KeyError("lost")


class Unmade(Faulty):
    def __init__(self) -> None:
        raise KeyError("lost")


@pytest.mark.parametrize(("kind", "act"), [("Faulty", "be shown"), ("Unmade", "be made")])
def test_a_faulty_encoder_is_named_where_it_is_used(kind: str, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = kind.lower()
    monkeypatch.setitem(BUILTIN, name, BuiltIn(f"{__name__}:{kind}", name))
    with pytest.raises(HarnessError, match=f"encoder '{name}' cannot {act}: KeyError: 'lost'"):
        look(name, "digits", 0, 4)
    with pytest.raises(HarnessError, match=f"encoder '{name}' cannot be (probed|made): KeyError: 'lost'"):
        probe([name], "digits", 4)
    if name == "unmade":
        said = harness("encoders", "check", name)
        place = f"test_plugins.py:{Unmade.__init__.__code__.co_firstlineno + 1}"
        assert said == (2, "", f"error: encoder 'unmade' cannot be made: KeyError: 'lost' ({place})\n")
