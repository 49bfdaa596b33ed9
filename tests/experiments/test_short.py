"""The short profile is the paper's with a compressed schedule, and its search takes the best of each stage."""

from dataclasses import replace

from harness.papers.dct_snn.choices.short import (
    ANN_RATES,
    OUTPUT,
    SNN_RATES,
    VALIDATION_IMAGES,
    best_ann,
    best_snn,
    in_part,
)
from harness.papers.dct_snn.choices.validation import SEED, Candidate, Scores
from harness.papers.dct_snn.experiments import EXPERIMENTS
from harness.papers.dct_snn.experiments.vgg import SHORT, VGG9, paper

KNOWN = {experiment.name: experiment for experiment in EXPERIMENTS}


def test_the_rate_of_the_ann_decays_twice_as_in_the_paper() -> None:
    decays = {
        name: [epoch for epoch in range(1, ann.epochs) if epoch % ann.decay_every == 0]
        for name, ann in (("paper", paper(VGG9).ann), ("short", SHORT.ann))
    }
    assert decays == {"paper": [100, 200], "short": [8, 16]}


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


def test_the_search_takes_the_best_rate_of_the_ann() -> None:
    scores = {0.03: 1500, 0.1: 1400}
    assert set(ANN_RATES) == set(scores)
    chosen = best_ann(lambda ann: scores[ann.learning_rate])
    assert chosen == replace(SHORT.ann, learning_rate=0.03)


def test_the_rates_of_the_profile_are_the_best_of_the_scored_ones() -> None:
    scores = Scores(OUTPUT, VALIDATION_IMAGES)

    def known(candidate: Candidate) -> int:
        score = scores.known(candidate)
        assert score is not None
        return score

    assert best_ann(lambda ann: known({"ann": ann})) == SHORT.ann
    assert best_snn(lambda snn: known({"ann": SHORT.ann, "snn": in_part(snn)})) == SHORT.snn


def test_the_search_takes_the_best_rate_of_fine_tuning() -> None:
    scores = {1e-5: 1000, 3e-5: 1001, 1e-4: 1002}
    assert set(SNN_RATES) == set(scores)
    chosen = best_snn(lambda snn: scores[snn.learning_rate])
    assert chosen == replace(SHORT.snn, learning_rate=1e-4)
