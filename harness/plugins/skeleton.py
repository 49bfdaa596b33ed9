"""Templates for packages of one's own: each can be installed, and passes its own tests as it is written.

The folder of a package has a hyphen in its name, so that it hides no module from a Python that is started beside it.
"""

import importlib.util
import keyword
import re
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Literal

from encoders.registry import GROUP, names
from harness.errors import HarnessError

Kind = Literal["encoder", "paper"]


def write_skeleton(name: str) -> list[Path]:
    """Write the package of an encoder called `name`; return its files. Raises HarnessError as `write_package` does."""
    encoder = "".join(part.capitalize() for part in name.split("_"))
    files = {f"{name}.py": _MODULE, f"tests/test_{name}.py": _TEST}
    words = {"group": GROUP, "place": f"{name}:{encoder}", "contents": f'py-modules = ["{name}"]', "encoder": encoder}
    return write_package("encoder", name, names(), files, **words)


def write_package(
    kind: Kind, name: str, taken: Collection[str], files: Mapping[str, Template], **words: str
) -> list[Path]:
    """Write `files` and a pyproject.toml into a new folder, `folder_of` the name; return all of them.

    `words` of the templates: `place`, what the entry point in `group` offers; `contents`, what setuptools packs; and
    whatever the `files` take beside name and module.
    Raises HarnessError if the folder exists or cannot be written, or if the name is taken or no name of a module.
    """
    module, a_kind = (name.replace("-", "_"), "a paper") if kind == "paper" else (name, "an encoder")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", module) or keyword.iskeyword(module):
        allowed = "use small letters, digits and single _" if kind == "encoder" else "use small letters, digits and -"
        raise HarnessError(f"'{name}' cannot name {a_kind}: {allowed}, like my{'_-'[kind == 'paper']}{kind}")
    if name in taken:
        raise HarnessError(f"{a_kind} called '{name}' exists already: choose another name")
    folder = folder_of(kind, name)
    if folder.exists():
        raise HarnessError(f"{folder} exists already: move it away")
    if module in sys.stdlib_module_names or importlib.util.find_spec(module) is not None:
        raise HarnessError(f"'{module}' is already the name of an installed Python module: choose another")
    words |= {"kind": kind, "a_kind": a_kind, "name": name, "module": module, "project": folder.name}
    paths = []
    for file, template in {"pyproject.toml": _PYPROJECT, **files}.items():
        path = folder / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(template.substitute(words), encoding="utf-8")
        except OSError as error:
            raise HarnessError(f"cannot write {path}: {error.strerror}") from error
        paths.append(path)
    return paths


def folder_of(kind: Kind, name: str) -> Path:
    """Where the package of a name is written."""
    hyphenated = name.replace("_", "-")
    return Path(hyphenated if "-" in hyphenated else f"{hyphenated}-{kind}")


def require_installed(name: str) -> None:
    """Raise HarnessError with the remedy if the encoder's package is in the working directory but not installed."""
    if name in names() or not name.isidentifier():
        return
    for place in (folder_of("encoder", name), Path()):
        with suppress(OSError, UnicodeDecodeError):
            if (place / f"{name}.py").is_file() and GROUP in (place / "pyproject.toml").read_text(encoding="utf-8"):
                raise HarnessError(f"encoder '{name}' is written but not installed", f"pip install -e {place}")


_PYPROJECT = Template("""\
[build-system]
requires = ["setuptools>=70"]
build-backend = "setuptools.build_meta"

[project]
name = "$project"
version = "0.1.0"
description = "The $kind $name for the DCT-SNN harness."
requires-python = ">=3.11"
dependencies = ["dct-snn-harness"]

# Here the harness finds $a_kind by its name.
[project.entry-points."$group"]
$name = "$place"

[tool.setuptools]
$contents

[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests"]
""")

_MODULE = Template('''\
"""A deterministic signed rate code. Replace it with yours, and name the paper or equation that defines it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted, at_least_one_step


@dataclass(frozen=True)
class $encoder(Unfitted):
    """Integrate x at each timestep. Where |v| ≥ threshold, fire a spike of v's sign and subtract the threshold.

    threshold: above 0; at 1, a pixel x fires |x| times a timestep on average.

    `Unfitted` is for codes that learn nothing from data. A code that does overrides `calibrate`, which returns a
    fitted copy (`dataclasses.replace`), and `state`, which returns the fitted values for the record.
    """

    threshold: float = 1.0

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise EncoderError(f"threshold must be above 0, not {self.threshold}")

    @property
    def info(self) -> EncoderInfo:
        """The facts that `harness encoders check $name` checks."""
        return EncoderInfo(
            alphabet="ternary",
            deterministic=True,
            period=1,  # x is fed at every step; None for a code in which nothing repeats
            value_range=(-1.0, 1.0),
            source="replace me: author, year, equation",
        )

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1].

        key, ids: for a random code, which draws from `encoders.draws.uniform(images, timesteps, key, ids)`.
        """
        at_least_one_step(timesteps)
        membrane = torch.zeros_like(images)
        train = images.new_empty(timesteps, *images.shape)
        for t in range(timesteps):
            membrane = membrane + images
            train[t] = membrane.sign() * (membrane.abs() >= self.threshold)
            membrane = membrane - train[t] * self.threshold
        return train

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """One addition, one comparison and one subtraction a pixel and timestep."""
        channels, height, width = shape
        return 3.0 * channels * height * width * timesteps
''')

_TEST = Template('''\
"""The laws that every encoder keeps, and spikes of this one computed by hand."""

import pytest
import torch

from encoders.laws import LAWS, check
from $name import $encoder


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_encoder_keeps_the_law(law):
    [finding] = check($encoder(), only=(law,))
    if finding.passed is None:
        pytest.skip(finding.detail)
    assert finding.passed, finding.detail


def test_a_pixel_worked_by_hand():
    # x = -0.75: v = -0.75 | -1.5 fires, -0.5 left | -1.25 fires, -0.25 left | -1 fires, 0 left
    train = $encoder().encode(torch.full((1, 1, 1, 1), -0.75), timesteps=4, key=0)
    assert train.flatten().tolist() == [0, -1, -1, -1]
''')
