"""Training that has gone wrong, noticed when it happens and named with its layer."""

from torch import Tensor

from harness.errors import CellFailure
from harness.schema import LayerActivity
from harness.snn.network import Network


def require_finite(loss: Tensor, network: Network, epoch: str) -> None:
    """Raise CellFailure, before its gradient spoils every weight, for a loss that is NaN or infinite."""
    if not loss.isfinite():
        raise CellFailure(f"{epoch} diverged: loss {loss.item()}, first in {network.unsound()}")


def require_activity(layers: list[LayerActivity]) -> None:
    """Raise CellFailure naming the first hidden layer that never fired."""
    for layer in layers:
        if layer.spikes == 0:
            raise CellFailure(f"{layer.name} fires no spike on the whole test set")
