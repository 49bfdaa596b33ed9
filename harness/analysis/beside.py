"""What stands beside a verdict: controls that get the same one, the nearest reading, claims on the same records."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from harness.analysis.crossed import Outcomes
from harness.analysis.judgement import Judgement
from harness.analysis.outcomes import accuracy_of, percent_at
from harness.analysis.planned_seeds import Cells, Key
from harness.analysis.value_rules import Value, specificity
from harness.catalogue import Arm, Catalogue, Experiment


def specificity_of(judgement: Judgement, cells: Cells, catalogue: Catalogue, value: Value) -> Judgement:
    """The judgement with the control arms that get the same verdict on its number, and those that get another.

    A number that every code reaches says nothing about the code.
    """
    found = specificity(judgement.verdict, dict(_controls(judgement, cells, catalogue)), value)
    return replace(judgement, same=found.same, other=found.other)


def _controls(judgement: Judgement, cells: Cells, catalogue: Catalogue) -> Iterator[tuple[str, Outcomes]]:
    """Controls with the data, network and number of timesteps of the judged arm; equal computations once."""
    home = catalogue.experiment(judgement.experiment)
    paper, profile = catalogue.paper_of(judgement.experiment), str(judgement.profile)
    others = [e for e in (paper.experiments if paper else ()) if e is not home and e.dataset == home.dataset]
    seen: set[str] = set()
    for experiment in (home, *others):
        if not _same_network(home, experiment, profile):
            continue
        for arm in experiment.planned:
            if arm.in_paper or arm.timesteps != home.arm(judgement.arm).timesteps:
                continue
            keys = _done(cells, experiment, arm, profile)
            prints = {cells.fingerprint[key] for key in keys}
            if keys and not prints & seen:
                seen |= prints
                name = arm.name if experiment is home else f"{arm.name} of {experiment.name}"
                yield name, accuracy_of(cells, keys, judgement.timestep)


def _same_network(home: Experiment, other: Experiment, profile: str) -> bool:
    networks = [known.network for e in (home, other) for known in e.profiles if known.name == profile]
    return len(networks) == 2 and networks[0] == networks[1]


def _done(cells: Cells, experiment: Experiment, arm: Arm, profile: str) -> list[Key]:
    """The keys of the planned seeds; none where one of them is not done."""
    planned = range(experiment.seeds(arm.name, profile))
    keys: list[Key] = [(experiment.name, profile, arm.name, seed) for seed in planned]
    return keys if all(key in cells.accuracy for key in keys) else []


def nearest_reading(judgement: Judgement, cells: Cells, catalogue: Catalogue) -> str:
    """Which reading of the paper comes nearest to a number that was missed, in a sentence; empty where none was run.

    Readings are the paper's arms, on the same network, of experiments that show the number as a context row of no arm.
    """
    if judgement.verdict not in ("higher", "lower") or judgement.published is None:
        return ""
    shown_in = {claim.experiment for claim in catalogue.claims if claim.judged_as == judgement.id and not claim.prints}
    found = []
    for name in sorted(shown_in - {judgement.experiment}):
        experiment = catalogue.experiment(name)
        if not _same_network(catalogue.experiment(judgement.experiment), experiment, str(judgement.profile)):
            continue
        for arm in experiment.planned:
            keys = _done(cells, experiment, arm, str(judgement.profile)) if arm.in_paper else []
            if keys and arm.timesteps == judgement.timestep:
                mean = float(np.mean(percent_at(cells, keys, judgement.timestep)))
                found.append((abs(mean - judgement.published), arm, mean, name))
    if not found:
        return ""
    _, arm, mean, name = min(found, key=lambda one: (one[0], one[1].name))
    return f"Of the readings in {name}, {arm.name} comes nearest to {judgement.published:g}: {mean:.2f}."


def with_twins(judgements: Sequence[Judgement], cells: Cells) -> tuple[Judgement, ...]:
    """Judgements with the ids of others that hold the same computations against the same number."""
    evidence = [_evidence(judgement, cells) for judgement in judgements]
    alike: dict[tuple[object, ...], list[str]] = {}
    for judgement, rests_on in zip(judgements, evidence, strict=True):
        if rests_on is not None:
            alike.setdefault(rests_on, []).append(judgement.id)
    return tuple(
        judgement
        if rests_on is None
        else replace(judgement, twins=tuple(one for one in alike[rests_on] if one != judgement.id))
        for judgement, rests_on in zip(judgements, evidence, strict=True)
    )


def _evidence(judgement: Judgement, cells: Cells) -> tuple[object, ...] | None:
    """What a judgement is about: kind, relation, timestep, published number, images, and the fingerprints of its arms'
    planned seeds; None where one of them is not done."""
    keys = [
        (judgement.experiment, str(judgement.profile), arm, seed)
        for arm in judgement.arms
        for seed in range(judgement.seeds_planned)
    ]
    if not keys or not all(key in cells.accuracy for key in keys):
        return None
    prints = tuple(cells.fingerprint[key] for key in keys)
    against = (judgement.relation, judgement.versus == "ann", judgement.beside)
    return judgement.kind, judgement.timestep, judgement.published, against, prints
