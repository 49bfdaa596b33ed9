"""Which arms differ in accuracy from the first one of their T, and which are equivalent to it: a sentence."""

from collections.abc import Iterator, Sequence

from harness.analysis.curves import Cells
from harness.analysis.statistics import ALPHA, UNPUBLISHED, holm, p_different, p_equivalent
from harness.catalogue import Experiment, Sentence
from harness.papers.dct_snn.findings.rivals import Rival, family, rivals, title


def what_differs(
    cells: Cells, experiment: Experiment, question: str, above: str, margin: float = UNPUBLISHED
) -> Iterator[Sentence]:
    """The sentence for each profile, smoke apart, that has all seeds of all arms; large differences come first.

    `question`: asks whether the arms that are not first change accuracy, without its question mark. `above`: what their
    points are above, in words, for the brief line. `margin`: within how many points of none a difference that is not
    shown counts as equivalence (two one-sided tests, adjusted like the differences).
    """
    for profile in experiment.profiles:
        found = rivals(cells, experiment, profile, p_different)
        if not found:
            continue
        found.sort(key=lambda rival: -abs(float(rival.found.mean)))
        equal_p = holm([float(p_equivalent(rival.found, 0.0, margin)) for rival in found], family(experiment))
        differ = [rival for rival in found if rival.p <= ALPHA]
        others = [(rival, float(p) <= ALPHA) for rival, p in zip(found, equal_p, strict=True) if rival.p > ALPHA]
        asked = (
            f"{question} ({experiment.name}, {profile.name} profile; two-sided p adjusted by Holm for "
            f"{family(experiment)} comparisons)?"
        )
        not_shown = [
            f"{rival}; {'equivalent' if equal else 'nor is equivalence'} within {margin:.2f} points"
            for rival, equal in others
        ]
        alike = {
            f"equivalent within {margin:.2f}": [rival for rival, equal in others if equal],
            "not shown to differ": [rival for rival, equal in others if not equal],
        }
        in_brief = (*(rival.in_brief() for rival in differ), *(_named(*group) for group in alike.items() if group[1]))
        brief = f"Points above {above} ({profile.name} profile): {'; '.join(in_brief)}."
        if differ:
            parts = (*map(str, differ), *(f"not shown: {text}" for text in not_shown))
            yield Sentence(f"{asked} Yes:", parts, brief=brief)
        else:
            yield Sentence(f"{asked} None is shown to:", tuple(not_shown), brief=brief)


def _named(words: str, found: Sequence[Rival]) -> str:
    return f"{words}: {', '.join(title(rival.arm) for rival in found)}"
