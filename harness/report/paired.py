"""The tables of paired differences between arms, before any format: at the end, and along fine-tuning."""

from collections.abc import Sequence

from harness.analysis.differences import AlongTraining, Difference
from harness.catalogue import Arm, Experiment
from harness.config import ProfileName
from harness.report.sources import Source
from harness.report.tables import BLANK, Entry, Row, Table

COLUMNS = ("T", "difference", "interval covers")
FEW = "fewer than three seeds in common: the difference of each, and no interval"
NOT_READ = "not read after this fraction"


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


def training_table(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Table | None:
    """A row for each pair of arms and source, a column a fraction; None where no records have readings on the way."""
    found = [(source, pair) for source in sources for pair in source.along_training(experiment, profile)]
    fractions = sorted({reading.fraction for _, pair in found for reading in pair.readings})
    rows = tuple(_training_row(source, pair, fractions) for source, pair in found)
    return Table(experiment.name, profile, tuple(f"{fraction:g}" for fraction in fractions), rows) if rows else None


def _training_row(source: Source, pair: AlongTraining, fractions: Sequence[float]) -> Row:
    read = {reading.fraction: reading for reading in pair.readings}
    entries = tuple(
        Entry(str(one), round(one.mean, 8), FEW if one.low is None else "")
        if (one := read.get(fraction))
        else Entry(reason=NOT_READ)
        for fraction in fractions
    )
    seeds, title = f"{pair.seeds}/{pair.planned}", f"T = {pair.timesteps}"
    return Row(pair.name, title, source.name, seeds, pair.seeds >= pair.planned, entries)
