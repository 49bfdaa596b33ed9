"""Read a paper's claims.toml and check it against the paper's experiments."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.catalogue.claim import COMMON, OPTIONAL, RELATIONS, REQUIRED, Claim, Rerun, figure
from harness.catalogue.experiment import Experiment
from harness.errors import HarnessError, did_you_mean


@dataclass(frozen=True)
class Published:
    """What claims are checked against: the paper's experiments, and the size of the test set of each data set."""

    experiments: Mapping[str, Experiment]
    test_images: Mapping[str, int]


def read_claims(path: Path, experiments: Iterable[Experiment], test_images: Mapping[str, int]) -> tuple[Claim, ...]:
    """All claims of a file. Raises HarnessError with the file and the claim if a claim is not consistent.

    `test_images`: how many test images each data set's published accuracies were counted on.
    """
    published = Published({experiment.name: experiment for experiment in experiments}, test_images)
    raw = _read(path)
    claims = tuple(_checked(entry, number, path, published) for number, entry in enumerate(raw, start=1))
    _reject_duplicates(claims, path)
    return claims


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HarnessError(f"{path}: not a readable file of claims ({error})", "correct or restore the file") from None
    entries = document.get("claim")
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if set(document) != {"claim"} or not tables:
        raise HarnessError(f"{path}: must consist of [[claim]] tables and nothing else", "see its first lines")
    return list(entries or ())


def _checked(entry: dict[str, Any], number: int, path: Path, published: Published) -> Claim:
    name = f"claim '{entry['id']}'" if isinstance(entry.get("id"), str) else f"claim number {number}"
    try:
        claim = msgspec.convert(entry, Claim)
    except msgspec.ValidationError as error:
        raise HarnessError(f"{path}: {name}: {error}", "see Claim in harness/catalogue/claim.py") from None
    try:
        _check_fields(claim, frozenset(entry))
        _check_numbers(claim)
        _check_place(claim, published)
    except HarnessError as error:
        raise HarnessError(f"{path}: {name}: {error.message}", error.hint) from None
    return claim


def _check_fields(claim: Claim, present: frozenset[str]) -> None:
    if missing := REQUIRED[claim.kind] - present:
        raise HarnessError(f"kind '{claim.kind}' must state {_listed(missing)}")
    if foreign := present - COMMON - REQUIRED[claim.kind] - OPTIONAL[claim.kind]:
        raise HarnessError(f"kind '{claim.kind}' has no {_listed(foreign)}")
    for key in present:
        if getattr(claim, key) in ("", ()) and key != "note":
            raise HarnessError(f"'{key}' is empty")
    named = [key for key in ("less", "rival", "baseline") if key in present]
    if claim.kind == "ordering" and len(named) != 1:
        raise HarnessError("kind 'ordering' must state either 'less' or 'rival' or 'baseline'")
    if claim.images == "training" and claim.less is None:
        raise HarnessError("'images' of an ordering is for two arms: state 'less'")
    if "relation" in present and claim.relation not in RELATIONS[claim.kind]:
        raise HarnessError(f"'relation' of kind '{claim.kind}' is one of {', '.join(RELATIONS[claim.kind])}")


def _check_numbers(claim: Claim) -> None:
    for key, top in (("value", 100.0), ("target", 100.0), ("difference", 100.0)):
        text = getattr(claim, key)
        if text is None or (key == "value" and claim.unit == "steps"):
            continue
        if not _is_printed(text) or not 0.0 <= float(text) <= top:
            raise HarnessError(f"'{key}' must be a printed number of percent such as \"98.54\", not {text!r}")
    for text in (*claim.figures, *filter(None, (claim.low, claim.high))):
        try:
            figure(text)
        except (ValueError, ZeroDivisionError):
            raise HarnessError(f"no figure: {text!r}", 'as in "5", "240/48" or "87.2-84.4"') from None
    if claim.unit == "steps" and not str(claim.value).isdecimal():
        raise HarnessError(f"'value' must be a whole number of timesteps, not {claim.value!r}")


def _check_place(claim: Claim, published: Published) -> None:
    experiment = published.experiments.get(claim.experiment)
    if experiment is None:
        raise did_you_mean("experiment", claim.experiment, list(published.experiments))
    if claim.needs_training and experiment.dataset not in published.test_images:
        raise HarnessError(f"data set '{experiment.dataset}' has no published test-set size")
    if claim.kind == "ordering" and claim.greater == claim.less:
        raise HarnessError(f"an ordering of '{claim.greater}' against itself")
    if claim.kind == "context" and claim.timestep is not None and claim.timestep < 1:
        raise HarnessError(f"timestep {claim.timestep} is below 1")
    for arm in claim.arms:
        _check_timestep(claim, experiment, arm)
    for rerun in claim.reruns:
        _check_rerun(claim, rerun, experiment, published)


def _check_rerun(claim: Claim, rerun: Rerun, home: Experiment, published: Published) -> None:
    experiment = published.experiments.get(rerun.experiment)
    if experiment is None:
        raise did_you_mean("experiment", rerun.experiment, list(published.experiments))
    if experiment.dataset != home.dataset:
        raise HarnessError(
            f"'{rerun.experiment}' is on {experiment.dataset}, and '{claim.experiment}' on {home.dataset}"
        )
    again = claim.at(rerun)
    if claim.rival is not None or claim.images == "training" or (rerun.less is not None and claim.less is None):
        raise HarnessError("'reruns' are of two arms on test images, or of one arm and its ANN")
    if (again.experiment, again.arms) == (claim.experiment, claim.arms):
        raise HarnessError("a rerun at its own place")
    for arm in again.arms:
        _check_timestep(claim, experiment, arm)


def _check_timestep(claim: Claim, experiment: Experiment, name: str) -> None:
    arm = experiment.arm(name)
    timestep = int(claim.value or 0) if claim.unit == "steps" else (claim.timestep or 0)
    if not 1 <= timestep <= arm.timesteps:
        raise HarnessError(f"timestep {timestep} is outside 1..{arm.timesteps} of arm '{name}'")


def _reject_duplicates(claims: Sequence[Claim], path: Path) -> None:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise HarnessError(f"{path}: claim '{claim.id}': the id occurs twice", "give each claim its own id")
        seen.add(claim.id)
    for claim in claims:
        for field in ("judged_as", "rival"):
            name = getattr(claim, field)
            if name is not None and name not in seen:
                error = did_you_mean("claim", name, sorted(seen))
                raise HarnessError(f"{path}: claim '{claim.id}': {error.message}", error.hint)


def _is_printed(text: str) -> bool:
    whole, dot, decimals = text.partition(".")
    return whole.isdecimal() and (decimals.isdecimal() if dot else True)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
