"""Which cells came out again when `harness verify --keep` trained them anew, from the seed on."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, get_args

from harness.analysis.apart import seeds_apart
from harness.analysis.frame import ARM, CELL, Loaded, rows_of
from harness.catalogue import Sentence
from harness.machine.console import counted
from harness.records.retrainings import IDENTICAL, Verdict
from harness.schema import Counts


def trained_again(loaded: Loaded) -> Iterator[Sentence]:
    """How many cells of how many experiments, what came of them, and the experiments without one."""
    done = loaded.cells[loaded.cells["status"] == "done"]
    again = done[done["trained_again"] != ""].sort_values(CELL)
    if again.empty:
        return
    names = done["experiment"].unique()
    some = again["experiment"].nunique()
    whose = f"all {some}" if some == len(names) > 1 else f"{some} of the {len(names)}"
    were = "was" if len(again) == 1 else "were"
    text = f"{counted(len(again), 'cell')} of {whose} experiments with records {were} trained again, "
    text += "from the seed on (`harness verify`): "
    counts = again["trained_again"].value_counts()
    text += ", ".join(f"{counts[verdict]} {verdict}" for verdict in get_args(Verdict) if verdict in counts)
    exact = again["trained_again"] == IDENTICAL
    if not exact.all() and again[~exact]["again_how"].str.contains("device: ").all():
        text += "; what is not identical ran on another processor than its record"
    parts = [f"{IDENTICAL}: {', '.join(map(_name, again[exact].to_dict('records')))}"] if exact.any() else []
    parts += [
        f"{row['trained_again']}: {_name(row)}, {row['again_how']}{_seeds(row, loaded)}"
        for row in again[~exact].to_dict("records")
    ]
    if rest := sorted({*names} - {*again["experiment"]}):
        parts.append(f"no cell yet of {', '.join(rest)}")
    yield Sentence(f"{text}:", tuple(parts), brief=f"{text}.")


def _name(row: Mapping[Hashable, Any]) -> str:
    return f"{row['experiment']} ({row['profile']} profile, {row['arm']}, seed {row['seed']})"


def _seeds(row: Mapping[Hashable, Any], loaded: Loaded) -> str:
    """How far the recorded seeds of the same arm are apart, which is what a second training may be."""
    mine = rows_of(loaded.curves, [row[name] for name in ARM])
    curves = [
        Counts(rows.sort_values("timestep")["correct"].tolist(), int(rows["total"].iloc[0]))
        for _, rows in mine.groupby("seed")
    ]
    said = seeds_apart(curves)
    return f"; its {said}" if said else ""
