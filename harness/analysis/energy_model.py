"""What an operation costs: counts of operations (§4, eq. 13) as energy, by a model of the hardware."""

import math
from dataclasses import dataclass

from harness.errors import HarnessError


@dataclass(frozen=True)
class EnergyModel:
    """Picojoules of one 32-bit float addition and of one multiply-accumulate at 45 nm.

    Horowitz, Computing's energy problem, ISSCC 2014: 0.9 for an addition; 3.7 more for the multiplication.
    Raises HarnessError unless both are positive and finite.
    """

    accumulate_pj: float = 0.9
    mac_pj: float = 4.6

    def __post_init__(self) -> None:
        if not all(math.isfinite(price) and price > 0 for price in (self.accumulate_pj, self.mac_pj)):
            raise HarnessError(
                f"no energy of an operation: {self.accumulate_pj:g},{self.mac_pj:g}",
                "give two positive numbers of picojoules, accumulate,MAC, as in 0.9,4.6",
            )

    def of(self, accumulates: float = 0.0, multiplies: float = 0.0) -> float:
        """Picojoules of that many additions and multiply-accumulates."""
        return accumulates * self.accumulate_pj + multiplies * self.mac_pj


FORTY_FIVE_NM = EnergyModel()


def energy_model(text: str) -> EnergyModel:
    """The model that "accumulate,MAC" in picojoules asks for. Raises HarnessError where it is no such pair."""
    try:
        accumulate, mac = (float(part) for part in text.split(","))
    except ValueError:
        hint = "give picojoules of an accumulate and of a multiply-accumulate, as in 0.9,4.6"
        raise HarnessError(f"not two energies: '{text}'", hint) from None
    return EnergyModel(accumulate, mac)
