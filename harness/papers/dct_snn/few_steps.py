"""The sentences on few steps: codes trained at each T on MNIST, and codes read on the way to their last step."""

from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.outcomes import accuracy_of
from harness.analysis.planned_seeds import Cells, Key, seeds_done
from harness.catalogue import Experiment, Sentence
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
    names = [arm.name for arm in experiment.arms]
    for profile in experiment.profiles:
        planned = experiment.seeds_in_common(names, profile.name)
        seeds = seeds_done(cells, experiment.name, profile.name, names, planned)
        if profile.name == "smoke" or not seeds.complete:
            continue
        parts = []
        for arm in experiment.arms:
            keys: list[Key] = [(experiment.name, profile.name, arm.name, seed) for seed in seeds.seeds]
            reached = _listed(f"{accuracy_of(cells, keys, t).mean:.2f}" for t in steps)
            parts.append(f"{title(arm)} stands at {reached} %")
        trained = f"{experiment.name}, {profile.name} profile; trained for {steps[-1]}"
        yield Sentence(f"Read after {_listed(map(str, steps))} steps on {images} ({trained})", tuple(parts))


def _listed(words: Iterable[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
