"""Which published networks have evidence at their own size: the paper profile's network on the paper profile's map."""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.frame import Loaded
from harness.analysis.judgement import JUDGES
from harness.catalogue import Experiment


def without_own_size(experiments: Sequence[Experiment], loaded: Loaded) -> Mapping[str, tuple[str, ...]]:
    """Published networks that no finished cell has trained at their own size, with the experiments they are of.

    A cell counts at every profile that judges something and has that size, whatever its schedule.
    """
    done = loaded.cells[loaded.cells["status"] == "done"]
    trained = set(zip(done["experiment"], done["profile"], strict=True))
    found: dict[str, dict[str, bool]] = {}
    for experiment in experiments:
        for network, profiles in _of_own_size(experiment):
            found.setdefault(network, {})[experiment.name] = any(
                (experiment.name, name) in trained for name in profiles
            )
    return {network: tuple(names) for network, names in found.items() if not any(names.values())}


def _of_own_size(experiment: Experiment) -> Iterator[tuple[str, list[str]]]:
    """The published network of an experiment, if it has one, and the profiles that train it at its own size."""
    for paper in experiment.profiles:
        if paper.name == "paper":
            judging = [profile for profile in experiment.profiles if JUDGES[profile.name]]
            size = paper.network, paper.encoder
            yield paper.network.name, [p.name for p in judging if (p.network, p.encoder) == size]
