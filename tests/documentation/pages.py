"""The pages that readers see, and the commands that they tell a reader to type."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One line of a block. mark: the comment before the block: how a test runs it where it is not run as printed."""

    line: str
    mark: str

    @property
    def is_run(self) -> bool:
        """Whether a test runs it, in full or planned."""
        return not self.mark.startswith("not run")

    @property
    def extra(self) -> list[str]:
        """What a test adds to it, to be done in seconds."""
        trains = self.line.startswith("harness run ")
        return {"smoke": ["--profile", "smoke"], "dry run": ["--dry-run"]}.get(self.mark, []) if trains else []


def pages() -> list[Path]:
    """The Markdown files of the site."""
    return sorted(path for path in DOCS.rglob("*.md") if path.name != "simulations.md")


def commands(page: Path) -> Iterator[Command]:
    """Every line of every block for a shell."""
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        for line in found["text"].splitlines():
            if line.strip():
                yield Command(line, found["mark"] or "")


def name_of(page: Path) -> str:
    """The page's place in docs/."""
    return page.relative_to(DOCS).as_posix()
