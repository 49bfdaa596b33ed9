"""One package a paper: its experiments, claims, choices made on validation, and pictures.

Another paper is an installed package whose entry point in the group `dct_snn.papers` names a
`harness.catalogue.Paper`.
"""

from importlib.metadata import EntryPoint, entry_points

from harness.catalogue import Catalogue, Paper
from harness.catalogue.experiment import require_sound
from harness.errors import HarnessError, said_by

GROUP = "dct_snn.papers"


def catalogue() -> Catalogue:
    """The papers that come with the harness, and those of installed packages by name.

    Raises HarnessError where a package's paper cannot be loaded, or names an experiment that is there already.
    """
    from harness.papers.dct_snn.paper import PAPER as DCT_SNN
    from harness.papers.qcfs.paper import PAPER as QCFS

    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return Catalogue((DCT_SNN, QCFS, *(_paper(point) for point in points)))


def _paper(point: EntryPoint) -> Paper:
    origin = f"paper '{point.name}' of {point.dist.name if point.dist else 'a package'} ({point.value})"
    try:
        paper = point.load()
        if isinstance(paper, Paper):
            for experiment in paper.experiments:
                require_sound(experiment)
    except KeyboardInterrupt:
        raise
    except HarnessError as error:
        raise HarnessError(f"{origin}: {error.message}", error.hint) from error
    except BaseException as error:  # whatever the package's own code raises
        raise HarnessError(f"{origin}: {said_by(error)}", "mend or uninstall the package") from error
    if not isinstance(paper, Paper):
        raise HarnessError(f"{origin}: {type(paper).__name__} is not a Paper", "see harness.catalogue.Paper")
    return paper
