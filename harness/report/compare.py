"""Two results folders side by side: final accuracy of every arm in both, paired where seeds match."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.frame import ARM, Loaded, load, rows_of
from harness.catalogue import Catalogue
from harness.errors import HarnessError
from harness.report.intervals import Estimate, estimate_of
from harness.report.tables import BLANK

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

CAPTION = (
    "Accuracy in % at the last timestep; B − A in points, paired by seed; "
    "± half of a 95 % interval over seeds, from three seeds up; same: pairs with equal counts at every timestep."
)


@dataclass(frozen=True)
class ComparedArm:
    """One arm in both folders. `difference` is B − A in percentage points over the seeds that both have.

    `identical` counts those of them whose counts agree at every timestep.
    """

    experiment: str
    profile: str
    arm: str
    a: Estimate | None
    b: Estimate | None
    difference: Estimate | None
    paired_seeds: tuple[int, ...]
    identical: int


@dataclass(frozen=True)
class Comparison:
    """All arms of both folders, and the files that could not be used."""

    arms: tuple[ComparedArm, ...]
    problems: tuple[str, ...]

    def tables(self) -> "Group":
        """The comparison for a terminal: one table for each experiment and profile."""
        from rich.console import Group
        from rich.text import Text

        places = dict.fromkeys((row.experiment, row.profile) for row in self.arms)
        tables = (_table([row for row in self.arms if (row.experiment, row.profile) == place]) for place in places)
        return Group(*tables, *(Text(problem, style="red") for problem in self.problems), CAPTION)


def _table(rows: Sequence[ComparedArm]) -> "Table":
    from rich import box
    from rich.table import Table

    title = f"{rows[0].experiment} ({rows[0].profile} profile)"
    table = Table(title=title, box=box.SIMPLE, title_justify="left", title_style="", padding=(0, 1, 0, 0))
    table.add_column("arm", no_wrap=True)
    for heading in ("A", "n", "B", "n", "B − A", "pairs", "same"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        sides = [text for side in (row.a, row.b) for text in (_shown(side), str(side.seeds if side else 0))]
        counts = str(len(row.paired_seeds)), str(row.identical)
        table.add_row(row.arm, *sides, _shown(row.difference), *counts)
    return table


def compare(run_a: Path, run_b: Path, catalogue: Catalogue) -> Comparison:
    """Compare two results folders. Raises HarnessError for a folder that is not there or holds no records."""
    a, b = _loaded(run_a, catalogue), _loaded(run_b, catalogue)
    keys = sorted({key for side in (a, b) for key in _arms(side)})
    return Comparison(tuple(_compared(key, a, b) for key in keys), (*a.problems, *b.problems))


def _loaded(folder: Path, catalogue: Catalogue) -> Loaded:
    if not folder.is_dir():
        raise HarnessError(f"{folder}: no such results folder", "name a folder that `harness run` wrote")
    loaded = load(folder, catalogue)
    if loaded.cells.empty:
        raise HarnessError(f"{folder}: no records in it", "name a folder that `harness run` wrote")
    return loaded


def _arms(loaded: Loaded) -> set[tuple[str, str, str]]:
    return set(loaded.cells[ARM].itertuples(index=False, name=None))


def _compared(key: tuple[str, str, str], a: Loaded, b: Loaded) -> ComparedArm:
    experiment, profile, arm = key
    finals_a, finals_b = _finals(a, key), _finals(b, key)
    curves_a, curves_b = _curves(a, key), _curves(b, key)
    seeds = tuple(sorted(finals_a.keys() & finals_b.keys()))
    return ComparedArm(
        experiment,
        profile,
        arm,
        a=estimate_of(list(finals_a.values())),
        b=estimate_of(list(finals_b.values())),
        difference=estimate_of([finals_b[seed] - finals_a[seed] for seed in seeds], lowest=-100.0),
        paired_seeds=seeds,
        identical=sum(curves_a[seed] == curves_b[seed] for seed in seeds),
    )


def _finals(loaded: Loaded, key: tuple[str, str, str]) -> dict[int, float]:
    cells = rows_of(loaded.cells, key)
    mine = cells[cells["status"] == "done"]
    return {int(seed): float(accuracy) for seed, accuracy in zip(mine["seed"], mine["accuracy"], strict=True)}


def _curves(loaded: Loaded, key: tuple[str, str, str]) -> dict[int, list[tuple[int, int]]]:
    curves: dict[int, list[tuple[int, int]]] = {}
    rows = rows_of(loaded.curves, key).sort_values("timestep")
    for seed, correct, total in zip(rows["seed"], rows["correct"], rows["total"], strict=True):
        curves.setdefault(int(seed), []).append((int(correct), int(total)))
    return curves


def _shown(side: Estimate | None) -> str:
    return BLANK if side is None else str(side)
