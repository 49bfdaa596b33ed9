"""What computes: `harness run`, `verify` (a record a second time) and `predict` (a saved network)."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.cli import options
from harness.cli.options import EVIDENCE, LOCAL, MOST_TIMESTEPS, AsJson, DataDir, Quiet, stoppable
from harness.errors import HarnessError
from harness.machine.console import counted, plain_console, say
from harness.machine.process import Deadline

what, how_much, where_ = (partial(typer.Option, rich_help_panel=name) for name in ("What", "How much", "Where"))


# As in `harness.runs` and `harness.snn`, which import torch.
DeviceChoice = Literal["auto", "cpu", "cuda"]
KernelChoice = Literal["auto", "numba", "events", "triton", "reference"]
PlaceChoice = Literal["here", "slurm", "ray"]
SourceChoice = Literal["weights", "training", "snntorch", "norse"]


def run(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help=options.AS_LISTED, rich_help_panel="What")],
    arm: Annotated[list[str] | None, what(metavar="ARM", help="Train only this arm; repeat for more.")] = None,
    encoder: Annotated[
        list[str] | None,
        what(
            metavar="ENCODER",
            help="Add an arm: poisson, poisson@8 (timesteps), 'poisson(rate=0.5)'; repeat for more.",
        ),
    ] = None,
    timesteps: Annotated[
        list[int] | None,
        what(
            metavar="T",
            min=1,
            max=MOST_TIMESTEPS,
            help="Timesteps of the arms that --encoder adds; repeat for an arm of each.",
        ),
    ] = None,
    tune: Annotated[
        bool,
        what("--tune", help="Choose the fine-tuning rate of arms of --encoder on held-out images, by the common rule."),
    ] = False,
    profile: Annotated[
        options.ProfileChoice | None,
        how_much(
            help="Share of the paper's recipe. Default: paper if under three hours here, else lite if there is one."
        ),
    ] = None,
    seeds: Annotated[
        int | None, how_much(metavar="NUMBER", help="Number of seeds, from seed 0. Default: as the profile plans.")
    ] = None,
    dry_run: Annotated[
        bool, how_much("--dry-run", help="Show what would be trained, with --on slurm as a script; train nothing.")
    ] = False,
    retry_failed: Annotated[bool, how_much("--retry-failed", help="Train failed cells again.")] = False,
    for_time: Annotated[
        str | None,
        how_much("--for", metavar="TIME", help="Stop with a checkpoint after a time: 90s, 9m, 2h (exit code 75)."),
    ] = None,
    device: Annotated[DeviceChoice, where_(help="auto: a GPU if there is one.")] = "auto",
    kernel: Annotated[
        KernelChoice,
        where_(help="events skips inputs of zero: for wide networks without a GPU. reference is slow and readable."),
    ] = "auto",
    workers: Annotated[
        int | None,
        where_(
            metavar="NUMBER",
            help="Number of processes. Default: here one, or one a core if networks are small; elsewhere one a cell.",
        ),
    ] = None,
    on: Annotated[PlaceChoice, where_(help="What the workers run on.")] = "here",
    data_dir: Annotated[Path | None, where_(metavar="FOLDER", help=options.DATA_HELP)] = None,
    results_dir: Annotated[Path, options.folder_option("Folder of the records.", "Where")] = LOCAL,
    keep_weights: Annotated[
        bool | None, where_(help="Keep weights beside each record. Default: only those of networks under 2 MB.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    # What a run tells the workers that it starts.
    worker_of: Annotated[int | None, typer.Option(hidden=True)] = None,
    began: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Train the cells of an experiment that have no record yet, and show accuracy against timestep."""
    deadline = Deadline(options.seconds_of(for_time), parent=worker_of)
    with stoppable("finished cells and epochs are kept; the same command goes on from there", deadline):
        from harness.catalogue.experiment import encoder_text, parse_encoder
        from harness.papers import catalogue
        from harness.runs.plan import make_plan, require_writable
        from harness.runs.workers import execute, require_possible, slurm_script, tasks

        require_possible(on, workers)
        if timesteps and not encoder:
            raise HarnessError("--timesteps is for the arms that --encoder adds", "name an encoder, or leave it out")
        if tune and not encoder:
            raise HarnessError("--tune is for the arms that --encoder adds", "name an encoder, or leave out --tune")
        if tune and for_time:
            raise HarnessError("--for does not end a search", "leave out --for; finished scores are kept")
        if tune and on != "here":
            raise HarnessError("--tune searches on this machine alone", "leave out --on")
        if timesteps and (given := next((name for name in encoder or () if set(name) & set("@~")), None)):
            raise HarnessError(f"'{given}' is a whole arm already", "leave out --timesteps, or the part from @ or ~ on")
        encoders = [f"{name}@{steps}" for name in encoder or () for steps in timesteps or ()] or encoder
        is_worker = worker_of is not None
        make = partial(
            make_plan,
            catalogue(),
            experiment,
            seeds=seeds,
            arms=[encoder_text(*parse_encoder(name)) if set(name) & set("(@~") else name for name in arm or ()],
            device=device,
            kernel=kernel,
            workers=workers,
            elsewhere=on != "here",
            data_dir=data_dir,
            results=results_dir,
            retry_failed=retry_failed,
            began=began,
            keep_weights=keep_weights,
            estimated=not is_worker,
        )
        plan = make(profile=profile, encoders=encoders or ())
        errors = plain_console(stderr=True, quiet=quiet)
        for name in {encoder_text(*parse_encoder(text)) for text in encoders or ()} if tune else ():
            if not plan.experiment.arm(name).added:
                raise HarnessError(
                    f"{name} is an arm of {experiment} already, whose rate --tune does not choose",
                    "leave out --tune, or name it with a parameter or @T",
                )
        if tune and not dry_run:
            from harness.runs.tuning import chosen_rates

            require_writable(plan.results)
            chosen = chosen_rates(plan, errors.print, workers or 1)
            arms = [chosen.get(name, name) for name in make.keywords["arms"]]
            tuned = make(profile=plan.profile.name, encoders=list(chosen.values()), arms=arms)
            plan = replace(tuned, why=plan.why)
        if not is_worker:
            plan.announce(errors)
            if tune and dry_run:
                errors.print(
                    "this is the plan without --tune, which first searches for rates; the arms with the rates that it "
                    "chooses may then have to be trained: neither is in the estimate"
                )
        if dry_run:
            script = slurm_script(plan, tasks(plan, workers), deadline.seconds) if on == "slurm" else ""
            say(json.dumps(plan.document(script)) + "\n" if as_json else script, end="")
            return
        rows = execute(plan, errors, on, workers, deadline, quiet=is_worker)
        if as_json:
            say(json.dumps({"cells": rows}))
        else:
            from harness.report import read, render, results_table

            name, console = plan.experiment.name, plain_console(quiet=quiet)
            sources = read(EVIDENCE, results_dir, plan.catalogue)
            console.print(results_table(name, sources))
            written = render(sources, options.beside(results_dir), [name]).files
            index = written[0].parent / "index.html"
            console.print(f"wrote {len(written)} tables and plots; open {index}", soft_wrap=True)
    if any(row["status"] == "failed" for row in rows):
        raise typer.Exit(1)


def verify(
    records: Annotated[
        list[str], typer.Argument(metavar="RECORD…", help="Files of records, or EXPERIMENT/PROFILE/ARM/SEED.")
    ],
    source: Annotated[
        SourceChoice | None,
        typer.Option("--from", help="What computes them. Default: the kept weights, else training."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the second curve beside the record, and weights that it lacks.")
    ] = False,
    results_dir: options.ResultsDir = LOCAL,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute records a second time: identical, within tolerance, or different (exit code 1)."""
    rows = []
    with stoppable("finished verifications stand; the same command starts again"):
        from harness.runs.verify import verify_all

        for done in verify_all(records, results_dir, source, data_dir, keep, plain_console(stderr=True, quiet=quiet)):
            found = done.comparison
            row = {"record": str(done.path), "from": done.source, "verdict": found.word}
            rows.append({**row, "largest": found.largest, "allowed": found.allowed})
            if not as_json:
                apart = found.largest is not None and found.word != "identical"
                gap = f": {found.largest} images apart, {found.allowed:.0f} allowed" if apart else ""
                text = "\n  ".join((f"{done.path}: from {done.source}: {found.word}{gap}", *done.notes))
                plain_console(quiet=quiet).print(text)
    if as_json:
        say(json.dumps({"verifications": rows}))
    if any(row["verdict"] == "different" for row in rows):
        raise typer.Exit(1)


def predict(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="A .safetensors file that harness run wrote.")],
    images: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Your own images. Default: the test images of the network's data set."),
    ] = None,
    timesteps: Annotated[
        int | None,
        typer.Option(metavar="T", min=1, max=MOST_TIMESTEPS, help="Number of timesteps. Default: as it was trained."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the class of each image after each timestep, as .csv."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a saved network on test images or your own, and print accuracy after each timestep."""
    import msgspec

    from harness.report.table import Column, Row, Table, terminal
    from harness.runs.predict import predict_file

    about, predictions = predict_file(weights, images=images, data_dir=data_dir, timesteps=timesteps, out=out)
    wrote, counts = f"; wrote {out}" if out else "", predictions.counts
    if as_json:
        say(json.dumps(msgspec.to_builtins(counts)))
        return
    console = plain_console(quiet=quiet)
    console.print(
        f"{about.experiment}/{about.profile}/{about.arm} seed {about.seed}: "
        f"{counted(len(predictions.labels), 'image')} of {images or about.dataset}{wrote}"
    )
    if not counts.total:
        console.print(f"no labels: no accuracy{'' if out else '; --out writes the classes'}")
        return
    columns = tuple(Column(title, "number", digits=0) for title in ("t", "correct", f"of {counts.total}"))
    enumerated = enumerate(counts.correct, start=1)
    rows = tuple(Row.of(t, correct, f"{100 * correct / counts.total:.2f} %") for t, correct in enumerated)
    console.print(terminal(Table("", columns, rows)))
