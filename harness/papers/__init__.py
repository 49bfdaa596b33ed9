"""One package a paper: its experiments, claims, choices made on validation, and pictures.

Another paper is an installed package whose entry point in the group `dct_snn.papers` names a
`harness.catalogue.Paper`.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from harness.catalogue import Catalogue, Paper, foreign
from harness.errors import HarnessError
from harness.machine.console import plain_console

GROUP = "dct_snn.papers"


def catalogue(strict: bool = False) -> Catalogue:
    """The papers that come with the harness, and those of installed packages by name.

    A paper that cannot be loaded, or has a name that is taken, is left out, and a line on standard error says so;
    strict: it is a HarnessError.
    """
    known = own_catalogue()
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            known = Catalogue((*known.papers, _paper(point)))
        except HarnessError as error:
            if strict:
                raise
            _say(f"left out: {error}")
    return known


@cache
def _say(line: str) -> None:
    """Once in a process, though the catalogue may be made again."""
    plain_console(stderr=True).print(line)


def own_catalogue() -> Catalogue:
    """The papers that come with the harness: what this repository keeps is made from these alone."""
    from harness.papers.dct_snn.paper import PAPER as DCT_SNN
    from harness.papers.qcfs.paper import PAPER as QCFS

    return Catalogue((DCT_SNN, QCFS))


def later(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module, imported when it is called: a list of experiments needs no matplotlib."""
    return lambda *given: getattr(import_module(module), name)(*given)


def _paper(point: EntryPoint) -> Paper:
    origin = f"paper '{point.name}' of {point.dist.name if point.dist else 'a package'} ({point.value})"
    return foreign(origin, point.load, Paper, "mend or uninstall the package", "see harness.catalogue.Paper")
