"""The paper's algorithm in one file: worked by hand, and as the oracle of encoder, kernels, balancing and training.

Weights of the networks are multiples of 1/256, so that currents are exact in whatever order they are summed: spikes
and accumulated outputs are equal to the last bit. Gradients differ by rounding.
"""

import math
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.fft import dctn, idctn
from torch import Generator, Tensor

import encoders
from harness import plain
from harness.config import Balancing, NetworkSpec, NeuronSpec, SnnRecipe
from harness.data.types import ImageSet
from harness.plain import Layer, Reading
from harness.snn.balancing import balance
from harness.snn.kernels import Kernel
from harness.snn.network import Network, Spiking
from harness.snn.neuron import layer_neurons
from harness.training.checkpoint import SILENT
from harness.training.evaluate import evaluate
from harness.training.loop import fine_tuning
from tests.command import python

ZIGZAG = [
    (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
    (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
]  # fmt: skip
READINGS: tuple[Reading, ...] = ("equation", "algorithm")
CODE_THRESHOLDS = (-0.2317, 0.3119)
TIMESTEPS = (2, 5, 16)


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def pictures(*shape: int, seed: int = 7) -> Tensor:
    return torch.rand(shape, generator=seeded(seed)) * 2 - 1


# By hand


def test_contributions_are_scipys_coefficients_transformed_back_one_at_a_time() -> None:
    block = torch.tensor(
        [[1.0, -0.5, 0.25, 0.0], [0.5, 0.0, -1.0, 0.75], [0.0, 0.5, 0.5, -0.25], [-1.0, 1.0, 0.0, 0.5]]
    )
    added = plain.contributions(block.double().view(1, 1, 4, 4))[:, 0, 0].numpy()
    coefficients = dctn(block.double().numpy(), norm="ortho")
    for k, place in enumerate(ZIGZAG):
        only = np.zeros((4, 4))
        only[place] = coefficients[place]
        np.testing.assert_allclose(added[k], idctn(only, norm="ortho"), atol=1e-12)


@pytest.mark.parametrize(("b", "stride", "size"), [(4, 2, 20), (2, 2, 12), (8, 4, 16)])
def test_contributions_add_up_to_the_blocks_side_by_side(b: int, stride: int, size: int) -> None:
    images = pictures(2, 3, 12, 12).double()
    total = plain.contributions(images, b, stride).sum(0)
    assert total.shape == (2, 3, size, size)
    for row, column in ((0, 0), (size // b - 1, 0), (0, size // b - 1)):
        laid = total[:, :, row * b : row * b + b, column * b : column * b + b]
        top, left = row * stride, column * stride
        torch.testing.assert_close(laid, images[:, :, top : top + b, left : left + b])


def test_schedules() -> None:
    assert plain.schedule(20) == [*range(16), 0, 1, 2, 3]
    assert plain.schedule(5, frequencies=2) == [0, 1, 0, 1, 0]
    assert plain.schedule(6, frequencies=2, interleaved=True) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        # u: 0.8 → λ·0.8 = 0.79208 · 1.59208 fires → λ·1.59208 − 1 = 0.5763184 · 0.8763184
        ("equation", [(0.8, 0), (1.59208, 1), (0.5763184 + 0.3, 0)]),
        # u: 0.8 → 0.79208 · 1.59208 fires → 0.59208, without a leak · 0.89208
        ("algorithm", [(0.8, 0), (1.59208, 1), (0.89208, 0)]),
    ],
)
def test_three_steps_of_a_neuron(reading: Reading, expected: list[tuple[float, int]]) -> None:
    left = torch.zeros(1, dtype=torch.float64)
    for current, (membrane, spike) in zip((0.8, 0.8, 0.3), expected, strict=True):
        u = left + current
        assert u.item() == pytest.approx(membrane, abs=1e-6)
        fired, left = plain.lif(u, 1.0, reading)
        assert fired.item() == spike


def test_a_membrane_at_its_threshold_does_not_fire() -> None:
    assert plain.lif(torch.tensor([1.0]), 1.0)[0].item() == 0
    assert not plain.encode(torch.tensor([0.5, -1.0]).view(2, 1, 1, 1, 1), [0, 1], (-0.5, 0.5)).any()


@pytest.mark.parametrize("reading", READINGS)
def test_gradients_are_those_of_an_unrolled_loop(reading: Reading) -> None:
    """The loop's spike is an antiderivative of eq. 11 whose value is exchanged for the step function's."""
    base, towards = (torch.randn(12, 40, generator=seeded(n), dtype=torch.float64) for n in (1, 2))
    ours, theirs = (base.clone().requires_grad_() for _ in range(2))
    left, loss = torch.zeros(40, dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for current, weight in zip(ours, towards, strict=True):
        spikes, left = plain.lif(left + current, 0.8, reading)
        loss = loss + (spikes * weight).sum()
    loss.backward()
    u, fired = torch.zeros(40, dtype=torch.float64), torch.zeros(40, dtype=torch.float64)
    expected = torch.zeros((), dtype=torch.float64)
    for current, weight in zip(theirs, towards, strict=True):
        leak = 0.9901 + (1 - 0.9901) * fired if reading == "algorithm" else 0.9901
        u = leak * u - 0.8 * fired + current
        x = (u / 0.8 - 1).clamp(-1, 1)
        smooth = 0.3 * 0.8 * (x - x * x.abs() / 2)
        fired = (u > 0.8).double().detach()
        expected = expected + ((smooth + (fired - smooth).detach()) * weight).sum()
    expected.backward()
    assert loss.item() == pytest.approx(expected.item())
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_accuracy_after_every_step() -> None:
    outputs = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]])
    assert plain.accuracy(outputs, torch.tensor([0, 1])).tolist() == [50.0, 100.0]


# The encoder


KINDS = ("cyclic", "interleaved", "truncated")


def fed(kind: str, timesteps: int) -> tuple[dict[str, Any], list[int]]:
    """Parameters of the encoder and the schedule that they stand for."""
    if kind == "cyclic":
        return {}, plain.schedule(timesteps)
    frequencies = {"interleaved": {2: 2, 5: 5, 16: 8}, "truncated": {2: 1, 5: 3, 16: 6}}[kind][timesteps]
    order = plain.schedule(timesteps, frequencies, interleaved=kind == "interleaved")
    return {"schedule": kind, "frequencies": frequencies}, order


CODES = {f"{kind}, T = {timesteps}": fed(kind, timesteps) for kind in KINDS for timesteps in TIMESTEPS} | {
    "intermittent": ({"schedule": "intermittent"}, [0, 2, 5, 7, 9, 10, 12, 15] * 5),
    "intermittent, chosen": ({"schedule": "intermittent", "indices": (3, 1)}, [3, 1] * 13),
    "explicit": ({"schedule": "explicit", "indices": (3, 0, 15)}, [3, 0, 15] * 13),
    "weighted": ({"schedule": "weighted", "weights": (3, 2, 1)}, [0, 1, 2, 0, 1, 0] * 7),
    "overlapping blocks": ({"stride": 2}, plain.schedule(40)),
    "blocks of two": ({"block_size": 2, "stride": 2}, plain.schedule(12, frequencies=4)),
}


@pytest.mark.parametrize("code", CODES)
def test_the_encoder_sends_the_same_spikes(code: str) -> None:
    parameters, order = CODES[code]
    images = pictures(2, 3, 12, 8)
    added = plain.contributions(images.double(), parameters.get("block_size", 4), parameters.get("stride", 4))
    expected = plain.encode(added, order, CODE_THRESHOLDS)
    lower, upper = CODE_THRESHOLDS
    sent = upper * (expected > 0) + lower * (expected < 0)
    v = added[order].cumsum(0) - sent.cumsum(0) + sent  # before its spike
    assert min((v - end).abs().min().item() for end in CODE_THRESHOLDS) > 1e-6, "rounding in fp32 may decide a spike"
    encoder = encoders.create("dct", thresholds=CODE_THRESHOLDS, **parameters)
    assert torch.equal(encoder.encode(images, len(order), key=0), expected.float())


def test_the_encoder_fits_the_same_thresholds() -> None:
    images = pictures(40, 1, 8, 8)
    fitted = encoders.create("dct").calibrate(images)
    assert fitted.state()["thresholds"] == pytest.approx(plain.code_thresholds(plain.contributions(images)), abs=1e-6)


# The spiking network

NETWORKS: dict[str, tuple[tuple[int, int, int], str, list[int]]] = {
    "784-100-10": ((1, 28, 28), "", [100, 10]),
    "two convolutions": ((2, 12, 12), "4 A 6 D A", [20, 10]),
}
THRESHOLDS = [0.37, 0.23, 0.11]


def made(name: str) -> tuple[list[Layer], Network]:
    shape, features, linear = NETWORKS[name]
    layers = plain.network(shape, features, linear, seeded())
    tokens = tuple(int(token) if token.isdigit() else token for token in features.split())
    spec = msgspec.convert({"name": name, "features": tokens, "hidden": linear[:-1]}, NetworkSpec)
    theirs = Network(spec, shape, linear[-1], seeded())
    with torch.no_grad():
        for layer in layers:
            layer.weight.mul_(256).round_().div_(256)
        for mine, weight in zip(in_their_order([layer.weight for layer in layers]), theirs.weights, strict=True):
            weight.copy_(mine)
    return layers, theirs


def in_their_order(weights: list[Tensor]) -> list[Tensor]:
    """Weights or gradients of `plain.network` as `Network` has them: behind maps, features whose channels come last."""
    behind = next(index for index, weight in enumerate(weights) if weight.dim() == 2)
    if behind == 0:
        return weights
    channels = len(weights[behind - 1])
    size = math.isqrt(weights[behind].shape[1] // channels)
    turned = weights[behind].view(-1, channels, size, size).permute(0, 2, 3, 1).flatten(1)
    return [*weights[:behind], turned, *weights[behind + 1 :]]


def spikes_of(name: str, kind: str, timesteps: int) -> Tensor:
    encoder = encoders.create("dct", thresholds=CODE_THRESHOLDS, **fed(kind, timesteps)[0])
    return encoder.encode(pictures(6, *NETWORKS[name][0]), timesteps, key=0)


def assert_gradients(layers: list[Layer], theirs: Network) -> None:
    gradients = [layer.weight.grad for layer in layers if layer.weight.grad is not None]
    assert len(gradients) == len(theirs.weights)
    for mine, weight in zip(in_their_order(gradients), theirs.weights, strict=True):
        assert mine.any()
        torch.testing.assert_close(weight.grad, mine, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "timesteps", "kernel"),
    [("cyclic", 16, "numba"), ("interleaved", 5, "numba"), ("truncated", 2, "numba"), ("cyclic", 5, "reference")],
)
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_kernels_give_its_spikes_outputs_and_gradients(
    name: str, reading: Reading, kind: str, timesteps: int, kernel: Kernel
) -> None:
    layers, theirs = made(name)
    train = spikes_of(name, kind, timesteps)
    thresholds = THRESHOLDS[: len(layers) - 1]
    neurons = layer_neurons(thresholds, NeuronSpec(reading), kernel=kernel)
    labels = torch.arange(train.shape[1])
    for depth in range(1, len(layers)):
        found = theirs.walk(train.flatten(0, 1), theirs.firing(len(train), neurons), stop=depth)
        # A layer that hands on what it receives stands in the place of the next one.
        same = Layer(torch.eye(found[0].numel()))
        expected = plain.snn([*layers[:depth], same], train, thresholds[:depth], reading)
        assert expected.any()
        assert torch.equal(found.flatten(1), expected.flatten(0, 1))
    outputs = plain.snn(layers, train, thresholds, reading).cumsum(0)
    assert torch.equal(theirs.current(-1, found).view(outputs.shape).cumsum(0), outputs)
    F.cross_entropy(outputs[-1], labels).backward()
    F.cross_entropy(theirs.snn(train, neurons), labels).backward()
    assert_gradients(layers, theirs)


def test_the_ann_is_the_same() -> None:
    layers, theirs = made("two convolutions")
    images = pictures(5, 2, 12, 12)
    torch.testing.assert_close(theirs.ann(images), plain.ann(layers, images), rtol=1e-5, atol=1e-5)


def test_dropped_neurons_are_the_same_at_all_timesteps() -> None:
    layers, theirs = made("784-100-10")
    train = spikes_of("784-100-10", "cyclic", 5)
    gains = theirs.masks(6, 0.2, 0.2, seeded(3))
    found = theirs.snn(train, layer_neurons(THRESHOLDS[:1], NeuronSpec(), gains))
    outputs = plain.snn(layers, train, THRESHOLDS[:1], draws=seeded(3))
    torch.testing.assert_close(found, outputs.sum(0))
    assert not torch.equal(outputs, plain.snn(layers, train, THRESHOLDS[:1]))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", NETWORKS)
def test_balancing_finds_the_same_thresholds(name: str, reading: Reading) -> None:
    layers, theirs = made(name)
    encoder = encoders.create("dct", thresholds=CODE_THRESHOLDS)
    train = encoder.encode(pictures(60, *NETWORKS[name][0]), 8, key=0)
    found = balance(theirs, lambda: train.split(25, dim=1), Balancing(99.9), NeuronSpec(reading))
    # Their percentile is that of a histogram, within 2⁻¹¹ of the value; a few spikes of the next layers depend on it.
    expected = plain.balance(layers, train, reading)
    assert found[0] == pytest.approx(expected[0], rel=1e-3)
    assert found == pytest.approx(expected, rel=2e-2)


def trained() -> tuple[list[Layer], Spiking, ImageSet]:
    layers, theirs = made("two convolutions")
    for layer in layers:
        layer.dropout = 0.0
    pixels = torch.randint(0, 256, (40, 2, 12, 12), generator=seeded(5), dtype=torch.uint8)
    encoder = encoders.create("dct", thresholds=CODE_THRESHOLDS)
    given = ImageSet(pixels, torch.randint(0, 10, (40,), generator=seeded(6)))
    return layers, Spiking(theirs, encoder, NeuronSpec(), 16, tuple(THRESHOLDS)), given


def test_the_accuracy_after_every_step_is_the_same() -> None:
    layers, spiking, given = trained()
    train = spiking.encode(given.images / 127.5 - 1, key=0)
    outputs = plain.snn(layers, train, THRESHOLDS).cumsum(0)
    expected = evaluate(spiking, given, 0, SILENT).counts
    assert plain.accuracy(outputs, given.labels).tolist() == [100 * right / 40 for right in expected.correct]


def test_a_step_of_fine_tuning_is_the_same() -> None:
    layers, spiking, given = trained()
    images = given.images / 127.5 - 1
    recipe = SnnRecipe(1, 40, 1e-3, dropout=0.0)
    training = fine_tuning(spiking, given, recipe, 0, lambda: evaluate(spiking, given, 0, SILENT))
    training.loss(images, given.labels, torch.arange(40), 0).backward()
    training.optimizer.step()
    weights = [layer.weight for layer in layers]
    plain.fit(
        lambda chosen: plain.snn(layers, spiking.encode(chosen, key=0), THRESHOLDS).sum(0),
        torch.optim.Adam(weights, 1e-3, weight_decay=5e-4),
        images,
        given.labels,
        1,
        seeded(),
    )
    assert_gradients(layers, spiking.network)
    for mine, weight in zip(in_their_order(weights), spiking.network.weights, strict=True):
        torch.testing.assert_close(weight, mine, rtol=1e-5, atol=1e-5)


# The program


@pytest.mark.slow
def test_it_trains_the_digits_and_prints_the_accuracy_after_every_step(tmp_path: Path) -> None:
    out = python("-m", "harness.plain", cwd=tmp_path, HARNESS_DATA=str(tmp_path))
    assert len(re.findall(r"^step +\d+: \d+\.\d\d %$", out, re.MULTILINE)) == 16
    (said,) = re.findall(r"^accuracy after 16 steps: (\d+\.\d\d) %$", out, re.MULTILINE)
    assert float(said) > 85
