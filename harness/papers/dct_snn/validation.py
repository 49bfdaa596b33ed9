"""An order of DCT frequencies, learned from training images. Needs torch, which reading a committed choice does not."""

import torch
from torch import Tensor

from encoders.dct import Dct


def learned_order(encoder: Dct, images: Tensor, timesteps: int) -> tuple[int, ...]:
    """The greedy order of zig-zag numbers for training images `[N, C, H, W]` in [-1, 1].

    After t steps, accumulated spikes × θ stand for the image up to a gain. The next frequency is the one that makes
    their correlation with the image, pixel by pixel over the images, largest.
    """
    encoder = encoder.calibrate(images)
    assert encoder.thresholds is not None, "a data-set threshold is fitted by calibrate"
    lower, upper = encoder.thresholds
    drive = encoder.contributions(images)  # [N, C, rows, columns, K, b·b]
    target = _centred(drive.sum(dim=-2))
    membrane, decoded = torch.zeros_like(target), torch.zeros_like(target)
    order: list[int] = []
    for _ in range(timesteps):
        # A spike has the size of the threshold that it takes off the membrane.
        driven = [membrane + g for g in drive.unbind(dim=-2)]
        next_decoded = [decoded + upper * (after > upper) + lower * (after < lower) for after in driven]
        best = max(range(len(next_decoded)), key=lambda k: (_correlation(target, next_decoded[k]), -k))
        membrane += drive[..., best, :] - (next_decoded[best] - decoded)
        decoded = next_decoded[best]
        order.append(best)
    return tuple(order)


def _centred(maps: Tensor) -> Tensor:
    return maps - maps.mean(dim=0)


def _correlation(target: Tensor, decoded: Tensor) -> float:
    centred = _centred(decoded)
    return float((target * centred).sum() / centred.norm().clamp(min=1e-12))
