"""What there is: `harness list`, `show`, `status` and `doctor`. They train nothing and write nothing."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options
from harness.cli.options import EVIDENCE, LOCAL, AsJson, DataDir, OnePaper, ProfileChoice, ResultsDir, asked_for
from harness.errors import HarnessError
from harness.machine.console import counted, plain_console, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.catalogue import Experiment, Profile
    from harness.config import Augmentation, NetworkSpec

PACKAGES = ("torch", "torchvision", "numpy", "numba", "pandas")
OPTIONAL = {
    "snntorch": "encoders, verify --from snntorch",
    "spikingjelly": "encoders",
    "norse": "encoders, verify --from norse",
    "ray": "run --on ray",
    "triton": "fast kernels on a GPU",
}


def list_(paper: OnePaper = None, as_json: AsJson = False) -> None:
    """List the experiments of each paper: what each asks, and its name."""
    from harness.papers import catalogue

    papers = catalogue().papers if paper is None else (catalogue().paper(paper),)
    listed = [(one, experiment) for one in papers for experiment in one.experiments]
    if as_json:
        rows = [
            {"name": e.name, "paper": one.name, "title": e.title, "dataset": e.dataset, "profiles": e.profile_names}
            for one, e in listed
        ]
        say(json.dumps({"experiments": rows}))
        return
    console, width, above = plain_console(), max((len(e.title) for _, e in listed), default=0), None
    for one, e in listed:
        if one is not above:
            title = f"{one.title} ({one.venue})" if one.venue else one.title
            console.print(f"{title:<{width + 2}}  {one.name}", style="bold")
            above = one
        console.print(f"  {e.title:<{width}}  {e.name}")


def status(
    experiment: Annotated[
        str | None, typer.Argument(metavar="EXPERIMENT", help=f"{options.AS_LISTED} Default: all experiments.")
    ] = None,
    results_dir: ResultsDir = LOCAL,
    paper: OnePaper = None,
    as_json: AsJson = False,
) -> None:
    """Count the cells that are done, stale, failed, running or missing, with the reason of each that is not done."""
    from harness import papers
    from harness.runs.status import lines
    from harness.runs.status import status as look

    named, catalogue = options.is_named(results_dir), papers.catalogue()
    if experiment:
        catalogue, experiment = catalogue.including(experiment)
    within = None if paper is None else asked_for(catalogue, paper, [experiment] if experiment else None)
    cells = look(results_dir, catalogue, experiment, within)
    if named and not cells and paper is None:
        raise HarnessError(f"{results_dir}: no records in it", "name a folder that `harness run` wrote")
    if as_json:
        say(json.dumps({"cells": [asdict(cell) for cell in cells]}))
        return
    console = plain_console()
    for line in lines(cells) if cells else (f"no records{f' of {paper}' if paper else ''} in {results_dir}",):
        console.print(line)


def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL, as_json: AsJson = False) -> None:
    """Show this machine: versions, device, optional packages, data sets, evidence and free disk space."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import torch

    from harness.data import look, names
    from harness.machine.environment import machine
    from harness.machine.files import cache_root, free_gib, nearest_existing
    from harness.records.store import record_paths

    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    optional: dict[str, str | None] = dict.fromkeys(OPTIONAL)
    for name in filter(find_spec, OPTIONAL):
        optional[name] = "of unknown version"  # a folder on the path, or a distribution of another name
        with suppress(PackageNotFoundError):
            optional[name] = version(name)
    threads, gpu = torch.get_num_threads(), torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    bf16 = any("bf16" in name for name in machine(torch.device("cpu")).instructions)
    folders = {"results": nearest_existing(results_dir.resolve()), "cache": cache_root()}
    evidence, records = EVIDENCE.absolute(), len(record_paths(EVIDENCE))
    data = [look(name, data_dir) for name in names()]
    if as_json:
        places = {name: {"path": str(path), "free_gib": round(free_gib(path), 1)} for name, path in folders.items()}
        facts = {"versions": versions, "optional": optional, "threads": threads, "gpu": gpu, "folders": places}
        sets = [{**asdict(one), "where": one.where and str(one.where)} for one in data]
        say(json.dumps({**facts, "bf16": bf16, "evidence": {"path": str(evidence), "records": records}, "data": sets}))
        return
    console = plain_console()
    console.print(", ".join(f"{name} {number}" for name, number in versions.items()))
    console.print(f"threads {threads}, GPU {gpu or 'none'}")
    console.print(f"bf16 {'has instructions here' if bf16 else 'gains nothing over fp32 here: no instructions for it'}")
    console.print("optional packages:")
    for name, installed in optional.items():
        console.print(f"  {name} {installed or 'is not installed'} ({OPTIONAL[name]})")
    for name, path in folders.items():
        console.print(f"{name}: {path}, {free_gib(path):.0f} GiB free")
    lies = f"{counted(records, 'record')} in {evidence}" if records else f"none here; {EVIDENCE} lies in a clone"
    console.print(f"evidence: {lies}" + ("" if records else " of the repository"))
    console.print("data sets:")
    for one in data:
        console.print(f"  {one.name}: {one.state}{f' in {one.where}' if one.where else ''} ({one.detail})")


def show(
    name: Annotated[str, typer.Argument(metavar="EXPERIMENT", help=options.AS_LISTED)],
    profile: Annotated[ProfileChoice | None, typer.Option(help="Show the recipe of this profile alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an experiment: arms, recipe of each profile, claims, deviations from the paper."""
    import msgspec

    from harness import papers
    from harness.catalogue.experiment import encoder_text
    from harness.data.sets import facts_of

    catalogue, name = papers.catalogue().including(name)
    experiment, claims = catalogue.experiment(name), catalogue.claims_of(name)
    profiles = experiment.profiles if profile is None else (experiment.profile(profile),)
    classes = facts_of(experiment.dataset).classes
    if as_json:
        facts = {"name": experiment.name, "title": experiment.title, "source": experiment.source}
        recipes = [{**msgspec.to_builtins(p), "deviations": experiment.deviations_of_profile(p)} for p in profiles]
        arms, stated = (msgspec.to_builtins(listed) for listed in (experiment.arms, claims))
        document = {**facts, "dataset": experiment.dataset, "classes": classes, "arms": arms}
        say(json.dumps({**document, "profiles": recipes, "claims": stated}))
        return
    console = plain_console()
    console.print(f"{experiment.name} — {experiment.title} ({experiment.source}; {experiment.dataset})", style="bold")
    console.print("\narms", style="bold")
    for arm in experiment.arms:
        steps = "" if f"T = {arm.timesteps}" in arm.title else f", T = {arm.timesteps}"
        changes = f"; {_changed(arm.changes)}" if arm.changes else ""
        note = "" if arm.in_paper else "; control, not in the paper"
        console.print(f"  {arm.name}: {arm.title} [{encoder_text(arm.encoder)}]{steps}{changes}{note}")
    for one in profiles:
        console.print(f"\nprofile {one.name}", style="bold")
        for line in _recipe(experiment, one, classes):
            console.print(f"  {line}")
    console.print("\nclaims", style="bold")
    for claim in claims:
        words = f"{claim.says}: {claim.printed}"
        if claim.kind == "context":  # whose number it is, and at which timestep
            words = f"{claim.label} {claim.printed}" + (f" at T = {claim.timestep}" if claim.timestep else "")
        console.print(f"  {claim.id}: {words} ({claim.source})" + (f" — {claim.note}" if claim.note else ""))


def _changed(changes: Mapping[str, Any]) -> str:
    return "; ".join(f"{path} = {_in_words(value)}" for path, value in changes.items())


def _in_words(value: Any) -> str:
    """A setting in words, its own settings in brackets."""
    from harness.config import Augmentation

    if isinstance(value, Augmentation):
        return augmentation_words(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"({_changed(value)})" if isinstance(value, Mapping) else str(value)


def augmentation_words(changed: "Augmentation") -> str:
    """What is done to training images."""
    parts = [f"crops after padding by {changed.pad}"] if changed.pad else []
    parts += ["flips"] * changed.flip
    parts += [f"AutoAugment ({changed.policy})"] if changed.policy else []
    return ", ".join(parts + ([f"Cutout {changed.cutout}"] if changed.cutout else [])) or "images unchanged"


def _recipe(experiment: "Experiment", profile: "Profile", classes: int) -> "Iterator[str]":
    """The recipe of a profile with its deviations, a line each."""
    from harness.catalogue.experiment import split_deviations

    ann, snn = profile.ann, profile.snn
    yield f"network {network_words(profile.network, classes)}"
    planned = {arm.name: experiment.seeds(arm.name, profile.name) for arm in experiment.arms}
    others = [f"{number} for {name}" for name, number in planned.items() if number != profile.seeds]
    yield f"{', '.join((counted(profile.seeds, 'seed'), *others))}; {profile.precision}"
    yield f"images: {profile.train_images or 'all'} training, {profile.test_images or 'all'} test"
    if ann:
        yield (
            f"ANN: {counted(ann.epochs, 'epoch')}, batch {ann.batch_size}, rate {ann.learning_rate} "
            f"{f'× {ann.decay_factor:g} every {ann.decay_every}' if ann.schedule == 'steps' else ann.schedule}, "
            f"dropout {ann.dropout}/{ann.classifier_dropout}, "
            f"{augmentation_words(ann.augmentation)}"
        )
    if profile.method:
        yield f"method {profile.method.name}: {_changed(profile.method.parameters) or 'its defaults'}"
    if snn:
        read = ", ".join(f"{fraction:g}" for fraction in snn.readings)
        yield (
            f"SNN: {counted(snn.epochs, 'epoch')} of {snn.images or 'all'} images, batch {snn.batch_size}, "
            f"rate {snn.learning_rate} ÷ 2 every {snn.halve_every}, dropout {snn.dropout}, "
            f"{augmentation_words(snn.augmentation)}" + (f", tests after {read} of it" if read else "")
        )
    if profile.evaluations:
        yield f"evaluations: {', '.join(profile.evaluations)}"
    for code, changes in profile.changes.items():
        yield f"{code}: {_changed(changes)}"
    for arms, texts in experiment.deviations_by_arms(profile).items():
        whose = f" ({', '.join(arms)})" if arms else ""
        differing, unstated = split_deviations(texts)
        for heading, listed in (("deviations", differing), ("not stated in the paper", unstated)):
            if listed:
                yield f"{heading}{whose}: {'; '.join(listed)}"


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
