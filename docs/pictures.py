"""The pictures of the documentation, drawn from the program itself: of the idea, a verdict, and each encoder.

    python docs/pictures.py

writes those that are committed, in docs/pictures. The site's hooks draw those of the encoders while it is built. None
needs a download: the idea is shown on scikit-learn's 8×8 digits, the encoders on the digit and the photograph that come
with the program.
"""

import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Generator, Tensor
from torch.optim import SGD, Adam

import harness
from encoders.registry import BUILTIN
from harness import plain
from harness.inspect import NEGATIVE, POSITIVE, hide_ticks, raster_colours, view_of
from harness.machine.environment import machine
from harness.machine.process import computing_with
from harness.papers.dct_snn.picture import sample
from harness.report.drawing import INK, MUTED, painter, styled

DOCS = Path(__file__).parent
EXAMPLE = "mnist-t16"  # the claim whose verdict "How verdicts are made" begins with
WIDTH, STEPS = 7.0, 16
WORDS = {"fontsize": 12, "fontweight": "normal"}
DIGIT, PHOTOGRAPH = 3, 1  # which of the four bundled samples


def saved(figure: Figure) -> bytes:
    """The figure as PNG, marked with the versions and the instructions of the processor on which its bytes depend."""
    stream = io.BytesIO()
    software = f"{painter()} torch {version('torch')}, {' '.join(machine(torch.device('cpu')).instructions)}"
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": software})
    return stream.getvalue()


def committed() -> dict[str, bytes]:
    """The pictures in docs/pictures, by name."""
    with computing_with(1):
        return {**idea(), "verdict.png": verdict()}


def bare(axes: Any, title: str = "", xlabel: str = "") -> None:
    """Leave a frame alone, with a title above or a label below it."""
    hide_ticks(axes)
    axes.set_title(title, loc="center", **WORDS)
    axes.set_xlabel(xlabel, **WORDS)


# Encoders


def gallery() -> dict[str, bytes]:
    """A picture of each built-in encoder: one digit and one photograph, their spikes, and what a reader gets back."""
    strips = [sample("digits.png"), sample("photographs.png")]
    samples = [_images(strip) for strip in strips]
    samples[0] = samples[0][:, :1]  # a digit is grey
    with styled():
        return {f"encoder-{name}.png": saved(_of_encoder(name, samples)) for name in BUILTIN}


def _images(strip: Any) -> Tensor:
    """The four images of a strip, `[4, C, H, W]` in [-1, 1]."""
    parts = np.stack(np.split(strip, 4, axis=1)).transpose(0, 3, 1, 2)
    return torch.from_numpy(parts.copy()).float() * 2 - 1


def _of_encoder(name: str, samples: Sequence[Tensor]) -> Figure:
    figure = Figure(figsize=(WIDTH, 2.55), layout="constrained")
    panels = figure.subplots(2, 7, width_ratios=(1.0, 2.4, *[0.95] * 5))
    for row, (images, number) in enumerate(zip(samples, (DIGIT, PHOTOGRAPH), strict=True)):
        view = view_of(name, "sample", number, images, images[number : number + 1], STEPS)
        first, raster, *read = panels[row]
        first.imshow(view.image, interpolation="none")
        raster.imshow(raster_colours(view.raster), aspect="auto", interpolation="none")
        of_intensity = view.info.value_range[0] >= 0  # such a code conveys p = (x + 1)/2, and is read back as p
        for axes, step, image in zip(read, view.steps, [*view.readings.values()][-1], strict=True):
            axes.imshow((2 * image - 1).clip(0, 1) if of_intensity else image, interpolation="none")
            bare(axes, "" if row else f"t = {step}")
        bare(first, "" if row else "image")
        bare(raster, "" if row else "its spikes", "step 1 to 16" if row else "")
    return figure


# The idea in five pictures


def idea() -> dict[str, bytes]:
    """Spike, timestep, network, conversion and balancing, fine-tuning; a network of 100 neurons is trained for them."""
    draws = Generator().manual_seed(0)
    _, images, labels, tests, test_labels = plain.digits()
    added, order = plain.contributions(images), plain.schedule(STEPS)
    ends = plain.code_thresholds(added)
    layers = plain.network(images[0].shape, "", [100, 10], draws)
    weights = [layer.weight for layer in layers]
    sgd = SGD(weights, lr=0.02, momentum=0.9, weight_decay=1e-4)
    plain.fit(lambda x: plain.ann(layers, x, draws), sgd, images, labels, 15, draws)
    ann = float(plain.accuracy(plain.ann(layers, tests), test_labels))
    train = plain.encode(added, order, ends)
    with torch.no_grad():
        currents = plain.snn(layers[:1], train, [])
    thresholds = plain.balance(layers, train)

    def outputs(x: Tensor, draws: Generator | None = None) -> Tensor:
        spikes = plain.encode(plain.contributions(x), order, ends)
        return plain.snn(layers, spikes, thresholds, draws=draws).cumsum(0)

    curves = {"straight after balancing": plain.accuracy(outputs(tests), test_labels).tolist()}
    adam = Adam(weights, lr=5e-4, weight_decay=5e-4)
    plain.fit(lambda x: outputs(x, draws)[-1], adam, images, labels, 6, draws)
    curves["after fine-tuning"] = plain.accuracy(outputs(tests), test_labels).tolist()

    one = tests[:1]
    spikes = plain.encode(plain.contributions(one), order, ends)
    with styled():
        return {
            "idea-1.png": saved(_spike()),
            "idea-2.png": saved(_timestep(plain.contributions(one)[order], spikes, ends)),
            "idea-3.png": saved(_network(spikes, layers, thresholds)),
            "idea-4.png": saved(_balancing(currents, thresholds[0])),
            "idea-5.png": saved(_fine_tuning(curves, ann)),
        }


def _spike() -> Figure:
    """The membrane of one neuron that is fed a constant current."""
    threshold, current, steps = 1.0, 0.3, 20
    left, membrane, fired = torch.zeros(()), [], []
    for _ in range(steps):
        u = left + current
        spikes, left = plain.lif(u, threshold)
        membrane.append(float(u))
        fired.append(float(spikes))
    figure = Figure(figsize=(WIDTH, 2.4), layout="constrained")
    axes = figure.subplots()
    t = np.arange(1, steps + 1)
    axes.vlines(t, 0, membrane, color=NEGATIVE, linewidth=6)
    axes.axhline(threshold, color=INK, linewidth=1)
    axes.text(0.6, threshold + 0.03, "threshold θ", fontsize=12)
    axes.plot(t[np.array(fired) > 0], np.full(int(sum(fired)), 1.42), "v", color=POSITIVE, markersize=11)
    axes.text(0.6, 1.42, "spikes", fontsize=12, va="center")
    axes.set(ylim=(0, 1.6), yticks=[0, 1], xticks=[1, 5, 10, 15, 20])
    axes.set_xlabel("timestep", **WORDS)
    axes.set_ylabel("membrane u", **WORDS)
    axes.grid(axis="x", visible=False)
    return figure


def _timestep(added: Tensor, spikes: Tensor, ends: tuple[float, float]) -> Figure:
    """After t steps of one digit: what the encoder was fed, the spikes of step t, and what the network was sent."""
    steps = (1, 2, 3, 4, 8, 16)
    figure = Figure(figsize=(WIDTH, 4.1), layout="constrained")
    panels = figure.subplots(3, len(steps))
    lower, upper = ends
    sent = (upper * (spikes > 0) + lower * (spikes < 0)).cumsum(0)
    for (first, second, third), t in zip(panels.T, steps, strict=True):
        for axes, total in ((first, added.cumsum(0)), (third, sent)):
            axes.imshow(total[t - 1, 0, 0].numpy(), cmap="gray", vmin=-1, vmax=1, interpolation="none")
        second.imshow(raster_colours(spikes[t - 1, 0, 0].numpy()[::-1, :, None])[:, :, 0], interpolation="none")
        for axes, title in ((first, f"t = {t}"), (second, ""), (third, "")):
            bare(axes, title)
    for axes, words in zip(panels[:, 0], ("fed so far", "spikes", "sent so far"), strict=True):
        axes.set_ylabel(words, **WORDS)
    return figure


def _network(spikes: Tensor, layers: Sequence[plain.Layer], thresholds: Sequence[float]) -> Figure:
    """One digit in the network: spikes of the input, of the hidden layer, and the sums of the outputs."""
    with torch.no_grad():
        left, hidden = torch.zeros(()), []
        for x in spikes:
            fired, left = plain.lif(left + layers[0].current(x), thresholds[0])
            hidden.append(fired)
        outputs = torch.stack([layers[1].current(x) for x in hidden]).cumsum(0)[:, 0]
    figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    first, second, last = figure.subplots(1, 3)
    for axes, train, title in ((first, spikes, "64 pixels"), (second, torch.stack(hidden), "100 hidden neurons")):
        axes.imshow(raster_colours(train.flatten(1).T.numpy()), aspect="auto", interpolation="none")
        bare(axes, title, "step 1 to 16")
    best = int(outputs[-1].argmax())
    t = np.arange(1, len(outputs) + 1)
    for number in range(10):
        chosen = number == best
        last.plot(t, outputs[:, number].numpy(), color=POSITIVE if chosen else MUTED, linewidth=2.4 if chosen else 0.8)
    last.set(xticks=[], yticks=[])
    last.set_title(f"10 sums: it is a {best}", loc="center", **WORDS)
    last.set_xlabel("step 1 to 16", **WORDS)
    return figure


def _balancing(currents: Tensor, threshold: float) -> Figure:
    """The inputs of a layer at all timesteps, and the threshold among them."""
    figure = Figure(figsize=(WIDTH, 2.4), layout="constrained")
    axes = figure.subplots()
    values = currents.flatten().numpy()
    axes.hist(values, bins=120, color=NEGATIVE)
    axes.set_yscale("log")
    axes.set_ylim(top=10 * axes.get_ylim()[1])  # room for the words
    for place, words in ((threshold, "99.9 % of the inputs\nare below: θ"), (float(values.max()), "greatest\ninput")):
        axes.axvline(place, color=POSITIVE if place == threshold else MUTED, linewidth=2)
        near = (place, axes.get_ylim()[1]), (-5, -2)
        axes.annotate(words, *near, textcoords="offset points", fontsize=12, ha="right", va="top")
    axes.set_xlabel("input of a hidden neuron at one timestep", **WORDS)
    axes.set_ylabel("how often\n(logarithmic)", **WORDS)
    axes.set_yticks([])
    return figure


def _fine_tuning(curves: Mapping[str, Sequence[float]], ann: float) -> Figure:
    """Accuracy at every timestep before and after fine-tuning, and that of the ANN."""
    figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    axes = figure.subplots()
    for (words, curve), colour, at in zip(curves.items(), (NEGATIVE, POSITIVE), (9, 5), strict=True):
        axes.plot(range(1, len(curve) + 1), curve, "o-", color=colour)
        side, shift = ("left", -12) if at == 9 else ("right", 12)
        axes.annotate(
            words, (at, curve[at - 1]), (0, shift), textcoords="offset points", fontsize=12, ha=side, va="center"
        )
    axes.axhline(ann, color=INK, linewidth=1, linestyle=":")
    axes.text(1, ann + 1, "the ANN", fontsize=12)
    axes.set(xticks=[1, 4, 8, 12, 16], ylim=(None, 106))
    axes.set_xlabel("timestep", **WORDS)
    axes.set_ylabel("accuracy (%)", **WORDS)
    return figure


# A verdict as a number line


def verdict() -> bytes:
    """Published number and margin, our runs, their mean with its interval, and where one more run would fall."""
    (judgement,) = [one for one in harness.judge_claim(EXAMPLE, DOCS.parent / "results/evidence") if one.leads]
    with styled():
        figure = Figure(figsize=(WIDTH, 2.3), layout="constrained")
        axes = figure.subplots()
        published, delta = judgement.published or 0.0, judgement.margin or 0.0
        axes.axvspan(published - delta, published + delta, color=POSITIVE, alpha=0.25, linewidth=0)
        axes.axvline(published, color=POSITIVE, linewidth=2)
        axes.plot(published, 4, "D", color=POSITIVE)
        axes.hlines(4, published - delta, published + delta, color=POSITIVE, linewidth=2)
        rows = {"published ± δ": 4, "five runs": 3, "mean, 95 %": 2, "one more run, 95 %": 1}
        axes.plot(judgement.runs, [3] * len(judgement.runs), "o", color=NEGATIVE, alpha=0.7)
        if judgement.mean is not None:
            axes.plot(judgement.mean, 2, "o", color=NEGATIVE)
            axes.hlines(2, judgement.low, judgement.high, color=NEGATIVE, linewidth=2)
            axes.hlines(1, judgement.prediction_low, judgement.prediction_high, color=NEGATIVE, linewidth=2)
        axes.set_yticks(list(rows.values()), list(rows), fontsize=12)
        axes.set(ylim=(0.4, 4.6))
        axes.tick_params(axis="x", labelsize=12)
        axes.set_xlabel("accuracy on MNIST after 16 steps (%)", **WORDS)
        axes.grid(axis="y", visible=False)
        return saved(figure)


if __name__ == "__main__":
    for file, content in committed().items():
        (DOCS / "pictures" / file).write_bytes(content)
        print(file, len(content))
