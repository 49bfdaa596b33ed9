"""A plug-in that raises, exits, hangs or returns nonsense: named, its cells failed, the rest go on."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import encoders
from encoders.errors import EncoderError
from harness import cli
from harness.catalogue import Arm
from harness.config import EncoderSpec
from harness.errors import CellFailure
from harness.papers.dct_snn import paper
from harness.plugins import guard
from harness.plugins.guard import guarded, time_limit, watched
from harness.records.store import read_record
from tests.robust import tiny
from tests.robust.misbehaved_encoder import FAULTS

IMAGES = torch.zeros(2, 1, 8, 8)


def test_a_sound_encoder_is_not_changed() -> None:
    inner = encoders.create("poisson")
    under_guard = guarded(EncoderSpec("poisson"))
    assert torch.equal(under_guard.encode(IMAGES, 4, key=0), inner.encode(IMAGES, 4, key=0))
    assert under_guard.info == inner.info
    assert under_guard.operations((1, 8, 8), 4) == inner.operations((1, 8, 8), 4)


@pytest.mark.usefixtures("misbehaving")
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CALL_SECONDS", 0.1)
    monkeypatch.setattr(guard, "IMAGE_SECONDS", 0.0)
    encoder = guarded(EncoderSpec("misbehaved", {"fault": fault}))
    with pytest.raises(CellFailure, match=r"encoder 'misbehaved' (cannot|hangs: it did not) encode"):
        encoder.encode(IMAGES, 4, key=0)


@pytest.mark.usefixtures("misbehaving")
def test_bad_encoders_fail_their_own_cells_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tuple(Arm(fault, EncoderSpec("misbehaved", {"fault": fault}), 6, fault) for fault in FAULTS)
    arms = (*bad, tiny.EXPERIMENT.arms[0])
    changed = replace(tiny.PAPER, experiments=(replace(tiny.EXPERIMENT, arms=arms),))
    monkeypatch.setattr(guard, "CALL_SECONDS", 0.5)
    command = ["run", "tiny", "--seeds", "1", "--results-dir", str(tmp_path), "--json"]
    paper.PAPER = replace(changed, claims=())  # the fixture puts the true one back
    result = CliRunner().invoke(cli.app, command)
    assert isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == 1, result.output
    cells = {row["arm"]: row for row in json.loads(result.stdout)["cells"]}
    assert {name: row["status"] for name, row in cells.items()} == {
        **dict.fromkeys(FAULTS, "failed"),
        "cyclic-6": "done",
    }
    for fault in FAULTS:
        failure = read_record(Path(cells[fault]["record"])).failure
        assert failure is not None
        assert "encoder 'misbehaved'" in failure.reason
        assert "Traceback" in failure.traceback
    again = CliRunner().invoke(cli.app, [*command, "--arm", "cyclic-6"])
    assert again.exit_code == 0


def test_a_stopped_process_does_not_hang() -> None:
    """A laptop that sleeps in the middle of an encoding, or a run that somebody stops and continues."""
    code = f"import os, signal, time; time.sleep(1.2); os.kill({os.getpid()}, signal.SIGCONT)"
    waker = subprocess.Popen([sys.executable, "-c", code])
    before = time.monotonic()
    with time_limit(0.8):
        os.kill(os.getpid(), signal.SIGSTOP)
    waker.wait()
    assert time.monotonic() - before > 1


def test_what_a_record_cannot_hold_is_noticed_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = guarded(EncoderSpec("poisson"))
    monkeypatch.setattr(type(encoder.inner), "state", lambda _: {"threshold": torch.zeros(1)})
    with pytest.raises(CellFailure, match="cannot give its state"):
        encoder.state()


def test_an_error_of_parameters_stays_what_it_is() -> None:
    with pytest.raises(EncoderError, match="block_size"):
        guarded(EncoderSpec("dct", {"block_size": 1}))
    with pytest.raises(EncoderError, match="at least 1"), watched("x", "encode"):
        raise EncoderError("timesteps must be at least 1")


def test_a_limit_that_is_kept_leaves_no_alarm_behind() -> None:
    with time_limit(0.05):
        pass
    time.sleep(0.1)
