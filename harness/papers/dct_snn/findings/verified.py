"""Which cells gave the same when `harness verify --keep` computed them a second time."""

from collections import Counter
from collections.abc import Iterator
from typing import get_args

from harness.analysis.frame import CELL, Loaded
from harness.catalogue import Sentence
from harness.machine.console import counted
from harness.records.verifications import IDENTICAL, Source, Word


def verified(loaded: Loaded) -> Iterator[Sentence]:
    """How many cells of how many experiments, what each source gave, and what is not identical; nothing without any."""
    done = loaded.cells[loaded.cells["status"] == "done"]
    cells = done[done["verified"] != ""].sort_values(CELL)
    if cells.empty:
        return
    names, some = done["experiment"].nunique(), cells["experiment"].nunique()
    whose = f"all {some}" if some == names > 1 else f"{some} of the {names}"
    counts: Counter[tuple[str, str]] = Counter()
    parts = []
    for row in cells.to_dict("records"):
        for found in row["verified"].split("; "):
            source, word = found.split(": ")
            counts[source, word] += 1
            if word != IDENTICAL:
                cell = f"{row['experiment']} ({row['profile']} profile, {row['arm']}, seed {row['seed']})"
                parts.append(f"{word} from {source}: {cell}")
    given = []
    for source in get_args(Source):
        words = [f"{counts[source, word]} {word}" for word in get_args(Word) if counts[source, word]]
        given += [f"from {source} {', '.join(words)}"] if words else []
    text = f"{counted(len(cells), 'cell')} of {whose} experiments with records {'was' if len(cells) == 1 else 'were'} "
    text += f"computed a second time (`harness verify`): {'; '.join(given)}"
    yield Sentence(f"{text}{':' if parts else '.'}", tuple(parts), brief=f"{text}.")
