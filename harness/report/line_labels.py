"""The name of each line at its end, where it covers nothing; without room for all, the legend has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

Pixels = npt.NDArray[np.float64]  # [points, 2]
SIZE, GAP = 7.5, 9.0  # points: of the letters, and between the end of a line and its name
RISES = (0, 8, -8, 15, -15, 22, -22, 29, -29)  # points: how far a name may stand above or below the end
SHARE = 0.4  # of the panel's width, at most, is kept free for names


@dataclass(frozen=True)
class End:
    """One line in data coordinates with its name; `group` is the id of the drawn name."""

    name: str
    colour: str
    steps: Sequence[float]
    errors: Sequence[float]
    group: str


def label_ends(ax: "Axes", ends: Sequence[End], points: Sequence[tuple[float, float]]) -> bool:
    """Write the name of every line, once the panel has its final size; False, and none written, where one has no room.

    One name too few would leave a line that looks like its neighbour's. `points`: other places of the panel, in data
    coordinates, that no name may cover.
    """
    if not ends:
        return True
    before = ax.get_xlim()
    _make_room(ax, ends, points)
    taken = [text.get_window_extent() for text in ax.texts]
    covered = np.concatenate([*(_along(ax, end) for end in ends), *(_around(ax, point) for point in points)])
    written: list[Annotation] = []
    for end in sorted(ends, key=lambda end: (-end.steps[-1], end.errors[-1])):
        name = _place(ax, end, taken, covered)
        if name is None:
            for other in written:
                other.remove()
            ax.set_xlim(before)
            return False
        taken.append(name.get_window_extent())
        written.append(name)
    return True


def _make_room(ax: "Axes", ends: Sequence[End], points: Sequence[tuple[float, float]]) -> None:
    """Widen the axis to the right where the last thing on it is the end of a line."""
    last = max(end.steps[-1] for end in ends)
    if any(step > last for step, _ in points):
        return
    names = [_write(ax, end, 0) for end in ends if end.steps[-1] == last]
    wanted = max(name.get_window_extent().width for name in names) + 2 * GAP * ax.figure.dpi / 72
    for name in names:
        name.remove()
    share = min(SHARE, wanted / ax.get_window_extent().width)
    left = np.log(ax.get_xlim()[0])
    ax.set_xlim(right=float(np.exp((np.log(last) - share * left) / (1 - share))))


def _place(ax: "Axes", end: End, taken: "Sequence[Bbox]", covered: Pixels) -> "Annotation | None":
    panel = ax.get_window_extent()
    for rise in RISES:
        name = _write(ax, end, rise)
        box = name.get_window_extent()
        inside = box.x1 <= panel.x1 + 1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
        free = not any(box.overlaps(other) for other in taken) and not _covers(box, covered)
        if inside and free:
            name.set_gid(end.group)
            return name
        name.remove()
    return None


def _write(ax: "Axes", end: End, rise: float) -> "Annotation":
    place = (end.steps[-1], end.errors[-1])
    far = abs(rise) > RISES[1]
    thread: Any = {"arrowstyle": "-", "color": end.colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
    name = ax.annotate(
        end.name,
        place,
        xytext=(GAP, rise),
        textcoords="offset points",
        fontsize=SIZE,
        color=end.colour,
        va="center",
        arrowprops=thread if far else None,
    )
    name.set_in_layout(False)  # names stand inside the panel, and must not change its size
    return name


def _covers(box: "Bbox", covered: Pixels) -> bool:
    within = (covered[:, 0] > box.x0) & (covered[:, 0] < box.x1) & (covered[:, 1] > box.y0) & (covered[:, 1] < box.y1)
    return bool(within.any())


def _along(ax: "Axes", end: End) -> Pixels:
    """Points of a line in pixels, no further apart than half a letter is high."""
    corners = ax.transData.transform(np.column_stack([end.steps, end.errors]))
    parts = [np.linspace(a, b, 2 + int(np.hypot(*(b - a)) / 3)) for a, b in pairwise(corners)]
    return np.concatenate([corners, *parts])


def _around(ax: "Axes", point: tuple[float, float]) -> Pixels:
    """A mark in pixels: its middle and its corners."""
    radius = 4.5 * ax.figure.dpi / 72
    corners = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]) * radius
    middle: Pixels = ax.transData.transform(np.array([point]))
    return middle + corners
