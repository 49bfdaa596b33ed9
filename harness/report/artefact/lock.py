"""The environment: what the records say that they were computed with, and the packages that are installed here."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from harness.report.artefact.material import Material

PACKAGE = "dct-snn-harness"
COMPUTING = ("python", "torch", "numpy", "numba")


def lock(material: Material) -> str:
    """A requirements file of this program and all it needs, as installed; the records' versions are comments."""
    lines = ["# The records were computed with:"]
    kinds = sorted({_versions(record.environment) for record in material.records.values()})
    lines += [f"#     {kind}" for kind in kinds]
    lines += ["# This artefact was written with:"]
    lines += [f"{name}=={version}" for name, version in sorted(installed(PACKAGE).items())]
    return "\n".join(lines) + "\n"


def _versions(environment: dict[str, str]) -> str:
    return ", ".join(f"{name} {environment.get(name, 'unknown')}" for name in COMPUTING)


def installed(package: str) -> dict[str, str]:
    """By name, the version of `package` and of every package that it needs here, extras apart."""
    found: dict[str, str] = {}
    waiting = [package]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            there = distribution(name)
        except PackageNotFoundError:  # needed on another system only
            continue
        found[name] = there.version
        waiting += _needs(there.requires or [])
    return found


def _needs(requirements: list[str]) -> Iterator[str]:
    for requirement in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        if name and "extra ==" not in requirement:
            yield name[0]
