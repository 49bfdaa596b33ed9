"""Doing what `harness run` is asked for, with a progress display, and saying what came of it."""

from dataclasses import replace
from typing import Any

from rich.console import Console

from harness.machine.process import computing_with, keep_freed_memory
from harness.records.twins import TRAINED_AS
from harness.runs.display import display, duration
from harness.runs.executors.place import place_of
from harness.runs.forecast import Forecast
from harness.runs.grid import Finished, Grid, name_of, sweep
from harness.runs.plan import PlannedCell
from harness.runs.request import Prepared, Request
from harness.training.cell import Setting
from harness.training.checkpoint import Watch


def execute(prepared: Prepared, request: Request, console: Console) -> list[dict[str, Any]]:
    """Run what is to do, with a progress display; one row a cell, for `--json`. Ctrl-C loses no finished epoch.

    Raises Stopped once the request's deadline has passed: what was begun has a checkpoint then.
    """
    keep_freed_memory()
    rows = {cell.path: _row(cell, cell.state) for cell in prepared.cells}
    to_do = {cell.path for cell in prepared.todo}
    sweep([cell for cell in prepared.cells if cell.path not in to_do])
    with (
        display(console, Forecast(prepared.seconds, prepared.at_once)) as show,
        computing_with(prepared.threads.count),
    ):
        watch = Watch(show.advance, request.deadline.passed)
        grid = Grid(
            data=prepared.data,
            results=request.results,
            setting=Setting(prepared.device, request.kernel, prepared.anns, watch=watch),
            timesteps=prepared.timesteps,
            keep_weights=request.keep_weights,
            starting=lambda cell: show.cell(name_of(cell)),
            say=show.line,
        )
        place = place_of(grid, request.data_dir, prepared.threads.count)
        executor = request.where.executor(replace(place, cache_dir=request.cache_dir))
        for done in executor(prepared.todo, grid):
            rows[done.cell.path] = _row(done.cell, done.record.status)
            show.settle(done.cell.seconds - done.reported)
            show.line(_outcome(done))
    return list(rows.values())


def _outcome(done: Finished) -> str:
    name, record = name_of(done.cell), done.record
    if record.failure is not None or record.curve is None:
        return f"{name}: failed: {record.failure.reason if record.failure else 'no reason given'}"
    percent = 100 * record.curve.correct[-1] / record.curve.total
    how = f"in {duration(sum(record.timings.values()))}" if done.here else "(finished by another run)"
    if TRAINED_AS in record.environment:
        how = f"(the same computation as {record.environment[TRAINED_AS]})"
    return f"{name}: {percent:.2f} % {how}"


def _row(cell: PlannedCell, status: str) -> dict[str, Any]:
    config = cell.config
    return {
        "experiment": config.experiment,
        "profile": config.profile,
        "arm": config.arm,
        "seed": config.seed,
        "status": status,
        "record": str(cell.path),
    }
