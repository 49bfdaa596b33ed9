"""What the site shows of the program and its records, made while it is built, so that it is never out of date.

The page of the report with its figures and the records behind it are files of the site; `<!-- help: VERB -->` in a page
becomes what `harness VERB --help` prints, and `<!-- code: FILE -->` a Python file whose comments stand as text between
the pieces of its code.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
SHOWN = (".html", ".svg", ".csv", ".tex")


def on_files(files: Files, config: Any) -> Files:
    """Add the report that the evidence gives, and the evidence."""
    from harness.papers import catalogue
    from harness.report import Folders, render

    evidence = ROOT / "results" / "evidence"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "results").mkdir()
        (folder / "results" / "evidence").symlink_to(evidence)  # the page links to its records by relative paths
        render(Folders(folder / "results" / "evidence", folder / "reports"), catalogue())
        for path in sorted((folder / "reports").iterdir()):
            if path.suffix in SHOWN:
                files.append(File.generated(config, f"reports/{path.name}", content=path.read_bytes()))
    for path in sorted([*evidence.rglob("*.json"), *evidence.rglob("*.svg")]):
        place = f"results/evidence/{path.relative_to(evidence).as_posix()}"
        files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the help of a verb in its place, and leave out the marks that tests read.

    A link out of docs/ to a report or a record, as a reader of the repository needs it, becomes one within the site.
    """
    markdown = markdown.replace("](../reports/report.md)", "](reports/index.html)")
    markdown = re.sub(r"\]\(\.\./(reports|results)/", r"](\1/", markdown)
    shown = re.sub(r"^<!-- help: (.*) -->$", lambda found: _help(found[1].split()), markdown, flags=re.MULTILINE)
    shown = re.sub(r"^<!-- code: (.*) -->$", lambda found: _explained(ROOT / found[1]), shown, flags=re.MULTILINE)
    return re.sub(r"^<!-- (smoke|dry run|not run.*) -->\n", "", shown, flags=re.MULTILINE)


def _explained(path: Path) -> str:
    """A Python file as Markdown: comments at the start of a line become text, what lies between them blocks of code."""
    parts = re.split(r"^((?:# .*\n)+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    blocks = [f"```python\n{code.strip()}\n```" for code in parts[::2]]
    texts = [re.sub(r"^# ", "", text, flags=re.MULTILINE) for text in parts[1::2]]
    return "\n\n".join([blocks[0], *(part for pair in zip(texts, blocks[1:], strict=True) for part in pair)])


def _help(verb: list[str]) -> str:
    from typer.testing import CliRunner

    from harness.cli import app

    done = CliRunner().invoke(app, [*verb, "--help"], prog_name="harness", env={"COLUMNS": "100"})
    if done.exit_code != 0:
        raise ValueError(f"harness {' '.join(verb)} --help: exit code {done.exit_code}")
    return f"```text\n{done.output.strip()}\n```"
