"""What `harness list`, `harness show` and `harness doctor` print."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.catalogue import Catalogue, Claim, Experiment
from harness.machine.disk import free_gib, nearest_existing
from harness.report.claim_rows import published, statement


def show_experiments(catalogue: Catalogue, console: Console) -> None:
    """Print one row for each experiment."""
    table = Table(box=None, header_style="bold")
    for column in ("experiment", "data", "arms", "profiles", "source", "what it asks"):
        table.add_column(column, overflow="fold", no_wrap=column == "experiment")
    for name in catalogue.names():
        e = catalogue.experiment(name)
        profiles = ", ".join(profile.name for profile in e.profiles)
        table.add_row(name, e.dataset, str(len(e.arms)), profiles, e.source, e.title)
    console.print(table)


def experiment_rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The experiments as `harness list --json` prints them."""
    found = [catalogue.experiment(name) for name in catalogue.names()]
    return [
        {"name": e.name, "title": e.title, "dataset": e.dataset, "profiles": [profile.name for profile in e.profiles]}
        for e in found
    ]


def show_experiment(experiment: Experiment, catalogue: Catalogue, console: Console) -> None:
    """Print an experiment's arms, the recipe of each profile with its deviations, and the claims."""
    facts = f"{experiment.source}; {experiment.dataset}"
    console.print(f"{experiment.name} — {experiment.title} ({facts})", style="bold")
    console.print("\narms", style="bold")
    for arm in experiment.arms:
        parameters = ", ".join(f"{key}={value}" for key, value in arm.encoder.parameters.items())
        changes = "".join(f"; {key} = {value}" for key, value in arm.changes.items())
        note = "" if arm.in_paper else "; control, not in the paper"
        console.print(
            f"  {arm.name}: {arm.title} [{arm.encoder.name}({parameters})], T = {arm.timesteps}{changes}{note}",
            markup=False,
            highlight=False,
        )
    for profile in experiment.profiles:
        _show_profile(experiment, profile.name, console)
    console.print("\nclaims", style="bold")
    for claim in catalogue.claims_of(experiment.name):
        console.print(
            f"  {claim.id}: {_claimed(claim, catalogue)} ({claim.source}){_note_of(claim)}",
            markup=False,
            highlight=False,
        )


def _claimed(claim: Claim, catalogue: Catalogue) -> str:
    """A claim in words with its published number. For a context row: whose number it is, and at which timestep."""
    if claim.kind != "context":
        return f"{statement(claim, catalogue)}: {published(claim, catalogue)}"
    return f"{claim.label} {published(claim, catalogue)}" + (f" at T = {claim.timestep}" if claim.timestep else "")


def _note_of(claim: Claim) -> str:
    """The note of a claim after a dash; empty without a note."""
    return f" — {claim.note}" if claim.note else ""


def _show_profile(experiment: Experiment, name: str, console: Console) -> None:
    profile = experiment.profile(name)
    network, ann, snn = profile.network, profile.ann, profile.snn
    layers = [*map(str, network.features), *map(str, network.hidden), "classes"]

    def say(text: str) -> None:
        console.print(f"  {text}", markup=False, highlight=False)

    console.print(f"\nprofile {name}", style="bold")
    say(f"network {network.name}: {' '.join(layers)}; {profile.seeds} seeds; {profile.precision}")
    say(f"images: {profile.train_images or 'all'} training, {profile.test_images or 'all'} test")
    say(
        f"ANN: {ann.epochs} epochs, batch {ann.batch_size}, rate {ann.learning_rate} ÷ 10 every {ann.decay_every}, "
        f"dropout {ann.dropout}/{ann.classifier_dropout}, pad {ann.augmentation.pad}, flip {ann.augmentation.flip}"
    )
    say(
        f"SNN: {snn.epochs} epochs of {snn.images or 'all'} images, batch {snn.batch_size}, "
        f"rate {snn.learning_rate} ÷ 2 every {snn.halve_every}, dropout {snn.dropout}"
    )
    for deviation in experiment.deviations_of_profile(profile):
        say(f"deviation: {deviation}")


def show_machine(console: Console, data_dir: Path | None, results: Path) -> None:
    """Print versions, device, data sets found and verified, and free disk space."""
    import torch

    from harness.data import cache, look, names

    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "numpy", "numba", "pandas"))
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    console.print(f"python {platform.python_version()}, {packages}", highlight=False)
    console.print(f"threads {torch.get_num_threads()}, GPU {gpu}", highlight=False)
    for label, folder in (("results", nearest_existing(results.resolve())), ("cache", cache.root())):
        console.print(f"{label}: {folder}, {free_gib(folder):.0f} GiB free", highlight=False, soft_wrap=True)
    for name in names():
        console.print(str(look(name, data_dir)), highlight=False, soft_wrap=True)
