"""Experiments that no catalogue has, made from their records: arms, profiles and seeds, without claims."""

from collections.abc import Iterable, Mapping, Sequence

from harness.catalogue.experiment import NOT_IN_PAPER, Arm, Experiment, Profile
from harness.config import PROFILES, CellConfig


def experiments_from(configs: Iterable[CellConfig]) -> tuple[Experiment, ...]:
    """One experiment for each name among the configurations of recorded cells."""
    by_name: dict[str, list[CellConfig]] = {}
    for config in sorted(configs, key=lambda c: (c.experiment, c.arm, c.profile, c.seed)):
        by_name.setdefault(config.experiment, []).append(config)
    return tuple(_experiment(name, cells) for name, cells in by_name.items())


def _experiment(name: str, cells: Sequence[CellConfig]) -> Experiment:
    arms = {cell.arm: Arm(cell.arm, cell.encoder, cell.timesteps, cell.arm, in_paper=False) for cell in cells}
    profiles = {cell.profile: _profile(cell, cells) for cell in cells}
    ordered = tuple(profiles[profile] for profile in PROFILES if profile in profiles)
    return Experiment(name, name, NOT_IN_PAPER, cells[0].dataset, tuple(arms.values()), ordered)


def _profile(cell: CellConfig, cells: Sequence[CellConfig]) -> Profile:
    seeds: Mapping[str, set[int]] = {c.arm: set() for c in cells}
    for other in cells:
        if other.profile == cell.profile:
            seeds[other.arm].add(other.seed)
    return Profile(
        cell.profile,
        cell.network,
        cell.ann,
        cell.snn,
        cell.balancing,
        cell.neuron,
        cell.train_images,
        cell.test_images,
        cell.precision,
        seeds=max(len(found) for found in seeds.values()),
    )
