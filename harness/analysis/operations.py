"""Operations of one image (§4, eq. 13), averaged over seeds, and their energy at the prices a reader chooses.

Records keep the counts, which are facts, and their energy at 45 nm. A report may price the same counts otherwise.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from harness.analysis.energy_model import EnergyModel
from harness.analysis.frame import Loaded

Key = tuple[str, str, str]
ARM = ["experiment", "profile", "arm"]


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
        return model.of(multiplies=self.macs)

    def snn_pj(self, model: EnergyModel) -> float:
        """Energy of the layer in the SNN over all timesteps, in picojoules an image."""
        return model.of(self.accumulates, self.multiplies)


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
        return model.of(multiplies=self.macs)

    def snn_pj(self, model: EnergyModel) -> float | None:
        """Energy of the SNN and its encoder over all timesteps, in picojoules an image."""
        if self.encoder is None:
            return None
        return model.of(self.accumulates + self.encoder, self.multiplies)

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
