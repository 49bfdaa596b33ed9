"""Operations and energy of one experiment for spreadsheets: a line for each layer, the encoder, and their total."""

import csv
import io
from collections.abc import Iterator, Sequence

from harness.analysis.energy import EnergyModel, Layer
from harness.report.costs import ArmCost
from harness.report.document import Section

COLUMNS = (
    "experiment", "profile", "arm", "title", "whose", "seeds_done", "seeds_planned", "timesteps", "part",
    "ann_macs", "snn_accumulates", "snn_multiplies", "encoder_operations", "encoder_macs", "neurons", "spikes",
    "spikes_per_neuron_and_step", "ann_pj", "snn_pj", "ann_by_snn", "ann_memory_pj", "snn_memory_pj",
    "ann_by_snn_memory", "spikes_per_synapse_and_step", "break_even", "break_even_memory",
)  # fmt: skip


def operations_csv(sections: Sequence[Section]) -> str:
    """Counts for one image and energies in picojoules; empty where no record counted anything.

    `part` is `layer NAME`, `encoder` or `total`; what a part has not is blank.
    """
    rows_of_layers = [line for section in sections for line in _lines(section)]
    stream = io.StringIO()
    if rows_of_layers:
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *rows_of_layers])
    return stream.getvalue()


def _lines(section: Section) -> Iterator[tuple[object, ...]]:
    if section.costs is None:
        return
    for cost in section.costs.arms:
        counted = cost.operations
        head = (
            section.experiment.name, section.profile, cost.arm.name, cost.arm.title, cost.whose,
            counted.seeds, cost.planned, counted.timesteps,
        )  # fmt: skip
        for layer in counted.layers:
            yield (*head, f"layer {layer.name}", *_layer(layer, section.costs.model))
        yield (*head, "encoder", *_encoder(cost, section.costs.model))
        yield (*head, "total", *_total(cost, section.costs.model))


def _layer(layer: Layer, model: EnergyModel) -> tuple[str, ...]:
    counts = _number(layer.macs), _number(layer.accumulates), _number(layer.multiplies), "", ""
    activity = _number(layer.neurons), _number(layer.spikes), _number(layer.rate, 6)
    energies = [(_number(layer.ann_pj(of)), _number(layer.snn_pj(of)), "") for of in (model, model.with_memory())]
    return (*counts, *activity, *energies[0], *energies[1], "", "", "")


def _encoder(cost: ArmCost, model: EnergyModel) -> tuple[str, ...]:
    counted = cost.operations
    counts = ("", "", "", _number(counted.encoder), _number(counted.encoder_macs))
    energies = [("", _number(counted.encoder_pj(of)), "") for of in (model, model.with_memory())]
    return (*counts, "", "", "", *energies[0], *energies[1], "", "", "")


def _total(cost: ArmCost, model: EnergyModel) -> tuple[str, ...]:
    counted, models = cost.operations, (model, model.with_memory())
    firing = [layer for layer in counted.layers if layer.spikes is not None]
    neurons, spikes = sum(layer.neurons for layer in firing), sum(layer.spikes or 0.0 for layer in firing)
    encoder = counted.encoder, counted.encoder_macs
    counts = (_number(n) for n in (counted.macs, counted.accumulates, counted.multiplies, *encoder))
    activity = _number(neurons), _number(spikes), _number(counted.rate, 6)
    energies = [
        (_number(counted.ann_pj(of)), _number(counted.snn_pj(of)), _number(counted.ratio(of), 4)) for of in models
    ]
    even = (_number(counted.break_even(of), 6) for of in models)
    return (*counts, *activity, *energies[0], *energies[1], _number(counted.arrivals, 6), *even)


def _number(value: float | None, decimals: int = 2) -> str:
    """Fixed decimals, so that the last bit of a sum on another machine does not show."""
    return "" if value is None else f"{value:.{decimals}f}"
