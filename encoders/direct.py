"""Direct input: the image itself at every timestep; the first layer's neurons do the coding (DIET-SNN)."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.admission import admit
from encoders.base import EncoderInfo, Operations, Unfitted


@dataclass(frozen=True)
class Direct(Unfitted):
    """x at each t: analog values rather than spikes, so that the first layer multiplies (Rathi & Roy)."""

    @property
    def info(self) -> EncoderInfo:
        """Analog, in [-1, 1]; the same at every step."""
        return EncoderInfo("analog", True, 1, (-1.0, 1.0), "Rathi & Roy 2021, DIET-SNN", resolution=1e-6)

    def encode(
        self,
        images: Tensor,
        timesteps: int,
        generator: Generator,  # noqa: ARG002
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """The images `[N, C, H, W]` repeated: `[T, N, C, H, W]` (a view of one copy)."""
        admit(images, timesteps, ids)
        return images.to(dtype).expand(timesteps, *images.shape)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:  # noqa: ARG002
        """None: the cost lies in the first layer."""
        return Operations()
