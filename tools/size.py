"""The size of the program: lines, files, imports, and modules that only one other module imports.

`python -m tools.size [REV …]` prints a column for the working tree, or one for each git revision. Nothing is
enforced.
"""

import ast
import io
import subprocess
import sys
import tarfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
AREAS = {"program": ("encoders", "harness"), "bench, tools": ("bench", "tools"), "tests": ("tests",)}
SHORT = 120  # lines: a shorter module with one importer could be a part of that importer
Sources = Mapping[str, str]
"""The Python files of a tree, by path."""


def git(*arguments: str) -> bytes:
    """The output of git."""
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=True).stdout


def sources(revision: str | None) -> Sources:
    """The Python files of a revision, or of the working tree (None), without what git ignores."""
    if revision is None:
        listed = git("ls-files", "--cached", "--others", "--exclude-standard", "*.py").decode().splitlines()
        return {name: (ROOT / name).read_text("utf-8") for name in listed if (ROOT / name).is_file()}
    folders = {name.split("/")[0] for name in git("ls-tree", "--name-only", revision).decode().splitlines()}
    wanted = [folder for area in AREAS.values() for folder in area if folder in folders]
    with tarfile.open(fileobj=io.BytesIO(git("archive", revision, *wanted))) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.name.endswith(".py")}
        return {name: file.read().decode() for name, file in files.items() if file is not None}


def area(files: Sources, name: str) -> Sources:
    """The files of one area."""
    return {path: text for path, text in files.items() if path.split("/")[0] in AREAS[name]}


def imports(tree: ast.AST) -> list[ast.Import | ast.ImportFrom]:
    """Every import statement, also in functions."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def import_share(program: Sources) -> float:
    """The share (0..1) of lines that belong to import statements."""
    statements = [node for text in program.values() for node in imports(ast.parse(text))]
    return sum((node.end_lineno or 0) - node.lineno + 1 for node in statements) / lines(program)


def lines(files: Sources) -> int:
    """The number of lines, with blank ones and comments."""
    return sum(len(text.splitlines()) for text in files.values())


def single_importers(program: Sources) -> list[str]:
    """The paths of modules, without packages' `__init__`, that exactly one other module of the program imports."""
    modules = {".".join(PurePosixPath(path).with_suffix("").parts).removesuffix(".__init__"): path for path in program}
    importers = defaultdict(set)
    for path, text in program.items():
        for node in imports(ast.parse(text)):
            names = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                inner = [f"{node.module}.{name}" for name in names]
                names = [name if name in modules else str(node.module) for name in inner]
            for name in names:
                if name in modules and modules[name] != path:
                    importers[modules[name]].add(path)
    return sorted(path for path, paths in importers.items() if len(paths) == 1 and not path.endswith("__init__.py"))


def figures(files: Sources) -> dict[str, str]:
    """The counts by name, in words."""
    program = area(files, "program")
    single = single_importers(program)
    short = [path for path in single if len(program[path].splitlines()) < SHORT]
    sizes = {name: f"{lines(area(files, name)):,} lines, {len(area(files, name))} files" for name in AREAS}
    return {
        **sizes,
        "import lines of the program": f"{import_share(program):.1%}",
        "modules with one importer": f"{len(single)}, {len(short)} of them under {SHORT} lines",
    }


def main(revisions: list[str]) -> None:
    """Print the table."""
    columns = {name: figures(sources(name)) for name in revisions} or {"working tree": figures(sources(None))}
    print(f"{'':30}" + "".join(f"{heading:>34}" for heading in columns))
    for name in next(iter(columns.values())):
        print(f"{name:30}" + "".join(f"{column[name]:>34}" for column in columns.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
