"""The DCT code on MNIST beside its controls, direct and Poisson input: at its last step and halfway."""

from collections.abc import Iterator

from harness.analysis.crossed import Outcomes
from harness.analysis.differences import in_points
from harness.analysis.estimates import ALPHA, LEAST_SEEDS, estimate, p_equivalent
from harness.analysis.margins import difference_margin
from harness.analysis.outcomes import accuracy_of, difference_of
from harness.analysis.planned_seeds import Cells, Key
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments.mnist import EXPERIMENT

DCT, PUBLISHED, STEPS, HALFWAY = "cyclic-16", 98.54, 16, 8
CONTROLS = {"direct-16": "direct input", "poisson-16": "Poisson input"}


def against_controls(cells: Cells) -> Iterator[Sentence]:
    """How far it is from each control that has seeds in common with it, and whether the two are equivalent."""
    margin, ours, parts = difference_margin(PUBLISHED), _keys(cells, DCT), []
    for arm, words in CONTROLS.items():
        theirs = _keys(cells, arm)
        seeds = sorted({key[3] for key in ours} & {key[3] for key in theirs})
        if len(seeds) < LEAST_SEEDS:
            continue
        pairs = [[key for key in keys if key[3] in seeds] for keys in (ours, theirs)]
        parts.append(_difference(words, difference_of(cells, pairs[0], pairs[1], STEPS), margin))
    if parts:
        yield Sentence(f"On MNIST at {STEPS} steps the DCT code differs", tuple(parts))


def halfway(cells: Cells) -> Iterator[Sentence]:
    """Where each stands halfway, once all of them have records."""
    arms = {DCT: "the DCT code", **CONTROLS}
    keys = {words: _keys(cells, arm) for arm, words in arms.items()}
    if all(keys.values()):
        means = {words: float(accuracy_of(cells, of_arm, HALFWAY).mean) for words, of_arm in keys.items()}
        ours, *others = (f"{words} stands at {mean:.2f} %" for words, mean in means.items())
        yield Sentence(f"Read after {HALFWAY} of its {STEPS} steps, {ours}; {', '.join(others)}.")


def _keys(cells: Cells, arm: str) -> list[Key]:
    """The planned seeds of an arm that are done."""
    planned = EXPERIMENT.seeds(arm, "paper")
    keys: list[Key] = [(EXPERIMENT.name, "paper", arm, seed) for seed in range(planned)]
    return [key for key in keys if key in cells.accuracy]


def _difference(words: str, outcomes: Outcomes, margin: float) -> str:
    found = estimate(outcomes, "sampled")
    start = f"from {words} by {in_points(found.mean, found.low, found.high)}"
    if float(p_equivalent(found, 0.0, margin)) <= ALPHA:
        return f"{start}: the two are equivalent within {margin:.2f} points"
    if found.low > 0 or found.high < 0:
        return f"{start}: it is {'above' if found.mean > 0 else 'below'} it"
    return f"{start}: neither a difference nor equivalence within {margin:.2f} points is shown"
