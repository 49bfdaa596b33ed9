"""The built-in codes as arms of one comparison: DCT as the paper's, the others as controls."""

from encoders.registry import BUILTIN
from harness.catalogue import Arm
from harness.config import EncoderSpec


def codes(timesteps: int) -> tuple[Arm, ...]:
    """An arm for each code, all with as many timesteps."""
    return tuple(
        Arm(code, EncoderSpec(code), timesteps, encoder.title, in_paper=code == "dct")
        for code, encoder in BUILTIN.items()
    )
