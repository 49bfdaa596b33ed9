"""Where a cell leaves the published recipe, found by comparing field by field, so that no deviation is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from harness.config import CellConfig


@dataclass(frozen=True)
class Stated:
    """What a paper states of one setting. `values`: those that it allows, none where it does not state the setting.

    `words`: how it says so, where the values alone would not tell. `default`: of an encoder's parameter that is not
    given.
    """

    label: str
    values: tuple[Any, ...] = ()
    words: str = ""
    default: Any = None


def deviations(config: CellConfig, stated: Mapping[str, Stated]) -> tuple[str, ...]:
    """One line for each setting, by dotted path such as "snn.epochs", that differs from what is stated or is not."""
    settings = msgspec.to_builtins(config)
    found = []
    for path, setting in stated.items():
        ours = _at(settings, path.split("."), setting.default)
        if not setting.values:
            found.append(f"{setting.label}: {_shown(ours)}; the paper does not say")
        elif ours not in setting.values:
            theirs = setting.words or " or ".join(_shown(value) for value in setting.values)
            found.append(f"{setting.label}: {_shown(ours)} in place of {theirs}")
    return tuple(found)


def _at(settings: Mapping[str, Any], path: list[str], default: Any) -> Any:
    head, *rest = path
    value = settings.get(head, default)
    return _at(value, rest, default) if rest else value


def _shown(value: Any) -> str:
    if value is None:
        return "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
