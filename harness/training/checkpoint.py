"""One file an unfinished cell: everything needed to go on after its last whole epoch and end with the same record."""

import io
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Generator, nn

from harness.machine.files import read_sealed, write_sealed
from harness.schema import Epoch


class Checkpoint:
    """Saves and restores fine-tuning at `path` (None: nowhere), for the cell with that fingerprint only."""

    def __init__(self, path: Path | None, fingerprint: str = "") -> None:
        self.path = path
        self.fingerprint = fingerprint

    def save(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        generators: dict[str, Generator],
        epochs: list[Epoch],
    ) -> None:
        """Replace the file by the present state."""
        if self.path is None:
            return
        buffer = io.BytesIO()
        torch.save(
            {
                "fingerprint": self.fingerprint,
                "network": network.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "generators": {name: generator.get_state() for name, generator in generators.items()},
                "epochs": msgspec.to_builtins(epochs),
            },
            buffer,
        )
        write_sealed(self.path, buffer.getvalue())

    def restore(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        generators: dict[str, Generator],
    ) -> list[Epoch]:
        """Put everything back as it was saved and return the epochs done; nothing where there is no file."""
        saved = self._read()
        if saved is None:
            return []
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        for name, generator in generators.items():
            generator.set_state(saved["generators"][name])
        return msgspec.convert(saved["epochs"], list[Epoch])

    def remove(self) -> None:
        """Delete the file: the record has taken its place."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any] | None:
        content = None if self.path is None else read_sealed(self.path)
        if content is None:  # a broken checkpoint only costs time
            return None
        saved: dict[str, Any] = torch.load(io.BytesIO(content), weights_only=True)
        return saved if saved["fingerprint"] == self.fingerprint else None
