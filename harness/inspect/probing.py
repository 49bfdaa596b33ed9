"""A linear probe: how well a linear classifier reads the spikes of several encoders at each timestep. No SNN."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from encoders import create
from encoders.probe import Labelled, Reads, RidgeProbe, linear_probe
from harness.data import load
from harness.data.types import ImageSet
from harness.errors import HarnessError
from harness.plugins.guard import named
from harness.report.drawing import Picture, both_renderings, legend_below, new_figure, styled
from harness.report.palette import looks_of
from harness.training.batches import generator, normalised

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# With so many images, ridge regression takes one or two seconds for each encoder. More images change the
# accuracies, but not which encoder is better.
TRAINING_IMAGES, TEST_IMAGES = 1000, {"digits": 360, "mnist": 1000}
READS_WORDS = {"history": "each pixel at each timestep", "sum": "each pixel’s spikes added up"}


@dataclass(frozen=True)
class Probe:
    """What is probed: a data set (one of TEST_IMAGES), T, and how the classifier reads the spikes (see `Reads`)."""

    dataset: str
    timesteps: int
    reads: Reads


@dataclass(frozen=True)
class Probed:
    """Test accuracy in [0, 1] of one encoder's code after 1, 2, …, T steps."""

    encoder: str
    accuracy: tuple[float, ...]


def reading(reads: str) -> Reads:
    """The `Reads` with this name. Raises HarnessError for an unknown one."""
    for known in get_args(Reads):
        if reads == known:
            return cast(Reads, known)
    raise HarnessError(f"unknown reading '{reads}'", f"use {' or '.join(get_args(Reads))}")


def run_probe(names: Sequence[str], probe: Probe, data_dir: Path | None = None) -> tuple[Probed, ...]:
    """Probe each encoder with its default parameters, all on the same images.

    Raises HarnessError for a data set on which a linear classifier cannot tell codes apart.
    """
    dataset = probe.dataset
    if dataset not in TEST_IMAGES:
        raise HarnessError(f"no probe on '{dataset}'", f"use {' or '.join(TEST_IMAGES)}")
    data = load(dataset, data_dir, train_images=TRAINING_IMAGES, test_images=TEST_IMAGES[dataset])
    train, test = _labelled(data.train), _labelled(data.test)

    def accuracy(name: str) -> tuple[float, ...]:
        draws = generator(0, "encoder-test")
        with named(name, "be probed", TRAINING_IMAGES):
            return tuple(linear_probe(create(name), train, test, draws, RidgeProbe(probe.timesteps, probe.reads)))

    return tuple(Probed(name, accuracy(name)) for name in names)


def _labelled(images: ImageSet) -> Labelled:
    return Labelled(normalised(images.images), images.labels)


def csv_text(probed: Sequence[Probed], probe: Probe) -> str:
    """A table with one row for each encoder and timestep; accuracy in percent."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("encoder", "dataset", "reads", "timestep", "accuracy"))
    for one in probed:
        writer.writerows(
            (one.encoder, probe.dataset, probe.reads, t, f"{100 * a:.2f}") for t, a in enumerate(one.accuracy, 1)
        )
    return stream.getvalue()


def picture(probed: Sequence[Probed], probe: Probe) -> Picture:
    """Accuracy of the probe against timestep, one line for each encoder."""
    title, reads = f"Linear probe of codes on {probe.dataset}", probe.reads
    words = f"{title}: a linear classifier of {READS_WORDS[reads]}, trained on {TRAINING_IMAGES:,} images; no SNN."
    with styled():
        figure, (axes,) = new_figure(3.0)
        _lines(axes, probed)
        legend_below(figure, axes.get_lines())
        facts = [title, reads, [[one.encoder, one.accuracy] for one in probed]]
        svg, png = both_renderings(figure, title, facts)
    return Picture(f"encoder-probe-{probe.dataset}-{reads}", title, words, svg, png)


def _lines(axes: "Axes", probed: Sequence[Probed]) -> None:
    looks = looks_of((one.encoder, one.encoder) for one in probed)
    for one in probed:
        look = looks[one.encoder]
        axes.plot(
            range(1, len(one.accuracy) + 1),
            [100 * value for value in one.accuracy],
            color=look.colour,
            marker=look.marker,
            markersize=4,
            markevery=max(1, len(one.accuracy) // 12),
            linewidth=1.6,
            label=one.encoder,
        )
    axes.set(xlabel="timestep", ylabel="accuracy of a linear probe (%)")
    axes.locator_params(axis="x", integer=True)
