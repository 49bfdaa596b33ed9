"""A whole cell: the same twice, with either kernel and after an interruption; what it records; failures are named."""

import base64
import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import encoders
from harness.config import EncoderSpec, NetworkSpec, NeuronSpec, SnnRecipe
from harness.errors import CellFailure, Stopped
from harness.machine.environment import machine
from harness.records.store import digest_of
from harness.schema import Counts, Record
from harness.snn.kernels import Kernel, events
from harness.snn.kernels.events import events_pay, weight_gradient
from harness.snn.layers import Layer
from harness.training import cell
from harness.training.ann import AnnCache
from harness.training.cell import Setting, run_cell
from harness.training.checkpoint import Checkpoint, Watch
from tests.cells import run_tiny, tiny_config, tiny_data
from tests.command import python


@pytest.fixture(scope="module")
def whole() -> Record:
    """The record of a cell that nothing interrupted."""
    return run_tiny()


def curve_of(record: Record) -> Counts:
    assert record.curve is not None
    return record.curve


def test_it_learns(whole: Record) -> None:
    curve = curve_of(whole)
    assert (curve.total, len(curve.correct)) == (100, 6)
    assert curve.correct[-1] > 60
    assert curve.correct[-1] == whole.epochs[-1].correct


def test_the_same_seed_gives_the_same_record_with_either_kernel_and_another_seed_another(whole: Record) -> None:
    assert digest_of(run_tiny()) == digest_of(whole)
    by_reference = msgspec.structs.replace(run_tiny(kernel="reference"), environment=whole.environment)
    assert digest_of(by_reference) == digest_of(whole)
    assert run_tiny(tiny_config(seed=1)).curve != whole.curve


def test_the_ann_is_trained_once_for_all_arms(whole: Record, tmp_path: Path) -> None:
    stages: list[str] = []
    run = partial(run_tiny, ann_cache=AnnCache(tmp_path), watch=Watch(lambda stage, _: stages.append(stage)))
    first = run()
    assert any(stage.startswith("ANN") for stage in stages)
    stages.clear()
    other = run(tiny_config(timesteps=3))
    assert not any(stage.startswith("ANN") for stage in stages)
    assert first.ann_epochs == other.ann_epochs
    assert digest_of(run()) == digest_of(first) == digest_of(whole)


# Interrupted, and with damaged files.


def test_a_cell_stopped_again_and_again_ends_with_the_same_record(whole: Record, tmp_path: Path) -> None:
    draws, stops, record = random.Random(0), 0, None
    run = partial(run_tiny, checkpoint=Checkpoint(tmp_path / "checkpoint", "cell"))
    while record is None:
        try:
            record = run(ann_cache=AnnCache(tmp_path / "anns"), watch=Watch(stop=lambda: draws.random() < 0.3))
        except Stopped:
            stops += 1
    assert stops > 10
    assert digest_of(record) == digest_of(whole)


def one_bit_changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_broken_checkpoint_or_cached_ann_only_costs_time(whole: Record, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "checkpoint", "cell")
    path = checkpoint.part("training").path
    assert path is not None
    path.write_bytes(b"not a checkpoint")
    assert digest_of(run_tiny(checkpoint=checkpoint)) == digest_of(whole)
    one_bit_changed(path)  # whole now: that of a finished cell
    cache = AnnCache(tmp_path / "anns")
    run_tiny(ann_cache=cache)
    (entry,) = (tmp_path / "anns").glob("*.pt")
    sound = entry.read_bytes()
    one_bit_changed(entry)
    assert digest_of(run_tiny(checkpoint=checkpoint, ann_cache=cache)) == digest_of(whole)
    assert entry.read_bytes() == sound


def test_a_full_disk_costs_time_and_no_cell(whole: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.training.checkpoint.write_sealed", Mock(side_effect=OSError(28, "No space left")))
    told: list[OSError] = []
    record = run_tiny(ann_cache=AnnCache(tmp_path, trouble=told.append))
    assert {error.errno for error in told} == {28}
    assert digest_of(record) == digest_of(whole)


# What a record holds.


def test_a_reading_on_the_way_is_that_of_a_training_cut_there(whole: Record) -> None:
    config = tiny_config()
    on_the_way = run_tiny(replace(config, snn=replace(config.snn, readings=(0.5, 1.0))))
    half = run_tiny(replace(config, snn=replace(config.snn, epochs=1)))
    assert on_the_way.on_the_way == {"0.5": half.curve, "1": on_the_way.curve}
    assert on_the_way.curve == whole.curve


def test_a_record_holds_a_bit_for_each_test_image_and_the_operations_of_measured_spikes(whole: Record) -> None:
    bits = np.unpackbits(np.frombuffer(base64.b64decode(whole.right["6"]), np.uint8))
    assert len(bits) == 104
    assert bits.sum() == curve_of(whole).correct[-1]
    first, last = whole.layers
    assert (first.macs, last.macs) == (64 * 24, 24 * 10)
    assert first.spikes is not None
    assert last.accumulates == pytest.approx(first.spikes * 10)
    assert 0 < first.accumulates < 64 * 6 * 24
    graded = run_tiny(tiny_config(encoder=EncoderSpec("direct")))
    assert [layer.multiplies for layer in graded.layers] == [True, False]


def test_a_silent_layer_is_named() -> None:
    # One step of delay with T = 1: nothing ever reaches the output.
    with pytest.raises(CellFailure, match="linear1 fires no spike"):
        run_tiny(tiny_config(timesteps=1, neuron=NeuronSpec(clock="layer-delay")))


# The products and the kernel of a cell.

CONVOLUTIONS: dict[str, Any] = {
    "network": NetworkSpec("tiny", (4, "A", 3), ()),
    "snn": SnnRecipe(1, 32, 1e-3),
    "precision": "bf16",
}


def test_each_layer_takes_the_product_that_its_activity_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    product = Mock(side_effect=partial(F.conv2d, padding=1))
    monkeypatch.setattr(cell, "events_pay", lambda layer, activity, _: layer.name == "conv2" and 0 < activity < 1)
    monkeypatch.setattr(events, "product", product)
    config = tiny_config(**CONVOLUTIONS, products="by-activity")
    record = run_tiny(config)
    assert record.products == ["dense", "events"]
    assert {tuple(call.args[1].shape) for call in product.call_args_list} == {(3, 4, 3, 3)}
    monkeypatch.setattr(cell, "events_pay", lambda *_: False)
    again = run_tiny(config, products=tuple(record.products))  # as a verification elsewhere obeys the record
    assert again.products == record.products
    assert again.curve == record.curve


def test_no_break_even_is_known_for_a_family_that_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Layer((64, 8, 8), (64, 8, 8), side=3, stride=1, source=0, pooled=(1, 1), into=1)
    assert not events_pay(layer, 0.001, torch.float64)
    monkeypatch.setattr(events, "FAMILIES", (machine(torch.device("cpu")).instructions[0],))
    monkeypatch.setattr(events, "BREAK_EVEN", {(events.FAMILIES[0], torch.bfloat16): 0.05})
    assert events_pay(layer, 0.04, torch.bfloat16)
    assert not events_pay(layer, 0.06, torch.bfloat16)
    assert not events_pay(replace(layer, inputs=(3, 8, 8)), 0.04, torch.bfloat16)


@pytest.mark.parametrize(("kernel", "used"), [("auto", "numba"), ("events", "events")])
def test_only_the_kernel_of_events_skips_zeros(kernel: Kernel, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    product, gradient = Mock(side_effect=partial(F.conv2d, padding=1)), Mock(wraps=weight_gradient)
    monkeypatch.setattr(events, "product", product)
    monkeypatch.setattr(events, "weight_gradient", gradient)
    record = run_tiny(tiny_config(**CONVOLUTIONS), kernel=kernel)
    assert product.called == gradient.called == (used == "events")
    assert record.environment["kernel"] == used


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_cell_on_cuda_learns_as_it_does_on_the_cpu(whole: Record) -> None:
    result = run_cell(tiny_config(), tiny_data(), encoders.create("dct"), Setting(torch.device("cuda"))).result
    assert abs(result.curve.correct[-1] - curve_of(whole).correct[-1]) <= 10


@pytest.mark.slow
def test_no_thread_meets_a_denormal_number() -> None:
    script = """
import torch
import harness.training.cell
tiny = torch.full((4_000_000,), 1e-39)  # enough for every thread of torch
print(int((tiny * 1.0 != 0).sum()), int((torch.full((64, 64), 1e-39) @ torch.full((64, 64), 1e30)).count_nonzero()))
"""
    assert python("-c", script, OMP_NUM_THREADS="2").split() == ["0", "0"]  # tests have one thread otherwise
