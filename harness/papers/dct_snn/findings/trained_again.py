"""Which cells came out again when `harness verify --keep` trained them anew, from the seed on."""

from collections.abc import Iterator

import pandas as pd

from harness.analysis.frame import Loaded
from harness.catalogue import Sentence
from harness.machine.console import counted


def trained_again(loaded: Loaded) -> Iterator[Sentence]:
    """How many cells of how many experiments, what came of them, and the experiments without one."""
    done = loaded.cells[loaded.cells["status"] == "done"]
    again = done[done["trained_again"] != ""].sort_values(["experiment", "profile", "arm", "seed"])
    if again.empty:
        return
    names = done["experiment"].unique()
    whose = f"{again['experiment'].nunique()} of the {len(names)} experiments with records"
    were = "was" if len(again) == 1 else "were"
    text = f"{counted(len(again), 'cell')} of {whose} {were} trained again, from the seed on (`harness verify`): "
    groups = {str(verdict): rows for verdict, rows in again.groupby("trained_again")}
    text += ", ".join(f"{len(rows)} {verdict}" for verdict, rows in groups.items())
    parts = [f"{verdict}: {', '.join(_cells(rows))}" for verdict, rows in groups.items()]
    if rest := sorted({*names} - {*again["experiment"]}):
        parts.append(f"no cell yet of {', '.join(rest)}")
    yield Sentence(f"{text}:", tuple(parts), brief=f"{text}.")


def _cells(rows: pd.DataFrame) -> Iterator[str]:
    for row in rows.to_dict("records"):
        yield f"{row['experiment']} ({row['profile']} profile, {row['arm']}, seed {row['seed']})"
