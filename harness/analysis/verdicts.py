"""What our records say about each claim.

Numbers (values, steps to reach) are judged at the paper profile alone, orderings at lite and paper, and smoke
judges nothing. Context rows are published numbers of others and get no judgement.
"""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from harness.analysis.frame import Loaded
from harness.analysis.judgement import Judgement, judged, unmeasured, without_records
from harness.analysis.measures import adjusted, with_ordering, with_steps, with_value
from harness.analysis.planned_seeds import Cells, index, profiles_with_records, standing
from harness.analysis.rules import Verdict
from harness.catalogue import Catalogue
from harness.catalogue.claim import Claim
from harness.config import ProfileName

__all__ = ["Judgement", "Verdict", "judge", "judged"]


def judge(
    loaded: Loaded,
    catalogue: Catalogue,
    claims: Sequence[Claim] | None = None,
    *,
    profile: ProfileName | None = None,
    seeds_planned: int | None = None,
) -> tuple[Judgement, ...]:
    """One judgement per claim and per profile that has records of it, or one of "no records".

    `claims`: all of the catalogue where None. `profile` restricts to one; `seeds_planned` replaces the number that
    the profile plans. Holm's family is the orderings of one paper at one profile among `claims`: to show a selection,
    judge all claims and select afterwards.
    """
    cells, found = index(loaded), list[Judgement]()
    for paper in catalogue.papers:
        mine = {experiment.name for experiment in paper.experiments}
        judgements = []
        for claim in catalogue.claims if claims is None else claims:
            if claim.experiment in mine and claim.kind != "context":
                judgements += _of_claim(cells, claim, catalogue, profile, seeds_planned)
        found += adjusted(judgements)
    return tuple(found)


def _of_claim(
    cells: Cells, claim: Claim, catalogue: Catalogue, profile: ProfileName | None, seeds_planned: int | None
) -> list[Judgement]:
    experiment = catalogue.experiment(claim.experiment)
    found = profiles_with_records(cells, experiment, claim.arms)
    wanted = [name for name in found if profile in (None, name)]
    return [_judgement(cells, claim, catalogue, name, seeds_planned) for name in wanted] or [
        without_records(claim, catalogue, profile, seeds_planned)
    ]


def _judgement(
    cells: Cells, claim: Claim, catalogue: Catalogue, profile: ProfileName, seeds_planned: int | None
) -> Judgement:
    experiment = catalogue.experiment(claim.experiment)
    planned = experiment.profile(profile).seeds if seeds_planned is None else seeds_planned
    state = standing(cells, claim.experiment, profile, claim.arms, planned)
    blank = unmeasured(claim, experiment, profile, len(state.seeds), planned)
    blank = replace(blank, detail="; ".join(state.gaps))
    if profile == "smoke":
        return replace(blank, verdict="not comparable", detail="smoke runs are never judged")
    images = catalogue.test_images(claim.experiment) or 0
    measured = _measured(blank, claim, cells, state.seeds, images) if state.seeds else blank
    if blank.comparability == "not comparable":
        return replace(measured, verdict="not comparable")
    # Without its p an incomplete ordering stays out of Holm's family.
    return measured if state.complete else replace(measured, verdict="incomplete", p=None)


def _measured(blank: Judgement, claim: Claim, cells: Cells, seeds: Sequence[int], images: int) -> Judgement:
    keys = [[(claim.experiment, str(blank.profile), arm, seed) for seed in seeds] for arm in claim.arms]
    curves = [np.stack([cells.accuracy[key] for key in of_arm]) for of_arm in keys]
    at_timestep = [curve[:, blank.timestep - 1] for curve in curves]
    if claim.kind == "ordering":
        return with_ordering(blank, at_timestep[0] - at_timestep[1])
    if claim.kind == "steps-to-reach":
        return with_steps(blank, claim, curves[0])
    # Optimism was measured where epochs were compared: at the last timestep.
    last = blank.timestep == curves[0].shape[1]
    optimism = np.array([cells.optimism[key] if last else np.nan for key in keys[0]])
    return with_value(blank, claim, at_timestep[0], optimism, images)
