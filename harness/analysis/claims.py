"""Published numbers and orderings, read from a paper's claims.toml and checked against the experiments."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.config import Experiment
from harness.errors import HarnessError
from harness.papers.dct_snn import experiments

Kind = Literal["value", "ordering", "steps-to-reach", "context"]
Relation = Literal["greater", "not-less"]

CLAIMS = Path(__file__).parents[1] / "papers" / "dct_snn" / "claims.toml"

# Test images of each data set: a published accuracy's binomial error comes from them.
TEST_IMAGES = {"mnist": 10_000, "cifar10": 10_000, "cifar100": 10_000, "tinyimagenet": 10_000}

# What each kind must state beside id, experiment, kind and source; what it may state.
REQUIRED: dict[Kind, frozenset[str]] = {
    "value": frozenset({"arm", "timestep", "value"}),
    "ordering": frozenset({"greater", "less", "timestep"}),
    "steps-to-reach": frozenset({"arm", "value", "target"}),
    "context": frozenset({"label", "value"}),
}
OPTIONAL: dict[Kind, frozenset[str]] = {
    "value": frozenset(),
    "ordering": frozenset({"relation", "difference"}),
    "steps-to-reach": frozenset(),
    "context": frozenset({"timestep"}),
}
COMMON = frozenset({"id", "experiment", "kind", "source", "note"})


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One published number or ordering. Numbers are strings as printed, so that their precision is known.

    `value`: an accuracy in percent (value, context) or a number of timesteps (steps-to-reach).
    `timestep`: where the accuracy is read, from 1; a context row without one was published without one.
    `target`: steps-to-reach only, the accuracy in percent to be reached within `value` steps and kept.
    `greater`, `less`: the arms of an ordering; with `relation` "greater" the first is claimed to be above the
    second, with "not-less" it is claimed to lose nothing against it (by more than the margin).
    `difference`: the published size of an ordering in percentage points, as information.
    `label`: whose number a context row is; nothing of ours is judged by it.
    """

    id: str
    experiment: str
    kind: Kind
    source: str
    note: str = ""
    arm: str | None = None
    greater: str | None = None
    less: str | None = None
    relation: Relation = "greater"
    timestep: int | None = None
    value: str | None = None
    target: str | None = None
    difference: str | None = None
    label: str | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms the claim is about: one, two for an ordering, none for a context row."""
        return tuple(arm for arm in (self.arm, self.greater, self.less) if arm is not None)

    @property
    def judged_timestep(self) -> int:
        """The timestep at which the claim is decided: for steps-to-reach, its published steps."""
        if self.timestep is not None:
            return self.timestep
        return int(self.value or 0) if self.unit == "steps" else 0

    @property
    def unit(self) -> Literal["percent", "steps"]:
        """The unit of `value` (and of an ordering's `difference`: percentage points)."""
        return "steps" if self.kind == "steps-to-reach" else "percent"

    @property
    def published(self) -> float | None:
        """The published number: `value`, or an ordering's `difference` where one is printed."""
        text = self.difference if self.kind == "ordering" else self.value
        return None if text is None else float(text)


def last_digit(printed: str) -> float:
    """The place value of the last printed digit: 0.01 for "98.54", 1 for "85"."""
    _, _, decimals = printed.partition(".")
    return float(10.0 ** -len(decimals))


def load_claims(path: Path | None = None) -> tuple[Claim, ...]:
    """All claims, checked. Raises HarnessError naming the claim and the file when one cannot be right."""
    path = CLAIMS if path is None else path
    raw = _read(path)
    claims = tuple(_checked(entry, number, path) for number, entry in enumerate(raw, start=1))
    _reject_duplicates(claims, path)
    return claims


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HarnessError(f"{path}: not a readable file of claims ({error})", "mend or restore it") from None
    entries = document.get("claim")
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if set(document) != {"claim"} or not tables:
        raise HarnessError(f"{path}: must consist of [[claim]] tables and nothing else", "see its first lines")
    return list(entries or ())


def _checked(entry: dict[str, Any], number: int, path: Path) -> Claim:
    name = f"claim '{entry['id']}'" if isinstance(entry.get("id"), str) else f"claim number {number}"
    try:
        claim = msgspec.convert(entry, Claim)
    except msgspec.ValidationError as error:
        raise HarnessError(f"{path}: {name}: {error}", "see Claim in harness/analysis/claims.py") from None
    try:
        _check_fields(claim, frozenset(entry))
        _check_numbers(claim)
        _check_place(claim)
    except HarnessError as error:
        raise HarnessError(f"{path}: {name}: {error.message}", error.hint) from None
    return claim


def _check_fields(claim: Claim, present: frozenset[str]) -> None:
    if missing := REQUIRED[claim.kind] - present:
        raise HarnessError(f"kind '{claim.kind}' must state {_listed(missing)}")
    if foreign := present - COMMON - REQUIRED[claim.kind] - OPTIONAL[claim.kind]:
        raise HarnessError(f"kind '{claim.kind}' has no {_listed(foreign)}")
    for key in present:
        if getattr(claim, key) == "" and key != "note":
            raise HarnessError(f"'{key}' is empty")


def _check_numbers(claim: Claim) -> None:
    for key, top in (("value", 100.0), ("target", 100.0), ("difference", 100.0)):
        text = getattr(claim, key)
        if text is None or (key == "value" and claim.unit == "steps"):
            continue
        if not _is_printed(text) or not 0.0 <= float(text) <= top:
            raise HarnessError(f"'{key}' must be a printed number of percent such as \"98.54\", not {text!r}")
    if claim.unit == "steps" and not str(claim.value).isdecimal():
        raise HarnessError(f"'value' must be a whole number of timesteps, not {claim.value!r}")


def _check_place(claim: Claim) -> None:
    experiment = experiments.get(claim.experiment)
    if claim.kind != "context" and experiment.dataset not in TEST_IMAGES:
        raise HarnessError(f"data set '{experiment.dataset}' has no published test-set size")
    if claim.kind == "ordering" and claim.greater == claim.less:
        raise HarnessError(f"an ordering of '{claim.greater}' against itself")
    if claim.kind == "context" and claim.timestep is not None and claim.timestep < 1:
        raise HarnessError(f"timestep {claim.timestep} is below 1")
    for arm in claim.arms:
        _check_timestep(claim, experiment, arm)


def _check_timestep(claim: Claim, experiment: Experiment, name: str) -> None:
    arm = experiments.arm_of(experiment, name)
    timestep = int(claim.value or 0) if claim.unit == "steps" else (claim.timestep or 0)
    if not 1 <= timestep <= arm.timesteps:
        raise HarnessError(f"timestep {timestep} is outside 1..{arm.timesteps} of arm '{name}'")


def _reject_duplicates(claims: Iterable[Claim], path: Path) -> None:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise HarnessError(f"{path}: claim '{claim.id}': the id occurs twice", "give each claim its own id")
        seen.add(claim.id)


def _is_printed(text: str) -> bool:
    whole, dot, decimals = text.partition(".")
    return whole.isdecimal() and (decimals.isdecimal() if dot else True)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
