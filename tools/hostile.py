"""Tests of the program with bad input and faults: a table of classes, with the cases tried and those that held.

    python -m tools.hostile [CLASS …] [--full]

A case is a folder with the finished records of a tiny experiment, something bad put into it, and commands that are run
there, each in a separate process. It holds if

- every command ends in time, with an allowed exit code, at most one error, in one line, no traceback and no control
  character in its output;
- no sound file is replaced or lost, and nothing planted is executed;
- sound records are shown as without the fault, and results equal those of an undisturbed run bit for bit.

Without --full a sample of every class is tried, in under two minutes. The exit code is 1 if a case does not hold.
"""

import argparse
import csv
import io
import json
import os
import pickle
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import msgspec
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from encoders.base import EncoderInfo, Unfitted
from encoders.registry import BUILTIN, BuiltIn
from harness.analysis.cells import MEASUREMENTS
from harness.machine.files import write_sealed
from harness.plugins import guard
from harness.records.fingerprint import recipe_digest, whole_digest
from harness.records.freshness import CERTIFICATES
from harness.records.store import digest_of, read_record, record_paths
from harness.records.weights import content_of, read_weights
from harness.schema import Record

ROOT = Path(__file__).parents[1]
LAW_IMAGES = 8  # as in `encoders.laws.sample_images`, on which laws are tried before a training
SECONDS = 300  # after which a command counts as hanging; the longest takes a few on an idle machine
NOBODY, ANYBODY = 65534, 12345  # users: one with an entry in passwd, and one without
TINY = """
from dataclasses import replace
from harness.catalogue import Arm, Experiment, Profile
from harness.config import AnnRecipe, Balancing, EncoderSpec, NetworkSpec, SnnRecipe

PROFILE = Profile(
    "smoke", NetworkSpec("tiny", hidden=(24,)), AnnRecipe(3, 32, 0.05, decay_every=3), SnnRecipe(4, 32, 1e-3),
    Balancing(images=100), train_images=200, test_images=100, seeds=2,
)
ARMS = (Arm("cyclic-6", EncoderSpec("dct"), 6, "DCT"), Arm("poisson-6", EncoderSpec("poisson"), 6, "Poisson"))
EXPERIMENT = Experiment("tiny", "as little as possible", "not in the paper", "digits", ARMS, (PROFILE,))
"""
MODULES = "modules"  # a file with the modules that the first run has imported
BYSTANDERS = ("conftest.py", "notes.txt", "elsewhere/own.txt")  # files of the user, which no command may change


class Fault(Exception):
    """A case does not hold; the message says why, in one line."""


class Skipped(Exception):
    """A case cannot be tried here; the message says why."""


class Case(NamedTuple):
    """One trial: the name of the fault, and a function that makes it and runs the commands."""

    name: str
    act: Callable[["Ground"], None]


@dataclass
class Ground:
    """The folder of one case. `whole`: the undisturbed run, whose files were copied to it; None for that run itself.

    kept: what no command may change, known from the first command on. seconds: how long the undisturbed run took.
    """

    root: Path
    whole: "Ground | None" = None
    kept: dict[Path, bytes] = field(default_factory=dict)
    seconds: float = 2.0

    @property
    def undisturbed(self) -> "Ground":
        """The undisturbed run."""
        return self.whole or self

    @property
    def results(self) -> Path:
        """The results folder of the commands."""
        return self.root / "results/local"

    @property
    def evil(self) -> Path:
        """The file that planted code writes if it is executed."""
        return self.root / "EXECUTED"

    @property
    def record(self) -> Path:
        """One of the records."""
        return self.results / "tiny/smoke/cyclic-6/seed-0001.json"

    @property
    def weights(self) -> Path:
        """The weights of that record."""
        return self.record.with_suffix(".safetensors")

    def digests(self, results: str = "results/local") -> dict[str, str]:
        """Every record's digest, which covers all but the timings."""
        folder = self.root / results
        return {str(path.relative_to(folder)): digest_of(read_record(path)) for path in record_paths(folder)}

    def command(self, *words: str | Path, codes: Sequence[int] = (0,), **options: Any) -> str:
        """Run `harness` here and return its standard output. Raises Fault if a law of all commands is broken.

        options: see `start`.
        """
        self.kept = self.kept or self._sound()
        pid, out, err = self.start(*words, **options)
        code, printed = finished(pid, out), out.read_text("utf-8", "replace") + err.read_text("utf-8", "replace")
        line = " ".join(map(str, words))
        require(code is not None, f"{line}: hangs")
        require("Traceback" not in printed, f"{line}: traceback: {printed.strip().splitlines()[-1:]}")
        require(code in codes, f"{line}: exit code {code}: {printed.strip().splitlines()[-1:]}")
        require(
            not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", printed),
            f"{line}: control characters: {printed!a:.200}",
        )
        errors = [line for line in printed.splitlines() if line.startswith("error: ")]
        require(len(errors) == (code == 2), f"{line}: exit code {code} with {len(errors)} errors")
        self.check(line)
        return out.read_text("utf-8", "replace")

    def start(
        self,
        *words: str | Path,
        before: Callable[[], object] = lambda: None,
        fresh: bool = False,
        environment: Mapping[str, str | None] = {},
    ) -> tuple[int, Path, Path]:
        """Start `harness` here: its process, and the files of its standard output and error.

        before: called first in the new process. fresh: a new interpreter, which reads its environment anew.
        """
        number = sum(1 for _ in self.root.glob("*.out"))
        out, err = (self.root / f"{number}.{name}" for name in ("out", "err"))
        out.touch()
        err.touch()
        defaults = {"HARNESS_CACHE": str(self.root / "cache"), "HARNESS_DATA": None, "PYTHONPATH": str(ROOT)}
        chosen: dict[str, str | None] = {**defaults, **environment}
        if fresh:
            full = {name: value for name, value in {**os.environ, **chosen}.items() if value is not None}
            with out.open("wb") as output, err.open("wb") as errors:
                command = [sys.executable, "-m", "harness", *map(str, words)]
                process = subprocess.Popen(
                    command, cwd=self.root, env=full, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                    start_new_session=True, preexec_fn=before,
                )  # fmt: skip
            process.returncode = 0  # `finished` waits for it
            return process.pid, out, err
        pid = os.fork()
        if pid == 0:
            become(self.root, [str(word) for word in words], out, err, before, chosen)
        return pid, out, err

    def check(self, line: str) -> None:
        """Raise Fault if something sound was lost or replaced, or something planted was executed."""
        require(not self.evil.exists(), f"{line}: executed what was planted")
        for path, content in self.kept.items():
            require(path.is_file() and path.read_bytes() == content, f"{line}: {path.name} was lost or overwritten")

    def shown(self) -> None:
        """Run the commands that read all records; raise Fault if a sound one is not shown."""
        cells = json.loads(self.command("status", "--json"))["cells"]
        done = {self.root / cell["record"] for cell in cells if cell["status"] == "done"}
        for path in self.kept:
            if path.suffix == ".json" and ".verified" not in path.name and path.is_relative_to(self.results):
                require(path in done, f"status: {path.name} of {path.parent.name} is not shown as done")
        self.command("report", "--json")

    def completed(self) -> None:
        """Run the experiment to its end; raise Fault unless its records are those of an undisturbed run."""
        self.command("run", "tiny.py", "--json")
        require(self.digests() == self.undisturbed.digests(), "run: other records than undisturbed")

    def _sound(self) -> dict[Path, bytes]:
        """The files that no command may replace: those that the case has left as the undisturbed run made them."""
        if self.whole is None:
            return {}
        sound = {}
        first = self.whole.root
        for original in (first / "tiny.py", *(first / name for name in BYSTANDERS), *self.whole.results.rglob("*.*")):
            copy = self.root / original.relative_to(first)
            if copy.is_file() and not copy.is_symlink() and copy.stat().st_size == original.stat().st_size:
                content = copy.read_bytes()
                if content == original.read_bytes():
                    sound[copy] = content
        return sound


def become(
    root: Path, words: list[str], out: Path, err: Path, before: Callable[[], object], chosen: Mapping[str, str | None]
) -> None:
    """Turn this forked process into `harness` with those words; never returns."""
    code: Any = 99
    try:
        os.setsid()
        for stream, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND), stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(root)
        for name, value in chosen.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        vars(os)["fsync"] = ignored  # for speed: what a killed process has written stays without it
        socket.getaddrinfo = refused
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["harness", *words]
        before()
        from harness import cli

        cli.main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code or 0
    except BaseException:
        with suppress(OSError):
            traceback.print_exc()
    finally:  # whatever happens: the code below is the parent's
        with suppress(OSError):
            if not (root.parent / MODULES).exists():
                (root.parent / MODULES).write_text("\n".join(sys.modules))
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(int(code))


def ignored(_: object) -> None:
    """A replacement of `os.fsync` that does nothing."""


def refused(*_: object, **__: object) -> Any:
    """A replacement of `socket.getaddrinfo`, because no case may reach the network."""
    raise OSError("there is no network here")


def finished(pid: int, log: Path) -> int | None:
    """The exit code of a process, or minus the signal that ended it; None if it hangs, after killing it."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.004)
        require(log.stat().st_size < 1 << 26, "prints without end")
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def require(condition: bool, otherwise: str) -> None:
    """Raise Fault unless the condition holds."""
    if not condition:
        raise Fault(otherwise)


# Things in the place of a file


class Bomb:
    """An object whose pickle writes a file when it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def remove(path: Path) -> Path:
    """Remove the file at a path, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


def sparse(path: Path) -> None:
    """A file of 100 GB that takes no room."""
    path.touch()
    os.truncate(path, 100 << 30)


def listen(path: Path) -> None:
    """A socket."""
    folder = os.getcwd()
    os.chdir(path.parent)  # a socket's name may have about 100 characters
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(folder)


THINGS: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to the user's file": lambda path: path.symlink_to(Path("../" * 6).joinpath("notes.txt")),
    "a socket": listen,
    "a file of 100 GB": sparse,
    "a file without permissions": lambda path: path.touch(mode=0),
    "nothing in it": Path.touch,
    "another program's bytes": lambda path: path.write_bytes(os.urandom(5000)),
}  # fmt: skip
CONTENTS: dict[str, bytes] = {
    "{}": b"{}", "[]": b"[]", "null": b"null", "a bare number": b"1e999", "no UTF-8": b"\xff\xfe{}",
    "NUL": b"\0" * 5000,
    "deep objects": b'{"config":' * 100_000, "deep lists": b"[" * 1_000_000, "UTF-16": "{}".encode("utf-16"),
    "a mark of byte order": b"\xef\xbb\xbf{}", "a number of a million digits": b'{"seed": ' + b"9" * 1_000_000 + b"}",
    "half a surrogate": rb'{"status": "\ud800"}', "control characters": b'{"status": "\x1b[2J"}',
    "a key ten thousand times": b"{" + b'"status": "done", ' * 10_000 + b'"status": "done"}',
}  # fmt: skip
PLACES = {
    "record": "tiny/smoke/cyclic-6/seed-0001.json",
    "weights": "tiny/smoke/cyclic-6/seed-0001.safetensors",
    "verification": "tiny/smoke/cyclic-6/seed-0001.verified-weights.json",
    "lock": "tiny/smoke/cyclic-6/.seed-0001.lock",
    "certificate": f"{CERTIFICATES}/0123456789-0123456789.json",
    "measurement": f"{MEASUREMENTS}/something.json",
    "folder of an arm": "tiny/smoke/other",
    "file that is no record": "tiny/smoke/cyclic-6/\udcff\x1b[2J.json",
}


# Records


def records() -> Iterator[Case]:
    """Files of a results folder that are of another kind, damaged, or edited with a correct digest."""

    def put(plant: Callable[[Path], object], place: str, ground: Ground) -> None:
        path = ground.results / PLACES[place]
        plant(remove(path))
        ground.shown()
        if place in ("record", "weights", "verification"):
            ground.command("verify", ground.record, "--from", "weights", codes=(0, 1, 2))
            ground.command("predict", ground.weights, codes=(0, 2))

    for place in PLACES:
        for name, plant in THINGS.items():
            yield Case(f"{place}: {name}", partial(put, plant, place))
    for place in ("record", "verification", "certificate", "measurement", "lock"):
        for name, content in CONTENTS.items():
            yield Case(f"{place}: {name}", partial(put, partial(_write, content), place))
    for edits in EDITS:
        yield Case(f"record with {edits!a:.60}", partial(_edited, edits))
    for number in range(100):
        yield Case(f"record with damaged bytes, {number}", partial(_damaged, number))


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


EDITS: tuple[dict[str, Any], ...] = (
    {"config/timesteps": 0}, {"config/timesteps": 10**6}, {"config/seed": -1}, {"right": {"1" * 4301: ""}},
    {"right": {"²": ""}}, {"config/snn/readings": [1e308]}, {"curve/total": 0}, {"timings": {"ann": -1e308}},
    {"config/arm": "../x"}, {"config/experiment": "../../evil"}, {"config/arm": "/elsewhere/x"},
    {"status": "x" * 10_000},
    {"config/encoder/parameters": {"block_size": 10**400}}, {"config/encoder/parameters": {"block_size": 0}},
    {"environment": {}}, {"environment": {"threads": "²", "kernel": "\x1b[2J", "device": ""}}, {"layers": []},
    {"config/encoder/name": "../x"}, {"config/encoder/name": "\x1b]0;x\x07"}, {"config/encoder/name": "os:system"},
    {"thresholds": [1e308]}, {"thresholds": []}, {"config/dataset": "nothing"}, {"config/dataset": "../x"},
    {"config/snn/epochs": 0}, {"encoder_state": {"": None}}, {"encoder_state": {"x": [[[[]]]]}}, {"schema_version": 99},
    {"weights": {"file": "../../../conftest.py", "sha256": ""}},
    {"weights": {"file": "seed-0000.safetensors", "sha256": ""}},
    {"weights/sha256": "0" * 64}, {"threads": 10**9}, {"threads": 0}, {"machine/cores": -1}, {"curve/correct": []},
    {"balanced/correct": [2**31]}, {"layers": [{"name": "x"}]}, {"fingerprint/device": "abacus"},
    {"unknown": "\x1b[2J"},
    {"status": "failed", "curve": None, "failure": {"reason": "\x1b]0;x\x07<script>", "traceback": "\x1b[2J"}},
    {"config/network/hidden": [2**31 - 1]}, {"config/network/features": ["Z"]}, {"config/test_images": 10**6},
)  # fmt: skip


def sealed(record: Record, edits: Mapping[str, Any]) -> bytes:
    """The record with edits by path, and with new digests if they can be computed."""
    document = json.loads(msgspec.json.encode(record))
    for place, value in edits.items():
        *folders, name = place.split("/")
        inner = document
        for folder in folders:
            inner = inner[folder]
        inner[name] = value
    try:
        edited = msgspec.json.decode(json.dumps(document), type=Record)
        mark, recipe = edited.fingerprint, recipe_digest(edited.config)
        whole = whole_digest(recipe, mark.data, mark.numerics)
        edited = msgspec.structs.replace(edited, fingerprint=msgspec.structs.replace(mark, recipe=recipe, digest=whole))
        return msgspec.json.encode(msgspec.structs.replace(edited, digest=digest_of(edited)))
    except (msgspec.MsgspecError, ValueError):
        return json.dumps(document).encode()


def _edited(edits: Mapping[str, Any], ground: Ground) -> None:
    record = ground.record
    record.write_bytes(sealed(read_record(record), edits))
    ground.shown()
    for source in ("weights", "training"):
        ground.command("verify", record, "--from", source, "--keep", codes=(0, 1, 2))
    ground.command("predict", record.with_suffix(".safetensors"), codes=(0, 2))


def _damaged(number: int, ground: Ground) -> None:
    record, draw = ground.record, random.Random(number)
    truth, content = digest_of(read_record(record)), record.read_bytes()
    start = draw.randrange(len(content))
    end = draw.choice((start, start + 1, draw.randint(start, len(content))))
    record.write_bytes(content[:start] + draw.randbytes(draw.randint(0, 1)) + content[end:])
    cells = json.loads(ground.command("status", "--json"))["cells"]
    damaged = next(cell for cell in cells if ground.root / cell["record"] == record)
    require(damaged["status"] != "done" or digest_of(read_record(record)) == truth, "a changed record passes as sound")


# Weights


def weights() -> Iterator[Case]:
    """Files of weights with a changed byte, cut, of another format, or with impossible metadata."""

    def changed(share: float, alone: bool, ground: Ground) -> None:
        path = ground.weights
        content = bytearray(path.read_bytes())
        content[int(share * len(content))] ^= 1 << int(share * 8e6) % 8
        path.write_bytes(content)
        if alone:
            ground.record.unlink()
        # A byte may decide nothing, as in the name of a field at its default: then the answer is the same.
        answer = ground.command("predict", path, codes=(0, 2) if alone else (2,))
        sound = ground.undisturbed
        require(not answer or answer == sound.command("predict", sound.weights), "a changed byte changes the answer")

    def other(content: Callable[[Ground], bytes], ground: Ground) -> None:
        path = ground.weights
        damaged = content(ground)
        ground.record.unlink()
        path.write_bytes(damaged)
        ground.command("predict", path, codes=(2,))

    def about(fields: Mapping[str, Any], ground: Ground) -> bytes:
        file = read_weights(ground.weights)
        return content_of(msgspec.structs.replace(file.about, **fields), file.tensors)

    def saved(ground: Ground) -> bytes:
        buffer = io.BytesIO()
        torch.save({"weights.0": Bomb(ground.evil)}, buffer)
        return buffer.getvalue()

    for number in range(200):
        yield Case(f"changed byte {number}", partial(changed, number / 200, number % 2 == 0))
    others: dict[str, Callable[[Ground], bytes]] = {
        "a pickle": lambda ground: pickle.dumps(Bomb(ground.evil)),
        "torch's pickle": saved,
        "a header of 2^63 bytes": lambda _: b"\xff" * 7 + b"\x7f{}",
        "cut short": lambda ground: ground.weights.read_bytes()[:-8],
        "an archive": lambda _: b"PK\x03\x04" * 100,
    }
    fields: tuple[dict[str, Any], ...] = (
        {"timesteps": 0}, {"timesteps": 10**6}, {"classes": 0}, {"leak": 2.0}, {"dataset": "../x"}, {"thresholds": []},
        {"shape": (10**6, 10**6, 1)}, {"network": msgspec.json.decode(b'{"name": "x", "hidden": [9]}')},
        {"encoder": {"name": "../x", "parameters": {}}}, {"data": "0" * 64}, {"encoder_state": {"x": None}},
    )  # fmt: skip
    for name, content in others.items():
        yield Case(name, partial(other, content))
    for change in fields:
        yield Case(f"with {change!a:.50}", partial(other, partial(about, change)))


# Data


def data() -> Iterator[Case]:
    """Images: bombs, links, pipes, and what is no image."""

    def picture(plant: Callable[[Path], object], ground: Ground) -> None:
        plant(remove(ground.root / "pictures/one.png"))
        ground.command("predict", ground.weights, "--images", ground.root / "pictures", "--out", "p.csv", codes=(2,))

    for thing, plant in THINGS.items():
        yield Case(f"image: {thing}", partial(picture, plant))
    for kind, content in PICTURES.items():
        yield Case(f"image: {kind}", partial(picture, partial(_write, content())))


def _png(width: int, height: int, mode: str = "1") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "a bomb of 400 megapixels": lambda: _png(20_000, 20_000),
    "of another size": lambda: _png(9, 8),
    "cut short": lambda: _png(8, 8)[:45],
    "a drawing": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n(x) run\n",
    "a TIFF": lambda: b"II*\0\x08\0\0\0" + b"\xff" * 999,
}


# The cache, and other users


def cache() -> Iterator[Case]:
    """Entries of the cache that are of another kind, damaged, forged or evil: they may only cost time."""

    def put(plant: Callable[[Path], object], suffix: str, ground: Ground) -> None:
        entries = sorted((ground.root / "cache/anns").glob("*.pt"))
        assert entries
        for entry in entries:
            plant(remove(entry.with_name(entry.name.replace(".pt", suffix))))
            if suffix != ".pt":
                entry.unlink()
        shutil.rmtree(ground.results / "tiny/smoke/cyclic-6")
        ground.completed()

    def pickled(path: Path, is_sealed: bool) -> None:
        content = pickle.dumps(Bomb(path.parents[2] / "EXECUTED"))
        write_sealed(path, content) if is_sealed else path.write_bytes(content)

    def listed(path: Path) -> None:
        buffer = io.BytesIO()
        torch.save({"owner": path.stem, "values": {"network": {}, "epochs": [{"loss": "x"}]}}, buffer)
        write_sealed(path, buffer.getvalue())

    def numba_of_others(ground: Ground) -> None:
        """Compiled code in a folder that others may write to, each file replaced by an evil pickle."""
        folder = ground.root / "compiled"
        folder.mkdir(mode=0o700)
        shutil.rmtree(ground.results / "tiny")
        ground.command("run", "tiny.py", "--json", fresh=True, environment={"NUMBA_CACHE_DIR": str(folder)})
        indexes = list(folder.rglob("*.nbi"))
        require(bool(indexes), "Numba kept nothing in the folder that the user chose")
        for index in indexes:
            index.write_bytes(pickle.dumps(Bomb(ground.evil)))
        folder.chmod(0o777)
        shutil.copytree(folder, ground.root / "cache/numba")
        shutil.rmtree(ground.results / "tiny")
        ground.command("run", "tiny.py", "--json", fresh=True, environment={"NUMBA_CACHE_DIR": str(folder)})

    # Not among every twelfth case, which the tests try: it compiles all kernels twice.
    yield Case("an evil pickle under a sound seal", partial(put, partial(pickled, is_sealed=True), ".pt"))
    yield Case("a compile cache that others may write to", numba_of_others)
    yield Case("an evil pickle", partial(put, partial(pickled, is_sealed=False), ".pt"))
    yield Case("an ANN of another form", partial(put, listed, ".pt"))
    for name, plant in THINGS.items():
        yield Case(f"an ANN: {name}", partial(put, plant, ".pt"))
        yield Case(f"a checkpoint of an ANN: {name}", partial(put, plant, ".pt.checkpoint"))
        yield Case(f"a lock of an ANN: {name}", partial(put, plant, ".lock"))


def users() -> Iterator[Case]:
    """Two users on one folder, and a user without a home. Needs root, to become them."""

    def switch(user: int) -> None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        os.umask(0)

    def opened(ground: Ground) -> None:
        """Let everybody write to all files of the case."""
        for path in (ground.root, *ground.root.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)

    def as_root() -> None:
        if os.geteuid() != 0:
            raise Skipped("needs root")

    def readable() -> None:
        as_root()
        for tree in (ROOT, Path(sys.prefix), Path(sys.base_prefix)):
            if any(not folder.stat().st_mode & 0o001 for folder in (tree, *tree.parents)):
                raise Skipped("other users may not read the program or its interpreter")

    def home(user: int, ground: Ground) -> Path:
        """A home for the user, with the compiled kernels."""
        folder = ground.root / f"home-{user}"
        shutil.copytree(os.environ["NUMBA_CACHE_DIR"], folder / ".cache/dct-snn-harness/numba")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
        return folder

    def forged_ann(ground: Ground) -> None:
        as_root()
        forge(ground.root / "cache/anns")
        shutil.rmtree(ground.results / "tiny/smoke/cyclic-6")
        ground.completed()

    def forged_checkpoint(ground: Ground) -> None:
        as_root()
        shutil.rmtree(ground.results / "tiny/smoke/cyclic-6")
        ground.command("run", "tiny.py", codes=(-signal.SIGKILL,), before=_kill_at("write_sealed", 2))
        forge(ground.results)
        ground.completed()

    def forge(folder: Path) -> None:
        """Set all numbers of the files in `folder` to zero, as another user who may write there can."""
        kept = [path for path in folder.rglob("*") if path.suffix in (".pt", ".balanced", ".training")]
        require(bool(kept), "nothing was kept that could be forged")
        for path in kept:
            saved = torch.load(io.BytesIO(path.read_bytes()[32:]), weights_only=True)
            buffer = io.BytesIO()
            torch.save({**saved, "values": zeros(saved["values"])}, buffer)
            write_sealed(path, buffer.getvalue())
            os.chown(path, NOBODY, NOBODY)

    def zeros(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: zeros(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [zeros(inner) for inner in value]
        return value * 0 if isinstance(value, Tensor | float) else value

    def as_user(user: int, ground: Ground) -> dict[str, Any]:
        chosen = {"HOME": str(home(user, ground)), "XDG_CACHE_HOME": None, "NUMBA_CACHE_DIR": None}
        return {"fresh": True, "environment": chosen, "before": partial(switch, user)}

    def at_once(ground: Ground) -> None:
        readable()
        opened(ground)
        shutil.rmtree(ground.results / "tiny")
        shutil.rmtree(ground.root / "cache")
        started = [ground.start("run", "tiny.py", **as_user(user, ground)) for user in (NOBODY, ANYBODY)]
        for pid, out, err in started:
            code = finished(pid, out)
            require(code == 0, f"run of two users: exit code {code}: {err.read_text().strip().splitlines()[-1:]}")
        require(ground.digests() == ground.undisturbed.digests(), "two users: other records than one")

    def of_others(ground: Ground) -> None:
        """A results folder in which this user may write nothing."""
        readable()
        opened(ground)
        ground.record.unlink()
        for path in ground.results.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        as_other = as_user(NOBODY, ground)
        ground.command("report", "--json", **as_other)
        ground.command("run", "tiny.py", codes=(2,), **as_other)

    def homeless(user: int, ground: Ground) -> None:
        readable()
        opened(ground)
        shutil.rmtree(ground.results / "tiny")
        gone = dict.fromkeys(("HOME", "HARNESS_CACHE", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"))
        chosen = {**gone, "TMPDIR": str(ground.root / "elsewhere")}
        ground.command("run", "tiny.py", "--json", fresh=True, environment=chosen, before=partial(switch, user))
        require(ground.digests() == ground.undisturbed.digests(), "without a home: other records")

    yield Case("a forged ANN in a shared cache", forged_ann)
    yield Case("at once on one folder", at_once)
    yield Case("a forged checkpoint", forged_checkpoint)
    yield Case("records of another user", of_others)
    yield Case("no home", partial(homeless, NOBODY))
    yield Case("no home and no entry in passwd", partial(homeless, ANYBODY))


# The environment


def environment() -> Iterator[Case]:
    """Variables with nonsense in them, closed and full streams, a working folder that offers modules."""

    def set_to(name: str, value: str, ground: Ground) -> None:
        codes = (0, 2) if name.startswith("HARNESS_") else (0,)
        ground.command("status", "--json", fresh=True, environment={name: value}, codes=codes)
        if name in ("SOURCE_DATE_EPOCH", "MPLBACKEND", "COLUMNS", "HARNESS_CACHE", "TMPDIR"):
            ground.command("report", "--json", fresh=True, environment={name: value}, codes=codes)
        if name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
            ground.command("predict", ground.weights, fresh=True, environment={name: value})

    def streams(line: str, code: int, ground: Ground) -> None:
        words = f"{sys.executable} -m harness {line}"
        full = {**os.environ, "PYTHONPATH": str(ROOT)}
        result = subprocess.run(
            ["sh", "-c", words], cwd=ground.root, env=full, capture_output=True, check=False, timeout=SECONDS
        )
        require(result.returncode == code, f"{line}: exit code {result.returncode}, not {code}")
        require(b"Traceback" not in result.stdout + result.stderr, f"{line}: traceback: {result.stderr[-200:]!a}")

    def planted(ground: Ground) -> None:
        bad = f"open({str(ground.evil)!r}, 'w')\n"
        for name in ("typer.py", "torch.py", "evil.py", "json.py"):
            (ground.root / name).write_text(bad)
        offered = ground.root / "evil-1.dist-info"
        offered.mkdir()
        (offered / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
        (offered / "entry_points.txt").write_text("[dct_snn.encoders]\nevil=evil:X\n[dct_snn.papers]\nevil=evil:X\n")
        for words in (("list",), ("encoders", "list"), ("status",)):
            ground.command(*words, fresh=True)

    for name, values in VARIABLES.items():
        for value in values:
            yield Case(f"{name}={value!a:.40}", partial(set_to, name, value))
    for line, code in STREAMS.items():
        yield Case(line, partial(streams, line, code))
    yield Case("a working folder that offers modules and entry points", planted)


VARIABLES = {
    "COLUMNS": ("²", "-1", "10" * 30), "LINES": ("none",), "LC_ALL": ("C", "nonsense"), "TMPDIR": ("/nonexistent",),
    "OMP_NUM_THREADS": ("many", "0", "-1", "9" * 30, ",,", "1e3"), "NUMBA_NUM_THREADS": ("0", "x", "\u0661"),
    "SOURCE_DATE_EPOCH": ("9" * 30, "-1", "now"), "MPLBACKEND": ("none", "TkAgg"), "MPLCONFIGDIR": ("/dev/null",),
    "HARNESS_CACHE": ("~nosuchuser/x", "/dev/null", "/proc/x", "tiny.py", "x" * 300, "\x1b[2J", "."),
    "HARNESS_DATA": ("~nosuchuser/x", "/dev/null", "\x1b[2J"), "HOME": ("", "/dev/null"), "TERM": ("", "dumb"),
    "NUMBA_CACHE_DIR": ("relative", "/dev/null", "/proc/x"), "XDG_CACHE_HOME": ("relative", "/dev/null"),
    "PYTHONIOENCODING": ("ascii", "latin-1"), "OMP_WAIT_POLICY": ("nonsense",),
}  # fmt: skip
STREAMS = {
    "list >&-": 0, "list 2>&-": 0, "list >&- 2>&-": 0, "list <&-": 0, "x 2>&-": 2,
    "list > /dev/full": 2, "x 2> /dev/full": 2,
    "status > /dev/full": 2, "list | head -c 1; exit 0": 0,
}  # fmt: skip


# Kills and full disks


def kills() -> Iterator[Case]:
    """Processes killed in the middle of an epoch, of writing a file, and of a report; then the same command again."""

    def resumed(killed: Callable[[int, Ground], object], number: int, ground: Ground) -> None:
        shutil.rmtree(ground.results)
        shutil.rmtree(ground.root / "cache")
        killed(number, ground)
        ground.digests()  # what is there can be read
        ground.completed()
        left = [path.name for path in ground.results.rglob(".*") if path.is_file()]  # locks, checkpoints, half a file
        require(not left, f"run: left {left}")

    def in_a_run(number: int, ground: Ground) -> None:
        pid, out, _ = ground.start("run", "tiny.py", "--json")
        time.sleep(random.Random(number).uniform(0.05, 1.0) * ground.undisturbed.seconds)
        os.kill(pid, signal.SIGKILL)
        finished(pid, out)

    def in_a_write(number: int, ground: Ground) -> None:
        call = ("fsync", "replace")[number % 2]
        ground.command("run", "tiny.py", codes=(-signal.SIGKILL, 0), before=_kill_at(call, 1 + 3 * number))

    def in_a_report(number: int, ground: Ground) -> None:
        ground.command("report", "--out", "undisturbed")
        call = _kill_at("replace", 1 + 4 * number)
        ground.command("report", "--out", "out", codes=(-signal.SIGKILL, 0), before=call)
        ground.command("report", "--out", "out")
        whole, again = (files(ground.root / name) for name in ("undisturbed", "out"))
        require(whole == again, f"report: differs in {[name for name in whole if whole[name] != again.get(name)]}")

    for number in range(8):
        yield Case(f"in a run, {number}", partial(resumed, in_a_run, number))
        yield Case(f"in a write, {number}", partial(resumed, in_a_write, number))
    for number in range(4):
        yield Case(f"in a report, {number}", partial(in_a_report, number))


def _kill_at(name: str, number: int) -> Callable[[], None]:
    """A function after which the process kills itself at call `number` of os.fsync, os.replace, or write_sealed."""

    def arm() -> None:
        from harness.training import checkpoint

        left, owner = [number], checkpoint if name == "write_sealed" else os
        original = getattr(owner, name)

        def counted(*arguments: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments)

        setattr(owner, name, counted)

    return arm


def files(folder: Path) -> dict[str, bytes]:
    """The files below a folder without hidden ones, such as the half-written file that a killed report leaves."""
    paths = (path for path in sorted(folder.rglob("[!.]*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def disks() -> Iterator[Case]:
    """Disks that are full or limit the size of files: for results, for the cache, and for temporary files."""

    def limited(size: int, ground: Ground) -> None:
        import resource

        shutil.rmtree(ground.results / "tiny/smoke/poisson-6")
        shutil.rmtree(ground.root / "cache")
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
        ground.command("run", "tiny.py", codes=(0, 2), before=limit)
        ground.completed()

    def full(folder: str, size: str, codes: Sequence[int], ground: Ground) -> None:
        shutil.rmtree(ground.results / "tiny/smoke/poisson-6")
        shutil.rmtree(ground.root / folder, ignore_errors=True)
        with mounted(ground.root / folder, size):
            ground.command("run", "tiny.py", codes=codes, environment={"TMPDIR": str(ground.root / "temporary")})
        ground.completed()

    for size in (1_200, 2_500, 4_000, 10_000, 20_000):
        yield Case(f"files of at most {size:,} bytes", partial(limited, size))
    for room in ("4k", "12k", "24k"):
        yield Case(f"{room} for the results", partial(full, "results/local/tiny/smoke/poisson-6", room, (2,)))
        yield Case(f"{room} for the cache", partial(full, "cache", room, (0,)))
    yield Case("4k for temporary files", partial(full, "temporary", "4k", (0,)))


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A disk of that size at `folder`. Raises Skipped if none can be mounted, as in a bare container."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0 or shutil.which("mount") is None:
        raise Skipped("needs root and mount")
    result = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, check=False
    )
    if result.returncode:
        raise Skipped("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


# Plug-ins


class Unspeakable(BaseException):
    """An error that `except Exception` does not catch, and that has no text."""

    def __str__(self) -> str:
        raise ValueError


@dataclass(frozen=True)
class Misbehaved(Unfitted):
    """A plug-in that feeds the image at each step, with one fault; some show after the laws are tried."""

    fault: str = ""

    info = EncoderInfo("analog", deterministic=True, period=1, value_range=(-1.0, 1.0), source="folklore")

    def encode(self, images: Tensor, timesteps: int, key: int) -> Tensor:  # noqa: ARG002
        train, training = images.expand(timesteps, *images.shape).clone(), len(images) > LAW_IMAGES
        if self.fault == "raises":
            raise AttributeError("no such thing \x1b[2J")
        if self.fault == "cannot read its file":
            raise FileNotFoundError(2, "No such file", "weights.bin")
        if self.fault == "exits":
            sys.exit(0)
        if self.fault == "exits at once":
            os._exit(0)
        if self.fault == "raises what is no Exception":
            raise Unspeakable
        if self.fault == "changes what is all arms'" and training:
            torch.set_default_dtype(torch.float64)
            torch.set_grad_enabled(not torch.is_grad_enabled())
            torch.manual_seed(1)
            np.random.seed(1)
            random.seed(1)
            os.chdir("/")
        if self.fault == "shape":
            return train[0]
        if self.fault == "NaN":
            train[0, 0, 0, 0, 0] = torch.nan
        if self.fault == "out of memory":
            torch.empty(1 << 60)
        if self.fault == "dies in training" and training:
            raise MemoryError("no room for the batch")
        while self.fault == "hangs":
            try:
                time.sleep(0.01)
            except Exception:
                continue
        return train

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:  # noqa: ARG002
        return 0.0


FAULTS = (
    "raises", "cannot read its file", "exits", "shape", "NaN", "out of memory", "dies in training", "hangs",
    "exits at once", "raises what is no Exception",
)  # fmt: skip


def plug_ins() -> Iterator[Case]:
    """A plug-in encoder that raises, exits, hangs, or changes the state that all arms share."""

    def offered() -> None:
        os.chdir("bad")
        BUILTIN["misbehaved"] = BuiltIn("tools.hostile:Misbehaved", "misbehaved")
        guard.CALL_SECONDS, guard.PATIENCE = 0.5, 1

    def beside_sound_arms(fault: str, ground: Ground) -> None:
        bad = f"ARMS = (Arm('bad', EncoderSpec('misbehaved', {{'fault': {fault!r}}}), 6, 'bad'), *ARMS)\n"
        source = TINY.replace("EXPERIMENT =", f"{bad}EXPERIMENT =")
        (ground.root / "bad.py").write_text(source)
        (ground.root / "bad").mkdir()
        words = ("run", "../bad.py", "--json", "--results-dir", "results")
        out = ground.command(*words, codes=(int(fault in FAULTS),), before=offered)
        states = {(row["arm"], row["status"]) for row in json.loads(out)["cells"]}
        require(("bad", "failed" if fault in FAULTS else "done") in states, f"plug-in: {states}")
        sound = {place: digest for place, digest in ground.digests("bad/results").items() if "/bad/" not in place}
        require(sound == ground.undisturbed.digests(), "plug-in: other arms have other records than without it")

    for fault in (*FAULTS, "changes what is all arms'"):
        yield Case(fault, partial(beside_sound_arms, fault))


# Text


def text() -> Iterator[Case]:
    """Names, titles and reasons that a terminal, a browser, a spreadsheet, LaTeX or matplotlib would act on."""

    def act(title: str, ground: Ground) -> None:
        changed = f"title={title!r}, arms=(replace(ARMS[0], title={title!r}), *ARMS[1:])"
        source = f"{TINY}\nEXPERIMENT = replace(EXPERIMENT, {changed})"
        (ground.root / "tiny.py").write_text(source)
        record = ground.record
        reason = {"reason": f"{title} \x1b[2J", "traceback": title}
        record.write_bytes(sealed(read_record(record), {"status": "failed", "curve": None, "failure": reason}))
        ground.command("status")
        ground.command("report", "--out", "out")
        ground.command("run", "tiny.py", "--retry-failed", "--results-dir", "results/local")
        for path in (p for folder in ("out", "results/local-report") for p in (ground.root / folder).rglob("*")):
            if path.is_file() and path.suffix in READERS:
                for problem in READERS[path.suffix](path.read_text("utf-8")):
                    raise Fault(f"{path.name}: {problem}")

    for title in TITLES:
        yield Case(f"{title!a:.50}", partial(act, title))


TITLES = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](http://x/y)", "a | b", "`x`", "<javascript:alert(1)>", "$\\nosuch{$", "$$",
    "100 % & #_^~{}\\",
    "\\input{/etc/passwd}", "]]>",
    "&lt;b&gt; &amp;", "\u202e right to left", "\u2028 a line", "{{ 7 * 7 }} {% raw %}",
    "'; alert(1); '",
)  # fmt: skip


def _page(content: str) -> Iterator[str]:
    if re.search(r"<script>alert|<img src=x|(href|src)=[\"']?\s*javascript:|(href|src)=[\"']?http://x", content):
        yield "text that a browser executes or fetches"


def _markdown(content: str) -> Iterator[str]:
    outside = re.sub(r"\\.", "", content)  # without escaped characters, which are text
    if re.search(r"<script|<img src=x|\]\(javascript|\]\(http://x|<javascript:", outside):
        yield "HTML or a link that is not escaped"


def _spreadsheet(content: str) -> Iterator[str]:
    for cell in (cell for row in csv.reader(io.StringIO(content)) for cell in row):
        if cell[:1] in ("=", "+", "-", "@") and not re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?|[+-]?(inf|nan)", cell):
            yield f"a cell that is a formula: {cell!a:.40}"


def _latex(content: str) -> Iterator[str]:
    if re.search(r"\\(input|nosuch)|(?<!\\)[#&](?=_)", content):
        yield "a command that is not escaped"


def _drawing(content: str) -> Iterator[str]:
    for element in ElementTree.fromstring(content).iter():
        if element.tag.endswith("}script"):
            yield "a script"


READERS: dict[str, Callable[[str], Iterator[str]]] = {
    ".html": _page, ".md": _markdown, ".csv": _spreadsheet, ".tex": _latex, ".svg": _drawing,
}  # fmt: skip


# The table


# The cases of each class, and how many of them are tried without --full: fewest where other tests try the same.
CLASSES: dict[str, tuple[Callable[[], Iterator[Case]], int]] = {
    "records": (records, 3),
    "weights": (weights, 3),
    "data": (data, 3),
    "cache": (cache, 3),
    "users": (users, 3),
    "environment": (environment, 6),
    "kills": (kills, 4),
    "disks": (disks, 2),
    "plug-ins": (plug_ins, 1),
    "text": (text, 2),
}


def first_run(root: Path) -> Ground:
    """The finished records that every case begins with."""
    ground = Ground(root)
    for name, content in {"tiny.py": TINY, **dict.fromkeys(BYSTANDERS, "mine\n")}.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(content)
    for words in (("run", "tiny.py"), ("report", "--json"), ("status",)):
        ground.command(*words)  # compiles the kernels
        for name in (root.parent / MODULES).read_text().split():
            # So that a forked command starts at once. Nothing is computed here, because threads do not survive a fork.
            if name not in sys.modules and not name.startswith("__"):
                with suppress(ImportError, AttributeError):
                    import_module(name)
        (root.parent / MODULES).unlink()
    (root.parent / MODULES).touch()
    for made_now in ("results", "cache"):
        shutil.rmtree(root / made_now)
    start = time.monotonic()
    ground.command("run", "tiny.py", "--json")
    ground.seconds = time.monotonic() - start
    for log in (*root.glob("*.out"), *root.glob("*.err")):
        log.unlink()
    return ground


def tried(name: str, whole: Ground, folder: Path, full: bool, only: str) -> tuple[int, int, list[str]]:
    """Try the cases of a class whose name contains `only`, each in a separate folder, and print each fault.

    Returns how many were tried, how many of them held, and why others could not be tried.
    """
    make, sample = CLASSES[name]
    cases = [case for case in make() if only in case.name]
    if not full:
        cases = cases[:: max(1, len(cases) // sample)]
    faults, skipped = 0, list[str]()
    for number, case in enumerate(cases):
        ground = Ground(folder / f"{name}-{number}", whole)
        shutil.copytree(whole.root, ground.root)
        try:
            case.act(ground)
        except Skipped as reason:
            skipped.append(f"{name}: {case.name}: not tried: {reason}")
        except Exception as error:
            what = str(error) if isinstance(error, Fault) else f"the trial itself failed: {error!r}"
            print(f"{name}: {case.name}: {what}", file=sys.stderr, flush=True)
            faults += 1
        finally:
            shutil.rmtree(ground.root, ignore_errors=True)
    count = len(cases) - len(skipped)
    return count, count - faults, skipped


def main(words: Sequence[str]) -> int:
    """Try the classes and print the table; 1 if a case does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.hostile", description=__doc__.split("\n")[0])
    parser.add_argument("classes", nargs="*", metavar="CLASS", help=", ".join(CLASSES))
    parser.add_argument("--full", action="store_true", help="try every case")
    parser.add_argument("--only", metavar="WORDS", default="", help="try the cases whose name contains this")
    options = parser.parse_args(words)
    unknown = {*options.classes} - {*CLASSES}
    if unknown:
        parser.error(f"no class {', '.join(sorted(unknown))}")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        (folder / "whole").mkdir()
        whole = first_run(folder / "whole")
        broken, left_out = 0, list[str]()
        print("| class | tried | held |\n| --- | --- | --- |", flush=True)  # or a forked process prints it again
        for kind in (kind for kind in CLASSES if kind in options.classes or not options.classes):
            count, held, skipped = tried(kind, whole, folder, options.full, options.only)
            print(f"| {kind} | {count} | {held} |", flush=True)
            broken, left_out = broken + count - held, left_out + skipped
    for line in dict.fromkeys(left_out):
        print(line)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
