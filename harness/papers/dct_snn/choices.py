"""Choices that the paper leaves open, made on a validation split of the training images.

    python -m harness.papers.dct_snn.choices mnist | mnist-p | mnist-rates | lite-rates | short | vgg9 | dct-order

`tune` is the one rule by which every arm is tuned. All scores are written to selection/ beside this file, and come with
the package, which tells by them which arms are tuned. A search that is stopped goes on where it was, and a longer grid
repeats nothing. What was chosen stands in `recipe`.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from harness.config import AnnRecipe, Augmentation, CellConfig, EncoderSpec, SnnRecipe, canonical_json
from harness.machine.files import write_atomically
from harness.machine.process import bound_spinning
from harness.papers.dct_snn.experiments import (
    ABLATION_INTERLEAVED,
    CIFAR10_ENCODERS,
    MNIST_784_100_10,
    MNIST_ENCODERS,
    MNIST_ONE_ANN,
    codes,
)
from harness.papers.dct_snn.recipe import (
    CROP_AND_FLIP,
    LITE,
    MNIST_ON_P,
    MNIST_P_RATES,
    MNIST_PAPER,
    MNIST_RATES,
    SHORT,
    TILED,
    with_mnist_rate,
)
from harness.records.fingerprint import recipe_digest

FOLDER = Path(__file__).parent / "selection"
SEED = 1000  # not among the seeds that are reported

# ## The rule

Candidate = Mapping[str, AnnRecipe | SnnRecipe | EncoderSpec | int]
KINDS: Mapping[str, type[AnnRecipe | SnnRecipe | EncoderSpec | int]] = {
    "ann": AnnRecipe,
    "snn": SnnRecipe,
    "encoder": EncoderSpec,
    "timesteps": int,
}


@dataclass(frozen=True)
class Grid:
    """The values that are tried for every arm, in order; `apply` gives an arm's cell one of them.

    `first`: the values that are scored first, none of them at an end of the grid. Empty: all are scored.
    `settings`: the settings of a cell that tell its candidates apart in the file of scores.
    `stage`: the name of this search in that file. Empty: the arm's name.
    """

    values: tuple[Any, ...]
    apply: Callable[[CellConfig, Any], CellConfig]
    settings: tuple[str, ...]
    first: tuple[Any, ...] = ()
    stage: str = ""

    def candidate(self, cell: CellConfig) -> Candidate:
        """What tells the cell apart from others in the file of scores."""
        return {name: getattr(cell, name) for name in self.settings}


class Scores:
    """Scores in a file. `total`: the number of validation images."""

    def __init__(self, path: Path, total: int) -> None:
        self.path = path
        self.total = total
        self.rows: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes()) if path.exists() else []
        # A setting that is newer than its row has its default, which is what was done before it existed.
        self.correct: list[tuple[Candidate, int]] = [
            ({name: msgspec.convert(value, KINDS[name]) for name, value in row["recipes"].items()}, row["correct"])
            for row in self.rows
        ]

    def score(self, candidate: Candidate) -> int | None:
        """The score of a candidate, None if it has not been scored."""
        return next((correct for scored, correct in self.correct if scored == candidate), None)

    def of(self, arm: CellConfig, grid: Grid) -> dict[Any, int]:
        """The scores of an arm, by value of the grid, in the grid's order."""
        scores = {value: self.score(grid.candidate(grid.apply(arm, value))) for value in grid.values}
        return {value: correct for value, correct in scores.items() if correct is not None}

    def add(self, stage: str, candidate: Candidate, correct: int) -> None:
        """Write a score down."""
        built = msgspec.to_builtins(candidate)
        self.rows.append({"stage": stage, "recipes": built, "correct": correct, "total": self.total, "seed": SEED})
        self.correct.append((candidate, correct))
        write_atomically(self.path, msgspec.json.format(canonical_json(self.rows), indent=1) + b"\n")
        print(f"{stage} {correct}/{self.total} {built}", flush=True)


def best(scores: Mapping[Any, int]) -> Any:
    """The value with the highest score; of equal scores, the first in the grid's order (the smallest rate)."""
    return max(scores, key=lambda value: scores[value])


def next_values(scores: Mapping[Any, int], grid: Grid) -> tuple[Any, ...]:
    """The values to be scored next: the first ones, then the neighbours of the best one, until it has both."""
    first = tuple(value for value in grid.first or grid.values if value not in scores)
    if first:
        return first
    place = grid.values.index(best(scores))
    return tuple(value for value in grid.values[max(place - 1, 0) : place + 2] if value not in scores)


def tune(
    arms: Sequence[CellConfig], grid: Grid, scores: Scores, measure: Callable[[CellConfig], int], workers: int = 1
) -> tuple[CellConfig, ...]:
    """Each arm with its best value of the grid. All arms have the same grid, rule and budget.

    `measure` scores a cell, in one of `workers` processes; what has a score is not measured again.
    """
    bound_spinning()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while waiting := {
            pool.submit(measure, cell): cell
            for arm in arms
            for cell in (grid.apply(arm, value) for value in next_values(scores.of(arm, grid), grid))
        }:
            for done in as_completed(waiting):
                cell = waiting[done]
                scores.add(grid.stage or cell.arm, grid.candidate(cell), done.result())
    return tuple(grid.apply(arm, best(scores.of(arm, grid))) for arm in arms)


# ## Fine-tuning rates of the codes: MNIST at each T, and lite on CIFAR-10


def with_rate(cell: CellConfig, rate: float) -> CellConfig:
    """The cell with a rate of fine-tuning."""
    return replace(cell, snn=replace(cell.snn, learning_rate=rate))


RATE_DECIDES = ("encoder", "timesteps", "snn")
MNIST_IMAGES = 10_000
MNIST_GRID = Grid((1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), with_rate, RATE_DECIDES, first=(3e-3, 1e-2, 1e-3))
MNIST_P_GRID = replace(MNIST_GRID, settings=("ann", *RATE_DECIDES))
LITE_IMAGES = 5_000
LITE_GRID = Grid((1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3), with_rate, RATE_DECIDES, first=(3e-5, 1e-4, 1e-5))
LOSSES: tuple[Literal["sum", "mean"], ...] = ("sum", "mean")


def mnist_arms(timesteps: int, seed: int = SEED) -> tuple[CellConfig, ...]:
    """Every code at T, with the recipe of Table 1's experiment and the rate that `recipe` has for it."""
    return tuple(MNIST_ENCODERS.resolve(with_mnist_rate(arm), MNIST_PAPER, seed) for arm in codes(timesteps))


def mnist_p_arms(seed: int = SEED) -> tuple[CellConfig, ...]:
    """DCT on p and the codes of p, which share one ANN, at every T that is searched."""
    searched = (arm for arm in MNIST_ONE_ANN.arms if arm.timesteps in MNIST_P_RATES)
    return tuple(MNIST_ONE_ANN.resolve(arm, MNIST_ON_P, seed) for arm in searched)


def lite_arms(seed: int = SEED) -> tuple[CellConfig, ...]:
    """Cyclic-16x3, whose choice every DCT arm on its map takes, and the codes of `cifar10-encoders`, at lite."""
    ablation, encoders = ABLATION_INTERLEAVED, CIFAR10_ENCODERS
    return (
        ablation.resolve(ablation.arm("cyclic-16x3"), ablation.profile(LITE.name), seed),
        *(encoders.resolve(arm, encoders.profile(LITE.name), seed) for arm in encoders.arms),
    )


def with_losses(
    arms: Iterable[CellConfig], losses: Sequence[Literal["sum", "mean"]] = LOSSES
) -> tuple[CellConfig, ...]:
    """Each arm with each loss: the rate is tuned for every pair."""
    return tuple(replace(arm, snn=replace(arm.snn, loss_input=loss)) for arm in arms for loss in losses)


def tuned(digest: str) -> bool:
    """Whether an arm is tuned, by `recipe_digest` of its cell with seed 0.

    It is if its own rate and loss are the best of a finished search. The rate of another T, code or schedule does not
    count.
    """
    return digest in _tuned()


@cache
def _tuned() -> frozenset[str]:
    searches = (
        ("lite-rates", LITE_IMAGES, LITE_GRID, LOSSES, lite_arms(0)),
        *(("mnist-rates", MNIST_IMAGES, MNIST_GRID, ("sum",), mnist_arms(timesteps, 0)) for timesteps in MNIST_RATES),
        ("mnist-p", MNIST_IMAGES, MNIST_P_GRID, ("sum",), mnist_p_arms(0)),
    )
    digests = set()
    for name, total, grid, losses, arms in searches:
        scores = Scores(FOLDER / f"{name}.json", total)
        for arm in arms:
            by_loss = {cell.snn.loss_input: scores.of(cell, grid) for cell in with_losses((arm,), losses)}
            finished = not any(next_values(of_loss, grid) for of_loss in by_loss.values())
            chosen = by_loss.get(arm.snn.loss_input, {}).get(arm.snn.learning_rate)
            if finished and chosen == max(correct for of_loss in by_loss.values() for correct in of_loss.values()):
                digests.add(recipe_digest(arm))
    return frozenset(digests)


# ## The searches

app = typer.Typer(add_completion=False, help="Search, on held-out training images, what the paper leaves open.")
DataDir = Annotated[Path | None, typer.Option(help="Where the data sets are.")]
Workers = Annotated[int, typer.Option(min=1, help="Cells that are computed side by side.")]


@app.command()
def mnist_rates(timesteps: int = 16, data_dir: DataDir = None, workers: Workers = 2) -> None:
    """The fine-tuning rate of each code on MNIST at T."""
    from harness.papers.dct_snn.validation import score

    scores = Scores(FOLDER / "mnist-rates.json", MNIST_IMAGES)
    measure = partial(score, stage="snn", images=MNIST_IMAGES, data_dir=data_dir, threads=1)
    for cell in tune(mnist_arms(timesteps), MNIST_GRID, scores, measure, workers):
        print(f"{cell.arm}: {cell.snn.learning_rate}")


@app.command()
def lite_rates(arm: list[str] | None = None, data_dir: DataDir = None, workers: Workers = 2) -> None:
    """The rate and the loss of each code at lite, on CIFAR-10. `--arm cyclic-16x3` searches single arms.

    The published rate is meant for 25 epochs of 50,000 images; lite has one of 6,000.
    """
    from harness.papers.dct_snn.validation import score

    arms = with_losses(cell for cell in lite_arms() if not arm or cell.arm in arm)
    scores = Scores(FOLDER / "lite-rates.json", LITE_IMAGES)
    measure = partial(score, stage="snn", images=LITE_IMAGES, data_dir=data_dir, threads=1)
    for cell in tune(arms, LITE_GRID, scores, measure, workers):
        correct = scores.score(LITE_GRID.candidate(cell))
        print(f"{cell.arm}, {cell.snn.loss_input}: {cell.snn.learning_rate} with {correct} of {LITE_IMAGES}")


# MNIST: first the ANN (rate, dropout, shift), then fine-tuning (rate, dropout) with the same shift.
def _with_mnist_ann(cell: CellConfig, value: tuple[float, float, int]) -> CellConfig:
    rate, dropout, pad = value
    ann = replace(cell.ann, learning_rate=rate, classifier_dropout=dropout, augmentation=Augmentation(pad=pad))
    return replace(cell, ann=ann)


def _with_mnist_snn(cell: CellConfig, value: tuple[float, float]) -> CellConfig:
    rate, dropout = value
    snn = replace(cell.snn, learning_rate=rate, dropout=dropout, augmentation=cell.ann.augmentation)
    return replace(cell, snn=snn)


MNIST_ANN = Grid(
    tuple(itertools.product((0.01, 0.03, 0.1), (0.0, 0.2), (0, 1))), _with_mnist_ann, ("ann",), stage="ann"
)
MNIST_SNN = Grid(
    tuple(itertools.product((1e-4, 3e-4, 1e-3, 3e-3), (0.0, 0.2))), _with_mnist_snn, ("ann", "snn"), stage="snn"
)


@app.command()
def mnist(data_dir: DataDir = None, workers: Workers = 1) -> None:
    """What the paper does not state for MNIST: rates, dropout and shifts of both trainings."""
    from harness.papers.dct_snn.validation import score

    scores = Scores(FOLDER / "mnist.json", MNIST_IMAGES)
    measure = partial(score, images=MNIST_IMAGES, data_dir=data_dir)
    cell = MNIST_784_100_10.resolve(MNIST_784_100_10.arm("cyclic-16"), MNIST_PAPER, SEED)
    (cell,) = tune((cell,), MNIST_ANN, scores, partial(measure, stage="ann"), workers)
    (cell,) = tune((cell,), MNIST_SNN, scores, partial(measure, stage="snn"), workers)
    print(f"chosen: {cell.ann}, {cell.snn}")


@app.command()
def mnist_p(timesteps: list[int] | None = None, data_dir: DataDir = None, workers: Workers = 2) -> None:
    """On p = (x + 1)/2: the recipe of the ANN; with it, the rate of DCT on p and of each code of p at T."""
    from harness.papers.dct_snn.validation import score

    scores = Scores(FOLDER / "mnist-p.json", MNIST_IMAGES)
    measure = partial(score, images=MNIST_IMAGES, data_dir=data_dir, threads=1)
    arms = mnist_p_arms()
    (cell,) = tune(arms[:1], MNIST_ANN, scores, partial(measure, stage="ann"), workers)
    print(f"chosen on p: {cell.ann}", flush=True)
    arms = tuple(replace(arm, ann=cell.ann) for arm in arms if not timesteps or arm.timesteps in timesteps)
    for chosen in tune(arms, MNIST_P_GRID, scores, partial(measure, stage="snn"), workers):
        print(f"{chosen.arm}: {chosen.snn.learning_rate}")


# Short: a candidate sees a quarter of its training images, in pre-training and in fine-tuning. This is a choice for
# fewer steps than the profile has. The numbers of epochs and images are a matter of hours and are not searched.
SHORT_IMAGES = 2_000
PART = 4
SHORT_ANN = Grid(
    (0.03, 0.1), lambda cell, rate: replace(cell, ann=replace(cell.ann, learning_rate=rate)), ("ann",), stage="ann"
)
SHORT_SNN = Grid((1e-5, 3e-5, 1e-4), with_rate, ("ann", "snn"), stage="snn")


def short_arm() -> CellConfig:
    """Cyclic-16x3 at short, fine-tuned on a part of its images."""
    cell = ABLATION_INTERLEAVED.resolve(ABLATION_INTERLEAVED.arm("cyclic-16x3"), SHORT, SEED)
    return replace(cell, snn=replace(cell.snn, images=(cell.snn.images or 0) // PART))


@app.command()
def short(data_dir: DataDir = None, workers: Workers = 1) -> None:
    """The rates of the short profile: of the ANN, then of fine-tuning. VGG9 on CIFAR-10; takes hours."""
    from harness.papers.dct_snn.validation import score

    scores = Scores(FOLDER / "short.json", SHORT_IMAGES)
    measure = partial(
        score, images=SHORT_IMAGES, data_dir=data_dir, train_images=(50_000 - SHORT_IMAGES) // PART, kernel="events"
    )
    (cell,) = tune((short_arm(),), SHORT_ANN, scores, partial(measure, stage="ann"), workers)
    (cell,) = tune((cell,), SHORT_SNN, scores, partial(measure, stage="snn"), workers)
    print(f"chosen: {cell.ann}, fine-tuning rate {cell.snn.learning_rate}")


# VGG9's ANN on the tiled 32×32 map: the same network but for its first linear layer, at a third of the cost of 60×60.
# One setting after another: peak rate, schedule and start with 10 epochs a candidate, then both dropouts and weight
# decay with 30. The first candidate is what is usual for a plain VGG without batch norm.
VGG9_IMAGES = 5_000
VGG9_FIRST = AnnRecipe(
    10,
    128,
    0.05,
    decay_every=10,
    weight_decay=5e-4,
    dropout=0.1,
    classifier_dropout=0.3,
    augmentation=CROP_AND_FLIP,
    initialisation="he",
    schedule="one-cycle",
    warm_up=0.2,
    nesterov=True,
)


def _ann_grid(names: tuple[str, ...], values: tuple[tuple[Any, ...], ...], first: tuple[Any, ...] = ()) -> Grid:
    """A grid of the settings `names` of the ANN's recipe; each value has one entry a name."""

    def apply(cell: CellConfig, value: tuple[Any, ...]) -> CellConfig:
        return replace(cell, ann=replace(cell.ann, **dict(zip(names, value, strict=True))))

    return Grid(values, apply, ("ann",), first, stage=", ".join(names))


VGG9_GRIDS = (
    _ann_grid(("learning_rate",), ((0.01,), (0.02,), (0.05,), (0.1,), (0.2,)), first=((0.05,),)),
    _ann_grid(("schedule",), (("one-cycle",), ("cosine",))),
    _ann_grid(("initialisation",), (("he",), ("xavier",))),
    _ann_grid(
        ("epochs", "dropout", "classifier_dropout", "weight_decay"),
        tuple((30, *rates, decay) for rates in ((0.1, 0.3), (0.2, 0.5)) for decay in (1e-4, 5e-4)),
    ),
)


@app.command()
def vgg9(data_dir: DataDir = None) -> None:
    """The recipe of VGG9's ANN on CIFAR-10: about nine hours on two cores, and resumable at any time."""
    from harness.papers.dct_snn.validation import score

    scores = Scores(FOLDER / "vgg9.json", VGG9_IMAGES)
    measure = partial(score, stage="ann", images=VGG9_IMAGES, data_dir=data_dir)
    cell = ABLATION_INTERLEAVED.resolve(ABLATION_INTERLEAVED.arm("cyclic-16x3"), SHORT, SEED)
    tiled = EncoderSpec(cell.encoder.name, {**cell.encoder.parameters, **TILED["dct"]})
    cell = replace(cell, encoder=tiled, ann=VGG9_FIRST)
    for grid in VGG9_GRIDS:
        (cell,) = tune((cell,), grid, scores, measure)
    print(f"chosen: {cell.ann}")


@app.command()
def dct_order(data_dir: DataDir = None) -> None:
    """An order of DCT frequencies for one cycle, learned from training images without labels."""
    from encoders.dct import Dct
    from harness.data import load
    from harness.data.subset import subset
    from harness.papers.dct_snn.validation import learned_order
    from harness.training.batches import normalised

    orders = {}
    for name, encoder in {"mnist": Dct(), "cifar10": Dct(colour="ycbcr")}.items():
        images = normalised(subset(load(name, data_dir).train, 512, SEED).images)
        orders[name] = learned_order(encoder, images, 16)
        print(name, orders[name])
    write_atomically(FOLDER / "dct-order.json", canonical_json(orders) + b"\n")


if __name__ == "__main__":
    app()
