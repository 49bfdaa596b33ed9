"""A figure that another process can paint without importing torch."""

from collections.abc import Callable

from harness.report.drawing import COLOURS, Name, both_renderings, foot_of, logarithmic, new_figure, styled


def panel(colour: str = COLOURS["dct"], name: str = "DCT", high: float = 3.0) -> tuple[bytes, Callable[[], bytes]]:
    with styled():
        figure, (ax,) = new_figure(2.0)
        ax.plot([1, 2, 4], [9.0, 5.0, high], color=colour)
        logarithmic(ax, foot_of([9.0, 5.0, high]))
        return both_renderings(figure, "A panel", ["the same data"], [[Name(name, colour, (4.0, high))]])
