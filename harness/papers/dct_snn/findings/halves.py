"""Interleaving all frequencies against leaving half of them out (§6): the paper prints both and compares neither."""

from collections.abc import Iterator

from harness.analysis.curves import Cells, difference_of, seeds_done
from harness.analysis.differences import in_points
from harness.analysis.judges import JUDGES
from harness.analysis.statistics import LEAST_SEEDS, Estimate, estimate, holm, p_different
from harness.analysis.verdicts import p_in_words
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments import ABLATION_INTERLEAVED, ABLATION_INTERMITTENT
from harness.papers.dct_snn.paper import PAPER

INTERLEAVED = ABLATION_INTERLEAVED
HALVES = ABLATION_INTERMITTENT
ALL, ARMS = "interleaved-16x3", ("truncated-8x6", "intermittent-8x6")
PUBLISHED = {
    (claim.experiment, claim.arm): claim.published
    for claim in PAPER.claims
    if claim.kind == "value" and claim.published is not None
}


def against_halves(cells: Cells) -> Iterator[Sentence]:
    """A sentence for each profile that judges orderings and has all planned seeds of these arms."""
    timesteps = INTERLEAVED.arm(ALL).timesteps
    for profile in INTERLEAVED.profile_names:
        planned = min(INTERLEAVED.seeds(ALL, profile), HALVES.seeds_in_common(ARMS, profile))
        done = (
            seeds_done(cells, INTERLEAVED.name, profile, [ALL], planned).complete
            and seeds_done(cells, HALVES.name, profile, ARMS, planned).complete
        )
        if "ordering" not in JUDGES[profile] or planned < LEAST_SEEDS or not done:
            continue
        ours, *theirs = (
            [(experiment.name, profile, arm, seed) for seed in range(planned)]
            for experiment, arm in ((INTERLEAVED, ALL), *((HALVES, arm) for arm in ARMS))
        )
        found = [estimate(difference_of(cells, ours, keys, timesteps)) for keys in theirs]
        adjusted = holm([float(p_different(difference)) for difference in found], len(ARMS))
        parts = tuple(_in_words(arm, one, float(p)) for arm, one, p in zip(ARMS, found, adjusted, strict=True))
        what = f"All frequencies, interleaved, against half of them at {timesteps} steps"
        parts = (*parts, *_on_own_network(cells, profile))
        yield Sentence(
            f"{what} ({profile} profile; a comparison that the paper's text does not draw and that was chosen once "
            f"the results were known; two-sided p adjusted by Holm for {len(ARMS)} comparisons):",
            parts,
        )


def _on_own_network(cells: Cells, judged: str) -> Iterator[str]:
    """What the paper's own network says at `short`, where it does not judge yet: the difference of the seeds it has."""
    if judged == "short" or "short" not in HALVES.profile_names:
        return
    timesteps = INTERLEAVED.arm(ALL).timesteps
    for arm in ARMS:
        seeds = [
            seed
            for seed in range(INTERLEAVED.seeds(ALL, "short"))
            if {(INTERLEAVED.name, "short", ALL, seed), (HALVES.name, "short", arm, seed)} <= cells.accuracy.keys()
        ]
        if seeds and len(seeds) < LEAST_SEEDS:
            ours = [cells.accuracy[INTERLEAVED.name, "short", ALL, seed][timesteps - 1] for seed in seeds]
            theirs = [cells.accuracy[HALVES.name, "short", arm, seed][timesteps - 1] for seed in seeds]
            apart = ", ".join(f"{one - other:+.2f}" for one, other in zip(ours, theirs, strict=True))
            count = f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
            yield f"on the paper's own network (short profile, {count}), {apart} against {_title(arm)}"


def _in_words(arm: str, found: Estimate, p: float) -> str:
    points = in_points(found.mean, found.low, found.high, f", adjusted {p_in_words(p)}")
    return f"against {_title(arm)}, {points}; the published accuracies differ by {_published(arm):+.2f}"


def _title(arm: str) -> str:
    return HALVES.arm(arm).title


def _published(arm: str) -> float:
    """The difference of the two published accuracies, in points."""
    return PUBLISHED[INTERLEAVED.name, ALL] - PUBLISHED[HALVES.name, arm]
