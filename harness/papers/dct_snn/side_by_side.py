"""Codes side by side: trained at each T, read on the way to their last step, and against the ANNs they began with."""

from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.differences import in_points
from harness.analysis.estimates import estimate
from harness.analysis.outcomes import above_ann, accuracy_of
from harness.analysis.planned_seeds import Cells, Key, seeds_done
from harness.catalogue import Arm, Experiment, Sentence
from harness.config import ProfileName
from harness.papers.dct_snn.experiments import latency_mnist
from harness.papers.dct_snn.rivals import title

CODES = {"dct": "the DCT code", "direct": "direct input", "poisson": "Poisson input"}


def trained_at_few_steps(cells: Cells) -> Iterator[Sentence]:
    """Accuracy of codes that were trained at each T, where all planned seeds of all of them are done."""
    experiment = latency_mnist.EXPERIMENT

    def keys(code: str, timesteps: int) -> list[Key]:
        arm = f"{code}-{timesteps}"
        return [(experiment.name, "paper", arm, seed) for seed in range(experiment.seeds(arm, "paper"))]

    def complete(timesteps: int) -> bool:
        return all(key in cells.accuracy for code in CODES for key in keys(code, timesteps))

    steps = list(filter(complete, latency_mnist.TIMESTEPS))
    if steps:
        found = tuple(
            f"{words} reaches {_listed(f'{accuracy_of(cells, keys(code, t), t).mean:.2f}' for t in steps)} %"
            for code, words in CODES.items()
        )
        yield Sentence(f"Trained at {_listed(map(str, steps))} steps on MNIST", found)


def read_on_the_way(cells: Cells, experiment: Experiment, images: str, steps: Sequence[int]) -> Iterator[Sentence]:
    """Accuracy of all arms after some of their steps, for each profile, smoke apart, that has all seeds of all arms.

    `images`: the data set in words. `steps`: in rising order; the last is the T of every arm.
    """
    for profile, arms in _complete(cells, experiment):
        parts = []
        for arm, keys in arms:
            reached = _listed(f"{accuracy_of(cells, keys, t).mean:.2f}" for t in steps)
            parts.append(f"{title(arm)} stands at {reached} %")
        trained = f"{experiment.name}, {profile} profile; trained for {steps[-1]}"
        yield Sentence(f"Read after {_listed(map(str, steps))} steps on {images} ({trained})", tuple(parts))


def from_own_ann(cells: Cells, experiment: Experiment, images: str) -> Iterator[Sentence]:
    """How far each arm is above the ANN that it was converted from after its last step, where all of them tell.

    Codes of p = (x + 1)/2 begin with another ANN than those of x. Profiles and `images` as in `read_on_the_way`.
    """
    for profile, arms in _complete(cells, experiment):
        apart = [(title(arm), from_ann(cells, keys, arm.timesteps)) for arm, keys in arms]
        if all(points for _, points in apart):
            where = f"on {images} ({experiment.name}, {profile} profile; intervals over seeds alone)"
            parts = tuple(f"{name}, {points}" for name, points in apart)
            yield Sentence(f"After its last step a code differs from its own ANN {where} by", parts)


def from_ann(cells: Cells, keys: Sequence[Key], timestep: int) -> str:
    """How far one arm is above the ANN it was converted from, in points; "" where a record does not tell."""
    outcomes = above_ann(cells, keys, timestep)
    if outcomes is None:
        return ""
    found = estimate(outcomes)
    return in_points(found.mean, found.low, found.high)


def _complete(cells: Cells, experiment: Experiment) -> Iterator[tuple[ProfileName, list[tuple[Arm, list[Key]]]]]:
    """Each profile, smoke apart, that has all planned seeds of all arms, with the keys of each arm."""
    name, arms = experiment.name, experiment.arms
    names = [arm.name for arm in arms]
    for profile in experiment.profile_names:
        seeds = seeds_done(cells, name, profile, names, experiment.seeds_in_common(names, profile))
        if profile != "smoke" and seeds.complete:
            yield profile, [(arm, [(name, profile, arm.name, seed) for seed in seeds.seeds]) for arm in arms]


def _listed(words: Iterable[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
