"""What there is: `harness list`, `show`, `status` and `doctor`. They train nothing and write nothing."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import AS_LISTED, EVIDENCE, LOCAL, AsJson, DataDir, ProfileChoice, ResultsDir, is_named
from harness.errors import HarnessError
from harness.machine.console import console as plain
from harness.machine.console import counted, say

if TYPE_CHECKING:
    from rich.console import Console

    from harness.catalogue import Catalogue, Claim, Experiment, Profile
    from harness.config import NetworkSpec

UNSTATED = "; the paper does not say"  # as `Experiment.deviations` ends
PACKAGES = ("torch", "torchvision", "numpy", "numba", "pandas")
OPTIONAL = {
    "snntorch": "encoders, verify --from snntorch",
    "spikingjelly": "encoders",
    "norse": "encoders, verify --from norse",
    "ray": "run --on ray",
    "triton": "fast kernels on a GPU",
    "pyarrow": "predict --out FILE.parquet",
}


def list_(as_json: AsJson = False) -> None:
    """List the experiments of each paper: what each asks, and its name."""
    from harness.papers import catalogue

    known = catalogue()
    if as_json:
        say(json.dumps({"experiments": _rows(known)}))
        return
    console = plain()
    width = max(len(e.title) for paper in known.papers for e in paper.experiments)
    for paper in known.papers:
        console.print(f"{paper.title} ({paper.venue})" if paper.venue else paper.title, style="bold")
        for e in paper.experiments:
            console.print(f"  {e.title:<{width}}  {e.name}")


def _rows(known: "Catalogue") -> list[dict[str, Any]]:
    """The experiments as `harness list --json` prints them."""
    return [
        {
            "name": e.name,
            "paper": paper.name,
            "title": e.title,
            "dataset": e.dataset,
            "profiles": list(e.profile_names),
        }
        for paper in known.papers
        for e in paper.experiments
    ]


def show(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help=f"{AS_LISTED}.")],
    profile: Annotated[ProfileChoice | None, typer.Option(help="Show the recipe of this profile alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an experiment: arms, recipe of each profile, claims, deviations from the paper."""
    from harness.papers import catalogue

    known = catalogue()
    found = known.experiment(experiment)
    profiles = found.profiles if profile is None else (found.profile(profile),)
    if as_json:
        say(json.dumps(experiment_document(found, known, profiles)))
    else:
        show_experiment(found, known, profiles, plain())


def status(
    experiment: Annotated[str | None, typer.Argument(metavar="EXPERIMENT", help="Default: all experiments.")] = None,
    results_dir: ResultsDir = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Count the cells that are done, stale, failed, running or missing, and say why those not done are not."""
    from harness.papers import catalogue
    from harness.runs.status import lines
    from harness.runs.status import status as look

    named = is_named(results_dir)
    found = look(results_dir, catalogue(), experiment)
    if named and not found.cells:
        raise HarnessError(f"{results_dir}: no records in it", "name a folder that `harness run` wrote")
    if as_json:
        say(json.dumps(found.document()))
        return
    console = plain()
    for line in lines(found) if found.cells else (f"no records in {results_dir}",):
        console.print(line)


def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL, as_json: AsJson = False) -> None:
    """Show this machine: versions, device, optional packages, data sets, evidence and free disk space."""
    found = machine_document(data_dir, results_dir)
    if as_json:
        say(json.dumps(found))
        return
    console = plain()
    console.print(", ".join(f"{name} {number}" for name, number in found["versions"].items()))
    console.print(f"threads {found['threads']}, GPU {found['gpu'] or 'none'}")
    console.print("optional packages:")
    for name, number in found["optional"].items():
        console.print(f"  {name} {number or 'is not installed'} ({OPTIONAL[name]})")
    for name, place in found["folders"].items():
        console.print(f"{name}: {place['path']}, {place['free_gib']:.0f} GiB free")
    records = found["evidence"]["records"]
    console.print(
        f"evidence: {counted(records, 'record')} in {found['evidence']['path']}"
        if records
        else f"evidence: none here; {EVIDENCE} lies in a clone of the repository"
    )
    console.print("data sets:")
    for data in found["data"]:
        where = f" in {data['where']}" if data["where"] else ""
        console.print(f"  {data['name']}: {data['state']}{where} ({data['detail']})")


def machine_document(data_dir: Path | None, results: Path) -> dict[str, Any]:
    """This machine as `harness doctor --json` prints it. Nothing is written or downloaded."""
    import platform
    from importlib.metadata import version

    import torch

    from harness.data import cache, look, names
    from harness.machine.files import free_gib, nearest_existing
    from harness.records.store import record_paths

    places = {"results": nearest_existing(results.resolve()), "cache": cache.root()}
    found = [look(name, data_dir) for name in names()]
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "optional": {name: version(name) if find_spec(name) else None for name in OPTIONAL},
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
        "folders": {name: {"path": str(path), "free_gib": round(free_gib(path), 1)} for name, path in places.items()},
        "evidence": {"path": str(EVIDENCE.absolute()), "records": len(record_paths(EVIDENCE))},
        "data": [
            {"name": f.name, "state": f.state, "where": str(f.where) if f.where else None, "detail": f.detail}
            for f in found
        ],
    }


def experiment_document(
    experiment: "Experiment", catalogue: "Catalogue", profiles: "Sequence[Profile]"
) -> dict[str, Any]:
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


def classes_of(experiment: "Experiment") -> int:
    """The number of classes of the experiment's data set."""
    from harness.data.sets import facts_of

    return facts_of(experiment.dataset).classes


def show_experiment(
    experiment: "Experiment", catalogue: "Catalogue", profiles: "Sequence[Profile]", console: "Console"
) -> None:
    """Print an experiment's arms, the recipe of the profiles with its deviations, and the claims."""
    from harness.catalogue.experiment import encoder_text

    facts = f"{experiment.source}; {experiment.dataset}"
    console.print(f"{experiment.name} — {experiment.title} ({facts})", style="bold")
    console.print("\narms", style="bold")
    for arm in experiment.arms:
        steps = "" if f"T = {arm.timesteps}" in arm.title else f", T = {arm.timesteps}"
        changes = f"; {_changed(arm.changes)}" if arm.changes else ""
        note = "" if arm.in_paper else "; control, not in the paper"
        console.print(f"  {arm.name}: {arm.title} [{encoder_text(arm.encoder)}]{steps}{changes}{note}")
    for profile in profiles:
        _show_profile(experiment, profile, console)
    console.print("\nclaims", style="bold")
    for claim in catalogue.claims_of(experiment.name):
        note = f" — {claim.note}" if claim.note else ""
        console.print(f"  {claim.id}: {_claimed(claim)} ({claim.source}){note}")


def _claimed(claim: "Claim") -> str:
    """A claim in words with its published number. For a context row: whose number it is, and at which timestep."""
    if claim.kind != "context":
        return f"{claim.says}: {claim.printed}"
    return f"{claim.label} {claim.printed}" + (f" at T = {claim.timestep}" if claim.timestep else "")


def network_words(network: "NetworkSpec", classes: int) -> str:
    """A network in words: its layers, and what the letters of the paper's notation mean."""
    parts = []
    if network.features:
        letters = {"A": "A: average pooling 2×2", "D": "D: dropout", "G": "G: mean over the map"}
        used = [words for letter, words in letters.items() if letter in network.features]
        if any(str(token).startswith("R") for token in network.features):
            used.append("R: residual block, /2: half the map")
        used += ["batch norm"] * bool(network.norm)
        layers = " ".join(map(str, network.features))
        parts.append(f"3×3 convolutions with channels {layers}" + (f" ({', '.join(used)})" if used else ""))
    if network.hidden:
        widths = " and ".join(map(str, network.hidden))
        parts.append(f"hidden {'layer' if len(network.hidden) == 1 else 'layers'} of {widths} neurons")
    return f"{network.name}: {', '.join([*parts, counted(classes, 'class', 'classes')])}"


def _seeds(experiment: "Experiment", profile: "Profile") -> str:
    """The planned seeds in words, then the arms that have a number of their own."""
    planned = {arm.name: experiment.seeds(arm.name, profile.name) for arm in experiment.arms}
    own = [f"{number} for {name}" for name, number in planned.items() if number != profile.seeds]
    return ", ".join((counted(profile.seeds, "seed"), *own))


def _changed(changes: Mapping[str, Any]) -> str:
    return "; ".join(f"{path} = {value}" for path, value in changes.items())


def _show_profile(experiment: "Experiment", profile: "Profile", console: "Console") -> None:
    ann, snn = profile.ann, profile.snn

    def say(text: str) -> None:
        console.print(f"  {text}")

    console.print(f"\nprofile {profile.name}", style="bold")
    say(f"network {network_words(profile.network, classes_of(experiment))}")
    say(f"{_seeds(experiment, profile)}; {profile.precision}")
    say(f"images: {profile.train_images or 'all'} training, {profile.test_images or 'all'} test")
    if ann:
        say(
            f"ANN: {counted(ann.epochs, 'epoch')}, batch {ann.batch_size}, rate {ann.learning_rate} "
            f"{f'÷ 10 every {ann.decay_every}' if ann.schedule == 'steps' else ann.schedule}, "
            f"dropout {ann.dropout}/{ann.classifier_dropout}, "
            f"pad {ann.augmentation.pad}, flip {ann.augmentation.flip}"
            + (f", AutoAugment ({ann.augmentation.policy})" if ann.augmentation.policy else "")
            + (f", Cutout {ann.augmentation.cutout}" if ann.augmentation.cutout else "")
        )
    if profile.method:
        say(f"method {profile.method.name}: {_changed(profile.method.parameters) or 'its defaults'}")
    if snn:
        read = ", ".join(f"{fraction:g}" for fraction in snn.readings)
        say(
            f"SNN: {counted(snn.epochs, 'epoch')} of {snn.images or 'all'} images, batch {snn.batch_size}, "
            f"rate {snn.learning_rate} ÷ 2 every {snn.halve_every}, dropout {snn.dropout}"
            + (f", tests after {read} of it" if read else "")
        )
    for code, changes in profile.changes.items():
        say(f"{code}: {_changed(changes)}")
    for arms, texts in _deviations(experiment, profile).items():
        unstated = [text.removesuffix(UNSTATED) for text in texts if text.endswith(UNSTATED)]
        differing = [text for text in texts if not text.endswith(UNSTATED)]
        for heading, listed in (("deviations", differing), ("not stated in the paper", unstated)):
            if listed:
                say(f"{heading}{arms and f' ({arms})'}: {'; '.join(listed)}")


def _deviations(experiment: "Experiment", profile: "Profile") -> dict[str, list[str]]:
    """Deviations by the names of the arms that have them; without names those that all arms of the paper share."""
    arms: dict[str, list[str]] = {}
    for arm in experiment.planned:
        for text in experiment.deviations(arm, profile):
            arms.setdefault(text, []).append(arm.name)
    all_arms = {arm.name for arm in experiment.planned if arm.in_paper} or {arm.name for arm in experiment.planned}
    folded: dict[str, list[str]] = {}
    for text, names in sorted(arms.items(), key=lambda item: not all_arms.issubset(item[1])):
        folded.setdefault("" if all_arms.issubset(names) else ", ".join(names), []).append(text)
    return folded
