"""Judgements: what our records say about each claim, one judge for each type of claim.

A type of claim is judged by one function that is registered for it: `_measured` where records of trained cells decide,
`_judged` where nothing is trained. Which profile may judge what: `JUDGES`. Context rows are shown and not judged.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from harness.analysis import cells as cell_data
from harness.analysis import statistics, verdicts
from harness.analysis.cells import Cell, Loaded, accuracy_of, paired
from harness.analysis.energy import EnergyModel, operations_of
from harness.analysis.statistics import LEAST_SEEDS, Estimate, Images, Outcomes, estimate, outcomes_without_images
from harness.analysis.verdicts import VERDICTS, ClaimedDifference, Finding, StatementWord, Word, form_of, judge_value
from harness.catalogue import Arm, Catalogue, Claim, Experiment, Paper
from harness.catalogue import claims as kinds
from harness.catalogue.claims import UNITS, Difference, Kind, Ordering, Relation, Sooner, Value, in_words, name_of
from harness.catalogue.experiment import Stated, parse_part, split_deviations
from harness.config import PROFILES, CellConfig, ProfileName
from harness.machine.console import counted

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
OWN_NETWORK: tuple[ProfileName, ...] = ("short", "paper")
# A training has settled if, after these fractions of fine-tuning, it stands within the margin of its end.
SETTLED_AT = (0.5, 0.75)
ONE_STEP = 1.0  # the margin of a difference in steps

Arms = Sequence[Sequence[Cell]]  # of each arm that a claim is about, the cells by seed


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One claim at one profile. Accuracies in percent, their differences and margins in percentage points; `unit`: of
    the number itself.

    `arm` is the arm of a claim, or the greater one of an ordering, whose other arm is `versus` ("ann": its own ANN; the
    arm itself: in the plain test);
    `profile` is None where no profile has records. A number that does not exist is None.
    `mean`: of the accuracy, of an ordering's difference (greater minus less), or of steps where no run is censored.
    `low` .. `high` is its 95 % interval and `prediction_low` .. `prediction_high` that of one more run, from three
    seeds up; `half_width` is half of the former. `covers`: the sources of variance in the interval.
    `runs`: the figure of each seed. `steps`: the steps of each seed, None for a censored one.
    `balanced`: the mean straight after threshold balancing, before any fine-tuning.
    `margin`, `test`, `why`: δ, the test that decided, and its reason in a sentence; `p` and `p_holm` of an ordering,
    before and after Holm's adjustment over all orderings of the paper.
    `replication`: for "reproduced" and "consistent", the probability (0..1) that an exact replication would be called
    reproduced, at the observed spread.
    `sharpness`: for "consistent", the probability that a recipe 0.3 points below the published one gets that word.
    `same`, `other`: control arms with the same verdict on this claim, and with another one.
    `beside`: for an ordering on training images, the same difference on the test images; for two codes with different
    ANNs, the raw difference.
    `nearest`: for a number that was missed, the nearest of all readings in the evidence, with its interval.
    `statement`, `part`, `reading`: what the claim is a part of, and how the paper is read in it; `counted`: whether it
    counts for its statement. `leads`: whether it is the row that speaks for its claim: the one with the fewest
    deviations among those that answer. `scope`: where an answer holds, in words; empty without a limit.
    `not_tuned`: arms whose fine-tuning rate no search on a validation split has chosen.
    `reruns`: what other runs say, with fewer deviations or of another reading, where an ordering was missed.
    `further`: seeds beyond the plan, which judge nothing.
    `detail` quotes what became of the seeds that are not done.
    """

    id: str
    experiment: str
    profile: ProfileName | None
    arm: str = ""
    versus: str | None = None
    relation: Relation | None = None
    timestep: int = 0
    kind: Kind
    unit: str
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
    further: int = 0
    seeds_done: int = 0
    seeds_planned: int = 0
    comparability: str = "exact"
    deviations: tuple[str, ...] = ()
    verdict: Word
    detail: str = ""

    @property
    def answers(self) -> bool:
        """Whether it answers its claim."""
        return VERDICTS[self.verdict].answers

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose records it rests on: one alone where it is set against itself, or its own ANN."""
        return tuple(dict.fromkeys(arm for arm in (self.arm, self.versus) if arm and arm != "ann"))

    @property
    def signed(self) -> bool:
        """Whether its numbers are differences."""
        return self.kind in ("ordering", "saturation")


@dataclass(frozen=True)
class Evidence:
    """What every judgement is made from."""

    loaded: Loaded
    catalogue: Catalogue


class Pending(NamedTuple):
    """An ordering that waits for Holm's adjustment. `decide`: from the adjusted p and the size of the family."""

    judgement: Judgement
    decide: Callable[[float, int], Judgement]


def judge(loaded: Loaded, paper: Paper, claims: Sequence[Claim] | None = None) -> tuple[Judgement, ...]:
    """One judgement per claim and per profile that has records of it, or one of "no records".

    `claims`: all of the paper where None. Holm's family is all orderings of the paper at one profile, those without
    records too, whatever `claims` are.
    """
    evidence = Evidence(loaded, Catalogue((paper,)))
    asked = {claim.id: claim for claim in (paper.claims if claims is None else claims) if claim.kind != "context"}
    judgements = _adjusted([part for claim in asked.values() for part in _judged(claim, evidence)], paper)
    judgements = _lite_withdrawn([_with_reruns(one, asked[one.id], evidence) for one in judgements])
    leading = {(one.id, one.profile) for one in one_for_each_claim(judgements)}
    return tuple(replace(one, leads=(one.id, one.profile) in leading) for one in judgements)


# ## One claim: at each profile that has records of it, or without any training


@singledispatch
def _judged(claim: Claim, evidence: Evidence) -> list[Judgement | Pending]:
    """The judgements of a claim that records of trained cells decide, one for each profile that has some."""
    again = [other for other in evidence.catalogue.claims if other.judged_as == claim.id and other.prints]
    # Where it stands, then at other arms for which the paper prints the same number.
    places = [claim, *(replace(claim, experiment=other.experiment, arm=other.arm) for other in again)]
    judgements: list[Judgement | Pending] = []
    for name in PROFILES:
        for place in places:
            experiment = evidence.catalogue.experiment(place.experiment)
            recorded = any((place.experiment, name, arm) in evidence.loaded.by_arm for arm in place.arms)
            if recorded and name in experiment.profile_names:
                judgements.append(_at_profile(place, evidence, name))
                break
    return judgements or [without_records(claim, evidence.catalogue)]


@_judged.register
def _(claim: kinds.Agreement, _evidence: Evidence) -> list[Judgement | Pending]:
    """Holds if all of the paper's own figures lie in the range that its sentence names."""
    low = -math.inf if claim.low is None else kinds.figure(claim.low)
    high = math.inf if claim.high is None else kinds.figure(claim.high)
    span = f"within {claim.low} to {claim.high}"
    if claim.low is None or claim.high is None:
        span = f"at least {claim.low}" if claim.high is None else f"at most {claim.high}"
    values = {text: kinds.figure(text) for text in claim.figures}
    shown = {text: text if text == f"{value:g}" else f"{text} = {value:.3g}" for text, value in values.items()}
    outside = [shown[text] for text, value in values.items() if not low <= value <= high]
    why = f"The paper's own figures agree: {', '.join(shown.values())} {span}."
    if outside:
        why = f"Of the paper's own figures {', '.join(outside)} {'is' if len(outside) == 1 else 'are'} not {span}."
    finding = Finding("contradicted" if outside else "holds", 0.0, f"arithmetic: {span}", why)
    return [_with_finding(_blank(claim), finding)]


@_judged.register
def _(claim: kinds.Measured, evidence: Evidence) -> list[Judgement | Pending]:
    """Whether a measurement, or the difference of two (first minus second), is within the bound of its claim.

    The bound has no margin. The judgement belongs to no profile.
    """
    by_quantity = evidence.loaded.measurements
    asked = [claim.quantity, *filter(None, [claim.against])]
    if missing := [name for name in asked if name not in by_quantity]:
        return [replace(_blank(claim), verdict="no records", why=f"Nobody has measured {missing[0]} yet.")]
    measurements = [by_quantity[name] for name in asked]
    bound, value = float(claim.value), measurements[0].value - sum(other.value for other in measurements[1:])
    kept = value >= bound if claim.relation == "at-least" else value <= bound
    numbers = [
        f"{m.how}: {m.value:.3g} {m.unit} over {m.images:,} {'images of ' * bool(m.data)}{m.dataset}"
        for m in measurements
    ]
    apart = f"; a difference of {value:+.3g} {claim.unit_in_words}" if claim.against else ""
    why = f"{'; '.join(numbers)}{apart}, {'' if kept else 'not '}{claim.bound} {bound:g}."
    finding = Finding("holds" if kept else "contradicted", 0.0, f"computed: {claim.bound} {bound:g}", why)
    return [_with_finding(_blank(claim, mean=value), finding)]


def _at_profile(claim: Claim, evidence: Evidence, profile: ProfileName) -> Judgement | Pending:
    experiment = evidence.catalogue.experiment(claim.experiment)
    planned = experiment.seeds_in_common(claim.arms, profile)
    state = evidence.loaded.planned(claim.experiment, profile, claim.arms, planned)
    blank = replace(
        _unmeasured(claim, experiment, profile, planned),
        seeds_done=len(state.arms[0]),
        detail="; ".join(state.gaps),
        further=state.further,
        scope=ON_SMALL_NETWORK if profile == "lite" else "",
        not_tuned=evidence.catalogue.not_tuned(experiment, profile, claim.arms),
    )
    if profile == "smoke":
        return replace(blank, verdict="not comparable", why="Smoke runs are never judged.")
    measured = _measured(claim, evidence, blank, state.arms) if state.arms[0] else blank
    if blank.comparability == "not comparable":
        return _undecided(measured, "not comparable", f"The {profile} profile judges the direction of orderings only.")
    if claim.profiles and profile not in claim.profiles:
        return _undecided(
            measured,
            "not comparable",
            f"Judged at {' and '.join(claim.profiles)} only: few claims are tested at {profile}.",
        )
    if not state.gaps:
        return measured
    more = f", and {len(state.gaps) - 1} more" if len(state.gaps) > 1 else ""
    return _undecided(measured, "stale" if state.stale else "incomplete", f"{state.gaps[0]}{more}.")


def without_records(claim: Claim, catalogue: Catalogue) -> Judgement:
    """The judgement where nothing was run, described as the fullest profile would be."""
    experiment = catalogue.experiment(claim.experiment)
    fullest = experiment.profile_names[-1]
    blank = _unmeasured(claim, experiment, fullest, experiment.seeds_in_common(claim.arms, fullest))
    return replace(blank, profile=None, verdict="no records", why="Nobody has run it.")


def _unmeasured(claim: Claim, experiment: Experiment, profile: ProfileName, planned: int) -> Judgement:
    """The judgement of a claim about trained arms at a profile, before any number of ours is in it."""
    deviations = deviations_of(claim.arms, experiment, profile)
    arm, versus = claim.sides
    return _blank(
        claim,
        profile,
        arm=arm,
        versus=versus,
        relation=claim.relation if isinstance(claim, Difference) else None,
        timestep=claim.judged_timestep,
        seeds_planned=planned,
        comparability=comparability(claim, profile, deviations),
        deviations=deviations,
    )


def _blank(claim: Claim, profile: ProfileName | None = None, **fields: Any) -> Judgement:
    """The judgement of a claim that answers nothing yet; by default one that belongs to no profile and has no seeds."""
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
        verdict="inconclusive",
        **fields,
    )


def _undecided(measured: Judgement | Pending, verdict: Word, why: str, **fields: Any) -> Judgement:
    """A judgement that answers nothing: it keeps its numbers and loses what was decided by them.

    An ordering leaves Holm's family to those that are decided.
    """
    judgement = measured.judgement if isinstance(measured, Pending) else measured
    silent: dict[str, Any] = {"test": "", "nearest": "", "same": (), "other": ()}
    silent |= dict.fromkeys(("margin", "p", "replication", "sharpness"))
    return replace(judgement, verdict=verdict, why=why, **(silent | fields))


def _with_finding(judgement: Judgement, finding: Finding) -> Judgement:
    return replace(judgement, verdict=finding.word, margin=finding.margin, test=finding.test, why=finding.why)


def profiles_that_judge(claim: Claim, experiment: Experiment) -> list[ProfileName]:
    """The profiles of an experiment that may judge a claim, the cheapest first."""
    return [
        name
        for name in experiment.profile_names
        if claim.kind in JUDGES[name] and (not claim.profiles or name in claim.profiles)
    ]


def deviations_of(arms: Iterable[str], experiment: Experiment, profile: ProfileName) -> tuple[str, ...]:
    """Where some arms at `profile` leave the published recipe, in words, each once; controls too."""
    deviations: list[str] = []
    for name in arms:
        arm = dataclasses.replace(experiment.arm(name), in_paper=True)  # compared with the paper, be it a control
        deviations += experiment.deviations(arm, experiment.profile(profile))
    if profile != "paper" and not split_deviations(deviations)[0]:
        deviations.append(f"the {profile} profile spends less than the published recipe")
    return tuple(dict.fromkeys(deviations))


def comparability(claim: Claim, profile: ProfileName, deviations: Sequence[str]) -> str:
    """ "exact", "approximate (k deviations)", or "not comparable" where the profile may not judge the claim.

    Settings that the paper does not state are counted by themselves.
    """
    if claim.kind not in JUDGES[profile]:
        return "not comparable"
    kinds_of = zip(("deviation", "unstated setting"), split_deviations(deviations), strict=True)
    said = ", ".join(counted(len(texts), what) for what, texts in kinds_of if texts)
    return f"approximate ({said})" if said else "exact"


# ## The numbers of a claim at one profile


@singledispatch
def _measured(claim: Claim, evidence: Evidence, blank: Judgement, arms: Arms) -> Judgement | Pending:
    """The judgement of a claim with its numbers and verdict, from the records of its arms."""
    raise NotImplementedError(type(claim))


@_measured.register
def _(claim: Value, evidence: Evidence, blank: Judgement, arms: Arms) -> Judgement | Pending:
    """A number. If the test images are those of the published accuracy, their draw adds no variance."""
    (cells,), step, published, plain = arms, blank.timestep, float(claim.value), claim.measure == "accuracy"
    outcomes = outcomes_of(claim.measure, cells, step)
    if outcomes is None:
        return _undecided(blank, "incomplete", _untold(claim.measure))
    # The margin of a loss is that of the accuracy that is printed for the ANN.
    printed = published if plain else float(claim.ann or published)
    of_accuracy = claim.unit in ("percent", "points")
    margin = statistics.value_margin(printed) if of_accuracy else statistics.amount_margin(published)
    counted_on = cells[0].record.curve and cells[0].record.curve.total
    images: Images = "fixed" if counted_on == evidence.catalogue.test_images(claim.experiment) else "sampled"
    judged, sd = replace(blank, **_summary(outcomes, images)), float(np.sqrt(outcomes.seed_variance))
    if plain:
        # Optimism was measured where epochs were compared: at the last timestep.
        optimism = _number(np.mean([cell.optimism for cell in cells])) if step == len(cells[0].curve) else None
        judged = replace(judged, balanced=cell_data.balanced_at(cells, step), optimism=optimism)
    widest = statistics.MOST if of_accuracy else margin
    finding = judge_value(outcomes, published, margin, images, form_of(claim.unit, published), widest)
    missed = VERDICTS[finding.word].missed
    # One or two seeds cannot give "lower". If more seeds could not either, the budget is given as the reason.
    short = outcomes.seeds < LEAST_SEEDS and float(outcomes.per_seed.mean()) < published - margin
    if finding.word == "lower" or short or (missed and not plain):
        capped, reason = _capped(claim, evidence, blank, cells, printed)
        if capped:
            nearest = _nearest_reading(judged, evidence) if plain else ""
            return _undecided(judged, "not comparable", f"{reason} {finding.why}", nearest=nearest)
        finding = dataclasses.replace(finding, why=f"{finding.why} {reason}".strip())
    judged = _with_finding(judged, finding)
    if not plain:
        return judged
    if finding.word in ("reproduced", "consistent"):
        judged = replace(judged, replication=verdicts.replication(sd, outcomes.seeds, margin))
    if finding.word == "consistent":
        judged = replace(judged, sharpness=verdicts.sharpness(sd, outcomes.seeds, margin))
    if missed:
        judged = replace(judged, nearest=_nearest_reading(judged, evidence))
    return _with_controls(
        judged, evidence, lambda control: judge_value(accuracy_of(control, step), published, margin, images).word
    )


def outcomes_of(measure: str, cells: Sequence[Cell], timestep: int) -> Outcomes | None:
    """A measure of one arm at `timestep`, by seed; None if a record lacks it.

    Records keep which images an evaluation has right. They count the images that an ANN has right, and operations over
    all timesteps.
    """
    if measure == "accuracy":
        return accuracy_of(cells, timestep)
    if measure in ("ann", "loss"):
        below = cell_data.above_ann(cells, timestep)
        if below is None:
            return None
        if measure == "loss":
            return outcomes_without_images(-below.per_seed, lowest=-100.0)
        return outcomes_without_images([cell.ann for cell in cells])
    if name_of(measure) not in UNITS:
        told = all(measure in cell.record.evaluations for cell in cells)
        return accuracy_of(cells, timestep, measure) if told else None
    name, prices = parse_part(measure, "measure")
    spent = [one for cell in cells if (one := operations_of([cell])) is not None]
    amounts: list[float | None] = [getattr(one, name, None) for one in spent]
    if name == "energy":
        model = EnergyModel(**{price: float(str(of_one)) for price, of_one in prices.items()})
        amounts = [one.snn_uj(model) for one in spent]
    numbers = [amount for amount in amounts if amount is not None]
    return outcomes_without_images(numbers, highest=math.inf) if len(numbers) == len(cells) else None


def _untold(measure: str) -> str:
    return f"The records do not tell {'the accuracy of the ANN' if measure in ('ann', 'loss') else measure}."


@_measured.register
def _(claim: kinds.Steps, evidence: Evidence, blank: Judgement, arms: Arms) -> Judgement | Pending:
    """Steps to reach a target, compared with the printed steps. There is a mean only if no run is censored.

    A run is read to its end, which may be later than the printed steps.
    """
    curves = [cell.curve for cell in arms[0]]
    steps = tuple(cell_data.steps_to_reach(curve, float(claim.target)) for curve in curves)
    reached = [taken for taken in steps if taken is not None]
    labels = ", ".join(cell_data.steps_label(taken, len(curves[0])) for taken in steps)
    finding = verdicts.judge_steps(steps, int(claim.value))
    why = f"{finding.why} Steps to {claim.target} % of each seed: {labels}."
    mean = float(np.mean(reached)) if len(reached) == len(steps) else None
    measured = replace(blank, timestep=len(curves[0]), mean=mean, steps=steps)
    capped, reason = _capped(claim, evidence, blank, arms[0], float(claim.target))
    if finding.word in ("higher", "inconclusive") and None in steps and capped:
        return _undecided(measured, "not comparable", f"{reason} {why}")
    return _with_finding(measured, dataclasses.replace(finding, margin=0.0, why=why))


@_measured.register(Difference)
@_measured.register(Sooner)
def _(claim: Difference | Sooner, evidence: Evidence, blank: Judgement, arms: Arms) -> Judgement | Pending:
    """An ordering: the claimed greater minus the claimed less. Its verdict waits for Holm's adjustment."""
    if isinstance(claim, kinds.AboveRow):
        blank = replace(blank, published=claim.row.published)
    if isinstance(claim, Ordering) and claim.images == "test" and claim.measure == "accuracy":
        before = [cell_data.balanced_at(cells, claim.timestep) for cells in arms]
        blank = replace(blank, balanced=None if before[0] is None or before[1] is None else before[0] - before[1])
    outcomes, beside = _difference(claim, evidence.catalogue, arms)
    if outcomes is None:
        return _undecided(blank, "incomplete", beside)
    claimed = claimed_difference(evidence.catalogue, claim, arms)
    if blank.profile == "lite":  # a small network judges the direction alone; the size stands beside it
        claimed = dataclasses.replace(claimed, published=None)
    p = _number(verdicts.ordering_p(outcomes, claimed)) if outcomes.seeds >= LEAST_SEEDS else None
    measured = replace(blank, **_summary(outcomes, claimed.images), p=p, margin=claimed.margin, beside=beside)

    def decide(p_holm: float, family: int) -> Judgement:
        """The verdict by the rules, or "not comparable" if its training does not allow that conclusion."""
        finding = verdicts.judge_ordering(outcomes, claimed, p_holm, family)
        theirs = claim.row.timestep if isinstance(claim, kinds.AboveRow) else None
        if theirs is not None and theirs <= claim.judged_timestep:
            why = f"{claim.judged_timestep} steps are no fewer than its {theirs}. {finding.why}"
            finding = Finding("contradicted", 0.0, "arithmetic: fewer steps", why)
        judged = _with_finding(replace(measured, p_holm=None if p is None else p_holm), finding)
        if finding.word in ("contradicted", "no difference"):
            if isinstance(claim, Ordering) and claim.leaves:
                why = f"{finding.why} That contradicts no mechanism: {claim.leaves}."
                return _undecided(judged, "not comparable", why)
            margin = claimed.margin if claimed.unit == "points" else statistics.difference_margin()
            if isinstance(claim, Sooner) or claim.measure != "accuracy" or not settled(arms, margin):
                return _undecided(judged, "not comparable", f"Not known to have settled. {finding.why}")
        if not judged.answers or not isinstance(claim, kinds.AboveAnn | kinds.AboveRow | Sooner):
            return judged

        def word_of(control: Sequence[Cell]) -> Word | None:
            in_place = _in_place_of_sooner(claim, evidence, control, arms) if isinstance(claim, Sooner) else [control]
            runs, _ = _difference(claim, evidence.catalogue, in_place) if in_place else (None, "")
            if runs is None:
                return None
            # Adjusted like the claim itself, so that a control faces the same bar.
            adjusted = min(1.0, (p_holm / p if p and p_holm < 1 else family) * verdicts.ordering_p(runs, claimed))
            return verdicts.judge_ordering(runs, claimed, adjusted, family).word

        return _with_controls(judged, evidence, word_of)

    return Pending(measured, decide)


def _difference(claim: Difference | Sooner, catalogue: Catalogue, arms: Arms) -> tuple[Outcomes | None, str]:
    """The difference that an ordering claims, by seed, and a remark to show beside it.

    The difference is None if the records lack a number; the remark then names it.
    """
    step = claim.judged_timestep
    if isinstance(claim, Sooner):
        return _apart_in_steps(claim, arms)
    if isinstance(claim, kinds.AboveAnn):
        outcomes = cell_data.above_ann(arms[0], step)
        return outcomes, "" if outcomes else _untold("ann")
    if isinstance(claim, kinds.AboveRow):  # the number of another paper is taken as exact
        outcomes, rival = accuracy_of(arms[0], step), float(claim.row.value)
        low, high = outcomes.lowest - rival, outcomes.highest - rival
        return dataclasses.replace(outcomes, per_seed=outcomes.per_seed - rival, lowest=low, highest=high), ""
    greater, less = arms[0], arms[-1]  # alike for an arm against itself
    if claim.measure != "accuracy":
        ours, theirs = (outcomes_of(claim.measure, cells, step) for cells in (greater, less))
        if ours is None or theirs is None:
            return None, _untold(claim.measure)
        if name_of(claim.measure) not in UNITS:  # paired by image
            less_under = "" if isinstance(claim, kinds.AboveItself) else claim.measure
            return cell_data.difference_of(greater, less, step, under=claim.measure, less_under=less_under), ""
        most = ours.highest - ours.lowest
        return outcomes_without_images(ours.per_seed - theirs.per_seed, lowest=-most, highest=most), ""
    on_test = cell_data.difference_of(greater, less, step)
    if isinstance(claim, Ordering) and claim.images == "training":
        outcomes = cell_data.train_difference_of(greater, less, step)
        beside = f"On test images the difference is {float(on_test.mean):+.2f} points."
        return outcomes, beside if outcomes else "The records do not tell the accuracy on training images."
    encoders = [catalogue.experiment(claim.experiment).arm(arm).encoder for arm in claim.arms]
    if not cell_data.of_one_kind(encoders, greater, less):
        outcomes = cell_data.net_difference_of(greater, less, step)
        beside = f"Net of each one's own ANN; the raw difference is {float(on_test.mean):+.2f} points."
        return outcomes, beside if outcomes else "The records do not tell the accuracy of both ANNs."
    return on_test, ""


def _apart_in_steps(claim: Sooner, arms: Arms) -> tuple[Outcomes, str]:
    """As `_difference`, in steps. A run that never reaches the target counts as the last step plus one."""
    count, grid = len(claim.of(claim.sooner)), claim.trained_at or tuple(range(1, len(arms[0][0].curve) + 1))
    sooner, later = (
        [_steps_taken(claim, of_seed, grid) for of_seed in zip(*half, strict=True)]
        for half in (arms[:count], arms[count:])
    )
    apart = [float((b or grid[-1] + 1) - (a or grid[-1] + 1)) for a, b in zip(sooner, later, strict=True)]
    labels = (", ".join(cell_data.steps_label(steps, grid[-1]) for steps in half) for half in (sooner, later))
    # The true number of steps lies anywhere between the grid's previous number and this one: it is rounded up.
    gaps = dict(zip(grid, np.diff((0, *grid)), strict=True))
    rounding = 2 * float(np.mean([gaps[steps or grid[-1]] ** 2 / 12 for steps in (*sooner, *later)]))
    by_seed = f"Steps by seed: {' against '.join(labels)}."
    if None in later and None not in sooner:
        by_seed += f" A run that never got there counts as {grid[-1] + 1}: the difference is at least this."
    return outcomes_without_images(apart, lowest=-1e3, highest=1e3, rounding=rounding), by_seed


def _in_place_of_sooner(claim: Sooner, evidence: Evidence, control: Sequence[Cell], arms: Arms) -> Arms:
    """The arms, the sooner side replaced by a control of the experiment; empty if it is not trained at each T too."""
    experiment, profile, arm, _ = control[0].key
    if experiment != claim.experiment or arm in claim.arms:
        return []
    names = claim.of(arm.removesuffix(str(claim.judged_timestep)) + "{T}" if claim.trained_at else arm)
    sooner = [evidence.loaded.done(experiment, profile, name, len(arms[0])) for name in names]
    return [*sooner, *arms[len(names) :]] if all(len(cells) == len(arms[0]) for cells in sooner) else []


def _steps_taken(claim: Sooner, cells: Sequence[Cell], grid: Sequence[int]) -> int | None:
    """Steps to the target of one seed, on one curve or over trainings at each T of `grid`; None if not reached."""
    curve = np.array([cell.curve[-1] for cell in cells]) if claim.trained_at else cells[0].curve
    target = float(claim.target) if claim.target else float(claim.share) / 100.0 * float(curve[-1])
    steps = cell_data.steps_to_reach(curve, target)
    return grid[steps - 1] if steps else None


def claimed_difference(catalogue: Catalogue, claim: Difference | Sooner, arms: Arms = ()) -> ClaimedDifference:
    """The margin δ, the printed size and the relation that an ordering claims.

    δ follows from the highest number published for its arms at its timestep, or for its rival. If the experiment shows
    another experiment's published number beside all its arms, that number counts too. For amounts without a published
    number, δ follows from the largest mean of `arms`.
    """
    if isinstance(claim, Sooner):
        return ClaimedDifference(ONE_STEP, unit="steps")
    # One side of an arm against itself is the plain test.
    measures = {claim.measure, "accuracy"} if isinstance(claim, kinds.AboveItself) else {claim.measure}
    printed = [
        other.published
        for other in catalogue.claims_of(claim.experiment)
        if other.unit == claim.unit
        and other.measure in measures
        and other.timestep == claim.timestep
        and (other.arm in claim.arms or (other.arm is None and other.judged_as is not None))
    ]
    if claim.unit not in ("percent", "points"):
        means = [float(one.mean) for cells in arms if (one := outcomes_of(claim.measure, cells, claim.timestep))]
        margin = statistics.amount_margin(*(printed or means))
        form = form_of(claim.unit, 20 * margin)
        return ClaimedDifference(margin, claim.published, claim.relation, in_words(claim.unit), form)
    if isinstance(claim, kinds.AboveRow):
        printed.append(claim.row.published)
    if claim.unit == "points":  # losses: a printed loss does not set the margin
        printed = []
    images: Images = "fixed" if isinstance(claim, kinds.AboveRow) else "sampled"
    margin = statistics.difference_margin(*printed)
    return ClaimedDifference(margin, claim.published, claim.relation, images=images)


def _summary(outcomes: Outcomes, images: Images) -> dict[str, Any]:
    """The numbers of a judgement; fewer than three seeds give no interval."""
    estimated = estimate(outcomes, images)
    names = "mean", "sd", "low", "high", "prediction_low", "prediction_high"
    summary: dict[str, Any] = {name: _number(getattr(estimated, name)) for name in names}
    bounded = summary["low"] is not None and summary["high"] is not None
    half = (summary["high"] - summary["low"]) / 2.0 if bounded else None
    covers = estimated.sources if bounded else ()
    return summary | {"half_width": half, "covers": covers, "runs": tuple(float(run) for run in outcomes.per_seed)}


def _number(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if math.isnan(number) else number


def _adjusted(parts: Sequence[Judgement | Pending], paper: Paper) -> list[Judgement]:
    """Judgements with the verdicts of orderings. One family for each profile: all orderings of the paper about
    experiments that have the profile, run or not."""
    result = [part.judgement if isinstance(part, Pending) else part for part in parts]
    by_name = {experiment.name: experiment for experiment in paper.experiments}
    waiting = [(i, part) for i, part in enumerate(parts) if isinstance(part, Pending)]
    for profile in dict.fromkeys(part.judgement.profile for _, part in waiting):
        family = [(i, part) for i, part in waiting if part.judgement.profile == profile]
        orderings = (claim for claim in paper.claims if claim.kind in ("ordering", "saturation"))
        size = sum(profile in profiles_that_judge(claim, by_name[claim.experiment]) for claim in orderings)
        raw = [1.0 if part.judgement.p is None else part.judgement.p for _, part in family]
        size = max(size, len(raw))
        for (i, part), p in zip(family, statistics.holm(raw, size), strict=True):
            result[i] = part.decide(float(p), size)
    return result


# ## What may not be concluded: from a training on its way, a small network, a small budget


def settled(arms: Arms, margin: float) -> bool:
    """Whether an arm, or the difference of two, was within `margin` of its final value after a half and three quarters
    of fine-tuning, in the plain test at the last timestep.
    """
    if not all(arms) or any(at not in cell.readings for cells in arms for cell in cells for at in (*SETTLED_AT, 1.0)):
        return False

    def apart(at: float) -> float:
        first, *others = (float(np.mean([cell.readings[at] for cell in cells])) for cells in arms)
        return first - (others[0] if others else 0.0)

    return all(abs(apart(at) - apart(1.0)) < margin for at in SETTLED_AT)


def _lite_withdrawn(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Make lite inconclusive if the paper's own network has no answer yet but points in the opposite direction."""
    result = list(judgements)
    for place, judged in enumerate(judgements):
        if judged.profile != "lite" or not judged.answers or judged.mean is None or judged.relation is None:
            continue
        on_own = [o for o in judgements if o.id == judged.id and o.profile in OWN_NETWORK]
        bound = -(judged.margin or 0.0) if judged.relation == "not-less" else 0.0
        theirs = [
            f"{o.mean:+{form_of(o.unit, o.mean)}} at {o.profile} ({o.seeds_done} of {o.seeds_planned} seeds)"
            for o in on_own
            if o.mean is not None and (o.mean - bound) * (judged.mean - bound) < 0
        ]
        if theirs and not any(o.answers and o.mean is not None for o in on_own):
            ours = f"{judged.mean:+{form_of(judged.unit, judged.mean)}}"
            why = f"Networks disagree: {ours} on a small one, {'; '.join(theirs)} on the paper's own."
            result[place] = _undecided(judged, "inconclusive", why)
    return result


def shortened(config: CellConfig, experiment: Experiment) -> tuple[str, str]:
    """How the training of the ANN and the fine-tuning are shorter than the paper states, in words; "" where not."""

    def stated(path: str) -> tuple[int, str]:
        given = experiment.published.get(path, Stated(""))
        least = min(given.values, default=0)
        return least, given.words or f"{least}"

    (of_ann, ann_words), (of_snn, snn_words) = stated("ann.epochs"), stated("snn.epochs")
    ann = f"trained for {config.ann.epochs} of {ann_words} epochs" if config.ann and config.ann.epochs < of_ann else ""
    if not config.snn:
        return ann, ""
    fewer = config.snn.epochs < of_snn
    tuned = f"for {config.snn.epochs} of {snn_words} epochs" if fewer else ""
    whole = experiment.published.get("snn.images")
    if config.snn.images is not None and whole is not None and whole.values == (None,):
        spent = counted(config.snn.epochs, "epoch")
        tuned = f"for {spent} on {config.snn.images:,} images in place of {snn_words if fewer else spent} on all"
    return ann, f"fine-tuned {tuned}" if tuned else ""


def _capped(
    claim: Value | kinds.Steps, evidence: Evidence, blank: Judgement, cells: Sequence[Cell], published: float
) -> tuple[bool, str]:
    """Whether a missed number says nothing about the paper because a shortened training caps it; and the reason.

    It is not capped if no stage is shortened; if the ANN is above the published number (or within δ of the accuracy
    that the paper prints for its ANN) and fine-tuning is whole or has settled; or if a control with the shortened stage
    doubled changes the result by less than δ. An annealed rate hides a cap: a schedule of 20 epochs looks finished.
    """
    experiment = evidence.catalogue.experiment(blank.experiment)
    config = experiment.resolve(experiment.arm(blank.arm), experiment.profile(str(blank.profile)), 0)
    of_ann, tuned = shortened(config, experiment)
    if not of_ann and not tuned:
        return False, ""
    if claim.unit not in ("percent", "points", "steps"):
        return True, f"Its training is shorter than published ({', '.join(filter(None, (of_ann, tuned)))})."
    margin = statistics.value_margin(published)
    anns = [cell.ann for cell in cells if not math.isnan(cell.ann)]
    ann = float(np.mean(anns)) if anns else math.nan
    printed = float(claim.ann) if isinstance(claim, Value) and claim.ann else math.nan
    reaches = ann > published or abs(ann - printed) < margin  # neither of what is unknown
    if reaches and (not tuned or settled([cells], margin)):
        return False, ""
    if isinstance(claim, Value) and claim.doubled is not None:
        twice, once = paired(evidence.loaded.done(*cells[0].key[:2], claim.doubled), cells)
        if len(once) == len(cells):
            apart = cell_data.percent_at(twice, claim.timestep) - cell_data.percent_at(once, claim.timestep)
            moved = estimate(outcomes_without_images(apart, lowest=-100.0, highest=100.0))
            if abs(float(moved.mean)) < margin:
                interval = f" (95 %: {moved.low:+.2f} to {moved.high:+.2f})" if len(apart) >= LEAST_SEEDS else ""
                how = f"a training twice as long ({claim.doubled}) moves it by {moved.mean:+.2f} points only{interval}"
                return False, f"Its training is shortened, and {how}."
    missed = claim.target if isinstance(claim, kinds.Steps) else claim.value
    if reaches:
        return True, f"It is {tuned}, and not known to have settled: that cannot refute {missed}."
    ends = f"ends at {ann:.1f}" if anns else "has no accuracy in the records"
    how = f", {of_ann}," if of_ann else ""
    return True, f"Its ANN{how} {ends}{f', and is {tuned}' if tuned else ''}: that cannot refute {missed}."


# ## What stands beside a verdict: controls, other readings, reruns


def _finished(
    experiments: Iterable[Experiment], home: Experiment, profile: str, loaded: Loaded
) -> Iterator[tuple[Experiment, Arm, Sequence[Cell]]]:
    """The arms of some experiments on the data and the network of `home` with all their planned seeds done."""
    for experiment in experiments:
        networks = [each.network for e in (home, experiment) for each in e.profiles if each.name == profile]
        if experiment.dataset != home.dataset or len(networks) < 2 or networks[0] != networks[1]:
            continue
        for arm in experiment.planned:
            planned = experiment.seeds(arm.name, profile)
            cells = loaded.done(experiment.name, profile, arm.name, planned)
            if len(cells) == planned > 0:
                yield experiment, arm, cells


def _with_controls(
    judgement: Judgement, evidence: Evidence, word_of: Callable[[Sequence[Cell]], Word | None]
) -> Judgement:
    """The judgement with the names of controls that get the same verdict, and of those that get another one.

    `word_of` gives a control's verdict, None for no verdict. Controls are other codes with the data, network and number
    of timesteps of the judged arm. Equal computations are named once.
    """
    home = evidence.catalogue.experiment(judgement.experiment)
    ours, seen, words = home.arm(judgement.arm), set[str](), dict[str, Word]()
    experiments = sorted(evidence.catalogue.papers[0].experiments, key=lambda experiment: experiment is not home)
    for experiment, arm, cells in _finished(experiments, home, str(judgement.profile), evidence.loaded):
        prints = {cell.record.fingerprint.digest for cell in cells}
        another = arm.timesteps == ours.timesteps and arm.encoder.name != ours.encoder.name
        if not arm.in_paper and another and not prints & seen:
            seen |= prints
            if len(cells) >= LEAST_SEEDS and (word := word_of(cells)) is not None:
                words[arm.name if experiment is home else f"{arm.name} of {experiment.name}"] = word
    same = tuple(control for control, word in words.items() if word == judgement.verdict)
    return replace(judgement, same=same, other=tuple(control for control in words if control not in same))


def _nearest_reading(judgement: Judgement, evidence: Evidence) -> str:
    """A sentence that names the reading in the evidence nearest to a published number; empty if there is none.

    Readings are arms of the paper on the same data and network with all planned seeds, trained at the claimed T, or
    longer and read early. They are the arms with the same code in the claim's own experiment, and all arms of an
    experiment that shows the paper's number beside all its arms.
    """
    assert judgement.published is not None, "a number is published"
    published, step = judgement.published, judgement.timestep
    catalogue, home = evidence.catalogue, evidence.catalogue.experiment(judgement.experiment)
    shown = {c.experiment for c in catalogue.claims if c.judged_as is not None and c.arm is None}
    experiments = (home, *(catalogue.experiment(name) for name in sorted(shown - {home.name})))
    code = home.arm(judgement.arm).encoder
    candidates: list[tuple[float, str, Outcomes]] = []
    for experiment, arm, cells in _finished(experiments, home, str(judgement.profile), evidence.loaded):
        itself = (experiment.name, arm.name) == (judgement.experiment, judgement.arm)
        of_code = experiment is not home or arm.encoder == code
        if arm.in_paper and not itself and of_code and arm.timesteps >= step:
            outcomes = accuracy_of(cells, step)
            early = f" read after {step} of its {arm.timesteps} steps" if arm.timesteps > step else ""
            name = f"{arm.name} of {experiment.name}{early}"
            candidates.append((abs(float(outcomes.mean) - published), name, outcomes))
    if not candidates:
        return ""
    gap, name, outcomes = min(candidates, key=lambda one: one[:2])
    if judgement.mean is not None and gap >= abs(judgement.mean - published):
        return f"No other reading of the text in the evidence comes nearer to {published:g}."
    nearest = estimate(outcomes, "fixed")
    interval = f" ({counted(outcomes.seeds, 'seed')}, too few for an interval)"
    if outcomes.seeds >= LEAST_SEEDS:
        interval = f" (95 %: {nearest.low:.2f} to {nearest.high:.2f})"
    return (
        f"Of all readings of the text in the evidence, {name} comes nearest to {published:g}: "
        f"{float(nearest.mean):.2f}{interval}."
    )


def _with_reruns(judgement: Judgement, claim: Claim, evidence: Evidence) -> Judgement:
    """The judgement with a sentence for each rerun of the claim; unchanged if the ordering was not missed.

    A rerun counts if it has the judged profile and all its planned seeds, and removes a deviation or is a reading.
    """
    low, high, published = judgement.low, judgement.high, judgement.published
    # An ordering is unexplained too where it points another way, and its size or its end is not judged.
    unsettled = judgement.verdict == "not comparable" and judgement.p_holm is not None
    unexplained = unsettled or VERDICTS[judgement.verdict].missed
    if judgement.verdict == "holds" and published is not None and low is not None and high is not None:
        unexplained = judgement.versus is not None and not low <= published <= high
    if not isinstance(claim, Difference) or not unexplained or judgement.profile is None:
        return judgement
    sentences: list[str] = []
    for rerun in claim.reruns:
        experiment, place = evidence.catalogue.experiment(rerun.experiment), claim.at(rerun)
        if judgement.profile not in experiment.profile_names:
            continue
        how = rerun.reading or ""
        if rerun.reading is None:
            here, there = judgement.deviations, deviations_of(place.arms, experiment, judgement.profile)
            lifted, added = (
                " and ".join(f"“{one}”" for one in ours if one not in theirs)
                for ours, theirs in ((here, there), (there, here))
            )
            how = f"without {lifted}{f', and with {added}' if added else ''}" if lifted else ""
        if how and (said := _rerun(judgement, claim, place, evidence)):
            arms = "" if place.arms == claim.arms else f" ({' and '.join(place.arms)})"
            sentences.append(f"Run again in {place.experiment}{arms} {how}: {said}")
    return replace(judgement, reruns=tuple(sentences))


def _rerun(judgement: Judgement, claim: Difference, place: Difference, evidence: Evidence) -> str:
    """The number there, its change over the seeds that both have, and whether that is nearer to what is claimed."""
    profile, loaded = str(judgement.profile), evidence.loaded
    planned = evidence.catalogue.experiment(place.experiment).seeds_in_common(place.arms, profile)
    state = loaded.planned(place.experiment, profile, place.arms, planned)
    judged = (loaded.done(claim.experiment, profile, arm, judgement.seeds_planned) for arm in claim.arms)
    common = paired(*state.arms, *judged)
    if state.gaps or len(common[0]) < LEAST_SEEDS:
        return ""
    again, here = common[: len(state.arms)], common[len(state.arms) :]
    there, afterwards, before = (
        _difference(at, evidence.catalogue, arms)[0]
        for at, arms in ((place, state.arms), (place, again), (claim, here))
    )
    if there is None or afterwards is None or before is None:
        return ""
    theirs, ours = ({cell.device for cells in arms for cell in cells} for arms in (again, here))
    change = estimate(outcomes_without_images(afterwards.per_seed - before.per_seed, lowest=-200.0, highest=200.0))
    way = _way(estimate(there), estimate(before), change, claimed_difference(evidence.catalogue, claim))
    number, moved = (
        f"{one.mean:+.2f} points (95 %: {one.low:+.2f} to {one.high:+.2f}; {one.seeds} {seeds})"
        for one, seeds in ((estimate(there), "seeds"), (change, "seeds in common"))
    )
    return f"{number}{', recorded on another processor' if ours != theirs else ''}, changed by {moved}; {way}."


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


# ## All judgements together: the one that leads, statements, networks


def one_for_each_claim(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """The leading judgement of each claim, in the order of the claims.

    It is the answer with the fewest deviations. If no judgement answers, a profile that may judge the claim comes
    before others. Ties go to the larger profile.
    """

    def rank(judgement: Judgement) -> tuple[bool, int, bool, int]:
        profile, answers = judgement.profile, judgement.answers
        judges = profile is not None and judgement.kind in JUDGES[profile]
        fewest = -len(split_deviations(judgement.deviations)[0]) if answers else 0
        return answers, fewest, judges, -1 if profile is None else PROFILES.index(profile)

    leading: dict[str, Judgement] = {}
    for judgement in judgements:
        leading[judgement.id] = max(leading.get(judgement.id, judgement), judgement, key=rank)
    return tuple(leading.values())


@dataclass(frozen=True)
class StatementVerdict:
    """The verdict on one statement, and for each part the judgement that decides it.

    `otherwise`: for each part, the other readings that were run and have another verdict.
    `shared`: it came out, wholly or in part, and every tested control fulfils each such part as well.
    `basis`: `ELSEWHERE`, `ON_SMALL` or `UNTRAINED` if only such evidence answers it; else "".
    """

    id: str
    word: StatementWord
    parts: Mapping[str, Judgement]
    otherwise: Mapping[str, tuple[Judgement, ...]]
    unjudged: tuple[str, ...]
    shared: bool
    basis: str


def statement_verdicts(judgements: Iterable[Judgement], claims: Iterable[Claim]) -> tuple[StatementVerdict, ...]:
    """The word of every statement. A part comes out if one of its readings does.

    The statement comes out if every part does. It comes out in part if some do, or come out in part themselves (an
    ordering of another size). It does not if parts are answered and none comes out. With an unanswered part, it comes
    out in part at best.
    """
    words = tuple(verdicts.STATEMENTS)
    parts: dict[str, dict[str, list[Judgement]]] = {}
    for one in one_for_each_claim(judgements):
        if one.counted:
            parts.setdefault(one.statement, {}).setdefault(one.part, []).append(one)
    stated = {c.statement.id: c.statement for c in claims if c.statement is not None}

    def place(one: Judgement) -> int:
        return ("out", "in part", "not", "open").index(VERDICTS[one.verdict].outcome)

    judged = []
    for name, of_parts in parts.items():
        best = {part: min(readings, key=place) for part, readings in of_parts.items()}
        places, missing = [*map(place, best.values())], stated[name].unjudged if name in stated else ()
        word = words[min(places)]
        if word == "comes out" and (any(places) or missing):
            word = "in part"
        out = [one for one in best.values() if place(one) < 2]
        shared = bool(out) and all(one.same and not one.other for one in out)
        otherwise = {
            part: tuple(o for o in readings if o.verdict not in (best[part].verdict, "no records"))
            for part, readings in of_parts.items()
        }
        trained = [one for one in best.values() if one.answers and one.profile is not None]
        basis = verdicts.ON_SMALL if trained and all(one.scope for one in trained) else ""
        if trained and not basis and name in stated and stated[name].elsewhere:
            basis = verdicts.ELSEWHERE
        if not trained and any(one.answers for one in best.values()):
            basis = verdicts.UNTRAINED
        judged.append(StatementVerdict(name, word, best, otherwise, missing, shared, basis))
    return tuple(judged)


def without_own_size(experiments: Sequence[Experiment], loaded: Loaded) -> Mapping[str, tuple[str, ...]]:
    """Published networks that no finished cell has trained at their own size, with the experiments they are of.

    A cell counts at every profile that judges something and has that size, whatever its schedule.
    """
    trained_at = {key[:2] for key, cell in loaded.cells.items() if cell.done}
    trained: dict[str, dict[str, bool]] = {}  # by network and experiment
    for experiment in experiments:
        if "paper" in experiment.profile_names:
            whole = experiment.profile("paper")
            size = whole.network, whole.encoder
            own_size = [p.name for p in experiment.profiles if JUDGES[p.name] and (p.network, p.encoder) == size]
            reached = any((experiment.name, name) in trained_at for name in own_size)
            trained.setdefault(whole.network.name, {})[experiment.name] = reached
    return {network: tuple(of) for network, of in trained.items() if not any(of.values())}
