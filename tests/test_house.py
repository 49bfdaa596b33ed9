"""The rules of the house for every Python file: its length, the length of its functions, and their parameters."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
LINES, FUNCTION_LINES, PARAMETERS = 220, 60, 5
KERNEL_DECORATORS = ("numba.njit", "triton.jit")
KERNEL_MODULES = ("numba_", "triton_")  # and those with "kernels" in their name


class Function(NamedTuple):
    """A function with its place: `path: name`."""

    path: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def place(self) -> str:
        return f"{self.path}: {self.node.name}"

    @property
    def lines(self) -> int:
        assert self.node.end_lineno is not None
        return self.node.end_lineno - self.node.lineno + 1

    @property
    def parameters(self) -> list[str]:
        """All but the first one of a method, or of the two methods that torch calls of an autograd function."""
        given = self.node.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        rest = [one for one in (given.vararg, given.kwarg) if one is not None]
        return [one.arg for one in (*named, *rest) if one.arg not in ("self", "cls", "ctx")]

    @property
    def is_kernel(self) -> bool:
        module = Path(self.path).name
        compiled = any(ast.unparse(one).startswith(KERNEL_DECORATORS) for one in self.node.decorator_list)
        return compiled or module.startswith(KERNEL_MODULES) or "kernels" in module

    @property
    def is_command(self) -> bool:
        """A command of the command line: each parameter is an argument or an option that its help explains."""
        return self.path.startswith("harness/cli/") and not self.node.name.startswith("_")


def sources() -> list[Path]:
    return [path for folder in ("encoders", "harness", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]


def functions() -> Iterator[Function]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(path.relative_to(ROOT).as_posix(), node)


def test_there_is_something_to_check() -> None:
    assert len(sources()) > 200


def test_no_file_is_long() -> None:
    long = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {path: lines for path, lines in long.items() if lines > LINES} == {}


def test_no_function_is_long() -> None:
    assert [f.place for f in functions() if f.lines > FUNCTION_LINES] == []


def test_no_function_has_many_parameters() -> None:
    free = [f for f in functions() if not f.is_kernel and not f.is_command]
    assert [f.place for f in free if len(f.parameters) > PARAMETERS] == []


@pytest.mark.parametrize("name", ["utils.py", "util.py", "helpers.py", "helper.py", "misc.py", "common.py"])
def test_a_file_is_named_after_what_it_holds(name: str) -> None:
    assert [path for path in sources() if path.name == name] == []
