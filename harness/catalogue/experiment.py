"""Experiments as data: arms × profiles.

An `Arm` says *what* is compared, a `Profile` says *how much* of the paper's recipe is used. With a seed they give
a `CellConfig`. Imports no torch.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property, reduce
from itertools import product
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import UnsetType

from harness import config
from harness.config import CellConfig, EncoderSpec
from harness.errors import HarnessError, did_you_mean, named, said_by

NOT_IN_PAPER = "not in the paper"  # the source of an experiment that is in no paper
RESERVED = ("index", "report", "claims", "findings", "papers")  # files that every report has
FIXED = ("experiment", "profile", "arm", "seed", "dataset", "train_images", "test_images")  # no arm may change them
SHARED = (
    "network", "ann", "snn", "balancing", "neuron", "train_images", "test_images", "precision", "method", "evaluations",
)  # fmt: skip
"""The fields of a profile that its cells have alike."""
Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*\Z", max_length=1000)]
"""One line of text for people."""


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


@dataclass(frozen=True)
class Arm:
    """One configuration that is compared with the others of its experiment.

    `changes`: fields of the resolved cell that are replaced, by dotted path, e.g. {"snn.loss_input": "mean"}.
    `deviations`: those of this arm alone, in words. `in_paper`: False for our own controls.
    `added`: True for an arm that `--encoder` added to the experiment.
    """

    name: config.Name
    encoder: EncoderSpec
    timesteps: int
    title: Line
    in_paper: bool = True
    changes: Mapping[str, Any] = field(default_factory=dict)
    deviations: tuple[Line, ...] = ()
    added: bool = False


@dataclass(frozen=True)
class Profile:
    """How much of the published recipe is used, with the deviations that follow from it.

    `encoder`: parameters that replace those of every arm with this encoder, e.g. {"dct": {"stride": 2}}, because the
    size of the maps depends on the profile.
    `changes`: what was chosen for single codes, by encoder and dotted path, e.g. {"poisson": {"snn.learning_rate":
    1e-4}}. A change of the arm itself takes precedence.
    `seeds`: the number of seeds planned for each arm; `seeds_by_arm`: that of single arms, by name.
    `method`: how the ANN becomes an SNN. Absent: balancing and fine-tuning, and then `balancing` and `neuron` default
    to the published ones. With another method, a part that is not given stays absent.
    `evaluations`: tests of the trained networks under other conditions, such as "noise(strength=0.5)".
    """

    name: config.ProfileName
    network: config.NetworkSpec
    ann: config.AnnRecipe = config.ABSENT
    snn: config.SnnRecipe = config.ABSENT
    balancing: config.Balancing = config.ABSENT
    neuron: config.NeuronSpec = config.ABSENT
    train_images: int | None = None
    test_images: int | None = None
    precision: config.Precision = "fp32"
    encoder: Mapping[str, Mapping[str, config.Parameter]] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: config.Count = 5
    deviations: tuple[Line, ...] = ()
    seeds_by_arm: Mapping[str, config.Count] = field(default_factory=dict)
    method: config.MethodSpec | UnsetType = config.ABSENT
    evaluations: tuple[str, ...] | UnsetType = config.ABSENT

    def __post_init__(self) -> None:
        for name, part in (("balancing", config.Balancing), ("neuron", config.NeuronSpec)):
            if not self.method and not getattr(self, name):
                object.__setattr__(self, name, part())


@dataclass(frozen=True)
class Experiment:
    """Arms × profiles, profiles from smoke to paper. `source`: the section of the paper, or `NOT_IN_PAPER`.

    `published`: the paper's recipe by dotted path of a cell's settings; arms of the paper are compared with it.
    """

    name: config.Name
    title: Line
    source: Line
    dataset: Line
    arms: tuple[Arm, ...]
    profiles: tuple[Profile, ...]
    published: Mapping[str, Stated] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Reports show titles. If two arms have the same title, each gets its name in front."""
        if not isinstance(self.arms, tuple) or not all(isinstance(arm, Arm) for arm in self.arms):
            return  # refused where experiments are read
        titles = Counter(arm.title for arm in self.arms)
        told = (a if titles[a.title] == 1 else replace(a, title=f"{a.name}: {a.title}") for a in self.arms)
        object.__setattr__(self, "arms", tuple(told))

    @property
    def planned(self) -> tuple[Arm, ...]:
        """The arms that the experiment's file lists: all but those that `--encoder` added."""
        return tuple(arm for arm in self.arms if not arm.added)

    @property
    def profile_names(self) -> tuple[config.ProfileName, ...]:
        """The names of its profiles, from smoke to paper."""
        return tuple(profile.name for profile in self.profiles)

    def arm(self, name: str) -> Arm:
        """An arm by name. Raises HarnessError with the nearest known one."""
        return named(f"arm of {self.name}", name, {arm.name: arm for arm in self.arms})

    def profile(self, name: str) -> Profile:
        """A profile by name. Raises HarnessError with the nearest known one."""
        return named(f"profile of {self.name}", name, {profile.name: profile for profile in self.profiles})

    def seeds(self, arm: str, profile: str) -> int:
        """How many seeds are planned for an arm at a profile."""
        planned = self.profile(profile)
        return planned.seeds_by_arm.get(arm, planned.seeds)

    def seeds_in_common(self, arms: Iterable[str], profile: str) -> int:
        """How many seeds are planned for every one of `arms` at a profile."""
        return min(self.seeds(arm, profile) for arm in arms)

    def deviations(self, arm: Arm, profile: Profile) -> tuple[str, ...]:
        """Deviations of an arm at a profile: settings that differ, then those that profile and arm list in words."""
        compared = deviations(self.resolve(arm, profile, 0), self.published) if arm.in_paper else ()
        return tuple(dict.fromkeys((*compared, *profile.deviations, *arm.deviations)))

    def deviations_by_arms(self, profile: Profile) -> dict[tuple[str, ...], list[str]]:
        """Deviations by the names of the arms that have them: first, under no name, those of all the paper's arms."""
        arms: dict[str, list[str]] = {}
        for arm in self.planned:
            for text in self.deviations(arm, profile):
                arms.setdefault(text, []).append(arm.name)
        of_paper = {arm.name for arm in self.planned if arm.in_paper} or {arm.name for arm in self.planned}
        by_arms: dict[tuple[str, ...], list[str]] = {(): []}
        for text, names in arms.items():
            by_arms.setdefault(() if of_paper.issubset(names) else tuple(names), []).append(text)
        return by_arms

    def deviations_of_profile(self, profile: Profile) -> tuple[str, ...]:
        """The deviations that all of the paper's arms share, then those of single arms with the arm's name."""
        shared = self.deviations_by_arms(profile)[()]
        by_arm = ((arm.name, text) for arm in self.planned for text in self.deviations(arm, profile))
        return (*shared, *(f"{name}: {text}" for name, text in by_arm if text not in shared))

    def added_arm(self, text: str) -> Arm:
        """The arm that `--encoder` adds, named as `encoder_text` spells it: at the longest T where none is given."""
        spec, timesteps, rate = parse_encoder(text)
        name, changes = encoder_text(spec, timesteps, rate), {"snn.learning_rate": rate} if rate else {}
        longest = max(arm.timesteps for arm in self.planned)
        title = f"{name} (added by --encoder)"
        return Arm(name, spec, timesteps or longest, title, in_paper=False, changes=changes, added=True)

    def with_added(self, encoders: Iterable[str]) -> "Experiment":
        """This experiment with an arm for each text of an encoder. A name that is already an arm's adds nothing."""
        taken = {arm.name for arm in self.arms}
        new = dict.fromkeys(name for name in encoders if name not in taken)
        return replace(self, arms=(*self.arms, *(self.added_arm(name) for name in new)))

    def cells(self, profile: Profile) -> Iterator[CellConfig]:
        """Every planned cell of a profile, arm by arm."""
        for arm in self.planned:
            yield from (self.resolve(arm, profile, seed) for seed in range(self.seeds(arm.name, profile.name)))

    @cached_property
    def _resolved(self) -> dict[tuple[int, int], tuple[Arm, Profile, CellConfig]]:
        return {}

    def resolve(self, arm: Arm, profile: Profile, seed: int) -> CellConfig:
        """The cell of `arm` at `profile` with `seed`."""
        place = id(arm), id(profile)
        if place not in self._resolved:  # arm and profile are kept too, so that no other object gets their ids
            self._resolved[place] = arm, profile, self._cell(arm, profile)
        return replace(self._resolved[place][2], seed=seed)

    def _cell(self, arm: Arm, profile: Profile) -> CellConfig:
        """The cell with seed 0."""
        parameters = {**arm.encoder.parameters, **profile.encoder.get(arm.encoder.name, {})}
        if arm.added:  # what a user spells out stands
            parameters |= arm.encoder.parameters
        cell = CellConfig(
            experiment=self.name,
            profile=profile.name,
            arm=arm.name,
            seed=0,
            dataset=self.dataset,
            encoder=EncoderSpec(arm.encoder.name, parameters),
            timesteps=arm.timesteps,
            **{name: getattr(profile, name) for name in SHARED},
        )
        for path, value in (*profile.changes.get(arm.encoder.name, {}).items(), *arm.changes.items()):
            if path.split(".")[0] in FIXED:
                raise HarnessError(f"no arm may change '{path}'", "remove it")
            cell = _with(cell, path.split("."), value)
        return config.checked(replace(cell, evaluations=cell.evaluations or config.ABSENT))


ENCODER = re.compile(r"([^()@~/\\\0]+)(?:\(([^()/\\\0]*)\))?(?:@([1-9]\d{0,4}))?(?:~(0\.\d+|\de-\d+))?")


UNSTATED = "; the paper does not say"


def split_deviations(deviations: Iterable[str]) -> tuple[list[str], list[str]]:
    """Split `Experiment.deviations` into those from what the paper states and the settings that it leaves open."""
    differing, unstated = list[str](), list[str]()
    for text in deviations:
        (unstated if text.endswith(UNSTATED) else differing).append(text.removesuffix(UNSTATED))
    return differing, unstated


def parse_encoder(text: str) -> tuple[EncoderSpec, int | None, float | None]:
    """An encoder, its number of timesteps and the fine-tuning rate that `--tune` chose; None where the text has none.

    Raises HarnessError for what cannot be read so.

    >>> parse_encoder("dct(schedule=interleaved, frequencies=8)@4")
    (EncoderSpec(name='dct', parameters={'frequencies': 8, 'schedule': 'interleaved'}), 4, None)
    """
    match = ENCODER.fullmatch(text)
    given = [part.partition("=") for part in (match[2] or "").split(",")] if match else []
    given = [] if given == [("", "", "")] else given
    parameters = {key.strip(): _value(value.strip()) for key, _, value in sorted(given)}
    if match and match[3] and not 1 <= int(match[3]) <= config.MOST_TIMESTEPS:
        raise HarnessError(f"'{text}' has {match[3]} timesteps", f"name 1 to {config.MOST_TIMESTEPS:,}")
    if not match or len(parameters) < len(given) or not all(key.isidentifier() for key in parameters):
        raise HarnessError(f"cannot read the encoder '{text}'", "write it as poisson, poisson(rate=0.5) or poisson@8")
    return EncoderSpec(match[1], parameters), int(match[3]) if match[3] else None, float(match[4]) if match[4] else None


def parse_part(text: str, kind: str) -> tuple[str, Mapping[str, config.Parameter]]:
    """The name and the parameters of a part that a text names. Raises HarnessError with its `kind`.

    >>> parse_part("noise(strength=0.5)", "evaluation")
    ('noise', {'strength': 0.5})
    """
    with suppress(HarnessError):
        spec, timesteps, rate = parse_encoder(text)
        if timesteps is None and rate is None:
            return spec.name, spec.parameters
    raise HarnessError(f"cannot read the {kind} '{text}'", "write it as noise(strength=0.5)")


def encoder_text(spec: EncoderSpec, timesteps: int | None = None, rate: float | None = None) -> str:
    """The one text that `parse_encoder` reads as these: the name of an arm that `--encoder` adds."""
    given = ",".join(f"{key}={value}" for key, value in sorted(spec.parameters.items()))
    return (
        spec.name
        + (f"({given})" if given else "")
        + (f"@{timesteps}" if timesteps else "")
        + (f"~{rate:g}" if rate else "")
    )


def _value(text: str) -> bool | int | float | str | None:
    """A number, True, False or None; any other text is itself, without quotation marks."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    return value if value is None or isinstance(value, bool | int | float | str) else text


def faults_of(experiment: Experiment) -> Iterator[HarnessError]:
    """Why cells of an experiment cannot be made: types, bounds, names and changes.

    So whatever an experiment can be refused for is found where it is read, before anything is trained.
    """
    try:
        # Bytes and times stay what they are, where JSON would make text of them.
        plain = msgspec.to_builtins(experiment, builtin_types=(bytes, bytearray, datetime, date, time, timedelta, UUID))
        msgspec.convert(plain, Experiment)
        names: dict[str, list[str]] = {
            "arms": [arm.name for arm in experiment.arms],
            "profiles": list(experiment.profile_names),
        }
    except msgspec.MsgspecError as error:
        yield HarnessError(f"EXPERIMENT: {config.refusal(error)}", "correct it")
        return
    except Exception as error:  # values of any type stand where others belong
        yield HarnessError(f"not an experiment: {said_by(error)}", "correct it")
        return
    if experiment.name in RESERVED:
        yield HarnessError(f"every report has a file called '{experiment.name}'", "give the experiment another name")
    if not experiment.arms or not experiment.profiles:
        yield HarnessError("EXPERIMENT has no arms or no profiles", "give it at least one of each")
    for path in experiment.published:
        if fault := _no_setting(CellConfig, path.split(".")):
            yield fault
    for kind, listed in names.items():
        if len({*listed}) < len(listed):
            yield HarnessError(f"two {kind} have one name", "give each a name of its own")
    for profile, arm in product(experiment.profiles, experiment.arms):
        try:
            experiment.resolve(arm, profile, 0)
            experiment.seeds(arm.name, profile.name)
        except HarnessError as error:
            lead = f"{experiment.name}, arm {arm.name}: "
            yield HarnessError(lead + error.message.removeprefix(lead), error.hint)
        except Exception as error:
            yield HarnessError(f"{experiment.name}, arm {arm.name}: {said_by(error)}", "correct it")


def _no_setting(kind: Any, path: list[str]) -> HarnessError | None:
    """Why a path names no setting of a cell; None if it does. Parameters of an encoder or method may have any name."""
    head, *rest = path
    part = next(filter(is_dataclass, (kind, *get_args(kind))), None)
    if part is None and get_origin(kind) is Mapping and not rest:
        return None
    settings = _settings(part) if isinstance(part, type) else {}
    if head not in settings:
        return did_you_mean("published setting", head, list(settings))
    return _no_setting(settings[head], rest) if rest else None


_settings = cache(get_type_hints)


def _with(data: Any, path: list[str], value: Any) -> Any:
    head, *rest = path
    if isinstance(data, Mapping) and not rest:  # a parameter of an encoder or method, given or not
        return {**data, head: value}
    settings = [f.name for f in fields(data)] if is_dataclass(data) else []
    if head not in settings:
        raise did_you_mean(f"setting of {type(data).__name__}", head, settings)
    inner = value if not rest else _with(getattr(data, head), rest, value)
    return replace(data, **{head: inner})


def deviations(cell: CellConfig, stated: Mapping[str, Stated]) -> tuple[str, ...]:
    """One line for each setting that differs from the paper or that the paper does not state.

    `stated`: by dotted path of a setting, such as "snn.epochs".
    """
    settings = msgspec.to_builtins(cell)
    lines = []
    for path, setting in stated.items():
        *stage, last = path.split(".")
        if stage and stage[0] not in settings:  # the method has no such stage
            continue
        of_stage = reduce(lambda part, name: part.get(name, {}), stage, settings)
        ours = of_stage.get(last, setting.default)
        if not setting.values:
            lines.append(f"{setting.label}: {_shown(ours)}{UNSTATED}")
        elif ours not in setting.values:
            theirs = setting.words or " or ".join(_shown(value) for value in setting.values)
            lines.append(f"{setting.label}: {_shown(ours)} in place of {theirs}")
    return tuple(lines)


def _shown(value: Any) -> str:
    if value is None:
        return "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
