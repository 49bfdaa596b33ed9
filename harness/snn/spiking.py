"""A network as an SNN: with the encoder before it, its thresholds and its neuron."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from encoders.base import Encoder, encode
from harness.config import NeuronSpec
from harness.errors import CellFailure
from harness.snn.network import Network
from harness.snn.neuron import Kernel, Neuron, layer_neurons


@dataclass(frozen=True)
class Spiking:
    """A network, its encoder and its neuron; `thresholds` has one entry a hidden layer."""

    network: Network
    encoder: Encoder
    neuron: NeuronSpec
    timesteps: int
    thresholds: tuple[float, ...] = ()
    dtype: torch.dtype = torch.float32
    kernel: Kernel = "auto"

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.network.weights[0].device
        return device

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image over all timesteps if every input counts, zero or not."""
        return self.timesteps * sum(stage.macs for stage in self.network.stages)

    def neurons(self, gains: Sequence[Tensor | None] | None = None) -> list[Neuron]:
        """The neurons of its hidden layers, with these dropout gains."""
        return layer_neurons(self.thresholds, self.neuron, gains, self.kernel)

    def encode(self, images: Tensor, key: int, ids: Tensor | None = None) -> Tensor:
        """The spike train `[T, N, …]` of images `[N, C, H, W]` in [-1, 1], on the network's device and dtype.

        key, ids: for random codes, see `encoders.base.Encoder.encode`. Raises CellFailure for a train of another shape.
        """
        train = encode(self.encoder, images.to(self.device), self.timesteps, key, ids, self.dtype)
        if train.shape[:2] != (self.timesteps, len(images)):
            raise CellFailure(
                f"the encoder gave a spike train of shape {tuple(train.shape)} "
                f"for {len(images)} images and {self.timesteps} timesteps"
            )
        return train

    def chunk(self, budget: int = 1 << 22) -> int:
        """How many images to run at once so that the largest layer holds `budget` values, whatever T is.

        A whole number of the groups in which the encoder takes images: so it changes no spike.
        """
        largest = max(max(_size(stage.inputs), stage.neurons) for stage in self.network.stages)
        group = self.encoder.info.group
        return max(1, budget // (largest * self.timesteps * group)) * group


def _size(shape: tuple[int, int, int]) -> int:
    return shape[0] * shape[1] * shape[2]
