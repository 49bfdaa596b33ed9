"""Fingerprints: what a record depends on, so that a change of it makes the record stale and nothing else does.

A cell is its recipe (the configuration without names), its data, and its numerics: the contents of the modules that
decide numbers, as a set. So a module may be moved or renamed. Imports, docstrings, comments, layout and the arguments
of `raise` do not count; modules that only store, describe or report are left out, and so are kernels of a device that
the cell does not run on.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.config import CellConfig, canonical_json
from harness.schema import Fingerprint

Device = Literal["cpu", "cuda"]

ROOT = "harness.training.cell"
ANN_ROOT = "harness.training.ann"
OWN = ("harness", "encoders")
# Modules that a cell imports and that decide no number of it; what they import may.
OUTSIDE = frozenset(
    {
        "encoders.admission",
        "encoders.errors",
        "encoders.numba_cache",
        "harness.config",
        "harness.errors",
        "harness.machine.files",
        "harness.machine.locks",
        "harness.schema",
        "harness.training.ann_cache",
        "harness.training.checkpoint",
        "harness.training.watch",
    }
)
KERNELS: Mapping[Device, frozenset[str]] = {
    "cpu": frozenset(f"harness.snn.{name}" for name in ("event_products", "numba_kernels", "numba_lif", "numba_pool")),
    "cuda": frozenset({"harness.snn.triton_kernels", "harness.snn.triton_lif"}),
}
NAMES = ("experiment", "profile", "arm")


def fingerprint(config: CellConfig, data_digest: str, encoder_module: str, device: Device = "cpu") -> Fingerprint:
    """The fingerprint of a cell on `device`: `encoder_module` is the module that defines its encoder.

    Raises ModuleNotFoundError, SyntaxError or UnicodeDecodeError where the source of a module cannot be read.
    """
    recipe, modules = recipe_digest(config), modules_of(encoder_module, device)
    numerics = numerics_digest(modules.values())
    whole = whole_digest(recipe, data_digest, numerics)
    return Fingerprint(whole, recipe, data_digest, numerics, device, dict(modules))


def whole_digest(recipe: str, data: str, numerics: str) -> str:
    """The digest of a fingerprint, from its parts."""
    return hashlib.sha256(canonical_json([recipe, data, numerics])).hexdigest()


def recipe_digest(config: CellConfig) -> str:
    """SHA-256 of a configuration without the names of experiment, profile, arm and network.

    A field that stands at its default is left out, so that a new field changes no earlier recipe.
    """
    # Through JSON and back, as a record goes: a whole float comes back as a float.
    recipe = _stated(msgspec.json.decode(canonical_json(config), type=CellConfig))
    for name in NAMES:
        del recipe[name]
    del recipe["network"]["name"]
    return hashlib.sha256(canonical_json(recipe)).hexdigest()


def _stated(value: Any) -> Any:
    """A dataclass as a dictionary of the fields that differ from their defaults; other values as they are."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    values = ((name, getattr(value, name), default) for name, default in _defaults(type(value)))
    return {name: _stated(v) for name, v, default in values if default != v}


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((f.name, f.default) for f in fields(kind))


def numerics_digest(contents: Iterable[str]) -> str:
    """SHA-256 of a set of content digests."""
    return hashlib.sha256(canonical_json(sorted(set(contents)))).hexdigest()


@cache
def modules_of(encoder_module: str, device: Device = "cpu") -> Mapping[str, str]:
    """The modules that decide the numbers of a cell with the encoder of `encoder_module`, and their content digests."""
    other = frozenset().union(*(names for place, names in KERNELS.items() if place != device))
    found = (dependencies(ROOT) | dependencies(encoder_module)) - other
    return {name: source_digest(name) for name in sorted(found)}


def code_of(module: str) -> str:
    """A digest of everything that decides the numbers of `module`."""
    return numerics_digest(source_digest(name) for name in dependencies(module))


@cache
def dependencies(module: str) -> frozenset[str]:
    """`module` and every module of ours (or of its own plug-in package) that decides numbers with it."""
    own = (*OWN, module.split(".")[0])
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += _imports(name, own)
    return frozenset(found - OUTSIDE)


def _imports(module: str, own: tuple[str, ...]) -> list[str]:
    """The modules of the packages `own` that `module` imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(_path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # `from a import b` may name a module a.b or a thing inside a.
            source = _absolute(node, module)
            inner = [f"{source}.{alias.name}" for alias in node.names]
            modules = [name for name in inner if name.split(".")[0] in own and _file_of(name) is not None]
            names += modules if len(modules) == len(inner) else [source, *modules]
    return [name for name in names if name.split(".")[0] in own]


def _absolute(node: ast.ImportFrom, module: str) -> str:
    """The full name of what `from … import` in `module` imports from: each leading dot is one package up."""
    if not node.level:
        return node.module or ""
    inside = _path(module).name == "__init__.py"  # there the first dot is the module itself
    parts = module.split(".")
    above = parts[: len(parts) - node.level + inside]
    return ".".join([*above, node.module] if node.module else above)


def _path(module: str) -> Path:
    found = _file_of(module)
    if found is None:
        raise ModuleNotFoundError(f"no source for module {module}")
    return found


def _file_of(module: str) -> Path | None:
    top, *rest = module.split(".")
    folders, single = _package(top)
    bases = [Path(folder, *rest) for folder in folders] if rest else []
    candidates = [path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py")]
    if not rest and single is not None:
        candidates.append(single)
    return next((path for path in candidates if path.suffix == ".py" and path.is_file()), None)


def _package(top: str) -> tuple[list[Path], Path | None]:
    """Where the sources of a top-level package lie: its folders, and its own file.

    Ours are those of the package that runs. Of others only the top package is asked for: finding a submodule's spec
    would import its parents, and torch.
    """
    if top in OWN:
        folder = Path(__file__).resolve().parents[2] / top
        return [folder], folder / "__init__.py"
    spec = importlib.util.find_spec(top)
    if spec is None:
        return [], None
    return [Path(place) for place in spec.submodule_search_locations or ()], Path(spec.origin) if spec.origin else None


@cache
def source_digest(module: str) -> str:
    """SHA-256 of what a module computes: its syntax tree without imports, docstrings and the arguments of `raise`."""
    tree = _Bare().visit(ast.parse(_path(module).read_text(encoding="utf-8")))
    return hashlib.sha256(_written(tree).encode()).hexdigest()[:16]


class _Bare(ast.NodeTransformer):
    """Takes out of a syntax tree what decides no number."""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
        return super().visit(node)

    def visit_Import(self, _node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> None:
        return None

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        if isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
        return node


def _written(node: object) -> str:
    """A syntax tree as text that does not depend on the Python version: no positions, nothing that is empty."""
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = ((name, value) for name, value in ast.iter_fields(node) if value is not None and value != [])
    return f"{type(node).__name__}({','.join(f'{name}={_written(value)}' for name, value in parts)})"
