"""What stands in a record's place today: done, failed, stale and why, or missing. Imports no torch."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Literal

import msgspec

from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.records.store import read_record
from harness.schema import Fingerprint, Record

State = Literal["done", "failed", "stale", "missing"]


def state_of(path: Path, today: Fingerprint) -> tuple[State, str]:
    """What the record at `path` is worth under today's fingerprint, and why."""
    return judged(path, lambda record: changed(record.fingerprint, today))


def judged(path: Path, changes: Callable[[Record], list[str]]) -> tuple[State, str]:
    """What the record at `path` is worth if `changes` says what has changed since it was computed, and why."""
    if not path.exists() and not path.is_symlink():
        return "missing", ""
    try:
        record = read_record(path)
    except HarnessError as error:
        return "stale", error.message
    if parts := changes(record):
        return "stale", f"changed since: {', '.join(parts)}"
    if record.status == "failed":
        return "failed", record.failure.reason if record.failure else ""
    return "done", ""


def changed(before: Fingerprint, today: Fingerprint) -> list[str]:
    """The parts of a fingerprint that differ: recipe, data, and modules by name, where their content is new or gone."""
    if before.digest == today.digest:
        return []
    parts = [name for name in ("recipe", "data") if getattr(before, name) != getattr(today, name)]
    if before.numerics != today.numerics:
        parts += sorted(_without(before, today) | _without(today, before))
    return parts or ["fingerprint"]


def _without(one: Fingerprint, other: Fingerprint) -> set[str]:
    """The modules of `one` whose content `other` does not have."""
    contents = set(other.modules.values())
    return {name for name, content in one.modules.items() if content not in contents}


def config_changes(before: CellConfig, today: CellConfig) -> list[str]:
    """The fields of a configuration that differ."""
    # Through JSON and back, as the record went: a tuple comes back as a list, a whole float as a float.
    now = msgspec.json.decode(canonical_json(today), type=CellConfig)
    return [f.name for f in fields(before) if getattr(before, f.name) != getattr(now, f.name)]
