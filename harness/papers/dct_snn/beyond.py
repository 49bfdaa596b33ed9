"""Whether anything beats the paper's cyclic 4×4 code: a sentence from the records of `dct-beyond`."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import isnan, nan
from statistics import fmean

from harness.analysis.estimates import ALPHA, LEAST_SEEDS, Estimate, estimate, p_above
from harness.analysis.family import holm
from harness.analysis.outcomes import difference_of
from harness.analysis.planned_seeds import Cells, Key, seeds_done
from harness.catalogue import Arm, Experiment, Profile
from harness.papers.dct_snn.experiments.dct_beyond import TIMESTEPS


@dataclass(frozen=True)
class Rival:
    """An arm minus cyclic at the same T, over all planned seeds.

    `ann`: how far its ANN is above that of cyclic, in points; 0 where they share one. `p`: Holm's, that the arm is not
    above cyclic.
    """

    arm: Arm
    found: Estimate
    ann: float
    p: float

    def __str__(self) -> str:
        """The arm's title, as far as its T, with the difference in points and its adjusted p."""
        found = self.found
        name = self.arm.title.rpartition(", T = ")[0]
        own = f"; its ANN differs by {self.ann:+.2f}" if self.ann else ""
        interval = f"95 %: {found.low:+.2f} to {found.high:+.2f}, adjusted p = {self.p:.2g}"
        return f"{name}, {found.mean:+.2f} points ({interval}{own})"


def beats_cyclic(cells: Cells, experiment: Experiment, images: str, varied: str) -> Iterator[str]:
    """The sentence for each profile of `experiment`, smoke apart, that has all seeds of all arms at one T or more.

    `images`: the data set in words. `varied`: in what the arms differ from cyclic, in words. Holm's family is every
    other arm at every T, whether it is done or not.
    """
    for profile in experiment.profiles:
        if profile.name == "smoke":
            continue
        by_steps = groupby(_rivals(cells, experiment, profile), key=lambda rival: rival.arm.timesteps)
        if parts := [_at(timesteps, list(rivals)) for timesteps, rivals in by_steps]:
            yield (
                f"Does another {varied} beat cyclic 4×4 on {images} ({profile.name} profile; p adjusted by Holm for "
                f"{_family(experiment)} comparisons)? {'. '.join(parts)}."
            )


def _at(timesteps: int, rivals: list[Rival]) -> str:
    better = [rival for rival in rivals if rival.p <= ALPHA]
    if better:
        return f"At {timesteps} steps yes: {'; '.join(map(str, better))}"
    best = max(rivals, key=lambda rival: float(rival.found.mean))
    return f"At {timesteps} steps none is shown to; the best is {best}"


def _family(experiment: Experiment) -> int:
    """How many comparisons are planned: every other arm with the cyclic one of its T."""
    return len(experiment.arms) - len(TIMESTEPS)


def _rivals(cells: Cells, experiment: Experiment, profile: Profile) -> list[Rival]:
    """Every arm at each T whose arms have all their planned seeds done, by rising T."""
    planned = experiment.seeds_in_common((arm.name for arm in experiment.arms), profile.name)
    if planned < LEAST_SEEDS:
        return []
    found: list[tuple[Arm, Estimate, float]] = []
    for timesteps in TIMESTEPS:
        cyclic, *others = (arm for arm in experiment.arms if arm.timesteps == timesteps)
        names = [arm.name for arm in (cyclic, *others)]
        seeds = seeds_done(cells, experiment.name, profile.name, names, planned)
        if seeds.complete:
            keys: dict[str, list[Key]] = {
                name: [(experiment.name, profile.name, name, seed) for seed in seeds.seeds] for name in names
            }
            for arm in others:
                difference = difference_of(cells, keys[arm.name], keys[cyclic.name], timesteps)
                found.append((arm, estimate(difference), _apart(cells, keys[arm.name], keys[cyclic.name])))
    adjusted = holm([float(p_above(difference, 0.0)) for _, difference, _ in found], _family(experiment))
    return [Rival(*rival, float(p)) for rival, p in zip(found, adjusted, strict=True)]


def _apart(cells: Cells, greater: list[Key], less: list[Key]) -> float:
    """The accuracy of one arm's ANN minus that of the other's, the mean over seeds; 0 where a record does not tell."""
    ours, theirs = (fmean(cells.ann.get(key, nan) for key in keys) for keys in (greater, less))
    return 0.0 if isnan(ours - theirs) else ours - theirs
