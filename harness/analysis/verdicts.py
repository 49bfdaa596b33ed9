"""What our records say about each claim.

Numbers (values, steps to reach) are judged at the paper profile alone, orderings at lite and paper, and smoke
judges nothing. Context rows are published numbers of others and get no judgement.
"""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from harness.analysis.claims import Claim
from harness.analysis.frame import Loaded
from harness.analysis.judgement import Judgement, judged, unmeasured, without_records
from harness.analysis.measures import adjusted, with_ordering, with_steps, with_value
from harness.analysis.planned_seeds import Cells, index, profiles_with_records, standing
from harness.analysis.rules import Verdict
from harness.config import ProfileName
from harness.papers.dct_snn import experiments

__all__ = ["Judgement", "Verdict", "judge", "judged"]


def judge(
    loaded: Loaded,
    claims: Sequence[Claim],
    *,
    profile: ProfileName | None = None,
    seeds_planned: int | None = None,
) -> tuple[Judgement, ...]:
    """One judgement per claim and per profile that has records of it, or one of "no records".

    `profile` restricts to one; `seeds_planned` replaces the number that the profile plans. Holm's family is
    the orderings among `claims`: to show a selection, judge all claims and select afterwards.
    """
    cells = index(loaded)
    judgements = []
    for claim in claims:
        if claim.kind == "context":
            continue
        found = profiles_with_records(cells, claim.experiment, claim.arms)
        wanted = [name for name in found if profile in (None, name)]
        judgements += [_judgement(cells, claim, name, seeds_planned) for name in wanted]
        if not wanted:
            judgements.append(without_records(claim, profile, seeds_planned))
    return adjusted(judgements)


def _judgement(cells: Cells, claim: Claim, profile: ProfileName, seeds_planned: int | None) -> Judgement:
    plan = experiments.profile_of(experiments.get(claim.experiment), profile).seeds
    planned = plan if seeds_planned is None else seeds_planned
    state = standing(cells, claim.experiment, profile, claim.arms, planned)
    blank = replace(unmeasured(claim, profile, len(state.seeds), planned), detail="; ".join(state.gaps))
    if profile == "smoke":
        return replace(blank, verdict="not comparable", detail="smoke runs are never judged")
    measured = _measured(blank, claim, cells, state.seeds) if state.seeds else blank
    if blank.comparability == "not comparable":
        return replace(measured, verdict="not comparable")
    # Without its p an incomplete ordering stays out of Holm's family.
    return measured if state.complete else replace(measured, verdict="incomplete", p=None)


def _measured(blank: Judgement, claim: Claim, cells: Cells, seeds: Sequence[int]) -> Judgement:
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
    return with_value(blank, claim, at_timestep[0], optimism)
