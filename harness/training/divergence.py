"""Training that has gone wrong, noticed when it happens and named with its layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from harness.errors import CellFailure
from harness.schema import LayerActivity
from harness.snn.network import Network


def require_finite(loss: Tensor, network: Network, epoch: str) -> None:
    """Raise CellFailure, before its gradient spoils every weight, for a loss that is NaN or infinite."""
    if not loss.isfinite():
        raise CellFailure(f"{epoch} diverged: loss {loss.item()}, first in {network.unsound()}")


def require_all_finite(losses: Sequence[Tensor], epoch: str) -> None:
    """Raise CellFailure where one of the losses of an epoch's steps, in order, is NaN or infinite.

    It may be noticed long after its step. By then all weights are spoiled, and the layer cannot be told.
    """
    values = torch.stack(list(losses))
    wrong = values.isfinite().logical_not()
    if wrong.any():
        step = int(wrong.nonzero()[0])
        raise CellFailure(f"{epoch} diverged: loss {values[step].item()} in its step {step + 1}")


def require_activity(layers: list[LayerActivity]) -> None:
    """Raise CellFailure naming the first hidden layer that never fired."""
    for layer in layers:
        if layer.spikes == 0:
            raise CellFailure(f"{layer.name} fires no spike on the whole test set")
