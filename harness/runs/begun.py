"""What earlier runs have done of a cell that is unfinished, so that an estimate counts the rest alone."""

import hashlib
from dataclasses import dataclass

from harness.config import CellConfig, canonical_json
from harness.data.types import DataSet
from harness.runs.cost import Stages, images_of, steps_of, tuned_images
from harness.runs.plan import PlannedCell
from harness.runs.sealing import circumstances
from harness.training.cell import Setting
from harness.training.checkpoint import NOWHERE, Checkpoint


@dataclass(frozen=True)
class Training:
    """How far an unfinished training is. tests: those of finished epochs, and the readings on the way."""

    images: int = 0
    steps: int = 0
    tests: int = 0


@dataclass(frozen=True)
class Begun:
    """The checkpoints of a cell: of its ANN (NOWHERE where it trains none) and of its own stages."""

    ann: Checkpoint = NOWHERE
    cell: Checkpoint = NOWHERE

    def left(self, config: CellConfig, data: DataSet, ann: bool) -> tuple[Stages, int]:
        """The images that have still to go through each stage, and the optimiser steps left.

        ann: whether the cell trains its ANN. A test that was stopped counts as not begun.
        """
        pretrained = _training(self.ann, len(data.train)) if ann else Training()
        tuned = _training(self.cell.part("training"), tuned_images(config, data))
        balanced = self.cell.part("balanced").load() is not None
        whole = images_of(config, data)
        done = Stages(
            ann=pretrained.images,
            ann_test=pretrained.tests * len(data.test),
            balancing=whole.balancing if balanced else 0,
            tuning=tuned.images,
            test=(balanced + tuned.tests) * len(data.test),
        )
        return whole.less(done), steps_of(config, data, ann) - pretrained.steps - tuned.steps


def checkpoint_of(cell: PlannedCell, setting: Setting) -> Checkpoint:
    """The files of an unfinished cell. Their name holds the environment, since a record states a single one."""
    around = canonical_json(circumstances(cell.config, setting))
    path = cell.path.with_name(f".{cell.path.stem}.{hashlib.sha256(around).hexdigest()[:8]}.checkpoint")
    return Checkpoint(path, cell.fingerprint.digest)


def ann_checkpoint(key: str, setting: Setting) -> Checkpoint:
    """The file of an ANN in training that the cache will have under `key`."""
    folder = setting.ann_cache.folder
    return NOWHERE if folder is None else Checkpoint(folder / f"{key}.pt", key).part("checkpoint")


def _training(checkpoint: Checkpoint, images: int) -> Training:
    """Where the loop has left off (`harness.training.loop.Position`) in a training on so many images an epoch."""
    saved = checkpoint.load()
    if saved is None:
        return Training()
    epochs, running = len(saved["epochs"]), saved["order"] is not None
    return Training(
        images=epochs * images + (saved["done"] if running else 0),
        steps=saved["steps"],
        tests=epochs + len(saved["readings"]),
    )
