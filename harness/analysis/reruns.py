"""What runs with fewer deviations, or of another reading, say about an ordering that was missed."""

from collections.abc import Sequence

from msgspec.structs import replace

from harness.analysis.curves import Cells, Key, above_ann, difference_of, seeds_done
from harness.analysis.differences import in_points
from harness.analysis.judges import Judgement, claimed_difference, deviations_of
from harness.analysis.statistics import LEAST_SEEDS, Estimate, Outcomes, estimate, outcomes_without_images
from harness.analysis.verdicts import VERDICTS, ClaimedDifference
from harness.catalogue import Catalogue, Claim
from harness.catalogue.claims import AboveAnn, Difference, Rerun


def with_reruns(judgement: Judgement, claim: Claim, cells: Cells, catalogue: Catalogue) -> Judgement:
    """The judgement with a sentence for each of the claim's reruns; as it is where the ordering was not missed.

    A rerun counts that has the judged profile and all its planned seeds, and that undoes a deviation or is a reading.
    """
    if not isinstance(claim, Difference) or not _unexplained(judgement):
        return judgement
    found = [
        one for rerun in claim.reruns if (one := _run_again(judgement, claim, rerun, cells, catalogue)) is not None
    ]
    undone = dict.fromkeys(name for _, names in found for name in names)
    return replace(judgement, reruns=tuple(said for said, _ in found), undone=tuple(undone))


def _unexplained(judgement: Judgement) -> bool:
    """Whether an ordering came out otherwise than published, or points that way where size or end is not judged."""
    low, high, published = judgement.low, judgement.high, judgement.published
    if judgement.verdict == "holds" and published is not None and low is not None and high is not None:
        return judgement.versus is not None and not low <= published <= high
    unsettled = judgement.verdict == "not comparable" and judgement.p_holm is not None
    return unsettled or VERDICTS[judgement.verdict].missed


def _run_again(
    judgement: Judgement, claim: Difference, rerun: Rerun, cells: Cells, catalogue: Catalogue
) -> tuple[str, tuple[str, ...]] | None:
    """What the rerun says, and the deviations that it undoes; None where it does not count."""
    place, experiment = claim.at(rerun), catalogue.experiment(rerun.experiment)
    profile = judgement.profile
    if profile is None or profile not in experiment.profile_names:
        return None
    theirs = deviations_of(place.arms, experiment, profile)
    undone, how = _undone(judgement.deviations, theirs) if rerun.reading is None else ((), rerun.reading)
    said = _said(judgement, claim, place, cells, catalogue) if how else ""
    return (f"Run again in {_named(claim, place)} {how}: {said}", undone) if said else None


def _undone(ours: Sequence[str], theirs: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The deviations that a rerun undoes, and in words how it differs; "" where it undoes none."""
    undone = tuple(one for one in ours if one not in theirs)
    added = [one for one in theirs if one not in ours]
    more = f", and with {_quoted(added)}" if added else ""
    return undone, f"without {_quoted(undone)}{more}" if undone else ""


def _said(judgement: Judgement, claim: Difference, place: Difference, cells: Cells, catalogue: Catalogue) -> str:
    """The number there, its change over the seeds that both have, and whether that is nearer to what is claimed."""
    profile = str(judgement.profile)
    planned = catalogue.experiment(place.experiment).seeds_in_common(place.arms, profile)
    state = seeds_done(cells, place.experiment, profile, place.arms, planned)
    common = [seed for seed in state.seeds if seed < judgement.seeds_planned]
    if not state.complete or len(common) < LEAST_SEEDS:
        return ""
    there, again, here = (
        _apart(one, cells, profile, seeds) for one, seeds in ((place, state.seeds), (place, common), (claim, common))
    )
    if there is None or again is None or here is None:
        return ""
    change = estimate(outcomes_without_images(again.per_seed - here.per_seed, lowest=-200.0, highest=200.0))
    way = _way(estimate(there), estimate(here), change, claimed_difference(catalogue, claim))
    apart = _devices(place, cells, profile, common) != _devices(claim, cells, profile, common)
    other = ", recorded on another processor" if apart else ""
    return f"{_points(estimate(there), 'seeds')}{other}, changed by {_points(change, 'seeds in common')}; {way}."


def _devices(claim: Claim, cells: Cells, profile: str, seeds: Sequence[int]) -> set[str]:
    return {cells.device.get((claim.experiment, profile, arm, seed), "") for arm in claim.arms for seed in seeds}


def _apart(claim: Difference, cells: Cells, profile: str, seeds: Sequence[int]) -> Outcomes | None:
    """The ordering's difference in points, None where a record does not tell the accuracy of its ANN."""
    keys: list[list[Key]] = [[(claim.experiment, profile, arm, seed) for seed in seeds] for arm in claim.arms]
    if isinstance(claim, AboveAnn):
        return above_ann(cells, keys[0], claim.judged_timestep)
    return difference_of(cells, keys[0], keys[1], claim.judged_timestep)


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


def _points(found: Estimate, seeds: str) -> str:
    return in_points(found.mean, found.low, found.high, f"; {found.seeds} {seeds}")


def _quoted(deviations: Sequence[str]) -> str:
    return " and ".join(f"“{one}”" for one in deviations)


def _named(claim: Claim, place: Claim) -> str:
    return place.experiment if place.arms == claim.arms else f"{place.experiment} ({' and '.join(place.arms)})"
