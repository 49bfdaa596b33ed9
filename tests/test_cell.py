"""A whole cell: the same twice, the same with either kernel, the same after an interruption; failures are named."""

import base64
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.config import Balancing, EncoderSpec, NeuronSpec, Reading
from harness.errors import CellFailure, Stopped
from harness.records.store import digest_of
from harness.schema import Counts, Record
from harness.training import cell
from harness.training.ann import AnnCache
from harness.training.checkpoint import SILENT, Checkpoint, Watch
from harness.training.evaluate import Evaluation, evaluate
from tests.cells import run_tiny, tiny_config


def content(record: Record) -> str:
    return digest_of(msgspec.structs.replace(record, environment={}))


def curve_of(record: Record) -> Counts:
    assert record.curve is not None
    return record.curve


def test_it_learns() -> None:
    record = run_tiny()
    curve = curve_of(record)
    assert curve.total == 100
    assert len(curve.correct) == 6
    assert curve.correct[-1] > 60
    assert curve.correct[-1] == record.epochs[-1].correct


def test_the_same_seed_gives_the_same_record() -> None:
    assert digest_of(run_tiny()) == digest_of(run_tiny())


def test_another_seed_gives_another() -> None:
    assert run_tiny(tiny_config(seed=1)).curve != run_tiny().curve


@pytest.mark.parametrize("reading", ["equation", "algorithm", "released-code"])
def test_the_fast_kernel_changes_nothing_in_fp32(reading: Reading) -> None:
    config = tiny_config(neuron=NeuronSpec(reading))
    assert content(run_tiny(config, kernel="numba")) == content(run_tiny(config, kernel="reference"))


def test_the_ann_is_trained_once_for_all_arms(tmp_path: Path) -> None:
    stages = []

    def note(stage: str, _work: float) -> None:
        stages.append(stage)

    first = run_tiny(ann_cache=AnnCache(tmp_path), watch=Watch(note))
    assert any(stage.startswith("ANN") for stage in stages)
    stages.clear()
    other = run_tiny(tiny_config(timesteps=3), ann_cache=AnnCache(tmp_path), watch=Watch(note))
    assert not any(stage.startswith("ANN") for stage in stages)
    assert first.ann_epochs == other.ann_epochs
    assert digest_of(run_tiny(ann_cache=AnnCache(tmp_path))) == digest_of(first)


def test_an_interrupted_cell_ends_with_the_same_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint", "cell")
    whole = run_tiny()
    calls = []

    def interrupted(*args: Any) -> Evaluation:
        calls.append(1)
        if len(calls) == 3:  # after balancing, after the first epoch, after the second
            raise KeyboardInterrupt
        return evaluate(*args)

    monkeypatch.setattr(cell, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_tiny(checkpoint=checkpoint)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(cell, "evaluate", evaluate)
    assert digest_of(run_tiny(checkpoint=checkpoint)) == digest_of(whole)


def test_a_cell_stopped_again_and_again_ends_with_the_same_record(tmp_path: Path) -> None:
    checkpoint, anns = Checkpoint(tmp_path / "checkpoint", "cell"), AnnCache(tmp_path / "anns")
    draws = random.Random(0)
    stops = 0
    while True:
        watch = Watch(stop=lambda: draws.random() < 0.3)
        try:
            record = run_tiny(checkpoint=checkpoint, ann_cache=anns, watch=watch)
            break
        except Stopped:
            stops += 1
    assert stops > 10
    assert digest_of(record) == digest_of(run_tiny())


def test_a_reading_on_the_way_is_that_of_a_training_cut_there() -> None:
    config = tiny_config()
    on_the_way = run_tiny(replace(config, snn=replace(config.snn, readings=(0.5, 1.0))))
    half = run_tiny(replace(config, snn=replace(config.snn, epochs=1)))
    assert on_the_way.on_the_way == {"0.5": half.curve, "1": on_the_way.curve}
    assert on_the_way.curve == run_tiny().curve


def test_a_record_holds_a_bit_for_each_test_image() -> None:
    record = run_tiny()
    bits = np.unpackbits(np.frombuffer(base64.b64decode(record.right["6"]), np.uint8))
    assert len(bits) == 104
    assert bits.sum() == curve_of(record).correct[-1]


def one_bit_changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_broken_checkpoint_only_costs_time(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint", "cell")
    path = checkpoint.part("training").path
    assert path is not None
    path.write_bytes(b"not a checkpoint")
    assert digest_of(run_tiny(checkpoint=checkpoint)) == digest_of(run_tiny())
    one_bit_changed(path)  # whole now: that of a finished cell
    assert digest_of(run_tiny(checkpoint=checkpoint)) == digest_of(run_tiny())


def test_a_cached_ann_with_a_changed_bit_is_trained_again(tmp_path: Path) -> None:
    first = run_tiny(ann_cache=AnnCache(tmp_path))
    (entry,) = tmp_path.glob("*.pt")
    whole = entry.read_bytes()
    one_bit_changed(entry)
    assert digest_of(run_tiny(ann_cache=AnnCache(tmp_path))) == digest_of(first)
    assert entry.read_bytes() == whole


def test_a_cache_whose_disk_is_full_costs_time_and_no_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.training.checkpoint.write_sealed", full)
    told: list[OSError] = []
    record = run_tiny(ann_cache=AnnCache(tmp_path, trouble=told.append))
    assert {error.errno for error in told} == {28}
    monkeypatch.undo()
    assert digest_of(record) == digest_of(run_tiny())


def test_a_silent_layer_is_named() -> None:
    # One step of delay with T = 1: nothing ever reaches the output.
    with pytest.raises(CellFailure, match="linear1 fires no spike"):
        run_tiny(tiny_config(timesteps=1, neuron=NeuronSpec(clock="layer-delay")))


def test_operations_are_counted_from_measured_spikes() -> None:
    record = run_tiny()
    first, last = record.layers
    assert (first.macs, last.macs) == (64 * 24, 24 * 10)
    assert first.spikes is not None
    assert last.accumulates == pytest.approx(first.spikes * 10)
    assert 0 < first.accumulates < 64 * 6 * 24


def test_a_graded_code_is_marked_as_multiplying() -> None:
    record = run_tiny(tiny_config(encoder=EncoderSpec("direct")))
    assert [layer.multiplies for layer in record.layers] == [True, False]


def test_poisson_draws_are_part_of_the_seed() -> None:
    config = tiny_config(encoder=EncoderSpec("poisson"), balancing=Balancing(images=50))
    assert digest_of(run_tiny(config)) == digest_of(run_tiny(config))


def test_progress_may_be_silent() -> None:
    SILENT.progress("anything", 1.0)
    assert not SILENT.stop()
