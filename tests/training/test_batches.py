"""Augmentation: each image has its own shift, black is shifted in. Trains that are encoded once are those encoded."""

from itertools import cycle

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

import encoders
from encoders.base import Encoder, EncoderError, bits
from harness.config import Augmentation, NetworkSpec, NeuronSpec
from harness.data.types import ImageSet
from harness.snn.network import Network, Spiking
from harness.training.batches import augment, batch, normalised
from harness.training.trains import encoded_once
from tests.encoders.broken import declaring, sending


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 32, channels: int = 3, size: int = 8) -> Tensor:
    return torch.randint(1, 256, (count, channels, size, size), dtype=torch.uint8, generator=seeded(9))


def test_each_result_is_one_of_the_possible_crops() -> None:
    batch = images()
    moved = augment(batch, Augmentation(pad=2), seeded())
    offsets = set()
    for before, after in zip(batch, moved, strict=True):
        wide = pad(before, (2, 2, 2, 2))
        found = [(y, x) for y in range(5) for x in range(5) if torch.equal(wide[:, y : y + 8, x : x + 8], after)]
        assert len(found) == 1
        offsets.add(found[0])
    assert len(offsets) > 10
    generator = seeded()
    before = generator.get_state()
    assert augment(batch, Augmentation(), generator) is batch  # nothing is drawn
    assert torch.equal(before, generator.get_state())


def test_about_half_are_mirrored() -> None:
    batch = images(400)
    flipped = augment(batch, Augmentation(flip=True), seeded())
    same, mirrored = ((flipped == other).flatten(1).all(1) for other in (batch, batch.flip(-1)))
    assert (same | mirrored).all()
    assert 150 < int(mirrored.sum()) < 250


def test_a_batch_holds_the_chosen_images_with_their_labels() -> None:
    labels = torch.arange(10)
    held = ImageSet(labels.view(10, 1, 1, 1).to(torch.uint8), labels)
    images, chosen = batch(held, torch.tensor([7, 0, 3]), Augmentation(), seeded())
    assert chosen.tolist() == [7, 0, 3]
    assert torch.equal(images.flatten(), normalised(torch.tensor([7.0, 0.0, 3.0])))


def spiking(encoder: Encoder, shape: tuple[int, int, int], dtype: torch.dtype = torch.float32) -> Spiking:
    return Spiking(Network(NetworkSpec("t"), shape, 3, seeded()), encoder, NeuronSpec(), 5, dtype=dtype)


@pytest.mark.parametrize(
    ("name", "dtype"), [*zip(encoders.names(), cycle((torch.float32, torch.bfloat16)), strict=False)]
)
def test_a_train_that_does_not_change_is_encoded_once_and_comes_back_bit_for_bit(name: str, dtype: torch.dtype) -> None:
    given = normalised(images(9, 1))
    model = spiking(encoders.create(name).calibrate(given), (1, 8, 8), dtype)
    info = model.encoder.info
    for one_key in (True, False):
        encode = encoded_once(model, 9, one_key)
        for places in map(torch.tensor, ([3, 0, 8, 1], [2, 4, 5, 6, 7], [8, 2, 3], [0, 0])):
            train = encode(given[places], 7, places)
            assert np.array_equal(bits(train), bits(model.encode(given[places], 7, places).contiguous()))
        fixed = info.batch_invariant and (info.deterministic or (one_key and info.draws_by_id))
        if fixed and not info.multiplies:
            encode(given[:3] + 9, 7, torch.arange(3))  # would be refused if it were encoded
        else:
            with pytest.raises(EncoderError):
                encode(given[:3] + 9, 7, torch.arange(3))


def test_a_train_of_other_values_than_it_declares_is_encoded_each_time() -> None:
    given, places = torch.rand(3, 2, 5, 7, generator=seeded()) - 0.5, torch.arange(3)
    honest = encoded_once(spiking(declaring(), (2, 5, 7)), 3)
    assert torch.equal(honest(given, 0, places), honest(0 * given, 0, places))
    for value in (0.5, -0.0, 2.0, float("nan")):
        other = encoded_once(spiking(sending(lambda x, t, *_: x.new_full((t, *x.shape), value)), (2, 5, 7)), 3)  # noqa: B023
        for _ in range(2):
            assert other(given, 0, places).view(torch.int32).eq(torch.tensor(value).view(torch.int32)).all()
