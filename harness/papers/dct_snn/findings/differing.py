"""Which arms differ in accuracy from the first one of their T: a sentence for an experiment."""

from collections.abc import Iterator, Sequence

from harness.analysis.estimates import ALPHA, p_different
from harness.analysis.planned_seeds import Cells
from harness.catalogue import Experiment, Sentence
from harness.papers.dct_snn.findings.rivals import Rival, family, rivals, title


def what_differs(cells: Cells, experiment: Experiment, question: str, above: str) -> Iterator[Sentence]:
    """The sentence for each profile, smoke apart, that has all seeds of all arms; large differences come first.

    `question`: asks whether the arms that are not first change accuracy, without its question mark. `above`: what their
    points are above, in words, for the brief line.
    """
    for profile in experiment.profiles:
        found = rivals(cells, experiment, profile, p_different)
        if not found:
            continue
        found.sort(key=lambda rival: -abs(float(rival.found.mean)))
        differ, others = ([rival for rival in found if (rival.p <= ALPHA) is shown] for shown in (True, False))
        asked = (
            f"{question} ({experiment.name}, {profile.name} profile; two-sided p adjusted by Holm for "
            f"{family(experiment)} comparisons)?"
        )
        brief = f"Points above {above} ({profile.name} profile): {_in_brief(differ, others)}."
        if differ:
            parts = (*map(str, differ), *(f"not shown: {rival}" for rival in others))
            yield Sentence(f"{asked} Yes:", parts, brief=brief)
        else:
            yield Sentence(f"{asked} None is shown to:", tuple(map(str, others)), brief=brief)


def _in_brief(differ: Sequence[Rival], others: Sequence[Rival]) -> str:
    shown = [rival.in_brief() for rival in differ]
    alike = [f"not shown to differ: {', '.join(title(rival.arm) for rival in others)}"] if others else []
    return "; ".join((*shown, *alike))
