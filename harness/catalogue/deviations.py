"""Deviations of a cell from the published recipe, found by comparing all settings, so that none is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from harness.config import CellConfig


@dataclass(frozen=True)
class Stated:
    """What a paper states about one setting.

    `values`: the values that agree with the paper; empty where it does not state the setting.
    `words`: the paper's statement in words, shown in place of the values.
    `default`: the value where a cell does not give the setting, as for a parameter of an encoder.
    """

    label: str
    values: tuple[Any, ...] = ()
    words: str = ""
    default: Any = None


def deviations(config: CellConfig, stated: Mapping[str, Stated]) -> tuple[str, ...]:
    """One line for each setting that differs from the paper or that the paper does not state.

    `stated`: by dotted path of a setting, such as "snn.epochs".
    """
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
