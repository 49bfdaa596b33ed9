"""Which reading of the paper changes accuracy in a deep network: a sentence from `sensitivity-readings-cifar10`."""

from collections.abc import Iterator

from harness.analysis.estimates import ALPHA, p_different
from harness.analysis.planned_seeds import Cells
from harness.papers.dct_snn.experiments.sensitivity_cifar10 import EXPERIMENT
from harness.papers.dct_snn.rivals import family, rivals, title


def what_matters(cells: Cells) -> Iterator[str]:
    """The sentence for each profile, smoke apart, that has all seeds of all readings; large changes come first."""
    for profile in EXPERIMENT.profiles:
        found = rivals(cells, EXPERIMENT, profile, p_different)
        if not found:
            continue
        found.sort(key=lambda rival: -abs(float(rival.found.mean)))
        shown = [str(rival) for rival in found if rival.p <= ALPHA]
        others = [str(rival) for rival in found if rival.p > ALPHA]
        answer = f"Yes: {'; '.join(shown)}" if shown else f"None is shown to; the largest change is {others[0]}"
        rest = f". Not shown to: {'; '.join(others)}" if shown and others else ""
        yield (
            f"Does another reading of the paper than ours ({title(EXPERIMENT.arms[0])}) change accuracy in a deep "
            f"network on CIFAR-10 ({EXPERIMENT.name}, {profile.name} profile; two-sided p adjusted by Holm for "
            f"{family(EXPERIMENT)} comparisons)? {answer}{rest}."
        )
