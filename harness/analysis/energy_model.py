"""What an operation costs: counts of operations (§4, eq. 13) as energy, by a model of the hardware."""

import math
from dataclasses import dataclass, replace

from harness.errors import HarnessError

PICO_TO_MICRO = 1e-6
WORD_PJ = 5.0  # Horowitz (below): 10 pJ for 64 bits of an 8 KB SRAM, so 5 pJ for a word of 32


@dataclass(frozen=True)
class EnergyModel:
    """Picojoules of one 32-bit float addition, of one multiply-accumulate and of one memory access at 45 nm.

    Horowitz, Computing's energy problem, ISSCC 2014: 0.9 for an addition; 3.7 more for the multiplication.
    `word_pj`: a 32-bit word read or written; 0 prices arithmetic alone.
    Raises HarnessError unless the first two are positive, the third is not negative, and all are finite.
    """

    accumulate_pj: float = 0.9
    mac_pj: float = 4.6
    word_pj: float = 0.0

    def __post_init__(self) -> None:
        prices = (self.accumulate_pj, self.mac_pj, self.word_pj)
        positive = self.accumulate_pj > 0 and self.mac_pj > 0 and self.word_pj >= 0
        if not (positive and all(math.isfinite(price) for price in prices)):
            raise HarnessError(
                f"no energy of an operation: {self.accumulate_pj:g},{self.mac_pj:g}",
                "give two positive numbers of picojoules, accumulate,MAC, as in 0.9,4.6",
            )

    def of(self, accumulates: float = 0.0, multiplies: float = 0.0, words: float = 0.0) -> float:
        """Picojoules of that many additions, multiply-accumulates and memory accesses."""
        return accumulates * self.accumulate_pj + multiplies * self.mac_pj + words * self.word_pj

    def with_memory(self) -> "EnergyModel":
        """The same prices of arithmetic, and memory traffic at 5 pJ a word.

        What moves is what Yan et al., Reconsidering the energy efficiency of spiking neural networks (arXiv
        2409.08290), count: weights, membranes and spikes; see `operations.Layer`.
        """
        return replace(self, word_pj=WORD_PJ)


FORTY_FIVE_NM = EnergyModel()


def energy_model(text: str) -> EnergyModel:
    """The model that "accumulate,MAC" in picojoules asks for. Raises HarnessError where it is no such pair."""
    try:
        accumulate, mac = (float(part) for part in text.split(","))
    except ValueError:
        hint = "give picojoules of an accumulate and of a multiply-accumulate, as in 0.9,4.6"
        raise HarnessError(f"not two energies: '{text}'", hint) from None
    return EnergyModel(accumulate, mac)
