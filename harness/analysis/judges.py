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
    Curve,
    Key,
    PlannedSeeds,
    above_ann,
    accuracy_of,
    balanced_at,
    difference_of,
    index,
    known_difference_of,
    net_difference_of,
    percent_at,
    profiles_with_records,
    seeds_done,
    shifted,
    steps_label,
    steps_to_reach,
    values_of,
)
from harness.analysis.frame import Loaded, Measurement
from harness.analysis.statistics import (
    LEAST_SEEDS,
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
UNSETTLED = "not known to have settled"
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
    unit: Literal["percent", "steps", "points"]
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
    def arms(self) -> tuple[str, ...]:
        """The arms whose records it rests on: one alone where it is set against its own ANN, trained with it."""
        return tuple(arm for arm in (self.arm, self.versus) if arm and arm != "ann")


@dataclass(frozen=True)
class Bench:
    """What every judgement is made with. `seeds_planned` replaces the planned number of seeds, None leaves it."""

    cells: Cells
    measurements: Mapping[str, Measurement]
    catalogue: Catalogue
    seeds_planned: int | None

    def planned(self, arms: Sequence[str], experiment: Experiment, profile: ProfileName) -> int:
        """How many seeds are planned for all of some arms together."""
        return experiment.seeds_in_common(arms, profile) if self.seeds_planned is None else self.seeds_planned


@dataclass(frozen=True)
class Pending:
    """An ordering that waits for Holm's adjustment, with the runs it is about."""

    judgement: Judgement
    outcomes: Outcomes
    claimed: ClaimedDifference
    claim: Claim
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
    from harness.analysis.reruns import with_reruns  # it builds on the judgements made here

    bench, found = (
        Bench(index(loaded), loaded.measurements, catalogue, seeds_planned),
        list[Judgement](),
    )
    chosen = catalogue.claims if claims is None else claims
    for paper in catalogue.papers:
        mine = {experiment.name for experiment in paper.experiments}
        parts = [
            part
            for claim in chosen
            if claim.experiment in mine and claim.kind != "context"
            for part in _judged(claim, bench, profile)
        ]
        found += _adjusted(parts, paper, bench)
    by_id = {claim.id: claim for claim in chosen}
    told = [with_reruns(one, by_id[one.id], bench.cells, catalogue) for one in found]
    return with_twins(_with_leads(_networks_agreed(told)), bench.cells)


def _in_family(claim: Claim, profile: ProfileName | None) -> bool:
    """Whether a claim is one of the orderings that Holm's method adjusts for at a profile."""
    return claim.kind in ("ordering", "saturation") and (not claim.profiles or profile in claim.profiles)


def _adjusted(parts: Sequence[Judgement | Pending], paper: Paper, bench: Bench) -> list[Judgement]:
    """Judgements with the verdicts of orderings. One family for each profile: all orderings of the paper about
    experiments that have the profile, run or not."""
    result = [part.judgement if isinstance(part, Pending) else part for part in parts]
    waiting = [(i, part) for i, part in enumerate(parts) if isinstance(part, Pending)]
    for profile in dict.fromkeys(part.judgement.profile for _, part in waiting):
        family = [(i, part) for i, part in waiting if part.judgement.profile == profile]
        having = {e.name for e in paper.experiments if profile in e.profile_names}
        size = sum(_in_family(claim, profile) and claim.experiment in having for claim in paper.claims)
        raw = [1.0 if part.judgement.p is None else part.judgement.p for _, part in family]
        size = max(size, len(raw))
        for (i, part), p in zip(family, holm(raw, size), strict=True):
            result[i] = _decided(part, float(p), size, bench)
    return result


def _decided(part: Pending, p: float, family: int, bench: Bench) -> Judgement:
    """An ordering with its verdict: by the rules, then by what may not be concluded from its training."""
    finding = judge_ordering(part.outcomes, part.claimed, p, family)
    if isinstance(part.claim, AboveRow):  # against a number of another paper there are no pairs
        finding = dataclasses.replace(finding, test=finding.test.replace("paired t of the difference", "t of the mean"))
        theirs = part.claim.row.timestep
        if theirs is not None and theirs <= part.claim.timestep:
            why = f"{part.claim.timestep} steps are no fewer than its {theirs}. {finding.why}"
            finding = Finding("contradicted", 0.0, "arithmetic: fewer steps", why)
    judged = _with_finding(replace(part.judgement, p_holm=None if part.judgement.p is None else p), finding)
    if finding.word in ("contradicted", "no difference"):
        if isinstance(part.claim, Ordering) and part.claim.leaves:
            why = f"{finding.why} That contradicts no mechanism: {part.claim.leaves}."
            return undecided(judged, "not comparable", why)
        if not _settled(bench.cells, part):
            return undecided(judged, "not comparable", f"{UNSETTLED.capitalize()}. {finding.why}")
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


def _with_controls(judgement: Judgement, words: Mapping[str, Word]) -> Judgement:
    """The judgement with the controls that get the same verdict, and those that get another."""
    return replace(
        judgement,
        same=tuple(name for name, word in words.items() if word == judgement.verdict),
        other=tuple(name for name, word in words.items() if word != judgement.verdict),
    )


def _networks_agreed(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Where the paper's own network does not answer yet, but points the other way than lite, neither is an answer."""
    found = list(judgements)
    for place, judged in enumerate(judgements):
        if judged.profile != "lite" or not VERDICTS[judged.verdict].answers or judged.mean is None:
            continue
        own = [o for o in judgements if o.id == judged.id and o.profile in OWN_NETWORK and o.mean is not None]
        if any(VERDICTS[other.verdict].answers for other in own):
            continue
        bound = -(judged.margin or 0.0) if judged.relation == "not-less" else 0.0
        against = [o for o in own if o.mean is not None and (o.mean - bound) * (judged.mean - bound) < 0]
        if against and judged.relation is not None:
            theirs = "; ".join(
                f"{o.mean:+.2f} at {o.profile} ({o.seeds_done} of {o.seeds_planned} seeds)" for o in against
            )
            why = f"Networks disagree: {judged.mean:+.2f} on a small one, {theirs} on the paper's own."
            found[place] = undecided(judged, "inconclusive", why)
    return found


def _with_leads(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements, those marked that speak for their claim."""
    leading = {(one.id, one.profile) for one in one_for_each_claim(judgements)}
    return [replace(one, leads=(one.id, one.profile) in leading) for one in judgements]


@singledispatch
def _judged(claim: Claim, bench: Bench, profile: ProfileName | None) -> list[Judgement | Pending]:
    """The judgements of a claim that records of trained cells decide, one for each profile that has some."""
    again = [other for other in bench.catalogue.claims if other.judged_as == claim.id and other.prints]
    # Where it stands, then at other arms for which the paper prints the same number.
    places = [claim, *(replace(claim, experiment=other.experiment, arm=other.arm) for other in again)]
    judged: list[Judgement | Pending] = []
    for name in PROFILES:
        for place in places:
            experiment = bench.catalogue.experiment(place.experiment)
            found = profiles_with_records(bench.cells, experiment, place.arms)
            if profile in (None, name) and name in found:
                judged.append(_at_profile(place, bench, name))
                break
    return judged or [without_records(claim, bench.catalogue, profile, bench.seeds_planned)]


@_judged.register
def _(claim: Agreement, _bench: Bench, profile: ProfileName | None) -> list[Judgement | Pending]:
    """Holds if all of the paper's own figures lie in the range that its sentence names."""
    if profile is not None:
        return []
    low, high = (
        float(edge) if text is None else figure(text) for text, edge in ((claim.low, "-inf"), (claim.high, "inf"))
    )
    span = f"within {claim.low} to {claim.high}"
    if claim.low is None or claim.high is None:
        span = f"at least {claim.low}" if claim.high is None else f"at most {claim.high}"
    values = {text: figure(text) for text in claim.figures}
    shown = {text: text if text == f"{value:g}" else f"{text} = {value:.3g}" for text, value in values.items()}
    outside = [shown[text] for text, value in values.items() if not low <= value <= high]
    if outside:
        why = f"Of the paper's own figures {', '.join(outside)} {'is' if len(outside) == 1 else 'are'} not {span}."
    else:
        why = f"The paper's own figures agree: {', '.join(shown.values())} {span}."
    word: Word = "contradicted" if outside else "holds"
    return [_untrained(claim, Finding(word, 0.0, f"arithmetic: {span}", why))]


@_judged.register
def _(claim: Measured, bench: Bench, profile: ProfileName | None) -> list[Judgement | Pending]:
    """A measurement on images alone, at no profile; or on kept weights, at the profile that trained them."""
    found, experiment = bench.measurements.get(claim.quantity), bench.catalogue.experiment(claim.experiment)
    if found is not None and found.profile is not None and found.arm in [arm.name for arm in experiment.arms]:
        planned = bench.planned([found.arm], experiment, found.profile)
        return (
            [_of_kept_weights(claim, found, bench.cells, experiment, planned)]
            if profile in (None, found.profile)
            else []
        )
    if profile is not None:
        return []
    if found is None:
        return [_untrained(claim, Finding("no records", None, "", f"Nobody has measured {claim.quantity} yet."))]
    return [_untrained(claim, keeps_bound(claim, found), found.value)]


def _dropped_or_stopped(claim: Dropped, found: Measurement, whole: float, early: float) -> Finding:
    """Whether dropping the highest frequencies does no worse than stopping: means of the networks that were read."""
    dropped, margin = found.value / 100.0 * whole, difference_margin()
    kept = dropped >= early - margin
    why = (
        f"At step {claim.timestep} dropping gives {dropped:.2f} %, stopping {early:.2f} %; all steps {whole:.2f} %. "
        f"Dropping is {'no worse' if kept else 'worse'} by more than {margin:.2f} points."
    )
    return Finding("holds" if kept else "contradicted", margin, "difference of means, one network", why)


def _of_kept_weights(
    claim: Measured, found: Measurement, cells: Cells, experiment: Experiment, planned: int
) -> Judgement:
    """A measurement on the kept weights of an arm: it rests on the records of its `planned` seeds.

    Stale where weights were read that belong to no fresh record of the arm; incomplete where a planned seed's were not.
    """
    profile = found.profile
    assert profile is not None, "weights were trained at a profile"
    keys: list[Key] = [(experiment.name, profile, found.arm, seed) for seed in range(planned)]
    read = [key for key in keys if cells.weights.get(key) in found.weights]
    known = {cells.weights[key] for key in cells.weights if key[:3] == (experiment.name, profile, found.arm)}
    deviations = deviations_of([found.arm], experiment, profile)
    finding, mean = keeps_bound(claim, found), found.value
    if isinstance(claim, Dropped) and read:
        whole, early = (float(np.mean([cells.accuracy[key][at] for key in read])) for at in (-1, claim.timestep - 1))
        finding, mean = _dropped_or_stopped(claim, found, whole, early), found.value / 100.0 * whole - early
    judged = replace(
        _untrained(claim, finding, mean),
        profile=profile,
        arm=found.arm,
        seeds_done=len(read),
        seeds_planned=planned,
        deviations=deviations,
        comparability=comparability(claim, profile, deviations),
        scope=ON_SMALL_NETWORK if profile == "lite" else "",
    )
    if judged.comparability == "not comparable":
        return undecided(judged, "not comparable", f"The {profile} profile does not judge it. {judged.why}")
    if not known.issuperset(found.weights):
        return undecided(judged, "stale", f"Weights were read that no fresh record of {found.arm} names.")
    if len(read) < planned:
        why = f"The weights of {len(read)} of {planned} planned seeds were read. {judged.why}"
        return undecided(judged, "incomplete", why)
    return judged


def keeps_bound(claim: Measured, found: Measurement) -> Finding:
    """Whether a measurement keeps the bound that its claim sets."""
    bound = float(claim.value)
    kept = found.value >= bound if claim.relation == "at-least" else found.value <= bound
    words = claim.relation.replace("-", " ")
    why = (
        f"{found.how}: {found.value:.3g} {found.unit} over {found.images:,} images of {found.dataset}, "
        f"{'' if kept else 'not '}{words} {bound:g}."
    )
    return Finding("holds" if kept else "contradicted", 0.0, f"computed: {words} {bound:g}", why)


def _untrained(claim: Claim, finding: Finding, mean: float | None = None) -> Judgement:
    """A judgement that belongs to no profile and has no seeds. Its margin is 0: it is held to the printed bound."""
    blank = Judgement(
        id=claim.id,
        experiment=claim.experiment,
        profile=None,
        arm="",
        timestep=0,
        kind=claim.kind,
        unit=claim.unit,
        published=claim.published,
        mean=mean,
        seeds_done=0,
        seeds_planned=0,
        comparability="exact",
        verdict="no records",
        **_place(claim),
    )
    return _with_finding(blank, finding)


def _at_profile(claim: Claim, bench: Bench, profile: ProfileName) -> Judgement | Pending:
    experiment = bench.catalogue.experiment(claim.experiment)
    planned = bench.planned(claim.arms, experiment, profile)
    state = seeds_done(bench.cells, claim.experiment, profile, claim.arms, planned)
    blank = unmeasured(claim, experiment, profile, len(state.seeds), planned)
    blank = replace(
        blank,
        detail="; ".join(state.gaps),
        further=len(state.further),
        scope=ON_SMALL_NETWORK if profile == "lite" else "",
        not_tuned=bench.catalogue.not_tuned(experiment, profile, claim.arms),
    )
    if profile == "smoke":
        return replace(blank, verdict="not comparable", why="Smoke runs are never judged.")
    keys: list[list[Key]] = [[(experiment.name, profile, arm, seed) for seed in state.seeds] for arm in claim.arms]
    measured = _measured(claim, bench, blank, keys) if state.seeds else blank
    if blank.comparability == "not comparable":
        return undecided(measured, "not comparable", f"The {profile} profile judges the direction of orderings only.")
    if claim.profiles and profile not in claim.profiles:
        return undecided(measured, "not comparable", f"Judged at {' and '.join(claim.profiles)} only.")
    if state.complete:
        return measured
    return undecided(measured, "stale" if state.stale else "incomplete", f"{_first(state)}.")


def _first(state: PlannedSeeds) -> str:
    more = len(state.gaps) - 1
    return state.gaps[0] + (f", and {more} more" if more else "")


def undecided(measured: Judgement | Pending, verdict: Word, why: str) -> Judgement:
    """A judgement that answers nothing: it keeps its numbers and loses what was decided by them.

    An ordering leaves Holm's family to those that are decided.
    """
    judgement = measured.judgement if isinstance(measured, Pending) else measured
    silent: dict[str, Any] = {"test": "", "margin": None, "nearest": "", "p": None, "same": (), "other": ()}
    silent |= {"replication": None, "sharpness": None}
    return replace(judgement, verdict=verdict, why=why, **silent)


@singledispatch
def _measured(claim: Claim, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """The numbers of a claim and what they say, from the records of its arms: `keys`, by arm and seed."""
    raise NotImplementedError(type(claim))


@_measured.register
def _(claim: Value, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """An accuracy. On the very test set that it was counted on, the draw of images does not enter."""
    cells, step, published = bench.cells, blank.timestep, float(claim.value)
    margin = value_margin(published)
    whole = cells.images[keys[0][0]] == bench.catalogue.test_images(claim.experiment)
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
    if finding.word == "lower" and (reason := _short_of_budget(claim, bench, blank, keys[0], published)):
        nearest = nearest_reading(measured, cells, bench.catalogue)
        return replace(undecided(measured, "not comparable", f"{reason} {finding.why}"), nearest=nearest)
    if finding.word == "consistent":
        measured = replace(measured, sharpness=sharpness(sd, outcomes.seeds, margin))
    words = {
        name: judge_value(accuracy_of(cells, of_arm, step), published, margin, images).word
        for name, of_arm in _controls(measured, cells, bench.catalogue)
        if len(of_arm) >= LEAST_SEEDS
    }
    found = _with_controls(_with_finding(measured, finding), words)
    missed = VERDICTS[finding.word].missed
    return replace(found, nearest=nearest_reading(found, cells, bench.catalogue)) if missed else found


def _short_of_budget(
    claim: Value | Steps, bench: Bench, blank: Judgement, keys: Sequence[Key], published: float
) -> str:
    """Why a number that was missed says nothing about the paper: its training was shortened, and could not reach it.

    Empty where no stage is shortened, where the ANN stands above the published number (or within δ of the ANN that the
    paper prints), or where a control with the shortened stage doubled moves the result by less than δ. An annealed rate
    hides this: a schedule squeezed into 20 epochs looks finished.
    """
    experiment = bench.catalogue.experiment(blank.experiment)
    assert blank.profile is not None, "records have a profile"
    config = experiment.resolve(experiment.arm(blank.arm), experiment.profile(blank.profile), 0)
    of_ann, tuned = shortened(config, experiment)
    if not of_ann and not tuned:
        return ""
    margin = value_margin(published)
    known = [ann for key in keys if not math.isnan(ann := bench.cells.ann.get(key, math.nan))]
    if known:
        ann = float(np.mean(known))
        printed = claim.ann if isinstance(claim, Value) else None
        if ann > published or (printed is not None and abs(ann - float(printed)) < margin):
            return ""
    if isinstance(claim, Value) and claim.doubled is not None:
        again: list[Key] = [(key[0], key[1], claim.doubled, key[3]) for key in keys]
        if all(key in bench.cells.accuracy for key in again):
            moved = percent_at(bench.cells, again, claim.timestep) - percent_at(bench.cells, keys, claim.timestep)
            if abs(float(np.mean(moved))) < margin:
                return ""
    ends = f"ends at {np.mean(known):.1f}" if known else "has no accuracy in the records"
    how = f", {of_ann}," if of_ann else ""
    return f"Its ANN{how} {ends}{f', and is {tuned}' if tuned else ''}: that cannot refute {published:g}."


@_measured.register
def _(claim: Steps, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """Steps to reach a target; a mean exists only where no run is censored. It is held to the printed steps."""
    curves = np.stack([bench.cells.accuracy[key] for key in keys[0]])
    steps = tuple(steps_to_reach(curve, float(claim.target)) for curve in curves)
    reached = [taken for taken in steps if taken is not None]
    labels = ", ".join(steps_label(taken, curves.shape[1]) for taken in steps)
    finding = judge_steps(steps, blank.timestep)
    why = f"{finding.why} Steps to {claim.target} % of each seed: {labels}."
    mean = float(np.mean(reached)) if len(reached) == len(steps) else None
    measured = replace(blank, mean=mean, steps=steps)
    short = _short_of_budget(claim, bench, blank, keys[0], float(claim.target))
    if finding.word in ("higher", "inconclusive") and None in steps and short:
        return undecided(measured, "not comparable", f"{short} {why}")
    return _with_finding(measured, dataclasses.replace(finding, margin=0.0, why=why))


@_measured.register
def _(claim: Ordering, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """Two arms, on test images or on training images."""
    cells, step = bench.cells, blank.timestep
    on_test = difference_of(cells, keys[0], keys[1], step)
    if claim.images == "training":
        known = known_difference_of(cells, keys[0], keys[1], step)
        if known is None:
            return undecided(blank, "incomplete", "The records do not tell the accuracy on training images.")
        beside = f"On test images the difference is {float(on_test.mean):+.2f} points."
        return _pending(replace(blank, beside=beside), known, claim, bench, keys)
    before = [balanced_at(cells, of_arm, step) for of_arm in keys]
    apart = None if before[0] is None or before[1] is None else before[0] - before[1]
    blank = replace(blank, balanced=apart)
    arms = [bench.catalogue.experiment(claim.experiment).arm(arm) for arm in claim.arms]
    if len({values_of(arm.encoder) for arm in arms}) > 1:
        net = net_difference_of(cells, keys[0], keys[1], step)
        if net is None:
            return undecided(blank, "incomplete", "The records do not tell the accuracy of both ANNs.")
        beside = f"Net of each one's own ANN; the raw difference is {float(on_test.mean):+.2f} points."
        return _pending(replace(blank, beside=beside), net, claim, bench, keys)
    return _pending(blank, on_test, claim, bench, keys)


@_measured.register
def _(claim: Sooner, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """Steps of the one arm and of the other, by seed; a run that never gets there counts one step more than it has."""
    count = len(claim.of(claim.sooner))
    taken = [
        [_steps_taken(claim, [bench.cells.accuracy[of_arm[place]] for of_arm in arms]) for place in range(len(keys[0]))]
        for arms in (keys[:count], keys[count:])
    ]
    apart = np.array(taken[1], dtype=np.float64) - np.array(taken[0], dtype=np.float64)
    told = [f"{', '.join(map(str, steps))}" for steps in taken]
    beside = f"Steps by seed: {told[0]} against {told[1]}."
    outcomes = outcomes_without_images(apart, lowest=-1e3, highest=1e3)
    return _pending(replace(blank, beside=beside), outcomes, claim, bench, keys)


def _steps_taken(claim: Sooner, curves: Sequence[Curve]) -> int:
    """The steps that one seed takes: on one curve, or among trainings at each T."""
    curve = np.array([curve[-1] for curve in curves]) if claim.trained_at else curves[0]
    target = float(claim.target) if claim.target else float(claim.share) / 100.0 * float(curve[-1])
    steps = steps_to_reach(curve, target)
    if claim.trained_at:
        return claim.trained_at[steps - 1] if steps else claim.trained_at[-1] + 1
    return steps or len(curve) + 1


@_measured.register
def _(claim: AboveAnn, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """One arm and its own ANN."""
    outcomes = above_ann(bench.cells, keys[0], blank.timestep)
    if outcomes is None:
        return undecided(blank, "incomplete", "The records do not tell the accuracy of the ANN.")
    controls = {
        name: runs
        for name, of_arm in _controls(blank, bench.cells, bench.catalogue)
        if (runs := above_ann(bench.cells, of_arm, blank.timestep)) is not None
    }
    return _pending(blank, outcomes, claim, bench, keys, controls)


@_measured.register
def _(claim: AboveRow, bench: Bench, blank: Judgement, keys: Sequence[Sequence[Key]]) -> Judgement | Pending:
    """Our accuracy minus the number of another paper, which is taken as exact."""
    number = float(claim.row.value)
    outcomes = shifted(accuracy_of(bench.cells, keys[0], blank.timestep), -number)
    controls = {
        name: shifted(accuracy_of(bench.cells, of_arm, blank.timestep), -number)
        for name, of_arm in _controls(blank, bench.cells, bench.catalogue)
    }
    return _pending(replace(blank, published=number), outcomes, claim, bench, keys, controls)


def _pending(
    blank: Judgement,
    outcomes: Outcomes,
    claim: Difference | Sooner,
    bench: Bench,
    keys: Sequence[Sequence[Key]],
    controls: Mapping[str, Outcomes] | None = None,
) -> Pending:
    """An ordering: `outcomes` of the difference, claimed greater minus claimed less. Holm's verdict comes later."""
    claimed = claimed_difference(bench.catalogue, claim)
    if blank.profile == "lite":  # a small network judges the direction alone; the size stands beside it
        claimed = dataclasses.replace(claimed, published=None)
    p = ordering_p(outcomes, claimed) if outcomes.seeds >= LEAST_SEEDS else float("nan")
    measured = replace(blank, **_summary(outcomes, "sampled"), p=_number(p), margin=claimed.margin)
    enough = {name: runs for name, runs in (controls or {}).items() if runs.seeds >= LEAST_SEEDS}
    return Pending(measured, outcomes, claimed, claim, keys, enough)


def claimed_difference(catalogue: Catalogue, claim: Difference | Sooner) -> ClaimedDifference:
    """What an ordering claims: its margin δ, its printed size and its relation.

    δ is that of the highest accuracy that is published for its arms at its timestep, or for its rival. Where the
    experiment shows the paper's number of another experiment beside all its arms, that one counts too.
    """
    if isinstance(claim, Sooner):
        return ClaimedDifference(ONE_STEP, unit="steps")
    printed = [
        own.published
        for own in catalogue.claims_of(claim.experiment)
        if own.unit == "percent"
        and own.timestep == claim.timestep
        and (own.arm in claim.arms or (own.arm is None and own.judged_as is not None))
    ]
    printed += [claim.row.published] if isinstance(claim, AboveRow) else []
    return ClaimedDifference(difference_margin(*printed), claim.published, claim.relation)


def _with_finding(judgement: Judgement, finding: Finding) -> Judgement:
    return replace(judgement, verdict=finding.word, margin=finding.margin, test=finding.test, why=finding.why)


def _summary(outcomes: Outcomes, images: Images) -> dict[str, Any]:
    found = estimate(outcomes, images)
    low, high = _number(found.low), _number(found.high)
    return {
        "mean": _number(found.mean),
        "sd": _number(found.sd),
        "low": low,
        "high": high,
        "half_width": None if low is None or high is None else (high - low) / 2.0,
        "prediction_low": _number(found.prediction_low),
        "prediction_high": _number(found.prediction_high),
        "covers": found.sources if low is not None else (),
        "runs": tuple(float(run) for run in outcomes.per_seed),
    }


def _number(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if math.isnan(number) else number


def deviations_of(arms: Iterable[str], experiment: Experiment, profile: ProfileName) -> tuple[str, ...]:
    """Where some arms at `profile` leave the published recipe, in words, each once; controls too."""
    found: list[str] = []
    for name in arms:
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
    deviations = deviations_of(claim.arms, experiment, profile)
    return Judgement(
        id=claim.id,
        experiment=claim.experiment,
        profile=profile,
        arm=claim.of(claim.sooner)[-1] if isinstance(claim, Sooner) else claim.arms[0],
        versus=_versus(claim),
        relation=claim.relation if isinstance(claim, Difference) else None,
        timestep=claim.judged_timestep,
        kind=claim.kind,
        unit=claim.unit,
        published=claim.published,
        seeds_done=seeds_done,
        seeds_planned=seeds_planned,
        comparability=comparability(claim, profile, deviations),
        deviations=deviations,
        verdict="inconclusive",
        **_place(claim),
    )


def _versus(claim: Claim) -> str | None:
    if isinstance(claim, Sooner):
        return claim.of(claim.later)[-1]
    return claim.versus if isinstance(claim, Difference) else None


def _place(claim: Claim) -> dict[str, Any]:
    """Where a claim stands in its statement."""
    statement = claim.statement.id if claim.statement else claim.id
    return {
        "statement": statement,
        "part": claim.part or claim.id,
        "reading": claim.reading,
        "counted": not claim.beside,
    }


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
    blank = unmeasured(claim, experiment, nearest, 0, planned)
    return replace(blank, profile=profile, verdict="no records", why=why)


def _controls(judgement: Judgement, cells: Cells, catalogue: Catalogue) -> Iterator[tuple[str, list[Key]]]:
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
                yield name, keys


def _same_network(home: Experiment, other: Experiment, profile: str) -> bool:
    networks = [known.network for e in (home, other) for known in e.profiles if known.name == profile]
    return len(networks) == 2 and networks[0] == networks[1]


def _done(cells: Cells, experiment: Experiment, arm: Arm, profile: str) -> list[Key]:
    """The keys of the planned seeds; none where one of them is not done."""
    planned = range(experiment.seeds(arm.name, profile))
    keys: list[Key] = [(experiment.name, profile, arm.name, seed) for seed in planned]
    return keys if all(key in cells.accuracy for key in keys) else []


def nearest_reading(judgement: Judgement, cells: Cells, catalogue: Catalogue) -> str:
    """Which of all readings in the evidence comes nearest to a number, in a sentence; empty where there is none.

    Readings are the paper's arms on the same data and network with all planned seeds, trained at the T claimed, or
    longer and read early: those of the same code in its own experiment, and all of an experiment of readings, which
    shows the paper's number beside all its arms.
    """
    assert judgement.published is not None, "a number is published"
    published, step, profile = judgement.published, judgement.timestep, str(judgement.profile)
    home = catalogue.experiment(judgement.experiment)
    shown = {c.experiment for c in catalogue.claims if c.judged_as is not None and c.arm is None}
    code = home.arm(judgement.arm).encoder
    others = (catalogue.experiment(name) for name in sorted(shown - {home.name}))
    alike = [home, *(e for e in others if e.dataset == home.dataset and _same_network(home, e, profile))]
    found: list[tuple[float, str, Outcomes]] = []
    for experiment in alike:
        for arm in experiment.planned:
            itself = (experiment.name, arm.name) == (judgement.experiment, judgement.arm)
            reading = arm.in_paper and not itself and (experiment is not home or arm.encoder == code)
            keys = _done(cells, experiment, arm, profile) if reading else []
            if keys and arm.timesteps >= step:
                outcomes = accuracy_of(cells, keys, step)
                early = f" read after {step} of its {arm.timesteps} steps" if arm.timesteps > step else ""
                name = f"{arm.name} of {experiment.name}{early}"
                found.append((abs(float(outcomes.mean) - published), name, outcomes))
    if not found:
        return ""
    gap, name, outcomes = min(found, key=lambda one: one[:2])
    if judgement.mean is not None and gap >= abs(judgement.mean - published):
        return f"No other reading in the evidence comes nearer to {published:g}."
    nearest = estimate(outcomes, "fixed")
    interval = f" ({outcomes.seeds} seed{'s' if outcomes.seeds > 1 else ''}, too few for an interval)"
    if outcomes.seeds >= LEAST_SEEDS:
        interval = f" (95 %: {nearest.low:.2f} to {nearest.high:.2f})"
    return (
        f"Of all readings in the evidence, {name} comes nearest to {published:g}: {float(nearest.mean):.2f}{interval}."
    )


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


def one_for_each_claim(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Of each claim the judgement that leads, in the order of the claims.

    That is, of those that answer, the one with the fewest deviations; where none answers, one at a profile that may
    judge the claim, and then at the larger one.
    """
    found: dict[str, Judgement] = {}
    for judgement in judgements:
        best = found.setdefault(judgement.id, judgement)
        found[judgement.id] = max(best, judgement, key=_rank)
    return tuple(found.values())


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
    found = []
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
        found.append(StatementVerdict(name, word, best, unjudged.get(name, ()), shared))
    return tuple(found)


def judged(judgements: Iterable[Judgement]) -> int:
    """How many judgements answer their claim, "inconclusive" included; twins are one."""
    answers = [judgement for judgement in judgements if VERDICTS[judgement.verdict].answers]
    first: set[tuple[str, str | None]] = set()
    for judgement in answers:
        if not any((twin, judgement.profile) in first for twin in judgement.twins):
            first.add((judgement.id, judgement.profile))
    return len(first)


def _rank(judgement: Judgement) -> tuple[bool, int, bool, int]:
    profile, answers = judgement.profile, VERDICTS[judgement.verdict].answers
    judges = profile is not None and judgement.kind in JUDGES[profile]
    fewest = -len(judgement.deviations) if answers else 0
    return answers, fewest, judges, -1 if profile is None else PROFILES.index(profile)


def shortened(config: CellConfig, experiment: Experiment) -> tuple[str, str]:
    """How the training of the ANN and the fine-tuning are shorter than the paper states, in words; "" where not."""

    def least(path: str) -> int:
        stated = experiment.published.get(path)
        return min(stated.values, default=0) if stated is not None else 0

    epochs = least("ann.epochs"), least("snn.epochs")
    ann = f"trained for {config.ann.epochs} of {epochs[0]} epochs" if config.ann.epochs < epochs[0] else ""
    tuned = f"{config.snn.epochs} of {epochs[1]} epochs" if config.snn.epochs < epochs[1] else ""
    whole = experiment.published.get("snn.images")
    if config.snn.images is not None and whole is not None and whole.values == (None,):
        tuned = f"{tuned + ' ' if tuned else ''}on {config.snn.images:,} images"
    return ann, f"fine-tuned for {tuned}" if tuned else ""


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
