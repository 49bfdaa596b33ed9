"""Claims that no training of ours decides: the paper's figures against its own sentences, what the images alone tell,
and what kept weights tell when they are read in another way."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from harness.analysis.judgement import Judgement, comparability, deviations_of, undecided
from harness.analysis.measurements import Measurement
from harness.analysis.planned_seeds import Cells, Key
from harness.analysis.words import Word
from harness.catalogue import Experiment
from harness.catalogue.claim import Claim, figure


def judge_untrained(claim: Claim, measured: Mapping[str, Measurement]) -> Judgement:
    """The judgement of a claim of kind "agreement" or "measurement"; it belongs to no profile and has no seeds."""
    if claim.kind == "agreement":
        return _agreement(claim)
    found = measured.get(str(claim.quantity))
    if found is None:
        why = f"Nobody has measured {claim.quantity} yet."
        return _judgement(claim, "no records", why)
    return _measurement(claim, found)


def judge_kept_weights(
    claim: Claim, found: Measurement, cells: Cells, experiment: Experiment, planned: int
) -> Judgement:
    """The judgement of a measurement on the kept weights of an arm: it rests on the records of its `planned` seeds.

    Stale where weights were read that belong to no fresh record of the arm; incomplete where a planned seed's were not.
    """
    profile = found.profile
    assert profile is not None, "weights were trained at a profile"
    keys: list[Key] = [(experiment.name, profile, found.arm, seed) for seed in range(planned)]
    read = [key for key in keys if cells.weights.get(key) in found.weights]
    known = {cells.weights[key] for key in cells.weights if key[:3] == (experiment.name, profile, found.arm)}
    deviations = deviations_of(replace(claim, arm=found.arm), experiment, profile)
    judged = replace(
        _measurement(claim, found),
        profile=profile,
        arm=found.arm,
        seeds_done=len(read),
        seeds_planned=planned,
        deviations=deviations,
        comparability=comparability(claim, profile, deviations),
    )
    if judged.comparability == "not comparable":
        return undecided(judged, "not comparable", f"The {profile} profile does not judge it. {judged.why}")
    if not known.issuperset(found.weights):
        return undecided(judged, "stale", f"Weights were read that no fresh record of {found.arm} names.")
    if len(read) < planned:
        return undecided(
            judged, "incomplete", f"The weights of {len(read)} of {planned} planned seeds were read. {judged.why}"
        )
    return judged


def _agreement(claim: Claim) -> Judgement:
    """Holds if all of the paper's own figures lie in the range that its sentence names."""
    values = {text: figure(text) for text in claim.figures}
    low = figure(claim.low) if claim.low is not None else -float("inf")
    high = figure(claim.high) if claim.high is not None else float("inf")
    outside = [_shown(text, value) for text, value in values.items() if not low <= value <= high]
    span = _span(claim)
    if outside:
        why = f"Of the paper's own figures {', '.join(outside)} {'is' if len(outside) == 1 else 'are'} not {span}."
        return _judgement(claim, "contradicted", why, test=f"arithmetic: {span}")
    why = f"The paper's own figures agree: {', '.join(_shown(*item) for item in values.items())} {span}."
    return _judgement(claim, "holds", why, test=f"arithmetic: {span}")


def _shown(text: str, value: float) -> str:
    return text if text == f"{value:g}" else f"{text} = {value:.3g}"


def _span(claim: Claim) -> str:
    if claim.low is None or claim.high is None:
        return f"at least {claim.low}" if claim.high is None else f"at most {claim.high}"
    return f"within {claim.low} to {claim.high}"


def _measurement(claim: Claim, found: Measurement) -> Judgement:
    bound = float(claim.value or 0)
    kept = found.value >= bound if claim.relation == "at-least" else found.value <= bound
    words = claim.relation.replace("-", " ")
    why = (
        f"{found.how}: {found.value:.3g} {found.unit} over {found.images:,} images of {found.dataset}, "
        f"{'' if kept else 'not '}{words} {bound:g}."
    )
    word: Word = "holds" if kept else "contradicted"
    return _judgement(claim, word, why, mean=found.value, test=f"computed: {words} {bound:g}")


def _judgement(claim: Claim, verdict: Word, why: str, **measured: Any) -> Judgement:
    return Judgement(
        id=claim.id,
        experiment=claim.experiment,
        profile=None,
        arm="",
        timestep=0,
        kind=claim.kind,
        unit=claim.unit,
        published=claim.published,
        seeds_done=0,
        seeds_planned=0,
        comparability="exact",
        verdict=verdict,
        why=why,
        margin=None if verdict == "no records" else 0.0,  # held to the printed bound itself
        **measured,
    )
