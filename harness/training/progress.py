"""How long work reports how far it is. The unit is a multiply-accumulate, so that stages can be added up."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is going on and how many multiply-accumulates were done since the last call."""


def silent(stage: str, work: float) -> None:
    """Report to nobody."""
