"""The pages that readers see: the files they write, the commands they tell a reader to type, and what these print."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.command import ROOT

DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```sh\n(?P<text>.*?)^```$(?P<shown>\n\n<!-- output -->\n```text\n.*?^```$)?",
    re.MULTILINE | re.DOTALL,
)
FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = "…"  # a line of its own: what is left out of an output


class Command(NamedTuple):
    """One line of a block. mark: "dry run" or "not run: why" where a test does not run it as printed, else empty.

    shown: what the page says that the last line of a block prints; None where it says nothing.
    """

    line: str
    mark: str
    shown: str | None


def pages() -> list[Path]:
    return sorted(path for path in DOCS.rglob("*.md") if path.name != "simulations.md")


def commands(page: Path) -> Iterator[Command]:
    """Every line of every block for a shell."""
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        lines = [line for line in found["text"].splitlines() if line.strip()]
        shown = found["shown"].split("```text\n")[1].removesuffix("```") if found["shown"] else None
        for number, line in enumerate(lines, 1):
            yield Command(line, found["mark"] or "", shown if number == len(lines) else None)


def write_files(page: Path, folder: Path) -> None:
    for name, text in FILE.findall(page.read_text(encoding="utf-8")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def same(printed: str, shown: str) -> bool:
    """Whether a page shows what was printed, but for numbers, blanks and what it leaves out."""
    parts = [re.escape(plain(part)) for part in shown.split(CUT + "\n")]
    return re.fullmatch(r"\s*.*?\s*".join(parts), plain(printed), re.DOTALL) is not None


def plain(text: str) -> str:
    """Words alone: every number is one sign, its unit of time or size with it, and so are blanks and table lines.

    So is a number with its interval, which is left out where the seeds agree: that depends on the processor.
    """
    numbers = re.sub(r"[+−-]?\d[\d.,:]*(?: (?:s|min|h|days?|[KMGT]iB)\b)?", "#", text)
    return re.sub(r"[\s─━-]+", " ", numbers).replace("# (# to #)", "#").strip()


def write_output(page: Path, command: Command, printed: str) -> None:
    """Put what was printed in the place of what a page shows. Between two cuts, the first line of a part finds it."""
    lines, kept, parts = printed.rstrip("\n").splitlines(), list[str](), (command.shown or "").split(CUT + "\n")
    for number, part in enumerate(text.splitlines() for text in parts):
        kept += [CUT] if number else []
        start = next((at for at, line in enumerate(lines) if part and plain(line) == plain(part[0])), 0)
        start = max(0, len(lines) - len(part)) if number and number == len(parts) - 1 else start
        kept += lines[start : start + len(part)] if len(parts) > 1 else lines
    before = f"{command.line}\n```\n\n<!-- output -->\n```text\n"
    text = "".join(f"{line.rstrip()}\n" for line in kept)
    whole = page.read_text(encoding="utf-8").replace(f"{before}{command.shown}```", f"{before}{text}```", 1)
    page.write_text(whole, encoding="utf-8")
