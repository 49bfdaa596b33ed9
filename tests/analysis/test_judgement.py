"""Comparability: how far a claim at a profile may be compared with what was published."""

from dataclasses import replace

import pytest
from msgspec import structs

from harness.analysis.judgement import comparability, deviations_of, one_for_each_claim, without_records
from harness.analysis.words import Word
from harness.catalogue import Catalogue
from harness.config import ProfileName
from tests.analysis.judging import CATALOGUE, CLAIMS

INTERLEAVED = "ablation-interleaved"


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
        ("interleaved-cyclic-wins-16", "short", ("a",), "not comparable"),
        ("interleaved-cyclic-16-accuracy", "short", ("a",), "approximate (1 deviation)"),
    ],
)
def test_comparability(name: str, profile: ProfileName, deviations: tuple[str, ...], words: str) -> None:
    assert comparability(CLAIMS[name], profile, deviations) == words


def test_deviations_are_those_of_the_profile_and_of_both_arms() -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    arms = tuple(replace(arm, deviations=("shared", arm.name)) for arm in experiment.arms)
    profiles = tuple(replace(profile, deviations=("shared",)) for profile in experiment.profiles)
    experiment = replace(experiment, arms=arms, profiles=profiles, published={})
    found = deviations_of(CLAIMS["interleaved-cyclic-wins-16"], experiment, "paper")
    assert found == ("shared", "cyclic-16x3", "interleaved-16x3")


@pytest.mark.parametrize(
    ("profile", "planned", "described", "seeds"),
    [
        (None, None, "exact", 5),  # as the paper profile would be
        ("paper", None, "exact", 5),
        ("lite", None, "approximate (1 deviation)", 3),
        ("lite", 7, "approximate (1 deviation)", 7),
    ],
)
def test_where_nothing_was_run_the_plan_is_told(
    profile: ProfileName | None, planned: int | None, described: str, seeds: int
) -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    counts = {"smoke": 1, "lite": 3, "short": 1, "paper": 5}
    profiles = tuple(replace(p, deviations=(), seeds=counts[p.name]) for p in experiment.profiles)
    paper = replace(CATALOGUE.papers[0], experiments=(replace(experiment, profiles=profiles, published={}),))
    found = without_records(CLAIMS["interleaved-cyclic-wins-16"], Catalogue((paper,)), profile, planned)
    assert (found.verdict, found.profile, found.why) == ("no records", profile, "Nobody has run it.")
    assert (found.comparability, found.seeds_done, found.seeds_planned) == (described, 0, seeds)


def test_a_profile_that_is_not_there_is_said_and_described_as_the_paper_profile() -> None:
    found = without_records(CLAIMS["mnist-t16"], CATALOGUE, "lite", None)
    assert found.why == "mnist-784-100-10 has no profile lite."
    assert found.comparability == without_records(CLAIMS["mnist-t16"], CATALOGUE, "paper", None).comparability
    assert without_records(CLAIMS["mnist-t16"], CATALOGUE, None, None).why == "Nobody has run it."


def test_lite_is_never_exact() -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    profiles = tuple(replace(profile, deviations=()) for profile in experiment.profiles)
    experiment = replace(experiment, profiles=profiles, published={})
    claim = CLAIMS["interleaved-cyclic-wins-16"]
    assert deviations_of(claim, experiment, "lite") == ("the lite profile spends less than the published recipe",)
    assert comparability(claim, "lite", deviations_of(claim, experiment, "lite")) == "approximate (1 deviation)"
    assert comparability(claim, "paper", deviations_of(claim, experiment, "paper")) == "exact"


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ([("lite", "holds"), ("short", "not comparable"), ("paper", "incomplete")], "lite"),
        ([("lite", "holds"), ("short", "not comparable"), ("paper", "contradicted")], "paper"),
        ([("smoke", "not comparable"), ("lite", "incomplete"), ("short", "not comparable")], "lite"),
        ([("smoke", "not comparable"), ("short", "not comparable")], "short"),
        ([(None, "no records")], None),
    ],
)
def test_an_answer_counts_before_a_larger_profile(
    judged: list[tuple[ProfileName | None, Word]], expected: ProfileName | None
) -> None:
    claim = CLAIMS["interleaved-cyclic-wins-16"]
    found = [
        structs.replace(without_records(claim, CATALOGUE, profile, None), verdict=verdict)
        for profile, verdict in judged
    ]
    for order in (found, found[::-1]):
        (best,) = one_for_each_claim(order)
        assert best.profile == expected


def test_claims_keep_their_order() -> None:
    names = ("mnist-t16", "interleaved-cyclic-wins-16", "mnist-t2")
    found = [without_records(CLAIMS[name], CATALOGUE, "paper", None) for name in names]
    assert [judgement.id for judgement in one_for_each_claim((*found, *found))] == list(names)
