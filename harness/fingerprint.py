"""Fingerprints: what a record depends on, so that a change of it makes the record stale and nothing else does.

The modules are found from the imports of the cell and of its encoder; comments and docstrings do not count.
"""

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from harness.config import CellConfig, canonical_json
from harness.schema import Fingerprint

ROOT = "harness.cell"
PACKAGES = ("harness", "encoders")


def fingerprint(config: CellConfig, data_digest: str, encoder_module: str) -> Fingerprint:
    """The fingerprint of a cell: `encoder_module` is the module that defines its encoder."""
    modules = modules_of(encoder_module)
    parts = {"config": hashlib.sha256(canonical_json(config)).hexdigest(), "data": data_digest}
    whole = hashlib.sha256(canonical_json({**parts, "modules": modules})).hexdigest()
    return Fingerprint(whole, parts["config"], parts["data"], modules)


def modules_of(encoder_module: str) -> dict[str, str]:
    """The modules that a cell with the encoder of `encoder_module` depends on, and the digests of their source."""
    return {name: source_digest(name) for name in sorted(dependencies(ROOT) | dependencies(encoder_module))}


@cache
def dependencies(module: str) -> frozenset[str]:
    """`module` and every module of ours (or of its own plug-in package) that it imports, however indirectly."""
    own = (*PACKAGES, module.split(".")[0])
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += _imports(name, own)
    return frozenset(found)


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
    # Only the top package is asked of Python: finding a submodule's spec would import its parents, and torch.
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return None
    bases = [Path(folder, *rest) for folder in spec.submodule_search_locations or ()] if rest else []
    candidates = [path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py")]
    if not rest and spec.origin is not None:
        candidates.append(Path(spec.origin))
    return next((path for path in candidates if path.suffix == ".py" and path.is_file()), None)


@cache
def source_digest(module: str) -> str:
    """SHA-256 of a module's syntax tree without docstrings: comments and layout do not matter."""
    tree = ast.parse(_path(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    return hashlib.sha256(_written(tree).encode()).hexdigest()[:16]


def _written(node: object) -> str:
    """A syntax tree as text that does not depend on the Python version: no positions, nothing that is empty."""
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = ((name, value) for name, value in ast.iter_fields(node) if value is not None and value != [])
    return f"{type(node).__name__}({','.join(f'{name}={_written(value)}' for name, value in parts)})"
