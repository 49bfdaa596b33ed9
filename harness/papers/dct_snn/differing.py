"""Which arms differ in accuracy from the first one of their T: a sentence for an experiment."""

from collections.abc import Iterator

from harness.analysis.estimates import ALPHA, p_different
from harness.analysis.planned_seeds import Cells
from harness.catalogue import Experiment, Sentence
from harness.papers.dct_snn.rivals import family, rivals


def what_differs(cells: Cells, experiment: Experiment, question: str) -> Iterator[Sentence]:
    """The sentence for each profile, smoke apart, that has all seeds of all arms; large differences come first.

    `question`: asks whether the arms that are not first change accuracy, without its question mark.
    """
    for profile in experiment.profiles:
        found = rivals(cells, experiment, profile, p_different)
        if not found:
            continue
        found.sort(key=lambda rival: -abs(float(rival.found.mean)))
        shown = [str(rival) for rival in found if rival.p <= ALPHA]
        others = [str(rival) for rival in found if rival.p > ALPHA]
        asked = (
            f"{question} ({experiment.name}, {profile.name} profile; two-sided p adjusted by Holm for "
            f"{family(experiment)} comparisons)?"
        )
        if shown:
            yield Sentence(f"{asked} Yes:", (*shown, *(f"not shown: {rival}" for rival in others)))
        else:
            yield Sentence(f"{asked} None is shown to:", tuple(others))
