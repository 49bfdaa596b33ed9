"""All encoders that are installed, with what they declare of themselves or why they cannot be used."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from encoders.base import EncoderInfo
from encoders.registry import GROUP, OURS, create, names, origin, package_of, plugins


@dataclass(frozen=True)
class Row:
    """One encoder. info: its facts with default parameters; broken: why it cannot be used, None where it can."""

    name: str
    origin: str
    info: EncoderInfo | None = None
    broken: str | None = None


def describe() -> list[Row]:
    """A row for every encoder: built-in ones, plug-ins, and plug-ins whose name is taken by another one.

    Imports them all. A plug-in that fails, whatever it raises, is a row with the reason.
    """
    return [*(_row(name) for name in names()), *_shadowed()]


def _row(name: str) -> Row:
    try:
        return Row(name, origin(name), info=create(name).info)
    except Exception as error:  # a plug-in may raise anything, and must not break the list
        return Row(name, origin(name), broken=f"{type(error).__name__}: {error}")


def _shadowed() -> list[Row]:
    chosen = {_key(point) for point in plugins().values()}
    others = [point for point in entry_points(group=GROUP) if _key(point) not in chosen]
    return [Row(point.name, package_of(point), broken=_holder(point.name)) for point in others]


def _key(point: EntryPoint) -> tuple[str, str, str]:
    return point.name, point.value, package_of(point)


def _holder(name: str) -> str:
    holder = "a built-in encoder" if name in OURS else origin(name)
    return f"the name is taken by {holder}"
