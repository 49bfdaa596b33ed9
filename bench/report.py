"""The results of a bench run: times, memory, start-up, and which targets are met."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from bench.implementations import BASELINE, OURS
from bench.workload import MNIST, VGG5_LITE, VGG9
from harness.machine.files import write_atomically

What = Literal["step", "encoding", "evaluation", "forward"]
GEMM = "GEMM bf16"  # one large matrix product: the highest rate of this processor
FP32, BOTH = ("fp32",), ("fp32", "bf16")
# Peers document fp32 on a CPU. Torch's autocast makes them faster too, so both are compared.
PEERS = {"as documented": FP32, "as documented or under autocast": BOTH}
LONG = 16  # timesteps from which the time of a step is that of its arithmetic, not of its calls
TIME, MEMORY = "ms_per_image", "peak_mib"


@dataclass(frozen=True)
class Row:
    """One implementation at one point. Times are milliseconds per image of what `what` says; None: not measured.

    `what`: "step", forward and backward; DCT "encoding" of a batch; "evaluation" with its counts, and "forward" without
    them, at the same batch.
    `ms_per_image` is the median of `steps` timed steps, `ratio_to_bf16_matmuls` the ratio of the medians.
    `status`: "measured", or why it was not.
    """

    implementation: str
    kind: str
    precision: str
    network: str
    batch: int
    timesteps: int
    ms_per_image: float | None = None
    ms_per_image_min: float | None = None
    peak_mib: float | None = None
    ratio_to_bf16_matmuls: float | None = None
    steps: int = 0
    status: str = "measured"
    what: What = "step"


@dataclass(frozen=True)
class Footprint:
    """Peak memory of ours alone: of a training "step", or of "evaluate" (batch 0), measured in a new process."""

    what: str
    network: str
    batch: int
    timesteps: int
    peak_mib: float | None


@dataclass(frozen=True)
class StartUp:
    """Seconds from starting a process to its result, with the caches of Python and of the kernels filled."""

    network: str
    batch: int
    timesteps: int
    help_seconds: float
    first_step_seconds: float


@dataclass(frozen=True)
class Report:
    """Everything that one run measured on one machine."""

    machine: dict[str, str]
    rows: tuple[Row, ...]
    footprints: tuple[Footprint, ...] = ()
    startup: StartUp | None = None
    missing: dict[str, str] = field(default_factory=dict)  # implementation → why it did not run

    def of(self, what: What) -> tuple[Row, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.what == what)

    def document(self) -> dict[str, Any]:
        """As plain JSON values, targets included."""
        goals = [{**msgspec.to_builtins(target), "met": target.met} for target in targets(self)]
        return {**msgspec.to_builtins(self), "targets": goals}

    def save(self, folder: Path) -> Sequence[Path]:
        """Write bench.json, bench.svg and bench.png into `folder`; returns their paths."""
        from bench.display import picture

        svg, png = picture(self)
        content = msgspec.json.format(msgspec.json.encode(self.document()), indent=2) + b"\n"
        files = {"bench.json": content, "bench.svg": svg, "bench.png": png}
        for name, data in files.items():
            write_atomically(folder / name, data)
        return [folder / name for name in files]


@dataclass(frozen=True)
class Target:
    """A limit of a ratio or of seconds, and what was measured (None: not measured in this run).

    `bare`: the same ratio for the network's bare layers as torch runs them, where it exists.
    """

    statement: str
    limit: float
    measured: float | None
    at_most: bool = True
    bare: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None where nothing was measured."""
        if self.measured is None:
            return None
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit


Place = Sequence[Row]
"""The rows of a training step at one point."""


def targets(report: Report) -> list[Target]:
    """Every target, with its measured value where the report has the rows for it. The worst point counts."""
    everywhere: dict[tuple[str, int, int], list[Row]] = {}
    for row in report.of("step"):
        everywhere.setdefault((row.network, row.batch, row.timesteps), []).append(row)
    places = list(everywhere.values())
    vgg48 = [rows for (network, _, t), rows in everywhere.items() if (network, t) == (VGG5_LITE.name, 48)]
    mnist = [rows for (network, _, t), rows in everywhere.items() if network == MNIST.name and t >= LONG]
    vgg9 = [rows for (network, _, _), rows in everywhere.items() if network == VGG9.name]
    started = report.startup
    return [
        Target(f"{VGG5_LITE.name}, T = 48: step against the bare bf16 layers", 1.3, _most(map(_to_bare, vgg48))),
        *_leads(f"{VGG5_LITE.name}, T = 48", 2.0, vgg48),
        *_leads(f"{MNIST.name}, T ≥ {LONG}", 3.0, mnist),
        *_leads("everywhere", 1.0, places),
        *_memory(places),
        Target(
            f"{VGG5_LITE.name}: T = 100 against T = 48",
            2.2,
            _growth(report.of("step"), OURS),
            bare=_growth(report.of("step"), BASELINE),
        ),
        *(
            Target(f"{network}, T ≥ {LONG}: DCT encoding as a share of the step", limit, _encoding(report, network))
            for network, limit in {MNIST.name: 0.15, VGG5_LITE.name: 0.05}.items()
        ),
        *(
            Target(
                f"{r.network}, T = {r.timesteps}: evaluation of an image against its forward pass",
                1.25,
                _ratio(r.ms_per_image, _least(report.of("forward"), TIME, network=r.network, timesteps=r.timesteps)),
            )
            for r in report.of("evaluation")
        ),
        Target(f"{VGG9.name}: step against the bare bf16 layers", 1.15, _most(map(_to_bare, vgg9))),
        Target(
            f"{VGG9.name}: step against the rate of a large product",
            1.5,
            _most(_to_product(rows, OURS) for rows in vgg9),
            bare=_most(_to_product(rows, BASELINE) for rows in vgg9),
        ),
        Target("evaluation memory: T = 100 against T = 16", 1.1, _evaluation_memory(report)),
        Target("seconds to `harness --help`", 0.5, started.help_seconds if started else None),
        Target("seconds of a fresh process to its first step", 5, started.first_step_seconds if started else None),
    ]


def _leads(where: str, limit: float, places: Sequence[Place]) -> list[Target]:
    def worst(kind: str, precisions: Sequence[str]) -> float | None:
        """Of all places, the smallest time of the fastest peer over that of the fastest implementation of `kind`."""
        leads = (_ratio(_least(r, TIME, precisions, kind="peer"), _least(r, TIME, kind=kind)) for r in places)
        return min((lead for lead in leads if lead is not None), default=None)

    return [
        Target(f"{where}: fastest peer {how} against ours", limit, worst("ours", given), False, worst("matmuls", given))
        for how, given in PEERS.items()
    ]


def _memory(places: Sequence[Place]) -> list[Target]:
    def worst(name: str, precisions: Sequence[str]) -> float | None:
        def share(rows: Place) -> float | None:
            return _ratio(_least(rows, MEMORY, implementation=name), _least(rows, MEMORY, precisions, kind="peer"))

        return _most(share(rows) for rows in places)

    return [
        Target(f"peak memory against the leanest peer {how}", 0.4, worst(OURS, given), bare=worst(BASELINE, given))
        for how, given in PEERS.items()
    ]


def _to_bare(rows: Place) -> float | None:
    return _least(rows, "ratio_to_bf16_matmuls", implementation=OURS)


def _to_product(rows: Place, name: str) -> float | None:
    return _ratio(_least(rows, TIME, implementation=name), _least(rows, TIME, implementation=GEMM))


def _growth(steps: Sequence[Row], name: str) -> float | None:
    """Time of 100 timesteps over that of 48, at the batch size at which it grows most."""

    def at(timesteps: int, batch: int) -> float | None:
        return _least(steps, TIME, implementation=name, network=VGG5_LITE.name, timesteps=timesteps, batch=batch)

    return _most(_ratio(at(100, batch), at(48, batch)) for batch in {row.batch for row in steps})


def _encoding(report: Report, network: str) -> float | None:
    steps = {(r.network, r.batch, r.timesteps): r for r in report.of("step") if r.implementation == OURS}
    shares = (
        _ratio(r.ms_per_image_min, step.ms_per_image_min)
        for r in report.of("encoding")
        if r.network == network and r.timesteps >= LONG and (step := steps.get((r.network, r.batch, r.timesteps)))
    )
    return _most(shares)


def _evaluation_memory(report: Report) -> float | None:
    peaks = {(f.network, f.timesteps): f.peak_mib for f in report.footprints if f.what == "evaluate"}
    return _most(_ratio(peaks.get((network, 100)), peak) for (network, t), peak in peaks.items() if t == 16)


def _least(rows: Iterable[Row], figure: str, precisions: Sequence[str] = BOTH, **having: object) -> float | None:
    """The smallest `figure` of the rows with these properties; None where none was measured."""
    those = (r for r in rows if r.precision in precisions and all(getattr(r, key) == v for key, v in having.items()))
    return min((value for row in those if (value := getattr(row, figure)) is not None), default=None)


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None
