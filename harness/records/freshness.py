"""Which record answers a cell, and what that is worth today: done, failed, stale or missing. No torch.

A record is fresh if its configuration is today's and the code that computed it is today's, or a chain of certificates
leads from it there. Otherwise it is stale: it is shown as such, judged by nobody, and run again on demand.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import msgspec

from encoders.errors import EncoderError
from encoders.registry import definition_of
from harness.catalogue import Catalogue, Experiment, Profile
from harness.catalogue.experiment import parse_encoder
from harness.config import CellConfig
from harness.errors import HarnessError
from harness.machine.files import read_regular
from harness.records.certificates import Certificate, chain, known_certificates
from harness.records.fingerprint import fingerprint, recipe_digest
from harness.records.store import LARGEST_RECORD, read_record, record_path, record_paths
from harness.schema import Fingerprint, Record

MOST_NAMES = 4  # of changed modules that a reason lists
State = Literal["done", "failed", "stale", "missing"]


@dataclass(frozen=True)
class Freshness:
    """What stands in the place of a record. `record` is None where nothing readable and sensible does.

    reason: why a cell failed, what has changed since, or what is wrong with the file. certified: the commits whose
    certificates lead from the code that computed a fresh record to today's. path: where the record lies.
    """

    state: State
    reason: str = ""
    record: Record | None = None
    certified: tuple[str, ...] = ()
    path: Path = Path()


class _Recipe(msgspec.Struct):
    recipe: str


class _Head(msgspec.Struct):
    """As much of a record as tells which computation it is of, and on which processor."""

    fingerprint: _Recipe
    environment: dict[str, str]


class Records:
    """The records of a results folder, found by what they are: recipe (the seed is a part of it), data and device.

    A computation has one record, whatever experiments ask for it. Where there are two of one computation, by two
    processors, that in the asking experiment's own folder answers, else that of the processor which the other records
    of its arm have, or of its profile: a comparison takes one processor. The other stands beside it.
    """

    def __init__(self, results: Path) -> None:
        self.results, self.certificates = results, known_certificates(results)
        self.paths = record_paths(results)
        self._of_recipe: dict[str, list[Path]] = {}
        self._device: dict[Path, str] = {}
        self._devices: dict[Path, Counter[str]] = {}  # by folder: an arm's, a profile's and the whole
        for path in self.paths:
            recipe, device = _head(path)
            self._of_recipe.setdefault(recipe, []).append(path)
            self._device[path] = device
            for folder in (path.parent, path.parent.parent, results):
                self._devices.setdefault(folder, Counter())[device] += 1

    def answer(self, config: CellConfig, data: str | None = None) -> Freshness:
        """The record that answers a cell, and what it is worth. data: see `freshness`."""
        own = record_path(self.results, config)
        found = freshness(own, config, self.certificates, data)
        if found.state == "done":
            return found
        usual = self._usual(own)
        for path in sorted(self._of_recipe.get(recipe_digest(config), ()), key=lambda at: self._device[at] != usual):
            other = freshness(path, config, self.certificates, data) if path != own else found
            if other.state == "done":
                return other
            if found.state == "missing" and other.state == "stale":
                found = other
        return found

    def _usual(self, own: Path) -> str:
        """The processor of most records of an arm, else of its profile, else of the folder, given a record's place."""
        folders = (own.parent, own.parent.parent, self.results)
        devices = next((self._devices[folder] for folder in folders if folder in self._devices), Counter[str]())
        return devices.most_common(1)[0][0] if devices else ""

    def begun(self, experiment: Experiment, profile: Profile) -> bool:
        """Whether a profile was begun: it has a folder, or records of other experiments answer all of its cells."""
        if (self.results / experiment.name / profile.name).is_dir():
            return True
        return bool(self.paths) and all(self.answer(config).state == "done" for config in experiment.cells(profile))


def _head(path: Path) -> tuple[str, str]:
    """Recipe and processor of a record; empty where it cannot be read."""
    try:
        head = msgspec.json.decode(read_regular(path, LARGEST_RECORD), type=_Head)
    except (OSError, ValueError, RecursionError):
        return "", ""
    return head.fingerprint.recipe, head.environment.get("device", "")


def freshness(
    path: Path, config: CellConfig | None, certificates: Sequence[Certificate] = (), data: str | None = None
) -> Freshness:
    """What the record at `path` is worth for the cell `config`, on the data with that digest.

    config: None where no experiment asks for it any more, or it belongs to none that is known: the record's own then.
    data: None where the images are not at hand: those of the record then.
    """
    if not path.exists() and not path.is_symlink():
        return Freshness("missing", path=path)
    try:
        record = read_record(path)
    except HarnessError as error:
        return Freshness("stale", error.message, path=path)
    try:
        changes, certified = _changes(record, config or record.config, certificates, data)
    except (EncoderError, HarnessError, ModuleNotFoundError, SyntaxError, UnicodeDecodeError) as error:
        return Freshness("stale", str(error), record, path=path)
    if changes:
        return Freshness("stale", f"changed since: {', '.join(changes)}", record, path=path)
    if record.failure is not None:
        return Freshness("failed", record.failure.reason, record, certified, path)
    return Freshness("done", "", record, certified, path)


def freshness_in(path: Path, catalogue: Catalogue, certificates: Sequence[Certificate] = ()) -> Freshness:
    """What the record at `path`, whose folders name experiment, profile and arm, is worth for that cell of today.

    A record of an experiment that the catalogue does not know asks its own question.
    """
    try:
        return freshness(path, todays(path, catalogue), certificates)
    except HarnessError as error:
        return replace(freshness(path, None, certificates), state="stale", reason=error.message)


def todays(path: Path, catalogue: Catalogue) -> CellConfig | None:
    """Today's configuration of the cell in whose record's place `path` is; None if its experiment is not known.

    Raises HarnessError if the experiment has no such profile or arm, nor is there an encoder of the arm's name.
    """
    name, profile, arm, file = path.parts[-4:]
    seed = file.removeprefix("seed-").removesuffix(".json")
    if name not in catalogue.names() or not (seed.isascii() and seed.isdecimal()):
        return None
    experiment = catalogue.experiment(name)
    if arm not in {known.name for known in experiment.arms} and _is_encoder(arm):
        experiment = experiment.with_added([arm])
    return experiment.resolve(experiment.arm(arm), experiment.profile(profile), int(seed))


def _is_encoder(name: str) -> bool:
    """Whether `name` is that of an arm that `--encoder` adds, be the encoder's library installed or not."""
    try:
        definition_of(parse_encoder(name)[0].name)
    except (EncoderError, HarnessError):
        return False
    return True


def _changes(
    record: Record, config: CellConfig, certificates: Sequence[Certificate], data: str | None
) -> tuple[list[str], tuple[str, ...]]:
    """What has changed since a record was computed; if nothing has, the certificates by which that is known."""
    recorded = record.fingerprint
    today = fingerprint(config, data or recorded.data, recorded.device)
    if recorded.digest == today.digest:
        return [], ()
    parts = [name for name in ("recipe", "data") if getattr(recorded, name) != getattr(today, name)]
    certified = chain(certificates, recorded, record.config, today.numerics)
    if certified is None:
        parts += _few(sorted(_without(recorded, today) | _without(today, recorded)))
    changed = ", ".join(config_changes(record.config, config)) if "recipe" in parts else ""
    return [f"recipe ({changed})" if part == "recipe" and changed else part for part in parts], certified or ()


def _few(names: list[str]) -> list[str]:
    """The first of many names, and how many more there are."""
    return names if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], f"and {len(names) - MOST_NAMES} more modules"]


def _without(one: Fingerprint, other: Fingerprint) -> set[str]:
    """The modules of `one` whose content `other` does not have."""
    contents = set(other.modules.values())
    return {name for name, content in one.modules.items() if content not in contents}


def config_changes(before: CellConfig, today: CellConfig) -> list[str]:
    """The fields of a configuration that differ."""
    return [f.name for f in fields(before) if getattr(before, f.name) != getattr(today, f.name)]
