"""What `harness run` is asked for, and what that comes to: a profile, cells, and how long they take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from harness.catalogue import Arm, Catalogue, Claim, Experiment, Profile
from harness.data import cache, load
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.machine.process import Deadline, Threads, computing_with
from harness.records.fingerprint import ann_code
from harness.runs.copies import copies
from harness.runs.estimate import estimate, threads_of
from harness.runs.executors.choice import Where
from harness.runs.plan import PRACTICAL_SECONDS, PlannedCell, configurations, plan, require_writable
from harness.snn.kernels import Kernel
from harness.training.ann import AnnCache
from harness.training.cell import Setting


@dataclass(frozen=True)
class Request:
    """What the user asked for; None means: let the harness choose.

    keep_weights: None keeps those of small networks.
    """

    experiment: str
    profile: str | None = None
    seeds: int | None = None
    arms: tuple[str, ...] = ()
    encoders: tuple[str, ...] = ()
    device: str = "auto"
    kernel: Kernel = "auto"
    deadline: Deadline = field(default_factory=Deadline)
    data_dir: Path | None = None
    cache_dir: Path | None = None
    results: Path = Path("results/local")
    keep_weights: bool | None = None
    dry_run: bool = False
    retry_failed: bool = False
    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Prepared:
    """A request resolved: what there is to do and with what. timesteps: by arm, those at which a claim is judged.

    steps: optimiser steps. seconds: of work, of which `at_once` are done in one second.
    """

    experiment: Experiment
    profile: Profile
    why: str
    data: DataSet
    device: torch.device
    cells: tuple[PlannedCell, ...]
    todo: tuple[PlannedCell, ...]
    steps: int
    seconds: float
    threads: Threads
    anns: AnnCache
    at_once: int = 1
    timesteps: Mapping[str, Sequence[int]] = field(default_factory=dict)


def prepare(request: Request, catalogue: Catalogue) -> Prepared:
    """Resolve a request without training anything. Raises HarnessError or EncoderError for what cannot be."""
    experiment = catalogue.experiment(request.experiment).with_added(request.encoders)
    arms = _arms(experiment, request)
    device = device_of(request.device, elsewhere=request.where.on != "here")
    if request.kernel == "triton" and device.type != "cuda":
        raise HarnessError("the triton kernel needs a GPU", "use --kernel auto")
    if request.kernel in ("numba", "events") and device.type != "cpu":
        raise HarnessError(f"the {request.kernel} kernel runs on the CPU only", "use --kernel auto, or --device cpu")
    ordered: list[str] = list(reversed(experiment.profile_names))
    # short takes a night: it is run only when asked for.
    fuller = [name for name in ordered if name not in ("smoke", "short")] or ordered
    names = [request.profile] if request.profile is not None else fuller
    for name in names:
        prepared = _at_profile(experiment, experiment.profile(name), arms, device, request)
        if request.profile is not None or prepared.seconds / prepared.at_once <= PRACTICAL_SECONDS:
            break
    return replace(prepared, timesteps=claimed_timesteps(catalogue.claims_of(experiment.name)))


def _at_profile(
    experiment: Experiment, profile: Profile, arms: Sequence[Arm], device: torch.device, request: Request
) -> Prepared:
    configs = configurations(experiment, profile, arms, request.seeds)
    data = load(
        experiment.dataset,
        request.data_dir,
        train_images=profile.train_images,
        test_images=profile.test_images,
    )
    if not request.dry_run:
        require_writable(request.results)
    cells = plan(configs, data, request.results, "cuda" if device.type == "cuda" else "cpu")
    states = ("missing", "stale", "failed") if request.retry_failed else ("missing", "stale")
    todo = [cell for cell in cells if cell.state in states]
    largest = configurations(experiment, profile, experiment.arms, 1)
    threads = threads_of(
        [cell.config for cell in cells if cell.fault is None], largest, data, device, request.where.workers
    )
    anns = AnnCache(cache.folder("anns"), ann_code(), cache.go_without)
    with computing_with(threads.count):
        setting = Setting(device, request.kernel, anns)
        found = estimate(todo, data, setting, copies(todo, request.results, setting, bool(request.keep_weights)))
    return Prepared(
        experiment,
        profile,
        why="as asked" if request.profile else f"the fullest that is practical on this {device.type.upper()}",
        data=data,
        device=device,
        cells=tuple(cells),
        todo=found.cells,
        steps=found.steps,
        seconds=found.seconds,
        threads=request.where.threads(threads),
        anns=anns,
        at_once=request.where.at_once(len(todo)),
    )


def _arms(experiment: Experiment, request: Request) -> tuple[Arm, ...]:
    """The arms asked for, those added by --encoder among them; all where none is named."""
    names = dict.fromkeys((*request.arms, *request.encoders))
    return tuple(experiment.arm(name) for name in names) if request.arms else experiment.arms


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


def claimed_timesteps(claims: Iterable[Claim]) -> dict[str, list[int]]:
    """By arm, the timesteps at which a claim is judged."""
    found: dict[str, list[int]] = {}
    for claim in claims:
        for arm in claim.arms:
            found.setdefault(arm, []).append(claim.judged_timestep)
    return found
