"""Operations and energy against numbers worked by hand."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.analysis.energy_model import EnergyModel, energy_model
from harness.analysis.operations import Operations, operations_by_arm
from harness.analysis.rows import LAYERS
from harness.errors import HarnessError
from harness.records.store import read_record, write_record
from harness.schema import LayerActivity
from tests.analysis.judging import load

Write = Callable[..., Path]
MNIST = "mnist-784-100-10"
KEY = (MNIST, "paper", "cyclic-2")
HIDDEN = LayerActivity("linear1", 1000, 4000.0, multiplies=False, neurons=10, spikes=6.0)
OUTPUT = LayerActivity("linear2", 100, 60.0, multiplies=False, neurons=5, spikes=None)


def measured(write: Write, results: Path, seed: int, *layers: LayerActivity, encoder: float | None = 500.0) -> None:
    """A finished cell of two timesteps that counted `layers`."""
    record = read_record(write(MNIST, "paper", "cyclic-2", seed, 9000))
    write_record(results, msgspec.structs.replace(record, layers=list(layers), encoder_operations=encoder, digest=""))


def operations(results: Path) -> Operations:
    return operations_by_arm(load(results))[KEY]


def test_a_frame_has_one_row_for_each_layer(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    layers = load(tmp_path).layers
    assert list(layers) == list(LAYERS)
    assert layers[["position", "layer", "macs"]].to_numpy().tolist() == [[0, "linear1", 1000], [1, "linear2", 100]]


def test_energy_of_a_spike_code(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    counted, model = operations(tmp_path), EnergyModel()
    assert (counted.macs, counted.accumulates, counted.multiplies, counted.encoder) == (1100, 4060, 0, 500)
    assert counted.ann_pj(model) == pytest.approx(5060)  # 1100 × 4.6
    assert counted.snn_pj(model) == pytest.approx(4104)  # (4060 + 500) × 0.9
    assert counted.ratio(model) == pytest.approx(5060 / 4104)


def test_a_first_layer_that_sees_graded_values_multiplies(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, msgspec.structs.replace(HIDDEN, multiplies=True), OUTPUT, encoder=0.0)
    counted, model = operations(tmp_path), EnergyModel()
    assert (counted.accumulates, counted.multiplies) == (60, 4000)
    assert counted.snn_pj(model) == pytest.approx(18454)  # 60 × 0.9 + 4000 × 4.6
    assert [layer.snn_pj(model) for layer in counted.layers] == pytest.approx([18400, 54])
    assert [layer.ann_pj(model) for layer in counted.layers] == pytest.approx([4600, 460])  # 4.6 a MAC


def test_layers_keep_their_place_and_name(tmp_path: Path, write: Write) -> None:
    late_in_the_alphabet = msgspec.structs.replace(HIDDEN, name="zeta")
    measured(write, tmp_path, 0, late_in_the_alphabet, OUTPUT)
    assert [layer.name for layer in operations(tmp_path).layers] == ["zeta", "linear2"]


def test_a_seed_that_did_not_count_spikes_leaves_the_rate_unknown(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    measured(write, tmp_path, 1, msgspec.structs.replace(HIDDEN, spikes=None), OUTPUT)
    assert operations(tmp_path).layers[0].rate is None


def test_counts_are_means_over_seeds(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    busier = msgspec.structs.replace(HIDDEN, accumulates=5000.0, spikes=8.0)
    measured(write, tmp_path, 1, busier, OUTPUT)
    counted = operations(tmp_path)
    assert (counted.seeds, counted.accumulates, counted.layers[0].spikes) == (2, 4560, 7)
    assert counted.rate == pytest.approx(0.35)  # 7 spikes of 10 neurons in 2 timesteps


def test_the_output_layer_has_no_rate_and_counts_in_none(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    counted = operations(tmp_path)
    assert [layer.rate for layer in counted.layers] == [pytest.approx(0.3), None]
    assert counted.rate == pytest.approx(0.3)


def test_without_the_encoders_operations_the_energy_of_the_snn_is_unknown(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    measured(write, tmp_path, 1, HIDDEN, OUTPUT, encoder=None)
    counted, model = operations(tmp_path), EnergyModel()
    assert (counted.encoder, counted.snn_pj(model), counted.ratio(model)) == (None, None, None)
    assert counted.ann_pj(model) == pytest.approx(5060)


def test_cells_that_failed_or_counted_nothing_are_no_part_of_a_mean(tmp_path: Path, write: Write) -> None:
    measured(write, tmp_path, 0, HIDDEN, OUTPUT)
    write(MNIST, "paper", "cyclic-2", 1, 9000)
    write(MNIST, "paper", "cyclic-2", 2, failure="out of memory")
    assert operations(tmp_path).seeds == 1


def test_a_folder_without_counts_has_no_operations(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-2", 0, 9000)
    assert operations_by_arm(load(tmp_path)) == {}
    assert operations_by_arm(load(tmp_path / "none")) == {}


def test_prices_are_those_of_the_text() -> None:
    assert energy_model("0.9,4.6") == EnergyModel()
    assert energy_model(" 0.03, 0.23 ") == EnergyModel(0.03, 0.23)


@pytest.mark.parametrize("text", ["", "0.9", "0.9,4.6,1", "a,b", "0.9;4.6", "-1,4.6", "0,4.6", "nan,4.6", "0.9,inf"])
def test_prices_that_are_none_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(HarnessError) as caught:
        energy_model(text)
    assert "as in 0.9,4.6" in caught.value.hint
