"""A judgement: one claim at one profile, what we measured, how far it may be compared, and the verdict."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from harness.analysis.rules import JUDGED, Verdict
from harness.catalogue import Catalogue, Experiment
from harness.catalogue.claim import Claim, Kind, Relation
from harness.config import ProfileName


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One claim at one profile. Accuracies in percent, differences and margins in percentage points.

    `arm` is the arm of a claim, or the greater one of an ordering, whose other arm is `versus`;
    `profile` is None where no profile has records. A number that does not exist is None.
    `mean` ± `half_width` is the 95 % interval of the mean (of steps, for steps-to-reach without censored runs);
    `steps` are the steps of each seed, None for a censored one; `binomial_error` is the published number's.
    `difference_low` .. `difference_high` is the plain 95 % paired interval; the verdict goes by `p_holm`,
    Holm's adjustment of `p` over all orderings tested at this profile in the same call of `judge`.
    `seeds_done` counts the seeds used: more than `seeds_planned` where further ones were run.
    `detail` quotes what became of the seeds that are not done.
    """

    id: str
    experiment: str
    profile: ProfileName | None
    arm: str
    versus: str | None = None
    relation: Relation | None = None
    timestep: int
    kind: Kind
    unit: Literal["percent", "steps"]
    published: float | None
    mean: float | None = None
    sd: float | None = None
    half_width: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    binomial_error: float | None = None
    margin: float | None = None
    optimism: float | None = None
    steps: tuple[int | None, ...] = ()
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    signs: tuple[int, ...] = ()
    seeds_done: int
    seeds_planned: int
    comparability: str
    deviations: tuple[str, ...] = ()
    verdict: Verdict
    detail: str = ""


def judged(judgements: Iterable[Judgement]) -> int:
    """How many judgements answer their claim, "inconclusive" included: the number to state beside them."""
    return sum(judgement.verdict in JUDGED for judgement in judgements)


def deviations_of(claim: Claim, experiment: Experiment, profile: ProfileName) -> tuple[str, ...]:
    """Where the claim's arms at `profile` leave the published recipe, in words, each once."""
    found = list(experiment.profile(profile).deviations)
    for name in claim.arms:
        found += experiment.arm(name).deviations
    if profile != "paper" and not found:
        found.append(f"the {profile} profile spends less than the published recipe")
    return tuple(dict.fromkeys(found))


def comparability(claim: Claim, profile: ProfileName, deviations: Sequence[str]) -> str:
    """ "exact", "approximate (k deviations)", or "not comparable" where the profile may not judge the claim."""
    if profile == "smoke" or (profile == "lite" and claim.kind != "ordering"):
        return "not comparable"
    count = len(deviations)
    return f"approximate ({count} deviation{'s' if count > 1 else ''})" if count else "exact"


def unmeasured(
    claim: Claim, experiment: Experiment, profile: ProfileName, seeds_done: int, seeds_planned: int
) -> Judgement:
    """The judgement of a claim at a profile before any number of ours is in it."""
    deviations = deviations_of(claim, experiment, profile)
    arm, *versus = claim.arms
    return Judgement(
        id=claim.id,
        experiment=claim.experiment,
        profile=profile,
        arm=arm,
        versus=versus[0] if versus else None,
        relation=claim.relation if claim.kind == "ordering" else None,
        timestep=claim.judged_timestep,
        kind=claim.kind,
        unit=claim.unit,
        published=claim.published,
        seeds_done=seeds_done,
        seeds_planned=seeds_planned,
        comparability=comparability(claim, profile, deviations),
        deviations=deviations,
        verdict="inconclusive",
    )


def without_records(
    claim: Claim, catalogue: Catalogue, profile: ProfileName | None, seeds_planned: int | None
) -> Judgement:
    """The judgement where nothing was run, described as the paper profile would be."""
    experiment = catalogue.experiment(claim.experiment)
    names = [known.name for known in experiment.profiles]
    nearest = profile if profile in names else names[-1]  # profiles are listed from smoke to paper
    planned = experiment.profile(nearest).seeds if seeds_planned is None else seeds_planned
    detail = f"{claim.experiment} has no profile {profile}" if profile and profile not in names else ""
    blank = unmeasured(claim, experiment, nearest, 0, planned)
    return msgspec.structs.replace(blank, profile=profile, verdict="no records", detail=detail)
