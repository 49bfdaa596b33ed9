"""The plan of a run: the cells of an experiment, the state of their records, and the expected time for the rest.

A cell takes the multiply–accumulates of its stages times the seconds of one, which is measured here in some training
steps of the network. Estimates are right to about a quarter.
"""

import gc
import math
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import torch
from rich.console import Console

from encoders.base import Encoder
from encoders.laws import BEFORE_TRAINING, Trial, finding, sample_images
from encoders.registry import BUILTIN, definition_of
from harness.catalogue import Arm, Catalogue, Experiment, Profile
from harness.catalogue.experiment import encoder_text, faults_of, parse_encoder
from harness.config import AnnRecipe, CellConfig, NeuronSpec, SnnRecipe, canonical_json
from harness.data import DataSet, ImageSet, cache, load
from harness.errors import CellFailure, HarnessError, Stopped, said_by
from harness.machine.console import counted
from harness.machine.environment import environment
from harness.machine.files import content_digest, free_gib
from harness.machine.process import FOR_SMALL, SMALL_STEP, Threads, computing_with, threads_for
from harness.plugins.guard import faults_named, guarded, kept_state, watched
from harness.plugins.skeleton import require_installed
from harness.records.fingerprint import Device, ann_code, device_kind, fingerprint
from harness.records.freshness import Records, State
from harness.records.store import checkpoints_beside, record_path
from harness.runs import evaluations
from harness.runs.progress import duration
from harness.runs.tuning import require_chosen
from harness.schema import Epoch, Fingerprint
from harness.snn.balancing import balance
from harness.snn.kernels import Kernel, fire, kernel_for
from harness.snn.layers import Shape, layers_of
from harness.snn.network import Network, Spiking
from harness.snn.neuron import Neuron
from harness.training.ann import NO_CACHE, AnnCache, ann_key, pretraining
from harness.training.batches import encoder_key, generator, normalised
from harness.training.cell import BALANCING, DTYPES, SAMPLE_IMAGES, Setting
from harness.training.checkpoint import NOWHERE, Checkpoint, Watch
from harness.training.evaluate import TestResult
from harness.training.loop import Training, fine_tuning, readings, train
from harness.training.method import method_of, require_followed

PRACTICAL_SECONDS = 3 * 3600.0
SPREAD_SECONDS = 60.0  # of a run, from which on it takes several processes; one takes seconds to start
MOST_SPREAD = 8  # processes, unless the user asks for more: each has the images and their spike trains in memory
MOST_SEEDS = 10_000  # because a record's name has four digits
LAW_CALLS = 10  # about how often an image is encoded when laws are tried before a training
TASK_THREADS = 4  # of a process on another machine, whose number of cores is unknown


@dataclass(frozen=True)
class Cost:
    """The cost of the remaining work of a cell: the expected `seconds`.

    work: the multiply–accumulates that it will report as progress. begun: whether an earlier run did a part of the
    cell; that part is not counted.
    """

    seconds: float = 0.0
    work: float = 0.0
    begun: bool = False

    def of(self, work: float) -> float:
        """The part of `seconds` for `work` reported multiply–accumulates."""
        return self.seconds * work / self.work if self.work else 0.0


@dataclass(frozen=True)
class PlannedCell:
    """A cell, the path of its record, its state, and why it is not done.

    `stamp` changes if another process writes the record; `fault` is why the cell cannot be run at all; `answer` is the
    path of the record that answers it; `ann` is the present or future path of its ANN in the cache; `cost` is 0 if it
    was not estimated.
    """

    config: CellConfig
    fingerprint: Fingerprint
    path: Path
    state: State
    reason: str = ""
    stamp: int = 0
    fault: CellFailure | None = None
    answer: Path = Path()
    ann: Path | None = None
    cost: Cost = field(default_factory=Cost)

    def __str__(self) -> str:
        return f"{self.config.arm} seed {self.config.seed}"

    def checkpoint(self, setting: Setting) -> Checkpoint:
        """The checkpoint. Its name has a digest of the environment, because a cell must run in one environment."""
        around = content_digest(canonical_json(circumstances(self.config, setting)))[:8]
        return Checkpoint(self.path.with_name(f".{self.path.stem}.{around}.checkpoint"), self.fingerprint.digest)


def circumstances(config: CellConfig, setting: Setting) -> dict[str, str]:
    """The environment in which a cell of `config` runs."""
    return environment(setting.device, config.precision, kernel_for(setting.device, setting.kernel))


def ann_checkpoint(entry: Path) -> Checkpoint:
    """The checkpoint of an ANN in training that the cache will have at `entry`."""
    return Checkpoint(entry, entry.stem).part("checkpoint")


@dataclass(frozen=True)
class Plan:
    """The cells of an experiment at a profile, those of them to do, and the settings for computing them.

    threads: of each process. words: the arguments with which another `harness run` makes the same plan.
    """

    catalogue: Catalogue
    experiment: Experiment
    profile: Profile
    why: str
    data: DataSet
    results: Path
    data_dir: Path | None
    setting: Setting
    threads: Threads
    cells: tuple[PlannedCell, ...]
    todo: tuple[PlannedCell, ...]
    at_once: int = 1
    keep_weights: bool | None = None
    words: tuple[str, ...] = ()

    @property
    def timesteps(self) -> dict[str, list[int]]:
        """By arm, the timesteps at which a claim is judged, on it or on another experiment's arm of the same recipe."""
        judged_at: dict[str, list[int]] = {}
        for claim in self.catalogue.claims:
            experiment = self.catalogue.experiment(claim.experiment)
            claimed = [(experiment.dataset, arm.encoder, arm.timesteps) for arm in map(experiment.arm, claim.arms)]
            for arm in self.experiment.arms:
                if (self.experiment.dataset, arm.encoder, arm.timesteps) in claimed:
                    judged_at.setdefault(arm.name, []).append(claim.judged_timestep)
        return judged_at

    @property
    def seconds(self) -> float:
        """The expected time of the cells to do."""
        return sum(cell.cost.seconds for cell in self.todo) / self.at_once

    def document(self, script: str) -> dict[str, Any]:
        """The document for `--dry-run --json`: cells with their states, cells to do, seconds, Slurm's script."""
        return {
            "experiment": self.experiment.name,
            "profile": self.profile.name,
            "data": self.data.digest,
            "device": self.setting.device.type,
            "threads": self.threads.count,
            "cells": [{"arm": c.config.arm, "seed": c.config.seed, "state": c.state} for c in self.cells],
            "to_do": [{"arm": c.config.arm, "seed": c.config.seed} for c in self.todo],
            "seconds": self.seconds,
            "script": script,
        }

    def announce(self, console: Console) -> None:
        """Print the plan before anything starts: experiment, profile and why, data, cells, estimated time."""
        data, todo = self.data, self.todo
        processes = f", {self.at_once} processes" if self.at_once > 1 else ""
        console.print(f"{self.experiment.name} — {self.experiment.title}", style="bold")
        console.print(
            f"profile {self.profile.name} ({self.why}); device {self.setting.device}, {self.threads}{processes}"
        )
        console.print(
            f"{data.name}: {len(data.train):,} training and {len(data.test):,} test images, digest {data.digest[:12]}"
        )
        begun = sum(cell.cost.begun for cell in todo)
        goes_on = f", {begun} of them from a checkpoint" if begun else ""
        console.print(f"{counted(len(self.cells), 'cell')}, {len(todo)} to do{goes_on}")
        for cell in self.cells:
            if cell.reason:
                console.print(f"  {cell}: {cell.state}: {cell.reason}")
        for fault in dict.fromkeys(str(cell.fault) for cell in todo if cell.fault):
            console.print(f"  cannot be trained: {fault}")
        if todo:
            console.print(f"estimated time {duration(self.seconds)}; {free_gib(todo[0].path):.0f} GiB of disk free")
        else:
            console.print("nothing to train: every cell has its record")


def make_plan(
    catalogue: Catalogue,
    experiment: str | Path | Experiment,
    *,
    profile: str | None = None,
    seeds: int | None = None,
    arms: Sequence[str] = (),
    encoders: Sequence[str] = (),
    device: str = "auto",
    kernel: Kernel = "auto",
    workers: int | None = None,
    elsewhere: bool = False,
    data_dir: str | Path | None = None,
    results: Path = Path("results/local"),
    retry_failed: bool = False,
    began: int | None = None,
    keep_weights: bool | None = None,
    estimated: bool = True,
) -> Plan:
    """Plan a run without training anything. experiment: a name, the path of a file that defines it, or the object.

    encoders: texts of further arms, as `parse_encoder` reads them. profile: None chooses the fullest that is practical.
    workers: processes here; None: one, or one a core for small networks. elsewhere: cells run on other machines, with
    their GPUs. began: the start of the whole run, in nanoseconds: `retry_failed` repeats failed records that are older.
    keep_weights: None keeps those of small networks. estimated: False leaves costs at 0.
    Raises HarnessError or EncoderError for an impossible plan.
    """
    processes, data_dir = workers or 1, None if data_dir is None else Path(data_dir)
    if isinstance(experiment, Experiment):
        if processes > 1 or elsewhere:
            raise HarnessError("other processes cannot see an experiment that is in no file", "write it to a file")
        for fault in faults_of(experiment):
            raise fault
        if experiment not in map(catalogue.experiment, catalogue.names()):
            catalogue = catalogue.with_experiments([experiment])
        called = name = experiment.name
    else:
        catalogue, called = catalogue.including(str(experiment))
        name = str(Path(experiment).absolute()) if called in catalogue.files else called
    parsed = [parse_encoder(text) for text in encoders]
    for spec, *_ in parsed:
        require_installed(spec.name)
    encoders = [encoder_text(*one) for one in parsed]
    asked = catalogue.experiment(called).with_added(encoders)
    chosen = tuple(asked.arm(arm) for arm in dict.fromkeys((*arms, *encoders))) if arms else asked.arms
    place = device_of(device, elsewhere)
    if kernel == "triton" and place.type != "cuda":
        raise HarnessError("the triton kernel needs a GPU", "use --kernel auto")
    if kernel in ("numba", "events") and place.type != "cpu":
        raise HarnessError(f"the {kernel} kernel runs on the CPU only", "use --kernel auto, or --device cpu")
    setting = Setting(place, kernel, AnnCache(cache.folder("anns"), ann_code(), cache.go_without))
    if kernel_for(place, kernel) == "triton" and not elsewhere:
        _require_triton(place)
    began = began or time.time_ns()
    given: list[tuple[str, Any]] = [("--device", place.type), ("--kernel", kernel), ("--seeds", seeds)]
    given += [("--results-dir", results.absolute()), ("--data-dir", data_dir and data_dir.absolute())]
    given += [("--began", began), *(("--arm", arm) for arm in arms), *(("--encoder", one) for one in encoders)]
    words = [str(word) for option in given if option[1] is not None for word in option]
    words += ["--retry-failed"] * retry_failed
    words += [] if keep_weights is None else ["--keep-weights" if keep_weights else "--no-keep-weights"]

    def at(tried: Profile) -> Plan:
        configs = configurations(asked, tried, chosen, seeds)
        data = load(asked.dataset, data_dir, train_images=tried.train_images, test_images=tried.test_images)
        cells = cells_of(configs, data, results, device_kind(place.type))
        # Arms with one recipe are one computation, and the first of them computes it.
        wanted: dict[str, PlannedCell] = {}
        for cell in cells:
            if cell.state in ("missing", "stale") or (retry_failed and cell.state == "failed" and cell.stamp < began):
                wanted.setdefault(cell.fingerprint.digest, cell)
        todo = list(wanted.values())
        largest = configurations(asked, tried, asked.arms, 1)
        sound = [cell.config for cell in cells if cell.fault is None]
        threads = threads_of(sound, largest, data, place, 1 if elsewhere else processes)
        if elsewhere and not threads.why:  # another machine may have fewer cores
            threads = Threads(TASK_THREADS, "of each task")
        with computing_with(threads.count):
            todo = [cell if cell.fault else replace(cell, ann=ann_entry(cell.config, data, setting)) for cell in todo]
            todo = estimate(todo, data, setting) if estimated else todo
        if place.type == "cuda":  # the memory of the timed steps, for the workers
            gc.collect()
            torch.cuda.empty_cache()
        at_once = min(processes, len(todo))
        alone = workers is not None or elsewhere or isinstance(experiment, Experiment)
        # A process a core, if that pays: small networks take one thread, whatever the machine has.
        if not alone and threads == FOR_SMALL and sum(cell.cost.seconds for cell in todo) > SPREAD_SECONDS:
            at_once = min(torch.get_num_threads(), len(todo), MOST_SPREAD)
        return Plan(
            catalogue=catalogue,
            experiment=asked,
            profile=tried,
            why="as asked" if profile else f"the fullest that is practical on this {place.type.upper()}",
            data=data,
            results=results,
            data_dir=data_dir,
            setting=setting,
            threads=threads,
            cells=tuple(cells),
            todo=tuple(todo),
            at_once=max(1, at_once),
            keep_weights=keep_weights,
            words=(name, "--profile", tried.name, *words),
        )

    def tuned(plan: Plan) -> Plan:
        for arm in chosen:
            require_chosen(plan, arm)
        return plan

    if profile is not None:
        return tuned(at(asked.profile(profile)))
    ordered: list[str] = list(reversed(asked.profile_names))
    # short takes a night: it is run only when asked for.
    fuller = [name for name in ordered if name not in ("smoke", "short")] or ordered
    for lighter in fuller:
        try:
            plan = at(asked.profile(lighter))
        except TooLarge:
            if lighter == fuller[-1]:
                raise
            continue
        if plan.seconds <= PRACTICAL_SECONDS:
            return tuned(plan)
    return replace(tuned(plan), why="the least that is judged; over three hours: --seeds 1 or --arm makes it shorter")


def configurations(
    experiment: Experiment, profile: Profile, arms: Sequence[Arm], seeds: int | None = None
) -> list[CellConfig]:
    """The cells of `arms` with seeds 0 … `seeds` − 1 (None: as planned for each arm), seed by seed.

    Raises HarnessError for an impossible number of seeds.
    """
    planned = [experiment.seeds(arm.name, profile.name) for arm in arms]
    if seeds is not None and not 1 <= seeds <= MOST_SEEDS:
        most = max(planned, default=profile.seeds)
        raise HarnessError(
            f"--seeds must be at least 1 and at most {MOST_SEEDS}, not {seeds}",
            f"leave it out, or use {most} as the {profile.name} profile plans",
        )
    counts = planned if seeds is None else [seeds] * len(arms)
    return [
        experiment.resolve(arm, profile, seed)
        for seed in range(max(counts, default=0))
        for arm, count in zip(arms, counts, strict=True)
        if seed < count
    ]


def cells_of(configs: Sequence[CellConfig], data: DataSet, results: Path, device: Device = "cpu") -> list[PlannedCell]:
    """The cells with the states of their records. Raises EncoderError for parameters that do not fit."""
    records = Records(results)
    first = {config.arm: config for config in reversed(configs)}
    with computing_with(1):  # on a few images
        faults = {arm: _fault(config, data, device) for arm, config in first.items()}
    cells = []
    for config in configs:
        path = record_path(results, config)
        stamp = stamp_of(path)
        freshness = records.answer(config, data.digest)
        try:
            today = fingerprint(config, data.digest, device)
        except (ModuleNotFoundError, SyntaxError, UnicodeDecodeError) as error:
            raise HarnessError(
                f"arm {config.arm}: {error}, so nothing could tell when a record of it is stale",
                "install what the arm names as a package with __init__.py and .py files",
            ) from None
        answer = freshness.path if freshness.state in ("done", "failed") else path
        cells.append(
            PlannedCell(config, today, path, freshness.state, freshness.reason, stamp, faults[config.arm], answer)
        )
    return cells


def _fault(config: CellConfig, data: DataSet, device: Device) -> CellFailure | None:
    """The failure of the encoder on a few images, before anything is trained; None if it works.

    Raises EncoderError if its parameters do not fit each other, the images or T, HarnessError for a recipe that its
    method would not follow, and for an evaluation that is not possible; the user can correct these.
    """
    images = normalised(data.train.images[:64])
    require_followed(config)
    try:
        _require_lawful(config, data)
        encoder = guarded(config.encoder)
        shape = shape_of(encoder, data.train)  # asked before it is calibrated, as the key of the ANN is
        encoder = encoder.calibrate(images)
        there = images[:1].to(device if torch.cuda.is_available() else "cpu")  # a GPU may be another machine's
        train = encoder.encode(there, config.timesteps, encoder_key(0, "encoder-test"))
        if train.device != there.device:
            raise CellFailure(
                f"encoder '{config.encoder.name}': its train is on {train.device}, images on {there.device}"
            )
        encoder.state()
    except CellFailure as failure:
        return failure
    evaluations.require_evaluable(config, data, encoder, shape)
    return None


def _require_lawful(config: CellConfig, data: DataSet) -> None:
    """Raise CellFailure if an encoder that is not ours breaks a law that is quickly tried, at the cell's sizes."""
    name = config.encoder.name
    if definition_of(name).startswith("encoders."):  # the tests try these
        return
    channels, height, width = data.train.images.shape[1:]
    images = sample_images(channels, max(height, width))[..., :height, :width]
    unfitted = guarded(config.encoder)
    fitted = unfitted.calibrate(images)
    trial = Trial(unfitted.inner, fitted.inner, images, config.timesteps, encoder_key(0, "encoder-test"))
    with watched(name, "encode", LAW_CALLS * len(images)):
        found = (finding(law, trial) for law in BEFORE_TRAINING)
        broken = next((one for one in found if one.passed is False), None)
    if broken:
        raise CellFailure(
            f"encoder '{name}' breaks a law: {broken.law}: {broken.detail}; "
            f"`harness encoders check {shlex.quote(encoder_text(config.encoder))}` tells more"
        )


def device_of(name: str, elsewhere: bool = False) -> torch.device:
    """The device called `name`: "auto" takes a GPU if there is one.

    elsewhere: cells run on other machines, so that "cuda" needs no GPU here. Raises HarnessError for an absent GPU.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise HarnessError(f"unknown device '{name}'", "use auto, cpu or cuda")
    if name == "cuda" and not elsewhere and not torch.cuda.is_available():
        raise HarnessError("no CUDA device here", "use --device cpu")
    return torch.device(name)


def _require_triton(device: torch.device) -> None:
    """Raise HarnessError if Triton compiles nothing here: it needs a C compiler and Python's headers."""
    try:
        fire(torch.zeros(1, 16, device=device), None, 1, Neuron(1.0, NeuronSpec(), kernel="triton"))
    except Exception as error:  # whatever a compiler or driver raises
        raise HarnessError(
            f"Triton does not work here: {said_by(error)}",
            "install a C compiler and Python's headers (gcc, python3-dev), or use --kernel reference",
        ) from None


def stamp_of(path: Path) -> int:
    """The time at which a record was written, 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def require_writable(folder: Path) -> None:
    """Raise HarnessError unless records can be written below `folder`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HarnessError(
            f"cannot write to results folder {folder}: {reason}", "choose another with --results-dir"
        ) from None


# ## Costs of cells

WARMING = 2  # steps that are not timed: kernels compile in the first and, for a code that is encoded once, the second
TIMED_SECONDS = 0.3  # for which steps are timed after these, at least one
MOST_STEPS = 50
PERCENTILE = 95.0  # at most: above it, deep layers with random weights may stay silent
SOME_THRESHOLD = 0.1
ENDLESS = 1_000_000  # epochs: the timing is stopped, it does not end


class Rates(NamedTuple):
    """Seconds per multiply–accumulate of the ANN and of the SNN; for another method, of all work that it reports."""

    ann: float
    snn: float


class TooLarge(HarnessError):
    """A training step needs more memory than the GPU has."""


class Rest(NamedTuple):
    """What a training has still to do: images, tests after epochs, readings on the way. begun: some is done."""

    images: int = 0
    tests: int = 0
    readings: int = 0
    begun: bool = False


def estimate(cells: Sequence[PlannedCell], data: DataSet, setting: Setting) -> list[PlannedCell]:
    """`cells` with their costs, at torch's present number of threads.

    A shared ANN is charged to the first cell that needs it. A cell with a fault costs nothing.
    Steps are timed on the CPU if `setting` has a GPU of other machines.
    """
    setting = _here(setting)
    sound = [cell for cell in cells if cell.fault is None]
    kinds = {cell.path: _kind(cell.config, data) for cell in sound}
    # Of cells that differ only in seed and timesteps, the longest is timed: such cells take most of the time.
    longest: dict[bytes, CellConfig] = {}
    for cell in sorted(sound, key=lambda cell: cell.config.timesteps, reverse=True):
        longest.setdefault(kinds[cell.path], cell.config)
    rates = {kind: timed(config, data, setting) for kind, config in longest.items()}
    first = {cell.ann: cell for cell in reversed(sound)}
    costs = {}
    for cell in sound:
        trains = cell.ann is None or (first[cell.ann] is cell and not cell.ann.exists())
        costs[cell.path] = _cost(cell, data, setting, rates[kinds[cell.path]], trains)
    return [replace(cell, cost=costs.get(cell.path, Cost())) for cell in cells]


def _cost(cell: PlannedCell, data: DataSet, setting: Setting, rates: Rates, trains: bool) -> Cost:
    """The cost of a cell. trains: whether it trains its ANN instead of reading it from the cache."""
    config, train, test = cell.config, len(data.train), len(data.test)
    timesteps, macs = config.timesteps, _macs(config, data, shape_of(guarded(config.encoder), data.train))
    evaluated = evaluations.passes(config) * test
    if config.method:
        with faults_named(f"method '{config.method.name}'"):
            work = method_of(config.method).work(config, data, macs) + evaluated * timesteps * macs
        return Cost(rates.snn * work, work, bool(checkpoints_beside(cell.path)))
    checkpoint = cell.checkpoint(setting)
    ann = _rest(config.ann, train, ann_checkpoint(cell.ann) if cell.ann else NOWHERE) if trains else Rest()
    tuned = min(config.snn.images or train, train)
    on_the_way = len(readings(config.snn, tuned)) if config.snn.epochs else 0
    snn = _rest(config.snn, tuned, checkpoint.part("training"), on_the_way)
    balanced = checkpoint.part("balanced").load() is not None  # a test that was stopped counts as not begun
    tests = (not balanced) + (snn.tests if config.snn.epochs else 1)
    tested = tests * test + snn.readings * min(config.snn.reading_images or test, test) + min(SAMPLE_IMAGES, train)
    balancing = 0 if balanced else BALANCING * min(config.balancing.images, train)
    # Tests of the ANN report no progress.
    reported_ann, reported_snn = 3 * ann.images, (3 * snn.images + balancing + tested + evaluated) * timesteps
    seconds = rates.ann * (reported_ann + ann.tests * test) + rates.snn * reported_snn
    begun = ann.begun or balanced or snn.begun
    return Cost(seconds * macs, (reported_ann + reported_snn) * macs, begun)


def _rest(recipe: AnnRecipe | SnnRecipe, images: int, checkpoint: Checkpoint, on_the_way: int = 0) -> Rest:
    """The rest of a training with `images` an epoch and so many readings, after the `loop.Position` of a checkpoint."""
    saved = checkpoint.load() or {"epochs": [], "readings": {}, "order": None}
    seen = len(saved["epochs"]) * images + (0 if saved["order"] is None else saved["done"])
    return Rest(
        images=recipe.epochs * images - seen,
        tests=recipe.epochs - len(saved["epochs"]),
        readings=on_the_way - len(saved["readings"]),
        begun=seen > 0,
    )


def threads_of(
    cells: Sequence[CellConfig], arms: Sequence[CellConfig], data: DataSet, device: torch.device, workers: int = 1
) -> Threads:
    """The threads of a run of `cells`, in each of `workers` processes.

    Chosen by the largest training step among `arms`, all those of the experiment, so that its cells have equal threads
    whichever of them are run.
    """
    if not cells:
        return Threads(torch.get_num_threads())
    if device.type != "cpu":
        return threads_for(math.inf, workers)
    shape = shape_of(guarded(cells[0].encoder), data.train)
    return threads_for(max(_step(config, data, shape) for config in arms), workers)


def ann_entry(config: CellConfig, data: DataSet, setting: Setting) -> Path | None:
    """The present or future path of a cell's ANN in the cache; None without a cache."""
    folder = setting.ann_cache.folder
    if folder is None or config.method:
        return None
    # If the device is of another machine, the key is not that of its cache, but shows which cells share an ANN.
    device, encoder = _here(setting).device, guarded(config.encoder)
    return folder / f"{ann_key(config, data, encoder, device, setting.ann_cache.code)}.pt"


def _here(setting: Setting) -> Setting:
    """The setting, but on the CPU if its GPU is of other machines."""
    if setting.device.type == "cuda" and not torch.cuda.is_available():
        return replace(setting, device=torch.device("cpu"), kernel="auto")
    return setting


def timed(config: CellConfig, data: DataSet, setting: Setting) -> Rates:
    """The rates by some training steps of ANN and SNN, or the first ones of another method.

    Zeros if the cell fails, for which its record will say why.
    """
    seed, dtype = config.seed, DTYPES[config.precision]
    try:
        if config.method:
            compute, encoder = method_of(config.method).run, guarded(config.encoder)
            alone = replace(setting, checkpoint=NOWHERE, ann_cache=NO_CACHE)
            with kept_state():
                rate = seconds_of_one(lambda watch: compute(config, data, encoder, replace(alone, watch=watch)))
            return Rates(rate, rate)
        encoder = guarded(config.encoder).calibrate(normalised(data.train.images[:256]))
        shape, draws = shape_of(encoder, data.train), generator(seed, "initial-weights")
        network = Network(config.network, shape, data.classes, draws).to(setting.device)
        spiking = Spiking(network, encoder, config.neuron, config.timesteps, dtype=dtype, kernel=setting.kernel)
        spiking = replace(spiking, thresholds=_thresholds(spiking, data, config))
        # Before the ANN's steps, which change the weights more.
        # One batch repeated, because a deterministic code encodes an image once per training, which is not timed.
        few = ImageSet(data.train.images[: config.snn.batch_size], data.train.labels[: config.snn.batch_size])
        snn = seconds_of_one(_endless(fine_tuning(spiking, few, config.snn, seed, _untested)))
        return Rates(seconds_of_one(_endless(pretraining(network, encoder, data, config, dtype))), snn)
    except (OSError, HarnessError, Stopped):
        raise
    except torch.OutOfMemoryError:
        raise TooLarge(
            f"arm {config.arm}: a training step does not fit the GPU's memory",
            "name a lighter --profile, leave the arm out with --arm, or use --device cpu",
        ) from None
    except (Exception, SystemExit):
        return Rates(0.0, 0.0)


def _thresholds(spiking: Spiking, data: DataSet, config: CellConfig) -> tuple[float, ...]:
    """Thresholds balanced on a few images; a constant if random weights leave a layer silent."""
    low = replace(config.balancing, percentile=min(config.balancing.percentile, PERCENTILE))
    places = torch.arange(min(spiking.chunk(), len(data.train)))
    train = spiking.encode(normalised(data.train.images[places]), encoder_key(config.seed, "balancing"), places)
    try:
        network = spiking.network.cast(spiking.dtype)
        return tuple(balance(network, lambda: [train], low, config.neuron, spiking.kernel))
    except CellFailure:
        return (SOME_THRESHOLD,) * (len(spiking.network.layers) - 1)


def _untested() -> TestResult:
    raise AssertionError("a timed training has no test")


def _endless(training: Training) -> Callable[[Watch], object]:
    """The training without tests and without end. By epoch, because a schedule by steps ends after the recipe's."""
    recipe, test = replace(training.recipe, epochs=ENDLESS), lambda mean: Epoch(mean, 0, 1)
    endless = replace(training, recipe=recipe, test=test, readings={}, read=None, by_step=False)
    return partial(train, endless, NOWHERE)


def seconds_of_one(run: Callable[[Watch], object]) -> float:
    """Seconds of a multiply–accumulate of the work that `run` reports, once warm; zero if no step was timed.

    `run` is stopped when enough is timed; it may fail before.
    """
    laps: list[tuple[float, float]] = []  # the time of a report of work, and its multiply–accumulates

    def lapped(_stage: str, work: float) -> None:
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        laps.append((time.perf_counter(), work))

    def enough() -> bool:
        warm = laps[WARMING - 1 :]
        return len(warm) > 1 and (warm[-1][0] - warm[0][0] > TIMED_SECONDS or len(warm) > MOST_STEPS)

    with suppress(Stopped, CellFailure):
        run(Watch(lapped, enough))
    (warm, _), *steps = laps[WARMING - 1 :] or [(0.0, 0.0)]
    work = sum(work for _, work in steps)
    return (laps[-1][0] - warm) / work if work else 0.0


def _kind(config: CellConfig, data: DataSet) -> bytes:
    """The settings that decide the time per image, without timesteps; with the encoder for small networks and plug-ins.

    For another method, all settings that may decide it.
    """
    if config.method:
        recipes = [recipe for recipe in (config.ann, config.snn) if recipe]
        network = [config.network, config.encoder, config.precision, config.timesteps]
        return canonical_json([config.method, *recipes, *network])
    shape = shape_of(guarded(config.encoder), data.train)
    small, plugged = _step(config, data, shape) <= SMALL_STEP, config.encoder.name not in BUILTIN
    sizes = [config.network.features, config.network.hidden, shape, config.precision, config.products]
    ways = [config.neuron, config.balancing.method, config.snn.augmentation, config.ann.augmentation]
    batches = [config.ann.batch_size, config.snn.batch_size, config.ann.dropout > 0, config.snn.dropout > 0]
    return canonical_json([*sizes, *ways, *batches, config.encoder.name if small or plugged else ""])


def shape_of(encoder: Encoder, images: ImageSet) -> Shape:
    """The shape (C, H, W) of the frames that enter the network."""
    _, channels, height, width = encoder.frame(normalised(images.images[:1])).shape
    return channels, height, width


def _macs(config: CellConfig, data: DataSet, shape: Shape) -> int:
    return sum(layer.macs for layer in layers_of(config.network, shape, data.classes, dropout=not config.method))


def _step(config: CellConfig, data: DataSet, shape: Shape) -> float:
    """Multiply-accumulates of a training step, forward."""
    macs = _macs(config, data, shape)
    return config.timesteps * macs * config.snn.batch_size if config.snn else macs * config.ann.batch_size
