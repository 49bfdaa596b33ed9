"""Random changes of training images beyond shifting and mirroring: AutoAugment's policies and Cutout."""

from typing import cast

import torch
from torch import Generator, Tensor

from harness.config import Augmentation
from harness.training.batches import augment, normalised


def augmented(images: Tensor, augmentation: Augmentation, generator: Generator, mean: Tensor) -> Tensor:
    """Images uint8 `[N, C, H, W]` as float32 in [-1, 1], each changed by its own draws. mean: `[C]`, see `cut_out`."""
    images = augment(images, augmentation, generator)
    if augmentation.policy:
        images = by_policy(images, generator)
    changed = normalised(images)
    return cut_out(changed, augmentation.cutout, mean, generator) if augmentation.cutout else changed


def by_policy(images: Tensor, generator: Generator) -> Tensor:
    """Each image of uint8 `[N, 3, H, W]` changed by a sub-policy of AutoAugment's for CIFAR-10 (Cubuk et al. 2019)."""
    from torchvision.transforms.v2 import AutoAugment, AutoAugmentPolicy  # takes a second: not without augmentation

    change = AutoAugment(AutoAugmentPolicy.CIFAR10)
    seed = int(torch.randint(2**62, (), generator=generator))
    with torch.random.fork_rng(devices=[]):  # torchvision draws from the global generator, once for all it is given
        torch.manual_seed(seed)
        return torch.stack([cast(Tensor, change(image)) for image in images])


def cut_out(images: Tensor, side: int, mean: Tensor, generator: Generator) -> Tensor:
    """A square of `side` set to `mean` in each of `images` `[N, C, H, W]`; its centre may be any pixel."""
    count, _, height, width = images.shape
    spans = [
        ((torch.arange(size) - torch.randint(size, (count, 1), generator=generator) + side // 2).div(side).floor() == 0)
        for size in (height, width)
    ]
    inside = spans[0][:, None, :, None] & spans[1][:, None, None, :]
    return torch.where(inside, mean.view(-1, 1, 1), images)
