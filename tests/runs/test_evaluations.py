"""Evaluations: a trained network tested once more under other conditions, from its recipe to its record and back."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec import structs
from torch import Generator, Tensor

import encoders
from harness.config import CellConfig, EncoderSpec, NetworkSpec, NeuronSpec, canonical_json, checked
from harness.errors import CellFailure, HarnessError, Stopped
from harness.plugins.guard import guarded
from harness.records.fingerprint import fingerprint
from harness.records.freshness import freshness
from harness.records.store import read_record, write_record
from harness.records.weights import WeightsFile, read_weights
from harness.runs.evaluations import evaluate, gradient, made, passes, require_evaluable
from harness.runs.plan import PlannedCell, cells_of, estimate
from harness.runs.predict import predict, restore
from harness.runs.run import compute
from harness.runs.verify import verify
from harness.schema import Evaluated, Record
from harness.snn.layered import Layered
from harness.snn.network import Network, Spiking
from harness.training.batches import normalised
from harness.training.cell import Setting
from harness.training.checkpoint import Checkpoint, Watch
from harness.training.method import method_of
from tests.cells import CPU, converted_config, tiny_config, tiny_data

NAMES = (
    "noise(strength=0)",
    "noise(strength=0.5)",
    "fgsm(epsilon=0.2)",
    "weights(bits=3)",
    "encoder(schedule=truncated,frequencies=3)",
)
CONFIG = tiny_config(evaluations=NAMES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with the record of CONFIG and its weights."""
    folder = tmp_path_factory.mktemp("results")
    cell = PlannedCell(CONFIG, fingerprint(CONFIG, tiny_data().digest), path(folder), "missing")
    write_record(folder, compute(cell, tiny_data(), Setting(CPU), (4,), keep_weights=True))
    return folder


def path(folder: Path) -> Path:
    return folder / CONFIG.experiment / CONFIG.profile / CONFIG.arm / "seed-0000.json"


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return read_record(path(folder))


@pytest.fixture(scope="module")
def weights(folder: Path) -> WeightsFile:
    return read_weights(path(folder).with_suffix(".safetensors"))


# What each computes


def surrogate(u: Tensor, threshold: float) -> Tensor:
    """1 where u > θ, with the derivative γ·max(0, 1 − |u/θ − 1|) of eq. 11."""
    slope = 0.3 * (1 - (u / threshold - 1).abs()).clamp(min=0)
    return (u > threshold).to(u).detach() + slope.detach() * (u - u.detach())


def naive_slope(first: Tensor, last: Tensor, train: Tensor, label: int, threshold: float) -> Tensor:
    """∂L/∂train of one hidden layer, by a plain loop over time in float64. train: `[T, inputs]`."""
    left, total = torch.zeros(len(first), dtype=torch.float64), torch.zeros(len(last), dtype=torch.float64)
    train = train.detach().double().requires_grad_()
    for x in train:
        u = left + first.double() @ x
        spikes = surrogate(u, threshold)
        left = 0.9901 * u - threshold * spikes.detach()
        total = total + last.double() @ spikes
    loss = total.logsumexp(0) - total[label]
    return torch.autograd.grad(loss, train)[0]


@pytest.mark.parametrize("name", ["direct", "dct", "poisson"])
@pytest.mark.parametrize("kernel", ["reference", "numba"])
def test_the_gradient_is_that_of_a_loop_over_time(name: str, kernel: str) -> None:
    draws = Generator().manual_seed(3)
    images, labels = torch.rand(2, 1, 4, 4, generator=draws) * 2 - 1, torch.tensor([0, 1])
    encoder = encoders.create(name).calibrate(images)
    network = Network(NetworkSpec("hand", hidden=(5,)), (1, 4, 4), 2, draws)
    spiking = Spiking(network, encoder, NeuronSpec(), 16, (0.4,), kernel=kernel)  # type: ignore[arg-type]
    found = gradient(spiking, images, labels, 7, torch.arange(2))
    train = spiking.encode(images, 7, torch.arange(2)).flatten(2)
    first, last = network.weights
    for image in range(2):
        by_step = naive_slope(first.detach(), last.detach(), train[:, image], int(labels[image]), 0.4)
        # A value of the frame is sent at every step; Poisson's frame is p = (x + 1)/2.
        expected = by_step.sum(0) * (0.5 if name == "poisson" else 1.0)
        np.testing.assert_allclose(found[image].flatten(), expected, rtol=1e-4, atol=1e-4)
    assert found.abs().max() > 1e-3


def test_fgsm_goes_where_the_loss_rises_and_stays_in_range() -> None:
    images, labels = torch.tensor([[[[0.95, -0.5], [0.0, 1.0]]]]), torch.tensor([1])
    network = Network(NetworkSpec("one layer"), (1, 2, 2), 2, Generator())
    network.weights[0].data = torch.tensor([[1.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    spiking = Spiking(network, encoders.create("direct"), NeuronSpec(), 4)
    moved = made("fgsm(epsilon=0.25)").images(spiking, images, labels, 0, torch.arange(1))
    # The loss of class 1 rises with what raises output 0: the first two inputs up, the third down, the last unmoved.
    assert moved.flatten().tolist() == [1.0, -0.25, -0.25, 1.0]


def test_noise_is_normal_and_belongs_to_the_image() -> None:
    images, evaluation = torch.zeros(50, 1, 20, 20), made("noise(strength=0.2)")
    net, labels = None, torch.zeros(50)
    drawn = evaluation.images(net, images, labels, 5, torch.arange(50))  # type: ignore[arg-type]
    assert abs(float(drawn.mean())) < 0.005
    assert float(drawn.std()) == pytest.approx(0.2, abs=0.005)
    assert float((drawn.abs() < 0.2).double().mean()) == pytest.approx(0.6827, abs=0.01)
    alone = evaluation.images(net, images[7:8], labels, 5, torch.tensor([7]))  # type: ignore[arg-type]
    assert torch.equal(alone[0], drawn[7])
    loud = made("noise(strength=9)").images(net, images, labels, 5, torch.arange(50))  # type: ignore[arg-type]
    assert float(loud.abs().max()) == 1.0


def test_noise_of_strength_0_is_the_test_itself(record: Record) -> None:
    still = record.evaluations["noise(strength=0)"]
    assert record.curve is not None
    assert (still.curve, still.right) == (record.curve, record.right)
    assert still.right.keys() == {"4", "6"}
    assert record.evaluations["fgsm(epsilon=0.2)"].curve.correct[-1] < record.curve.correct[-1]


def test_quantised_weights_are_those_of_numpy(record: Record, weights: WeightsFile) -> None:
    quantised = {}
    for name, tensor in weights.tensors.items():
        step = np.abs(tensor).max() / np.float32(3)  # three bits: -3 … 3
        quantised[name] = (np.round(tensor / step) * step).astype(np.float32)
        assert len(np.unique(quantised[name])) <= 7
    again = predict(restore(weights._replace(tensors=quantised)), tiny_data().test, 0)
    assert record.evaluations["weights(bits=3)"].curve == again.counts
    assert again.counts != record.curve


@pytest.mark.parametrize("make", [tiny_config, converted_config])
def test_weights_are_quantised_as_they_were_trained(make: Callable[..., CellConfig], tmp_path: Path) -> None:
    """Read from a file in bf16, too: a network that is ready for its test has rounded weights."""
    config = make(precision="bf16")
    cell = PlannedCell(config, fingerprint(config, tiny_data().digest), path(tmp_path), "missing")
    write_record(tmp_path, compute(cell, tiny_data(), Setting(CPU), keep_weights=True))
    (file,) = map(read_weights, tmp_path.rglob("*.safetensors"))
    quantised = dict(made("weights(bits=8)").network(restore(file)).network.named_parameters())
    step = np.abs(file.tensors["weights.0"]).max() / np.float32(127)
    assert np.array_equal(quantised["weights.0"].numpy(), np.round(file.tensors["weights.0"] / step) * step)
    assert predict(restore(file), tiny_data().test, 0).counts == read_record(file.path.with_suffix(".json")).curve


def test_another_encoder_is_that_of_restored_weights(record: Record, weights: WeightsFile) -> None:
    first_3 = EncoderSpec("dct", {"schedule": "truncated", "frequencies": 3})
    changed = restore(weights._replace(about=structs.replace(weights.about, encoder=first_3)))
    assert record.evaluations[NAMES[-1]].curve == predict(changed, tiny_data().test, 0).counts


# Records


def with_evaluations(record: Record, evaluations: dict[str, Evaluated]) -> Record:
    return structs.replace(record, evaluations=evaluations, digest="")


def test_from_weights_and_from_training_they_are_the_same(folder: Path, record: Record) -> None:
    for source in ("weights", "training"):
        assert verify(path(folder), record, tiny_data(), source)[0].word == "identical"
    wrong = {**record.evaluations, NAMES[1]: record.evaluations[NAMES[2]]}
    changed = read_record(write_record(folder / "changed", with_evaluations(record, wrong)))
    kept = path(folder).with_suffix(".safetensors").read_bytes()
    path(folder / "changed").with_suffix(".safetensors").write_bytes(kept)
    found, notes = verify(path(folder / "changed"), changed, tiny_data(), "weights")
    assert (found.word, notes[0]) == ("different", "differing: evaluations")


def test_a_record_has_the_evaluations_of_its_recipe(tmp_path: Path, record: Record) -> None:
    some = {name: record.evaluations[name] for name in NAMES[:2]}
    with pytest.raises(HarnessError, match="or not all of them"):
        read_record(write_record(tmp_path, with_evaluations(record, some)))
    broken = structs.replace(record.evaluations[NAMES[1]], right={"6": record.right["6"]})
    with pytest.raises(HarnessError, match="not as many right ones"):
        read_record(write_record(tmp_path, with_evaluations(record, {**record.evaluations, NAMES[1]: broken})))


def test_only_cells_that_have_them_depend_on_them(folder: Path) -> None:
    plain, with_one = tiny_config(), tiny_config(evaluations=NAMES[:1])
    assert b"evaluations" not in canonical_json(plain)
    assert checked(plain) == plain
    before, after, all_of_them = (fingerprint(config, "0") for config in (plain, with_one, CONFIG))
    assert not any(module.startswith("harness.runs") for module in before.modules)
    assert "harness.runs.evaluations" in after.modules
    assert len({before.numerics, after.numerics, all_of_them.numerics}) == 3
    louder = fingerprint(tiny_config(evaluations=("noise(strength=1)",)), "0")
    assert (louder.numerics, louder.recipe) != (after.numerics, after.recipe)
    assert louder.numerics == after.numerics
    assert freshness(path(folder), CONFIG).state == "done"
    assert freshness(path(folder), with_one).reason.startswith("changed since: recipe (evaluations)")


def test_a_stopped_evaluation_goes_on_to_the_same_end(
    tmp_path: Path, record: Record, weights: WeightsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    monkeypatch.setattr(Spiking, "chunk", lambda _: 32)
    net = restore(weights)
    checkpoint = Checkpoint(tmp_path / "cell", "cell")
    for stop in (2, 3, 9):
        watch = Watch(lambda _stage, work: told.append(work), partial(lambda at: len(told) >= at, stop))
        with pytest.raises(Stopped):
            evaluate(CONFIG, net, tiny_data().test, Setting(CPU, checkpoint=checkpoint, watch=watch))
    watch = Watch(lambda _stage, work: told.append(work))
    found = evaluate(CONFIG, net, tiny_data().test, Setting(CPU, checkpoint=checkpoint, watch=watch))
    assert {name: right.sum(1).tolist() for name, right in found.items()} == {
        name: evaluated.curve.correct for name, evaluated in record.evaluations.items()
    }
    assert sum(told) == pytest.approx(passes(CONFIG) * 100 * net.macs)
    assert passes(CONFIG) == 4 + 4


def test_the_estimate_has_them(tmp_path: Path) -> None:
    costs = []
    for config in (tiny_config(), CONFIG):
        planned = PlannedCell(config, fingerprint(config, "0"), tmp_path / "seed-0000.json", "missing")
        costs.append(estimate([planned], tiny_data(), Setting(CPU))[0].cost.work)
    assert costs[1] - costs[0] == passes(CONFIG) * 100 * 6 * (64 * 24 + 24 * 10)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nose(strength=1)", "unknown evaluation 'nose' — did you mean 'noise'"),
        ("noise(strenght=1)", "unexpected keyword argument 'strenght'"),
        ("noise", "missing 1 required positional argument: 'strength'"),
        ("noise(", "cannot read the evaluation 'noise('"),
        ("noise(strength=1)@4", "cannot read the evaluation"),
        ("weights(bits=1)", "weights of 1 bits"),
        ("encoder(frequences=3)", "'frequences'"),
        ("encoder(schedule=explicit)", "evaluation 'encoder"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_training(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(HarnessError) as caught:
        cells_of([tiny_config(evaluations=(name,))], tiny_data(), tmp_path)
    assert said in str(caught.value)


def test_a_method_is_evaluated_as_far_as_its_neurons_allow() -> None:
    config = converted_config(evaluations=("noise(strength=0.1)", "weights(bits=4)"))
    encoder = guarded(config.encoder)
    require_evaluable(config, tiny_data(), encoder, (1, 8, 8))
    with pytest.raises(HarnessError, match=r"arm .*: evaluation 'fgsm\(epsilon=1\)': no gradient reaches the images"):
        require_evaluable(replace(config, evaluations=("fgsm(epsilon=1)",)), tiny_data(), encoder, (1, 8, 8))


def test_an_evaluation_that_fails_is_named(weights: WeightsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.evaluations.Noise.images", lambda *_: 1 / 0)
    with pytest.raises(CellFailure, match=r"evaluation 'noise\(strength=0\)': ZeroDivisionError"):
        evaluate(CONFIG, restore(weights), tiny_data().test, Setting(CPU))


def test_the_ann_is_tested_with_another_activation_than_it_was_trained_with() -> None:
    names = ("activation(levels=4)", "activation(levels=1)")
    config, data = converted_config(evaluations=names), tiny_data()
    assert config.method
    trained = method_of(config.method).run(config, data, encoders.create("direct"), Setting(CPU))
    right = evaluate(config, trained.spiking, data.test, Setting(CPU))
    assert set(right[names[0]].sum(1).tolist()) == {trained.result.ann_epochs[-1].correct}  # at every step
    network = trained.spiking.network
    assert isinstance(network, Layered)
    theta = network.learned["threshold"]
    with torch.no_grad():
        outputs = network(
            normalised(data.test.images), lambda i, x: theta[i] * (x / theta[i] + 0.5).floor().clamp(0, 1)
        )
    assert torch.equal(right[names[1]][0], outputs.argmax(1) == data.test.labels)
    with pytest.raises(CellFailure, match="thresholds were not learned"):
        made(names[0]).network(Spiking.__new__(Spiking))
