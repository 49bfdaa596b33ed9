"""A judgement: one claim at one profile, what we measured, how far it may be compared, and the verdict."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from harness.analysis.words import ANSWERS, Word
from harness.catalogue import Catalogue, Experiment
from harness.catalogue.claim import Claim, Kind, Relation
from harness.config import PROFILES, ProfileName

# What each profile may judge. A claim of another kind is not comparable there. A measurement on trained networks
# holds two readings of one network against each other, as an ordering does two arms.
JUDGES: Mapping[str, frozenset[Kind]] = {
    "smoke": frozenset(),
    "lite": frozenset({"ordering", "measurement"}),
    "short": frozenset({"value", "steps-to-reach"}),
    "paper": frozenset({"value", "ordering", "steps-to-reach", "measurement"}),
}


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One claim at one profile. Accuracies in percent, differences and margins in percentage points.

    `arm` is the arm of a claim, or the greater one of an ordering, whose other arm is `versus` ("ann": its own ANN);
    `profile` is None where no profile has records. A number that does not exist is None.
    `mean`: of the accuracy, of an ordering's difference (greater minus less), or of steps where no run is censored.
    `low` .. `high` is its 95 % interval and `prediction_low` .. `prediction_high` that of one more run, from three
    seeds up; `half_width` is half of the former. `covers`: the sources of variance in the interval.
    `runs`: the figure of each seed. `steps`: the steps of each seed, None for a censored one.
    `balanced`: the mean straight after threshold balancing, before any fine-tuning.
    `margin`, `test`, `why`: δ, the test that decided, and its reason in a sentence; `p` and `p_holm` of an ordering,
    before and after Holm's adjustment over all orderings of the paper.
    `replication`: how often (0..1) an exact replication would be called reproduced, at the spread seen.
    `same`, `other`: control arms that get the same verdict on this number, and another one.
    `beside`: the same difference on the test images, where an ordering is judged on training images.
    `reading`: which reading of the paper comes nearest, where the number was missed and readings were run.
    `reruns`: what other runs say, with fewer deviations or of another reading, where an ordering was missed;
    `undone`: these deviations.
    `twins`: other claims that rest on the same records. `further`: seeds beyond the plan, which judge nothing.
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
    low: float | None = None
    high: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    covers: tuple[str, ...] = ()
    runs: tuple[float, ...] = ()
    steps: tuple[int | None, ...] = ()
    balanced: float | None = None
    optimism: float | None = None
    margin: float | None = None
    test: str = ""
    why: str = ""
    p: float | None = None
    p_holm: float | None = None
    replication: float | None = None
    same: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    beside: str = ""
    reading: str = ""
    reruns: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    further: int = 0
    seeds_done: int
    seeds_planned: int
    comparability: str
    deviations: tuple[str, ...] = ()
    verdict: Word
    detail: str = ""

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose records it rests on: one alone where it is set against its own ANN, trained with it."""
        return tuple(arm for arm in (self.arm, self.versus) if arm and arm != "ann")


def undecided(judgement: Judgement, verdict: Word, why: str) -> Judgement:
    """The judgement as one that answers nothing: it keeps its numbers, and nothing that was decided by them."""
    silent = {"test": "", "margin": None, "reading": "", "p": None, "same": (), "other": (), "replication": None}
    return msgspec.structs.replace(judgement, verdict=verdict, why=why, **silent)


def one_for_each_claim(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Of each claim the judgement that says most about it, in the order of the claims.

    That is an answer before none, then one at a profile that may judge the claim, then one at the larger profile.
    """
    found: dict[str, Judgement] = {}
    for judgement in judgements:
        best = found.setdefault(judgement.id, judgement)
        found[judgement.id] = max(best, judgement, key=_rank)
    return tuple(found.values())


def judged(judgements: Iterable[Judgement]) -> int:
    """How many judgements answer their claim, "inconclusive" included; twins are one."""
    answers = [judgement for judgement in judgements if judgement.verdict in ANSWERS]
    first: set[tuple[str, str | None]] = set()
    for judgement in answers:
        if not any((twin, judgement.profile) in first for twin in judgement.twins):
            first.add((judgement.id, judgement.profile))
    return len(first)


def _rank(judgement: Judgement) -> tuple[bool, bool, int]:
    profile = judgement.profile
    judges = profile is not None and judgement.kind in JUDGES[profile]
    return judgement.verdict in ANSWERS, judges, -1 if profile is None else PROFILES.index(profile)


def deviations_of(claim: Claim, experiment: Experiment, profile: ProfileName) -> tuple[str, ...]:
    """Where the claim's arms at `profile` leave the published recipe, in words, each once; controls too."""
    found: list[str] = []
    for name in claim.arms:
        arm = dataclasses.replace(experiment.arm(name), in_paper=True)  # compared with the paper, be it a control
        found += experiment.deviations(arm, experiment.profile(profile))
    if profile != "paper" and not found:
        found.append(f"the {profile} profile spends less than the published recipe")
    return tuple(dict.fromkeys(found))


def comparability(claim: Claim, profile: ProfileName, deviations: Sequence[str]) -> str:
    """ "exact", "approximate (k deviations)", or "not comparable" where the profile may not judge the claim."""
    if claim.kind not in JUDGES[profile]:
        return "not comparable"
    count = len(deviations)
    return f"approximate ({count} deviation{'s' if count > 1 else ''})" if count else "exact"


def unmeasured(
    claim: Claim, experiment: Experiment, profile: ProfileName, seeds_done: int, seeds_planned: int
) -> Judgement:
    """The judgement of a claim at a profile before any number of ours is in it."""
    deviations = deviations_of(claim, experiment, profile)
    arm, *others = claim.arms
    versus = others or ([claim.baseline] if claim.baseline else [])
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
    names = experiment.profile_names
    nearest = profile if profile in names else names[-1]  # profiles are listed from smoke to paper
    planned = planned_seeds(claim, experiment, nearest) if seeds_planned is None else seeds_planned
    absent = profile is not None and profile not in names
    why = f"{claim.experiment} has no profile {profile}." if absent else "Nobody has run it."
    blank = unmeasured(claim, experiment, nearest, 0, planned)
    return msgspec.structs.replace(blank, profile=profile, verdict="no records", why=why)


def planned_seeds(claim: Claim, experiment: Experiment, profile: ProfileName) -> int:
    """How many seeds are planned for all arms of a claim together."""
    return experiment.seeds_in_common(claim.arms, profile)
