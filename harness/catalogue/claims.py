"""Claims: what a paper printed, one type for each kind, read from its claims.toml.

A claim says in words what was claimed (`statement`), what was published (`printed`), and checks itself against the
paper's experiments. How a kind is judged is one function in `harness.analysis.judges`. Numbers are strings as printed,
so that their precision is known.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import msgspec
from msgspec.structs import replace

from harness.catalogue.experiment import Experiment
from harness.errors import HarnessError, did_you_mean

Kind = Literal["value", "ordering", "steps-to-reach", "agreement", "measurement", "context"]
Relation = Literal["greater", "not-less", "at-least", "at-most"]
NOTHING_PRINTED = "—"


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every claim has: `source` is the table or section where it stands, `note` how we read it.

    The properties say what a kind has beside that; a kind without it has None or nothing. `kind`: the group that a
    claim is judged and counted in. `needs_training`: whether records of trained cells judge it.
    """

    id: str
    experiment: str
    source: str
    note: str = ""

    kind: ClassVar[Kind] = "context"
    needs_training: ClassVar[bool] = False
    unit: ClassVar[Literal["percent", "steps"]] = "percent"

    @property
    def arm(self) -> str | None:
        """The arm that it is about, where it is one."""
        return None

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that it is about: one, two for an ordering of arms, none for most context rows."""
        return () if self.arm is None else (self.arm,)

    @property
    def timestep(self) -> int | None:
        """Where the accuracy is read, from 1."""
        return None

    @property
    def value(self) -> str | None:
        """The printed number."""
        return None

    @property
    def label(self) -> str | None:
        """Whose number a context row is."""
        return None

    @property
    def judged_as(self) -> str | None:
        """The claim that judges a number which is shown here again."""
        return None

    @property
    def reruns(self) -> "tuple[Rerun, ...]":
        """Runs that tell which deviation or reading explains a difference."""
        return ()

    @property
    def judged_timestep(self) -> int:
        """The timestep at which it is decided; 0 for none."""
        return self.timestep or 0

    @property
    def prints(self) -> bool:
        """Whether it is a number that the paper prints for one of its arms at a timestep."""
        return False

    @property
    def published(self) -> float | None:
        """The published number."""
        return None if self.value is None else float(self.value)

    @property
    def statement(self) -> str:
        """What was claimed, in words."""
        return f"{self.arm} at T = {self.timestep}"

    @property
    def printed(self) -> str:
        """The published number in words."""
        return f"{self.value} %"

    @property
    def further(self) -> str:
        """A sentence on what it is held against, beside the number; empty for none."""
        return ""

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Raise HarnessError unless its numbers are as printed and its arms reach its timestep."""
        for key in ("value", "target", "difference"):
            text = getattr(self, key, None)
            if text is not None and not (key == "value" and self.unit == "steps"):
                _check_percent(key, text)
        for arm in self.arms:
            _check_timestep(experiments[self.experiment], arm, self.judged_timestep)


class Value(Claim, frozen=True, kw_only=True, tag="value", tag_field="kind"):
    """The accuracy of `arm` in percent after `timestep` steps."""

    arm: str
    timestep: int
    value: str

    kind: ClassVar[Kind] = "value"
    needs_training: ClassVar[bool] = True

    @property
    def prints(self) -> bool:
        """It is one."""
        return True


class Context(Claim, frozen=True, kw_only=True, tag="context", tag_field="kind"):
    """A published number that is shown beside ours; no record is judged by it. `label`: whose it is.

    `arm`, `judged_as`: the paper's own number, shown at that arm and judged by that claim; records of the arm serve
    where the claim's own experiment has none. Without `timestep` it was published without one.
    """

    label: str
    value: str
    timestep: int | None = None
    arm: str | None = None
    judged_as: str | None = None

    @property
    def prints(self) -> bool:
        """Where it is the paper's own, at an arm."""
        return self.arm is not None and self.judged_as is not None

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """A timestep counts from 1."""
        if self.timestep is not None and self.timestep < 1:
            raise HarnessError(f"timestep {self.timestep} is below 1")
        super().check(experiments)


class Rerun(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the arms of an ordering are run again; `greater`, `less`: their names there, None for the same.

    `reading`: how the paper is read there, in words; without it the run has fewer deviations, which speak for it.
    """

    experiment: str
    greater: str | None = None
    less: str | None = None
    reading: str | None = None


class Difference(Claim, frozen=True, kw_only=True):
    """One accuracy above another after `timestep` steps: `greater` is the arm of ours that is claimed to be above.

    `relation`: "greater", or "not-less" where it is claimed to lose nothing (by more than the margin).
    """

    greater: str
    timestep: int
    relation: Literal["greater", "not-less"] = "greater"

    kind: ClassVar[Kind] = "ordering"
    needs_training: ClassVar[bool] = True

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose records it rests on."""
        return (self.greater,)

    @property
    def versus(self) -> str | None:
        """The other side as a judgement names it: an arm, "ann", or None for a number of another paper."""
        return None

    def at(self, rerun: Rerun) -> Self:
        """The ordering where it is run again."""
        return replace(self, experiment=rerun.experiment, greater=rerun.greater or self.greater)

    @property
    def statement(self) -> str:
        """Which accuracy is above which."""
        sign = ">" if self.relation == "greater" else "≥"
        return f"{self.greater} {sign} {self._other()} at T = {self.timestep}"

    def _other(self) -> str:
        raise NotImplementedError

    @property
    def printed(self) -> str:
        """No size is printed."""
        return "the ordering alone"

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Reruns are on the same data, and elsewhere."""
        super().check(experiments)
        home = experiments[self.experiment]
        for rerun in self.reruns:
            experiment = _experiment(rerun.experiment, experiments)
            if experiment.dataset != home.dataset:
                raise HarnessError(
                    f"'{experiment.name}' is on {experiment.dataset}, and '{home.name}' on {home.dataset}"
                )
            again = self.at(rerun)
            if (again.experiment, again.arms) == (self.experiment, self.arms):
                raise HarnessError("a rerun at its own place")
            for arm in again.arms:
                _check_timestep(experiment, arm, self.timestep)


class Ordering(Difference, frozen=True, kw_only=True, tag="ordering", tag_field="kind"):
    """An arm above another, by `difference` points where a size is printed.

    `images`: those on which the two are compared, "test" or "training" (a fixed sample of them in every record).
    """

    less: str
    difference: str | None = None
    images: Literal["test", "training"] = "test"
    reruns: tuple[Rerun, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """Both."""
        return self.greater, self.less

    @property
    def versus(self) -> str | None:
        """The other arm."""
        return self.less

    @property
    def published(self) -> float | None:
        """The printed size."""
        return None if self.difference is None else float(self.difference)

    def at(self, rerun: Rerun) -> Self:
        """The ordering where it is run again."""
        return replace(super().at(rerun), less=rerun.less or self.less)

    def _other(self) -> str:
        return self.less

    @property
    def statement(self) -> str:
        """Which arm is above which, and on which images."""
        return super().statement + (", on training images" if self.images == "training" else "")

    @property
    def printed(self) -> str:
        """The size, where one is printed."""
        return f"+{self.difference} points" if self.difference else super().printed

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Two arms, and reruns on test images alone."""
        if self.greater == self.less:
            raise HarnessError(f"an ordering of '{self.greater}' against itself")
        if self.images == "training" and self.reruns:
            raise HarnessError("'reruns' are of two arms on test images, or of one arm and its ANN")
        super().check(experiments)


class AboveRow(Difference, frozen=True, kw_only=True, tag="above-row", tag_field="kind"):
    """An arm above another paper's number: `row`, the context row that claims.toml names as `rival`."""

    rival: str
    row: Context

    def _other(self) -> str:
        return self.row.label

    @property
    def printed(self) -> str:
        """The other's number."""
        return f"{self.row.value} %"

    @property
    def further(self) -> str:
        """The steps that each needs."""
        return f"Steps: {self.timestep} against {self.row.timestep or 'a number that is not reported'}."


class AboveAnn(Difference, frozen=True, kw_only=True, tag="above-ann", tag_field="kind"):
    """An arm against the ANN that it was converted from, seed by seed."""

    reruns: tuple[Rerun, ...] = ()

    @property
    def versus(self) -> str | None:
        """Its ANN."""
        return "ann"

    def _other(self) -> str:
        return "its ANN"

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """A rerun has one arm."""
        if any(rerun.less is not None for rerun in self.reruns):
            raise HarnessError("'reruns' of an arm against its ANN have no 'less'")
        super().check(experiments)


class Steps(Claim, frozen=True, kw_only=True, tag="steps-to-reach", tag_field="kind"):
    """`arm` reaches `target` percent within `value` steps, and keeps it."""

    arm: str
    value: str
    target: str

    kind: ClassVar[Kind] = "steps-to-reach"
    needs_training: ClassVar[bool] = True
    unit: ClassVar[Literal["percent", "steps"]] = "steps"

    @property
    def judged_timestep(self) -> int:
        """Its published steps."""
        return int(self.value)

    @property
    def statement(self) -> str:
        """Arm and target."""
        return f"{self.arm} reaches {self.target} % and keeps it"

    @property
    def printed(self) -> str:
        """The steps."""
        return f"{self.value} steps"

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Steps are whole."""
        if not self.value.isdecimal():
            raise HarnessError(f"'value' must be a whole number of timesteps, not {self.value!r}")
        super().check(experiments)


class Agreement(Claim, frozen=True, kw_only=True, tag="agreement", tag_field="kind"):
    """A sentence of the paper against its own printed `figures` ("240/48", "87.2-84.4"): nothing is run.

    It is right if all of them lie within `low` .. `high`.
    """

    statement: str
    figures: tuple[str, ...]
    low: str | None = None
    high: str | None = None

    kind: ClassVar[Kind] = "agreement"

    @property
    def printed(self) -> str:
        """A sentence is no number."""
        return NOTHING_PRINTED

    @property
    def further(self) -> str:
        """The figures."""
        return f"Figures: {', '.join(self.figures)}."

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Figures can be computed."""
        super().check(experiments)
        for text in (*self.figures, *filter(None, (self.low, self.high))):
            try:
                figure(text)
            except (ValueError, ZeroDivisionError):
                raise HarnessError(f"no figure: {text!r}", 'as in "5", "240/48" or "87.2-84.4"') from None


class Measured(Claim, frozen=True, kw_only=True, tag="measurement", tag_field="kind"):
    """A `quantity` that is computed from images without training, or read from kept weights.

    `relation`, `value`: the bound that it keeps if the statement is right.
    """

    statement: str
    quantity: str
    relation: Literal["at-least", "at-most"]
    value: str

    kind: ClassVar[Kind] = "measurement"

    @property
    def printed(self) -> str:
        """The bound."""
        return f"{self.relation.replace('-', ' ')} {self.value} %"


AnyClaim = Value | Ordering | AboveRow | AboveAnn | Steps | Agreement | Measured | Context


def read_claims(path: Path, experiments: Iterable[Experiment], test_images: Mapping[str, int]) -> tuple[Claim, ...]:
    """All claims of a file. Raises HarnessError with the file and the claim if a claim is not consistent.

    `test_images`: how many test images each data set's published accuracies were counted on.
    """
    known = {experiment.name: experiment for experiment in experiments}
    claims: list[Claim] = []
    entries = _read(path)
    rows = {entry.get("id"): entry for entry in entries if entry.get("kind") == "context"}
    for number, entry in enumerate(entries, start=1):
        name = f"claim '{entry['id']}'" if isinstance(entry.get("id"), str) else f"claim number {number}"
        try:
            claims.append(_checked(entry, rows, known, test_images))
        except HarnessError as error:
            raise HarnessError(f"{path}: {name}: {error.message}", error.hint) from None
    _check_names(claims, path)
    return tuple(claims)


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


def _checked(
    entry: dict[str, Any],
    rows: Mapping[Any, dict[str, Any]],
    experiments: Mapping[str, Experiment],
    test_images: Mapping[str, int],
) -> Claim:
    if "rival" in entry:
        if entry["rival"] not in rows:
            raise did_you_mean("context row", str(entry["rival"]), list(rows))
        entry = {**entry, "row": rows[entry["rival"]]}
    try:
        claim: Claim = msgspec.convert(entry, AnyClaim)
    except msgspec.ValidationError as error:
        raise HarnessError(str(error), "see harness/catalogue/claims.py") from None
    for key, given in entry.items():
        if given in ("", []) and key != "note":
            raise HarnessError(f"'{key}' is empty")
    experiment = _experiment(claim.experiment, experiments)
    if claim.needs_training and experiment.dataset not in test_images:
        raise HarnessError(f"data set '{experiment.dataset}' has no published test-set size")
    claim.check(experiments)
    return claim


def _experiment(name: str, experiments: Mapping[str, Experiment]) -> Experiment:
    if name not in experiments:
        raise did_you_mean("experiment", name, list(experiments))
    return experiments[name]


def _check_percent(key: str, text: str) -> None:
    whole, dot, decimals = text.partition(".")
    printed = whole.isdecimal() and (decimals.isdecimal() if dot else True)
    if not printed or not 0.0 <= float(text) <= 100.0:
        raise HarnessError(f"'{key}' must be a printed number of percent such as \"98.54\", not {text!r}")


def _check_timestep(experiment: Experiment, name: str, timestep: int) -> None:
    arm = experiment.arm(name)
    if not 1 <= timestep <= arm.timesteps:
        raise HarnessError(f"timestep {timestep} is outside 1..{arm.timesteps} of arm '{name}'")


def _check_names(claims: Sequence[Claim], path: Path) -> None:
    """Ids occur once, and a claim that names another names one that is there."""
    ids: set[str] = set()
    for claim in claims:
        if claim.id in ids:
            raise HarnessError(f"{path}: claim '{claim.id}': the id occurs twice", "give each claim its own id")
        ids.add(claim.id)
    for claim in claims:
        if claim.judged_as is not None and claim.judged_as not in ids:
            error = did_you_mean("claim", claim.judged_as, sorted(ids))
            raise HarnessError(f"{path}: claim '{claim.id}': {error.message}", error.hint)


def figure(printed: str) -> float:
    """The value of a printed figure: a number, a quotient "240/48" or a difference "87.2-84.4".

    Raises ValueError where it is none of these, ZeroDivisionError for a quotient by 0.
    """
    above, slash, below = printed.partition("/")
    if slash:
        return float(above) / float(below)
    first, minus, second = printed.partition("-")
    return float(first) - float(second) if minus else float(first)
