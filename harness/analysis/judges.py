"""Judgements: what our records say about each claim, one judge for each type of claim.

A type of claim is judged by one function that is registered for it: `_measured` where records of trained cells decide,
`_judged` where nothing is trained. Which profile may judge what: `JUDGES`. Context rows are shown and not judged.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from harness.analysis.curves import (
    Cells,
    above_ann,
    accuracy_of,
    balanced_at,
    difference_of,
    index,
    net_difference_of,
    percent_at,
    profiles_with_records,
    seeds_done,
    shifted,
    steps_label,
    steps_to_reach,
    train_difference_of,
    values_of,
)
from harness.analysis.frame import Curve, Key, Loaded, Measurement
from harness.analysis.statistics import (
    LEAST_SEEDS,
    Estimate,
    Images,
    Outcomes,
    difference_margin,
    estimate,
    holm,
    outcomes_without_images,
    replication_rate,
    value_margin,
)
from harness.analysis.verdicts import (
    VERDICTS,
    ClaimedDifference,
    Finding,
    Word,
    judge_ordering,
    judge_steps,
    judge_value,
    ordering_p,
    sharpness,
)
from harness.catalogue import Arm, Catalogue, Claim, Experiment, Paper
from harness.catalogue.claims import (
    AboveAnn,
    AboveRow,
    Agreement,
    Difference,
    Dropped,
    Kind,
    Measured,
    Ordering,
    Relation,
    Sooner,
    Steps,
    Unit,
    Value,
    figure,
)
from harness.config import PROFILES, CellConfig, ProfileName

# What each profile may judge. `lite` has a smaller network: it judges the direction of an ordering, and two readings of
# one network against each other. `short` has the paper's own network and map, its schedule compressed: a budget of
# training can cap an accuracy, and hardly the difference of two arms that share their ANN.
JUDGES: Mapping[str, frozenset[Kind]] = {
    "smoke": frozenset(),
    "lite": frozenset({"ordering", "saturation", "measurement"}),
    "short": frozenset({"value", "ordering", "steps-to-reach", "saturation", "measurement"}),
    "paper": frozenset({"value", "ordering", "steps-to-reach", "saturation", "measurement"}),
}
ON_SMALL_NETWORK = "on a small network"
OWN_NETWORK = ("short", "paper")
# A training has settled if, after these fractions of fine-tuning, it stands within the margin of its end.
SETTLED_AT = (0.5, 0.75)
ONE_STEP = 1.0  # the margin of a difference in steps


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
    `sharpness`: beside "consistent", how often a recipe 0.3 points worse would get that word.
    `same`, `other`: control arms that get the same verdict on this claim, and another one.
    `beside`: the same difference on the test images, where an ordering is judged on training images; or the raw
    difference of two codes whose ANNs are not the same.
    `nearest`: where a number did not come out, the nearest of all readings in the evidence, with its interval.
    `statement`, `part`, `reading`: what the claim is a part of, and how the paper is read in it; `counted`: whether it
    counts for its statement. `leads`: whether it is the row that speaks for its claim: the one with the fewest
    deviations among those that answer. `scope`: where an answer holds, in words; empty without a limit.
    `not_tuned`: arms whose fine-tuning rate no search on a validation split has chosen.
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
    unit: Unit
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
    sharpness: float | None = None
    same: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    beside: str = ""
    nearest: str = ""
    statement: str = ""
    part: str = ""
    reading: str = ""
    counted: bool = True
    leads: bool = False
    scope: str = ""
    not_tuned: tuple[str, ...] = ()
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
    def answers(self) -> bool:
        """Whether it answers its claim."""
        return VERDICTS[self.verdict].answers

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose records it rests on: one alone where it is set against its own ANN, trained with it."""
        return tuple(arm for arm in (self.arm, self.versus) if arm and arm != "ann")


@dataclass(frozen=True)
class Evidence:
    """What every judgement is made from. `seeds_planned` replaces the planned number of seeds, None leaves it."""

    loaded: Loaded
    cells: Cells
    catalogue: Catalogue
    seeds_planned: int | None = None

    def planned(self, arms: Sequence[str], experiment: Experiment, profile: str) -> int:
        """How many seeds are planned for all of some arms together."""
        return experiment.seeds_in_common(arms, profile) if self.seeds_planned is None else self.seeds_planned


@dataclass(frozen=True)
class Pending:
    """An ordering that waits for Holm's adjustment: its runs, those of controls, and the keys they are from."""

    judgement: Judgement
    outcomes: Outcomes
    claimed: ClaimedDifference
    claim: Difference | Sooner
    keys: Sequence[Sequence[Key]]
    controls: Mapping[str, Outcomes]


def judge(
    loaded: Loaded,
    catalogue: Catalogue,
    claims: Sequence[Claim] | None = None,
    *,
    profile: ProfileName | None = None,
    seeds_planned: int | None = None,
) -> tuple[Judgement, ...]:
    """One judgement per claim and per profile that has records of it, or one of "no records".

    `claims`: all of the catalogue where None. `profile` restricts to one; `seeds_planned` replaces the planned number.
    Holm's family is all orderings of one paper at one profile, those without records too, whatever `claims` are.
    """
    evidence = Evidence(loaded, index(loaded), catalogue, seeds_planned)
    chosen = catalogue.claims if claims is None else claims
    by_id = {claim.id: claim for claim in chosen}
    judgements: list[Judgement] = []
    for paper in catalogue.papers:
        names = {experiment.name for experiment in paper.experiments}
        asked = [claim for claim in chosen if claim.experiment in names and claim.kind != "context"]
        parts = [part for claim in asked for part in _judged(claim, evidence, profile)]
        judgements += _adjusted(parts, paper, evidence)
    judgements = _networks_agreed([_with_reruns(one, by_id[one.id], evidence) for one in judgements])
    leading = {(one.id, one.profile) for one in one_for_each_claim(judgements)}
    led = [replace(one, leads=(one.id, one.profile) in leading) for one in judgements]
    return _with_twins(led, evidence.cells)


# ## One claim: at each profile that has records of it, or without any training


@singledispatch
def _judged(claim: Claim, evidence: Evidence, profile: ProfileName | None) -> list[Judgement | Pending]:
    """The judgements of a claim that records of trained cells decide, one for each profile that has some."""
    again = [other for other in evidence.catalogue.claims if other.judged_as == claim.id and other.prints]
    # Where it stands, then at other arms for which the paper prints the same number.
    places = [claim, *(replace(claim, experiment=other.experiment, arm=other.arm) for other in again)]
    judgements: list[Judgement | Pending] = []
    for name in PROFILES:
        for place in places:
            experiment = evidence.catalogue.experiment(place.experiment)
            if profile in (None, name) and name in profiles_with_records(evidence.cells, experiment, place.arms):
                judgements.append(_at_profile(place, evidence, name))
                break
    return judgements or [without_records(claim, evidence.catalogue, profile, evidence.seeds_planned)]


@_judged.register
def _(claim: Agreement, _evidence: Evidence, profile: ProfileName | None) -> list[Judgement | Pending]:
    """Holds if all of the paper's own figures lie in the range that its sentence names."""
    if profile is not None:
        return []
    low = -math.inf if claim.low is None else figure(claim.low)
    high = math.inf if claim.high is None else figure(claim.high)
    span = f"within {claim.low} to {claim.high}"
    if claim.low is None or claim.high is None:
        span = f"at least {claim.low}" if claim.high is None else f"at most {claim.high}"
    values = {text: figure(text) for text in claim.figures}
    shown = {text: text if text == f"{value:g}" else f"{text} = {value:.3g}" for text, value in values.items()}
    outside = [shown[text] for text, value in values.items() if not low <= value <= high]
    why = f"The paper's own figures agree: {', '.join(shown.values())} {span}."
    if outside:
        why = f"Of the paper's own figures {', '.join(outside)} {'is' if len(outside) == 1 else 'are'} not {span}."
    return [_untrained(claim, Finding("contradicted" if outside else "holds", 0.0, f"arithmetic: {span}", why))]


@_judged.register
def _(claim: Measured, evidence: Evidence, profile: ProfileName | None) -> list[Judgement | Pending]:
    """A measurement on images alone, at no profile; or on kept weights, at the profile that trained them."""
    measurement = evidence.loaded.measurements.get(claim.quantity)
    experiment = evidence.catalogue.experiment(claim.experiment)
    trained_at = measurement.profile if measurement and measurement.arm in [a.name for a in experiment.arms] else None
    if profile not in (None, trained_at):
        return []
    if measurement is None:
        return [_untrained(claim, Finding("no records", None, "", f"Nobody has measured {claim.quantity} yet."))]
    if trained_at is not None:
        return [_of_kept_weights(claim, measurement, trained_at, experiment, evidence)]
    return [_untrained(claim, keeps_bound(claim, measurement), measurement.value)]


def keeps_bound(claim: Measured, measurement: Measurement) -> Finding:
    """Whether a measurement keeps the bound that its claim sets."""
    bound, value = float(claim.value), measurement.value
    kept = value >= bound if claim.relation == "at-least" else value <= bound
    why = (
        f"{measurement.how}: {value:.3g} {measurement.unit} over {measurement.images:,} images of "
        f"{measurement.dataset}, {'' if kept else 'not '}{claim.bound} {bound:g}."
    )
    return Finding("holds" if kept else "contradicted", 0.0, f"computed: {claim.bound} {bound:g}", why)


def _of_kept_weights(
    claim: Measured, measurement: Measurement, profile: ProfileName, experiment: Experiment, evidence: Evidence
) -> Judgement:
    """A measurement on the kept weights of an arm: it rests on the records of its planned seeds.

    Stale where weights were read that belong to no fresh record of the arm; incomplete where a planned seed's were not.
    """
    cells, arm = evidence.cells, measurement.arm
    planned = evidence.planned([arm], experiment, profile)
    keys: list[Key] = [(experiment.name, profile, arm, seed) for seed in range(planned)]
    read = [key for key in keys if cells.weights.get(key) in measurement.weights]
    finding, mean = keeps_bound(claim, measurement), measurement.value
    if isinstance(claim, Dropped) and read:
        whole, early = (float(np.mean([cells.accuracy[key][at] for key in read])) for at in (-1, claim.timestep - 1))
        dropped, margin = measurement.value / 100.0 * whole, difference_margin()
        kept, mean = dropped >= early - margin, dropped - early
        why = (
            f"At step {claim.timestep} dropping gives {dropped:.2f} %, stopping {early:.2f} %; all steps {whole:.2f} %."
            f" Dropping is {'no worse' if kept else 'worse'} by more than {margin:.2f} points."
        )
        finding = Finding("holds" if kept else "contradicted", margin, "difference of means, one network", why)
    deviations = deviations_of([arm], experiment, profile)
    judged = replace(
        _untrained(claim, finding, mean),
        profile=profile,
        arm=arm,
        seeds_done=len(read),
        seeds_planned=planned,
        deviations=deviations,
        comparability=comparability(claim, profile, deviations),
        scope=ON_SMALL_NETWORK if profile == "lite" else "",
    )
    if judged.comparability == "not comparable":
        return _undecided(judged, "not comparable", f"The {profile} profile does not judge it. {judged.why}")
    if not set(measurement.weights) <= {cells.weights[key] for key in cells.weights if key[:3] == keys[0][:3]}:
        return _undecided(judged, "stale", f"Weights were read that no fresh record of {arm} names.")
    if len(read) < planned:
        why = f"The weights of {len(read)} of {planned} planned seeds were read. {judged.why}"
        return _undecided(judged, "incomplete", why)
    return judged


def _at_profile(claim: Claim, evidence: Evidence, profile: ProfileName) -> Judgement | Pending:
    experiment = evidence.catalogue.experiment(claim.experiment)
    planned = evidence.planned(claim.arms, experiment, profile)
    state = seeds_done(evidence.cells, claim.experiment, profile, claim.arms, planned)
    blank = replace(
        _unmeasured(claim, experiment, profile, planned),
        seeds_done=len(state.seeds),
        detail="; ".join(state.gaps),
        further=len(state.further),
        scope=ON_SMALL_NETWORK if profile == "lite" else "",
        not_tuned=evidence.catalogue.not_tuned(experiment, profile, claim.arms),
    )
    if profile == "smoke":
        return replace(blank, verdict="not comparable", why="Smoke runs are never judged.")
    keys: list[list[Key]] = [[(experiment.name, profile, arm, seed) for seed in state.seeds] for arm in claim.arms]
    measured = _measured(claim, evidence, blank, keys) if state.seeds else blank
    if blank.comparability == "not comparable":
        return _undecided(measured, "not comparable", f"The {profile} profile judges the direction of orderings only.")
    if claim.profiles and profile not in claim.profiles:
        return _undecided(measured, "not comparable", f"Judged at {' and '.join(claim.profiles)} only.")
    if state.complete:
        return measured
    more = len(state.gaps) - 1
    why = state.gaps[0] + (f", and {more} more" if more else "")
    return _undecided(measured, "stale" if state.stale else "incomplete", f"{why}.")


def _blank(claim: Claim, profile: ProfileName | None, planned: int, **fields: Any) -> Judgement:
    """The judgement of a claim before any number of ours is in it."""
    return Judgement(
        id=claim.id,
        experiment=claim.experiment,
        profile=profile,
        kind=claim.kind,
        unit=claim.unit,
        published=claim.published,
        statement=claim.statement.id if claim.statement else claim.id,
        part=claim.part or claim.id,
        reading=claim.reading,
        counted=not claim.beside,
        seeds_done=0,
        seeds_planned=planned,
        **fields,
    )


def _unmeasured(claim: Claim, experiment: Experiment, profile: ProfileName, planned: int) -> Judgement:
    deviations = deviations_of(claim.arms, experiment, profile)
    arm, versus = claim.sides
    return _blank(
        claim,
        profile,
        planned,
        arm=arm,
        versus=versus,
        relation=claim.relation if isinstance(claim, Difference) else None,
        timestep=claim.judged_timestep,
        comparability=comparability(claim, profile, deviations),
        deviations=deviations,
        verdict="inconclusive",
    )


def _untrained(claim: Claim, finding: Finding, mean: float | None = None) -> Judgement:
    """A judgement that belongs to no profile and has no seeds. Its margin is 0: it is held to the printed bound."""
    blank = _blank(claim, None, 0, arm="", timestep=0, mean=mean, comparability="exact", verdict="no records")
    return _with_finding(blank, finding)


def without_records(
    claim: Claim, catalogue: Catalogue, profile: ProfileName | None, seeds_planned: int | None
) -> Judgement:
    """The judgement where nothing was run, described as the paper profile would be."""
    experiment = catalogue.experiment(claim.experiment)
    names = experiment.profile_names
    nearest = profile if profile in names else names[-1]  # profiles are listed from smoke to paper
    planned = experiment.seeds_in_common(claim.arms, nearest) if seeds_planned is None else seeds_planned
    absent = profile is not None and profile not in names
    why = f"{claim.experiment} has no profile {profile}." if absent else "Nobody has run it."
    return replace(_unmeasured(claim, experiment, nearest, planned), profile=profile, verdict="no records", why=why)


def _undecided(measured: Judgement | Pending, verdict: Word, why: str) -> Judgement:
    """A judgement that answers nothing: it keeps its numbers and loses what was decided by them.

    An ordering leaves Holm's family to those that are decided.
    """
    judgement = measured.judgement if isinstance(measured, Pending) else measured
    silent: dict[str, Any] = {"test": "", "margin": None, "nearest": "", "p": None, "same": (), "other": ()}
    silent |= {"replication": None, "sharpness": None}
    return replace(judgement, verdict=verdict, why=why, **silent)


def _with_finding(judgement: Judgement, finding: Finding) -> Judgement:
    return replace(judgement, verdict=finding.word, margin=finding.margin, test=finding.test, why=finding.why)


def deviations_of(arms: Iterable[str], experiment: Experiment, profile: ProfileName) -> tuple[str, ...]:
    """Where some arms at `profile` leave the published recipe, in words, each once; controls too."""
    deviations: list[str] = []
    for name in arms:
        arm = dataclasses.replace(experiment.arm(name), in_paper=True)  # compared with the paper, be it a control
        deviations += experiment.deviations(arm, experiment.profile(profile))
    if profile != "paper" and not deviations:
        deviations.append(f"the {profile} profile spends less than the published recipe")
    return tuple(dict.fromkeys(deviations))


def comparability(claim: Claim, profile: ProfileName, deviations: Sequence[str]) -> str:
    """ "exact", "approximate (k deviations)", or "not comparable" where the profile may not judge the claim."""
    if claim.kind not in JUDGES[profile]:
        return "not comparable"
    count = len(deviations)
    return f"approximate ({count} deviation{'s' if count > 1 else ''})" if count else "exact"


# ## The numbers of a claim at one profile


@singledispatch
def _measured(claim: Claim, evidence: Evidence, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """The numbers of a claim and what they say, from the records of its arms: `keys`, by arm and seed."""
    raise NotImplementedError(type(claim))


@_measured.register
def _(claim: Value, evidence: Evidence, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """An accuracy. On the very test set that it was counted on, the draw of images does not enter."""
    if claim.measure != "accuracy":
        return _beside_ann(claim, evidence, blank, keys[0])
    cells, step, published = evidence.cells, blank.timestep, float(claim.value)
    margin = value_margin(published)
    whole = cells.images[keys[0][0]] == evidence.catalogue.test_images(claim.experiment)
    images: Images = "fixed" if whole else "sampled"
    outcomes = accuracy_of(cells, keys[0], step)
    # Optimism was measured where epochs were compared: at the last timestep.
    last = step == len(cells.accuracy[keys[0][0]])
    sd = float(estimate(outcomes, images).sd)
    enough = outcomes.seeds >= LEAST_SEEDS
    measured = replace(
        blank,
        **_summary(outcomes, images),
        balanced=balanced_at(cells, keys[0], step),
        optimism=_number(np.mean([cells.optimism[key] if last else np.nan for key in keys[0]])),
        replication=_number(replication_rate(sd, outcomes.seeds, margin)) if enough else None,
    )
    finding = judge_value(outcomes, published, margin, images)
    if finding.word == "lower" and (reason := _short_of_budget(claim, evidence, blank, keys[0], published)):
        nearest = _nearest_reading(measured, evidence)
        return replace(_undecided(measured, "not comparable", f"{reason} {finding.why}"), nearest=nearest)
    if finding.word == "consistent":
        measured = replace(measured, sharpness=sharpness(sd, outcomes.seeds, margin))
    words = {
        name: judge_value(accuracy_of(cells, of_arm, step), published, margin, images).word
        for name, of_arm in _controls(measured, evidence)
        if len(of_arm) >= LEAST_SEEDS
    }
    judged = _with_controls(_with_finding(measured, finding), words)
    missed = VERDICTS[finding.word].missed
    return replace(judged, nearest=_nearest_reading(judged, evidence)) if missed else judged


def _beside_ann(claim: Value, evidence: Evidence, blank: Judgement, keys: Sequence[Key]) -> Judgement:
    """The accuracy of an ANN, or what its SNN loses to it. Records count the images that an ANN has right."""
    below = above_ann(evidence.cells, keys, blank.timestep)
    if below is None:
        return _undecided(blank, "incomplete", "The records do not tell the accuracy of the ANN.")
    published, printed = float(claim.value), float(claim.ann or claim.value)
    if claim.measure == "loss":
        outcomes = outcomes_without_images(-below.per_seed, lowest=-100.0)
    else:
        outcomes = outcomes_without_images([evidence.cells.ann[key] for key in keys])
    finding = judge_value(outcomes, published, value_margin(printed))
    judged = _with_finding(replace(blank, **_summary(outcomes, "fixed")), finding)
    reason = _short_of_budget(claim, evidence, blank, keys, printed) if VERDICTS[finding.word].missed else ""
    return _undecided(judged, "not comparable", f"{reason} {finding.why}") if reason else judged


@_measured.register
def _(claim: Steps, evidence: Evidence, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """Steps to reach a target; a mean exists only where no run is censored. It is held to the printed steps."""
    curves = np.stack([evidence.cells.accuracy[key] for key in keys[0]])
    steps = tuple(steps_to_reach(curve, float(claim.target)) for curve in curves)
    reached = [taken for taken in steps if taken is not None]
    labels = ", ".join(steps_label(taken, curves.shape[1]) for taken in steps)
    finding = judge_steps(steps, blank.timestep)
    why = f"{finding.why} Steps to {claim.target} % of each seed: {labels}."
    measured = replace(blank, mean=float(np.mean(reached)) if len(reached) == len(steps) else None, steps=steps)
    short = _short_of_budget(claim, evidence, blank, keys[0], float(claim.target))
    if finding.word in ("higher", "inconclusive") and None in steps and short:
        return _undecided(measured, "not comparable", f"{short} {why}")
    return _with_finding(measured, dataclasses.replace(finding, margin=0.0, why=why))


@_measured.register(Difference)
@_measured.register(Sooner)
def _(
    claim: Difference | Sooner, evidence: Evidence, blank: Judgement, keys: Sequence[Sequence[Key]]
) -> Judgement | Pending:
    """An ordering: the claimed greater minus the claimed less. Holm's verdict comes later."""
    if isinstance(claim, AboveRow):
        blank = replace(blank, published=claim.row.published)
    if isinstance(claim, Ordering) and claim.images == "test":
        before = [balanced_at(evidence.cells, of_arm, claim.timestep) for of_arm in keys]
        blank = replace(blank, balanced=None if before[0] is None or before[1] is None else before[0] - before[1])
    outcomes, beside = _apart(claim, evidence, keys)
    if outcomes is None:
        return _undecided(blank, "incomplete", beside)
    claimed = claimed_difference(evidence.catalogue, claim)
    if blank.profile == "lite":  # a small network judges the direction alone; the size stands beside it
        claimed = dataclasses.replace(claimed, published=None)
    p = _number(ordering_p(outcomes, claimed)) if outcomes.seeds >= LEAST_SEEDS else None
    measured = replace(blank, **_summary(outcomes, "sampled"), p=p, margin=claimed.margin, beside=beside)
    of_controls = _controls(blank, evidence) if isinstance(claim, AboveAnn | AboveRow) else ()
    controls = {name: _apart(claim, evidence, [of_arm])[0] for name, of_arm in of_controls}
    enough = {name: runs for name, runs in controls.items() if runs is not None and runs.seeds >= LEAST_SEEDS}
    return Pending(measured, outcomes, claimed, claim, keys, enough)


def _apart(
    claim: Difference | Sooner, evidence: Evidence, keys: Sequence[Sequence[Key]]
) -> tuple[Outcomes | None, str]:
    """The difference that an ordering claims, by seed, and what stands beside it.

    None where the records do not tell; then the second says so. `keys`: of each arm, by seed.
    """
    cells, step = evidence.cells, claim.judged_timestep
    if isinstance(claim, Sooner):
        count = len(claim.of(claim.sooner))
        sooner, later = (
            [_steps_taken(claim, [cells.accuracy[key] for key in of_seed]) for of_seed in zip(*arms, strict=True)]
            for arms in (keys[:count], keys[count:])
        )
        apart = np.array(later, dtype=np.float64) - np.array(sooner, dtype=np.float64)
        by_seed = f"Steps by seed: {', '.join(map(str, sooner))} against {', '.join(map(str, later))}."
        return outcomes_without_images(apart, lowest=-1e3, highest=1e3), by_seed
    if isinstance(claim, AboveAnn):
        outcomes = above_ann(cells, keys[0], step)
        return outcomes, "" if outcomes else "The records do not tell the accuracy of the ANN."
    if isinstance(claim, AboveRow):  # the number of another paper is taken as exact
        return shifted(accuracy_of(cells, keys[0], step), -float(claim.row.value)), ""
    on_test = difference_of(cells, keys[0], keys[1], step)
    if isinstance(claim, Ordering) and claim.images == "training":
        outcomes = train_difference_of(cells, keys[0], keys[1], step)
        beside = f"On test images the difference is {float(on_test.mean):+.2f} points."
        return outcomes, beside if outcomes else "The records do not tell the accuracy on training images."
    arms = [evidence.catalogue.experiment(claim.experiment).arm(arm) for arm in claim.arms]
    if len({values_of(arm.encoder) for arm in arms}) > 1:
        outcomes = net_difference_of(cells, keys[0], keys[1], step)
        beside = f"Net of each one's own ANN; the raw difference is {float(on_test.mean):+.2f} points."
        return outcomes, beside if outcomes else "The records do not tell the accuracy of both ANNs."
    return on_test, ""


def _steps_taken(claim: Sooner, curves: Sequence[Curve]) -> int:
    """The steps of one seed, on one curve or among trainings at each T; one more than it has if it never gets there."""
    curve = np.array([curve[-1] for curve in curves]) if claim.trained_at else curves[0]
    target = float(claim.target) if claim.target else float(claim.share) / 100.0 * float(curve[-1])
    steps = steps_to_reach(curve, target)
    if claim.trained_at:
        return claim.trained_at[steps - 1] if steps else claim.trained_at[-1] + 1
    return steps or len(curve) + 1


def claimed_difference(catalogue: Catalogue, claim: Difference | Sooner) -> ClaimedDifference:
    """What an ordering claims: its margin δ, its printed size and its relation.

    δ is that of the highest accuracy that is published for its arms at its timestep, or for its rival. Where the
    experiment shows the paper's number of another experiment beside all its arms, that one counts too.
    """
    if isinstance(claim, Sooner):
        return ClaimedDifference(ONE_STEP, unit="steps")
    printed = [
        other.published
        for other in catalogue.claims_of(claim.experiment)
        if other.unit == "percent"
        and other.timestep == claim.timestep
        and (other.arm in claim.arms or (other.arm is None and other.judged_as is not None))
    ]
    printed += [claim.row.published] if isinstance(claim, AboveRow) else []
    return ClaimedDifference(difference_margin(*printed), claim.published, claim.relation)


def _summary(outcomes: Outcomes, images: Images) -> dict[str, Any]:
    estimated = estimate(outcomes, images)
    low, high = _number(estimated.low), _number(estimated.high)
    return {
        "mean": _number(estimated.mean),
        "sd": _number(estimated.sd),
        "low": low,
        "high": high,
        "half_width": None if low is None or high is None else (high - low) / 2.0,
        "prediction_low": _number(estimated.prediction_low),
        "prediction_high": _number(estimated.prediction_high),
        "covers": estimated.sources if low is not None else (),
        "runs": tuple(float(run) for run in outcomes.per_seed),
    }


def _number(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if math.isnan(number) else number


# ## Orderings: decided together


def _adjusted(parts: Sequence[Judgement | Pending], paper: Paper, evidence: Evidence) -> list[Judgement]:
    """Judgements with the verdicts of orderings. One family for each profile: all orderings of the paper about
    experiments that have the profile, run or not."""
    result = [part.judgement if isinstance(part, Pending) else part for part in parts]
    waiting = [(i, part) for i, part in enumerate(parts) if isinstance(part, Pending)]
    for profile in dict.fromkeys(part.judgement.profile for _, part in waiting):
        family = [(i, part) for i, part in waiting if part.judgement.profile == profile]
        having = {e.name for e in paper.experiments if profile in e.profile_names}
        size = sum(
            claim.kind in ("ordering", "saturation")
            and claim.experiment in having
            and (not claim.profiles or profile in claim.profiles)
            for claim in paper.claims
        )
        raw = [1.0 if part.judgement.p is None else part.judgement.p for _, part in family]
        size = max(size, len(raw))
        for (i, part), p in zip(family, holm(raw, size), strict=True):
            result[i] = _decided(part, float(p), size, evidence.cells)
    return result


def _decided(part: Pending, p: float, family: int, cells: Cells) -> Judgement:
    """An ordering with its verdict: by the rules, then by what may not be concluded from its training."""
    claim = part.claim
    finding = judge_ordering(part.outcomes, part.claimed, p, family)
    if isinstance(claim, AboveRow):  # against a number of another paper there are no pairs
        finding = dataclasses.replace(finding, test=finding.test.replace("paired t of the difference", "t of the mean"))
        theirs = claim.row.timestep
        if theirs is not None and theirs <= claim.timestep:
            why = f"{claim.timestep} steps are no fewer than its {theirs}. {finding.why}"
            finding = Finding("contradicted", 0.0, "arithmetic: fewer steps", why)
    judged = _with_finding(replace(part.judgement, p_holm=None if part.judgement.p is None else p), finding)
    if finding.word in ("contradicted", "no difference"):
        if isinstance(claim, Ordering) and claim.leaves:
            why = f"{finding.why} That contradicts no mechanism: {claim.leaves}."
            return _undecided(judged, "not comparable", why)
        if not _settled(cells, part):
            return _undecided(judged, "not comparable", f"Not known to have settled. {finding.why}")
    if not VERDICTS[finding.word].answers:
        return judged
    words = {
        name: judge_ordering(runs, part.claimed, min(1.0, family * ordering_p(runs, part.claimed)), family).word
        for name, runs in part.controls.items()
    }
    return _with_controls(judged, words)


def _settled(cells: Cells, part: Pending) -> bool:
    """Whether what is compared stood within the margin of its end at a half and at three quarters of fine-tuning."""
    if isinstance(part.claim, Sooner):
        return False
    read = [[cells.readings.get(key, {}) for key in of_arm] for of_arm in part.keys]
    if any(fraction not in one for of_arm in read for one in of_arm for fraction in (*SETTLED_AT, 1.0)):
        return False

    def at(fraction: float) -> float:
        first, *others = (float(np.mean([one[fraction] for one in of_arm])) for of_arm in read)
        return first - (others[0] if others else 0.0)

    return all(abs(at(fraction) - at(1.0)) < part.claimed.margin for fraction in SETTLED_AT)


def _networks_agreed(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Where the paper's own network does not answer yet, but points the other way than lite, neither is an answer."""
    result = list(judgements)
    for place, judged in enumerate(judgements):
        if judged.profile != "lite" or not judged.answers or judged.mean is None:
            continue
        on_own = [o for o in judgements if o.id == judged.id and o.profile in OWN_NETWORK and o.mean is not None]
        if any(other.answers for other in on_own):
            continue
        bound = -(judged.margin or 0.0) if judged.relation == "not-less" else 0.0
        against = [o for o in on_own if o.mean is not None and (o.mean - bound) * (judged.mean - bound) < 0]
        if against and judged.relation is not None:
            theirs = "; ".join(
                f"{o.mean:+.2f} at {o.profile} ({o.seeds_done} of {o.seeds_planned} seeds)" for o in against
            )
            why = f"Networks disagree: {judged.mean:+.2f} on a small one, {theirs} on the paper's own."
            result[place] = _undecided(judged, "inconclusive", why)
    return result


# ## What stands beside a verdict: the budget, controls, other readings, reruns


def shortened(config: CellConfig, experiment: Experiment) -> tuple[str, str]:
    """How the training of the ANN and the fine-tuning are shorter than the paper states, in words; "" where not."""

    def least(path: str) -> int:
        stated = experiment.published.get(path)
        return min(stated.values, default=0) if stated is not None else 0

    epochs = least("ann.epochs"), least("snn.epochs")
    cut = config.ann and config.ann.epochs < epochs[0]
    ann = f"trained for {config.ann.epochs} of {epochs[0]} epochs" if cut else ""
    if not config.snn:
        return ann, ""
    tuned = f"{config.snn.epochs} of {epochs[1]} epochs" if config.snn.epochs < epochs[1] else ""
    whole = experiment.published.get("snn.images")
    if config.snn.images is not None and whole is not None and whole.values == (None,):
        tuned = f"{tuned + ' ' if tuned else ''}on {config.snn.images:,} images"
    return ann, f"fine-tuned for {tuned}" if tuned else ""


def _short_of_budget(
    claim: Value | Steps, evidence: Evidence, blank: Judgement, keys: Sequence[Key], published: float
) -> str:
    """Why a number that was missed says nothing about the paper: its training was shortened, and could not reach it.

    Empty where no stage is shortened, where the ANN stands above the published number (or within δ of the ANN that the
    paper prints), or where a control with the shortened stage doubled moves the result by less than δ. An annealed rate
    hides this: a schedule squeezed into 20 epochs looks finished.
    """
    experiment, cells = evidence.catalogue.experiment(blank.experiment), evidence.cells
    config = experiment.resolve(experiment.arm(blank.arm), experiment.profile(str(blank.profile)), 0)
    of_ann, tuned = shortened(config, experiment)
    if not of_ann and not tuned:
        return ""
    margin = value_margin(published)
    anns = [ann for key in keys if not math.isnan(ann := cells.ann.get(key, math.nan))]
    if anns:
        ann = float(np.mean(anns))
        printed = claim.ann if isinstance(claim, Value) else None
        if ann > published or (printed is not None and abs(ann - float(printed)) < margin):
            return ""
    if isinstance(claim, Value) and claim.doubled is not None:
        again: list[Key] = [(key[0], key[1], claim.doubled, key[3]) for key in keys]
        if all(key in cells.accuracy for key in again):
            moved = percent_at(cells, again, claim.timestep) - percent_at(cells, keys, claim.timestep)
            if abs(float(np.mean(moved))) < margin:
                return ""
    ends = f"ends at {np.mean(anns):.1f}" if anns else "has no accuracy in the records"
    how = f", {of_ann}," if of_ann else ""
    return f"Its ANN{how} {ends}{f', and is {tuned}' if tuned else ''}: that cannot refute {published:g}."


def _finished(
    experiments: Iterable[Experiment], home: Experiment, profile: str, cells: Cells
) -> Iterator[tuple[Experiment, Arm, list[Key]]]:
    """The arms of some experiments on the data and the network of `home` with all their planned seeds done."""
    for experiment in experiments:
        networks = [each.network for e in (home, experiment) for each in e.profiles if each.name == profile]
        if experiment.dataset != home.dataset or len(networks) < 2 or networks[0] != networks[1]:
            continue
        for arm in experiment.planned:
            planned = range(experiment.seeds(arm.name, profile))
            keys: list[Key] = [(experiment.name, profile, arm.name, seed) for seed in planned]
            if keys and all(key in cells.accuracy for key in keys):
                yield experiment, arm, keys


def _controls(judgement: Judgement, evidence: Evidence) -> Iterator[tuple[str, list[Key]]]:
    """Controls with the data, network and number of timesteps of the judged arm; equal computations once."""
    catalogue, name = evidence.catalogue, judgement.experiment
    home, paper = catalogue.experiment(name), catalogue.paper_of(name)
    experiments = (home, *(e for e in (paper.experiments if paper else ()) if e is not home))
    timesteps, seen = home.arm(judgement.arm).timesteps, set[str]()
    for experiment, arm, keys in _finished(experiments, home, str(judgement.profile), evidence.cells):
        prints = {evidence.cells.fingerprint[key] for key in keys}
        if not arm.in_paper and arm.timesteps == timesteps and not prints & seen:
            seen |= prints
            yield arm.name if experiment is home else f"{arm.name} of {experiment.name}", keys


def _with_controls(judgement: Judgement, words: Mapping[str, Word]) -> Judgement:
    """The judgement with the controls that get the same verdict, and those that get another."""
    same = tuple(name for name, word in words.items() if word == judgement.verdict)
    return replace(judgement, same=same, other=tuple(name for name in words if name not in same))


def _nearest_reading(judgement: Judgement, evidence: Evidence) -> str:
    """Which of all readings in the evidence comes nearest to a number, in a sentence; empty where there is none.

    Readings are the paper's arms on the same data and network with all planned seeds, trained at the T claimed, or
    longer and read early: those of the same code in its own experiment, and all of an experiment of readings, which
    shows the paper's number beside all its arms.
    """
    assert judgement.published is not None, "a number is published"
    published, step = judgement.published, judgement.timestep
    catalogue, home = evidence.catalogue, evidence.catalogue.experiment(judgement.experiment)
    shown = {c.experiment for c in catalogue.claims if c.judged_as is not None and c.arm is None}
    experiments = (home, *(catalogue.experiment(name) for name in sorted(shown - {home.name})))
    code = home.arm(judgement.arm).encoder
    candidates: list[tuple[float, str, Outcomes]] = []
    for experiment, arm, keys in _finished(experiments, home, str(judgement.profile), evidence.cells):
        itself = (experiment.name, arm.name) == (judgement.experiment, judgement.arm)
        of_code = experiment is not home or arm.encoder == code
        if arm.in_paper and not itself and of_code and arm.timesteps >= step:
            outcomes = accuracy_of(evidence.cells, keys, step)
            early = f" read after {step} of its {arm.timesteps} steps" if arm.timesteps > step else ""
            name = f"{arm.name} of {experiment.name}{early}"
            candidates.append((abs(float(outcomes.mean) - published), name, outcomes))
    if not candidates:
        return ""
    gap, name, outcomes = min(candidates, key=lambda one: one[:2])
    if judgement.mean is not None and gap >= abs(judgement.mean - published):
        return f"No other reading in the evidence comes nearer to {published:g}."
    nearest = estimate(outcomes, "fixed")
    interval = f" ({outcomes.seeds} seed{'s' if outcomes.seeds > 1 else ''}, too few for an interval)"
    if outcomes.seeds >= LEAST_SEEDS:
        interval = f" (95 %: {nearest.low:.2f} to {nearest.high:.2f})"
    return (
        f"Of all readings in the evidence, {name} comes nearest to {published:g}: {float(nearest.mean):.2f}{interval}."
    )


def _with_reruns(judgement: Judgement, claim: Claim, evidence: Evidence) -> Judgement:
    """The judgement with a sentence for each of the claim's reruns; as it is where the ordering was not missed.

    A rerun counts that has the judged profile and all its planned seeds, and that undoes a deviation or is a reading.
    """
    low, high, published = judgement.low, judgement.high, judgement.published
    # An ordering is unexplained too where it points another way, and its size or its end is not judged.
    unsettled = judgement.verdict == "not comparable" and judgement.p_holm is not None
    unexplained = unsettled or VERDICTS[judgement.verdict].missed
    if judgement.verdict == "holds" and published is not None and low is not None and high is not None:
        unexplained = judgement.versus is not None and not low <= published <= high
    sentences: list[str] = []
    undone: dict[str, None] = {}
    if not isinstance(claim, Difference) or not unexplained:
        return judgement
    for rerun in claim.reruns:
        experiment, place = evidence.catalogue.experiment(rerun.experiment), claim.at(rerun)
        if judgement.profile is None or judgement.profile not in experiment.profile_names:
            continue
        how, lifted = rerun.reading or "", list[str]()
        if rerun.reading is None:
            theirs = deviations_of(place.arms, experiment, judgement.profile)
            lifted = [one for one in judgement.deviations if one not in theirs]
            added = [one for one in theirs if one not in judgement.deviations]
            more = f", and with {_quoted(added)}" if added else ""
            how = f"without {_quoted(lifted)}{more}" if lifted else ""
        said = _said(judgement, claim, place, evidence) if how else ""
        if said:
            arms = "" if place.arms == claim.arms else f" ({' and '.join(place.arms)})"
            sentences.append(f"Run again in {place.experiment}{arms} {how}: {said}")
            undone |= dict.fromkeys(lifted)
    return replace(judgement, reruns=tuple(sentences), undone=tuple(undone))


def _said(judgement: Judgement, claim: Difference, place: Difference, evidence: Evidence) -> str:
    """The number there, its change over the seeds that both have, and whether that is nearer to what is claimed."""
    cells, profile = evidence.cells, str(judgement.profile)
    planned = evidence.catalogue.experiment(place.experiment).seeds_in_common(place.arms, profile)
    state = seeds_done(cells, place.experiment, profile, place.arms, planned)
    common = [seed for seed in state.seeds if seed < judgement.seeds_planned]
    if not state.complete or len(common) < LEAST_SEEDS:
        return ""

    keys: list[list[list[Key]]] = [
        [[(at.experiment, profile, arm, seed) for seed in seeds] for arm in at.arms]
        for at, seeds in ((place, state.seeds), (place, common), (claim, common))
    ]
    there, again, here = (_apart(at, evidence, of)[0] for at, of in zip((place, place, claim), keys, strict=True))
    if there is None or again is None or here is None:
        return ""
    theirs, ours = ({cells.device.get(key, "") for of_arm in of for key in of_arm} for of in keys[1:])
    change = estimate(outcomes_without_images(again.per_seed - here.per_seed, lowest=-200.0, highest=200.0))
    way = _way(estimate(there), estimate(here), change, claimed_difference(evidence.catalogue, claim))
    other = ", recorded on another processor" if ours != theirs else ""
    number, moved = _points(estimate(there), "seeds"), _points(change, "seeds in common")
    return f"{number}{other}, changed by {moved}; {way}."


def _way(there: Estimate, here: Estimate, change: Estimate, claimed: ClaimedDifference) -> str:
    """Whether the change leads to what is claimed: the published size, or else any difference above the bound."""
    published, bound = claimed.published, claimed.bound
    if published is None:
        reached = bool(there.low > bound)
        before, after = (max(0.0, bound - float(one.mean)) for one in (here, there))
    else:
        reached = bool(bound < there.low <= published <= there.high)
        before, after = (abs(published - float(one.mean)) for one in (here, there))
    if reached:
        return "that is what is claimed"
    if change.low <= 0.0 <= change.high:
        return "these seeds cannot tell that from no change"
    return "nearer to what is claimed, and not there" if after < before else "no nearer to what is claimed"


def _points(one: Estimate, seeds: str) -> str:
    return f"{one.mean:+.2f} points (95 %: {one.low:+.2f} to {one.high:+.2f}; {one.seeds} {seeds})"


def _quoted(deviations: Sequence[str]) -> str:
    return " and ".join(f"“{one}”" for one in deviations)


# ## All judgements together: twins, the one that leads, statements, networks


def _with_twins(judgements: Sequence[Judgement], cells: Cells) -> tuple[Judgement, ...]:
    """Judgements with the ids of others that hold the same computations against the same number."""
    held = [_held(judgement, cells) for judgement in judgements]
    alike: dict[tuple[object, ...] | None, list[str]] = {}
    for judgement, computations in zip(judgements, held, strict=True):
        alike.setdefault(computations, []).append(judgement.id)
    return tuple(
        replace(judgement, twins=tuple(one for one in alike[computations] if computations and one != judgement.id))
        for judgement, computations in zip(judgements, held, strict=True)
    )


def _held(judgement: Judgement, cells: Cells) -> tuple[object, ...] | None:
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


def judged(judgements: Iterable[Judgement]) -> int:
    """How many judgements answer their claim, "inconclusive" included; twins are one."""
    counted: set[tuple[str, str | None]] = set()
    for judgement in judgements:
        twin = any((name, judgement.profile) in counted for name in judgement.twins)
        if judgement.answers and not twin:
            counted.add((judgement.id, judgement.profile))
    return len(counted)


def one_for_each_claim(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Of each claim the judgement that leads, in the order of the claims.

    That is, of those that answer, the one with the fewest deviations; where none answers, one at a profile that may
    judge the claim, and then at the larger one.
    """

    def rank(judgement: Judgement) -> tuple[bool, int, bool, int]:
        profile, answers = judgement.profile, judgement.answers
        judges = profile is not None and judgement.kind in JUDGES[profile]
        fewest = -len(judgement.deviations) if answers else 0
        return answers, fewest, judges, -1 if profile is None else PROFILES.index(profile)

    leading: dict[str, Judgement] = {}
    for judgement in judgements:
        leading[judgement.id] = max(leading.get(judgement.id, judgement), judgement, key=rank)
    return tuple(leading.values())


StatementWord = Literal["comes out", "in part", "does not", "not answered"]


@dataclass(frozen=True)
class StatementVerdict:
    """What becomes of one statement: its word, and for each part the judgement that speaks for it.

    `shared`: it came out, or in part, and every control that was asked fulfils each such part as well.
    """

    id: str
    word: StatementWord
    parts: Mapping[str, Judgement]
    unjudged: tuple[str, ...]
    shared: bool


def statement_verdicts(judgements: Iterable[Judgement], claims: Iterable[Claim]) -> tuple[StatementVerdict, ...]:
    """The word of every statement. A part comes out if one of its readings does.

    The statement comes out if every part does, and in part if some do (or come out in part, as an ordering of another
    size); it does not if parts are answered and none comes out. Parts without an answer leave it short of coming out.
    """
    order = ("out", "in part", "not", "open")
    parts: dict[str, dict[str, list[Judgement]]] = {}
    for one in one_for_each_claim(judgements):
        if one.counted:
            parts.setdefault(one.statement, {}).setdefault(one.part, []).append(one)
    unjudged = {c.statement.id: c.statement.unjudged for c in claims if c.statement is not None}
    verdicts = []
    for name, of_parts in parts.items():
        best = {
            part: min(readings, key=lambda one: order.index(VERDICTS[one.verdict].outcome))
            for part, readings in of_parts.items()
        }
        outcomes = [VERDICTS[one.verdict].outcome for one in best.values()] + ["open"] * len(unjudged.get(name, ()))
        out = [one for one in best.values() if VERDICTS[one.verdict].outcome in ("out", "in part")]
        word: StatementWord = "in part" if out else "does not" if "not" in outcomes else "not answered"
        if set(outcomes) == {"out"}:
            word = "comes out"
        shared = bool(out) and all(one.same and not one.other for one in out)
        verdicts.append(StatementVerdict(name, word, best, unjudged.get(name, ()), shared))
    return tuple(verdicts)


def without_own_size(experiments: Sequence[Experiment], loaded: Loaded) -> Mapping[str, tuple[str, ...]]:
    """Published networks that no finished cell has trained at their own size, with the experiments they are of.

    A cell counts at every profile that judges something and has that size, whatever its schedule.
    """
    done = loaded.cells[loaded.cells["status"] == "done"]
    trained_at = set(zip(done["experiment"], done["profile"], strict=True))
    trained: dict[str, dict[str, bool]] = {}  # by network and experiment
    for experiment in experiments:
        for paper in experiment.profiles:
            if paper.name == "paper":
                size = paper.network, paper.encoder
                own_size = [p.name for p in experiment.profiles if JUDGES[p.name] and (p.network, p.encoder) == size]
                reached = any((experiment.name, name) in trained_at for name in own_size)
                trained.setdefault(paper.network.name, {})[experiment.name] = reached
    return {network: tuple(of) for network, of in trained.items() if not any(of.values())}
