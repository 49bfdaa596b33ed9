"""Choices that the paper leaves open, made on a validation split of the training images.

    python -m harness.papers.dct_snn.choices SEARCH     # one of SEARCHES, or dct-order

`harness.runs.tuning` has the one rule by which every arm is tuned; `SEARCHES` lists the searches. All scores are
written to selection/ beside this file. They are a part of the package, which decides by them which arms are tuned. A
search that was stopped goes on from there, and a longer grid repeats nothing. The chosen values are in `recipe`.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from harness.catalogue import Experiment
from harness.config import Augmentation, CellConfig, ProfileName, canonical_json
from harness.machine.files import write_atomically
from harness.papers.dct_snn import experiments, recipe
from harness.records.fingerprint import recipe_digest
from harness.runs.tuning import RATE_DECIDES, SEED, Grid, Scores, next_values, tune, with_rate

if TYPE_CHECKING:
    from torch import Tensor

    from encoders.dct import Dct

FOLDER = Path(__file__).parent / "selection"
CYCLIC = ("cyclic-16x3",)

# ## The searches


def _ann_grid(names: tuple[str, ...], values: Sequence[tuple[Any, ...]], first: tuple[Any, ...] = ()) -> Grid:
    """A grid of the settings `names` of the ANN's recipe; each value has one entry per name."""

    def apply(cell: CellConfig, value: tuple[Any, ...]) -> CellConfig:
        return replace(cell, ann=replace(cell.ann, **dict(zip(names, value, strict=True))))

    return Grid(tuple(values), apply, ("ann",), first, stage=", ".join(names))


@dataclass(frozen=True)
class Search:
    """Grids tried in turn on `arms`, scored on `images` held-out training images, written to selection/`file`.json.

    A grid of the ANN's settings is tried on the first arm, and all arms take its choice. arms: makes the cells of a
    seed. losses: each arm is searched with each of them; empty: with that of its recipe. settings: further arguments of
    `validation.score`, by default one thread.
    """

    file: str
    images: int
    arms: Callable[[int], tuple[CellConfig, ...]]
    grids: tuple[Grid, ...]
    losses: tuple[Literal["sum", "mean"], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=lambda: {"threads": 1})

    @property
    def scores(self) -> Scores:
        """The scores so far."""
        return Scores(FOLDER / f"{self.file}.json", self.images, partial(print, flush=True))

    def with_losses(self, arm: CellConfig) -> tuple[CellConfig, ...]:
        """The arm with each loss: the rate is tuned for every pair."""
        return tuple(replace(arm, snn=replace(arm.snn, loss_input=loss)) for loss in self.losses) or (arm,)

    def run(self, data_dir: Path | None, workers: int) -> tuple[CellConfig, ...]:
        """The arms with the settings that are best on held-out images."""
        from harness.runs.validation import score  # needs torch, which reading a choice does not

        measure = partial(score, images=self.images, data_dir=data_dir, **self.settings)
        arms = tuple(cell for arm in self.arms(SEED) for cell in self.with_losses(arm))
        for grid in self.grids:
            if "snn" in grid.settings:
                arms = tune(arms, grid, self.scores, partial(measure, stage="snn"), workers)
            else:
                (chosen,) = tune(arms[:1], grid, self.scores, partial(measure, stage="ann"), workers)
                arms = tuple(replace(arm, ann=chosen.ann) for arm in arms)
        return arms


def _mnist_arms(seed: int) -> tuple[CellConfig, ...]:
    """Every code at every T that is searched, with the recipe of Table 1's experiment and its present rate."""
    arms = (recipe.with_mnist_rate(arm) for timesteps in recipe.MNIST_RATES for arm in experiments.codes(timesteps))
    return tuple(experiments.MNIST_ENCODERS.resolve(arm, recipe.MNIST_PAPER, seed) for arm in arms)


def _cells(experiment: Experiment, profile: ProfileName, arms: Sequence[str], seed: int) -> tuple[CellConfig, ...]:
    """The cells of some arms of an experiment."""
    return tuple(experiment.resolve(experiment.arm(arm), experiment.profile(profile), seed) for arm in arms)


def lite_arms(seed: int = SEED) -> tuple[CellConfig, ...]:
    """Cyclic-16x3, whose rate all DCT arms on its map take, and the codes of `cifar10-encoders`, at lite."""
    codes = [arm.name for arm in experiments.CIFAR10_ENCODERS.arms]
    cyclic = _cells(experiments.ABLATION_INTERLEAVED, "lite", CYCLIC, seed)
    return *cyclic, *_cells(experiments.CIFAR10_ENCODERS, "lite", codes, seed)


def _short_arm(seed: int) -> tuple[CellConfig, ...]:
    """Cyclic-16x3 at short, fine-tuned on a part of its images."""
    (cell,) = _cells(experiments.ABLATION_INTERLEAVED, "short", CYCLIC, seed)
    return (replace(cell, snn=replace(cell.snn, images=(cell.snn.images or 0) // PART)),)


def _with_mnist_snn(cell: CellConfig, value: tuple[float, float]) -> CellConfig:
    rate, dropout = value
    snn = replace(cell.snn, learning_rate=rate, dropout=dropout, augmentation=cell.ann.augmentation)
    return replace(cell, snn=snn)


MNIST_IMAGES = 10_000
MNIST_GRID = Grid((3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), with_rate, RATE_DECIDES, first=(3e-3, 1e-2, 1e-3))
# First the ANN (rate, dropout, shift), then fine-tuning (rate, dropout) with the same shift.
MNIST_ANN = _ann_grid(
    ("learning_rate", "classifier_dropout", "augmentation"),
    tuple(itertools.product((0.01, 0.03, 0.1), (0.0, 0.2), (Augmentation(), recipe.SHIFT))),
)
MNIST_SNN = Grid(
    tuple(itertools.product((1e-4, 3e-4, 1e-3, 3e-3), (0.0, 0.2))), _with_mnist_snn, ("ann", "snn"), stage="snn"
)
LITE_IMAGES = 5_000
LITE_ANN = _ann_grid(("learning_rate",), ((0.005,), (0.01,), (0.02,), (0.05,), (0.1,)), first=((0.02,),))
LITE_GRID = Grid((1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3), with_rate, RATE_DECIDES, first=(3e-5, 1e-4, 1e-5))
# With few steps the best rate may lie far from that of 48: a decade apart at first.
FEW_STEPS_GRID = replace(LITE_GRID, values=(*LITE_GRID.values, 1e-2), first=(1e-4, 1e-3, 1e-5))
SHORT_IMAGES = 2_000
PART = 4
SCHEDULES = ("interleaved-16x3", "cyclic-8x3", "interleaved-8x3")

_SEARCHES = (
    # The settings that the paper does not state for MNIST: rates, dropout and shifts of both trainings.
    Search(
        "mnist",
        MNIST_IMAGES,
        partial(_cells, experiments.MNIST_784_100_10, "paper", ("cyclic-16",)),
        (MNIST_ANN, MNIST_SNN),
        settings={},
    ),
    # On p = (x + 1)/2: the recipe of the ANN; with it, the rate of DCT on p and of each code of p at T.
    Search(
        "mnist-p",
        MNIST_IMAGES,
        partial(
            _cells,
            experiments.MNIST_ONE_ANN,
            "paper",
            [arm.name for arm in experiments.MNIST_ONE_ANN.arms if arm.timesteps in recipe.MNIST_P_RATES],
        ),
        (MNIST_ANN, replace(MNIST_GRID, settings=("ann", *RATE_DECIDES))),
    ),
    # The fine-tuning rate of each code on MNIST at each T of `recipe.MNIST_RATES`.
    Search("mnist-rates", MNIST_IMAGES, _mnist_arms, (MNIST_GRID,)),
    # The rate and the loss of each code at lite, on CIFAR-10. The published rate is meant for 25 epochs of 50,000
    # images; lite has one of 6,000.
    Search("lite-rates", LITE_IMAGES, lite_arms, (LITE_GRID,), ("sum", "mean")),
    # Codes of x and codes of p, each with an ANN of their own, whose rate is searched first.
    *(
        Search(
            name,
            LITE_IMAGES,
            partial(_cells, experiments.CIFAR10_ONE_ANN, "lite", codes),
            (LITE_ANN, replace(LITE_GRID, settings=("ann", *RATE_DECIDES))),
        )
        for name, codes in {"cifar10-x": ("dct-x", "poisson-signed"), "cifar10-p": ("dct-p", "poisson")}.items()
    ),
    # The rate of each code at each T, with the loss that it has at 48 steps.
    Search(
        "latency-cifar10",
        LITE_IMAGES,
        partial(_cells, experiments.LATENCY_CIFAR10, "lite", [arm.name for arm in experiments.LATENCY_CIFAR10.arms]),
        (FEW_STEPS_GRID,),
    ),
    # The rate of each arm of §6, all of which have that of cyclic-16x3.
    Search(
        "schedules",
        LITE_IMAGES,
        lambda seed: (
            *_cells(experiments.ABLATION_INTERLEAVED, "lite", SCHEDULES, seed),
            *_cells(experiments.ABLATION_INTERMITTENT, "lite", ("truncated-8x6", "intermittent-8x6"), seed),
        ),
        (LITE_GRID,),
    ),
    # The rates of the short profile: of the ANN, then of fine-tuning. VGG9 on CIFAR-10; takes hours. A candidate sees a
    # quarter of its training images, in pre-training and in fine-tuning. This is a choice for fewer steps than the
    # profile has. The numbers of epochs and images are a matter of hours and are not searched.
    Search(
        "short",
        SHORT_IMAGES,
        _short_arm,
        (
            _ann_grid(("learning_rate",), ((0.03,), (0.1,))),
            Grid((1e-5, 3e-5, 1e-4), with_rate, ("ann", "snn"), stage="snn"),
        ),
        settings={"train_images": (50_000 - SHORT_IMAGES) // PART, "kernel": "events"},
    ),
)
SEARCHES = {search.file: search for search in _SEARCHES}


# Those that choose fine-tuning rates for every arm alike.
OF_RATES = ("lite-rates", "mnist-rates", "mnist-p", "cifar10-x", "cifar10-p", "latency-cifar10", "schedules")


def tuned(config: CellConfig) -> bool:
    """Whether an arm is tuned, given its cell with seed 0: its rate and loss are the best of a finished search.

    A search for another T, code or schedule does not count. `readings` and `evaluations` are ignored: they do not
    change a training.
    """
    return _unread(config) in _tuned()


def _unread(config: CellConfig) -> str:
    """The digest of a recipe whatever is read of its network on the way and at the end."""
    return recipe_digest(replace(config, evaluations=(), snn=config.snn and replace(config.snn, readings=())))


@cache
def _tuned() -> frozenset[str]:
    digests = set[str]()
    for search in map(SEARCHES.__getitem__, OF_RATES):
        scores, grid = search.scores, search.grids[-1]
        for arm in search.arms(0):
            tried = [(cell, scores.of(cell, grid)) for cell in search.with_losses(arm)]
            if not any(next_values(of_cell, grid) for _, of_cell in tried):
                most = max(correct for _, of_cell in tried for correct in of_cell.values())
                best = (grid.apply(cell, rate) for cell, of_cell in tried for rate in of_cell if of_cell[rate] == most)
                digests.update(map(_unread, best))
    return frozenset(digests)


def learn_order(data_dir: Path | None) -> None:
    """Write an order of DCT frequencies for one cycle, learned from training images without labels."""
    from encoders.dct import Dct
    from harness.data import load, subset
    from harness.training.batches import normalised

    orders = {}
    for name, encoder in {"mnist": Dct(), "cifar10": Dct(colour="ycbcr")}.items():
        images = normalised(subset(load(name, data_dir).train, 512, SEED).images)
        orders[name] = learned_order(encoder, images, 16)
        print(name, orders[name])
    write_atomically(FOLDER / "dct-order.json", canonical_json(orders) + b"\n")


def learned_order(encoder: "Dct", images: "Tensor", timesteps: int) -> tuple[int, ...]:
    """The greedy order of zig-zag numbers for training images `[N, C, H, W]` in [-1, 1].

    After t steps, accumulated spikes × θ stand for the image up to a gain. The next frequency is the one that makes
    their correlation with the image, pixel by pixel over the images, largest.
    """
    encoder = encoder.calibrate(images)
    assert encoder.thresholds is not None, "a data-set threshold is fitted by calibrate"
    lower, upper = encoder.thresholds
    drive = encoder.contributions(images)  # [N, C, rows, columns, K, b·b]
    target = _centred(drive.sum(dim=-2))
    membrane = decoded = target - target
    order: list[int] = []
    for _ in range(timesteps):
        # A spike has the size of the threshold that it takes off the membrane.
        driven = [membrane + g for g in drive.unbind(dim=-2)]
        next_decoded = [decoded + upper * (after > upper) + lower * (after < lower) for after in driven]
        best = max(range(len(next_decoded)), key=lambda k: (_correlation(target, next_decoded[k]), -k))
        membrane = membrane + drive[..., best, :] - (next_decoded[best] - decoded)
        decoded = next_decoded[best]
        order.append(best)
    return tuple(order)


def _centred(maps: "Tensor") -> "Tensor":
    return maps - maps.mean(dim=0)


def _correlation(target: "Tensor", decoded: "Tensor") -> float:
    centred = _centred(decoded)
    return float((target * centred).sum() / centred.norm().clamp(min=1e-12))


def main(
    search: Annotated[str, typer.Argument(help=f"{', '.join(SEARCHES)} or dct-order.")],
    data_dir: Annotated[Path | None, typer.Option(help="Where the data sets are.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Cells that are computed side by side.")] = 1,
) -> None:
    """Search, on held-out training images, for the choices that the paper leaves open."""
    if search == "dct-order":
        learn_order(data_dir)
    elif search not in SEARCHES:
        raise typer.BadParameter(f"no search is called '{search}'")
    else:
        for arm in SEARCHES[search].run(data_dir, workers):
            print(f"{arm.arm}, T = {arm.timesteps}: {arm.ann}, {arm.snn}")


if __name__ == "__main__":
    typer.run(main)
