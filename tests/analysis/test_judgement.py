"""Comparability: how far a claim at a profile may be compared with what was published."""

from dataclasses import replace

import pytest

from harness import experiments
from harness.analysis.claims import load_claims
from harness.analysis.judgement import comparability, deviations_of
from harness.config import ProfileName

CLAIMS = {claim.id: claim for claim in load_claims()}


@pytest.mark.parametrize(
    ("name", "profile", "deviations", "words"),
    [
        ("mnist-t16", "paper", (), "exact"),
        ("mnist-t16", "paper", ("a",), "approximate (1 deviation)"),
        ("mnist-t16", "paper", ("a", "b"), "approximate (2 deviations)"),
        ("mnist-t16", "lite", ("a",), "not comparable"),
        ("cifar10-steps-to-90", "lite", ("a",), "not comparable"),
        ("interleaved-cyclic-wins-16", "lite", ("a",), "approximate (1 deviation)"),
        ("interleaved-cyclic-wins-16", "smoke", ("a",), "not comparable"),
    ],
)
def test_comparability(name: str, profile: ProfileName, deviations: tuple[str, ...], words: str) -> None:
    assert comparability(CLAIMS[name], profile, deviations) == words


def test_deviations_are_those_of_the_profile_and_of_both_arms(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = experiments.get("ablation-interleaved")
    arms = tuple(replace(arm, deviations=("shared", arm.name)) for arm in experiment.arms)
    profiles = tuple(replace(profile, deviations=("shared",)) for profile in experiment.profiles)
    monkeypatch.setattr(experiments, "get", lambda _: replace(experiment, arms=arms, profiles=profiles))
    found = deviations_of(CLAIMS["interleaved-cyclic-wins-16"], "paper")
    assert found == ("shared", "cyclic-16x3", "interleaved-16x3")


def test_lite_is_never_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = experiments.get("ablation-interleaved")
    profiles = tuple(replace(profile, deviations=()) for profile in experiment.profiles)
    monkeypatch.setattr(experiments, "get", lambda _: replace(experiment, profiles=profiles))
    claim = CLAIMS["interleaved-cyclic-wins-16"]
    assert comparability(claim, "lite", deviations_of(claim, "lite")) == "approximate (1 deviation)"
    assert comparability(claim, "paper", deviations_of(claim, "paper")) == "exact"
