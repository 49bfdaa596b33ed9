"""Operations and energy against numbers worked by hand."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from encoders import create
from encoders.base import Operations as Spent
from harness.analysis.energy import ACCESSES, WITH_MEMORY, EnergyModel, Operations, encoder_macs, operations_of
from harness.config import EncoderSpec
from harness.records.store import read_record
from harness.schema import LayerActivity
from tests.analysis.judging import MNIST, Write, load

HIDDEN = LayerActivity("linear1", 1000, 4000.0, multiplies=False, neurons=10, spikes=6.0)
OUTPUT = LayerActivity("linear2", 100, 60.0, multiplies=False, neurons=5, spikes=None)


def measured(
    write: Write, seed: int, *layers: LayerActivity, encoder: tuple[float | None, float | None] = (500.0, 200.0)
) -> None:
    """A finished cell that counted `layers`; `encoder`: operations, and the multiply-accumulates among them."""
    operations, macs = encoder
    write(MNIST, "paper", "cyclic-2", seed, 9000, layers=[*layers], encoder_operations=operations, encoder_macs=macs)


def operations(results: Path) -> Operations:
    found = operations_of(load(results).by_arm[MNIST, "paper", "cyclic-2"])
    assert found is not None
    return found


def test_energy_of_a_spike_code(tmp_path: Path, write: Write) -> None:
    measured(write, 0, HIDDEN, OUTPUT)
    counted, model = operations(tmp_path), EnergyModel()
    assert (counted.macs, counted.accumulates, counted.multiplies, counted.encoder) == (1100, 4060, 0, 500)
    assert counted.ann_pj(model) == pytest.approx(5060)  # 1100 × 4.6
    assert counted.snn_pj(model) == pytest.approx(4844)  # (4060 + 300) × 0.9 + 200 × 4.6: the transform multiplies
    assert counted.ratio(model) == pytest.approx(5060 / 4844)


def test_a_first_layer_that_sees_graded_values_multiplies(tmp_path: Path, write: Write) -> None:
    graded = msgspec.structs.replace(HIDDEN, multiplies=True)
    measured(write, 0, graded, OUTPUT, encoder=(0.0, None))
    counted, model = operations(tmp_path), EnergyModel()
    assert (counted.accumulates, counted.multiplies) == (60, 4000)
    assert counted.snn_pj(model) == pytest.approx(18454)  # 60 × 0.9 + 4000 × 4.6
    assert [layer.snn_pj(model) for layer in counted.layers] == pytest.approx([18400, 54])
    assert [layer.ann_pj(model) for layer in counted.layers] == pytest.approx([4600, 460])  # 4.6 a MAC


def test_memory_traffic_is_weights_membranes_and_spikes(tmp_path: Path, write: Write) -> None:
    measured(write, 0, HIDDEN, OUTPUT)
    counted, model = operations(tmp_path), WITH_MEMORY
    assert model == EnergyModel(0.9, 4.6, 5.0)
    # A weight each, and 15 values written and read.
    assert counted.ann_pj(model) == pytest.approx(5060 + 5 * (1100 + 2 * 15))
    # A weight each, 15 membranes read and written in 2 steps, 6 spikes sent and received; a word an encoder operation.
    assert counted.snn_pj(model) == pytest.approx(4844 + 5 * (4060 + 2 * 15 * 2 + 2 * 6 + 500))
    assert (counted.updates, counted.snn_pj(ACCESSES)) == (15 * 2, 4060 + 2 * 15 * 2 + 2 * 6 + 500)


def test_at_the_break_even_rate_both_networks_need_the_same(tmp_path: Path, write: Write) -> None:
    measured(write, 0, HIDDEN, OUTPUT)
    counted, model = operations(tmp_path), EnergyModel()
    assert counted.arrivals == pytest.approx(4060 / 2200)  # of 1100 synapses in 2 steps
    # 5060 for the ANN, 300 × 0.9 + 200 × 4.6 for the encoder: 3870 are left, at 0.9 each, for 2200 places.
    assert counted.break_even(model) == pytest.approx(3870 / 0.9 / 2200)
    factor = (counted.break_even(WITH_MEMORY) or 0.0) / (counted.arrivals or 1.0)
    scaled = [
        msgspec.structs.replace(layer, accumulates=layer.accumulates * factor, spikes=(layer.spikes or 0.0) * factor)
        for layer in (HIDDEN, OUTPUT)
    ]
    measured(write, 0, *scaled)
    assert operations(tmp_path).ratio(WITH_MEMORY) == pytest.approx(1.0)
    measured(write, 0, HIDDEN, OUTPUT, encoder=(1e6, 1e6))  # needs more without a spike
    assert operations(tmp_path).break_even(EnergyModel()) == 0.0


def test_an_ann_of_few_bits_multiplies_and_moves_for_less(tmp_path: Path, write: Write) -> None:
    measured(write, 0, HIDDEN, OUTPUT)
    counted, model = operations(tmp_path), WITH_MEMORY
    # 2 of 32 bits: 3.7 pJ of a multiplication and the 30 values count a sixteenth; additions and weights do not.
    ann = 1100 * (0.9 + 3.7 / 16) + 5 * (1100 + 30 / 16)
    assert counted.ann_pj(model, bits=2) == pytest.approx(ann)
    still = 500 * 5 + 300 * 0.9 + 200 * 4.6 + 5 * 2 * 15 * 2  # of the encoder, and the membranes
    active = 4060 * 0.9 + 5 * (4060 + 2 * 6)
    assert counted.break_even(model, bits=2) == pytest.approx(4060 / 2200 * (ann - still) / active)


@pytest.mark.parametrize("parameters", [{}, {"block_size": 2, "stride": 2}])
def test_a_record_of_one_sum_is_parted_as_its_encoder_parts_it(write: Write, parameters: dict[str, int]) -> None:
    counted = Spent.of(create("dct", **parameters).operations((1, 28, 28), 2))
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 9000))
    config = dataclasses.replace(record.config, encoder=EncoderSpec("dct", parameters))
    before = msgspec.structs.replace(record, config=config, encoder_operations=float(counted), encoder_macs=None)
    assert encoder_macs(before) == counted.macs
    assert encoder_macs(msgspec.structs.replace(before, encoder_macs=7.0)) == 7.0


def test_a_sum_that_does_not_fit_its_encoder_is_not_parted(write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 9000))
    assert encoder_macs(msgspec.structs.replace(record, encoder_operations=500.0)) is None
    unknown = dataclasses.replace(record.config, encoder=EncoderSpec("somebody's", {}))
    assert encoder_macs(msgspec.structs.replace(record, config=unknown, encoder_operations=500.0)) is None


def test_counts_are_means_over_the_seeds_that_counted(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-2", 2, 9000)
    assert operations_of(load(tmp_path).cells.values()) is None
    write(MNIST, "paper", "cyclic-2", 3, failure="out of memory")
    measured(write, 0, HIDDEN, OUTPUT)
    measured(write, 1, msgspec.structs.replace(HIDDEN, accumulates=5000.0, spikes=8.0), OUTPUT)
    counted = operations(tmp_path)
    assert (counted.seeds, counted.accumulates, counted.layers[0].spikes) == (2, 4560, 7)
    assert counted.rate == pytest.approx(0.35)  # 7 spikes of 10 neurons in 2 timesteps
    assert [layer.rate for layer in counted.layers] == [pytest.approx(0.35), None]  # the output layer has none
    measured(write, 1, msgspec.structs.replace(HIDDEN, spikes=None), OUTPUT)
    assert operations(tmp_path).layers[0].rate is None


def test_without_the_encoders_operations_the_energy_of_the_snn_is_unknown(tmp_path: Path, write: Write) -> None:
    measured(write, 0, HIDDEN, OUTPUT)
    measured(write, 1, HIDDEN, OUTPUT, encoder=(None, None))
    counted, model = operations(tmp_path), EnergyModel()
    assert (counted.encoder, counted.snn_pj(model), counted.ratio(model)) == (None, None, None)
    assert counted.break_even(model) is None
    assert counted.ann_pj(model) == pytest.approx(5060)
