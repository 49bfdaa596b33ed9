"""From uint8 images to float batches in [-1, 1], augmented (paper §2.2: pad, crop, mirror; mean = std = 0.5).

Every use of randomness has a generator or a key of its own, derived from the cell's seed and the name of the use. The
global generator is not used.
"""

import hashlib
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from harness.config import Augmentation
from harness.data.types import ImageSet


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


Use = Literal["initial-weights", "ann-order", "ann-dropout", "snn-order", "snn-dropout", "subset", "ann-augmentation"]
EncoderUse = Literal["encoder-training", "encoder-test", "balancing"]


def generator(seed: int, use: Use) -> Generator:
    """The CPU generator of `use` in the cell with `seed`: the same for every arm, so that arms are paired."""
    return Generator().manual_seed(_number(f"{seed}/{use}"))


def encoder_key(seed: int, use: EncoderUse, epoch: int | None = None) -> int:
    """The key of an encoder's draws in the cell with `seed`; every epoch of training, counted from 0, has its own."""
    return _number(f"{seed}/{use}" if epoch is None else f"{seed}/{use}/{epoch}")


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
