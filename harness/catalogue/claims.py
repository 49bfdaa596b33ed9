"""What a paper states, read from its claims.toml: statements, which are what is counted, with claims as their parts.

A claim is one judgeable thing, one type for each kind: a part of its statement in one reading. It says in words what
was claimed (`says`) and what was published (`printed`), and checks itself against the paper's experiments. How a kind
is judged is one function in `harness.analysis.judges`. Numbers are strings as printed: their precision is known.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from harness.catalogue.experiment import Experiment, parse_part
from harness.config import Count, ProfileName
from harness.errors import HarnessError, did_you_mean, named

Kind = Literal["value", "ordering", "steps-to-reach", "saturation", "agreement", "measurement", "context"]
# The measures that every record has, and their units. Any other measure is an evaluation of the recipe, in percent.
UNITS: Mapping[str, str] = {
    "accuracy": "percent",
    "ann": "percent",
    "loss": "points",
    "spikes": "spikes",
    "accumulates": "additions",
    "energy": "µJ",
}
AMOUNTS = ("spikes", "accumulates", "energy")  # of one image over all timesteps
PRICES = ("accumulate_pj", "mac_pj", "word_pj")  # what an energy may be given by: harness.analysis.energy.EnergyModel
Relation = Literal["greater", "not-less", "at-least", "at-most"]
Percent = Annotated[str, Meta(pattern=r"^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)\Z")]
"""A printed number of percent, such as "98.54"."""
Number = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?\Z")]
"""A printed number in the unit of its claim, such as "98.54" or "-0.47"."""
Whole = Annotated[str, Meta(pattern=r"^[0-9]{1,6}\Z")]
"""A printed number of timesteps."""


def in_words(unit: str) -> str:
    """A unit as it stands behind a number."""
    return "%" if unit == "percent" else unit


def name_of(measure: str) -> str:
    """A measure without its prices or parameters: "energy" of "energy(word_pj=5)"."""
    return measure.partition("(")[0]


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One statement of a paper, `says` in words: what is counted.

    `text`: where it was read, such as "abstract". `unjudged`: parts that no claim judges yet, in words. `elsewhere`: it
    is said of other data than its claims have.
    """

    id: str
    says: str
    source: str
    text: str = "supplement"
    note: str = ""
    unjudged: tuple[str, ...] = ()
    elsewhere: bool = False


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every claim has: `source` is the table or section where it stands, `note` how we read it.

    `part`: the part of the statement, by default the claim itself. Claims with one `part` are its `reading`s; one that
    comes out suffices. `beside`: shown with its statement and not counted. `profiles`: the only ones that judge it; by
    default all that can. `headline`: the claim in the paper's words, if it is a row of the first figure.
    The properties say what a kind has beside that; a kind without it has None or nothing. `kind`: the group that a
    claim is judged and counted in. `SAYS`, `PRINTED`: its words, where {0} is the claim.
    """

    id: str
    experiment: str
    source: str
    note: str = ""
    part: str = ""
    reading: str = ""
    headline: str = ""
    beside: bool = False
    profiles: tuple[ProfileName, ...] = ()
    statement: Statement | None = None

    kind: ClassVar[Kind] = "context"
    SAYS: ClassVar[str] = "{0.arm} at T = {0.timestep}"
    PRINTED: ClassVar[str] = "{0.value} {0.unit_in_words}"

    # A kind that has one of these declares it as a field: its arm, the timestep (from 1) at which the accuracy is read,
    # the printed number, the source of a context row, and the claim that judges a number which is shown here again.
    @property
    def arm(self) -> str | None:
        return None

    @property
    def timestep(self) -> int | None:
        return None

    @property
    def value(self) -> str | None:
        return None

    @property
    def label(self) -> str | None:
        return None

    @property
    def judged_as(self) -> str | None:
        return None

    @property
    def measure(self) -> str:
        return "accuracy"

    @property
    def unit(self) -> str:
        """The unit of its numbers: percent, points, steps, or that of its measure."""
        return UNITS.get(name_of(self.measure), "percent")

    @property
    def unit_in_words(self) -> str:
        """The same as it stands behind a number."""
        return in_words(self.unit)

    @property
    def needs_training(self) -> bool:
        """Whether records of trained cells judge it."""
        return self.kind in ("value", "ordering", "steps-to-reach", "saturation")

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that it is about: one, two for an ordering of arms, none for most context rows."""
        names = (getattr(self, key, None) for key in ("arm", "greater", "less"))
        return tuple(name for name in names if name is not None)

    @property
    def sides(self) -> tuple[str, str | None]:
        """The arm as a judgement names it, and what it is set against: an arm, or "ann" for its own ANN."""
        return self.arms[0], self.arms[1] if len(self.arms) > 1 else None

    @property
    def judged_timestep(self) -> int:
        """The timestep at which it is decided; 0 for none."""
        return self.timestep or 0

    @property
    def prints(self) -> bool:
        """Whether it is a number that the paper prints for one of its arms at a timestep."""
        plain = type(self) is Value and self.measure == "accuracy"
        return plain or None not in (self.arm, self.judged_as)

    @property
    def of_no_arm(self) -> bool:
        """Whether it is a context row that is shown at none of our arms."""
        return self.kind == "context" and not self.prints

    @property
    def published(self) -> float | None:
        """The published number; of an ordering the size of the difference."""
        text = getattr(self, "difference", self.value)
        return None if text is None else float(text)

    @property
    def says(self) -> str:
        """What was claimed, in words."""
        return self.SAYS.format(self) + ("" if self.measure == "accuracy" else f", {self.measure}")

    @property
    def printed(self) -> str:
        """The published number in words."""
        return self.PRINTED.format(self)

    @property
    def further(self) -> str:
        """A further sentence on what the claim is compared with, besides the number; empty if there is none."""
        return ""

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Raise HarnessError unless it can be judged: its arms reach its timestep, and have what it measures."""
        experiment = named("experiment", self.experiment, experiments)
        self._check_arms(experiment)
        self._check_measure(experiment)
        low, high = {"percent": (0.0, 100.0), "points": (-100.0, 100.0)}.get(self.unit, (0.0, math.inf))
        if self.needs_training and self.published is not None and not low <= self.published <= high:
            key = "difference" if hasattr(self, "difference") else "value"
            raise HarnessError(f"'{key}' must be a printed number of {self.unit}, not '{getattr(self, key)}'")
        if self.headline and self.unit not in ("percent", "points"):
            raise HarnessError(f"the figure of headlines is in points, not in {self.unit}", "remove 'headline'")

    def _check_arms(self, experiment: Experiment) -> None:
        for name in self.arms:
            longest = experiment.arm(name).timesteps
            if not 1 <= self.judged_timestep <= longest:
                missing = "" if self.judged_timestep else "give the claim a 'timestep'"
                raise HarnessError(f"timestep {self.judged_timestep} is outside 1..{longest} of arm '{name}'", missing)

    def _check_measure(self, experiment: Experiment) -> None:
        name = name_of(self.measure)
        arms = [experiment.arm(arm) for arm in self.arms] if self.measure != "accuracy" else []
        for arm in arms if name in AMOUNTS else ():
            if arm.timesteps != self.judged_timestep:
                raise HarnessError(f"{name} are counted over all {arm.timesteps} timesteps of '{arm.name}'")
        if self.measure in UNITS:
            return
        if name == "energy":
            prices = parse_part(self.measure, "energy")[1]
            sound = all(isinstance(price, int | float) and 0 < price < math.inf for price in prices.values())
            if set(prices) - {*PRICES} or not sound:
                raise HarnessError(f"no energy '{self.measure}'", f"give picojoules of {', '.join(PRICES)}")
            return
        cells = ([experiment.resolve(arm, profile, 0) for profile in experiment.profiles] for arm in arms)
        evaluations = set.intersection(*({text for c in of_arm for text in c.evaluations or ()} for of_arm in cells))
        if self.measure not in evaluations:
            raise did_you_mean("measure", self.measure, [*UNITS, *sorted(evaluations)])


class Value(Claim, frozen=True, kw_only=True, tag="value", tag_field="kind"):
    """The `measure` of `arm` after `timestep` steps, by default its accuracy in percent.

    `measure`: the accuracy of its "ann", which needs no timestep; its "loss", by how many points it is below its ANN
    (negative where it is above), another reading of an accuracy; an evaluation of its recipe, such as
    "noise(strength=0.5)", in percent; or of one image over all timesteps, and then `timestep` is the last one:
    "spikes", "accumulates" (additions), "energy" in µJ or, at other prices, "energy(word_pj=5)".
    `ann`: the accuracy of its ANN, where the paper prints it. `doubled`: a control of the same experiment whose
    shortened stage of training is twice as long.
    """

    arm: str
    value: Number
    timestep: int = 0
    measure: str = "accuracy"
    ann: Percent | None = None
    doubled: str | None = None

    kind: ClassVar[Kind] = "value"

    @property
    def judged_timestep(self) -> int:
        return 1 if self.measure == "ann" else self.timestep

    @property
    def says(self) -> str:
        form = {"ann": "the ANN of {0.arm}", "loss": "{0.arm} below its ANN at T = {0.timestep}"}.get(self.measure)
        return form.format(self) if form else super().says

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Check too that a loss has `ann`, that an accuracy is in percent, and that `doubled` is an arm."""
        super().check(experiments)
        if self.doubled is not None:
            experiments[self.experiment].arm(self.doubled)
        if self.measure in ("accuracy", "ann") and self.published is not None and 0 < self.published <= 1:
            raise HarnessError(f"'value' is {self.value} %", "state it in percent, not as a fraction")
        if self.measure == "loss" and self.ann is None:
            raise HarnessError("a loss without the accuracy that is printed for the ANN", "state it as 'ann'")


class ReadEarly(Value, frozen=True, kw_only=True, tag="read-early", tag_field="kind"):
    """The accuracy of a longer training, read after `timestep` of its steps: another reading of a `Value`.

    The number is printed for another arm.
    """


class Context(Claim, frozen=True, kw_only=True, tag="context", tag_field="kind"):
    """A published number that is shown beside ours; no record is judged by it. `label`: whose it is.

    `arm`, `judged_as`: the paper's own number, shown at that arm and judged by that claim; records of the arm serve
    where the claim's own experiment has none. Without `timestep` it was published without one.
    """

    label: str
    value: Percent
    timestep: Count | None = None
    arm: str | None = None
    judged_as: str | None = None


class Rerun(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the arms of an ordering are run again. `greater`, `less`: their names there, where they have others.

    `reading`: how the paper is read there, in words; without it the run has fewer deviations, which speak for it.
    """

    experiment: str
    greater: str | None = None
    less: str | None = None
    reading: str | None = None


class Difference(Claim, frozen=True, kw_only=True):
    """One number above another after `timestep` steps: `greater` is the arm of ours that is claimed to be above.

    `relation`: "greater", or "not-less" where it is claimed to lose nothing (by more than the margin).
    """

    greater: str
    timestep: int
    relation: Literal["greater", "not-less"] = "greater"

    kind: ClassVar[Kind] = "ordering"
    PRINTED: ClassVar[str] = "the ordering alone"

    @property
    def sign(self) -> str:
        """How the two accuracies are claimed to stand."""
        return ">" if self.relation == "greater" else "≥"

    @property
    def reruns(self) -> tuple[Rerun, ...]:
        """Runs that tell which deviation or reading explains a difference."""
        return ()

    def at(self, rerun: Rerun) -> Self:
        """The ordering where it is run again."""
        names = {key: name for key in ("greater", "less") if (name := getattr(rerun, key)) is not None}
        return replace(self, experiment=rerun.experiment, **names)

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Check too that a rerun has the same data, and another experiment or other arms."""
        super().check(experiments)
        home = experiments[self.experiment]
        for rerun in self.reruns:
            experiment = named("experiment", rerun.experiment, experiments)
            if experiment.dataset != home.dataset:
                raise HarnessError(
                    f"'{experiment.name}' is on {experiment.dataset}, and '{home.name}' on {home.dataset}"
                )
            again = self.at(rerun)
            if (again.experiment, again.arms) == (self.experiment, self.arms):
                raise HarnessError("a rerun at its own place")
            again._check_arms(experiment)


class Ordering(Difference, frozen=True, kw_only=True, tag="ordering", tag_field="kind"):
    """An arm above another, by `difference` where a size is printed: points, or the unit of the `measure`.

    `measure`: the accuracy, or another one: see `Value`.
    `images`: those on which the two are compared, "test" or "training" (a fixed sample of them in every record).
    `leaves`: where the two arms are to test a mechanism, what they leave of it in place; such an intervention can
    support the mechanism and not contradict it.
    """

    less: str
    measure: str = "accuracy"
    leaves: str = ""
    difference: Number | None = None
    images: Literal["test", "training"] = "test"
    reruns: tuple[Rerun, ...] = ()

    SAYS: ClassVar[str] = "{0.greater} {0.sign} {0.less} at T = {0.timestep}"

    @property
    def says(self) -> str:
        return super().says + (", on training images" if self.images == "training" else "")

    @property
    def printed(self) -> str:
        unit = "points" if self.unit == "percent" else self.unit
        return f"+{self.difference} {unit}" if self.difference else super().printed

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Two arms, and reruns on test images alone."""
        if self.greater == self.less:
            raise HarnessError(f"an ordering of '{self.greater}' against itself")
        plain = self.images == "test" and self.measure == "accuracy"
        if self.reruns and not plain:
            raise HarnessError("'reruns' are of two arms on test images, or of one arm and its ANN")
        if self.images == "training" and self.measure != "accuracy":
            raise HarnessError(f"'{self.measure}' is not measured on training images", "remove 'images'")
        super().check(experiments)


class AboveRow(Difference, frozen=True, kw_only=True, tag="above-row", tag_field="kind"):
    """An arm above another paper's number, in fewer steps. `rival`: the id of the context row with that number."""

    rival: str
    row: Context

    SAYS: ClassVar[str] = "{0.greater} {0.sign} {0.row.label} at T = {0.timestep}"
    PRINTED: ClassVar[str] = "{0.row.value} %"

    @property
    def further(self) -> str:
        return f"Steps: {self.timestep} against {self.row.timestep or 'a number that is not reported'}."


class AboveAnn(Difference, frozen=True, kw_only=True, tag="above-ann", tag_field="kind"):
    """An arm against the ANN that it was converted from, seed by seed."""

    reruns: tuple[Rerun, ...] = ()

    SAYS: ClassVar[str] = "{0.greater} {0.sign} its ANN at T = {0.timestep}"

    @property
    def sides(self) -> tuple[str, str | None]:
        return self.greater, "ann"

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """Check too that no rerun has a `less`."""
        if any(rerun.less is not None for rerun in self.reruns):
            raise HarnessError("'reruns' of an arm against its ANN have no 'less'")
        super().check(experiments)


class AboveItself(Difference, frozen=True, kw_only=True, tag="above-itself", tag_field="kind"):
    """An arm under `measure`, an evaluation of its recipe, against itself in the plain test at the same step.

    `under`: the evaluation in words, such as "fed the first 8 frequencies alone".
    """

    measure: str
    under: str = ""

    @property
    def sides(self) -> tuple[str, str | None]:
        return self.greater, self.greater

    @property
    def says(self) -> str:
        return f"{self.greater}, {self.under or f'under {self.measure}'}, {self.sign} itself at T = {self.timestep}"

    def check(self, experiments: Mapping[str, Experiment]) -> None:
        """The measure is an evaluation."""
        if name_of(self.measure) in UNITS:
            raise HarnessError(f"'{self.measure}' is no evaluation", "name one of the recipe")
        super().check(experiments)


class Steps(Claim, frozen=True, kw_only=True, tag="steps-to-reach", tag_field="kind"):
    """`arm` reaches `target` percent within `value` steps, and keeps it."""

    arm: str
    value: Whole
    target: Percent

    kind: ClassVar[Kind] = "steps-to-reach"
    unit: ClassVar[str] = "steps"
    SAYS: ClassVar[str] = "{0.arm} reaches {0.target} % and keeps it"
    PRINTED: ClassVar[str] = "{0.value} steps"

    @property
    def judged_timestep(self) -> int:
        return int(self.value)


class Sooner(Claim, frozen=True, kw_only=True, tag="sooner", tag_field="kind"):
    """One arm reaches a share of its own final accuracy, or `target` percent, in fewer steps than another.

    `sooner`, `later`: arms, read at each of their steps; or, with `trained_at`, names with {T} for an arm trained at
    each of those T. `share`: percent of the final accuracy, where there is no `target`.
    """

    sooner: str
    later: str
    share: Percent = "95"
    target: Percent | None = None
    trained_at: tuple[int, ...] = ()

    kind: ClassVar[Kind] = "saturation"
    unit: ClassVar[str] = "steps"
    PRINTED: ClassVar[str] = "fewer steps"

    def of(self, name: str) -> tuple[str, ...]:
        """The arms behind `sooner` or `later`."""
        return tuple(name.replace("{T}", str(steps)) for steps in self.trained_at) or (name,)

    @property
    def arms(self) -> tuple[str, ...]:
        """All of them, the sooner ones first."""
        return *self.of(self.sooner), *self.of(self.later)

    @property
    def sides(self) -> tuple[str, str | None]:
        return self.of(self.sooner)[-1], self.of(self.later)[-1]

    @property
    def judged_timestep(self) -> int:
        """The longest T of arms trained at each; 0 where a curve is read to its end."""
        return max(self.trained_at, default=0)

    @property
    def says(self) -> str:
        where = f"{self.target} %" if self.target else f"{self.share} % of its final accuracy"
        sooner, later = (name.replace("-{T}", "") for name in (self.sooner, self.later))
        how = "trained at each number of steps" if self.trained_at else "read at each step of one training"
        return f"{sooner} reaches {where} sooner than {later}, {how}"

    def _check_arms(self, experiment: Experiment) -> None:
        """Check only that the arms exist: a training at T is read at T."""
        for arm in self.arms:
            experiment.arm(arm)


class Agreement(Claim, frozen=True, kw_only=True, tag="agreement", tag_field="kind"):
    """A sentence of the paper against its own printed `figures` ("240/48", "87.2-84.4"): nothing is run.

    It is right if all of them lie within `low` .. `high`.
    """

    says: str
    figures: tuple[str, ...]
    low: str | None = None
    high: str | None = None

    kind: ClassVar[Kind] = "agreement"
    PRINTED: ClassVar[str] = ""

    @property
    def further(self) -> str:
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
    """A `quantity` in `unit` that is computed without training.

    `against`: another quantity, which is subtracted from it: then `unit` is that of the difference, "points" for
    percent. `relation`, `value`: the bound that it keeps if the statement is right;
    `bound_is_ours`: the paper prints no number.
    """

    says: str
    quantity: str
    relation: Literal["at-least", "at-most"]
    value: Number
    unit: str = "percent"
    against: str | None = None
    bound_is_ours: bool = False

    kind: ClassVar[Kind] = "measurement"
    PRINTED: ClassVar[str] = "{0.whose}{0.bound} {0.value} {0.unit_in_words}"

    @property
    def bound(self) -> str:
        """The relation in words."""
        return self.relation.replace("-", " ")

    @property
    def whose(self) -> str:
        """Words before a bound that the paper does not print."""
        return "no number; taken as " if self.bound_is_ours else ""


AnyClaim = (
    Value | ReadEarly | Ordering | AboveRow | AboveAnn | AboveItself | Steps | Sooner | Agreement | Measured | Context
)


def read_claims(path: Path, experiments: Iterable[Experiment], test_images: Mapping[str, int]) -> tuple[Claim, ...]:
    """All claims of a file, those of each statement and then the context rows.

    `test_images`: how many test images each data set's published accuracies were counted on. Raises HarnessError with
    the file and the claim if a claim is not consistent.
    """
    document, by_name = _read(path), {experiment.name: experiment for experiment in experiments}
    context = [{**row, "kind": "context"} for row in document.get("context", ())]
    rows = {row.get("id"): row for row in context}
    entries = []
    for table in document.get("statement", ()):
        statement = {key: value for key, value in table.items() if key not in ("claim", "each")}
        source = {"source": statement["source"]} if "source" in statement else {}
        each = {**source, **table.get("each", {})}  # unless the claim has its own
        entries += [{**each, **entry, "statement": statement} for entry in table.get("claim", ())]
    entries += context
    claims: dict[str, Claim] = {}
    counts = Counter(str(table.get("id")) for table in document.get("statement", ()))
    refused = [
        HarnessError(f"{path}: statement '{name}': the id occurs twice", "give each statement its own id")
        for name, count in counts.items()
        if count > 1
    ]
    for number, entry in enumerate(entries, start=1):
        name = f"claim '{entry['id']}'" if isinstance(entry.get("id"), str) else f"claim number {number}"
        try:
            claim = _checked(entry, rows, by_name, test_images)
            if claim.id in claims:
                raise HarnessError("the id occurs twice", "give each claim its own id")
            if claim.judged_as is not None and claim.judged_as not in (ids := [str(one.get("id")) for one in entries]):
                raise did_you_mean("claim", claim.judged_as, ids)
            claims[claim.id] = claim
        except HarnessError as error:
            refused.append(HarnessError(f"{path}: {name}: {error.message}", error.hint))
    if refused:
        raise HarnessError(refused[0].message, refused[0].hint, further=refused[1:])
    return tuple(claims.values())


def statements_of(claims: Iterable[Claim]) -> tuple[Statement, ...]:
    """The statements that some claims are parts of, each once, in their order."""
    return tuple({c.statement.id: c.statement for c in claims if c.statement is not None}.values())


def _read(path: Path) -> dict[Literal["statement", "context"], list[dict[str, Any]]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HarnessError(f"{path}: not a readable file of claims ({error})", "correct or restore the file") from None
    try:
        tables = msgspec.convert(document, dict[Literal["statement", "context"], list[dict[str, Any]]])
        for statement in tables.get("statement", ()):
            msgspec.convert(statement.get("claim"), list[dict[str, Any]])
            msgspec.convert(statement.get("each", {}), dict[str, Any])
    except msgspec.ValidationError:
        tables = {}
    if not tables:
        message = (
            f"{path}: must consist of [[statement]] tables with [[statement.claim]] and a table `each`, and [[context]]"
        )
        raise HarnessError(message, "see docs/reference/claims.md")
    return tables


def _checked(
    entry: dict[str, Any],
    rows: Mapping[Any, dict[str, Any]],
    experiments: Mapping[str, Experiment],
    test_images: Mapping[str, int],
) -> Claim:
    if "rival" in entry:
        if entry["rival"] not in rows:
            raise did_you_mean("context row", str(entry["rival"]), list(map(str, rows)))
        entry = {**entry, "row": rows[entry["rival"]]}
    try:
        claim: Claim = msgspec.convert(entry, AnyClaim)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        key = place.rstrip("`")
        if "matching regex" in said:
            raise HarnessError(f'\'{key}\' must be a printed number, "98.54" or "16", not {entry.get(key)!r}') from None
        raise HarnessError(str(error), "see docs/reference/claims.md") from None
    for key, given in entry.items():
        if given in ("", []) and key != "note":
            raise HarnessError(f"'{key}' is empty")
    experiment = named("experiment", claim.experiment, experiments)
    if claim.needs_training and experiment.dataset not in test_images:
        raise HarnessError(f"data set '{experiment.dataset}' has no published test-set size")
    claim.check(experiments)
    return claim


def figure(printed: str) -> float:
    """The value of a printed figure: a number, a quotient "240/48" or a difference "87.2-84.4".

    Raises ValueError where it is none of these, ZeroDivisionError for a quotient by 0.
    """
    above, slash, below = printed.partition("/")
    if slash:
        return float(above) / float(below)
    first, minus, second = printed.partition("-")
    return float(first) - float(second) if minus else float(first)
