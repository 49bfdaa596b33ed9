"""Fingerprints: a digest of all that a record depends on. A change of that makes the record stale; nothing else does.

A cell depends on its recipe (the configuration without names), its data, and its numerics: the definitions that its
method (`run_cell` by default), its encoder and its evaluations reach by name. Modules are parsed for it, not imported.

A definition is a function, a class, a constant or an import at the top of a module. Its digest covers its syntax tree,
in which every name of our own is replaced by the digest of the definition that it is bound to, and every name of
another library by its full name. So neither names nor files count: merging, splitting, moving and renaming change no
digest. Docstrings, comments, annotations, layout and the arguments of `raise` do not count either.

A comment on the line of a definition or import may add:

    # decides no number                the definition, and what only it uses, is left out
    # decides numbers on cuda only     it is left out on other devices ("cpu" likewise)
    # chosen by ann.schedule           of a dictionary, only the entry that the recipe names is taken
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from encoders.registry import definition_of
from harness.catalogue.experiment import parse_part
from harness.config import CellConfig, canonical_json
from harness.plugins.parts import EVALUATIONS, FINE_TUNING, METHODS
from harness.schema import Fingerprint

Device = Literal["cpu", "cuda"]

ANN = ("harness.training.ann:AnnRequest",)
TESTED = "harness.runs.evaluations:tested"
NAMES = ("experiment", "profile", "arm")


def fingerprint(
    config: CellConfig, data_digest: str, device: Device = "cpu", sources: "Sources | None" = None
) -> Fingerprint:
    """The fingerprint of a cell on `device`, by the code that is imported, or that of `sources`.

    Raises EncoderError for an unknown encoder, HarnessError for another unknown part; ModuleNotFoundError, SyntaxError
    or UnicodeDecodeError where a source cannot be read.
    """
    content = _of_any_seed(config)
    recipe = _recipe_digest(content, config.seed)
    method = METHODS.definition_of(config.method.name) if config.method else FINE_TUNING
    roots = [method, definition_of(config.encoder.name)]
    if config.evaluations:
        names = [parse_part(text, EVALUATIONS.kind)[0] for text in config.evaluations]
        roots += [TESTED, *map(EVALUATIONS.definition_of, names)]
    numerics, modules = (sources or SOURCES).reached(tuple(roots), device, settings_in(content))
    return Fingerprint(whole_digest(recipe, data_digest, numerics), recipe, data_digest, numerics, device, modules)


def ann_code() -> str:
    """The digest of the code that trains an ANN."""
    return SOURCES.reached(ANN, "cpu", {}).numerics


def whole_digest(recipe: str, data: str, numerics: str) -> str:
    """The digest of a fingerprint, from its parts."""
    return hashlib.sha256(canonical_json([recipe, data, numerics])).hexdigest()


def recipe_digest(config: CellConfig) -> str:
    """SHA-256 of a configuration without the names of experiment, profile, arm and network.

    A field at its default is left out, so that a new field changes no earlier recipe.
    """
    return _recipe_digest(_of_any_seed(config), config.seed)


def _recipe_digest(content: bytes, seed: int) -> str:
    before, after = _around_the_seed(content)
    return hashlib.sha256(b"%b%d%b" % (before, seed, after)).hexdigest()


def _of_any_seed(config: CellConfig) -> bytes:
    """A configuration as JSON with seed 0: what depends on it is worked out once for all seeds."""
    return canonical_json(replace(config, seed=0))


@lru_cache(1 << 14)
def _around_the_seed(content: bytes) -> tuple[bytes, bytes]:
    """The JSON that is digested, before and after the number of the seed."""
    # Through JSON and back, as a record goes: a whole float comes back as a float.
    recipe = _stated(msgspec.json.decode(content, type=CellConfig))
    for name in NAMES:
        del recipe[name]
    del recipe["network"]["name"]
    place = "the place of the seed"
    before, _, after = canonical_json(recipe | {"seed": place}).partition(canonical_json(place))
    return before, after


def _stated(value: Any) -> Any:
    """A dataclass as a dictionary of the fields that differ from their defaults; other values as they are."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    values = ((field.name, getattr(value, field.name), field.default) for field in fields(value))
    return {name: _stated(v) for name, v, default in values if default != v}


@lru_cache(1 << 14)
def settings_in(content: bytes) -> dict[str, Any]:
    """The settings of a configuration, given as JSON, by dotted path: "encoder.parameters.threshold_scope".

    Those that the JSON of an early record does not have are at their defaults.
    """
    settings: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        parts = {f.name: getattr(value, f.name) for f in fields(value)} if is_dataclass(value) else value
        if isinstance(parts, Mapping):
            for name, inner in parts.items():
                walk(f"{prefix}.{name}" if prefix else name, inner)
        elif value is not msgspec.UNSET:
            settings[prefix] = list(value) if isinstance(value, tuple) else value

    walk("", msgspec.json.decode(content, type=CellConfig))
    return settings


# ## Digests of definitions


def device_kind(device_type: str) -> Device:
    """The kind of device by which numerics differ, of a torch device's type."""
    return "cuda" if device_type == "cuda" else "cpu"


OWN = ("harness", "encoders")
HERE = Path(__file__).resolve().parents[2]
MARK = re.compile(
    r"#.*\b(?:decides (?P<none>no) number|decides numbers on (?P<device>\w+) only|chosen by (?P<path>[\w.]+))"
)
UNCOUNTED = "decides no number"
Mark = re.Match[str] | None
Chosen = Mapping[str, Any]  # the settings of a recipe, by dotted path
Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Target(NamedTuple):
    """A definition in a module, or the module itself if `name` is empty."""

    module: str
    name: str = ""


@dataclass(frozen=True)
class Binding:
    """A name at the top of a module: the statements that bind it, and its targets in imports, each with its mark.

    place: the index of the name in a statement that binds several. mark: that of the last statement.
    """

    statements: tuple[ast.stmt, ...] = ()
    imports: tuple[tuple[Target, Mark], ...] = ()
    place: int = 0
    mark: Mark = None


@dataclass
class Module:
    """The names that a module binds at its top, its statements that bind none, and the modules it imports `*` from."""

    name: str
    is_package: bool
    lines: list[str]
    names: dict[str, Binding] = field(default_factory=dict)
    bare: list[tuple[ast.stmt, Mark]] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)

    def bind(self, body: Sequence[ast.stmt], whole: ast.stmt | None = None) -> None:
        """Collect the names that statements bind. whole: the compound statement at the module's top around them."""
        for node in body:
            top, mark = whole or node, self.mark(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name, target in self.imported(node).items():
                    if name == "*":
                        self.stars.append(target.module)
                    else:
                        earlier = self.names.get(name, Binding())
                        self.names[name] = replace(earlier, imports=(*earlier.imports, (target, mark)))
            elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
                if not _for_types(node):
                    before = len(self.names)
                    for inner in _bodies(node):
                        self.bind(inner, top)
                    if len(self.names) == before and whole is None:
                        self.bare.append((node, None))
            elif names := _bound_by(node):
                for place, name in enumerate(names):
                    earlier = self.names.get(name, Binding())
                    statements = earlier.statements if top in earlier.statements else (*earlier.statements, top)
                    self.names[name] = Binding(statements, earlier.imports, place if len(names) > 1 else 0, mark)
            elif whole is None and not _is_text(node):
                self.bare.append((node, mark))

    def imported(self, node: ast.Import | ast.ImportFrom) -> dict[str, Target]:
        """The target of each name that an import binds."""
        if isinstance(node, ast.Import):
            full = {alias.asname or alias.name.split(".")[0]: alias for alias in node.names}
            return {name: Target(alias.name if alias.asname else name) for name, alias in full.items()}
        source = node.module or ""
        if node.level:  # each leading dot is one package up; in a package the first is the package itself
            parts = self.name.split(".")
            above = parts[: len(parts) - node.level + self.is_package]
            source = ".".join([*above, node.module] if node.module else above)
        return {alias.asname or alias.name: Target(source, alias.name) for alias in node.names}

    def mark(self, node: ast.stmt) -> Mark:
        """The marking comment of a statement, if it has one."""
        last = node.body[0].lineno - 1 if isinstance(node, Function | ast.ClassDef) else node.end_lineno or node.lineno
        marks = [MARK.search(line) for line in self.lines[node.lineno - 1 : max(last, node.lineno)]]
        return next((match for match in marks if match), None)


Text = tuple[str, tuple[Target, ...]]  # a definition with its references numbered; their targets


class Reached(NamedTuple):
    """All that roots reach. numerics: its digest. modules: the digest of the part in each module.

    The names and digests of modules explain a change; only `numerics` decides.
    """

    numerics: str
    modules: dict[str, str]


class Sources:
    """Modules read from files: our own below `folder`, others where Python finds their top package."""

    def __init__(self, folder: Path = HERE) -> None:
        self.folder = folder
        self.read = cache(self._read)
        self.file_of = cache(self._file_of)
        self.follows = cache(self._follows)
        self.texts: dict[tuple[Target, str, frozenset[str]], Text] = {}
        self.walked: dict[tuple[tuple[str, ...], str], list[tuple[Chosen, Reached]]] = {}

    def reached(self, roots: tuple[str, ...], device: str, chosen: Chosen) -> Reached:
        """All that the definitions `roots`, each "module:name", reach on `device` under the settings `chosen`.

        Raises ModuleNotFoundError, SyntaxError or UnicodeDecodeError where a source cannot be read.
        """
        answers = self.walked.setdefault((roots, device), [])
        for asked, reached in answers:  # a walk asks for few settings: those that marks name
            if all(chosen.get(path) == value for path, value in asked.items()):
                return reached
        targets = [Target(module, name.split(".")[0]) for module, _, name in (root.partition(":") for root in roots)]
        packages = frozenset({*OWN, *(target.module.split(".")[0] for target in targets)})
        walk = _Walk(self, packages, device, chosen)
        digests = {walk.digest(target) for target in targets}
        statements = [(module, one, mark) for module in walk.entered() for one, mark in self.read(module).bare]
        bare = {walk.text(one, module) for module, one, mark in statements if not walk.left_out(mark)}
        reached = Reached(_sha([*sorted(digests), *sorted(bare)]), walk.contents())
        answers.append(({path: chosen.get(path) for path in walk.asked}, reached))
        return reached

    def _read(self, name: str) -> Module:
        path = self.file_of(name)
        if path is None:
            raise ModuleNotFoundError(f"no source for module {name}")
        text = path.read_text(encoding="utf-8")
        module = Module(name, path.name == "__init__.py", text.splitlines())
        module.bind(ast.parse(text).body)
        return module

    def _file_of(self, name: str) -> Path | None:
        top, *rest = name.split(".")
        folders, single = self._package(top)
        bases = [Path(folder, *rest) for folder in folders] if rest else []
        candidates = [path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py")]
        candidates += [single] if single and not rest else []
        return next((path for path in candidates if path.suffix == ".py" and path.is_file()), None)

    def _package(self, top: str) -> tuple[list[Path], Path | None]:
        """The folders and the file of a top-level package.

        For others, only the top package is asked for: to find a submodule imports its parents, and torch.
        """
        if top in OWN:
            return [self.folder / top], self.folder / top / "__init__.py"
        spec = importlib.util.find_spec(top)
        if spec is None:
            return [], None
        folders = [Path(place) for place in spec.submodule_search_locations or ()]
        return folders, Path(spec.origin) if spec.origin else None

    def _follows(self, top: str, packages: frozenset[str]) -> bool:
        """Whether a top package is one of `packages`, or comes with one of them: in its folder, or its distribution."""
        return top in packages or any(self._beside(top, plug) for plug in packages.difference(OWN))

    def _beside(self, top: str, plug: str) -> bool:
        place = self._place(plug)
        if place is not None and place.name in ("site-packages", "dist-packages"):
            return not _distributions(top).isdisjoint(_distributions(plug))
        return place is not None and place == self._place(top)

    def _place(self, top: str) -> Path | None:
        """The folder in which a top package or module lies."""
        folders, single = self._package(top)
        return next((path.parent for path in (*folders, single) if path), None)


@cache
def _distributions(top: str) -> frozenset[str]:
    return frozenset(importlib.metadata.packages_distributions().get(top, ()))


SOURCES = Sources()


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for handler in getattr(node, "handlers", []):
        yield handler.body


def _for_types(node: ast.stmt) -> bool:
    """Whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring or `...`, which does nothing."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _bound_by(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a module binds."""
    if isinstance(node, Function | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [
        name.id
        for target in targets
        if target
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and _is_stored(name)
    ]


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


class _Walk:
    """The definitions that are reached from some roots, and their digests."""

    def __init__(self, sources: Sources, packages: frozenset[str], device: str, chosen: Chosen) -> None:
        self.sources, self.packages, self.device, self.chosen = sources, packages, device, chosen
        self.texts: dict[Target, Text] = {}
        self.digests: dict[Target, str] = {}
        self.asked: set[str] = set()  # the settings on which the digests depend

    def entered(self) -> list[str]:
        """The modules with at least one reached definition."""
        return sorted({target.module for target in self.texts})

    def contents(self) -> dict[str, str]:
        """For each module, a digest of its reached definitions alone, without their references."""
        by_module: dict[str, list[str]] = {}
        for target, (text, _) in self.texts.items():
            by_module.setdefault(target.module, []).append(text)
        return {module: _sha(sorted(texts)) for module, texts in sorted(by_module.items())}

    def is_own(self, module: str) -> bool:
        """Whether a module is of a package that is followed."""
        return self.sources.follows(module.split(".")[0], self.packages)

    def resolve(self, target: Target) -> Target | str:
        """Our definition or module behind `target`; the full name if it is defined by others."""
        seen = set()
        while self.is_own(target.module) and target not in seen:
            seen.add(target)
            if not target.name:
                return target
            inner = f"{target.module}.{target.name}"
            binding = self.binding(target)
            if binding is None:
                if self.sources.file_of(inner) is None:
                    return f"{target.module}.{target.name}"  # bound at run time: its name is taken
                target = Target(inner)
            elif binding.statements or len(self.counted(binding)) != 1:
                return target
            else:
                target = self.counted(binding)[0]
        return f"{target.module}.{target.name}" if target.name else target.module

    def binding(self, target: Target) -> Binding | None:
        """The binding of a name in a module, also through `import *`."""
        if self.sources.file_of(target.module) is None:
            return None
        module = self.sources.read(target.module)
        if target.name in module.names:
            return module.names[target.name]
        return next(
            (b for star in module.stars if self.is_own(star) and (b := self.binding(Target(star, target.name)))), None
        )

    def counted(self, binding: Binding) -> list[Target]:
        """The targets of a name's imports whose marks do not leave them out."""
        return list(dict.fromkeys(target for target, mark in binding.imports if not self.left_out(mark)))

    def left_out(self, mark: Mark) -> bool:
        """Whether a mark leaves its statement out."""
        return mark is not None and bool(mark["none"] or (mark["device"] and mark["device"] != self.device))

    def digest(self, root: Target) -> str:
        """The digest of a definition: its text with the digests of all that it refers to."""
        start = self.resolve(root)
        if isinstance(start, str):
            return start
        for group in _groups(start, self.references):
            self._close(group)
        return self.digests[start]

    def references(self, target: Target) -> tuple[Target, ...]:
        """The definitions that one refers to by name."""
        if target not in self.texts:
            key = target, self.device, self.packages
            self.texts[target] = self.sources.texts.get(key) or self._read(target)
            binding = self.binding(target) if target.name else None
            if binding is None or binding.mark is None or not binding.mark["path"]:  # the same whatever the recipe
                self.sources.texts[key] = self.texts[target]
        return self.texts[target][1]

    def _close(self, group: list[Target]) -> None:
        """Digests of definitions that refer to each other, or of one that does not refer to itself.

        In a circle of n, n rounds are needed until each digest depends on every member.
        """
        digests = dict.fromkeys(group, "")
        for _ in range(len(group) + 1 if len(group) > 1 or group[0] in self.references(group[0]) else 1):
            before = digests
            digests = {
                target: _sha([text, *(before.get(x) or self.digests.get(x, "") for x in references)])
                for target in group
                for text, references in [self.texts[target]]
            }
        self.digests |= digests

    def _read(self, target: Target) -> Text:
        """The text of a definition in which references are numbered, and the references."""
        if not target.name:  # a module used as a value: all that it offers
            bindings = self.sources.read(target.module).names.items()
            names = sorted(name for name, binding in bindings if binding.statements and not name.startswith("_"))
            return f"module {names}", tuple(Target(target.module, name) for name in names)
        binding = self.binding(target)
        assert binding is not None
        if self.left_out(binding.mark):
            return UNCOUNTED, ()
        writer = _Writer(self, target.module)
        parts = [writer.definition(statement, binding.mark) for statement in binding.statements]
        parts += [writer.written(self.resolve(imported)) for imported in self.counted(binding)]
        return f"{binding.place}{parts}", tuple(writer.references)

    def text(self, statement: ast.stmt, module: str) -> str:
        """The digest of a statement and its references."""
        writer = _Writer(self, module)
        return _sha([writer.write(statement), *(self.digest(target) for target in writer.references)])


def _groups(start: Target, references: Callable[[Target], tuple[Target, ...]]) -> list[list[Target]]:
    """The definitions that `start` reaches, each after its references; circles together (Tarjan 1972)."""
    groups: list[list[Target]] = []
    number: dict[Target, int] = {}
    stack: list[Target] = []

    def visit(target: Target) -> int:
        number[target] = lowest = len(number)
        stack.append(target)
        for referred in references(target):
            if referred not in number:
                lowest = min(lowest, visit(referred))
            elif referred in stack:
                lowest = min(lowest, number[referred])
        if lowest == number[target]:
            place = stack.index(target)
            groups.append(stack[place:])
            del stack[place:]
        return lowest

    visit(start)
    return groups


Names = dict[str, list[Target]]


class _Scope(NamedTuple):
    """The names of a function, class or comprehension, and the targets of those that an import in it binds."""

    names: Names
    is_class: bool = False


class _Writer:
    """Writes a syntax tree as text that depends neither on the Python version nor on the names of our definitions."""

    def __init__(self, walk: _Walk, module: str) -> None:
        self.walk, self.module = walk, module
        self.scopes: list[_Scope] = []
        self.references: list[Target] = []

    def definition(self, node: ast.stmt, mark: Mark) -> str:
        """A definition at the top of a module, without its name."""
        if mark is not None and mark["path"]:
            return self._chosen(node, mark["path"])
        return self.write(node)

    def _chosen(self, node: ast.stmt, path: str) -> str:
        """The entry of a dictionary that the recipe names; the whole dictionary if the recipe names none."""
        self.walk.asked.add(path)
        table = getattr(node, "value", None)
        if isinstance(table, ast.Dict) and path in self.walk.chosen:
            for key, value in zip(table.keys, table.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == self.walk.chosen[path]:
                    return f"chosen {self.write(value)}"
        return self.write(node)

    def write(self, node: object) -> str:
        """Any part of a tree."""
        if isinstance(node, list):
            return f"[{','.join(text for part in node if (text := self.write(part)))}]"
        if not isinstance(node, ast.AST):
            return repr(node)
        special = getattr(self, f"_{type(node).__name__}", None)
        return special(node) if special else self._fields(node)

    def _fields(self, node: ast.AST, without: tuple[str, ...] = ()) -> str:
        values = ((name, value) for name, value in ast.iter_fields(node) if name not in without)
        parts = (f"{name}={self.write(value)}" for name, value in values if value is not None and value != [])
        return f"{type(node).__name__}({','.join(parts)})"

    def _Name(self, node: ast.Name) -> str:
        targets = self._bound(node.id)
        return "|".join(self.written(self.walk.resolve(target)) for target in targets) or f"Name({node.id})"

    def _Attribute(self, node: ast.Attribute) -> str:
        """`module.name` is written as its target; any other attribute as it is."""
        chain, base = [node.attr], node.value
        while isinstance(base, ast.Attribute):
            chain.append(base.attr)
            base = base.value
        targets = self._bound(base.id) if isinstance(base, ast.Name) else []
        return "|".join(self._inside(target, chain) for target in targets) or self._fields(node, ("ctx",))

    def _inside(self, target: Target, chain: Sequence[str]) -> str:
        """An attribute of an attribute … of `target`, the last one first."""
        reached, rest = self.walk.resolve(target), list(chain)
        while rest and isinstance(reached, Target) and not reached.name:  # a module of ours: go on inside it
            reached = self.walk.resolve(Target(reached.module, rest.pop()))
        return ".".join([self.written(reached), *reversed(rest)])

    def written(self, reference: Target | str) -> str:
        """A reference to our definition by number, to one of others by full name."""
        if isinstance(reference, str):
            return reference
        if reference not in self.references:
            self.references.append(reference)
        return f"#{self.references.index(reference)}"

    def _bound(self, name: str) -> list[Target]:
        """The targets of a name: definitions of this module, or imports. Empty for a local or built-in name."""
        for depth, scope in enumerate(reversed(self.scopes)):
            if name in scope.names and not (scope.is_class and depth > 0):
                return scope.names[name]
        target = Target(self.module, name)
        return [] if self.walk.binding(target) is None else [target]

    def _scoped(self, names: Names, write: Any, is_class: bool = False) -> str:
        self.scopes.append(_Scope(names, is_class))
        try:
            return str(write())
        finally:
            self.scopes.pop()

    def _FunctionDef(self, node: Function) -> str:
        outer = [*node.decorator_list, *_defaults(node.args)]
        names = _arguments(node.args) | self._local(node.body)
        inside = self._scoped(names, lambda: self._inner(node))
        name = node.name if self.scopes else ""  # a method is called by its name
        return f"{type(node).__name__}({name},{self.write(outer)},{inside})"

    _AsyncFunctionDef = _FunctionDef

    def _Lambda(self, node: ast.Lambda) -> str:
        outer = self.write(_defaults(node.args))
        return f"Lambda({outer},{self._scoped(_arguments(node.args), lambda: self._inner(node))})"

    def _inner(self, node: Function | ast.Lambda) -> str:
        """Parameters and body of a function."""
        return f"{self._fields(node.args, ('defaults', 'kw_defaults'))}{self.write(node.body)}"

    def _arg(self, node: ast.arg) -> str:
        return node.arg

    def _ClassDef(self, node: ast.ClassDef) -> str:
        outer = self.write([*node.decorator_list, *node.bases, *node.keywords])
        inside = self._scoped(self._local(node.body), lambda: self.write(node.body), is_class=True)
        return f"ClassDef({node.name if self.scopes else ''},{outer},{inside})"

    def _comprehended(self, node: Comprehension) -> str:
        first = self.write(node.generators[0].iter)
        names = (name for generator in node.generators for name in ast.walk(generator.target))
        bound: Names = {name.id: [] for name in names if isinstance(name, ast.Name)}
        return first + self._scoped(bound, lambda: self._fields(node))

    _ListComp = _SetComp = _DictComp = _GeneratorExp = _comprehended

    def _Assign(self, node: ast.Assign | ast.AnnAssign) -> str:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not self.scopes:
            return f"Assign({self.write(node.value)})"
        return f"Assign({self.write(targets)},{self.write(node.value)})"

    def _AnnAssign(self, node: ast.AnnAssign) -> str:
        in_class = bool(self.scopes) and self.scopes[-1].is_class
        if in_class:  # a field: its name, order and default count
            return f"Field({self.write(node.target)},{self.write(node.value)})"
        return "" if node.value is None else self._Assign(node)

    def _Expr(self, node: ast.Expr) -> str:
        return "" if _is_text(node) else self._fields(node)

    def _Pass(self, _node: ast.Pass) -> str:
        return ""

    def _If(self, node: ast.If) -> str:
        return "" if _for_types(node) else self._fields(node)

    def _Import(self, _node: ast.Import | ast.ImportFrom) -> str:
        return ""  # its targets are followed where they are used

    _ImportFrom = _Import

    def _Assert(self, node: ast.Assert) -> str:
        return self._fields(node, ("msg",))

    def _Raise(self, node: ast.Raise) -> str:
        return f"Raise({self.write(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)})"

    def _Call(self, node: ast.Call) -> str:
        called = self.write(node.func)
        return self.write(node.args[1]) if called == "typing.cast" else self._fields(node)

    def _local(self, body: Sequence[ast.stmt]) -> Names:
        """The names that are bound in the body of a function or class, not in the functions inside it."""
        names: Names = defaultdict(list)
        foreign: set[str] = set()
        waiting: list[ast.AST] = list(body)
        while waiting:
            node = waiting.pop()
            if isinstance(node, Function | ast.ClassDef):
                names[node.name] += []
                waiting += node.decorator_list
            elif isinstance(node, ast.Import | ast.ImportFrom):
                for name, targets in self._imported(node).items():
                    names[name] += targets
            elif isinstance(node, ast.Global | ast.Nonlocal):
                foreign.update(node.names)
            elif isinstance(node, Comprehension | ast.Lambda):
                for name in [inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]:
                    names[name] += []
            else:
                if isinstance(node, ast.Name) and _is_stored(node):
                    names[node.id] += []
                elif isinstance(captured := getattr(node, "name", None) or getattr(node, "rest", None), str):
                    names[captured] += []  # of an exception, or of a pattern
                waiting += ast.iter_child_nodes(node)
        return {name: targets for name, targets in names.items() if name not in foreign}

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Names:
        """The names that an import in a function binds; one that a mark leaves out on this device has no target."""
        module = self.walk.sources.read(self.module)
        left_out = self.walk.left_out(module.mark(node))
        return {name: [] if left_out else [target] for name, target in module.imported(node).items()}


def _arguments(given: ast.arguments) -> Names:
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {argument.arg: [] for argument in named if argument is not None}


def _defaults(given: ast.arguments) -> list[ast.expr]:
    return [*given.defaults, *(default for default in given.kw_defaults if default is not None)]


def _sha(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
