"""The table of paired differences between arms, before any format."""

from collections.abc import Sequence

from harness.analysis.differences import Difference
from harness.catalogue import Arm, Experiment
from harness.config import ProfileName
from harness.report.sources import Source
from harness.report.tables import BLANK, Entry, Row, Table

COLUMNS = ("T", "difference", "interval covers")
FEW = "fewer than three seeds in common: the difference of each, and no interval"


def paired_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """A row for each pair of arms and source; None where no two arms have a finished seed in common."""
    rows = [_row(experiment, source, found) for source in sources for found in source.differences(experiment, profile)]
    return Table(experiment.name, profile, COLUMNS, tuple(rows)) if rows else None


def _row(experiment: Experiment, source: Source, found: Difference) -> Row:
    name = " − ".join(_read(experiment.arm(arm), found.timestep) for arm in (found.arm, found.versus))
    seeds = len(found.runs)
    reason = "" if found.over else FEW
    entries = (
        Entry(str(found.timestep), found.timestep),
        Entry(str(found), round(found.mean, 8), reason),
        Entry(found.over or BLANK),
    )
    return Row(name, name, source.name, f"{seeds}/{found.planned}", seeds >= found.planned, entries)


def _read(arm: Arm, timestep: int) -> str:
    """The arm's name. Where it is read before its last step, its name says so."""
    return arm.name if arm.timesteps == timestep else f"{arm.name} (read after {timestep} of its {arm.timesteps})"
