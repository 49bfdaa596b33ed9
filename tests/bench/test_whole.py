"""What is more than a step: evaluation beside its forward pass, an epoch, a cell, and the bound of one product."""

from dataclasses import replace

import pytest
import torch

from harness.bench.bound import GEMM, against_bound, step_macs
from harness.bench.cell import CONFIG, cell_rows, seconds_of
from harness.bench.epoch import encoder, epoch_rows, images
from harness.bench.evaluation import evaluation_rows, forward, spiking_network
from harness.bench.implementations import ALL, chosen
from harness.bench.networks import MNIST, VGG5_LITE, VGG9
from harness.bench.plan import EpochSize, Plan, Point
from harness.bench.workload import workload
from harness.data.types import ImageSet
from harness.papers.dct_snn.experiments import mnist, vgg
from harness.training.checkpoint import SILENT
from harness.training.evaluate import evaluate
from tests.cells import tiny_config, tiny_data

ONCE = Plan((), repeats=1, seconds=0.0)


def test_the_networks_are_those_that_the_experiments_train() -> None:
    assert (MNIST, VGG5_LITE, VGG9) == (mnist.NETWORK, vgg.VGG5_LITE, vgg.VGG9)
    assert vgg.LITE.snn == CONFIG.snn


def test_evaluation_and_forward_pass_stand_at_one_point() -> None:
    evaluation, bare = evaluation_rows(Point(MNIST.name, 0, 400), ONCE)
    assert (evaluation.what, bare.what) == ("evaluation", "forward")
    assert replace(evaluation, what="", ms_per_image=0, ms_per_image_min=0, steps=0) == replace(  # type: ignore[arg-type]
        bare,
        what="",  # type: ignore[arg-type]
        ms_per_image=0,
        ms_per_image_min=0,
        steps=0,
    )
    assert evaluation.ms_per_image is not None
    assert bare.ms_per_image is not None
    assert 0 < bare.ms_per_image < 10 * evaluation.ms_per_image


def test_the_forward_pass_computes_what_evaluation_does() -> None:
    spiking = spiking_network(MNIST.name, 3, torch.float32)
    draws = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (4, 1, 28, 28), generator=draws, dtype=torch.uint8)
    train = spiking.encode(pixels.float() / 127.5 - 1, key=0)
    output = spiking.network.snn(train, spiking.neurons())
    right = evaluate(spiking, ImageSet(pixels, output.argmax(1)), 0, SILENT).right[-1]
    assert right.all()
    assert forward(spiking, [train]) == pytest.approx(float(output[0, 0]))


def test_an_epoch_is_measured_for_ours_and_for_peers_alike() -> None:
    size = EpochSize(64, 32, batch=16, timesteps=3)
    rows = epoch_rows(size, chosen(("ours fp32", "matmuls fp32", "loop", "loop bf16")), lambda _: None)
    assert [(row.implementation, row.what, row.steps) for row in rows] == [
        ("ours fp32", "epoch", 4),
        ("loop", "epoch", 4),
        ("loop bf16", "epoch", 4),
    ]
    assert all(row.ms_per_image for row in rows)


def test_without_mnist_there_is_noise_of_its_shape(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    tuned, tested = images(EpochSize(30, 20))
    assert (tuned.images.shape, tested.images.shape) == ((30, 1, 28, 28), (20, 1, 28, 28))
    assert tuned.images.dtype == torch.uint8


@pytest.mark.parametrize("name", [i.name for i in ALL if i.kind == "peer" and i.precision == "fp32"])
def test_a_peers_code_fires_as_often_as_a_pixel_is_bright(name: str) -> None:
    (peer,) = chosen((name,))
    if peer.missing:
        pytest.skip(f"{name}: {peer.missing}")
    pixels = torch.tensor([0.0, 0.3, 1.0]).repeat_interleave(400).view(3, 1, 20, 20)
    train = encoder(peer)(pixels, 25)
    assert train.shape == (25, 3, 1, 20, 20)
    assert set(train.unique().tolist()) <= {0.0, 1.0}
    rates = train.mean((0, 2, 3, 4)).tolist()
    assert rates[0] < 0.01
    assert rates[1] == pytest.approx(0.3, abs=0.03)  # 10,000 draws: six standard deviations
    assert rates[2] > 0.99


def test_a_steps_products_are_those_counted_by_hand() -> None:
    work = workload(Point(MNIST.name, 1, 5))
    # 784·100 forward and for the weights, at 5 timesteps; 100·10 three times, after the sum.
    assert step_macs(work, 5) == 5 * 2 * 78_400 + 3 * 1_000


def test_the_bound_is_measured_in_turn_with_ours_and_the_bare_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.bench.bound.SIDE", 64)
    rows = against_bound(Point(MNIST.name, 4, 2), ONCE)
    assert [(row.implementation, row.kind) for row in rows] == [
        ("ours bf16", "ours"),
        ("matmuls bf16", "matmuls"),
        (GEMM, "bound"),
    ]
    assert all(row.ms_per_image and row.what == "step" for row in rows)


def test_a_cell_is_measured_without_its_ann() -> None:
    assert seconds_of(tiny_config(), tiny_data()) > 0


def test_a_cell_without_its_data_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    (row,) = cell_rows()
    assert row.ms_per_image is None
    assert row.status.startswith("no data: ")
