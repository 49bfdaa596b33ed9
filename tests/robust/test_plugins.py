"""A plug-in that raises, exits, hangs or returns nonsense is named in one line; its cells fail, the others go on."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import Tensor

import encoders
from encoders.base import EncoderInfo, Unfitted
from encoders.errors import EncoderError
from encoders.registry import BUILTIN, BuiltIn
from harness.config import EncoderSpec
from harness.errors import CellFailure
from harness.inspect import look, probe
from harness.plugins import guard
from harness.plugins.guard import guarded, time_limit, watched
from tests.command import harness
from tools.hostile import FAULTS

IMAGES = torch.zeros(2, 1, 8, 8)


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


def test_a_process_that_was_stopped_and_continued_does_not_count_as_hanging() -> None:
    code = f"import os, signal, time; time.sleep(0.6); os.kill({os.getpid()}, signal.SIGCONT)"
    waker = subprocess.Popen([sys.executable, "-S", "-c", code])
    before = time.monotonic()
    with time_limit(0.4):
        os.kill(os.getpid(), signal.SIGSTOP)
    waker.wait()
    assert time.monotonic() - before > 0.5


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
    with pytest.raises(EncoderError, match=f"encoder '{name}' cannot {act}: KeyError: 'lost'"):
        look(name, "digits", 0, 4)
    with pytest.raises(EncoderError, match=f"encoder '{name}' cannot be (probed|made): KeyError: 'lost'"):
        probe([name], "digits", 4, "sum")
    if name == "unmade":
        said = harness("encoders", "check", name)
        assert said == (2, "", "error: encoder 'unmade' cannot be made: KeyError: 'lost'\n")
