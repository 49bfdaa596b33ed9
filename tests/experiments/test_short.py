"""The short profile is the paper's with a compressed schedule, and its search takes the best of each stage."""

from dataclasses import replace

import pytest

from harness.config import AnnRecipe, SnnRecipe
from harness.papers.dct_snn.choices import short
from harness.papers.dct_snn.choices.short import (
    ANN_RATES,
    EPOCHS,
    IMAGES,
    SNN_RATES,
    best_ann,
    best_snn,
    fewest,
)
from harness.papers.dct_snn.choices.validation import SEED
from harness.papers.dct_snn.experiments import EXPERIMENTS
from harness.papers.dct_snn.experiments.vgg import SHORT, VGG9, compressed, paper

KNOWN = {experiment.name: experiment for experiment in EXPERIMENTS}


@pytest.mark.parametrize(("epochs", "decays_after"), [(20, [7, 14]), (25, [9, 18]), (30, [10, 20]), (300, [100, 200])])
def test_the_rate_decays_twice_however_few_the_epochs(epochs: int, decays_after: list[int]) -> None:
    every = compressed(paper(VGG9).ann, epochs).decay_every
    assert [epoch for epoch in range(1, epochs) if epoch % every == 0] == decays_after


def test_only_the_schedule_of_the_paper_profile_and_the_loss_are_changed() -> None:
    whole = paper(VGG9)
    ann = replace(SHORT.ann, epochs=300, decay_every=100)
    snn = replace(SHORT.snn, epochs=25, images=None, learning_rate=1e-4, loss_input="sum")
    assert (ann, snn) == (whole.ann, whole.snn)
    kept = ("network", "balancing", "neuron", "train_images", "test_images", "precision", "encoder")
    assert {name: getattr(SHORT, name) for name in kept} == {name: getattr(whole, name) for name in kept}


def test_three_seeds_of_cyclic_and_interleaved_and_one_of_the_others() -> None:
    names = ("cifar10-vgg9", "ablation-interleaved", "ablation-intermittent")
    planned = {arm.name: KNOWN[name].seeds(arm.name, "short") for name in names for arm in KNOWN[name].arms}
    assert {arm for arm, seeds in planned.items() if seeds == 3} == {"cyclic-48", "cyclic-16x3", "interleaved-16x3"}
    assert set(planned.values()) == {1, 3}
    assert set(SHORT.seeds_by_arm) <= set(planned)
    assert SEED not in range(max(planned.values()))


def test_the_search_takes_the_best_rate_then_the_length_at_that_rate() -> None:
    scored: list[tuple[int, float]] = []

    def score(ann: AnnRecipe) -> int:
        scored.append((ann.epochs, ann.learning_rate))
        return {ANN_RATES[0]: 1500, ANN_RATES[1]: 1400}[ann.learning_rate] + 100 * (ann.epochs == EPOCHS[1])

    chosen = best_ann(score)
    assert (chosen.epochs, chosen.learning_rate) == (EPOCHS[1], ANN_RATES[0])
    assert set(scored) == {(EPOCHS[0], ANN_RATES[1]), *((epochs, ANN_RATES[0]) for epochs in EPOCHS)}


def test_candidates_decay_twice_and_stay_the_same_once_a_choice_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short, "SHORT", replace(SHORT, ann=compressed(SHORT.ann, 20)))
    scored: dict[int, int] = {}

    def score(ann: AnnRecipe) -> int:
        scored[ann.epochs] = ann.decay_every
        return 1000

    best_ann(score)
    # the paper decays after a third of its epochs; 25 of them round it up to 9, which the others follow
    assert scored == {20: 8, 25: 9, 30: 11}


def test_the_search_takes_the_best_rate_of_fine_tuning_then_the_images_at_that_rate() -> None:
    def score(snn: SnnRecipe) -> int:
        return 1000 + SNN_RATES.index(snn.learning_rate) + 50 * (snn.images == IMAGES[-1])

    chosen = best_snn(score)
    assert (chosen.learning_rate, chosen.images) == (SNN_RATES[-1], IMAGES[-1])
    assert SHORT.snn.learning_rate in SNN_RATES
    assert SHORT.snn.images in IMAGES
    assert SHORT.ann.epochs in EPOCHS


@pytest.mark.parametrize(("right", "chosen"), [(1583, "cheap"), (1582, "dear")])
def test_the_cheaper_is_taken_within_a_standard_error_of_the_best(right: int, chosen: str) -> None:
    # 1,600 of 2,000 images: a variance of 2,000 * 0.8 * 0.2 = 320, whose root is 17.9.
    assert fewest(["cheap", "dear"], {"cheap": right, "dear": 1600}.__getitem__) == chosen
