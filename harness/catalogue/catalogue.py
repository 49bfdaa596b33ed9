"""The catalogue: papers with their experiments and claims, and experiments that belong to no paper.

It is built once, at the command line, and passed to everything that needs it. There is no global list.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.catalogue.claim import Claim
from harness.catalogue.experiment import Experiment
from harness.catalogue.from_file import experiment_from
from harness.catalogue.sentence import Sentence
from harness.errors import HarnessError, did_you_mean


@dataclass(frozen=True)
class Paper:
    """One paper with its experiments and claims.

    `name` is used on the command line and in file names, `title` and `venue` on the paper's page.
    `test_images`: how many test images the published accuracies of each data set were counted on.
    `picture`: makes a figure (`harness.report.drawing.Picture`) for the paper's page.
    `findings`: what was found, in sentences, from records (`harness.analysis.frame.Loaded`) and their judgements.
    `url`: where the paper can be read.
    """

    name: str
    title: str
    venue: str
    experiments: tuple[Experiment, ...]
    claims: tuple[Claim, ...] = ()
    test_images: Mapping[str, int] = field(default_factory=dict)
    picture: Callable[[], Any] | None = None
    findings: Callable[[Any, Sequence[Any]], Sequence[Sentence]] | None = None
    url: str = ""


@dataclass(frozen=True)
class Catalogue:
    """`papers` in the order in which they are shown; `loose`: experiments of no paper, from files or from records.

    Raises HarnessError where two experiments have the same name, or two claims the same id. It names both places.
    """

    papers: tuple[Paper, ...]
    loose: tuple[Experiment, ...] = ()

    def __post_init__(self) -> None:
        owners = [(e.name, f"paper '{p.name}'") for p in self.papers for e in p.experiments]
        owners += [(e.name, "an experiment from a file") for e in self.loose]
        _reject_clash("paper", ((paper.name, f"paper '{paper.title}'") for paper in self.papers))
        _reject_clash("experiment", owners)
        _reject_clash("claim", ((c.id, f"paper '{p.name}'") for p in self.papers for c in p.claims))

    @cached_property
    def _experiments(self) -> Mapping[str, Experiment]:
        listed = [experiment for paper in self.papers for experiment in paper.experiments]
        return {experiment.name: experiment for experiment in (*listed, *self.loose)}

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of all papers."""
        return tuple(claim for paper in self.papers for claim in paper.claims)

    def names(self) -> list[str]:
        """The names of all experiments, in the order in which they are listed."""
        return list(self._experiments)

    def experiment(self, name: str) -> Experiment:
        """The experiment called `name`. Raises HarnessError with the nearest known name."""
        if name not in self._experiments:
            raise did_you_mean("experiment", name, self.names())
        return self._experiments[name]

    def paper_of(self, experiment: str) -> Paper | None:
        """The paper that an experiment belongs to; None for an experiment of no paper."""
        return next((p for p in self.papers if any(e.name == experiment for e in p.experiments)), None)

    def claims_of(self, experiment: str) -> tuple[Claim, ...]:
        """The claims about an experiment."""
        return tuple(claim for claim in self.claims if claim.experiment == experiment)

    def test_images(self, experiment: str) -> int | None:
        """How many test images the published accuracies of an experiment were counted on, where its paper says."""
        paper = self.paper_of(experiment)
        return paper.test_images.get(self.experiment(experiment).dataset) if paper else None

    def with_experiments(self, experiments: Iterable[Experiment]) -> "Catalogue":
        """This catalogue with more experiments of no paper. Raises HarnessError for a name that is taken."""
        return replace(self, loose=(*self.loose, *experiments))

    def with_file(self, path: Path) -> "Catalogue":
        """This catalogue with the `EXPERIMENT` of a Python file as the last of `loose`. Raises HarnessError."""
        return self.with_experiments([experiment_from(path)])


def _reject_clash(kind: str, owners: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for name, owner in owners:
        if name in seen:
            message = f"two things are called {kind} '{name}': one of {seen[name]}, one of {owner}"
            raise HarnessError(message, "rename one of them")
        seen[name] = owner
