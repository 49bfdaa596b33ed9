"""What claims without a verdict wait for: the missing cells, and their operations against the network's own layers."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from msgspec import structs

import encoders
from harness.analysis.curves import index
from harness.analysis.frame import Measurement, write_measurement
from harness.analysis.judges import judge
from harness.catalogue import Experiment
from harness.config import CellConfig
from harness.data.sets import facts_of
from harness.papers.dct_snn.experiments import EXPERIMENTS
from harness.papers.dct_snn.findings.missing import Missing, beyond_claims, missing, unread
from harness.papers.dct_snn.findings.work import flop, image_macs, map_shape
from harness.papers.dct_snn.paper import PAPER
from harness.records.store import read_record, write_record
from harness.schema import Weights
from harness.snn.network import stages
from tests.analysis.conftest import Write
from tests.analysis.judging import CATALOGUE, INTERLEAVED, MNIST, load, write_arm


def waiting(folder: Path) -> dict[tuple[str, str], Missing]:
    loaded = load(folder)
    found = missing(PAPER.claims, EXPERIMENTS, judge(loaded, CATALOGUE), index(loaded))
    assert [group.peta for group in found] == sorted(group.peta for group in found)
    return {(group.experiment, group.profile): group for group in found}


def cell(experiment: str, profile: str, arm: str, seed: int = 0) -> CellConfig:
    found = CATALOGUE.experiment(experiment)
    return found.resolve(found.arm(arm), found.profile(profile), seed)


@pytest.mark.parametrize("experiment", [e for e in EXPERIMENTS if e.name != "quickstart"], ids=lambda e: e.name)
def test_maps_and_operations_are_those_of_encoder_and_network(experiment: Experiment) -> None:
    for profile in experiment.profiles:
        for arm in experiment.arms:
            config = experiment.resolve(arm, profile, 0)
            facts = facts_of(config.dataset)
            encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
            shape = tuple(encoder.frame(torch.zeros(1, *facts.shape)).shape[1:])
            assert map_shape(config) == shape
            layers = stages(config.network, map_shape(config), facts.classes)
            assert image_macs(config) == sum(layer.macs for layer in layers)


def test_operations_of_a_cell_by_hand() -> None:
    config = cell(MNIST, "paper", "cyclic-16")
    ann = 40 * (3 * 60_000 + 10_000)  # images forward, over 40 epochs
    snn = 16 * (20 * 3 * 60_000 + 21 * 10_000)  # over 16 steps; tests after balancing and after each epoch
    assert flop([config]) == 2 * (784 * 100 + 100 * 10) * (ann + snn)
    other = cell(MNIST, "paper", "poisson-16")
    assert flop([config, other]) == pytest.approx(2 * (784 * 100 + 100 * 10) * (ann + 2 * snn))  # one ANN for both
    assert flop([config, replace(config, seed=1)]) == 2 * flop([config])


def test_what_experiments_share_is_counted_once() -> None:
    one, same = cell("cifar10-vgg9", "short", "cyclic-48"), cell(INTERLEAVED, "short", "cyclic-16x3")
    assert flop([one, same]) == flop([one])
    other = cell(INTERLEAVED, "short", "interleaved-16x3")
    images = 20 * (3 * 50_000 + 10_000) + 2 * 48 * (3 * 10_000 + 2 * 10_000)  # one ANN; two cells of 48 steps
    assert flop([one, other]) == pytest.approx(2 * image_macs(one) * images)
    assert flop([one, replace(other, dataset="cifar100")]) > flop([one, other])


def test_without_records_all_claims_of_training_wait(tmp_path: Path) -> None:
    found = waiting(tmp_path)
    assert sum(group.claims for group in found.values()) == sum(claim.needs_training for claim in PAPER.claims)
    ablation = found[INTERLEAVED, "lite"]
    assert (ablation.claims, ablation.cells) == (4, 30)


def test_what_is_done_waits_no_longer(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (9000, 9001, 9002, 9003, 9004))
    assert waiting(tmp_path)[INTERLEAVED, "lite"].cells == 25
    write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", (8000, 8001, 8002, 8003, 8004))
    assert waiting(tmp_path)[INTERLEAVED, "lite"].claims < 4


def test_planned_cells_beyond_the_claims_are_those_that_no_claim_waits_for(tmp_path: Path, write: Write) -> None:
    write_arm(write, "ablation-frequencies", "lite", "cycles3-1", (5000, 5001))
    loaded = load(tmp_path)
    cells = index(loaded)
    waited = missing(PAPER.claims, EXPERIMENTS, judge(loaded, CATALOGUE), cells)
    found = {(group.experiment, group.profile): group for group in beyond_claims(EXPERIMENTS, waited, cells)}
    frequencies = found["ablation-frequencies", "lite"]
    assert frequencies.arms == {f"cycles3-{kept}" for kept in (1, 2, 4, 6, 8, 10, 12)}
    assert (frequencies.claims, frequencies.cells) == (0, 33)
    assert found["dct-beyond-mnist", "paper"].cells == 105  # three arms of 48 steps answer a claim
    assert ("tinyimagenet-vgg13", "lite") not in found  # a claim waits for all of its arms


def test_a_measurement_on_the_weights_of_some_seeds_is_named(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-16", 0, 9800))
    write_record(tmp_path, structs.replace(record, weights=Weights("seed.safetensors", "a" * 64), digest=""))
    kept = "accuracy-kept-with-8-frequencies-mnist"
    write_measurement(
        tmp_path, Measurement(kept, 91.8, "%", "mnist", "0" * 64, 10_000, "", "paper", "cyclic-16", ("a" * 64,))
    )
    (sentence,) = unread(judge(load(tmp_path), CATALOGUE))
    assert sentence.parts == ("frequencies-dropped-at-inference-mnist, of 1 of 5 planned seeds",)
