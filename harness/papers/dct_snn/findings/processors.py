"""Which arms of an experiment were recorded on another processor than the others."""

from collections.abc import Iterator

from harness.analysis.frame import Loaded
from harness.catalogue import Sentence


def of_two_processors(loaded: Loaded) -> Iterator[Sentence]:
    """The arms by experiment and profile, smoke apart; nothing where all arms have one processor, or none is told."""
    cells = loaded.cells
    done = cells[(cells["status"] == "done") & (cells["profile"] != "smoke") & (cells["device"] != "")]
    parts = []
    for key, rows in done.groupby(["experiment", "profile"], sort=True):
        experiment, profile = map(str, key)
        arms = {str(name): sorted(of_it["arm"].unique()) for name, of_it in rows.groupby("device", sort=True)}
        if len(arms) > 1:
            usual = max(arms, key=lambda device: len(arms[device]))
            others = "; ".join(f"{', '.join(arms[device])} on {device}" for device in arms if device != usual)
            parts.append(f"{experiment} ({profile} profile): {others}, all others on {usual}")
    if parts:
        text = (
            "Sums round differently on different processors, and one training then has two results. A difference "
            "between these arms and the others of their experiment holds that of their ANNs too:"
        )
        yield Sentence(text, tuple(parts))
