"""An order of DCT frequencies learned from training images: at each timestep the one whose spikes tell most.

    python -m harness.papers.dct_snn.choices.dct_order [--data-dir DIR]

Greedy: after t steps, accumulated spikes × θ stand for the image up to a gain; the next frequency is the one that
makes their correlation with the image, pixel by pixel over the training images, largest. Neither labels nor test
images are looked at. The orders are written to results/selection/dct-order.json and stand in
`experiments/dct_beyond.py`.
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from encoders.dct import Dct
from harness.config import canonical_json
from harness.data import load
from harness.data.subset import subset
from harness.machine.files import write_atomically
from harness.training.batches import normalised

OUTPUT = Path("results/selection/dct-order.json")
DATA_SETS = {"mnist": Dct(), "cifar10": Dct(colour="ycbcr")}
IMAGES = 512
TIMESTEPS = 16  # one cycle; longer trains repeat it
SEED = 1000  # not among the seeds that are reported


def learned_order(encoder: Dct, images: Tensor, timesteps: int) -> tuple[int, ...]:
    """The greedy order of zig-zag numbers for training images `[N, C, H, W]` in [-1, 1]."""
    encoder = encoder.calibrate(images)
    assert encoder.thresholds is not None, "a data-set threshold is fitted by calibrate"
    lower, upper = encoder.thresholds
    drive = encoder.contributions(images)  # [N, C, rows, columns, K, b·b]
    target = _centred(drive.sum(dim=-2))
    membrane, decoded = torch.zeros_like(target), torch.zeros_like(target)
    order: list[int] = []
    for _ in range(timesteps):
        told = [decoded + _spikes(membrane + g, lower, upper) for g in drive.unbind(dim=-2)]
        best = max(range(len(told)), key=lambda k: (_correlation(target, told[k]), -k))
        membrane += drive[..., best, :] - (told[best] - decoded)
        decoded = told[best]
        order.append(best)
    return tuple(order)


def _spikes(membrane: Tensor, lower: float, upper: float) -> Tensor:
    # Each spike at the size of the threshold that it takes off the membrane.
    return upper * (membrane > upper) + lower * (membrane < lower)


def _centred(maps: Tensor) -> Tensor:
    return maps - maps.mean(dim=0)


def _correlation(target: Tensor, decoded: Tensor) -> float:
    told = _centred(decoded)
    return float((target * told).sum() / told.norm().clamp(min=1e-12))


def main(data_dir: Annotated[Path | None, typer.Option(help="Where the data sets are.")] = None) -> None:
    """Learn the order of each data set and write it down."""
    orders = {}
    for name, encoder in DATA_SETS.items():
        images = normalised(subset(load(name, data_dir).train, IMAGES, SEED).images)
        orders[name] = learned_order(encoder, images, TIMESTEPS)
        print(name, orders[name])
    write_atomically(OUTPUT, canonical_json(orders) + b"\n")


if __name__ == "__main__":
    typer.run(main)
