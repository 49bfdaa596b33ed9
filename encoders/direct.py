"""Direct input: the image itself at every timestep; the first layer's neurons do the coding (DIET-SNN)."""

from dataclasses import dataclass

from torch import Generator, Tensor

from encoders.base import EncoderInfo, Unfitted, at_least_one_step


@dataclass(frozen=True)
class Direct(Unfitted):
    """x at each t: an upper bound rather than a spike code, since the first layer multiplies (Rathi & Roy)."""

    @property
    def info(self) -> EncoderInfo:
        """Analog, in [-1, 1]; the same at every step."""
        return EncoderInfo("analog", True, 1, (-1.0, 1.0), "Rathi & Roy 2021, DIET-SNN")

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """The images `[N, C, H, W]` repeated: `[T, N, C, H, W]` (a view)."""
        at_least_one_step(timesteps)
        return images.expand(timesteps, *images.shape)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:  # noqa: ARG002
        """None: the cost lies in the first layer."""
        return 0.0
