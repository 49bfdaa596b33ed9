"""Encoders by name: built-in ones, adapters of other libraries, and plug-ins that packages offer as entry points.

The module of a built-in encoder is imported when the encoder is first made, so that one never depends on another.
"""

import difflib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from encoders.errors import EncoderError

if TYPE_CHECKING:  # torch is imported with the first encoder, not with the command line
    from encoders.base import Encoder, EncoderInfo

GROUP = "dct_snn.encoders"


class BuiltIn(NamedTuple):
    """A built-in encoder, with what tables and figures need to know of it without importing torch.

    place: "module:class". title: its name in words.
    constant: its train is the same at every timestep, so that the first layer's products are computed only once.
    conveys: the values on which its ANN is trained, x in [-1, 1] or p = (x + 1)/2.
    """

    place: str
    title: str
    constant: bool = False
    conveys: Literal["x", "p"] = "p"


# In the order in which they are listed and compared.
BUILTIN = {
    "dct": BuiltIn("encoders.dct:Dct", "DCT, cyclic", conveys="x"),
    "poisson": BuiltIn("encoders.poisson:Poisson", "Poisson rate"),
    "direct": BuiltIn("encoders.direct:Direct", "direct input (analog)", constant=True, conveys="x"),
    "phase": BuiltIn("encoders.phase:Phase", "phase (graded)"),
    "burst": BuiltIn("encoders.burst:Burst", "burst (graded)"),
    "ttfs": BuiltIn("encoders.single_spike:Ttfs", "time to first spike (graded)"),
    "latency": BuiltIn("encoders.single_spike:Latency", "linear latency"),
}
# Adapters for other libraries, by the library's import name; only those that are installed are offered.
PEERS = {
    "snntorch-rate": "encoders.peers.snntorch:Rate",
    "snntorch-latency": "encoders.peers.snntorch:Latency",
    "spikingjelly-poisson": "encoders.peers.spikingjelly:Poisson",
    "spikingjelly-latency": "encoders.peers.spikingjelly:Latency",
    "spikingjelly-phase": "encoders.peers.spikingjelly:WeightedPhase",
    "norse-poisson": "encoders.peers.norse:Poisson",
    "norse-signed-poisson": "encoders.peers.norse:SignedPoisson",
    "norse-lif": "encoders.peers.norse:Lif",
    "norse-latency-lif": "encoders.peers.norse:latency_lif",
}


def plugins() -> dict[str, EntryPoint]:
    """Third-party encoders by name; a name of ours cannot be taken."""
    return {point.name: point for point in entry_points(group=GROUP) if not _place(point.name)}


def peers() -> list[str]:
    """The adapters whose library is installed."""
    return [name for name in PEERS if find_spec(library_of(name)) is not None]


def how_to_get_peers() -> str:  # decides no number
    """The command that installs the libraries of `PEERS`: by the extra in a clone, elsewhere by their own names."""
    in_clone = (Path.cwd() / "encoders" / "registry.py") == Path(__file__)
    return "pip install " + ("'.[peers]'" if in_clone else " ".join(dict.fromkeys(map(library_of, PEERS))))


def library_of(name: str) -> str:
    """The library behind the adapter called `name`."""
    return name.split("-")[0]


def names() -> list[str]:
    """All encoders that can be used here: built-in ones first, then peers', then plug-ins."""
    return [*BUILTIN, *peers(), *sorted(plugins())]


def factory(name: str) -> "Callable[..., Encoder]":
    """What makes the encoder called `name`. Raises EncoderError for an unknown, absent or broken one."""
    _require_text(name)
    if name in BUILTIN:
        return _ours(name)
    if name in PEERS:
        try:
            return _ours(name)
        except Exception as error:  # an old library under a new torch may raise anything
            raise EncoderError(f"encoder '{name}' needs {library_of(name)}: {error}; {how_to_get_peers()}") from error
    point = _plugin(name)
    try:
        return cast("Callable[..., Encoder]", point.load())
    except (Exception, SystemExit) as error:  # a plug-in's import may raise anything, and must not break the others
        raise EncoderError(f"encoder '{name}' ({point.value}) is broken: {error!r}") from error


def definition_of(name: str) -> str:
    """Where the encoder called `name` is defined, "module:name"; imports nothing. Raises EncoderError if unknown."""
    _require_text(name)
    return _place(name) or f"{(point := _plugin(name)).module}:{point.attr}"


def origin(name: str) -> str:
    """Where an encoder comes from: "built-in", or package and version. Raises EncoderError for an unknown name."""
    _require_text(name)
    if name in PEERS:
        library = library_of(name)
        with suppress(PackageNotFoundError):  # a clone on the path has no metadata
            return f"{library} {version(library)}"
        return library
    return "built-in" if name in BUILTIN else package_of(_plugin(name))


def package_of(point: EntryPoint) -> str:
    """Name and version of the package that offers an entry point."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "unknown package"


def create(name: str, **parameters: Any) -> "Encoder":
    """Make an encoder by its name, with its own parameters.

    Raises EncoderError for an unknown name, an unknown parameter or a value out of range.

    >>> create("poisson", rate=0.5)
    Poisson(signed=False, rate=0.5)
    >>> create("dct", schedule="truncated", frequencies=8).info.period
    8
    >>> create("poison")
    Traceback (most recent call last):
    encoders.errors.EncoderError: unknown encoder 'poison' — did you mean 'poisson'?
    """
    make = factory(name)
    try:
        return make(**parameters)
    except TypeError as error:
        raise EncoderError(f"encoder '{name}': {error}") from error


@dataclass(frozen=True)
class Row:
    """One encoder. info: its facts with default parameters; broken: why it cannot be used, None if it can."""

    name: str
    origin: str
    info: "EncoderInfo | None" = None
    broken: str | None = None


def describe() -> list[Row]:
    """A row for every encoder: built-in ones, plug-ins, and plug-ins whose name is taken by another one.

    Imports them all. A plug-in that fails, whatever it raises, is a row with the reason.
    """
    return [*(_row(name) for name in names()), *_shadowed()]


def _require_text(name: object) -> None:
    if not isinstance(name, str):
        raise EncoderError(f"an encoder's name must be text such as 'dct', not {name!r}")


def _place(name: str) -> str:
    # "module:name" of a built-in encoder or a peer's, installed or not; "" for any other name.
    return BUILTIN[name].place if name in BUILTIN else PEERS.get(name, "")


def _ours(name: str) -> "Callable[..., Encoder]":
    module, attribute = _place(name).split(":")
    return cast("Callable[..., Encoder]", getattr(import_module(module), attribute))


def _plugin(name: str) -> EntryPoint:
    third_party = plugins()
    if name not in third_party:
        near = difflib.get_close_matches(name, names(), n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names())}"
        raise EncoderError(f"unknown encoder '{name}' — {hint}")
    return third_party[name]


def _row(name: str) -> Row:
    row = Row(name, origin(name))
    try:
        return replace(row, info=create(name).info)
    except (Exception, SystemExit) as error:  # a plug-in may raise anything, and must not break the list
        return replace(row, broken=f"{type(error).__name__}: {error}")


def _shadowed() -> list[Row]:
    chosen = {*plugins().values()}  # two entry points are equal if their names and values are
    others = [point for point in entry_points(group=GROUP) if point not in chosen]
    holders = ["a built-in encoder" if _place(point.name) else origin(point.name) for point in others]
    taken = zip(others, holders, strict=True)
    return [Row(point.name, package_of(point), broken=f"the name is taken by {holder}") for point, holder in taken]
