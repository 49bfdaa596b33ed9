"""Codes side by side: trained at each T, read on the way to their last step, and against the ANNs they began with."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from harness.analysis.curves import Cells, Key, above_ann, accuracy_of, area, seeds_done
from harness.analysis.differences import in_points
from harness.analysis.statistics import Estimate, estimate
from harness.catalogue import Arm, Experiment, Sentence
from harness.config import ProfileName
from harness.papers.dct_snn.experiments import LATENCY_MNIST, LATENCY_STEPS
from harness.papers.dct_snn.findings.rivals import title

CODES = {"dct": "the DCT code", "direct": "direct input", "poisson": "Poisson input"}


def trained_at_few_steps(cells: Cells) -> Iterator[Sentence]:
    """Accuracy of codes that were trained at each T, where all planned seeds of all of them are done."""
    experiment = LATENCY_MNIST

    def keys(code: str, timesteps: int) -> list[Key]:
        arm = f"{code}-{timesteps}"
        return [(experiment.name, "paper", arm, seed) for seed in range(experiment.seeds(arm, "paper"))]

    def done(timesteps: int) -> bool:
        return all(key in cells.accuracy for code in CODES for key in keys(code, timesteps))

    steps = list(filter(done, LATENCY_STEPS))
    if steps:
        found = {code: [f"{accuracy_of(cells, keys(code, t), t).mean:.2f}" for t in steps] for code in CODES}
        parts = tuple(f"{CODES[code]} reaches {listed(means)} %" for code, means in found.items())
        fewest = "; ".join(f"{CODES[code]} {means[0]}" for code, means in found.items())
        brief = f"Trained at {steps[0]} steps on MNIST, in per cent: {fewest}."
        yield Sentence(f"Trained at {listed(map(str, steps))} steps on MNIST", parts, brief=brief)


def read_on_the_way(cells: Cells, experiment: Experiment, images: str, steps: Sequence[int]) -> Iterator[Sentence]:
    """Accuracy of all arms after some of their steps, for each profile, smoke apart, that has all seeds of all arms.

    With its average over the logarithm of time, the area under the curve, which sums up all steps in one number.
    `images`: the data set in words. `steps`: in rising order; the last is the T of every arm.
    """
    for profile, arms in complete(cells, experiment):
        found = {title(arm): [f"{accuracy_of(cells, keys, t).mean:.2f}" for t in steps] for arm, keys in arms}
        areas = {title(arm): 100 * float(np.mean([area(cells.accuracy[key]) for key in keys])) for arm, keys in arms}
        parts = tuple(
            f"{name} stands at {listed(means)} %, on average over the logarithm of time at {areas[name]:.1f} %"
            for name, means in found.items()
        )
        fewest = "; ".join(f"{name} {means[0]}" for name, means in found.items())
        brief = f"Read after {steps[0]} of {steps[-1]} steps on {images} ({profile} profile), in per cent: {fewest}."
        trained = f"{experiment.name}, {profile} profile; trained for {steps[-1]}"
        text = f"Read after {listed(map(str, steps))} steps on {images} ({trained})"
        yield Sentence(text, parts, brief=brief)


def from_own_ann(cells: Cells, experiment: Experiment, images: str) -> Iterator[Sentence]:
    """How far each arm is above the ANN that it was converted from after its last step, where all of them tell.

    Codes of p = (x + 1)/2 begin with another ANN than those of x. Profiles and `images` as in `read_on_the_way`.
    """
    for profile, arms in complete(cells, experiment):
        apart = [(title(arm), from_ann(cells, keys, arm.timesteps)) for arm, keys in arms]
        told = [(name, found) for name, found in apart if found is not None]
        if len(told) == len(apart):
            where = f"on {images} ({experiment.name}, {profile} profile; intervals over seeds alone)"
            parts = tuple(f"{name}, {in_points(found.mean, found.low, found.high)}" for name, found in told)
            means = "; ".join(f"{name} {float(found.mean):+.2f}" for name, found in told)
            brief = f"Points above its own ANN on {images} ({profile} profile): {means}."
            yield Sentence(f"After its last step a code differs from its own ANN {where} by", parts, brief=brief)


def from_ann(cells: Cells, keys: Sequence[Key], timestep: int) -> Estimate | None:
    """How far one arm is above the ANN it was converted from, in points; None where a record does not tell."""
    outcomes = above_ann(cells, keys, timestep)
    return None if outcomes is None else estimate(outcomes)


def complete(cells: Cells, experiment: Experiment) -> Iterator[tuple[ProfileName, list[tuple[Arm, list[Key]]]]]:
    """Each profile, smoke apart, that has all planned seeds of all arms, with the keys of each arm."""
    name, arms = experiment.name, experiment.arms
    names = [arm.name for arm in arms]
    for profile in experiment.profile_names:
        seeds = seeds_done(cells, name, profile, names, experiment.seeds_in_common(names, profile))
        if profile != "smoke" and seeds.complete:
            yield profile, [(arm, [(name, profile, arm.name, seed) for seed in seeds.seeds]) for arm in arms]


def listed(words: Iterable[str]) -> str:
    """The words with commas, and "and" before the last."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
