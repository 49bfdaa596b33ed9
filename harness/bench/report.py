"""The results of a bench run: times, the encoder's share, memory, start-up, and which targets are met."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.machine.files import write_atomically

What = Literal["step", "evaluation", "forward", "epoch", "cell"]


@dataclass(frozen=True)
class Row:
    """One implementation at one point. Times are milliseconds an image of what `what` says; None: not measured.

    `what`: "step", forward and backward; "evaluation" with its counts, and "forward" without them, at the same batch;
    "epoch" of MNIST with encoding and test, by training image; "cell" without its ANN, by image of fine-tuning.
    `ms_per_image` is the median of `steps` steps, `ratio_to_bf16_matmuls` the ratio of the medians.
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
class EncoderShare:
    """Time of the DCT encoding of a batch, and its share of our bf16 training step on that batch."""

    network: str
    batch: int
    timesteps: int
    ms_per_image: float
    share_of_step: float


@dataclass(frozen=True)
class Footprint:
    """Peak memory of a `harness.bench.plan.MemoryTask`, measured in a new process."""

    what: str
    network: str
    batch: int
    timesteps: int
    peak_mib: float | None


@dataclass(frozen=True)
class Growth:
    """Time of a step of `long` timesteps over one of `short`: of ours in bf16, and of the bare layers."""

    network: str
    batch: int
    short: int
    long: int
    ours: float
    bare: float


@dataclass(frozen=True)
class StartUp:
    """Seconds from starting a process to its result, with the caches of Python and of the kernels filled."""

    network: str
    batch: int
    timesteps: int
    help_seconds: float
    first_step_seconds: float


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


@dataclass(frozen=True)
class Report:
    """Everything that one run measured on one machine."""

    machine: dict[str, str]
    rows: tuple[Row, ...]
    encoder: tuple[EncoderShare, ...] = ()
    footprints: tuple[Footprint, ...] = ()
    growth: tuple[Growth, ...] = ()
    startup: StartUp | None = None
    missing: dict[str, str] = field(default_factory=dict)  # implementation → why it did not run

    def of(self, what: What) -> tuple[Row, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.what == what)

    def document(self) -> dict[str, Any]:
        """As plain JSON values, targets included."""
        from harness.bench.targets import targets

        goals = [{**msgspec.to_builtins(target), "met": target.met} for target in targets(self)]
        return {**msgspec.to_builtins(self), "targets": goals}

    def save(self, folder: Path) -> Sequence[Path]:
        """Write bench.json, bench.svg and bench.png into `folder`; returns their paths."""
        from harness.bench.plot import picture

        svg, png = picture(self)
        content = msgspec.json.format(msgspec.json.encode(self.document()), indent=2) + b"\n"
        files = {"bench.json": content, "bench.svg": svg, "bench.png": png}
        for name, data in files.items():
            write_atomically(folder / name, data)
        return [folder / name for name in files]


def load(path: Path) -> Report:
    """A report read back from bench.json."""
    return msgspec.json.decode(path.read_bytes(), type=Report)
