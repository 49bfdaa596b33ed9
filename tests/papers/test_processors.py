"""The sentence on arms that were recorded on another processor than the rest of their experiment."""

from pathlib import Path

from msgspec import structs

from harness.records.store import read_record, write_record
from tests.analysis.conftest import Write
from tests.analysis.judging import MNIST
from tests.papers.conftest import sentences


def write_on(folder: Path, write: Write, device: str, *cell: object) -> None:
    record = read_record(write(*cell))
    write_record(folder, structs.replace(record, environment={"device": device}, digest=""))


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if text.startswith("Sums round differently")]


def test_the_arms_of_the_rarer_processor_are_named(tmp_path: Path, write: Write) -> None:
    for arm, device in (("cyclic-16", "One"), ("cyclic-5", "One"), ("cyclic-2", "Another")):
        write_on(tmp_path, write, device, MNIST, "paper", arm, 0, 9000)
    write_on(tmp_path, write, "Another", MNIST, "smoke", "cyclic-5", 0, 9000)
    (sentence,) = said(tmp_path)
    assert sentence.split(" | ")[1:] == [f"{MNIST} (paper profile): cyclic-2 on Another, all others on One"]


def test_nothing_is_said_of_one_processor(tmp_path: Path, write: Write) -> None:
    for arm in ("cyclic-16", "cyclic-5"):
        write_on(tmp_path, write, "One", MNIST, "paper", arm, 0, 9000)
    write(MNIST, "paper", "cyclic-2", 0, 9000)  # a record that does not tell
    assert said(tmp_path) == []
