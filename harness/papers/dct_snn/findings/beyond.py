"""Whether anything beats the paper's cyclic 4×4 code: a sentence from the records of `dct-beyond`."""

from collections.abc import Iterator
from itertools import groupby

from harness.analysis.curves import Cells
from harness.analysis.statistics import ALPHA, p_above
from harness.catalogue import Experiment, Sentence
from harness.papers.dct_snn.findings.rivals import Rival, family, rivals
from harness.papers.dct_snn.findings.side_by_side import listed


def beats_cyclic(cells: Cells, experiment: Experiment, images: str, varied: str) -> Iterator[Sentence]:
    """The sentence for each profile of `experiment`, smoke apart, that has all seeds of all arms at one T or more.

    `images`: the data set in words. `varied`: in what the arms differ from cyclic, in words.
    """
    for profile in experiment.profiles:
        by_steps = groupby(rivals(cells, experiment, profile, p_above), key=lambda rival: rival.arm.timesteps)
        at_each = [(timesteps, list(found)) for timesteps, found in by_steps]
        if at_each:
            question = (
                f"Does another {varied} beat cyclic 4×4 on {images} ({profile.name} profile; one-sided p adjusted by "
                f"Holm for {family(experiment)} comparisons)?"
            )
            if any(_better(found) for _, found in at_each):
                beaten = "; ".join(_in_brief(*found) for found in at_each)
                brief = f"What beats cyclic 4×4 on {images}, in points ({profile.name} profile): {beaten}."
            else:
                steps = listed(str(timesteps) for timesteps, _ in at_each)
                brief = f"Nothing is shown to beat cyclic 4×4 on {images} at {steps} steps ({profile.name} profile)."
            yield Sentence(question, tuple(_at(*found) for found in at_each), brief=brief)


def _in_brief(timesteps: int, found: list[Rival]) -> str:
    names = [rival.in_brief() for rival in _better(found)]
    return f"at {timesteps} steps {' and '.join(names) or 'nothing that is shown to'}"


def _better(found: list[Rival]) -> list[Rival]:
    return [rival for rival in found if rival.p <= ALPHA]


def _at(timesteps: int, found: list[Rival]) -> str:
    if better := _better(found):
        return f"at {timesteps} steps yes: {' and '.join(map(str, better))}"
    best = max(found, key=lambda rival: float(rival.found.mean))
    return f"at {timesteps} steps none is shown to; the best is {best}"
