"""A paper of one's own: `write_paper` starts its package, and `check` says what is wrong with it."""

import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from harness.catalogue import Catalogue, Claim, Paper, faults_of_paper
from harness.catalogue.experiment import RESERVED, encoder_text, parse_part
from harness.errors import HarnessError, said_by
from harness.machine.console import counted
from harness.papers import GROUP, catalogue, own_catalogue
from harness.plugins.skeleton import write_package


def write_paper(name: str) -> list[Path]:
    """Write the package of a paper called `name`; return its files. Raises HarnessError as `write_package` does."""
    module = name.replace("-", "_")
    files = {f"{module}/__init__.py": _PAPER, f"{module}/claims.toml": _CLAIMS, f"tests/test_{module}.py": _TEST}
    packed = f'packages = ["{module}"]\npackage-data = {{ {module} = ["claims.toml"] }}'
    taken = [*names(), *RESERVED, *own_catalogue().names()]
    return write_package("paper", name, taken, files, group=GROUP, place=f"{module}:PAPER", contents=packed)


def names() -> list[str]:
    """The papers that come with the harness, and those of installed packages, which may be broken."""
    return [
        *(paper.name for paper in own_catalogue().papers),
        *sorted(point.name for point in entry_points(group=GROUP)),
    ]


@contextmanager
def paper_in(what: str) -> Iterator[Paper]:
    """The paper called `what`, or of the package in this folder, installed or not. Raises whatever its code raises.

    Inside the block, modules of the folder are found. Raises HarnessError if it is no paper, with all faults of a file
    of claims.
    """
    papers, before = {paper.name: paper for paper in own_catalogue().papers}, list(sys.path)
    try:
        if what in papers:
            made = papers[what]
        elif Path(what).is_dir():
            made = _point_in(Path(what)).load()
        else:
            (made,) = (point.load() for point in entry_points(group=GROUP, name=what))
        if not isinstance(made, Paper):
            raise HarnessError(f"{type(made).__name__} is no Paper", "see harness.catalogue.Paper")
        yield made
    finally:
        sys.path[:] = before


def _point_in(folder: Path) -> EntryPoint:
    """The paper that a package's pyproject.toml offers. Its modules are put first in sys.path."""
    file = folder / "pyproject.toml"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        ((name, place),) = document["project"]["entry-points"][GROUP].items()
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        hint = f'it must offer one paper in [project.entry-points."{GROUP}"]'
        raise HarnessError(f"{file}: no package of a paper ({said_by(error)})", hint) from None
    sys.path[:0] = [str(folder.resolve()), str((folder / "src").resolve())]
    return EntryPoint(name, place, GROUP)


def check(paper: Paper) -> list[str]:
    """The faults of a paper, one line each; empty for a sound one."""
    faults, never = [str(fault) for fault in faults_of_paper(paper)], dict[str, list[str]]()
    for claim in paper.claims:
        with suppress(Exception):  # it is about what is not there, and was named
            never.setdefault(_never_judged(claim, paper), []).append(f"'{claim.id}'")
    unjudged = [f"{counted(len(ids), 'claim')} ({', '.join(ids)}): {why}" for why, ids in never.items() if why]
    if not faults:
        faults = [*_not_told_apart(paper), *_not_made(paper), *_not_shown(paper)]
    return list(dict.fromkeys((*faults, *unjudged)))


def _not_told_apart(paper: Paper) -> Iterator[str]:
    """The fault that another paper has one of its names, for the first such name."""
    try:
        Catalogue((*(other for other in catalogue().papers if other.name != paper.name), paper))
    except HarnessError as error:
        yield str(error)


def _not_made(paper: Paper) -> Iterator[str]:
    """Data sets, encoders and other parts that its experiments name and nobody has, or that refuse their parameters."""
    import encoders
    from encoders.errors import EncoderError
    from harness.data.sets import facts_of
    from harness.plugins.parts import EVALUATIONS
    from harness.training.method import require_followed

    for experiment in paper.experiments:
        cells = [experiment.resolve(a, p, 0) for p in experiment.profiles for a in experiment.arms]
        made: dict[str, Callable[[], object]] = {experiment.dataset: partial(facts_of, experiment.dataset)}
        for cell in cells:
            code = cell.encoder
            made[encoder_text(code)] = partial(encoders.create, code.name, **code.parameters)
            made[f"{cell.profile}, {cell.arm}"] = partial(require_followed, cell)
            if paper.tuned:
                made[f"{cell.profile}, {cell.arm}, tuned"] = partial(paper.tuned, cell)
            for text in cell.evaluations or ():
                made[text] = partial(EVALUATIONS.create, *parse_part(text, "evaluation"))
        said: dict[str, None] = {}  # each error once
        for make in made.values():
            try:
                make()
            except Exception as error:  # code of somebody else may raise anything
                known = isinstance(error, HarnessError | EncoderError)
                said[f"{experiment.name}: {error if known else said_by(error)}"] = None
        yield from said


def _never_judged(claim: Claim, paper: Paper) -> str:
    """Why no record will ever judge a claim; empty for one that can be judged, or is not to be."""
    from harness.analysis.judges import JUDGES, profiles_that_judge
    from harness.analysis.statistics import LEAST_SEEDS
    from harness.analysis.verdicts import LEAST_RUNS

    if claim.kind == "measurement" and not paper.measurements:
        return "nothing measures that — name the command that does in Paper.measurements"
    if not claim.needs_training:
        return ""
    experiment = next(one for one in paper.experiments if one.name == claim.experiment)
    judging = profiles_that_judge(claim, experiment)
    if not judging:
        able = " or ".join(p for p, kinds in JUDGES.items() if claim.kind in kinds and p in (claim.profiles or JUDGES))
        return f"no profile of {experiment.name} can judge that — {claim.kind} takes {able or 'another profile'}"
    least = LEAST_RUNS if claim.kind == "steps-to-reach" else LEAST_SEEDS
    most = max(experiment.seeds_in_common(claim.arms, profile) for profile in judging)
    if most < least:
        return f"{counted(most, 'seed')} of {experiment.name} can never judge that — plan at least {least}"
    return ""


def _not_shown(paper: Paper) -> list[str]:
    """Which of its picture, topics and sentences fail where there are no records."""
    from harness.report import read
    from harness.report.document import document
    from harness.report.drawing import styled

    with TemporaryDirectory() as folder, styled():
        sources = read(Path(folder), None, Catalogue((paper,)))
        problems = document(paper, paper.experiments, sources).problems
    return [problem for whose, problem in problems if whose == paper.name]


_PAPER = Template('''\
"""$name: its experiments, and its claims, which stand in claims.toml.

All of it is an example that runs. Replace it by what your paper says.
"""

from dataclasses import replace
from pathlib import Path

from harness.catalogue import Arm, Experiment, Paper, Profile
from harness.catalogue.claims import read_claims
from harness.catalogue.experiment import Stated
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe

# The whole recipe of the paper: what its numbers were made with.
WHOLE = Profile(
    "paper",
    NetworkSpec("64-32-10", hidden=(32,)),
    AnnRecipe(epochs=20, batch_size=32, learning_rate=0.02, decay_every=10, classifier_dropout=0.2),
    SnnRecipe(epochs=2, batch_size=32, learning_rate=5e-4),
    seeds=3,  # the fewest that judge a claim
)
# A moment of it: whether everything runs. Nothing is judged by it.
SMOKE = replace(WHOLE, name="smoke", seeds=1, train_images=200)

DIGITS = Experiment(
    name="$name-digits",
    title="One hidden layer on 8×8 digits, 4 steps",
    source="Table 1",
    dataset="digits",
    arms=(
        Arm("direct-4", EncoderSpec("direct"), 4, "direct input, T = 4"),
        Arm("dct-4", EncoderSpec("dct", {"schedule": "cyclic"}), 4, "DCT, cyclic, T = 4"),
    ),
    profiles=(SMOKE, WHOLE),
    # What the paper states of its recipe: where a profile differs, the report lists a deviation.
    published={"ann.epochs": Stated("epochs of the ANN", (20,)), "snn.epochs": Stated("epochs of fine-tuning", (2,))},
)

# How many test images the published accuracies were counted on.
TEST_IMAGES = {"digits": 360}

PAPER = Paper(
    name="$name",
    title="$name",
    venue="where it appeared",
    experiments=(DIGITS,),
    claims=read_claims(Path(__file__).with_name("claims.toml"), [DIGITS], TEST_IMAGES),
    test_images=TEST_IMAGES,
)
''')

_CLAIMS = Template("""\
# What the paper states. A [[statement]] is what is counted; its claims are its parts, and records judge them.
# Numbers are text, as printed: their last digit counts. Kinds and fields: docs/reference/claims.md of the harness.

[[statement]]
id = "$name-accuracy"
says = "97.0 % on digits after 4 steps"
source = "Table 1"

[[statement.claim]]
id = "$name-t4"
experiment = "$name-digits"
kind = "value"
arm = "direct-4"
timestep = 4
value = "97.0"

[[statement]]
id = "$name-order"
says = "direct input is above DCT after 4 steps"
source = "Table 1"

[[statement.claim]]
id = "$name-direct-above-dct"
experiment = "$name-digits"
kind = "ordering"
greater = "direct-4"
less = "dct-4"
timestep = 4
""")

_TEST = Template('''\
"""The paper fits the harness, and its numbers are those that are printed."""

from harness.papers.authoring import check
from $module import PAPER


def test_nothing_is_wrong():
    assert check(PAPER) == []


def test_the_numbers_are_as_printed():
    assert {claim.id: claim.value for claim in PAPER.claims if claim.value} == {"$name-t4": "97.0"}
''')
