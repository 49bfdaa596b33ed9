"""A claim: one published number or ordering, with the place where it stands."""

from typing import Literal

import msgspec

Kind = Literal["value", "ordering", "steps-to-reach", "context"]
Relation = Literal["greater", "not-less"]

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
    "context": frozenset({"timestep", "judged_as"}),
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
    `judged_as`: the claim by which a context row's number is judged, where it is the paper's own.
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
    judged_as: str | None = None

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
