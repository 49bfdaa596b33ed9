"""A guard around encoders: an error or a hang names the plug-in, and only the cells of its encoder fail."""

import math
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, NoReturn, Self

import numpy as np
import torch
from torch import Tensor

import encoders
from encoders.base import Encoder, EncoderError, EncoderInfo, Operations, encode
from encoders.registry import BUILTIN
from harness.config import EncoderSpec, canonical_json
from harness.errors import CellFailure, HarnessError, Stopped, said_by
from harness.machine.process import LEAVE

# An encoder slower than this is too slow for training: ours take microseconds per image.
CALL_SECONDS = 30.0
IMAGE_SECONDS = 0.5
TICKS = 20  # timer signals for one time limit
DEAF_SECONDS = 60.0  # added to the limit, for ticks that a busy machine loses
PATIENCE = 10  # times the limit, by the clock, for a code that waits on a busy machine


class Expired(BaseException):
    """The time limit has passed. Not an Exception, so that a plug-in's own `except Exception` does not catch it."""


@dataclass(frozen=True)
class Guarded:
    """The encoder `inner`; if it is not ours, each call may take `CALL_SECONDS` plus `IMAGE_SECONDS` for each image.

    A call raises CellFailure with the encoder's name if it takes longer, raises an exception, or returns something
    that is not a spike train. EncoderError is passed on unchanged.
    """

    name: str
    inner: Encoder

    @property
    def info(self) -> EncoderInfo:
        """The facts about the code."""
        with watched(self.name, "say what it is"):
            return self.inner.info

    def calibrate(self, images: Tensor) -> Self:
        """A new encoder, fitted and guarded."""
        with watched(self.name, "calibrate", len(images)):
            return replace(self, inner=self.inner.calibrate(images))

    def frame(self, images: Tensor) -> Tensor:
        """The analog images that the code conveys."""
        with watched(self.name, "frame images", len(images)):
            frames = self.inner.frame(images)
            if frames.ndim != 4 or len(frames) != len(images):
                raise ValueError(f"shape {tuple(frames.shape)} for {len(images)} images")
            return frames

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """The spike train, with the right number of timesteps and images, and no NaN in it."""
        with watched(self.name, "encode", len(images)):
            train = encode(self.inner, images, timesteps, key, ids, dtype)
            if train.ndim != 5 or train.shape[:2] != (timesteps, len(images)):
                raise ValueError(f"shape {tuple(train.shape)} for {timesteps} timesteps of {len(images)} images")
            # A sum is NaN or infinite if any of its terms is. It takes one pass and no temporary tensor.
            if not math.isfinite(train.sum(dtype=torch.float32)):
                raise ValueError("NaN or infinity in the spike train")
            return train

    def state(self) -> Mapping[str, Any]:
        """Fitted statistics that a record can hold."""
        with watched(self.name, "give its state"):
            state = dict(self.inner.state())
            canonical_json(state)
            return state

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """Arithmetic operations for one image."""
        with watched(self.name, "count its operations"):
            return Operations.of(self.inner.operations(shape, timesteps))


def guarded(spec: EncoderSpec) -> Guarded:
    """Make the encoder of `spec`, guarded. Raises EncoderError for an unknown one or for wrong parameters."""
    with watched(spec.name, "be made"):
        return Guarded(spec.name, encoders.create(spec.name, **spec.parameters))


@contextmanager
def watched(name: str, act: str, images: int = 0) -> Iterator[None]:
    """Raise CellFailure, with the encoder's name and what it should have done, for any error inside the block.

    A plug-in may take a limited time, and the global state that it changes is restored.
    """
    seconds = CALL_SECONDS + IMAGE_SECONDS * images
    ours = name in BUILTIN and BUILTIN[name].place.startswith("encoders.")
    try:
        if ours:  # without a limit: they end, and to compile them may take long on a slow machine
            yield
        else:
            with time_limit(seconds, f"encoder '{name}'"), kept_state():
                yield
    except (EncoderError, GeneratorExit, KeyboardInterrupt, Stopped, torch.OutOfMemoryError):
        raise
    except Expired:
        raise CellFailure(f"encoder '{name}' hangs: it did not {act} within {seconds:.0f} s") from None
    except BaseException as error:  # a plug-in may raise anything
        raise CellFailure(f"encoder '{name}' cannot {act}: {said_by(error)}") from error


@contextmanager
def failures_as_errors(hint: str = "") -> Iterator[None]:
    """Turn the failure of an encoder into an error of the command, because there is no cell that could fail."""
    try:
        yield
    except CellFailure as failure:
        raise HarnessError(str(failure), hint) from failure


@contextmanager
def faults_named(what: str) -> Iterator[None]:
    """Turn any other fault of a plug-in, or of ours, into an error of the command that says where it arose."""
    try:
        yield
    except (OSError, HarnessError, EncoderError, Stopped):
        raise
    except (Exception, SystemExit) as error:
        words = str(error) if isinstance(error, CellFailure) else said_by(error)
        raise HarnessError(f"{what}: {words}", "mend it, or leave it out") from error


@contextmanager
def kept_state() -> Iterator[None]:
    """Restore after the block the global state that plug-ins may change, and turn `os._exit` into an exception."""

    def refuse(status: int) -> NoReturn:
        raise SystemExit(f"os._exit({status})")

    folder, threads, leave = os.getcwd(), torch.get_num_threads(), os._exit
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    draws, numpy_draws, python_draws = torch.get_rng_state(), np.random.get_state(), random.getstate()
    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave
        os.chdir(folder)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        torch.set_rng_state(draws)
        np.random.set_state(numpy_draws)
        random.setstate(python_draws)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


@contextmanager
def time_limit(seconds: float, whose: str = "a plug-in") -> Iterator[None]:
    """Raise Expired after `seconds` of this thread's own computing, or after PATIENCE times as many by the clock.

    So a busy or sleeping machine, or a stopped process, causes no failure. whose: the name of the limited code; if it
    ignores the alarm, the process ends with a line that has this name.
    Needs the main thread; elsewhere there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    ticks, begun, leave = 0, time.thread_time(), LEAVE  # not what `kept_state` puts in its place

    def tick(_number: int, _frame: FrameType | None) -> None:
        nonlocal ticks
        ticks += 1  # while the process is stopped, at most one tick is pending
        if time.thread_time() - begun >= seconds or ticks >= PATIENCE * TICKS:
            raise Expired

    def end() -> None:
        print(f"error: {whose} hangs and ignores its time limit — leave its arms out", file=sys.stderr, flush=True)
        leave(2)

    watchdog = threading.Timer(2 * PATIENCE * seconds + DEAF_SECONDS, end)
    watchdog.daemon = True
    watchdog.start()
    before = signal.signal(signal.SIGALRM, tick)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds / TICKS, seconds / TICKS)
    try:
        yield
    finally:
        watchdog.cancel()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)  # that of an outer limit, which this one has replaced
