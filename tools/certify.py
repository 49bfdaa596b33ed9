"""Show that changed code gives the results of an earlier commit, and write the certificate.

`python -m tools.certify --base REV` looks for cells whose code differs from REV's, computes them with both, each in a
separate process that prints all outputs of a cell (`--dump`), and certifies those that are equal bit for bit.
"""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, get_args

import msgspec
import numpy as np
import torch
import typer
from torch import Tensor

from encoders.base import EncoderError
from harness.catalogue import Catalogue
from harness.cli import program
from harness.cli.options import AsJson, DataDir
from harness.config import CellConfig, Clock, NeuronSpec, Precision, Reading, canonical_json
from harness.data import load
from harness.errors import CellFailure, HarnessError
from harness.machine.console import counted, plain_console
from harness.machine.environment import versions
from harness.machine.files import content_digest
from harness.machine.process import computing_with
from harness.papers import own_catalogue
from harness.plugins.guard import guarded
from harness.records.fingerprint import Sources, fingerprint, settings_in
from harness.records.freshness import Certificate, Freed, write_certificate
from harness.runs.evaluations import evaluate
from harness.snn.kernels import EACH, SUMMED, Neuron, Readout, fire, pooled
from harness.training.ann import AnnCache
from harness.training.cell import Setting, Trained, run_cell
from harness.training.method import method_of

SMOKE, KERNELS = "smoke", "kernels"
CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[1]
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}
# Kernels on drawn inputs, every smoke cell, and a cheap cell of the evidence at full size.
CELLS = (KERNELS, SMOKE, "mnist-784-100-10/paper/cyclic-2/0")
NAMES = ("experiment", "profile", "arm", "network.name")


# ---- The outputs of a cell. Later revisions keep the names of the outputs, however the code changes.


class Dump(msgspec.Struct, frozen=True):
    """The outputs of one cell in one precision, by name. `absent`: why there are none."""

    cell: str
    precision: str
    encoder: str = ""
    numerics: str = ""
    settings: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    absent: str = ""


def dumps(names: Iterable[str], catalogue: Catalogue, data_dir: Path | None) -> Iterator[Dump]:
    """The dumps of cells called EXPERIMENT/PROFILE/ARM/SEED, of "smoke" (all smoke cells) and of "kernels".

    A smoke cell is computed in both precisions, any other in that of its recipe.
    """
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        for name in spelled_out(names, catalogue):
            yield from _kernels() if name == KERNELS else _in_precisions(name, catalogue, data_dir, Path(folder))


def spelled_out(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """The names with every smoke cell in the place of "smoke"."""
    return [cell for name in names for cell in (smoke_cells(catalogue) if name == SMOKE else [name])]


def smoke_cells(catalogue: Catalogue) -> list[str]:
    """The smoke cells of every experiment, seed 0; cells with equal recipes are listed once."""
    cells: dict[str, str] = {}
    for name in catalogue.names():
        experiment = catalogue.experiment(name)
        for arm in experiment.arms:
            config = experiment.resolve(arm, experiment.profile("smoke"), 0)
            recipe = fingerprint(config, experiment.dataset).recipe
            cells.setdefault(f"{experiment.dataset}/{recipe}", f"{name}/smoke/{arm.name}/0")
    return list(cells.values())


def config_of(name: str, catalogue: Catalogue) -> CellConfig:
    """The configuration of the cell called EXPERIMENT/PROFILE/ARM/SEED. Raises HarnessError for an unknown one."""
    parts = name.split("/")
    if len(parts) != 4 or not parts[3].isdecimal():
        raise HarnessError(f"no cell '{name}'", "name it as EXPERIMENT/PROFILE/ARM/SEED")
    experiment = catalogue.experiment(parts[0])
    arm, profile = experiment.arm(parts[2]), experiment.profile(parts[1])
    return experiment.resolve(arm, profile, int(parts[3]))


def touched(catalogue: Catalogue, earlier: Path) -> list[str]:
    """The cells whose code differs from that in the folder `earlier`; the kernels are added if there are any."""
    for decides in ("tools/certify.py", "harness/records/fingerprint.py", "harness/plugins/parts.py"):
        path = earlier / decides
        if not path.is_file() or path.read_bytes() != (ROOT / decides).read_bytes():
            return [*CELLS]  # cells or digests are made otherwise there
    sources, cells = Sources(earlier), [name for name in spelled_out(CELLS, catalogue) if name != KERNELS]
    configs = {name: config_of(name, catalogue) for name in cells}
    digests = {name: (fingerprint(of, ""), fingerprint(of, "", sources=sources)) for name, of in configs.items()}
    differing = [name for name, (today, before) in digests.items() if today.numerics != before.numerics]
    return [KERNELS, *differing] if differing else []


def _in_precisions(name: str, catalogue: Catalogue, data_dir: Path | None, folder: Path) -> Iterator[Dump]:
    try:
        config = config_of(name, catalogue)
        for precision in get_args(Precision) if config.profile == SMOKE else (config.precision,):
            yield _cell(name, replace(config, precision=precision), data_dir, folder)
    except HarnessError as error:
        yield Dump(name, "", absent=error.message)


def _cell(name: str, config: CellConfig, data_dir: Path | None, folder: Path) -> Dump:
    try:
        data = load(config.dataset, data_dir, train_images=config.train_images, test_images=config.test_images)
    except HarnessError:  # its message names paths on this machine, and a certificate is committed
        raise HarnessError(f"{config.dataset} is not at hand") from None
    today = fingerprint(config, data.digest)
    setting = Setting(CPU, ann_cache=AnnCache(folder))
    outputs: dict[str, Any] = {}
    try:
        compute = method_of(config.method).run if config.method else run_cell
        trained = compute(config, data, guarded(config.encoder), setting)
        outputs |= _outputs(trained)
        rights = evaluate(config, trained.spiking, data.test, setting)
        outputs["evaluations"] = {text: _digest(right) for text, right in rights.items()}
    except (CellFailure, EncoderError):
        outputs["failed"] = True
    settings = msgspec.to_builtins(config)
    return Dump(name, config.precision, config.encoder.name, today.numerics, settings, outputs)


def _outputs(trained: Trained) -> dict[str, Any]:
    result, weights = trained.result, trained.spiking.network.state_dict()
    return {
        "ann": msgspec.to_builtins(result.ann_epochs),
        "encoder": msgspec.to_builtins(result.encoder_state),
        "thresholds": result.thresholds,
        "balanced": msgspec.to_builtins(result.balanced),
        "epochs": msgspec.to_builtins(result.epochs),
        "curve": msgspec.to_builtins(result.curve),
        "spikes": [layer.spikes for layer in result.layers],
        "accumulates": [layer.accumulates for layer in result.layers],
        "layers": [(layer.name, layer.macs, layer.multiplies, layer.neurons) for layer in result.layers],
        "encoder operations": (result.encoder_operations, result.encoder_macs),
        "training images": msgspec.to_builtins(result.sample_curve),
        "on the way": msgspec.to_builtins(result.on_the_way),
        "weights": [_digest(weights[name]) for name in sorted(weights)],
    }


def _kernels() -> Iterator[Dump]:
    """Spikes and gradients of a layer on drawn inputs: both readings and clocks, each readout, map and features.

    In two threads, because cells are computed in one, for which kernels are compiled by themselves.
    """
    for precision, dtype in DTYPES.items():
        outputs = {}
        for reading, clock in itertools.product(get_args(Reading), get_args(Clock)):
            spec = NeuronSpec(reading=reading, clock=clock)
            for shape, readouts in _shapes().items():
                for label, readout in readouts.items():
                    with computing_with(2):
                        outputs[f"{reading}, {clock}, {shape}, {label}"] = _layer(shape, readout, spec, dtype)
        yield Dump(KERNELS, precision, outputs=outputs)


Case = tuple[tuple[int, ...], tuple[int, ...]]


def _shapes() -> dict[Case, dict[str, Readout]]:
    """Inputs `[T·N, …]` of 7 timesteps of 3 images, and weights, with the readouts of their spikes."""
    even, odd = (3, 6, 8, 5), (3, 7, 5, 5)
    return {
        ((21, 33), (17, 33)): {"each": EACH, "summed": SUMMED},
        ((21, 3, 6, 8), (5, 3, 3, 3)): {"each": EACH, "summed": SUMMED, "pooled": pooled(even)},
        ((21, 4, 7, 5), (5, 4, 3, 3)): {"pooled": pooled(odd)},
    }


def _layer(case: Case, readout: Readout, spec: NeuronSpec, dtype: torch.dtype) -> list[str]:
    draws = np.random.default_rng(0)
    shape, weight_shape = case
    x = torch.from_numpy(draws.integers(-1, 2, shape).astype(np.float32)).to(dtype).requires_grad_()
    weight = torch.from_numpy(draws.normal(0.0, 0.4, weight_shape).astype(np.float32)).requires_grad_()
    neurons = 3 * weight_shape[0] * (shape[2] * shape[3] if len(shape) == 4 else 1)
    gain = torch.from_numpy((draws.random(neurons) < 0.8).astype(np.float32)) * 1.25
    fired = fire(x, weight, 7, Neuron(0.7, spec, gain), readout)
    seen = torch.from_numpy(draws.normal(0.0, 1.0, fired.shape).astype(np.float32)).to(fired.dtype)
    (fired * seen).sum().backward()
    assert x.grad is not None
    assert weight.grad is not None
    return [_digest(fired.detach()), _digest(x.grad), _digest(weight.grad)]


def _digest(tensor: Tensor) -> str:
    whole = tensor.detach().cpu().contiguous()
    bits = whole.view(torch.int16) if whole.dtype == torch.bfloat16 else whole
    return content_digest(bits.numpy().tobytes())


# ---- two revisions side by side

Side = Mapping[tuple[str, str], Dump]


def certify(
    base: str, results: Path, data_dir: Path | None, cells: Sequence[str], say: Callable[[str], None]
) -> tuple[Certificate, Path | None]:
    """Compare `cells` (default: those of `CELLS` whose code differs) with the commit `base`; certify the equal ones.

    Returns the certificate and where it was written: nowhere if it frees nothing. Raises HarnessError outside a clone,
    for an unknown commit, and if a side fails.
    """
    if Path(_git("rev-parse", "--show-toplevel")) != ROOT:
        raise HarnessError(f"{ROOT} is no git checkout of this program", "run it from a clone")
    commit = _git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
    with _worktree(commit) as earlier:
        chosen = cells or touched(own_catalogue(), earlier)
        count = len(spelled_out(chosen, own_catalogue()))
        say(f"computing {counted(count, 'cell')} under {commit[:10]} and under today's code, side by side")
        before, after = _computed((earlier, ROOT), chosen, data_dir) if chosen else ({}, {})
    certificate = compare(commit, before, after)
    return certificate, write_certificate(results, certificate) if certificate.freed else None


def _lines(certificate: Certificate, path: Path | None) -> Iterator[str]:
    """The result, for people."""
    equal, different, left_out = map(len, (certificate.compared, certificate.differing, certificate.left_out))
    yield f"{equal} equal bit for bit, {different} different, {left_out} left out"
    yield from (f"different: {cell}: {', '.join(names)}" for cell, names in certificate.differing.items())
    yield from (f"left out: {cell}: {why}" for cell, why in certificate.left_out.items())
    for freed in certificate.freed:
        exceptions = "".join(f"; not with {setting} = {value}" for setting, value in freed.differing.items())
        cells = counted(freed.cells, "cell")
        yield f"certified: {freed.encoder} on {freed.device} in {freed.precision} ({cells}){exceptions}"
    yield f"wrote {path}" if path else "no certificate: nothing was found equal under changed code"


def _git(*arguments: str) -> str:
    result = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise HarnessError(
            f"git {' '.join(arguments)}: {result.stderr.strip() or 'nothing found'}",
            "run it in a clone, and name a commit of it",
        )
    return result.stdout.strip()


@contextmanager
def _worktree(commit: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        _git("worktree", "add", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _computed(trees: Sequence[Path], cells: Sequence[str], data_dir: Path | None) -> list[Side]:
    """The outputs of the code in each of `trees`, computed side by side."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda tree: _dumped(tree, cells, data_dir), trees))


def _dumped(tree: Path, cells: Sequence[str], data_dir: Path | None) -> Side:
    """The outputs of the code in `tree`, from a process with one thread."""
    options = [word for cell in cells for word in ("--dump", cell)]
    options += ["--data-dir", str(data_dir.resolve())] if data_dir else []
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    # With separate compiled kernels, because Numba's cache does not distinguish two trees by their contents.
    environment = {**os.environ, **threads, "PYTHONPATH": str(tree), "NUMBA_CACHE_DIR": str(tree / ".numba")}
    command = [sys.executable, "-m", "tools.certify", *options]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise HarnessError(f"{tree}: certify --dump ended with exit code {done.returncode}: {last[0]}", "run it there")
    dumped = (msgspec.convert(json.loads(line), Dump) for line in done.stdout.splitlines())
    return {(dump.cell, dump.precision): dump for dump in dumped}


def compare(commit: str, before: Side, after: Side) -> Certificate:
    """The certificate of a comparison of two sides."""
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
    """For each encoder and precision the freed cells: all, or all but those with the settings of the differing ones."""
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
    return {path: value for path, value in settings_in(canonical_json(dump.settings)).items() if path not in NAMES}


def _shared(different: Sequence[Mapping[str, Any]], equal: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Settings shared by every cell in `different` and absent from every cell in `equal`."""
    if not different:
        return {}
    first, *rest = different
    return {
        path: value
        for path, value in first.items()
        if all(settings.get(path) == value for settings in rest)
        and not any(settings.get(path) == value for settings in equal)
    }


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def command(
    base: Annotated[str | None, typer.Option(help="The commit whose results are the standard.")] = None,
    cell: Annotated[
        list[str] | None, typer.Option(help="Compare only this cell, `smoke` or `kernels` (again for more).")
    ] = None,
    dump: Annotated[
        list[str] | None, typer.Option(help="Print what this cell computes, as JSON lines, and compare nothing.")
    ] = None,
    results_dir: Annotated[Path, typer.Option(help="Where the certificate is kept.")] = Path("results/evidence"),
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compute cells with the code at --base and with today's, and certify what is equal bit for bit (else exit 1)."""
    for name in {*(cell or ())} - {KERNELS, SMOKE}:
        config_of(name, own_catalogue())
    if dump:
        for dumped in dumps(dump, own_catalogue(), data_dir):
            print(json.dumps(msgspec.to_builtins(dumped)), flush=True)
        return
    if base is None:
        raise HarnessError("no --base to compare with", "name a commit, such as HEAD")
    certificate, path = certify(base, results_dir, data_dir, tuple(cell or ()), plain_console(stderr=True).print)
    print(json.dumps(msgspec.to_builtins(certificate)) if as_json else "\n".join(_lines(certificate, path)))
    if certificate.differing:
        raise typer.Exit(1)


if __name__ == "__main__":
    program(app)
