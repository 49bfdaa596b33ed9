"""Examples in docstrings: every built-in encoder has one, and all of them say what is computed."""

import doctest
from importlib import import_module
from types import ModuleType

import pytest

from encoders import draws, laws, registry


def failures(thing: object, module: ModuleType) -> tuple[int, str]:
    """The number of examples of a function or class, and what the failing ones print."""
    said: list[str] = []
    runner = doctest.DocTestRunner()
    tests = doctest.DocTestFinder(recurse=False).find(thing, module=module, globs=vars(module).copy())
    for test in tests:
        runner.run(test, out=said.append)
    return sum(len(test.examples) for test in tests), "".join(said)


@pytest.mark.parametrize("name", registry.BUILTIN)
def test_every_built_in_encoder_has_an_example(name: str) -> None:
    module, kind = registry.BUILTIN[name].place.split(":")
    count, said = failures(getattr(import_module(module), kind), import_module(module))
    assert count > 0
    assert said == ""


@pytest.mark.parametrize(("thing", "module"), [(registry.create, registry), (draws.uniform, draws), (laws.check, laws)])
def test_what_a_stranger_calls_has_one_too(thing: object, module: ModuleType) -> None:
    count, said = failures(thing, module)
    assert count > 0
    assert said == ""
