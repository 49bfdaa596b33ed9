"""Give records of schema 2 the fingerprints of schema 3, where their code is proved to be today's.

    python -m harness.migrate_fingerprints results/evidence --base REV

REV is the commit whose code the records were computed with. A record is refused unless its fingerprint is the one that
REV's own code gives it, and unless the numbers are decided by the same contents in REV and here. Nothing is retrained.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
import typer

from encoders.registry import module_of
from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.fingerprint import fingerprint
from harness.records import record_paths, write_record
from harness.schema import Record

# What REV computes of each record's configuration, with its own code: the old fingerprint.
OLD = """
import json, sys, msgspec
from encoders.registry import module_of
from harness.config import CellConfig
from harness.fingerprint import fingerprint
for line in sys.stdin:
    config, data = json.loads(line)
    config = msgspec.convert(config, CellConfig)
    print(msgspec.json.encode(fingerprint(config, data, module_of(config.encoder.name))).decode())
"""
# The contents that decide numbers in REV, found by today's code: it lies beside REV's packages.
NEW = """
import json, sys
from contents import modules_of
for line in sys.stdin:
    print(json.dumps(sorted(set(modules_of(json.loads(line)).values()))))
"""


def main(results: Path, base: Annotated[str, typer.Option(help="The commit that computed the records.")]) -> None:
    """Check every record and, if none is refused, write them all."""
    paths = list(record_paths(results))
    raws = [json.loads(path.read_bytes()) for path in paths]
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        _check_out(base, tree)
        old = _asked(OLD, tree, [[raw["config"], raw["fingerprint"]["data"]] for raw in raws])
        encoders = sorted({module_of(raw["config"]["encoder"]["name"]) for raw in raws})
        contents = dict(zip(encoders, _asked(NEW, tree, encoders), strict=True))
    records = [_migrated(*row, contents) for row in zip(paths, raws, old, strict=True)]
    for record in records:
        write_record(results, record)
    print(f"{len(records)} records migrated, none refused")


def _check_out(base: str, tree: Path) -> None:
    archive = subprocess.run(["git", "archive", base, "harness", "encoders"], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)
    source = Path(__file__).with_name("fingerprint.py").read_text(encoding="utf-8")
    # It looks for packages one folder above its own.
    (tree / "today").mkdir()
    (tree / "today" / "contents.py").write_text(source, encoding="utf-8")


def _asked(program: str, tree: Path, lines: Sequence[Any]) -> list[Any]:
    text = "\n".join(json.dumps(line) for line in lines)
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(tree)!r}, {str(tree / 'today')!r}]\n{program}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=tree)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _migrated(path: Path, raw: dict[str, Any], old: dict[str, Any], contents: dict[str, list[str]]) -> Record:
    if raw["fingerprint"] != old:
        raise HarnessError(f"{path}: refused: its fingerprint is not that of the code at --base")
    config = msgspec.convert(raw["config"], CellConfig)
    module = module_of(config.encoder.name)
    today = fingerprint(config, raw["fingerprint"]["data"], module)
    if sorted(set(today.modules.values())) != contents[module]:
        raise HarnessError(f"{path}: refused: the code that decides its numbers has changed since --base")
    changed = {"fingerprint": msgspec.to_builtins(today), "schema_version": 3, "digest": ""}
    return msgspec.json.decode(canonical_json(raw | changed), type=Record)


if __name__ == "__main__":
    typer.run(main)
