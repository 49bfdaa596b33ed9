"""What the site shows of the program and its records, made while it is built, so that it is never out of date.

Made as files: the report's page with its figures, tables and records; the pictures of the encoders; a page for each
command; the notebook with its outputs. Put into pages in place of a mark: `<!-- code: FILE -->` a Python file whose
comments stand as text between the pieces of its code; `<!-- experiments -->`, `<!-- tables -->`, `<!-- speed -->` and
`<!-- gallery -->` what their names say.
"""

import base64
import json
import os
import re
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pictures
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
EVIDENCE = ROOT / "results" / "evidence"
SHOWN = (".html", ".svg", ".csv", ".tex", ".md")
NO_ADDRESS = 'REPOSITORY = \\"\\"'  # as the notebook's JSON has it; filled where the clone knows its address

_made: dict[str, str] = {}  # what stands in place of a mark


def on_config(config: Any) -> Any:
    """Name the version at the foot of each page; link to the repository where the clone knows its address."""
    from harness.report.publish import git, web_address

    if address := web_address(git(ROOT, "remote", "get-url", "origin")):
        config.repo_url, config.edit_uri = f"{address}/", "edit/main/docs/"
    config.copyright = f"DCT-SNN harness {version('dct-snn-harness')}"
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add what is made."""
    for place, content in _files(config.repo_url or ""):
        files.append(File.generated(config, place, content=content))
    for path in sorted([*EVIDENCE.rglob("*.json"), *EVIDENCE.rglob("*.svg")]):
        place = f"results/evidence/{path.relative_to(EVIDENCE).as_posix()}"
        files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def _files(address: str) -> Iterator[tuple[str, str | bytes]]:
    """Place and content of every file that is made."""
    with tempfile.TemporaryDirectory() as name:
        reports = dict(_report(Path(name)))
    yield from ((f"reports/{name}", content) for name, content in reports.items() if not name.endswith(".md"))
    _made["tables"] = _tables(sorted(name for name in reports if name.endswith(".csv")))
    for name, content in pictures.gallery().items():
        yield f"pictures/{name}", content
    steps = sorted((EVIDENCE / "bench").rglob("bench.json"))  # of each machine
    _made.update(gallery=_gallery(), experiments=_experiments(), speed="\n\n".join(map(_steps, steps)))
    for verb, text in _commands():
        yield f"reference/commands/{verb}.md", text
    yield from _notebook(address)


def _report(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of the report that the evidence gives."""
    from harness.papers import own_catalogue
    from harness.report import read, render

    (folder / "results").mkdir()
    (folder / "results" / "evidence").symlink_to(EVIDENCE)  # the page links to its records by relative paths
    render(read(folder / "results" / "evidence", None, own_catalogue()), folder / "reports", png=False)
    for path in sorted((folder / "reports").rglob("*")):
        if path.suffix in SHOWN:
            yield path.relative_to(folder / "reports").as_posix(), path.read_bytes()


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace each mark by the text made for it, and leave out the marks that tests read.

    A link out of docs/ to a report or a record, as a reader of the repository needs it, becomes one within the site,
    and that to the findings becomes their text.
    """
    if (link := "[All findings](../reports/findings.md)\n") in markdown:
        markdown = markdown.replace(link, (ROOT / "reports" / "findings.md").read_text(encoding="utf-8"))
    markdown = re.sub(r"(\]\((?:\.\./)*)\.\./reports/report\.md\)", r"\1reports/index.html)", markdown)
    markdown = re.sub(r"(\]\((?:\.\./)*)\.\./reports/(\w+)\.md\)", r"\1reports/\2.html)", markdown)
    markdown = re.sub(r"\]\(((?:\.\./)*)\.\./(reports|results)/", r"](\1\2/", markdown)
    markdown = markdown.replace("student.ipynb)", "tutorials/notebook.md)")
    shown = re.sub(r"^<!-- code: (.*) -->$", lambda match: _explained(ROOT / match[1]), markdown, flags=re.MULTILINE)
    shown = re.sub(r"^<!-- (\w+) -->$", lambda match: _made.get(match[1], match[0]), shown, flags=re.MULTILINE)
    silent = r"^<!-- (dry run|output|file: [^ ]*|not run.*|/?race|/?products|/?waiting) -->\n"
    return re.sub(silent, "", shown, flags=re.MULTILINE)


def _explained(path: Path) -> str:
    """A Python file as Markdown: comments at the start of a line become text, what lies between them blocks of code."""
    parts = re.split(r"^((?:# .*\n)+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    blocks = [f"```python\n{code.strip()}\n```" for code in parts[::2]]
    texts = [re.sub(r"^# ", "", text, flags=re.MULTILINE) for text in parts[1::2]]
    return "\n\n".join([blocks[0], *(part for pair in zip(texts, blocks[1:], strict=True) for part in pair)])


def _tables(names: list[str]) -> str:
    """Links to the tables of each experiment."""
    lines = ["| experiment | accuracies | operations | LaTeX |", "| --- | --- | --- | --- |"]
    for name in (name.removesuffix(".csv") for name in names if not name.endswith("-operations.csv")):
        links = (f"[CSV](reports/{name}.csv)", f"[CSV](reports/{name}-operations.csv)", f"[LaTeX](reports/{name}.tex)")
        lines.append(f"| `{name}` | {' | '.join(links)} |")
    return "\n".join(lines)


def _experiments() -> str:
    from harness.papers import own_catalogue

    lines = ["| experiment | in the paper | what it asks | data set | profiles |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{e.name}` | {e.source} | {e.title} | {e.dataset} | {', '.join(e.profile_names)} |"
        for paper in own_catalogue().papers
        for e in paper.experiments
    ]
    return "\n".join(lines)


def _steps(path: Path) -> str:
    measurements = json.loads(path.read_text(encoding="utf-8"))
    lines = ["| network, batch, T | ours, bf16 | bare layers, bf16 | ours / bare | fastest peer | peer / ours |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    steps = [row for row in measurements["rows"] if row.get("what") in (None, "step") and row["ms_per_image"]]
    for point in dict.fromkeys((row["network"], row["batch"], row["timesteps"]) for row in steps):
        rows = [row for row in steps if (row["network"], row["batch"], row["timesteps"]) == point]
        times = {row["implementation"]: row["ms_per_image"] for row in rows}
        peer = min((row for row in rows if row["kind"] == "peer"), key=lambda row: row["ms_per_image"], default=None)
        ours, bare = times.get("ours bf16"), times.get("matmuls bf16")
        if peer and ours and bare:
            other = f"{peer['implementation']}, {peer['ms_per_image']:.3g} ms | {peer['ms_per_image'] / ours:.2f}"
            lines.append(
                f"| {', '.join(map(str, point))} | {ours:.3g} ms | {bare:.3g} ms | {ours / bare:.2f} | {other} |"
            )
    facts = ", ".join(f"{name} {value}" for name, value in measurements["machine"].items())
    return "\n".join([*lines, "", f"Measured with {facts}."])


# The gallery of encoders. When each one speaks, in words, is the only thing that the program does not say itself.
SPEAKS = {
    "dct": "at every step one frequency, the coarsest first; after 16 steps it begins again",
    "poisson": "at every step, at random; the brighter the pixel, the more often",
    "direct": "at every step, the same",
    "phase": "bit by bit, the most significant first; after 8 steps it begins again",
    "burst": "in bursts whose spikes grow; the brighter the pixel, the sooner",
    "ttfs": "once; the brighter the pixel, the earlier and the larger",
    "latency": "once; the brighter the pixel, the earlier",
}
VALUES = {
    "binary": "binary: a spike or none",
    "ternary": "signed: a spike of +1 or −1, or none",
    "graded": "graded: spikes of several sizes, so that the first layer multiplies",
    "analog": "analog: a number at every step, so that the first layer multiplies",
}
# Where each code is measured: experiment, profile, steps, and in words.
MEASURED = (
    ("mnist-encoders", "paper", 16, "MNIST, the paper's network, 16 steps"),
    ("cifar10-encoders", "lite", 48, "CIFAR-10, a small network, 48 steps"),
)


def _gallery() -> str:
    """A section for each built-in encoder: its picture, and what there is to know of it."""
    import encoders
    import harness
    from encoders.registry import BUILTIN

    cells = harness.load_records(EVIDENCE)
    done = cells[cells["status"] == "done"]
    parts = []
    for name, built in BUILTIN.items():
        info = encoders.create(name).info
        facts = {"values": VALUES[info.alphabet], "speaks": SPEAKS[name], "source": info.source}
        for experiment, profile, steps, words in MEASURED:
            of_code = (done["experiment"] == experiment) & (done["profile"] == profile) & (done["timesteps"] == steps)
            scores = done[of_code & (done["arm"] == name)]["accuracy"]
            facts[words] = f"{scores.mean():.2f} % (mean of {len(scores)} seeds)" if len(scores) else "no fresh records"
        rows = "\n".join(f"| {key} | {value} |" for key, value in facts.items())
        alternative = f"A digit and a photograph under {built.title}: spikes, and the image read back from them"
        parts.append(
            f"## {built.title}\n\n![{alternative}](pictures/encoder-{name}.png)\n\n"
            f"| `{name}` | |\n| --- | --- |\n{rows}"
        )
    return "\n\n".join(parts)


# The reference of the commands


def _commands() -> Iterator[tuple[str, str]]:
    """A page for each command, with its help and that of its own commands."""
    from typer.main import get_command

    from harness.cli import app

    listed = ["# Commands", "", "| command | what it does |", "| --- | --- |"]
    for verb, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        below = list(getattr(command, "commands", {}))
        parts = [f"# harness {verb}", _help([verb])]
        for name in below:
            parts += [f"## harness {verb} {name}", _help([verb, name])]
        listed.append(f"| [`harness {verb}`]({verb}.md) | {command.help.splitlines()[0]} |")
        yield verb, "\n\n".join(parts)
    yield "index", "\n".join([*listed, "", EXIT_CODES])


EXIT_CODES = """`harness --version` names the version, `harness --install-completion` teaches the shell the names.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | a cell failed, or a check found a difference |
| 2 | wrong usage or input: one line says what, where, and what to do |
| 3 | `report --strict` found a claim that is lower, contradicted or no difference |
| 75 | stopped with a checkpoint: the same command goes on |
| 130 | stopped by Ctrl-C |
"""


def _help(verb: list[str]) -> str:
    from typer.testing import CliRunner

    from harness.cli import app

    done = CliRunner().invoke(app, [*verb, "--help"], prog_name="harness", env={"COLUMNS": "100"})
    if done.exit_code != 0:
        raise ValueError(f"harness {' '.join(verb)} --help: exit code {done.exit_code}")
    return f"```text\n{done.output.strip()}\n```"


# The notebook


def _notebook(address: str) -> Iterator[tuple[str, str | bytes]]:
    """The notebook as a page with its outputs, its figures, and the notebook itself, to be opened elsewhere."""
    import nbformat
    from nbclient import NotebookClient

    text = (ROOT / "docs" / "student.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "results").mkdir()
        (Path(folder) / "results" / "evidence").symlink_to(EVIDENCE)
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}})
        client.execute(env={k: v for k, v in os.environ.items() if k != "MPLBACKEND"})  # figures are drawn into cells
    parts = []
    for cell in notebook.cells:
        parts.append(cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```")
        for output in cell.get("outputs", []):
            if "text" in output and output.name == "stdout":
                parts.append(f"```text\n{output.text.rstrip()}\n```")
            data = output.get("data", {})
            if "image/png" in data:
                place = f"pictures/notebook-{len(parts)}.png"
                yield place, base64.b64decode(data["image/png"])
                parts.append(f"![What the cell above draws](../{place})")
            elif "text/plain" in data:
                parts.append(f"```text\n{data['text/plain']}\n```")
    yield "tutorials/notebook.md", "\n\n".join([*parts, "[Download this notebook](quickstart.ipynb)"])
    yield "tutorials/quickstart.ipynb", text.replace(NO_ADDRESS, NO_ADDRESS[:-2] + address + '\\"')
