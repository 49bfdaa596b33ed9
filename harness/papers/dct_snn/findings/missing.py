"""What is still to be trained, and what it computes: the cells that claims wait for, and planned ones beyond them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.analysis.curves import Cells
from harness.analysis.frame import Loaded
from harness.analysis.judges import JUDGES, Judgement, without_own_size
from harness.analysis.verdicts import VERDICTS
from harness.catalogue import Experiment, Sentence
from harness.catalogue.claims import Claim
from harness.config import CellConfig
from harness.machine.console import counted
from harness.papers.dct_snn.experiments import EXPERIMENTS
from harness.papers.dct_snn.findings.work import TRAINING_IMAGES, flop

CHEAPEST_FIRST = ("lite", "short", "paper")
PETA = 1e15
LARGE = 100  # PFLOP are rounded to whole ones from here


@dataclass(frozen=True)
class Missing:
    """Missing cells of one experiment at one profile, the arms they are of, and how many claims they would judge."""

    experiment: str
    profile: str
    arms: frozenset[str]
    claims: int
    to_do: tuple[CellConfig, ...]

    @property
    def cells(self) -> int:
        """How many there are."""
        return len(self.to_do)

    @cached_property
    def peta(self) -> float:
        """Their PFLOP."""
        return flop(self.to_do) / PETA


def missing(
    claims: Sequence[Claim], experiments: Sequence[Experiment], judgements: Sequence[Judgement], cells: Cells
) -> tuple[Missing, ...]:
    """What waits, by experiment and by the cheapest profile that judges such a claim; the cheapest comes first."""
    known = {experiment.name: experiment for experiment in experiments}
    answered = {judgement.id for judgement in judgements if VERDICTS[judgement.verdict].answers}
    unanswered: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        if claim.needs_training and claim.id not in answered:
            profile = _judging(claim, known[claim.experiment])
            unanswered.setdefault((claim.experiment, profile), []).append(claim)
    found = (
        _missing(known[name], profile, (arm for claim in those for arm in claim.arms), len(those), cells)
        for (name, profile), those in unanswered.items()
    )
    # A claim whose cells are all done waits for no cell, whatever keeps it from an answer.
    return tuple(sorted((group for group in found if group.cells), key=lambda group: group.peta))


def beyond_claims(experiments: Sequence[Experiment], groups: Sequence[Missing], cells: Cells) -> tuple[Missing, ...]:
    """Missing cells of arms that no claim of `groups` waits for, at the cheapest profile of each experiment.

    An experiment on other images than the paper's, such as quickstart, is not counted.
    """
    waited = {(group.experiment, group.profile): group.arms for group in groups}
    found = []
    for experiment in (one for one in experiments if one.dataset in TRAINING_IMAGES):
        profile = next(name for name in CHEAPEST_FIRST if name in experiment.profile_names)
        others = (arm.name for arm in experiment.planned if arm.name not in waited.get((experiment.name, profile), ()))
        found.append(_missing(experiment, profile, others, 0, cells))
    return tuple(sorted((group for group in found if group.cells), key=lambda group: group.peta))


def waiting(claims: Sequence[Claim], groups: Sequence[Missing]) -> Iterator[Sentence]:
    """What waits as a sentence for the findings, with the work that would judge it, by profile."""
    if not groups:
        return
    judged = sum(claim.kind != "context" for claim in claims)
    count = sum(group.claims for group in groups)
    parts = (
        f"the {profile} profile would judge {sum(group.claims for group in those)} of them{_together(those)}: "
        f"{_listed(those)}"
        for profile, those in _by_profile(groups)
    )
    yield Sentence(
        f"Still to be trained, for want of machine time, are the cells that {count} of {judged} claims wait for:",
        tuple(parts),
        brief=f"{count} of {judged} claims wait for cells that are still to be trained, for want of machine time.",
    )


def waiting_beyond(groups: Sequence[Missing]) -> Iterator[Sentence]:
    """What is planned beyond the claims and missing, as a sentence for the findings."""
    if groups:
        parts = tuple(f"at the {profile} profile {_listed(those)}" for profile, those in _by_profile(groups))
        yield Sentence("Planned cells that no claim waits for are still to be trained too:", parts)


def unread(judgements: Sequence[Judgement]) -> Iterator[Sentence]:
    """The measurements on kept weights that are not of all planned seeds, in a sentence."""
    parts = tuple(
        f"{judgement.id}, of {judgement.seeds_done} of {judgement.seeds_planned} planned seeds"
        for judgement in judgements
        if judgement.kind == "measurement" and judgement.verdict in ("incomplete", "stale")
    )
    if parts:
        yield Sentence(
            "Measurements that were not made on the weights of all planned seeds, and so answer nothing:", parts
        )


def sizes(loaded: Loaded) -> Iterator[Sentence]:
    """The published networks that nobody has trained at their own size."""
    missing = sorted(name.upper() for name in without_own_size(EXPERIMENTS, loaded))
    if missing and (loaded.cells["status"] == "done").any():
        yield Sentence(f"At the size of the paper these networks have no evidence: {', '.join(missing)}.")


def _by_profile(groups: Sequence[Missing]) -> Iterator[tuple[str, list[Missing]]]:
    for name in CHEAPEST_FIRST:
        if those := [group for group in groups if group.profile == name]:
            yield name, those


def _listed(groups: Sequence[Missing]) -> str:
    """Experiment by experiment: how many cells, and their operations."""
    return ", ".join(
        f"{group.experiment} ({counted(group.cells, 'cell')}, {_in_words(group.peta)} PFLOP)" for group in groups
    )


def _together(groups: Sequence[Missing]) -> str:
    """The operations of several experiments, where they are fewer than those of each by itself."""
    peta = flop([cell for group in groups for cell in group.to_do]) / PETA
    if math.isclose(peta, sum(group.peta for group in groups)):
        return ""
    return f" with {_in_words(peta)} PFLOP in all, where what experiments share is trained once"


def _in_words(peta: float) -> str:
    return f"{peta:,.{0 if peta >= LARGE else 1}f}"


def _judging(claim: Claim, experiment: Experiment) -> str:
    """The cheapest profile of an experiment that judges claims of this kind."""
    return next(name for name in CHEAPEST_FIRST if name in experiment.profile_names and claim.kind in JUDGES[name])


def _missing(experiment: Experiment, profile: str, arms: Iterable[str], claims: int, cells: Cells) -> Missing:
    """The planned cells of some arms that are not done."""
    names = dict.fromkeys(arms)
    planned = (
        experiment.resolve(experiment.arm(name), experiment.profile(profile), seed)
        for name in names
        for seed in range(experiment.seeds(name, profile))
    )
    to_do = tuple(cell for cell in planned if _key(cell) not in cells.accuracy)
    return Missing(experiment.name, profile, frozenset(names), claims, to_do)


def _key(cell: CellConfig) -> tuple[str, str, str, int]:
    return cell.experiment, cell.profile, cell.arm, cell.seed
