"""A template for an encoder package: `write_skeleton` writes one that can be installed and passes its own tests."""

import importlib.util
import keyword
import re
import shlex
import sys
from pathlib import Path
from string import Template

from encoders.errors import EncoderError
from encoders.registry import GROUP, names


def write_skeleton(directory: Path, name: str) -> list[Path]:
    """Write the package of an encoder called `name` into the new folder `directory`; return the files.

    Raises EncoderError if the folder exists or cannot be written, or if the name is not a module name or is taken.
    """
    _check_name(name)
    if directory.exists():
        raise EncoderError(f"{directory} exists already: choose another folder or move it away")
    words = {"name": name, "package": name.replace("_", "-"), "group": GROUP}
    words["encoder"] = "".join(part.capitalize() for part in name.split("_"))
    files = {
        "pyproject.toml": _PYPROJECT,
        f"{name}.py": _MODULE,
        f"tests/test_{name}.py": _TEST,
    }
    for file, template in files.items():
        _write(directory / file, template.substitute(words))
    return [directory / file for file in files]


def install_command(directory: Path) -> str:
    """The command that installs the package in `directory`, so that its encoder has a name."""
    return f"pip install -e {shlex.quote(str(directory))}"


def require_installed(name: str) -> None:
    """Raise EncoderError with the remedy if the encoder's package is in the working directory but not installed."""
    if name in names() or not name.isidentifier():
        return
    for place in (Path(name), Path()):
        if (place / f"{name}.py").is_file() and _is_package(place):
            raise EncoderError(f"encoder '{name}' is written but not installed — {install_command(place)}")


def _is_package(place: Path) -> bool:
    try:
        return GROUP in (place / "pyproject.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EncoderError(f"cannot write {path}: {error.strerror}") from error


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise EncoderError(f"'{name}' cannot name an encoder: use small letters, digits and single _, like my_encoder")
    if name in names():
        raise EncoderError(f"an encoder called '{name}' exists already: choose another name")
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise EncoderError(f"'{name}' is already the name of an installed Python module: choose another")


_PYPROJECT = Template("""\
[build-system]
requires = ["setuptools>=70"]
build-backend = "setuptools.build_meta"

[project]
name = "$package"
version = "0.1.0"
description = "An encoder for the DCT-SNN harness."
requires-python = ">=3.11"
dependencies = ["dct-snn-harness"]

# The name on the left is what `harness run EXPERIMENT --encoder $name` and `harness encoders list` know.
[project.entry-points."$group"]
$name = "$name:$encoder"

[tool.setuptools]
py-modules = ["$name"]

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
