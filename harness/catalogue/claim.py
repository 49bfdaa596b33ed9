"""A claim: one published number, ordering or sentence, with the place in the paper where it is printed."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

Kind = Literal["value", "ordering", "steps-to-reach", "agreement", "measurement", "context"]
Relation = Literal["greater", "not-less", "at-least", "at-most"]

# The fields that each kind must give beside id, experiment, kind and source, and those that it may give.
REQUIRED: Mapping[Kind, frozenset[str]] = {
    "value": frozenset({"arm", "timestep", "value"}),
    "ordering": frozenset({"greater", "timestep"}),
    "steps-to-reach": frozenset({"arm", "value", "target"}),
    "agreement": frozenset({"statement", "figures"}),
    "measurement": frozenset({"statement", "quantity", "relation", "value"}),
    "context": frozenset({"label", "value"}),
}
OPTIONAL: Mapping[Kind, frozenset[str]] = {
    "value": frozenset(),
    "ordering": frozenset({"less", "rival", "baseline", "relation", "difference", "images", "reruns"}),
    "steps-to-reach": frozenset(),
    "agreement": frozenset({"low", "high"}),
    "measurement": frozenset(),
    "context": frozenset({"timestep", "arm", "judged_as"}),
}
COMMON = frozenset({"id", "experiment", "kind", "source", "note"})
RELATIONS: Mapping[Kind, tuple[Relation, ...]] = {
    "ordering": ("greater", "not-less"),
    "measurement": ("at-least", "at-most"),
}


class Rerun(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the arms of an ordering are run again; `greater`, `less`: their names there, None for the same.

    `reading`: how the paper is read there, in words; without it the run has fewer deviations, which speak for it.
    """

    experiment: str
    greater: str | None = None
    less: str | None = None
    reading: str | None = None


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One published number, ordering or sentence. Numbers are strings as printed, so that their precision is known.

    `value`: an accuracy in percent (value, context), a number of timesteps (steps-to-reach) or a bound (measurement).
    `timestep`: where the accuracy is read, from 1; a context row without one was published without one.
    `target`: steps-to-reach only, the accuracy in percent that is reached within `value` steps and kept.
    `greater`, `less`: the arms of an ordering; with `relation` "greater" the first is claimed to be above the
    second, with "not-less" it is claimed to lose nothing against it (by more than the margin). In the place of `less`,
    `rival` names a context row: the arm is claimed to be above another paper's number, and to need fewer steps; or
    `baseline` "ann" names the ANN that the arm was converted from, seed by seed.
    `images`: those on which two arms are compared, "test" or "training" (a fixed sample of them in every record).
    `difference`: the published size of an ordering in percentage points.
    `reruns`: runs that tell which deviation or reading explains a difference, where an ordering is missed.
    `statement`, `figures`, `low`, `high`: agreement only, a sentence of the paper, its own printed figures (such as
    "240/48" or "87.2-84.4"), and the range in which they all lie if the sentence is right.
    `quantity`, `relation`, `value`: measurement only, what is computed from the data without any training or read from
    kept weights, and the bound that it keeps if the statement is right.
    `label`: whose number a context row is; no record is judged by it.
    `arm`, `judged_as` of a context row: the paper's own number, shown at that arm and judged by that claim; records of
    the arm serve where the claim's own experiment has none.
    """

    id: str
    experiment: str
    kind: Kind
    source: str
    note: str = ""
    arm: str | None = None
    greater: str | None = None
    less: str | None = None
    rival: str | None = None
    baseline: Literal["ann"] | None = None
    images: Literal["test", "training"] = "test"
    relation: Relation = "greater"
    timestep: int | None = None
    value: str | None = None
    target: str | None = None
    difference: str | None = None
    reruns: tuple[Rerun, ...] = ()
    statement: str | None = None
    figures: tuple[str, ...] = ()
    low: str | None = None
    high: str | None = None
    quantity: str | None = None
    label: str | None = None
    judged_as: str | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms the claim is about: one, two for an ordering of arms, none for most context rows."""
        return tuple(arm for arm in (self.arm, self.greater, self.less) if arm is not None)

    @property
    def needs_training(self) -> bool:
        """Whether it is judged by records of trained cells."""
        return self.kind in ("value", "ordering", "steps-to-reach")

    @property
    def prints(self) -> bool:
        """Whether it is a number that the paper prints for one of its arms at a timestep."""
        return self.arm is not None and (self.kind == "value" or self.judged_as is not None)

    @property
    def judged_timestep(self) -> int:
        """The timestep at which the claim is decided: for steps-to-reach, its published steps; else 0 for none."""
        if self.timestep is not None:
            return self.timestep
        return int(self.value or 0) if self.unit == "steps" else 0

    def at(self, rerun: Rerun) -> "Claim":
        """The ordering where it is run again."""
        return replace(
            self, experiment=rerun.experiment, greater=rerun.greater or self.greater, less=rerun.less or self.less
        )

    @property
    def unit(self) -> Literal["percent", "steps"]:
        """The unit of `value` (and of an ordering's `difference`: percentage points)."""
        return "steps" if self.kind == "steps-to-reach" else "percent"

    @property
    def published(self) -> float | None:
        """The published number: `value`, or an ordering's `difference` where one is printed."""
        text = self.difference if self.kind == "ordering" else self.value
        return None if text is None else float(text)


def figure(printed: str) -> float:
    """The value of a printed figure: a number, a quotient "240/48" or a difference "87.2-84.4".

    Raises ValueError where it is none of these, ZeroDivisionError for a quotient by 0.
    """
    above, slash, below = printed.partition("/")
    if slash:
        return float(above) / float(below)
    first, minus, second = printed.partition("-")
    return float(first) - float(second) if minus else float(first)


def last_digit(printed: str) -> float:
    """The place value of the last printed digit: 0.01 for "98.54", 1 for "85"."""
    _, _, decimals = printed.partition(".")
    return float(10.0 ** -len(decimals))
