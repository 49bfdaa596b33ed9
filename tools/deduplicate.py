"""Remove copies of records: one computation keeps one record, whatever experiments ask for it.

`python -m tools.deduplicate --results-dir FOLDER` says which records say nothing that another one of the same recipe,
data and device does not say; `--apply` deletes them. A record of another processor differs in its numbers and stays.
Nothing that stays is touched: each is read, its digest checked, and its bytes compared before and after.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli import program
from harness.errors import HarnessError
from harness.machine.console import counted
from harness.machine.files import content_digest
from harness.records.store import read_record, record_paths
from harness.records.weights import weights_path
from harness.schema import Record

# What tells how a record came about or what it is called, and not what was computed.
ABOUT = frozenset({"config", "environment", "timings", "weights", "fingerprint", "schema_version", "digest", "machine"})
TRAINED_AS = "trained as"  # of an early copy's environment: the name under which the cell was trained

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def copies(records: Sequence[tuple[Path, Record]]) -> Iterator[tuple[Path, Path]]:
    """Records of one computation that another one of `records` makes superfluous: (the copy, what is kept).

    None where two processors computed it: there a copy tells which of the two answers in its experiment.
    """
    if len({record.environment.get("device") for _, record in records}) > 1:
        return
    kept: list[tuple[Path, Record]] = []
    for path, record in sorted(records, key=_worth):
        source = next((other for other, known in kept if _says_no_more(record, known)), None)
        if source is None:
            kept.append((path, record))
        else:
            yield path, source


def _worth(found: tuple[Path, Record]) -> tuple[bool, bool, bool, int, str]:
    """Those first beside which weights lie, that name weights, that were trained under their own name, and say most."""
    path, record = found
    there, size = weights_path(path).exists(), len(msgspec.json.encode(record))
    return not there, record.weights is None, TRAINED_AS in record.environment, -size, str(path)


def _says_no_more(record: Record, other: Record) -> bool:
    """Whether every output of `record` is in `other`, from the same environment."""
    around = ({name: value for name, value in r.environment.items() if name != TRAINED_AS} for r in (record, other))
    if next(around) != next(around) or record.status != "done" or other.status != "done":
        return False
    ours, theirs = msgspec.to_builtins(record), msgspec.to_builtins(other)
    outputs = {name: value for name, value in ours.items() if name not in ABOUT}
    bits = outputs.pop("right", {})
    return all(theirs.get(name) == value for name, value in outputs.items()) and bits.items() <= other.right.items()


@app.command()
def command(
    results_dir: Annotated[Path, typer.Option(help="The folder of records.")] = Path("results/local"),
    apply: Annotated[bool, typer.Option("--apply", help="Delete the copies.")] = False,
) -> None:
    """Name (and delete) records that are copies of another one."""
    groups: dict[tuple[str, str, str], list[tuple[Path, Record]]] = {}
    before = {path: content_digest(path.read_bytes()) for path in record_paths(results_dir)}
    for path in before:
        record = read_record(path)  # refuses one whose content and digest disagree
        mark = record.fingerprint
        groups.setdefault((mark.recipe, mark.data, mark.device), []).append((path, record))
    found = [pair for group in groups.values() for pair in copies(group)]
    for copy, source in found:
        print(f"{copy.relative_to(results_dir)} says what {source.relative_to(results_dir)} says")
        if apply:
            copy.unlink()
            weights_path(copy).unlink(missing_ok=True)
    after = {path: content_digest(path.read_bytes()) for path in record_paths(results_dir)}
    gone = {copy for copy, _ in found} if apply else set()
    if after != {path: digest for path, digest in before.items() if path not in gone}:
        raise HarnessError(f"{results_dir}: a record changed meanwhile", "restore it, and stop what runs there")
    pairs = sum(len(group) > 1 for group in groups.values())
    print(f"{counted(len(before), 'record')} of {counted(len(groups), 'computation')}, {pairs} with more than one")
    print(f"{counted(len(found), 'copy', 'copies')} {'deleted' if apply else 'to delete'}; no other byte is changed")


if __name__ == "__main__":
    program(app)
