"""Fingerprints: what a record depends on, so that a change of it makes the record stale and nothing else does.

A cell is its recipe (the configuration without names), its data, and its numerics: the definitions that its method
(`run_cell` where it names none) and its encoder reach by name (see `definitions`). Where these stand and what they are
called does not count.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import msgspec

from encoders.registry import definition_of
from harness.config import CellConfig, canonical_json
from harness.plugins import methods
from harness.records.definitions import SOURCES, Sources
from harness.schema import Fingerprint

Device = Literal["cpu", "cuda"]

ANN = ("harness.training.ann:AnnRequest",)
NAMES = ("experiment", "profile", "arm")


def fingerprint(
    config: CellConfig, data_digest: str, device: Device = "cpu", encoder: str = "", sources: Sources = SOURCES
) -> Fingerprint:
    """The fingerprint of a cell on `device`. encoder: "module:name" of one that is not registered.

    Raises EncoderError for an unknown encoder, HarnessError for an unknown method; ModuleNotFoundError, SyntaxError or
    UnicodeDecodeError where a source cannot be read.
    """
    content = canonical_json(config)
    recipe = _recipe_digest(content)
    roots = (methods.definition_of(config.method), encoder or definition_of(config.encoder.name))
    numerics, modules = sources.reached(roots, device, settings_in(content))
    return Fingerprint(whole_digest(recipe, data_digest, numerics), recipe, data_digest, numerics, device, modules)


def ann_code() -> str:
    """A digest of all that trains an ANN."""
    return SOURCES.reached(ANN, "cpu", {}).numerics


def whole_digest(recipe: str, data: str, numerics: str) -> str:
    """The digest of a fingerprint, from its parts."""
    return hashlib.sha256(canonical_json([recipe, data, numerics])).hexdigest()


def recipe_digest(config: CellConfig) -> str:
    """SHA-256 of a configuration without the names of experiment, profile, arm and network.

    A field that stands at its default is left out, so that a new field changes no earlier recipe.
    """
    return _recipe_digest(canonical_json(config))


@lru_cache(1 << 14)
def _recipe_digest(content: bytes) -> str:
    # Through JSON and back, as a record goes: a whole float comes back as a float.
    recipe = _stated(msgspec.json.decode(content, type=CellConfig))
    for name in NAMES:
        del recipe[name]
    del recipe["network"]["name"]
    return hashlib.sha256(canonical_json(recipe)).hexdigest()


def _stated(value: Any) -> Any:
    """A dataclass as a dictionary of the fields that differ from their defaults; other values as they are."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    values = ((name, getattr(value, name), default) for name, default in _defaults(type(value)))
    return {name: _stated(v) for name, v, default in values if default != v}


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((f.name, f.default) for f in fields(kind))


@lru_cache(1 << 14)
def settings_in(content: bytes) -> Mapping[str, Any]:
    """The settings of a configuration, given as JSON, by dotted path."""
    return flattened(msgspec.json.decode(content))


def flattened(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a configuration, read from JSON, by dotted path: "encoder.parameters.threshold_scope"."""
    found: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                walk(f"{prefix}.{name}" if prefix else name, inner)
        else:
            found[prefix] = value

    walk("", config)
    return found
