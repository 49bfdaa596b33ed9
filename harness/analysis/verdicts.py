"""What our records say about each claim.

Which profile judges what: `judgement.JUDGES`. Context rows are published numbers that are shown and not judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec.structs import replace

from harness.analysis.beside import nearest_reading, specificity_of, with_twins
from harness.analysis.crossed import Outcomes
from harness.analysis.family import holm
from harness.analysis.frame import Loaded
from harness.analysis.judgement import Judgement, judged, planned_seeds, undecided, unmeasured, without_records
from harness.analysis.margins import rival_of, value_margin
from harness.analysis.measurements import Measurement
from harness.analysis.measures import arms_keys, ordering_of, with_ordering, with_steps, with_value, with_verdict
from harness.analysis.ordering_rules import Ordering
from harness.analysis.outcomes import (
    above_ann,
    accuracy_of,
    balanced_at,
    difference_of,
    known_difference_of,
    shifted,
)
from harness.analysis.planned_seeds import Cells, Key, PlannedSeeds, index, profiles_with_records, seeds_done
from harness.analysis.reruns import with_reruns
from harness.analysis.untrained import judge_kept_weights, judge_untrained
from harness.analysis.value_rules import Value
from harness.catalogue import Catalogue, Claim, Paper
from harness.config import PROFILES, ProfileName

__all__ = ["Judgement", "judge", "judged"]


@dataclass(frozen=True)
class Bench:
    """What every judgement is made with. `seeds_planned` replaces the planned number of seeds, None leaves it."""

    cells: Cells
    measurements: Mapping[str, Measurement]
    catalogue: Catalogue
    seeds_planned: int | None


@dataclass(frozen=True)
class Pending:
    """An ordering that waits for Holm's adjustment, with the runs it is about."""

    judgement: Judgement
    outcomes: Outcomes
    ordering: Ordering


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
    bench, found = Bench(index(loaded), loaded.measurements, catalogue, seeds_planned), list[Judgement]()
    chosen = catalogue.claims if claims is None else claims
    for paper in catalogue.papers:
        mine = {experiment.name for experiment in paper.experiments}
        parts: list[Judgement | Pending] = []
        for claim in chosen:
            if claim.experiment in mine and claim.kind != "context":
                parts += _of_claim(bench, claim, profile)
        found += _adjusted(parts, paper)
    by_id = {claim.id: claim for claim in chosen}
    return with_twins([with_reruns(one, by_id[one.id], bench.cells, catalogue) for one in found], bench.cells)


def _of_claim(bench: Bench, claim: Claim, profile: ProfileName | None) -> "list[Judgement | Pending]":
    if not claim.needs_training:
        return _untrained(bench, claim, profile)
    places = _places(bench, claim)
    judged: list[Judgement | Pending] = []
    for name in PROFILES:
        known = (place for place in places if profile in (None, name) and _has_records(bench, place, name))
        if (place := next(known, None)) is not None:
            judged.append(_judgement(bench, place, name))
    return judged or [without_records(claim, bench.catalogue, profile, bench.seeds_planned)]


def _untrained(bench: Bench, claim: Claim, profile: ProfileName | None) -> "list[Judgement | Pending]":
    """A claim that needs no training of its own, at no profile, or at that of the kept weights it was measured on."""
    found = bench.measurements.get(str(claim.quantity)) if claim.kind == "measurement" else None
    experiment = bench.catalogue.experiment(claim.experiment)
    if found is None or found.profile is None or found.arm not in [arm.name for arm in experiment.arms]:
        return [judge_untrained(claim, bench.measurements)] if profile is None else []
    if profile not in (None, found.profile):
        return []
    planned = experiment.seeds(found.arm, found.profile) if bench.seeds_planned is None else bench.seeds_planned
    return [judge_kept_weights(claim, found, bench.cells, experiment, planned)]


def _has_records(bench: Bench, claim: Claim, profile: ProfileName) -> bool:
    experiment = bench.catalogue.experiment(claim.experiment)
    return profile in profiles_with_records(bench.cells, experiment, claim.arms)


def _places(bench: Bench, claim: Claim) -> list[Claim]:
    """The claim where it stands, then at other arms for which the paper prints the same number."""
    again = [other for other in bench.catalogue.claims if other.judged_as == claim.id and other.prints]
    return [claim, *(replace(claim, experiment=other.experiment, arm=other.arm) for other in again)]


def _judgement(bench: Bench, claim: Claim, profile: ProfileName) -> "Judgement | Pending":
    experiment = bench.catalogue.experiment(claim.experiment)
    planned = planned_seeds(claim, experiment, profile) if bench.seeds_planned is None else bench.seeds_planned
    state = seeds_done(bench.cells, claim.experiment, profile, claim.arms, planned)
    blank = unmeasured(claim, experiment, profile, len(state.seeds), planned)
    blank = replace(blank, detail="; ".join(state.gaps), further=len(state.further))
    if profile == "smoke":
        return replace(blank, verdict="not comparable", why="Smoke runs are never judged.")
    measured = _measured(bench, blank, claim, state) if state.seeds else blank
    if blank.comparability == "not comparable":
        what = "orderings" if profile == "lite" else "numbers"
        return _undecided(measured, "not comparable", f"The {profile} profile judges {what} only.")
    if state.complete:
        return measured
    return _undecided(measured, "stale" if state.stale else "incomplete", f"{_first(state)}.")


def _undecided(measured: "Judgement | Pending", verdict: Any, why: str) -> Judgement:
    """A judgement that answers nothing: it leaves Holm's family to those that are decided."""
    return undecided(measured.judgement if isinstance(measured, Pending) else measured, verdict, why)


def _first(state: PlannedSeeds) -> str:
    more = len(state.gaps) - 1
    return state.gaps[0] + (f", and {more} more" if more else "")


def _measured(bench: Bench, blank: Judgement, claim: Claim, state: PlannedSeeds) -> "Judgement | Pending":
    cells, step = bench.cells, blank.timestep
    keys = arms_keys(blank, claim.arms, state.seeds)
    if claim.rival is not None:
        return _against_rival(bench, blank, claim, keys[0])
    if claim.kind == "ordering":
        return _ordering(bench, blank, claim, keys)
    if claim.kind == "steps-to-reach":
        return with_steps(blank, claim, np.stack([cells.accuracy[key] for key in keys[0]]))
    value = _value_of(bench, claim, keys[0][0])
    # Optimism was measured where epochs were compared: at the last timestep.
    last = step == len(cells.accuracy[keys[0][0]])
    optimism = np.array([cells.optimism[key] if last else np.nan for key in keys[0]])
    blank = replace(blank, balanced=balanced_at(cells, keys[0], step))
    found = with_value(blank, accuracy_of(cells, keys[0], step), value, optimism)
    found = specificity_of(found, cells, bench.catalogue, value)
    return replace(found, reading=nearest_reading(found, cells, bench.catalogue))


def _ordering(bench: Bench, blank: Judgement, claim: Claim, keys: Sequence[Sequence[Key]]) -> "Judgement | Pending":
    """Two arms, on test or on training images, or one arm and its own ANN."""
    cells, step = bench.cells, blank.timestep
    ordering = ordering_of(bench.catalogue, claim)
    if claim.baseline is not None:
        outcomes = above_ann(cells, keys[0], step)
        if outcomes is None:
            return _undecided(blank, "incomplete", "The records do not tell the accuracy of the ANN.")
        return Pending(with_ordering(blank, outcomes, ordering), outcomes, ordering)
    on_test = difference_of(cells, keys[0], keys[1], step)
    if claim.images == "training":
        known = known_difference_of(cells, keys[0], keys[1], step)
        if known is None:
            return _undecided(blank, "incomplete", "The records do not tell the accuracy on training images.")
        beside = f"On test images the difference is {float(on_test.mean):+.2f} points."
        return Pending(with_ordering(replace(blank, beside=beside), known, ordering), known, ordering)
    before = [balanced_at(cells, of_arm, step) for of_arm in keys]
    apart = None if before[0] is None or before[1] is None else before[0] - before[1]
    return Pending(with_ordering(replace(blank, balanced=apart), on_test, ordering), on_test, ordering)


def _against_rival(bench: Bench, blank: Judgement, claim: Claim, keys: Sequence[Key]) -> Pending:
    """Our accuracy minus the number of another paper, which is taken as exact, and the steps that each needs."""
    rival = rival_of(claim, bench.catalogue)
    number = float(rival.value or 0)
    found = accuracy_of(bench.cells, keys, blank.timestep)
    outcomes = shifted(found, -number)
    ordering = ordering_of(bench.catalogue, claim)
    return Pending(with_ordering(replace(blank, published=number), outcomes, ordering), outcomes, ordering)


def _value_of(bench: Bench, claim: Claim, key: tuple[str, str, str, int]) -> Value:
    """The published number; on the very test set that it was counted on, the draw of images does not enter."""
    published = float(claim.value or 0)
    whole = bench.cells.images[key] == bench.catalogue.test_images(claim.experiment)
    return Value(published, value_margin(published), "fixed" if whole else "sampled")


def _adjusted(parts: "Sequence[Judgement | Pending]", paper: Paper) -> list[Judgement]:
    """Judgements with the verdicts of orderings. One family for each profile: all orderings of the paper about
    experiments that have the profile, run or not."""
    result = [part.judgement if isinstance(part, Pending) else part for part in parts]
    waiting = [(i, part) for i, part in enumerate(parts) if isinstance(part, Pending)]
    for profile in dict.fromkeys(part.judgement.profile for _, part in waiting):
        family = [(i, part) for i, part in waiting if part.judgement.profile == profile]
        having = {e.name for e in paper.experiments if profile in e.profile_names}
        size = sum(claim.kind == "ordering" and claim.experiment in having for claim in paper.claims)
        raw = [1.0 if part.judgement.p is None else part.judgement.p for _, part in family]
        size = max(size, len(raw))
        for (i, part), p in zip(family, holm(raw, size), strict=True):
            result[i] = with_verdict(part.judgement, part.outcomes, part.ordering, float(p), size)
    return result
