"""Augmentation: each image has its own shift, black is shifted in, and nothing else changes."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from harness.config import Augmentation
from harness.data.types import ImageSet
from harness.training.batches import augment, batch, normalised


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


def test_about_half_are_mirrored() -> None:
    batch = images(400)
    flipped = augment(batch, Augmentation(flip=True), seeded())
    same = (flipped == batch).flatten(1).all(1)
    mirrored = (flipped == batch.flip(-1)).flatten(1).all(1)
    assert (same | mirrored).all()
    assert 150 < int(mirrored.sum()) < 250


def test_without_augmentation_nothing_is_drawn() -> None:
    generator = seeded()
    before = generator.get_state()
    batch = images()
    assert augment(batch, Augmentation(), generator) is batch
    assert torch.equal(before, generator.get_state())


def test_a_batch_holds_the_chosen_images_with_their_labels() -> None:
    labels = torch.arange(10)
    held = ImageSet(labels.view(10, 1, 1, 1).to(torch.uint8), labels)
    images, chosen = batch(held, torch.tensor([7, 0, 3]), Augmentation(), seeded())
    assert chosen.tolist() == [7, 0, 3]
    assert torch.equal(images.flatten(), normalised(torch.tensor([7.0, 0.0, 3.0])))
