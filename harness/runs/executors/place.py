"""What a process somewhere else needs to compute cells of a grid: plain values that can be sent to it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from harness.config import CellConfig
from harness.data import cache, load
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.runs.grid import Grid
from harness.runs.plan import PlannedCell
from harness.snn.kernels import Kernel
from harness.training.ann import AnnCache
from harness.training.cell import Setting
from harness.training.checkpoint import Watch

# What of a grid does not travel: it is made anew where the cells are computed.
STAYS = ("data", "setting", "starting", "say")


@dataclass(frozen=True)
class Place:
    """A grid without its images and without whoever watches it.

    terms: every other field of the grid, by name, so that none is left behind. threads: of each process. gpus: how
    many there are to share; a process takes the one with its number. cache_dir: the cache folder that was asked for.
    """

    terms: Mapping[str, Any]
    data_dir: Path | None
    device: str
    kernel: Kernel
    anns: AnnCache
    threads: int
    gpus: int = 0
    cache_dir: Path | None = None

    @property
    def results(self) -> Path:
        """The folder of the records."""
        return Path(self.terms["results"])

    def absolute(self) -> "Place":
        """The same, for a process that starts in another folder."""
        anns = replace(self.anns, folder=self.anns.folder.absolute() if self.anns.folder else None)
        data_dir = self.data_dir.absolute() if self.data_dir else None
        cache_dir = self.cache_dir.expanduser().absolute() if self.cache_dir else None
        terms = {**self.terms, "results": self.results.absolute()}
        return replace(self, terms=terms, data_dir=data_dir, anns=anns, cache_dir=cache_dir)

    def grid(self, cell: PlannedCell, watch: Watch) -> Grid:
        """The grid of `cell`, with images read here. Raises HarnessError if they are not those it was planned for."""
        if self.cache_dir is not None:
            cache.use(self.cache_dir)
        data = _data(cell.config, self.data_dir)
        if data.digest != cell.fingerprint.data:
            raise HarnessError(
                f"the {data.name} found by a worker (digest {data.digest[:12]}) is not the one of this run "
                f"({cell.fingerprint.data[:12]})",
                "give all of them one --data-dir",
            )
        setting = Setting(torch.device(self.device), self.kernel, self.anns, watch=watch)
        return Grid(data=data, setting=setting, **self.terms)


def place_of(grid: Grid, data_dir: Path | None, threads: int) -> Place:
    """What other processes need of `grid`."""
    setting = grid.setting
    return Place(
        terms={f.name: getattr(grid, f.name) for f in fields(grid) if f.name not in STAYS},
        data_dir=data_dir,
        device=setting.device.type,
        kernel=setting.kernel,
        anns=setting.ann_cache,
        threads=threads,
        gpus=torch.cuda.device_count() if setting.device.type == "cuda" else 0,
    )


def _data(config: CellConfig, data_dir: Path | None) -> DataSet:
    return _loaded(config.dataset, data_dir, config.train_images, config.test_images)


@functools.lru_cache(maxsize=1)
def _loaded(name: str, data_dir: Path | None, train_images: int | None, test_images: int | None) -> DataSet:
    return load(name, data_dir, train_images=train_images, test_images=test_images)
