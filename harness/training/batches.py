"""From uint8 images to float batches in [-1, 1], augmented (paper §2.2: pad, crop, mirror; mean = std = 0.5).

AutoAugment's policies and Cutout are for methods that take them.

Every use of randomness has a generator or a key of its own, derived from the cell's seed and the name of the use. The
global generator is not used.
"""

import hashlib
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from harness.config import Augmentation
from harness.data.types import ImageSet

CALIBRATION_IMAGES = 2048  # an encoder's percentiles are fitted on at most so many training images


def normalised(images: Tensor) -> Tensor:
    """uint8 `[N, C, H, W]` as float32 in [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


def on_device(values: Tensor, device: torch.device) -> Tensor:
    """`values` of the CPU on `device`; to a GPU they are copied from pinned memory while it works on what came before.

    A plain copy would wait until the GPU has done all that is queued.
    """
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values.to(device)


def batch(images: ImageSet, chosen: Tensor, augmentation: Augmentation, generator: Generator) -> tuple[Tensor, Tensor]:
    """The images at the places `chosen` `[N]`, augmented: `[N, C, H, W]` in [-1, 1], and their labels `[N]`."""
    return normalised(augment(images.images[chosen], augmentation, generator)), images.labels[chosen]


def augment(images: Tensor, augmentation: Augmentation, generator: Generator) -> Tensor:
    """Shift and mirror each image of a batch `[N, C, H, W]` by its own draw; what is shifted in is 0 (black).

    torchvision's transforms draw one crop for the whole batch, and from the global generator.
    """
    count, _, height, width = images.shape
    if augmentation.pad:
        margin = augmentation.pad
        top, left = torch.randint(0, 2 * margin + 1, (2, count), generator=generator)
        windows = F.pad(images, [margin] * 4).unfold(2, height, 1).unfold(3, width, 1)
        images = windows[torch.arange(count), :, top, left]  # an image at a time is copied, not a pixel
    if augmentation.flip:
        mirrored = torch.rand(count, generator=generator) < 0.5
        images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
    return images


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


Use = Literal["initial-weights", "ann-order", "ann-dropout", "snn-order", "snn-dropout", "subset", "ann-augmentation"]
EncoderUse = Literal["encoder-training", "encoder-test", "balancing", "evaluation"]


def generator(seed: int, use: Use) -> Generator:
    """The CPU generator of `use` in the cell with `seed`: the same for every arm, so that arms are paired."""
    return Generator().manual_seed(_number(f"{seed}/{use}"))


def encoder_key(seed: int, use: EncoderUse, epoch: int | None = None) -> int:
    """The key of an encoder's draws in the cell with `seed`; every epoch of training, counted from 0, has its own."""
    return _number(f"{seed}/{use}" if epoch is None else f"{seed}/{use}/{epoch}")


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
