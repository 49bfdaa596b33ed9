"""What all pictures of one experiment at one profile share: arms, their styles, and how many arms are spread."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.catalogue import Arm, Experiment
from harness.catalogue.claims import Claim
from harness.config import ProfileName
from harness.report.intervals import Estimate
from harness.report.palette import looks_of
from harness.report.sources import Source

MANY = 8  # more arms than this are spread over panels


@dataclass(frozen=True)
class Style:
    """How one arm (or one family of arms spread over panels) looks everywhere in its experiment.

    `label` is the arm's one name, or the part of it that the family shares. `colour` means the arm's code.
    """

    key: str
    label: str
    colour: str
    marker: str
    line: Any


@dataclass(frozen=True)
class Scene:
    """What the pictures of one experiment at one profile have in common."""

    experiment: Experiment
    profile: ProfileName
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]

    @property
    def stem(self) -> str:
        """How the files' names begin."""
        return f"{self.experiment.name}-{self.profile}"

    @property
    def title(self) -> str:
        """Experiment and profile in words."""
        return f"{self.experiment.title} ({self.profile} profile)"

    def curve(self, source: Source, arm: Arm) -> tuple[Estimate, ...]:
        """The arm's estimates, one a timestep; empty where no cell has finished."""
        return source.estimates.get((self.experiment.name, self.profile, arm.name), ())

    def drawn_arms(self) -> list[Arm]:
        """The arms with a finished cell in any source."""
        return [arm for arm in self.experiment.arms if any(self.curve(source, arm) for source in self.sources)]


def panels_of(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    """Arms by panel: one panel for few; for many, by the part of their names that makes fewer panels, or by their code
    where that makes still fewer and none is crowded.

    An arm added by `--encoder` is in no family: it joins the panel whose arms have as many timesteps.
    """
    panels = _families([arm for arm in arms if not arm.added])
    for arm in arms:
        if arm.added:
            alike = [panel for panel, members in panels.items() if members[0].timesteps == arm.timesteps]
            panels.setdefault((alike or list(panels) or [""])[0], []).append(arm)
    return panels


def _families(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    if len(arms) <= MANY:
        return {"": list(arms)} if arms else {}
    by_stem = _grouped(arms, lambda arm: arm.name.rpartition("-")[0])
    by_end = _grouped(arms, lambda arm: arm.name.rpartition("-")[2])
    by_name = min(by_stem, by_end, key=len)
    by_code = _grouped(arms, lambda arm: arm.encoder.name)
    crowded = any(len(members) > MANY for members in by_code.values())
    return by_name if crowded or len(by_name) <= len(by_code) else by_code


def _grouped(arms: Sequence[Arm], name_of: Callable[[Arm], str]) -> dict[str, list[Arm]]:
    panels: dict[str, list[Arm]] = {}
    for arm in arms:
        panels.setdefault(name_of(arm), []).append(arm)
    return panels


def common_timesteps(arms: Sequence[Arm]) -> str:
    """ "T = 16" where all arms have 16 timesteps; empty where they differ."""
    steps = {arm.timesteps for arm in arms}
    return f"T = {steps.pop()}" if len(steps) == 1 else ""


def panel_title(panel: str, arms: Sequence[Arm]) -> str:
    """What a panel shows: its number of timesteps, what its arms have in common, or both; empty for the only panel."""
    common = common_timesteps(arms)
    return ", ".join(filter(None, ("" if common == f"T = {panel}" else panel, common))) if panel else ""


def styles_of(arms: Sequence[Arm]) -> Mapping[str, Style]:
    """A style for every arm; where arms are spread over panels, one for each family of one code across them.

    Added arms come last, so that they move no look of a planned one.
    """
    placed = [(panel, arm) for panel, members in panels_of(arms).items() for arm in members]
    placed.sort(key=lambda found: found[1].added)
    families = {arm.name: _family(arm, panel) for panel, arm in placed}
    # a name that families of two codes have says too little: their arms are called by their own names
    codes = {(arm.encoder.name, families[arm.name]) for _, arm in placed}
    shared = Counter(family for _, family in codes)
    keys = {name: family if shared[family] == 1 else name for name, family in families.items()}
    looks = looks_of((arm.encoder.name, keys[arm.name]) for _, arm in placed)
    found = {name: (key, looks[key]) for name, key in keys.items()}
    return {name: Style(key, key, look.colour, look.marker, look.line) for name, (key, look) in found.items()}


def _family(arm: Arm, panel: str) -> str:
    """The part of an arm's name that other panels have too; its name where its panel is all of a code."""
    return arm.name if panel in ("", arm.encoder.name) else arm.name.removeprefix(f"{panel}-").removesuffix(f"-{panel}")
