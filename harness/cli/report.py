"""`harness report` writes the published numbers beside the records, with verdicts; `harness compare` two folders."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.options import EVIDENCE, LOCAL, README, REPORTS, AsJson, beside
from harness.machine.console import console as plain


def report(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[EXPERIMENT]...", help="Default: all experiments.")
    ] = None,
    evidence_dir: Annotated[Path, typer.Option(help="Folder of the committed records.")] = EVIDENCE,
    results_dir: Annotated[Path, typer.Option(help="Folder of your own records, shown beside the evidence.")] = LOCAL,
    out: Annotated[
        Path | None, typer.Option(help="Report the evidence alone, into this folder. Default: beside your own records.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 if a claim is lower, higher or contradicted.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if --out is not up to date.")] = False,
    energy: Annotated[str, typer.Option(help="Picojoules of an accumulate, of a multiply-accumulate.")] = "0.9,4.6",
    as_json: AsJson = False,
) -> None:
    """Compare the published numbers with the records: verdicts, tables, plots and a page."""
    from harness import report as reporting
    from harness.analysis.energy_model import energy_model
    from harness.analysis.words import STRICT
    from harness.papers import catalogue

    console, prices, known = plain(stderr=as_json), energy_model(energy), catalogue()
    if check:
        wrong = reporting.check(
            reporting.Folders(evidence_dir, out or REPORTS, readme=None if out else README), known, prices
        )
        for name in wrong:
            console.print(f"{(out or REPORTS) / name} is not what the records give", highlight=False, soft_wrap=True)
        raise typer.Exit(1 if wrong else 0)
    for name in names or ():
        if not any((folder / name).is_dir() for folder in (evidence_dir, results_dir)):
            known.experiment(name)
    yours = results_dir if out is None and results_dir.is_dir() else None
    folder = out or (REPORTS if yours is None else beside(yours))
    folders = reporting.Folders(evidence_dir, folder, yours, readme=README if folder == REPORTS else None)
    result = reporting.render(folders, known, energy=prices)
    for problem in result.problems:
        console.print(f"not used: {problem}", highlight=False, soft_wrap=True)
    if as_json:
        claims = [
            *_claims_of(result.judgements, "evidence", names),
            *_claims_of(result.local_judgements, "yours", names),
        ]
        print(json.dumps({"claims": claims}))
    else:
        console.print(reporting.claims_table(known, evidence=evidence_dir, local=yours, experiments=names))
        console.print(f"wrote {folder / 'index.html'}", highlight=False, soft_wrap=True)
    shown = [j for j in (*result.judgements, *result.local_judgements) if not names or j.experiment in names]
    if strict and any(judgement.verdict in STRICT for judgement in shown):
        raise typer.Exit(3)


def _claims_of(judgements: Sequence[Any], source: str, names: Sequence[str] | None) -> list[dict[str, Any]]:
    import msgspec

    return [{"results": source, **msgspec.to_builtins(j)} for j in judgements if not names or j.experiment in names]


def compare(run_a: Path, run_b: Path, as_json: AsJson = False) -> None:
    """Show two results folders side by side, paired where seeds match."""
    from harness.papers import catalogue
    from harness.report import compare as compare_folders

    comparison = compare_folders(run_a, run_b, catalogue())
    if as_json:
        import msgspec

        print(json.dumps(msgspec.to_builtins(comparison)))
    else:
        plain().print(comparison.tables())
