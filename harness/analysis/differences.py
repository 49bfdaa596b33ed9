"""Differences between arms of one experiment, paired by seed: at the last step, and along fine-tuning.

An arm that `--encoder` added is compared with every other arm. Without one, every arm is compared with a reference:
the first arm with as many timesteps, or else the first arm of all. Along fine-tuning an interval covers the seeds
alone, also at the end: during training, records count the right answers, but do not keep which images they are of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.cells import Cell, Loaded, difference_of, net_difference_of, of_one_kind
from harness.analysis.statistics import Interval, Outcomes, outcomes_without_images
from harness.catalogue import Arm, Experiment
from harness.config import ProfileName


@dataclass(frozen=True, kw_only=True)
class Difference(Interval):
    """Accuracy of `arm` minus that of `versus` after `timestep` steps, in percentage points, of each seed that both
    have finished. `planned`: the number of planned seeds.
    """

    experiment: str
    profile: ProfileName
    arm: str
    versus: str
    timestep: int
    planned: int
    raw: float | None = None


@dataclass(frozen=True)
class AlongTraining:
    """Accuracy of `arm` minus that of `versus`, both of `timesteps` steps, by fraction (0..1) of fine-tuning,
    ascending.

    `planned`: the number of planned seeds. Every reading is of the same seeds, so that a change is never one of seeds.
    """

    arm: str
    versus: str
    timesteps: int
    planned: int
    readings: Mapping[float, Interval]

    @property
    def name(self) -> str:
        """Both arms, as a difference."""
        return f"{self.arm} − {self.versus}"

    @property
    def seeds(self) -> int:
        """The number of planned seeds that both arms have finished."""
        return len(next(iter(self.readings.values())).runs)


def pairs(arms: Sequence[Arm]) -> Iterator[tuple[Arm, Arm]]:
    """The arms that are compared: (arm, versus)."""
    added = [arm for arm in arms if arm.added]
    for place, newcomer in enumerate(added):
        yield from ((newcomer, versus) for versus in arms if versus not in added[: place + 1])
    if added:
        return
    for arm in arms[1:]:
        alike = next(versus for versus in arms if versus.timesteps == arm.timesteps)
        yield arm, arms[0] if alike is arm else alike


def _paired(
    loaded: Loaded, experiment: Experiment, profile: ProfileName, arms: Sequence[Arm]
) -> Iterator[tuple[Arm, Arm, int, Sequence[Cell], Sequence[Cell]]]:
    """The pairs of some arms, each with its number of planned seeds and the cells of those that both have finished.

    Empty for smoke, which is never judged.
    """
    for arm, versus in pairs(arms) if profile != "smoke" else ():
        names = arm.name, versus.name
        planned = experiment.seeds_in_common(names, profile)
        ours, theirs = loaded.planned(experiment.name, profile, names, planned).arms
        yield arm, versus, planned, ours, theirs


def comparable_difference(
    arm: Arm, versus: Arm, ours: Sequence[Cell], theirs: Sequence[Cell], timestep: int
) -> tuple[Outcomes, float | None]:
    """The difference of two arms; and the mean raw difference, if the first is net of the ANNs (else None).

    A code of x and a code of p have different ANNs: they are compared net of these if the records have the ANNs'
    accuracies. So are plug-ins, unless they share the ANN.
    """
    raw = difference_of(ours, theirs, timestep)
    alike = of_one_kind((arm.encoder, versus.encoder), ours, theirs)
    net = None if alike else net_difference_of(ours, theirs, timestep)
    return (raw, None) if net is None else (net, float(raw.mean))


def differences(loaded: Loaded, experiment: Experiment, profile: ProfileName) -> tuple[Difference, ...]:
    """The differences of the arms that have finished seeds in common."""
    arms = [arm for arm in experiment.arms if loaded.done(experiment.name, profile, arm.name)]
    gaps = []
    for arm, versus, planned, ours, theirs in _paired(loaded, experiment, profile, arms):
        step = min(arm.timesteps, versus.timesteps)
        if ours:
            place = {"experiment": experiment.name, "profile": profile, "arm": arm.name, "versus": versus.name}
            apart, raw = comparable_difference(arm, versus, ours, theirs, step)
            gaps.append(Difference.of(apart, **place, timestep=step, planned=planned, raw=raw))
    return tuple(gaps)


def along_training(loaded: Loaded, experiment: Experiment, profile: ProfileName) -> tuple[AlongTraining, ...]:
    """The pairs of arms with equal timesteps whose common planned seeds have readings during training."""
    arms = [a for a in experiment.arms if any(c.readings for c in loaded.done(experiment.name, profile, a.name))]
    courses = []
    for arm, versus, planned, ours, theirs in _paired(loaded, experiment, profile, arms):
        apart = [
            {at: cell.readings[at] - reference.readings[at] for at in cell.readings if at in reference.readings}
            for cell, reference in zip(ours, theirs, strict=True)
        ]
        # All fractions that at least one common seed has. A seed that lacks one of them is left out completely.
        fractions = sorted({at for of_seed in apart for at in of_seed})
        whole = [of_seed for of_seed in apart if len(of_seed) == len(fractions) > 0]
        if arm.timesteps == versus.timesteps and whole:
            readings = {
                at: Interval.of(outcomes_without_images([of_seed[at] for of_seed in whole], lowest=-100.0))
                for at in fractions
            }
            courses.append(AlongTraining(arm.name, versus.name, arm.timesteps, planned, readings))
    return tuple(courses)
