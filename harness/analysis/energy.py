"""Operations of one image, averaged over seeds, and their energy at chosen prices.

Records keep the counts. Three models price them: arithmetic alone; arithmetic with memory traffic; and with memory
traffic, against an ANN whose values have as many bits as T steps can distinguish.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from encoders.registry import BUILTIN
from harness.analysis.cells import Cell
from harness.schema import LayerActivity, Record

PICO_TO_MICRO = 1e-6
WORD_PJ = 5.0  # Horowitz (below): 10 pJ for 64 bits of an 8 KB SRAM, so 5 pJ for a word of 32
WORD_BITS = 32


@dataclass(frozen=True)
class EnergyModel:
    """Picojoules of one 32-bit float addition, of one multiply-accumulate and of one memory access at 45 nm.

    Horowitz, Computing's energy problem, ISSCC 2014: 0.9 for an addition; 3.7 more for the multiplication.
    `word_pj`: a 32-bit word read or written; 0 prices arithmetic alone.
    """

    accumulate_pj: float = 0.9
    mac_pj: float = 4.6
    word_pj: float = 0.0

    def of(self, accumulates: float = 0.0, multiplies: float = 0.0, words: float = 0.0) -> float:
        """Picojoules of that many additions, multiply-accumulates and memory accesses."""
        return accumulates * self.accumulate_pj + multiplies * self.mac_pj + words * self.word_pj


FORTY_FIVE_NM = EnergyModel()
# Weights, membranes and spikes move, as Yan et al. count them (Reconsidering the energy efficiency of spiking neural
# networks, arXiv 2409.08290); see `Layer`.
WITH_MEMORY = EnergyModel(word_pj=WORD_PJ)
ACCESSES = EnergyModel(0.0, 0.0, 1.0)  # counts words of memory

CONSTANT = frozenset(name for name, encoder in BUILTIN.items() if encoder.constant)


@dataclass(frozen=True)
class Layer:
    """Operations of one weighted layer for one image, mean over seeds.

    `macs` are those of the ANN. The SNN, over all `timesteps`, does `accumulates` if its input is spikes, and
    `multiplies` (multiply-accumulates) if it is graded values. `once`: the input is the same at every step, so that
    its products are computed, and counted, once. `spikes` is None for the output layer, which does not fire.
    Words of memory: one weight for each operation; in the ANN each neuron's value is written and read; in the SNN
    each neuron's membrane is read and written at every step, and each spike's address is written and read.
    """

    name: str
    timesteps: int
    macs: float
    accumulates: float
    multiplies: float
    once: bool
    neurons: float
    spikes: float | None

    @property
    def rate(self) -> float | None:
        """Spikes per neuron and timestep; None for the output layer."""
        return None if self.spikes is None or not self.neurons else self.spikes / (self.neurons * self.timesteps)

    def ann_pj(self, model: EnergyModel, bits: int = WORD_BITS) -> float:
        """Energy of the layer in an ANN with values of `bits` bits, in picojoules per image.

        A multiplication costs in proportion to the bits of the value that a weight meets; the addition does not.
        """
        share = bits / WORD_BITS
        multiply = model.mac_pj - (1 - share) * (model.mac_pj - model.accumulate_pj)
        return self.macs * multiply + model.of(words=self.macs + 2 * share * self.neurons)

    def snn_pj(self, model: EnergyModel) -> float:
        """Energy of the layer in the SNN over all timesteps, in picojoules per image."""
        return self.still_pj(model) + self.active_pj(model)

    def still_pj(self, model: EnergyModel) -> float:
        """The energy without any spike: for the membranes, and for an input that is the same at every step."""
        constant = self.multiplies if self.once else 0.0
        return model.of(multiplies=constant, words=constant + 2 * self.neurons * self.timesteps)

    def active_pj(self, model: EnergyModel) -> float:
        """The energy that is proportional to the spikes that the layer receives and sends."""
        arriving = 0.0 if self.once else self.multiplies
        words = self.accumulates + arriving + 2 * (self.spikes or 0.0)
        return model.of(self.accumulates, arriving, words)


@dataclass(frozen=True)
class Operations:
    """The operations of one arm for one image, mean over the `seeds` finished cells that counted them.

    `encoder`: operations of the encoder itself over all timesteps, of which `encoder_macs` are multiply-accumulates
    and the others additions, each with one word of memory. None if a record lacks them; then the energy of the SNN is
    None too. The ANN needs no encoder.
    """

    seeds: int
    timesteps: int
    layers: tuple[Layer, ...]
    encoder: float | None
    encoder_macs: float | None

    @property
    def macs(self) -> float:
        """Multiply-accumulates of the ANN."""
        return sum(layer.macs for layer in self.layers)

    @property
    def accumulates(self) -> float:
        """Additions of the SNN that spikes cause."""
        return sum(layer.accumulates for layer in self.layers)

    @property
    def multiplies(self) -> float:
        """Multiply-accumulates of the SNN: those of a first layer that sees graded values."""
        return sum(layer.multiplies for layer in self.layers)

    @property
    def updates(self) -> float:
        """Updates of a membrane: each neuron at every timestep."""
        return self.timesteps * sum(layer.neurons for layer in self.layers)

    @property
    def neurons(self) -> float:
        """Neurons of the layers that fire."""
        return sum(layer.neurons for layer in self.layers if layer.spikes is not None)

    @property
    def spikes(self) -> float:
        """Spikes of these neurons."""
        return sum(layer.spikes or 0.0 for layer in self.layers)

    @property
    def rate(self) -> float | None:
        """Spikes per neuron and timestep over all layers that fire, or None if no layer does."""
        places = self.neurons * self.timesteps
        return self.spikes / places if places else None

    @property
    def arrivals(self) -> float | None:
        """Spikes per synapse and timestep, that is, per multiply-accumulate of the ANN in layers that receive spikes.

        None if no layer does.
        """
        spiking = [layer for layer in self.layers if not layer.once]
        places = sum(layer.macs for layer in spiking) * self.timesteps
        return sum(layer.accumulates + layer.multiplies for layer in spiking) / places if places else None

    def ann_pj(self, model: EnergyModel, bits: int = WORD_BITS) -> float:
        """Energy of the ANN with values of `bits` bits, in picojoules per image."""
        return sum(layer.ann_pj(model, bits) for layer in self.layers)

    @property
    def encoder_additions(self) -> float | None:
        """Operations of the encoder that are no multiply-accumulates."""
        return None if self.encoder is None or self.encoder_macs is None else self.encoder - self.encoder_macs

    def encoder_pj(self, model: EnergyModel) -> float | None:
        """Energy of the encoder over all timesteps, in picojoules per image."""
        if self.encoder is None or self.encoder_macs is None or self.encoder_additions is None:
            return None
        return model.of(self.encoder_additions, self.encoder_macs, self.encoder)

    def snn_pj(self, model: EnergyModel) -> float | None:
        """Energy of the SNN and its encoder over all timesteps, in picojoules per image."""
        encoder = self.encoder_pj(model)
        return None if encoder is None else encoder + sum(layer.snn_pj(model) for layer in self.layers)

    def ann_uj(self, model: EnergyModel) -> float:
        """Energy of the ANN in microjoules per image."""
        return self.ann_pj(model) * PICO_TO_MICRO

    def snn_uj(self, model: EnergyModel) -> float | None:
        """Energy of the SNN and its encoder in microjoules per image."""
        spent = self.snn_pj(model)
        return None if spent is None else spent * PICO_TO_MICRO

    def ratio(self, model: EnergyModel) -> float | None:
        """The ANN's energy divided by the SNN's (a ratio of means), or None if the SNN's is unknown."""
        spent = self.snn_pj(model)
        return self.ann_pj(model) / spent if spent else None

    def break_even(self, model: EnergyModel, bits: int = WORD_BITS) -> float | None:
        """The spikes per synapse and timestep below which the SNN needs less than the ANN, all spikes scaled alike.

        The ANN's values have `bits` bits. 0 if the SNN needs more even without a spike; None if its energy is unknown
        or no layer receives spikes.
        """
        encoder, arrivals = self.encoder_pj(model), self.arrivals
        active = sum(layer.active_pj(model) for layer in self.layers)
        if encoder is None or not arrivals or not active:
            return None
        left = self.ann_pj(model, bits) - encoder - sum(layer.still_pj(model) for layer in self.layers)
        return max(0.0, arrivals * left / active)


def operations_of(cells: Iterable[Cell]) -> Operations | None:
    """The operations of an arm for one image, a mean over the finished `cells` that counted them; None without any."""
    records = [cell.record for cell in cells if cell.done and cell.record.layers]
    if not records:
        return None
    timesteps, encoder = records[0].config.timesteps, records[0].config.encoder.name
    return Operations(
        seeds=len(records),
        timesteps=timesteps,
        layers=tuple(
            _layer(of_seeds, timesteps, encoder)
            for of_seeds in zip(*(record.layers for record in records), strict=False)
        ),
        encoder=_mean(record.encoder_operations for record in records),
        encoder_macs=_mean(map(encoder_macs, records)),
    )


def _mean(numbers: Iterable[float | None]) -> float | None:
    """The mean; None if a seed's record lacks the number."""
    values = [math.nan if number is None else number for number in numbers]
    mean = float(np.mean(values))
    return None if math.isnan(mean) else mean


def _layer(of_seeds: Sequence[LayerActivity], timesteps: int, encoder: str) -> Layer:
    """The means of one layer over the seeds' counts."""
    graded = [layer.multiplies for layer in of_seeds]
    once = all(graded) and encoder in CONSTANT
    multiplies = float(np.mean([layer.accumulates if layer.multiplies else 0.0 for layer in of_seeds]))
    return Layer(
        name=of_seeds[0].name,
        timesteps=timesteps,
        macs=float(np.mean([layer.macs for layer in of_seeds])),
        accumulates=float(np.mean([0.0 if layer.multiplies else layer.accumulates for layer in of_seeds])),
        multiplies=multiplies / timesteps if once else multiplies,
        once=once,
        neurons=float(np.mean([layer.neurons for layer in of_seeds])),
        spikes=_mean(layer.spikes for layer in of_seeds),
    )


def encoder_macs(record: Record) -> float | None:
    """Multiply-accumulates of the encoder for one image; None if the record does not determine them.

    A record without `encoder_macs` has its encoder's operations as one sum. The sum is divided as the encoder's
    `operations` divides it for the record's configuration, and only if it fits that division exactly.
    """
    operations, encoder = record.encoder_operations, record.config.encoder
    if record.encoder_macs is not None or operations is None:
        return record.encoder_macs
    size = encoder.parameters.get("block_size", 4)
    if encoder.name != "dct" or not isinstance(size, int) or size < 1:
        return None
    # For each block: a separable b×b DCT (2b³), one product per contribution (b⁴); additions: b² per step.
    of_block = 2 * size**3 + size**4
    blocks = operations / (of_block + size**2 * record.config.timesteps)
    return blocks * of_block if blocks.is_integer() else None
