"""Operations of one image (§4, eq. 13), averaged over seeds, and the energy that a model of the hardware gives them.

Records keep the counts, which are facts. Energy is derived here, whenever a report is made, because the price of
an operation is a choice of the reader: other hardware, other prices, the same counts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from harness.analysis.frame import Loaded
from harness.errors import HarnessError

Key = tuple[str, str, str]
ARM = ["experiment", "profile", "arm"]


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


FORTY_FIVE_NM = EnergyModel()


def energy_model(text: str) -> EnergyModel:
    """The model that "accumulate,MAC" in picojoules asks for. Raises HarnessError where it is no such pair."""
    try:
        accumulate, mac = (float(part) for part in text.split(","))
    except ValueError:
        hint = "give picojoules of an accumulate and of a multiply-accumulate, as in 0.9,4.6"
        raise HarnessError(f"not two energies: '{text}'", hint) from None
    return EnergyModel(accumulate, mac)


@dataclass(frozen=True)
class Layer:
    """Operations of one weighted layer for one image, mean over seeds.

    `macs` are those of the ANN. The SNN, over all timesteps, does `accumulates` where its input is spikes, and
    `multiplies` (multiply-accumulates) where it is graded values. `rate` is spikes per neuron and timestep, of
    `spikes` and `neurons` of the layer's own output: None for the output layer, which does not fire.
    """

    name: str
    macs: float
    accumulates: float
    multiplies: float
    neurons: float
    spikes: float | None
    rate: float | None

    def ann_pj(self, model: EnergyModel) -> float:
        """Energy of the layer in the ANN, in picojoules an image."""
        return self.macs * model.mac_pj

    def snn_pj(self, model: EnergyModel) -> float:
        """Energy of the layer in the SNN over all timesteps, in picojoules an image."""
        return self.accumulates * model.accumulate_pj + self.multiplies * model.mac_pj


@dataclass(frozen=True)
class Operations:
    """What one arm spends on one image, mean over the `seeds` finished cells that counted it.

    `encoder`: operations of the encoder itself over all timesteps, each priced as an accumulate; None where a
    record does not tell, and then neither does the energy of the SNN. The ANN needs no encoder.
    """

    seeds: int
    timesteps: int
    layers: tuple[Layer, ...]
    encoder: float | None

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
    def rate(self) -> float | None:
        """Spikes per neuron and timestep over all layers that fire, or None where none does."""
        firing = [layer for layer in self.layers if layer.spikes is not None]
        places = sum(layer.neurons for layer in firing) * self.timesteps
        return sum(layer.spikes or 0.0 for layer in firing) / places if places else None

    def ann_pj(self, model: EnergyModel) -> float:
        """Energy of the ANN, in picojoules an image."""
        return self.macs * model.mac_pj

    def snn_pj(self, model: EnergyModel) -> float | None:
        """Energy of the SNN and its encoder over all timesteps, in picojoules an image."""
        if self.encoder is None:
            return None
        return (self.accumulates + self.encoder) * model.accumulate_pj + self.multiplies * model.mac_pj

    def ratio(self, model: EnergyModel) -> float | None:
        """How many times the SNN's energy the ANN spends (a ratio of means), or None where the SNN's is unknown."""
        spent = self.snn_pj(model)
        return self.ann_pj(model) / spent if spent else None


def operations_by_arm(loaded: Loaded) -> Mapping[Key, Operations]:
    """The operations of every (experiment, profile, arm) with a finished cell that counted them."""
    of_cells = loaded.cells[[*ARM, "seed", "timesteps", "encoder_operations"]]
    counted = loaded.layers.merge(of_cells, on=[*ARM, "seed"], validate="many_to_one").sort_values(
        "seed", kind="stable"
    )
    return {cast(Key, key): _operations(rows) for key, rows in counted.groupby(ARM, sort=True)}


def _operations(rows: pd.DataFrame) -> Operations:
    """One arm from its rows, one for each seed and layer."""
    cells = rows.drop_duplicates("seed")
    timesteps, encoder = int(cells["timesteps"].iloc[0]), float(cells["encoder_operations"].mean(skipna=False))
    return Operations(
        seeds=len(cells),
        timesteps=timesteps,
        layers=tuple(_layer(layer, timesteps) for _, layer in rows.groupby("position", sort=True)),
        encoder=None if math.isnan(encoder) else encoder,
    )


def _layer(rows: pd.DataFrame, timesteps: int) -> Layer:
    """One layer from its rows, one for each seed."""
    graded = rows["multiplies"]
    neurons, spikes = float(rows["neurons"].mean()), float(rows["spikes"].mean(skipna=False))
    silent = math.isnan(spikes)
    return Layer(
        name=str(rows["layer"].iloc[0]),
        macs=float(rows["macs"].mean()),
        accumulates=float(rows["accumulates"].mask(graded, 0.0).mean()),
        multiplies=float(rows["accumulates"].where(graded, 0.0).mean()),
        neurons=neurons,
        spikes=None if silent else spikes,
        rate=None if silent or not neurons else spikes / (neurons * timesteps),
    )
