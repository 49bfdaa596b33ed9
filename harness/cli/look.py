"""What `harness list` and `harness show` print."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.catalogue import Catalogue, Claim, Experiment, Profile
from harness.config import NetworkSpec
from harness.machine.console import counted


def show_experiments(catalogue: Catalogue, console: Console) -> None:
    """Print one row for each experiment."""
    table = Table(box=None, header_style="bold")
    for column in ("experiment", "data", "arms", "profiles", "source", "what it asks"):
        table.add_column(column, overflow="fold", no_wrap=column == "experiment")
    for name in catalogue.names():
        e = catalogue.experiment(name)
        table.add_row(name, e.dataset, str(len(e.arms)), ", ".join(e.profile_names), e.source, e.title)
    console.print(table)


def experiment_rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The experiments as `harness list --json` prints them."""
    found = [catalogue.experiment(name) for name in catalogue.names()]
    return [{"name": e.name, "title": e.title, "dataset": e.dataset, "profiles": list(e.profile_names)} for e in found]


def experiment_document(experiment: Experiment, catalogue: Catalogue, profiles: Sequence[Profile]) -> dict[str, Any]:
    """An experiment as `harness show --json` prints it."""
    import msgspec

    facts = {"name": experiment.name, "title": experiment.title, "source": experiment.source}
    recipes = [
        {**msgspec.to_builtins(profile), "deviations": list(experiment.deviations_of_profile(profile))}
        for profile in profiles
    ]
    return {
        **facts,
        "dataset": experiment.dataset,
        "classes": classes_of(experiment),
        "arms": [msgspec.to_builtins(arm) for arm in experiment.arms],
        "profiles": recipes,
        "claims": [msgspec.to_builtins(claim) for claim in catalogue.claims_of(experiment.name)],
    }


def classes_of(experiment: Experiment) -> int:
    """The number of classes of the experiment's data set."""
    from harness.data.sets import facts_of

    return facts_of(experiment.dataset).classes


def show_experiment(
    experiment: Experiment, catalogue: Catalogue, profiles: Sequence[Profile], console: Console
) -> None:
    """Print an experiment's arms, the recipe of the profiles with its deviations, and the claims."""
    facts = f"{experiment.source}; {experiment.dataset}"
    console.print(f"{experiment.name} — {experiment.title} ({facts})", style="bold")
    console.print("\narms", style="bold")
    for arm in experiment.arms:
        parameters = ", ".join(f"{key}={value}" for key, value in arm.encoder.parameters.items())
        changes = f"; {_changed(arm.changes)}" if arm.changes else ""
        note = "" if arm.in_paper else "; control, not in the paper"
        console.print(
            f"  {arm.name}: {arm.title} [{arm.encoder.name}({parameters})], T = {arm.timesteps}{changes}{note}",
            markup=False,
            highlight=False,
        )
    for profile in profiles:
        _show_profile(experiment, profile, console)
    console.print("\nclaims", style="bold")
    for claim in catalogue.claims_of(experiment.name):
        console.print(
            f"  {claim.id}: {_claimed(claim)} ({claim.source}){_note_of(claim)}",
            markup=False,
            highlight=False,
        )


def _claimed(claim: Claim) -> str:
    """A claim in words with its published number. For a context row: whose number it is, and at which timestep."""
    if claim.kind != "context":
        return f"{claim.says}: {claim.printed}"
    return f"{claim.label} {claim.printed}" + (f" at T = {claim.timestep}" if claim.timestep else "")


def _note_of(claim: Claim) -> str:
    """The note of a claim after a dash; empty without a note."""
    return f" — {claim.note}" if claim.note else ""


def network_words(network: NetworkSpec, classes: int) -> str:
    """A network in words: its layers, and what the letters of the paper's notation mean."""
    parts = []
    if network.features:
        letters = {"A": "A: average pooling 2×2", "D": "D: dropout"}
        used = [words for letter, words in letters.items() if letter in network.features]
        layers = " ".join(map(str, network.features))
        parts.append(f"3×3 convolutions with channels {layers}" + (f" ({', '.join(used)})" if used else ""))
    if network.hidden:
        widths = " and ".join(map(str, network.hidden))
        parts.append(f"hidden {'layer' if len(network.hidden) == 1 else 'layers'} of {widths} neurons")
    return f"{network.name}: {', '.join([*parts, counted(classes, 'class', 'classes')])}"


def _seeds(experiment: Experiment, profile: Profile) -> str:
    """The planned seeds in words, then the arms that have a number of their own."""
    planned = {arm.name: experiment.seeds(arm.name, profile.name) for arm in experiment.arms}
    own = [f"{number} for {name}" for name, number in planned.items() if number != profile.seeds]
    return ", ".join((counted(profile.seeds, "seed"), *own))


def _changed(changes: Mapping[str, Any]) -> str:
    return "; ".join(f"{path} = {value}" for path, value in changes.items())


def _show_profile(experiment: Experiment, profile: Profile, console: Console) -> None:
    ann, snn = profile.ann, profile.snn

    def say(text: str) -> None:
        console.print(f"  {text}", markup=False, highlight=False)

    console.print(f"\nprofile {profile.name}", style="bold")
    say(f"network {network_words(profile.network, classes_of(experiment))}")
    say(f"{_seeds(experiment, profile)}; {profile.precision}")
    say(f"images: {profile.train_images or 'all'} training, {profile.test_images or 'all'} test")
    say(
        f"ANN: {counted(ann.epochs, 'epoch')}, batch {ann.batch_size}, rate {ann.learning_rate} "
        f"÷ 10 every {ann.decay_every}, dropout {ann.dropout}/{ann.classifier_dropout}, "
        f"pad {ann.augmentation.pad}, flip {ann.augmentation.flip}"
    )
    read = ", ".join(f"{fraction:g}" for fraction in snn.readings)
    say(
        f"SNN: {counted(snn.epochs, 'epoch')} of {snn.images or 'all'} images, batch {snn.batch_size}, "
        f"rate {snn.learning_rate} ÷ 2 every {snn.halve_every}, dropout {snn.dropout}"
        + (f", tests after {read} of it" if read else "")
    )
    for code, changes in profile.changes.items():
        say(f"{code}: {_changed(changes)}")
    for deviation in experiment.deviations_of_profile(profile):
        say(f"deviation: {deviation}")
