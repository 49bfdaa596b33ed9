"""The arms of an experiment against the first one of as many timesteps, with Holm's adjustment over all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import fmean

from harness.analysis.curves import Cells, Key, difference_of, net_difference_of, seeds_done, values_of
from harness.analysis.differences import in_points
from harness.analysis.statistics import LEAST_SEEDS, Array, Estimate, estimate, holm
from harness.analysis.verdicts import p_in_words
from harness.catalogue import Arm, Experiment, Profile


@dataclass(frozen=True)
class Rival:
    """An arm minus the first one of its T, over all planned seeds.

    `ann`: how far its ANN is above that of the first, in points; 0 where they share one. `p`: after Holm. `raw`: where
    the one is a code of x and the other of p, whose ANNs are trained on other values, the difference itself; `found` is
    then net of each one's own ANN.
    """

    arm: Arm
    found: Estimate
    ann: float
    raw: float | None
    p: float

    def __str__(self) -> str:
        """The arm's title, as far as its T, with the difference in points and its adjusted p."""
        found = self.found
        points = in_points(
            found.mean, found.low, found.high, f", adjusted {p_in_words(self.p)}{ann_in_words(self.ann)}"
        )
        net = "" if self.raw is None else f" net of its own ANN; raw {self.raw:+.2f}"
        return f"{title(self.arm)}, {points}{net}"

    def in_brief(self) -> str:
        """The arm's title, as far as its T, with the difference in points alone."""
        net = "" if self.raw is None else f" net of its own ANN (raw {self.raw:+.2f})"
        return f"{title(self.arm)} {float(self.found.mean):+.2f}{net}"


def title(arm: Arm) -> str:
    """An arm's title, as far as its T."""
    return arm.title.partition(", T = ")[0]


def family(experiment: Experiment) -> int:
    """How many comparisons are planned: every other arm with the first one of its T."""
    return len(experiment.arms) - len({arm.timesteps for arm in experiment.arms})


def rivals(
    cells: Cells, experiment: Experiment, profile: Profile, p_of: Callable[[Estimate, float], Array]
) -> list[Rival]:
    """The rivals at each T whose arms have all planned seeds done, by rising T; none at smoke or below three seeds.

    `p_of`: p of a difference against 0 before adjustment. Holm's family is every comparison planned, done or not.
    """
    planned = experiment.seeds_in_common((arm.name for arm in experiment.arms), profile.name)
    if planned < LEAST_SEEDS or profile.name == "smoke":
        return []
    found: list[tuple[Arm, Estimate, float, float | None]] = []
    for timesteps in sorted({arm.timesteps for arm in experiment.arms}):
        first, *others = (arm for arm in experiment.arms if arm.timesteps == timesteps)
        names = [arm.name for arm in (first, *others)]
        seeds = seeds_done(cells, experiment.name, profile.name, names, planned)
        if seeds.complete:
            keys: dict[str, list[Key]] = {
                name: [(experiment.name, profile.name, name, seed) for seed in seeds.seeds] for name in names
            }
            for arm in others:
                pair = keys[arm.name], keys[first.name]
                difference, raw = difference_of(cells, *pair, timesteps), None
                net = net_difference_of(cells, *pair, timesteps)
                if values_of(arm.encoder) != values_of(first.encoder) and net is not None:
                    difference, raw = net, float(difference.mean)
                found.append((arm, estimate(difference), anns_apart(cells, *pair), raw))
    adjusted = holm([float(p_of(difference, 0.0)) for _, difference, _, _ in found], family(experiment))
    return [Rival(*rival, float(p)) for rival, p in zip(found, adjusted, strict=True)]


def ann_in_words(ann: float) -> str:
    """How far an ANN is above another, in points, as it follows a difference; "" for none."""
    return f"; its ANN differs by {ann:+.2f}" if ann else ""


def anns_apart(cells: Cells, greater: Sequence[Key], less: Sequence[Key]) -> float:
    """The accuracy of one arm's ANN minus that of the other's, the mean over seeds; 0 where a record does not tell."""
    ours, theirs = (fmean(cells.ann.get(key, nan) for key in keys) for keys in (greater, less))
    return 0.0 if isnan(ours - theirs) else ours - theirs
