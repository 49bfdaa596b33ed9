"""`harness certify --base REV`: compute cells under REV's code and under today's, and certify what comes out equal."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import msgspec

from harness.config import canonical_json
from harness.errors import HarnessError
from harness.machine.console import counted
from harness.machine.environment import versions
from harness.machine.files import content_digest
from harness.records.certificates import Certificate, Freed, write_certificate
from harness.records.fingerprint import flattened
from harness.runs.dump import KERNELS, SMOKE, Dump

# Kernels on drawn inputs, every smoke cell, and a cheap cell of the evidence at its own size.
CELLS = (KERNELS, SMOKE, "mnist-784-100-10/paper/cyclic-2/0")
NAMES = ("experiment", "profile", "arm", "network.name")
Side = Mapping[tuple[str, str], Dump]


@dataclass(frozen=True)
class Made:
    """A certificate and where it was written; nowhere if it frees nothing."""

    certificate: Certificate
    path: Path | None

    def lines(self) -> Iterator[str]:
        """What was found, for people."""
        made = self.certificate
        yield f"{len(made.compared)} equal bit for bit, {len(made.differing)} different, {len(made.left_out)} left out"
        yield from (f"different: {cell}: {', '.join(names)}" for cell, names in made.differing.items())
        yield from (f"left out: {cell}: {why}" for cell, why in made.left_out.items())
        for freed in made.freed:
            but = "".join(f"; not with {path} = {value}" for path, value in freed.differing.items())
            cells = counted(freed.cells, "cell")
            yield f"certified: {freed.encoder} on {freed.device} in {freed.precision} ({cells}){but}"
        yield f"wrote {self.path}" if self.path else "no certificate: nothing was found equal under changed code"


def certify(base: str, results: Path, data_dir: Path | None, cells: Sequence[str], say: Callable[[str], None]) -> Made:
    """Compare `cells` (default: `CELLS`) between the commit `base` and today's code; write what is equal.

    Raises HarnessError outside a git checkout of this program, for an unknown commit, and where a side fails.
    """
    root = _checkout()
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    with _worktree(root, commit) as earlier:
        say(f"computing under {commit[:10]} and under today's code, side by side")
        before, after = _computed((earlier, root), cells or CELLS, data_dir)
    certificate = compare(commit, before, after)
    path = write_certificate(results, certificate) if certificate.freed else None
    return Made(certificate, path)


def _checkout() -> Path:
    root = Path(__file__).resolve().parents[2]
    try:
        found = _git(root, "rev-parse", "--show-toplevel")
    except (OSError, HarnessError):
        found = ""
    if not found or Path(found) != root:
        raise HarnessError(
            f"{root} is no git checkout of this program, so there is no earlier code to compare with",
            "run it from a clone",
        )
    return root


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HarnessError(
            f"git {' '.join(arguments)}: {done.stderr.strip() or 'nothing found'}", "name another commit"
        )
    return done.stdout.strip()


@contextmanager
def _worktree(root: Path, commit: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        _git(root, "worktree", "add", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _computed(trees: Sequence[Path], cells: Sequence[str], data_dir: Path | None) -> list[Side]:
    """What the code in each of `trees` computes."""
    with ExitStack() as stack:
        files = [(stack.enter_context(TemporaryFile()), stack.enter_context(TemporaryFile())) for _ in trees]
        started = [_started(tree, cells, data_dir, *pair) for tree, pair in zip(trees, files, strict=True)]
        codes = [process.wait() for process in started]
        return [_read(code, tree, *pair) for code, tree, pair in zip(codes, trees, files, strict=True)]


def _started(
    folder: Path, cells: Sequence[str], data_dir: Path | None, output: IO[bytes], errors: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """The code in `folder` as a process of its own, with one thread, so that both sides run at once."""
    options = [word for cell in cells for word in ("--dump", cell)]
    options += ["--data-dir", str(data_dir.resolve())] if data_dir else []
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    # Its own kernels too: a cache of compiled kernels would not know one tree from another by its contents.
    environment = {**os.environ, **threads, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / ".numba")}
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "certify", *options],
        cwd=folder,
        env=environment,
        stdout=output,
        stderr=errors,
    )


def _read(code: int, tree: Path, output: IO[bytes], errors: IO[bytes]) -> Side:
    output.seek(0)
    errors.seek(0)
    if code:
        last = errors.read().decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise HarnessError(f"{tree}: harness certify --dump ended with exit code {code}: {last[0]}", "run it there")
    found = [msgspec.convert(json.loads(line), Dump) for line in output.read().splitlines()]
    return {(dump.cell, dump.precision): dump for dump in found}


def compare(commit: str, before: Side, after: Side) -> Certificate:
    """What two sides say about each other."""
    both = [key for key in before if key in after and not before[key].absent and not after[key].absent]
    differing = {key: _differences(before[key], after[key]) for key in both}
    return Certificate(
        base=commit,
        freed=list(_freed([(before[key], after[key], not differing[key]) for key in both])),
        compared=[_name(key) for key in both if not differing[key]],
        differing={_name(key): names for key, names in differing.items() if names},
        left_out={_name(key): _why(before.get(key), after.get(key)) for key in {**before, **after} if key not in both},
        environment=versions(),
        outputs=content_digest(canonical_json([before[key].outputs for key in both if not differing[key]])),
    )


def _name(key: tuple[str, str]) -> str:
    return " ".join(filter(None, key))


def _why(before: Dump | None, after: Dump | None) -> str:
    if before is None or after is None:
        return f"only in {'today' if before is None else 'the earlier code'}"
    return before.absent or after.absent


def _differences(before: Dump, after: Dump) -> list[str]:
    names = before.outputs.keys() | after.outputs.keys()
    return sorted(name for name in names if before.outputs.get(name) != after.outputs.get(name))


Compared = tuple[Dump, Dump, bool]


def _freed(compared: Sequence[Compared]) -> Iterator[Freed]:
    """For each encoder and precision what is freed: all of it, or all but what the differing cells share."""
    broken = {before.precision for before, _, equal in compared if before.cell == KERNELS and not equal}
    groups: dict[tuple[str, str, str, str], list[Compared]] = {}
    for before, after, equal in compared:
        if before.cell != KERNELS and before.precision not in broken and before.numerics != after.numerics:
            key = (before.encoder, before.precision, before.numerics, after.numerics)
            groups.setdefault(key, []).append((before, after, equal))
    for (encoder, precision, old, new), cells in groups.items():
        sound = [_settings(after) for _, after, equal in cells if equal]
        different = [_settings(after) for _, after, equal in cells if not equal]
        shared = _shared(different, sound)
        if sound and (shared or not different):
            yield Freed(encoder, "cpu", precision, old, new, len(sound), shared)


def _settings(dump: Dump) -> dict[str, Any]:
    """The settings of a cell without its names."""
    return {path: value for path, value in flattened(dump.settings).items() if path not in NAMES}


def _shared(those: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The settings that all of `those` have and none of `others`."""
    if not those:
        return {}
    first, *rest = those
    return {
        path: value
        for path, value in first.items()
        if all(settings.get(path) == value for settings in rest)
        and not any(settings.get(path) == value for settings in others)
    }
