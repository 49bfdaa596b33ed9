"""What cells compute, in floating-point operations.

Operations are those of the layers with weights, two for each multiply-accumulate; a training step counts three times
its forward pass. Needs no torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.config import CellConfig, Parameter, canonical_json
from harness.data.sets import facts_of
from harness.papers.dct_snn.paper import TEST_IMAGES

TRAINING_IMAGES: Mapping[str, int] = {"mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000, "tinyimagenet": 100_000}
TRAINING_PASSES = 3  # forward, and backward to the inputs and to the weights


def flop(cells: Sequence[CellConfig]) -> float:
    """Floating-point operations of cells: their fine-tuning and tests, and their ANNs.

    Cells that differ in nothing but their names count once, and so does an ANN that several cells share.
    """
    trainings = {canonical_json(replace(cell, experiment="", profile="lite", arm="")): cell for cell in cells}
    anns = {_ann(cell): cell for cell in trainings.values()}
    return 2.0 * (sum(map(_snn_macs, trainings.values())) + sum(map(_ann_macs, anns.values())))


def image_macs(cell: CellConfig) -> int:
    """Multiply-accumulates of one image in the ANN of a cell: 3×3 convolutions, then linear layers (§2.1)."""
    channels, height, width = map_shape(cell)
    count = 0
    for token in cell.network.features:
        if isinstance(token, int):
            count += 9 * channels * token * height * width
            channels = token
        elif token == "A":
            height, width = height // 2, width // 2
    features = channels * height * width
    for units in (*cell.network.hidden, facts_of(cell.dataset).classes):
        count += features * units
        features = units
    return count


def map_shape(cell: CellConfig) -> tuple[int, int, int]:
    """(C, H, W) of the map that the network sees: blocks side by side, which overlap where the stride is smaller."""
    channels, height, width = facts_of(cell.dataset).shape
    if cell.encoder.name != "dct":
        return channels, height, width
    block, stride = (_whole(cell.encoder.parameters.get(name, 4)) for name in ("block_size", "stride"))
    return channels, ((height - block) // stride + 1) * block, ((width - block) // stride + 1) * block


def _ann(cell: CellConfig) -> bytes:
    """What decides the training of a cell's ANN."""
    return canonical_json((cell.dataset, cell.train_images, cell.network, cell.ann, map_shape(cell), cell.seed))


def _whole(value: Parameter) -> int:
    assert isinstance(value, int)
    return value


def _ann_macs(cell: CellConfig) -> float:
    train = cell.train_images or TRAINING_IMAGES[cell.dataset]
    test = cell.test_images or TEST_IMAGES[cell.dataset]
    return float(image_macs(cell)) * cell.ann.epochs * (TRAINING_PASSES * train + test)


def _snn_macs(cell: CellConfig) -> float:
    tuned = cell.snn.images or cell.train_images or TRAINING_IMAGES[cell.dataset]
    tests = (cell.test_images or TEST_IMAGES[cell.dataset]) * (1 + max(1, cell.snn.epochs))
    return float(image_macs(cell)) * cell.timesteps * (TRAINING_PASSES * tuned * cell.snn.epochs + tests)
