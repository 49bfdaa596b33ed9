"""What a run has to do: the cells of an experiment, what stands in their records today, and how long the rest takes."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from harness.catalogue import Arm, Catalogue, Experiment, Profile
from harness.catalogue.experiment import encoder_text, parse_encoder
from harness.config import CellConfig
from harness.data import cache, load
from harness.data.types import DataSet
from harness.errors import CellFailure, HarnessError
from harness.machine.console import counted
from harness.machine.files import free_gib, nearest_existing
from harness.machine.process import Threads, computing_with
from harness.plugins.guard import guarded
from harness.plugins.skeleton import require_installed
from harness.records.fingerprint import Device, ann_code, fingerprint
from harness.records.freshness import Records, State
from harness.records.store import record_path
from harness.runs.estimate import Cost, ann_entries, estimate, threads_of
from harness.runs.progress import duration
from harness.schema import Fingerprint
from harness.snn.kernels import Kernel
from harness.training.ann import AnnCache
from harness.training.batches import encoder_key, normalised
from harness.training.cell import Setting

PRACTICAL_SECONDS = 3 * 3600.0
MOST_SEEDS = 10_000  # a record's name has four digits
RECORD_KIB = 16  # what a record of a VGG at 48 timesteps takes
TASK_THREADS = 4  # of a process on another machine, which may have another number of cores than this one


@dataclass(frozen=True)
class PlannedCell:
    """A cell, its record's place, what stands there now, and why it is not simply done.

    `stamp` tells whether somebody has written the record since; `fault` is why the cell cannot be run at all; `answer`
    is where the record lies that answers it; `ann` is where its ANN is or will be in the cache; `cost` is what it is
    expected to take, where that was estimated.
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


@dataclass(frozen=True)
class Plan:
    """The cells of an experiment at a profile, those of them that are `todo`, and with what they are computed.

    timesteps: by arm, those at which a claim is judged. threads: of each process. words: the arguments with which
    another `harness run` has the same plan.
    """

    catalogue: Catalogue
    experiment: Experiment
    profile: Profile
    why: str
    data: DataSet
    results: Path
    setting: Setting
    threads: Threads
    cells: tuple[PlannedCell, ...]
    todo: tuple[PlannedCell, ...]
    at_once: int = 1
    keep_weights: bool | None = None
    words: tuple[str, ...] = ()

    @property
    def timesteps(self) -> dict[str, list[int]]:
        """By arm, the timesteps at which a claim is judged, be it a claim on another experiment's arm of its recipe."""
        found: dict[str, list[int]] = {}
        for arm in self.experiment.arms:
            alike = (self.experiment.dataset, arm.encoder, arm.timesteps)
            for claim in self.catalogue.claims:
                other = self.catalogue.experiment(claim.experiment)
                arms = [other.arm(name) for name in claim.arms]
                if any((other.dataset, one.encoder, one.timesteps) == alike for one in arms):
                    found.setdefault(arm.name, []).append(claim.judged_timestep)
        return found

    @property
    def seconds(self) -> float:
        """The time that the cells to do are expected to take."""
        return sum(cell.cost.seconds for cell in self.todo) / self.at_once

    @property
    def steps(self) -> int:
        """The optimiser steps of the cells to do."""
        return sum(cell.cost.steps for cell in self.todo)

    def document(self, script: str) -> dict[str, Any]:
        """For `--json`, of a run that trains nothing: cells by state, what is to do, seconds, Slurm's script."""
        return {
            "experiment": self.experiment.name,
            "profile": self.profile.name,
            "data": self.data.digest,
            "device": self.setting.device.type,
            "threads": self.threads.count,
            "cells": [{"arm": c.config.arm, "seed": c.config.seed, "state": c.state} for c in self.cells],
            "to_do": [{"arm": c.config.arm, "seed": c.config.seed} for c in self.todo],
            "steps": self.steps,
            "seconds": self.seconds,
            "script": script,
        }

    def announce(self, console: Console) -> None:
        """Say before anything starts: experiment, profile and why, data, cells, estimated time."""
        data, todo = self.data, self.todo
        console.print(f"{self.experiment.name} — {self.experiment.title}", style="bold")
        console.print(f"profile {self.profile.name} ({self.why}); device {self.setting.device}, {self.threads}")
        console.print(
            f"{data.name}: {len(data.train):,} training and {len(data.test):,} test images, digest {data.digest[:12]}"
        )
        begun = sum(cell.cost.begun for cell in todo)
        goes_on = f", {begun} of them from a checkpoint" if begun else ""
        console.print(f"{counted(len(self.cells), 'cell')}, {len(todo)} to do{goes_on}")
        for cell in self.cells:
            if cell.reason:
                console.print(f"  {cell}: {cell.state}: {cell.reason}")
        if todo:
            console.print(
                f"{counted(self.steps, 'optimiser step')}, estimated time {duration(self.seconds)}; disk: "
                f"{len(todo) * RECORD_KIB / 1024:.1f} MiB of records, a checkpoint of each cell that runs, "
                f"{free_gib(todo[0].path):.0f} GiB free"
            )
        else:
            console.print("nothing to train: every cell has its record")


def make_plan(
    catalogue: Catalogue,
    experiment: str,
    *,
    profile: str | None = None,
    seeds: int | None = None,
    arms: Sequence[str] = (),
    encoders: Sequence[str] = (),
    device: str = "auto",
    kernel: Kernel = "auto",
    workers: int = 1,
    elsewhere: bool = False,
    data_dir: Path | None = None,
    results: Path = Path("results/local"),
    retry_failed: bool = False,
    began: int | None = None,
    keep_weights: bool | None = None,
    dry_run: bool = False,
    estimated: bool = True,
) -> Plan:
    """Plan a run of `experiment`, a name or the path of a file that defines it, without training anything.

    encoders: texts of further arms, as `parse_encoder` reads them. profile: None chooses the fullest that is practical.
    elsewhere: cells run on other machines, whose GPUs count then. began: when the run began that this is a part of, in
    nanoseconds: `retry_failed` tries failed records again that are older. keep_weights: None keeps those of small
    networks. estimated: False leaves costs at 0.
    Raises HarnessError or EncoderError for what cannot be.
    """
    words = [experiment]
    if experiment.endswith(".py"):
        words = [str(Path(experiment).absolute())]
        catalogue = catalogue.with_file(Path(experiment))
        experiment = catalogue.loose[-1].name
    parsed = [parse_encoder(text) for text in encoders]
    for spec, _ in parsed:
        require_installed(spec.name)
    encoders = [encoder_text(spec, timesteps) for spec, timesteps in parsed]
    asked = catalogue.experiment(experiment).with_added(encoders)
    names = dict.fromkeys((*arms, *encoders))
    chosen = tuple(asked.arm(name) for name in names) if arms else asked.arms
    place = device_of(device, elsewhere)
    if kernel == "triton" and place.type != "cuda":
        raise HarnessError("the triton kernel needs a GPU", "use --kernel auto")
    if kernel in ("numba", "events") and place.type != "cpu":
        raise HarnessError(f"the {kernel} kernel runs on the CPU only", "use --kernel auto, or --device cpu")
    setting = Setting(place, kernel, AnnCache(cache.folder("anns"), ann_code(), cache.go_without))
    began = began or time.time_ns()
    given = {"--seeds": seeds, "--data-dir": data_dir and data_dir.absolute(), "--began": began}
    words += ["--device", place.type, "--kernel", kernel, "--results-dir", str(results.absolute())]
    words += [word for option, value in given.items() if value is not None for word in (option, str(value))]
    words += [word for arm in arms for word in ("--arm", arm)]
    words += [word for encoder in encoders for word in ("--encoder", encoder)]
    words += ["--retry-failed"] * retry_failed
    words += [] if keep_weights is None else ["--keep-weights" if keep_weights else "--no-keep-weights"]

    def at(found: Profile) -> Plan:
        configs = configurations(asked, found, chosen, seeds)
        data = load(asked.dataset, data_dir, train_images=found.train_images, test_images=found.test_images)
        if not dry_run:
            require_writable(results)
        cells = cells_of(configs, data, results, "cuda" if place.type == "cuda" else "cpu")
        wanted = [
            cell
            for cell in cells
            if cell.state in ("missing", "stale") or (retry_failed and cell.state == "failed" and cell.stamp < began)
        ]
        # Arms with one recipe are one computation, and the first of them computes it.
        todo = list({cell.fingerprint.digest: cell for cell in reversed(wanted)}.values())[::-1]
        largest = configurations(asked, found, asked.arms, 1)
        sound = [cell.config for cell in cells if cell.fault is None]
        threads = threads_of(sound, largest, data, place, 1 if elsewhere else workers)
        if elsewhere and not threads.why:  # another machine need not have as many as this one
            threads = Threads(TASK_THREADS, "of each task")
        with computing_with(threads.count):
            entry_of = ann_entries(data, setting)
            todo = [cell if cell.fault else replace(cell, ann=entry_of(cell.config)) for cell in todo]
            todo = estimate(todo, data, setting) if estimated else todo
        return Plan(
            catalogue=catalogue,
            experiment=asked,
            profile=found,
            why="as asked" if profile else f"the fullest that is practical on this {place.type.upper()}",
            data=data,
            results=results,
            setting=setting,
            threads=threads,
            cells=tuple(cells),
            todo=tuple(todo),
            at_once=max(1, min(workers, len(todo))),
            keep_weights=keep_weights,
            words=(words[0], "--profile", found.name, *words[1:]),
        )

    if profile is not None:
        return at(asked.profile(profile))
    ordered: list[str] = list(reversed(asked.profile_names))
    # short takes a night: it is run only when asked for.
    fuller = [name for name in ordered if name not in ("smoke", "short")] or ordered
    plans = (at(asked.profile(name)) for name in fuller)
    found = next(plans)
    while found.seconds > PRACTICAL_SECONDS and (lighter := next(plans, None)) is not None:
        found = lighter
    return found


def configurations(
    experiment: Experiment, profile: Profile, arms: Sequence[Arm], seeds: int | None = None
) -> list[CellConfig]:
    """The cells of `arms` with seeds 0 … `seeds` − 1 (None: as planned for each arm), seed by seed.

    Raises HarnessError for a number of seeds that cannot be.
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
    """What stands in the place of each cell. Raises EncoderError for parameters that do not fit."""
    records = Records(results)
    first = {config.arm: config for config in reversed(configs)}
    faults = {arm: trial(config, data) for arm, config in first.items()}
    cells = []
    for config in configs:
        path = record_path(results, config)
        stamp = stamp_of(path)
        found = records.answer(config, data.digest)
        mark = _fingerprint(config, data.digest, device)
        answer = found.path if found.state in ("done", "failed") else path
        cells.append(PlannedCell(config, mark, path, found.state, found.reason, stamp, faults[config.arm], answer))
    return cells


def device_of(name: str, elsewhere: bool = False) -> torch.device:
    """The device called `name`: "auto" takes a GPU where there is one.

    elsewhere: cells run on other machines, which have a GPU if one is asked for. Raises HarnessError for an absent one.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise HarnessError(f"unknown device '{name}'", "use auto, cpu or cuda")
    if name == "cuda" and not elsewhere and not torch.cuda.is_available():
        raise HarnessError("no CUDA device here", "use --device cpu")
    return torch.device(name)


def _fingerprint(config: CellConfig, digest: str, device: Device) -> Fingerprint:
    name = config.encoder.name
    try:
        return fingerprint(config, digest, device)
    except (ModuleNotFoundError, SyntaxError, UnicodeDecodeError) as error:
        raise HarnessError(
            f"encoder '{name}': {error}, so nothing could tell when a record of it is stale",
            "install it as a package with __init__.py and .py files",
        ) from None


def trial(config: CellConfig, data: DataSet) -> CellFailure | None:
    """Encode one image before anything is trained: what is wrong with the encoder's code, or nothing.

    Raises EncoderError if its parameters do not fit each other, the images or T: that is the user's to mend.
    """
    images = normalised(data.train.images[:64])
    try:
        encoder = guarded(config.encoder).calibrate(images)
        encoder.frame(images[:1])
        encoder.encode(images[:1], config.timesteps, encoder_key(0, "encoder-test"))
        encoder.state()
    except CellFailure as failure:
        return failure
    return None


def stamp_of(path: Path) -> int:
    """Tells one writing of a record from the next: its time of change, 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def require_writable(folder: Path) -> None:
    """Raise HarnessError unless records can be written below `folder`."""
    try:
        existing = nearest_existing(folder)
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(0, f"{existing} is no folder that you may write to")
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HarnessError(
            f"cannot write to results folder {folder}: {reason}", "choose another with --results-dir"
        ) from None
