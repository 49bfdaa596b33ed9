"""The implementations that are compared, by name, and whether they can run here."""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

import torch

from harness.bench.workload import Model, Workload, training_step
from harness.errors import did_you_mean

Kind = Literal["ours", "matmuls", "peer"]


@dataclass(frozen=True)
class Implementation:
    """`module` has `model(workload) -> Model`; `package` is what must be installed for it.

    A peer's module also has `encode(images, timesteps)`, its own rate code: see `harness.bench.epoch.encoder`.

    bf16 means our own precision for ours and the bare layers, and torch's autocast for the peers.
    """

    name: str
    kind: Kind
    module: str
    precision: Literal["fp32", "bf16"] = "fp32"
    package: str | None = None

    @property
    def missing(self) -> str | None:
        """Why it cannot run here; None if it can."""
        if self.package is None:
            return None
        if find_spec(self.package) is None:
            return "not installed"
        try:
            self._load()
        except Exception as error:  # a peer that cannot be imported here is reported; the others are measured
            return f"cannot be imported: {type(error).__name__}: {error}"
        return None

    @property
    def version(self) -> str | None:
        """The version of its package."""
        try:
            return None if self.package is None else version(self.package)
        except PackageNotFoundError:
            return None

    def model(self, work: Workload) -> Model:
        """Its model on the weights of `work`."""
        return self._load()(work)

    def step(self, work: Workload) -> Callable[[], float]:
        """A training step on `work`."""
        peer = self.kind == "peer"
        dtype = torch.bfloat16 if self.precision == "bf16" and not peer else torch.float32
        return training_step(self.model(work), work, dtype, autocast=peer and self.precision == "bf16")

    def _load(self) -> Callable[[Workload], Model]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings of a peer's own modules
            model: Callable[[Workload], Model] = importlib.import_module(self.module).model
        return model


ALL = (
    Implementation("ours bf16", "ours", "harness.bench.ours", "bf16"),
    Implementation("ours fp32", "ours", "harness.bench.ours"),
    Implementation("matmuls bf16", "matmuls", "harness.bench.matmuls", "bf16"),
    Implementation("matmuls fp32", "matmuls", "harness.bench.matmuls"),
    Implementation("SpikingJelly", "peer", "harness.bench.peers.with_spikingjelly", package="spikingjelly"),
    Implementation("snnTorch", "peer", "harness.bench.peers.with_snntorch", package="snntorch"),
    Implementation("Norse", "peer", "harness.bench.peers.with_norse", package="norse"),
    Implementation("loop", "peer", "harness.bench.peers.loop"),
    Implementation("SpikingJelly bf16", "peer", "harness.bench.peers.with_spikingjelly", "bf16", "spikingjelly"),
    Implementation("snnTorch bf16", "peer", "harness.bench.peers.with_snntorch", "bf16", "snntorch"),
    Implementation("Norse bf16", "peer", "harness.bench.peers.with_norse", "bf16", "norse"),
    Implementation("loop bf16", "peer", "harness.bench.peers.loop", "bf16"),
)
OURS, BASELINE = "ours bf16", "matmuls bf16"  # ratios are between these two


def chosen(names: tuple[str, ...] | None) -> tuple[Implementation, ...]:
    """The implementations with these names (None: all). Raises HarnessError for an unknown one."""
    known = {implementation.name: implementation for implementation in ALL}
    for name in names or ():
        if name not in known:
            raise did_you_mean("implementation", name, list(known))
    return tuple(known[name] for name in names) if names else ALL
