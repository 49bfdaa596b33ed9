"""A cell of the method `conversion`, from data to a record and back from its weights."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Generator

import encoders
from harness.config import ABSENT, AnnRecipe, Augmentation, CellConfig, MethodSpec, NetworkSpec, canonical_json, checked
from harness.errors import CellFailure, HarnessError, Stopped
from harness.plugins.parts import METHODS
from harness.records.fingerprint import fingerprint
from harness.records.freshness import freshness
from harness.records.store import read_record, write_record
from harness.runs.plan import PlannedCell, cells_of, estimate
from harness.runs.run import compute, record_of
from harness.runs.verify import verify
from harness.schema import Record
from harness.snn.layers import layers_of
from harness.training.batches import augmented, by_policy, cut_out
from harness.training.cell import Setting, Trained
from harness.training.checkpoint import Checkpoint, Watch
from harness.training.conversion import Conversion
from harness.training.method import method_of
from tests.cells import CPU, converted_config, tiny_config, tiny_data

HERE = Setting(CPU)


def trained(config: CellConfig, setting: Setting = HERE) -> Trained:
    assert config.method
    return method_of(config.method).run(config, tiny_data(), encoders.create(config.encoder.name), setting)


def recorded(config: CellConfig, setting: Setting = HERE) -> Record:
    return record_of(config, fingerprint(config, tiny_data().digest), setting, trained(config, setting), ())


def test_a_record_of_it_goes_there_and_back_and_its_work_is_what_was_announced(tmp_path: Path) -> None:
    told: list[float] = []
    config = converted_config()
    done = trained(config, Setting(CPU, watch=Watch(lambda _stage, work: told.append(work))))
    assert sum(told) == pytest.approx(Conversion().work(config, tiny_data(), done.spiking.macs // config.timesteps))
    record = record_of(config, fingerprint(config, tiny_data().digest), HERE, done, ())
    path = write_record(tmp_path, record)
    found = read_record(path)
    assert found.curve == record.curve
    assert len(found.thresholds) == 5
    assert (found.balanced, found.epochs, found.sample_curve) == (None, [], None)
    written = msgspec.json.decode(canonical_json(found))["config"]
    assert not {"snn", "balancing", "neuron"} & written.keys()
    assert written["method"] == {"name": "conversion", "parameters": {}}
    assert freshness(path, config).state == "done"
    gone = freshness(path, replace(config, method=MethodSpec("elsewhere")))  # as if its package were not installed
    assert (gone.state, "unknown method 'elsewhere'" in gone.reason) == ("stale", True)


def test_kept_weights_give_the_same_answers(tmp_path: Path) -> None:
    config = converted_config(precision="bf16")
    path = tmp_path / config.experiment / config.profile / config.arm / "seed-0000.json"
    cell = PlannedCell(config, fingerprint(config, tiny_data().digest), path, "missing")
    record = compute(cell, tiny_data(), Setting(CPU), (2, 8), keep_weights=True)
    write_record(tmp_path, record)
    for source in ("weights", "training"):
        assert verify(path, read_record(path), tiny_data(), source)[0].word == "identical"
    with pytest.raises(HarnessError, match="cannot state"):
        verify(path, read_record(path), tiny_data(), "norse")


def test_a_stopped_cell_goes_on_to_the_same_record(tmp_path: Path) -> None:
    config = converted_config()
    whole = recorded(config)
    told: list[float] = []
    for stop in (4, 16, 21):  # steps: in the first epoch, in the third, after it
        watch = Watch(lambda _stage, work: told.append(work), partial(lambda at: len(told) >= at, stop))
        setting = Setting(CPU, checkpoint=Checkpoint(tmp_path / "cell", "cell"), watch=watch)
        with pytest.raises(Stopped):
            recorded(config, setting)
    assert len(told) == 21
    rest = recorded(config, replace(setting, watch=Watch()))
    same = ("curve", "layers", "thresholds", "ann_epochs", "right")
    assert all(getattr(rest, name) == getattr(whole, name) for name in same)


def test_its_cost_is_estimated_from_its_first_steps(tmp_path: Path) -> None:
    config = converted_config()
    path = tmp_path / "seed-0000.json"
    planned = PlannedCell(config, fingerprint(config, tiny_data().digest), path, "missing")
    [cell] = estimate([planned], tiny_data(), HERE)
    layers = layers_of(config.network, (1, 8, 8), 10)
    assert cell.cost.work == Conversion().work(config, tiny_data(), sum(layer.macs for layer in layers))
    assert not cell.cost.begun
    assert 0 < cell.cost.seconds < 600
    Checkpoint(tmp_path / ".seed-0000.0.checkpoint.training", "").save({})
    assert estimate([planned], tiny_data(), HERE)[0].cost.begun


def test_the_snn_of_many_steps_is_its_ann_of_many_levels() -> None:
    """One layer of neurons, constant input: the mean over T steps is the activation of L = T levels (Theorem 1)."""
    config = converted_config(
        network=NetworkSpec("flat", hidden=(16,), bias=True),
        method=MethodSpec("conversion", {"levels": 8, "threshold": 2.0}),
        ann=AnnRecipe(15, 32, 0.05, 15, dropout=0.0, classifier_dropout=0.0),
    )
    done = trained(config)
    ann = done.result.ann_epochs[-1].correct
    assert abs(done.result.curve.correct[-1] - ann) <= 1  # a sum may be rounded at a threshold
    assert ann > 60


def test_outputs_are_those_of_a_plain_loop() -> None:
    """A network without hidden convolutions, in NumPy."""
    done = trained(converted_config(network=NetworkSpec("flat", hidden=(16,), bias=True)))
    state = {name: value.double().numpy() for name, value in done.spiking.network.state_dict().items()}
    images = tiny_data().test.images.flatten(1).double().numpy() / 127.5 - 1
    x = (images - state["mean"]) / state["deviation"]
    theta = state["learned.threshold"][0]
    current = x @ state["weights.0"].T + state["biases.0"]
    membrane, total, right = np.full_like(current, theta / 2), 0.0, []
    for _ in range(8):
        membrane = membrane + current
        spikes = membrane >= theta
        membrane = membrane - spikes * theta
        total = total + (spikes * theta) @ state["weights.1"].T + state["biases.1"]
        right.append(int((np.argmax(total, 1) == tiny_data().test.labels.numpy()).sum()))
    assert np.abs(np.array(right) - done.result.curve.correct).max() <= 1


def test_thresholds_below_zero_fail_the_cell() -> None:
    config = converted_config(ann=replace(converted_config().ann, weight_decay=1e4, epochs=1, learning_rate=3e-4))
    with pytest.raises(CellFailure):
        trained(config)


def test_less_than_one_level_is_refused() -> None:
    with pytest.raises(HarnessError, match="levels ≥ 1"):
        METHODS.create("conversion", {"levels": 0})


def test_fine_tuning_refuses_what_it_would_pass_over() -> None:
    plain, config = tiny_config(), converted_config()
    refused: tuple[dict[str, Any], ...] = (
        {"network": config.network},
        *(
            {"network": NetworkSpec("net", features)}
            for features in (("A", 4), ("D", 4), (4, "A", "A"), (4, "D", "A", "D"))
        ),
        {"ann": config.ann},
        {"ann": replace(plain.ann, optimiser="adam")},
        {"ann": replace(plain.ann, augmentation=Augmentation(policy="cifar10"))},
        {"snn": config.snn},
    )
    for changes in refused:
        with pytest.raises(HarnessError, match=r"fine-tuning (has no|needs)"):
            checked(replace(plain, **changes))
    checked(config)


def test_what_a_recipe_asks_for_in_vain_is_refused() -> None:
    plain, config = tiny_config(), converted_config()
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"ann": replace(config.ann, schedule="steps", warm_up=0.2)}, "ann.warm_up"),
        ({"ann": replace(config.ann, optimiser="adam", nesterov=True)}, "ann.nesterov"),
        ({"ann": ABSENT}, "no ann, which conversion needs"),
        ({"snn": plain.snn}, "conversion has no snn"),
        ({"neuron": plain.neuron}, "conversion has no neuron"),
        ({"ann": replace(config.ann, dropout=0.1)}, "conversion has no dropout"),
        ({"ann": replace(config.ann, classifier_dropout=0.1)}, "conversion has no dropout"),
    )
    for changes, said in refused:
        with pytest.raises(HarnessError, match=f"arm {config.arm}: {said}"):
            cells_of([checked(replace(config, **changes))], tiny_data(), Path())


def test_each_image_is_cut_out_and_changed_by_its_own_draw() -> None:
    images, mean = torch.ones(200, 3, 10, 10), torch.tensor([0.0, 0.1, 0.2])
    cut = cut_out(images, 4, mean, Generator().manual_seed(0))
    sizes = {int((image[0] != 1).sum()) for image in cut}
    assert max(sizes) == 16
    assert min(sizes) == 4  # the centre in a corner
    assert {float(value) for value in cut[:, 2].unique()} == {float(mean[2]), 1.0}
    inside = (cut[:, 0] != 1).float().mean(0)
    assert inside[5, 5] == pytest.approx(16 / 100, abs=0.08)
    seeded = Generator().manual_seed(1)
    drawn = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8, generator=seeded).expand(20, 3, 16, 16)
    before = torch.get_rng_state()
    changed = by_policy(drawn, Generator().manual_seed(0))
    assert len({image.numpy().tobytes() for image in changed}) > 8
    again = by_policy(drawn, Generator().manual_seed(0))
    assert torch.equal(changed, again)
    plain = augmented(drawn, Augmentation(), Generator(), mean)
    assert torch.equal(plain, drawn.float() / 127.5 - 1)
    assert torch.equal(before, torch.get_rng_state())
