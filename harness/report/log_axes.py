"""Error rate and timestep on logarithmic axes with plain numbers; an error of zero is drawn at the foot, marked 0."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HALF_AN_IMAGE = 0.005  # percent, of 10,000: the foot of a panel that has no error at all
STEPS = tuple(2**power for power in range(13))


@dataclass(frozen=True)
class Foot:
    """The lowest place of a panel, in percent of error: no logarithm reaches zero. `zero`: whether a zero stands there.

    Ends of intervals below it are cut there.
    """

    place: float
    zero: bool

    def of(self, errors: Iterable[float]) -> list[float]:
        """Where errors in percent are drawn."""
        return [max(error, self.place) for error in errors]


def error_of(accuracy: float) -> float:
    """The error rate in percent, without the rounding of binary numbers."""
    return round(100.0 - accuracy, 9)


def foot_of(errors: Sequence[float]) -> Foot:
    """The foot of a panel that shows these errors: half of the smallest one above zero."""
    above = [error for error in errors if error > 0]
    return Foot(min(above) / 2 if above else HALF_AN_IMAGE, len(above) < len(errors))


def logarithmic(ax: "Axes", foot: Foot) -> None:
    """Both axes logarithmic: powers of two along timesteps, 1, 2 and 5 times powers of ten along errors."""
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    ax.set_xscale("log", base=2)
    ax.margins(x=0.07, y=0.08)
    top = ax.get_xlim()[1]
    ax.xaxis.set_major_locator(FixedLocator([t for t in STEPS if t <= top]))
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_locator(NullLocator())
    logarithmic_errors(ax, foot)


def logarithmic_errors(ax: "Axes", foot: Foot) -> None:
    """The axis of errors logarithmic: 1, 2 and 5 times powers of ten, or all digits where it would have one number."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    wide = high / low > 2000  # over three decades: 1 and 3 in each, so that no number touches its neighbour
    ticks: list[float] = []
    for subs in ((1.0, 3.0) if wide else (1.0, 2.0, 5.0), range(1, 10)):
        if len(ticks) < 2:
            found = LogLocator(subs=subs, numticks=40).tick_values(low, high)
            ticks = [float(tick) for tick in found if low <= tick <= high]
    if foot.zero:
        ticks = [foot.place, *(tick for tick in ticks if tick > 1.4 * foot.place)]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: "0" if foot.zero and v <= foot.place else f"{v:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
