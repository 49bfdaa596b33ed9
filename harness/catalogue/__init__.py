"""The catalogue: papers with their experiments and claims, and experiments that belong to no paper.

It is built once, at the command line, and passed to everything that needs it. There is no global list.
"""

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.catalogue.claims import Claim, Statement
from harness.catalogue.experiment import NOT_IN_PAPER, RESERVED, SHARED, Arm, Experiment, Line, Profile, faults_of
from harness.config import PROFILES, CellConfig, Name, ProfileName, refusal
from harness.errors import HarnessError, did_you_mean, named, said_by

__all__ = ["NOT_IN_PAPER", "Arm", "Catalogue", "Claim", "Experiment", "Paper", "Profile", "Statement"]


@dataclass(frozen=True)
class Paper:
    """One paper with its experiments and claims.

    `name` is used on the command line and in file names, `title` and `venue` on the paper's page.
    `test_images`: how many test images the published accuracies of each data set were counted on.
    `picture`: makes a figure (`harness.report.drawing.Picture`) for the paper's page.
    `topics`: questions about the records (`harness.report.findings.Topic`), in the order in which they are shown.
    `first_sentences`: from a `harness.report.sources.Source`, the first sentences of the page: the answer, then a few
    more, each with its details in further lines; none if records are missing.
    `headline`: the answer in the fewest words, as a title.
    `tuned`: from the configuration of a cell with seed 0, whether a search on validation images chose its fine-tuning
    rate; None if the searches are not available.
    `url`: where the paper can be read. `measurements`: the command that computes what its measurement claims need.
    `stands`: by data set, the experiment whose arms of the paper represent it in comparisons with other papers.
    """

    name: str
    title: str
    venue: str
    experiments: tuple[Experiment, ...]
    claims: tuple[Claim, ...] = ()
    test_images: Mapping[str, int] = field(default_factory=dict)
    picture: Callable[[], Any] | None = None
    topics: Callable[[], Sequence[Any]] | None = None
    first_sentences: Callable[[Any], Sequence[str]] | None = None
    tuned: Callable[[CellConfig], bool | None] | None = None
    headline: Callable[[Any], str] | None = None
    url: str = ""
    measurements: str = ""
    stands: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """`papers` in the order in which they are shown; `loose`: experiments of no paper, from files or from records.

    `files`: by the name of a loose experiment, the file that defines it, where one was named.
    Raises HarnessError where two experiments, or a paper and an experiment, have the same name, or two claims the same
    id. It names both places.
    """

    papers: tuple[Paper, ...]
    loose: tuple[Experiment, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = [("paper", paper.name, f"paper '{paper.title}'") for paper in self.papers]
        for paper in self.papers:
            named += [("experiment", experiment.name, f"paper '{paper.name}'") for experiment in paper.experiments]
            named += [("claim", claim.id, f"paper '{paper.name}'") for claim in paper.claims]
        named += [("experiment", experiment.name, "an experiment from a file") for experiment in self.loose]
        # Their pages would be one file.
        named += [("experiment", paper.name, f"paper '{paper.title}' itself") for paper in self.papers]
        seen: dict[tuple[str, str], str] = {}
        for kind, name, owner in named:
            if (kind, name) in seen:
                message = f"two things are called {kind} '{name}': one of {seen[kind, name]}, one of {owner}"
                raise HarnessError(message, "rename one of them")
            seen[kind, name] = owner

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
        return named("experiment", name, self._experiments)

    def paper(self, name: str) -> Paper:
        """The paper called `name`. Raises HarnessError with the nearest known name."""
        return named("paper", name, {paper.name: paper for paper in self.papers})

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

    def not_tuned(self, experiment: Experiment, profile: ProfileName, arms: Iterable[str]) -> tuple[str, ...]:
        """The arms whose fine-tuning rate no search chose; a planned arm only if its paper says so."""
        paper = self.paper_of(experiment.name)
        untuned = []
        for arm in map(experiment.arm, arms):
            cell = experiment.resolve(arm, experiment.profile(profile), 0)
            try:
                told = paper.tuned(cell) if paper and paper.tuned else None
            except Exception as error:  # code of somebody else may raise anything
                raise HarnessError(f"{experiment.name}: the paper's `tuned`: {said_by(error)}", "correct it") from error
            if arm.added and (arm.changes or not cell.snn):  # `--tune` chose its rate, or it has none
                continue
            if told is False or (told is None and arm.added):
                untuned.append(arm.name)
        return tuple(untuned)

    def with_experiments(self, experiments: Iterable[Experiment]) -> "Catalogue":
        """This catalogue with more experiments of no paper. Raises HarnessError for a name that is taken."""
        return replace(self, loose=(*self.loose, *experiments))

    def including(self, called: str) -> tuple["Catalogue", str]:
        """This catalogue and the name of the experiment that a command's argument calls by its name or by its file.

        A Python file's experiment is added. Raises HarnessError if the file defines none, or one whose name is taken.
        """
        if not called.endswith(".py"):
            return self, called
        path, found = Path(called), experiment_from(Path(called))
        shown = path.name if path.is_absolute() else called  # a report must not name a user's folders
        return replace(self.with_experiments([found]), files={**self.files, found.name: shown}), found.name

    def command(self, experiment: str, profile: str = "") -> str:
        """The command that runs an experiment; empty where it is known from its records alone."""
        called = self.files.get(experiment) or (experiment if self.paper_of(experiment) else "")
        at = ("--profile", profile) if profile else ()
        return shlex.join(("harness", "run", called, *at)) if called else ""


Made = TypeVar("Made", Experiment, Paper)
HINT = "the file must define EXPERIMENT = Experiment(...), from harness.catalogue"


def experiment_from(path: Path) -> Experiment:
    """The `EXPERIMENT` that a Python file defines. The file is executed, as `python FILE` would.

    Raises HarnessError with the file's name if it cannot be executed or defines no experiment that can be run.
    """
    if not path.is_file():
        raise HarnessError(f"{path}: no such file", "name a Python file, or an experiment as `harness list` does")
    name = f"dct_snn_experiment_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or (loader := spec.loader) is None:
        raise HarnessError(f"{path}: not a Python file", HINT)
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses in the file look up their module here

    def executed() -> object:
        loader.exec_module(module)
        if not hasattr(module, "EXPERIMENT"):
            raise HarnessError("defines no EXPERIMENT", HINT)
        return module.EXPERIMENT

    return foreign(str(path), executed, Experiment, "correct the file", HINT)


def foreign(origin: str, make: Callable[[], object], kind: type[Made], remedy: str, hint: str) -> Made:
    """The experiment or paper that third-party code `make` returns, checked for faults.

    Raises HarnessError with its `origin`: with `remedy` for any exception of the code, with `hint` if the result is not
    a `kind`.
    """
    try:
        made = make()
        if not isinstance(made, kind):
            raise HarnessError(f"{type(made).__name__} is no {kind.__name__}", hint)
        for fault in faults_of(made) if isinstance(made, Experiment) else faults_of_paper(made):
            raise fault
        return made
    except KeyboardInterrupt:
        raise
    except HarnessError as error:
        raise HarnessError(f"{origin}: {error.message}", error.hint) from error
    except BaseException as error:  # it may raise anything
        raise HarnessError(f"{origin}: {said_by(error)}", remedy) from error


def faults_of_paper(paper: Paper) -> Iterator[HarnessError]:
    """The faults that make a paper unusable, in its name and texts, its experiments, and its claims."""
    texts = {"name": paper.name, "title": paper.title, "venue": paper.venue, "url": paper.url}
    for what, text in texts.items():
        try:
            msgspec.convert(text, Name if what == "name" else Line)
        except msgspec.ValidationError as error:
            yield HarnessError(f"the paper's {what}: {refusal(error)}", "correct it")
    if paper.name in RESERVED:
        yield HarnessError(f"every report has a file called '{paper.name}'", "give the paper another name")
    for experiment in paper.experiments:
        for fault in faults_of(experiment):
            name = str(getattr(experiment, "name", ""))
            yield HarnessError(
                fault.message if fault.message.startswith(name) else f"{name}: {fault.message}", fault.hint
            )
    experiments = {experiment.name: experiment for experiment in paper.experiments}
    for standing in paper.stands.values():
        if standing not in experiments:
            yield did_you_mean("experiment", standing, list(experiments))
    for dataset, images in paper.test_images.items():
        if type(images) is not int or images < 1:
            yield HarnessError(f"test_images of '{dataset}' is {images!r}, no number of images", "correct it")
    for claim in paper.claims:
        try:
            claim.check(experiments)
        except HarnessError as error:
            yield HarnessError(f"claim '{claim.id}': {error.message}", error.hint)


def experiments_from(configs: Iterable[CellConfig]) -> tuple[Experiment, ...]:
    """One experiment for each name among the configurations of recorded cells."""
    by_name: dict[str, list[CellConfig]] = {}
    for config in sorted(configs, key=lambda c: (c.experiment, c.arm, c.profile, c.seed)):
        by_name.setdefault(config.experiment, []).append(config)
    return tuple(_experiment(name, cells) for name, cells in by_name.items())


def _experiment(name: str, cells: Sequence[CellConfig]) -> Experiment:
    arms = {cell.arm: Arm(cell.arm, cell.encoder, cell.timesteps, cell.arm, in_paper=False) for cell in cells}
    profiles = {}
    for cell in cells:
        there = {(other.arm, other.seed) for other in cells if other.profile == cell.profile}
        seeds = Counter(arm for arm, _ in there)
        shared = {name: getattr(cell, name) for name in SHARED}
        profiles[cell.profile] = Profile(name=cell.profile, seeds=max(seeds.values()), **shared)
    ordered = tuple(profiles[profile] for profile in PROFILES if profile in profiles)
    title = f"{name} (from its own records alone)"
    return Experiment(name, title, NOT_IN_PAPER, cells[0].dataset, tuple(arms.values()), ordered)
