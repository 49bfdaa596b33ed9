"""The built-in codes as arms of one comparison: DCT as the paper's, the others as controls."""

from harness.catalogue import Arm
from harness.config import EncoderSpec

TITLES = {
    "dct": "DCT, cyclic",
    "poisson": "Poisson rate",
    "direct": "direct input (analog)",
    "phase": "phase (graded)",
    "burst": "burst (graded)",
    "ttfs": "time to first spike (graded)",
    "latency": "linear latency",
}


def codes(timesteps: int) -> tuple[Arm, ...]:
    """An arm for each code, all with as many timesteps."""
    return tuple(
        Arm(code, EncoderSpec(code), timesteps, title, in_paper=code == "dct") for code, title in TITLES.items()
    )
