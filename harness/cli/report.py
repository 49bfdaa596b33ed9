"""`harness report` writes the published numbers beside the records, with verdicts."""

import json
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options
from harness.cli.options import EVIDENCE, LOCAL, OnePaper, Quiet, asked_for, beside, folder_option, with_records
from harness.errors import HarnessError
from harness.machine.console import plain_console, say

if TYPE_CHECKING:
    from harness.report import Source

NO_EVIDENCE = "no evidence at hand: that of the harness's papers lies in a clone; name another with --evidence-dir"


def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EXPERIMENT]...", help=f"{options.AS_LISTED} Default: all experiments."),
    ] = None,
    paper: OnePaper = None,
    evidence_dir: Annotated[Path, folder_option("Folder of the committed records.")] = EVIDENCE,
    results_dir: Annotated[Path, folder_option("Folder of your own records, shown beside the evidence.")] = LOCAL,
    out: Annotated[
        Path | None, folder_option("Folder to write to. Default: beside your own records, as results/local-report.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit 3 if a claim, by the evidence or by your records, is lower, contradicted or no difference.",
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a clone's reports and README are out of date.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document to stdout, and write files only with --out.")
    ] = False,
    quiet: Quiet = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Compare the published numbers with the records: verdicts, tables, plots and a page."""
    from harness import papers
    from harness import report as reporting
    from harness.analysis.verdicts import VERDICTS
    from harness.report.publish import REPORTS

    # What a clone keeps is made from the papers that come with the harness, whatever else is installed.
    catalogue = papers.own_catalogue() if check else papers.catalogue(strict)
    console = plain_console(stderr=as_json, quiet=quiet)
    with_records(evidence_dir, EVIDENCE)
    if check and (names or paper or out or strict or open_page):
        raise HarnessError(
            "--check is of all that a clone keeps", "leave out names, --paper, --out, --strict and --open"
        )
    if open_page and as_json and out is None:
        raise HarnessError("--json writes no page that --open could show", "name a folder with --out")
    if check and not REPORTS.is_dir():
        raise HarnessError(f"no {REPORTS} here", "--check is for a clone of the repository: run it there")
    if check:
        wrong = reporting.check(reporting.read(evidence_dir, None, catalogue))
        said = "\n".join(f"{name} is not what the records give" for name in wrong) or "up to date"
        if as_json or not quiet:
            say(json.dumps({"outdated": wrong}) if as_json else said)
        raise typer.Exit(1 if wrong else 0)
    called = []
    for name in dict.fromkeys(names or ()):
        catalogue, name = catalogue.including(name)
        called.append(name)
    sources = reporting.read(evidence_dir, with_records(results_dir), catalogue)
    named = [sources[0].catalogue.experiment(name).name for name in called]
    names = asked_for(catalogue, paper, named)
    if as_json:
        say(json.dumps(_document(sources, names)))
    elif len(sources) == 1 and not sources[0].at_hand and paper is None:
        console.print(
            f"nothing yet: no records in {results_dir}, and no evidence at hand; start with: harness run quickstart"
        )
        return
    if out is not None or not as_json:
        place = out or beside(results_dir if len(sources) > 1 else LOCAL)
        written = reporting.render(sources, place, named or None, paper=paper)
        for problem in written.unshown:
            console.print(problem, style="red")
        if open_page and not webbrowser.open((place / "index.html").absolute().as_uri()):
            console.print("no browser is at hand")
    if not as_json:
        console.print(reporting.in_terminal(sources, names))
        if not sources[0].at_hand:
            console.print(NO_EVIDENCE)
        console.print(f"wrote {place / 'index.html'}")
    judged = (judgement for _, judgement in _judgements(sources, names) if judgement.leads) if strict else ()
    # Only of an accuracy is less worse: not of a loss, of spikes or of energy.
    if any(VERDICTS[j.verdict].tone == "bad" and (j.verdict != "lower" or j.unit == "percent") for j in judged):
        raise typer.Exit(3)


def _judgements(sources: "Sequence[Source]", names: Sequence[str] | None) -> list[tuple[str, Any]]:
    """The judgements of all or the named experiments, each after the name of its results."""
    shown = [source for source in sources if source.at_hand]
    return [(s.name, j) for s in shown for j in s.judgements if not names or j.experiment in names]


def _document(sources: "Sequence[Source]", names: Sequence[str] | None) -> dict[str, Any]:
    """For `--json`: every claim with its verdict, every difference between arms, and every file that was not used."""
    from msgspec import to_builtins

    from harness.analysis.differences import differences
    from harness.report.sources import with_added

    found = []
    for source in sources:
        for name in source.catalogue.names():
            if not names or name in names:
                experiment = with_added(source.catalogue.experiment(name), [source])
                gaps = (one for at in source.profiles(name) for one in differences(source.loaded, experiment, at))
                found += [{"results": source.name, **to_builtins(one)} for one in gaps]
    return {
        "claims": [{"results": whose, **to_builtins(j)} for whose, j in _judgements(sources, names)],
        "differences": found,
        "problems": [problem for source in sources for problem in source.problems],
    }
