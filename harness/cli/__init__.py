"""The command line: parse, call, exit code (0 done, 1 a cell failed, 2 wrong usage or input, 3 --strict)."""

import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from encoders.errors import EncoderError
from harness.cli.bench import bench
from harness.cli.certify import certify
from harness.cli.encoders import encoders_app
from harness.cli.options import AsJson, DataDir
from harness.cli.records import status, stoppable, verify
from harness.errors import HarnessError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Do the published accuracy-versus-timestep results of DCT-SNN come out again? Evidence and verdicts.",
)

EVIDENCE = Path("results/evidence")
LOCAL = Path("results/local")
REPORTS = Path("reports")

app.add_typer(encoders_app, name="encoders")
app.command()(status)
app.command()(verify)
app.command()(certify)
app.command()(bench)

ExperimentName = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="As `harness list` names it.")]
ResultsDir = Annotated[Path, typer.Option(help="Where records are written and looked for.")]


@app.command()
def run(
    experiment: ExperimentName,
    profile: Annotated[str | None, typer.Option(help="smoke, lite or paper; else the fullest practical one.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Seeds 0 … N−1; else as many as the profile plans.")] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Only this arm (again for more).")] = None,
    encoder: Annotated[list[str] | None, typer.Option(help="Add an encoder as an arm of its own.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16; else as the profile says.")] = None,
    kernel: Annotated[str, typer.Option(help="auto, numba, triton or reference (slow, readable).")] = "auto",
    data_dir: DataDir = None,
    results_dir: ResultsDir = LOCAL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and stop.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed cells again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the cells of an experiment that have no record yet, and show accuracy against timestep."""
    with stoppable("finished cells and epochs are kept; the same command goes on from there"):
        from harness.papers import catalogue
        from harness.runs import request as runner

        request = runner.Request(
            experiment=experiment,
            profile=profile,
            seeds=seeds,
            arms=tuple(arm or ()),
            encoders=tuple(encoder or ()),
            device=device,
            precision=_one_of("precision", precision, ("fp32", "bf16")),
            kernel=_one_of("kernel", kernel, ("auto", "numba", "triton", "reference")),
            data_dir=data_dir,
            results=results_dir,
            retry_failed=retry_failed,
        )
        known = catalogue()
        prepared = runner.prepare(request, known)
        errors = Console(stderr=True)
        runner.announce(prepared, errors)
        if dry_run:
            return
        rows = runner.execute(prepared, request, errors)
        if as_json:
            print(json.dumps({"cells": rows}))
        else:
            _show_results(prepared.experiment.name, known, results_dir)
    if any(row["status"] == "failed" for row in rows):
        raise typer.Exit(1)


def _show_results(experiment: str, catalogue: Any, results: Path) -> None:
    from harness.report import Folders, render, terminal_table

    console = Console()
    console.print(terminal_table(experiment, catalogue, evidence=EVIDENCE, local=results))
    written = render(Folders(EVIDENCE, _beside(results), results), catalogue, [experiment]).files
    console.print(f"wrote {len(written)} tables and plots; open {written[0].parent / 'index.html'}", soft_wrap=True)


def _beside(results: Path) -> Path:
    """Where the report of a results folder goes: results/local-report for results/local."""
    return results.with_name(f"{results.name}-report")


@app.command()
def report(
    names: Annotated[list[str] | None, typer.Argument(metavar="[EXPERIMENT]...", help="All where none.")] = None,
    evidence_dir: Annotated[Path, typer.Option(help="The records that this project stands behind.")] = EVIDENCE,
    results_dir: Annotated[Path, typer.Option(help="Your records, set beside the evidence.")] = LOCAL,
    out: Annotated[
        Path | None, typer.Option(help="Report the evidence alone, here; else beside your records if you have some.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if a claim is not reproduced.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if --out is not up to date.")] = False,
    energy: Annotated[str, typer.Option(help="Picojoules of an accumulate and of a MAC.")] = "0.9,4.6",
    as_json: AsJson = False,
) -> None:
    """Set the published numbers beside the records, with verdicts; write tables, plots and a page."""
    from harness import report as room
    from harness.analysis.energy_model import energy_model
    from harness.papers import catalogue

    console, prices, known = Console(stderr=as_json), energy_model(energy), catalogue()
    if check:
        wrong = room.check(room.Folders(evidence_dir, out or REPORTS), known, prices)
        for name in wrong:
            console.print(f"{(out or REPORTS) / name} is not what the records give", highlight=False, soft_wrap=True)
        raise typer.Exit(1 if wrong else 0)
    for name in names or ():
        if not any((folder / name).is_dir() for folder in (evidence_dir, results_dir)):
            known.experiment(name)
    yours = results_dir if out is None and results_dir.is_dir() else None
    folder = out or (REPORTS if yours is None else _beside(yours))
    result = room.render(room.Folders(evidence_dir, folder, yours), known, energy=prices)
    judgements = [j for j in (*result.judgements, *result.local_judgements) if not names or j.experiment in names]
    for problem in result.problems:
        console.print(f"not used: {problem}", highlight=False, soft_wrap=True)
    if as_json:
        mine = set(map(id, result.local_judgements))
        print(json.dumps({"claims": [_told(j, "yours" if id(j) in mine else "evidence") for j in judgements]}))
    else:
        console.print(room.claims_table(known, evidence=evidence_dir, local=yours, experiments=names))
        console.print(f"wrote {folder / 'index.html'}", highlight=False, soft_wrap=True)
    if strict and any(judgement.verdict == "not reproduced" for judgement in judgements):
        raise typer.Exit(3)


def _told(judgement: Any, source: str) -> dict[str, Any]:
    import msgspec

    return {"results": source, **msgspec.to_builtins(judgement)}


@app.command()
def compare(run_a: Path, run_b: Path, as_json: AsJson = False) -> None:
    """Show two results folders side by side, paired where seeds match."""
    from harness.papers import catalogue
    from harness.report import compare as compare_folders

    comparison = compare_folders(run_a, run_b, catalogue())
    if as_json:
        import msgspec

        print(json.dumps(msgspec.to_builtins(comparison)))
    else:
        Console().print(comparison.tables())


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise HarnessError(f"unknown {option} '{value}'", f"use {', '.join(allowed)}")
    return value


@app.command(name="list")
def list_() -> None:
    """List the experiments."""
    from harness.cli.look import show_experiments
    from harness.papers import catalogue

    show_experiments(catalogue(), Console())


@app.command()
def show(experiment: ExperimentName) -> None:
    """Show an experiment: arms, recipe of each profile, claims, deviations from the paper."""
    from harness.cli.look import show_experiment
    from harness.papers import catalogue

    known = catalogue()
    show_experiment(known.experiment(experiment), known.claims_of(experiment), Console())


@app.command()
def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL) -> None:
    """Say what is here: versions, device, data sets found and verified, disk."""
    from harness.cli.look import show_machine

    show_machine(Console(), data_dir, results_dir)


def main() -> None:
    """Run the command line; an error that the user can mend is one line and exit code 2."""
    # A path may hold what is no text; a message that names it must not fail on that.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (HarnessError, EncoderError) as error:
        told = str(error)
    except OSError as error:  # a full disk, a folder that may not be written, a name that is too long
        place = f": {error.filename}" if error.filename else ""
        told = f"{error.strerror or error}{place} — check the path, its permissions and the space on its disk"
    else:
        return
    print(f"error: {' '.join(told.split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
