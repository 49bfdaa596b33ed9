"""Evaluation against a loop that runs the network one timestep at a time, with torch's layers and naive sums."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import encoders
from harness.config import NetworkSpec, NeuronSpec
from harness.data.types import ImageSet
from harness.errors import Stopped
from harness.snn.kernels import Kernel
from harness.snn.layered import Layered, Stepwise
from harness.snn.network import Network, Spiking
from harness.snn.quantised import IntegrateAndFire
from harness.training.checkpoint import SILENT, Checkpoint, Watch
from harness.training.evaluate import evaluate
from tests.encoders.broken import sending, sign

TIMESTEPS, THRESHOLDS, LEAK = 6, (0.4, 0.3, 0.2), 0.9


def spiking(kernel: Kernel = "auto") -> Spiking:
    network = Network(NetworkSpec("t", (4, "A", 5), (8,)), (2, 7, 5), 3, torch.Generator().manual_seed(0))
    neuron = NeuronSpec(leak=LEAK)
    return Spiking(network, encoders.create("direct"), neuron, TIMESTEPS, THRESHOLDS, kernel=kernel)


def images(count: int = 9) -> ImageSet:
    draws = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (count, 2, 7, 5), generator=draws, dtype=torch.uint8)
    return ImageSet(pixels, torch.randint(0, 3, (count,), generator=draws))


def step_by_step(model: Spiking, given: ImageSet) -> tuple[Tensor, list[int], list[int]]:
    """Whether each image is right after each timestep; spikes of each layer; additions of each layer."""
    w = [weight.detach() for weight in model.network.weights]
    x = given.images.float() / 127.5 - 1
    membranes, fired, total = [torch.zeros(())] * 3, [torch.zeros(())] * 3, torch.zeros(())
    spikes, additions, right = [0] * 3, [0] * 4, []
    ones = [torch.ones_like(weight) for weight in w]
    for _ in range(TIMESTEPS):
        inputs = x
        for layer in range(4):
            events = 4 * inputs if layer == 1 else inputs.ne(0).float()  # a pooled spike is worth a quarter
            additions[layer] += int(layer_of(layer, events, ones[layer]).sum())
            current = layer_of(layer, inputs, w[layer])
            if layer == 3:
                break
            membranes[layer] = LEAK * membranes[layer] - THRESHOLDS[layer] * fired[layer] + current
            fired[layer] = (membranes[layer] > THRESHOLDS[layer]).float()
            spikes[layer] += int(fired[layer].sum())
            inputs = F.avg_pool2d(fired[layer], 2) if layer == 0 else fired[layer]
        total = total + current
        right.append(total.argmax(1) == given.labels)
    return torch.stack(right), spikes, additions


def layer_of(layer: int, x: Tensor, weight: Tensor) -> Tensor:
    if layer < 2:
        return F.conv2d(x, weight, padding=1)
    return (x.permute(0, 2, 3, 1) if x.dim() == 4 else x).flatten(1) @ weight.T


@pytest.mark.parametrize("kernel", ["numba", "reference"])
def test_right_images_spikes_and_additions_are_those_of_the_loop(kernel: Kernel) -> None:
    model, given = spiking(kernel), images()
    found = evaluate(model, given, 0, SILENT)
    right, spikes, additions = step_by_step(model, given)
    assert torch.equal(found.right, right)
    assert [layer.spikes for layer in found.layers] == [*(count / 9 for count in spikes), None]
    assert [layer.accumulates for layer in found.layers] == [count / 9 for count in additions]
    assert found.counts.correct == right.sum(1).tolist()
    assert found.counts.total == 9


def stepwise() -> Stepwise:
    """Layers with batch norm, whose neurons take one timestep after the other."""
    spec = NetworkSpec("t", (4, "A", 5), norm="batch", bias=True)
    network = Layered(spec, (2, 7, 5), 3, torch.Generator().manual_seed(0), learned={"threshold": 0.5})
    return Stepwise(
        network,
        encoders.create("direct"),
        TIMESTEPS,
        torch.float32,
        lambda made: IntegrateAndFire(made.learned["threshold"], 0.5),
    )


@pytest.mark.parametrize("make", [spiking, stepwise])
def test_neither_chunks_nor_a_stop_change_anything(
    make: Callable[[], Spiking | Stepwise], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, given = make(), images()
    whole = evaluate(model, given, 0, SILENT)
    monkeypatch.setattr(type(model), "chunk", lambda _: 2)
    parts = evaluate(model, given, 0, SILENT)
    assert torch.equal(parts.right, whole.right)
    assert parts.layers == whole.layers
    checkpoint = Checkpoint(tmp_path / "checkpoint", "cell")
    with pytest.raises(Stopped):
        evaluate(model, given, 0, Watch(stop=lambda: True), checkpoint)
    resumed = evaluate(model, given, 0, SILENT, checkpoint)
    assert torch.equal(resumed.right, whole.right)
    assert resumed.layers == whole.layers
    with pytest.raises(Stopped):
        evaluate(model, given, 0, Watch(stop=lambda: True), checkpoint)
    with torch.no_grad():
        model.network.weights[-1].neg_()
    assert torch.equal(evaluate(model, given, 0, SILENT, checkpoint).right, evaluate(model, given, 0, SILENT).right)
    seen: list[Tensor] = []

    def encode(images: Tensor, timesteps: int, _: int, ids: Tensor | None) -> Tensor:
        assert ids is not None
        seen.append(ids)
        return sign(images, timesteps)

    evaluate(replace(model, encoder=sending(encode)), given, 0, SILENT)
    assert torch.cat(seen).tolist() == list(range(9))  # an encoder that takes ids gets the places of the images
