"""The record that answers a cell, and its state today: done, failed, stale or missing. No torch.

A record is fresh if its configuration is today's and the code that computed it is today's, or a chain of certificates
leads from it there. Otherwise it is stale: it is shown as such, judged by nobody, and run again on demand.

A certificate is proof that changed code gives equal results. It is written by `python -m tools.certify` and lies in
`certificates/` beside the records.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from encoders.errors import EncoderError
from encoders.registry import definition_of
from harness.catalogue import Arm, Catalogue, Experiment, Profile
from harness.catalogue.experiment import parse_encoder
from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.machine.console import say
from harness.records import store
from harness.records.fingerprint import fingerprint, recipe_digest, settings_in
from harness.schema import Fingerprint, Record

CERTIFICATES = "certificates"  # the folder's name
MOST_NAMES = 4  # of changed modules that a reason lists
State = Literal["done", "failed", "stale", "missing"]


class Freed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells of `encoder` on `device` in `precision` give equal outputs under the numerics `before` and `after`.

    `differing`: settings of the configuration, by dotted path, under which they do not: such cells are not freed.
    """

    encoder: str
    device: str
    precision: str
    before: str
    after: str
    cells: int
    differing: dict[str, Any] = {}


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A comparison of cells under the commit `base` and under the code that wrote this.

    `compared`: cells with equal outputs; `differing`: the outputs that differ, by cell;
    `left_out`: cells that could not be compared, with the reason. `outputs`: SHA-256 of everything compared.
    """

    base: str
    freed: list[Freed]
    compared: list[str]
    differing: dict[str, list[str]]
    left_out: dict[str, str]
    environment: dict[str, str]
    outputs: str
    digest: str = ""


def write_certificate(results: Path, certificate: Certificate) -> Path:
    """Write a certificate, sealed by its digest, into the certificates of a results folder."""
    sealed = store.seal(certificate)
    return store.write_json(results / CERTIFICATES / f"{sealed.base[:10]}-{sealed.digest[:10]}.json", sealed)


def known_certificates(results: Path) -> tuple[Certificate, ...]:
    """The certificates that count for the records of a results folder: its own, and those of the evidence beside it.

    A damaged or edited one is left out, and named on standard error once per process.
    """
    return _certificates_at(results.resolve())


@cache
def _certificates_at(results: Path) -> tuple[Certificate, ...]:
    # `results` is absolute: a relative path names another folder once the working directory changes.
    certificates: list[Certificate] = []
    for folder in dict.fromkeys((results, results.parent / "evidence")):
        for path in sorted((folder / CERTIFICATES).glob("*.json")):
            try:
                certificate = store.read_json(path, Certificate)
                fault = "" if certificate == store.seal(certificate) else "content and digest disagree"
            except (ValueError, OverflowError) as error:
                fault = f"not a readable certificate ({error})"
            if fault:
                say(f"{path}: {fault} — restore or delete it; it frees no record", stderr=True)
            else:
                certificates.append(certificate)
    return tuple(certificates)


def chain(
    certificates: Sequence[Certificate], recorded: Fingerprint, config: CellConfig, today: str
) -> tuple[str, ...] | None:
    """The commits whose certificates lead from the numerics of a record to those of `today`, or None.

    Empty if they are equal.
    """
    settings = settings_in(canonical_json(config))
    kind = (settings["encoder.name"], recorded.device, settings["precision"])
    steps = [
        (freed.before, freed.after, certificate.base[:10])
        for certificate in certificates
        for freed in certificate.freed
        if (freed.encoder, freed.device, freed.precision) == kind
        and not any(settings.get(path) == value for path, value in freed.differing.items())
    ]
    paths: dict[str, tuple[str, ...]] = {recorded.numerics: ()}
    waiting = [recorded.numerics]
    while waiting and today not in paths:
        numerics = waiting.pop(0)
        for before, after, commit in steps:
            if before == numerics and after not in paths:
                paths[after] = (*paths[numerics], commit)
                waiting.append(after)
    return paths.get(today)


@dataclass(frozen=True)
class Freshness:
    """The state of a record. `record` is None if the file is missing, unreadable or invalid.

    reason: why the cell failed or the record is stale. certified: the commits whose
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
    """The part of a record that names its computation and its processor."""

    fingerprint: _Recipe
    environment: dict[str, str]


class Records:
    """The records of a results folder, looked up by recipe (the seed is a part of it), data and device.

    A computation has one record, whatever experiments ask for it. If two processors
    computed one, the record in the experiment's own folder answers, else the one by the processor of most records of
    the arm, or of the profile: a comparison takes one processor. The other is shown beside it.
    """

    def __init__(self, results: Path) -> None:
        self.results, self.certificates = results, known_certificates(results)
        self.paths = store.record_paths(results)
        self._of_recipe: dict[str, list[Path]] = {}
        self._device: dict[Path, str] = {}
        self._devices: dict[Path, Counter[str]] = {}  # by folder: an arm's, a profile's and the whole
        for path in self.paths:
            try:
                head = store.read_json(path, _Head)
                recipe, device = head.fingerprint.recipe, head.environment.get("device", "")
            except ValueError:
                recipe = device = ""
            self._of_recipe.setdefault(recipe, []).append(path)
            self._device[path] = device
            for folder in (path.parent, path.parent.parent, results):
                self._devices.setdefault(folder, Counter())[device] += 1

    def answer(self, config: CellConfig, data: str | None = None) -> Freshness:
        """State and record of a cell. data: see `freshness`."""
        home = store.record_path(self.results, config)
        best = freshness(home, config, self.certificates, data)
        if best.state == "done":
            return best
        # The processor of most records of the arm, else of the profile, else of the folder, goes first.
        folders = (folder for folder in (home.parent, home.parent.parent, self.results) if folder in self._devices)
        usual = next((self._devices[folder].most_common(1)[0][0] for folder in folders), "")
        for path in sorted(self._of_recipe.get(recipe_digest(config), ()), key=lambda at: self._device[at] != usual):
            candidate = freshness(path, config, self.certificates, data) if path != home else best
            if candidate.state == "done":
                return candidate
            if best.state == "missing" and candidate.state == "stale":
                best = candidate
        return best

    def has_started(self, experiment: Experiment, profile: Profile) -> bool:
        """Whether a profile has a folder, or records of other experiments answer all of its cells."""
        if (self.results / experiment.name / profile.name).is_dir():
            return True
        return bool(self.paths) and all(self.answer(config).state == "done" for config in experiment.cells(profile))

    def asked(self, experiment: Experiment, profile: Profile) -> list[CellConfig]:
        """The planned cells of a profile, then those of each arm that `--encoder` added: it has a folder there."""
        cells, planned = [*experiment.cells(profile)], {arm.name for arm in experiment.planned}
        folders = {path.name for path in (self.results / experiment.name / profile.name).glob("*/")}
        for name in sorted(folders - planned):
            with suppress(HarnessError):
                arm = _arm(experiment, name)
                cells += [experiment.resolve(arm, profile, n) for n in range(experiment.seeds(name, profile.name))]
        return cells


def freshness(
    path: Path, config: CellConfig | None, certificates: Sequence[Certificate] = (), data: str | None = None
) -> Freshness:
    """The state of the record at `path`, compared with the cell `config` and the data set of digest `data`.

    None stands for the record's own configuration or data.
    """
    if not path.exists() and not path.is_symlink():
        return Freshness("missing", path=path)
    try:
        record = store.read_record(path)
    except HarnessError as error:
        return Freshness("stale", error.message, path=path)
    config, recorded = config or record.config, record.fingerprint
    try:
        today = fingerprint(config, data or recorded.data, recorded.device)
    except (EncoderError, HarnessError, ModuleNotFoundError, SyntaxError, UnicodeDecodeError) as error:
        return Freshness("stale", str(error), record, path=path)
    changes, certified = list[str](), tuple[str, ...]()
    if recorded.digest != today.digest:
        if recorded.recipe != today.recipe:
            differing = [f.name for f in fields(config) if getattr(record.config, f.name) != getattr(config, f.name)]
            changes.append("recipe" + (f" ({', '.join(differing)})" if differing else ""))
        changes += ["data"] * (recorded.data != today.data)
        commits = chain(certificates, recorded, record.config, today.numerics)
        certified = commits or ()
        if commits is None:
            of_code = {*recorded.modules.items()} ^ {*today.modules.items()}
            contents = {*recorded.modules.values()} & {*today.modules.values()}
            # In no module: a statement at its top, or another function that it refers to.
            names = sorted({name for name, content in of_code if content not in contents}) or ["code"]
            # Since it was made: if much has changed, names do not tell what no certificate covers.
            changes += names if len(names) <= MOST_NAMES else [f"code in {len(names)} modules"]
    if changes:
        return Freshness("stale", f"changed since: {', '.join(changes)}", record, path=path)
    if record.failure is not None:
        return Freshness("failed", record.failure.reason, record, certified, path)
    return Freshness("done", "", record, certified, path)


def freshness_in(path: Path, catalogue: Catalogue, certificates: Sequence[Certificate] = ()) -> Freshness:
    """The state of the record at `path`, compared with the current configuration of the cell that its path names.

    A record of an experiment that is not in the catalogue is compared with its own configuration.
    """
    try:
        return freshness(path, current_config(path, catalogue), certificates)
    except HarnessError as error:
        return replace(freshness(path, None, certificates), state="stale", reason=error.message)


def current_config(path: Path, catalogue: Catalogue) -> CellConfig | None:
    """The current configuration of the cell stored at `path`; None if its experiment is not in the catalogue.

    Raises HarnessError if the experiment has no such profile, or neither an arm nor an encoder has the arm's name.
    """
    (name, profile, arm), seed = path.parts[-4:-1], store.seed_of(path)
    if name not in catalogue.names() or seed is None:
        return None
    experiment = catalogue.experiment(name)
    return experiment.resolve(_arm(experiment, arm), experiment.profile(profile), seed)


def _arm(experiment: Experiment, name: str) -> Arm:
    """The arm with that name, planned or added by `--encoder`. Raises HarnessError if neither can be.

    The library of its encoder need not be installed.
    """
    if name not in {listed.name for listed in experiment.arms}:
        with suppress(EncoderError, HarnessError):
            definition_of(parse_encoder(name)[0].name)
            experiment = experiment.with_added([name])
    return experiment.arm(name)
