"""The searches on validation splits: the rule, the files of scores, and that recipes have what was chosen."""

import json
import math
import os
import signal
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch

from encoders.dct import Dct
from harness.catalogue import Arm
from harness.config import CellConfig, EncoderSpec
from harness.errors import CellFailure, HarnessError
from harness.papers.dct_snn import choices
from harness.papers.dct_snn.choices import FOLDER, LITE_GRID, LITE_IMAGES, MNIST_GRID, MNIST_IMAGES, SEARCHES, tuned
from harness.papers.dct_snn.experiments import (
    ABLATION_OWN_RATES,
    CIFAR10_ENCODERS,
    CIFAR10_ONE_ANN,
    LATENCY_CIFAR10,
    LEARNED_CIFAR10,
    LEARNED_MNIST,
    MNIST_ENCODERS,
    MNIST_ONE_ANN,
)
from harness.papers.dct_snn.recipe import (
    LITE,
    LITE_CHOSEN,
    LITE_RATES,
    MNIST_PAPER,
    MNIST_RATES,
    SCHEDULE_RATES,
    SHORT,
    with_mnist_rate,
)
from harness.report.tables import NOT_TUNED
from harness.runs import tuning
from harness.runs.tuning import RATE_DECIDES, SEED, Grid, Scores, next_values, tune, with_rate
from harness.runs.validation import ann_score, score, snn_score, validation_split
from harness.training import batches, loop
from harness.training.ann import AnnCache
from harness.training.cell import Setting
from tests.cells import tiny_config, tiny_data
from tests.command import harness

GRID = Grid((1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2), with_rate, RATE_DECIDES, first=(3e-3, 1e-2, 1e-3))


def by_rate(config: CellConfig) -> int:
    """A made-up score that rises with the rate up to 0.01."""
    return round(1000 * min(config.snn.learning_rate, 2e-2 - config.snn.learning_rate))


def killed(_: CellConfig) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def by_gpu(_: CellConfig) -> int:
    return int(os.environ["CUDA_VISIBLE_DEVICES"])


refuse = Mock(side_effect=AssertionError("measured again"))


# ## The rule


@pytest.mark.parametrize(
    ("known", "following"),
    [
        ({}, GRID.first),
        ({3e-3: 5}, (1e-2, 1e-3)),
        ({1e-3: 4, 3e-3: 5, 1e-2: 6}, (3e-2,)),
        ({1e-3: 4, 3e-3: 5, 1e-2: 6, 3e-2: 6}, ()),  # of equal scores, the smaller rate
        ({1e-3: 7, 3e-3: 5, 1e-2: 6}, (3e-4,)),
        ({1e-3: 4, 3e-3: 7, 1e-2: 6}, ()),
    ],
)
def test_a_search_ends_with_both_neighbours_of_the_best(known: dict[float, int], following: tuple[float, ...]) -> None:
    assert next_values(known, GRID) == following


@pytest.mark.slow
def test_a_search_scores_the_first_rates_and_one_neighbour_and_repeats_nothing(tmp_path: Path) -> None:
    arm, path = tiny_config(), tmp_path / "scores.json"
    for measure in (by_rate, refuse):
        (chosen,) = tune((arm,), GRID, Scores(path, 100), measure)
        assert chosen == with_rate(arm, 1e-2)
        assert Scores(path, 100).of(arm, GRID) == {1e-3: 1, 3e-3: 3, 1e-2: 10, 3e-2: -10}


@pytest.mark.slow
def test_each_score_and_a_killed_process_are_a_line(tmp_path: Path) -> None:
    told: list[str] = []
    scores, few = Scores(tmp_path / "scores.json", 100, told.append), replace(GRID, values=(1e-3,), first=())
    tune((tiny_config(),), few, scores, by_gpu, gpus=("5",))
    assert told == ["cyclic-6: rate 0.001: 5/100"]
    with pytest.raises(HarnessError, match="a process of the search for rates was killed — memory may be short"):
        tune((tiny_config(),), GRID, scores, killed)


def test_another_recipe_and_other_data_have_other_scores(tmp_path: Path) -> None:
    cell, setting = tiny_config(), Setting(torch.device("cpu"))
    ours, theirs = (Mock(results=tmp_path, setting=setting, data=Mock(digest=name)) for name in ("ours", "theirs"))
    other = replace(cell, network=replace(cell.network, hidden=(7,)))
    assert len({tuning._scores(*one, "cpu").path for one in ((ours, cell), (ours, other), (theirs, cell))}) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("tiny_known", "blank_figures")
def test_an_added_encoder_gets_the_rate_of_held_out_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = ("run", "tiny", "--arm", "cyclic-6", "--seeds", "1", "--encoder", "poisson@4")
    done = harness(*run, "--tune", "--json")
    arms = [cell["arm"] for cell in json.loads(done.out)["cells"]]
    rows = json.loads(next(tmp_path.rglob(".rates-*.json")).read_text())
    scores = {row["recipes"]["snn"]["learning_rate"]: row for row in rows}
    best = max(sorted(scores), key=lambda rate: scores[rate]["correct"])
    assert arms == ["cyclic-6", f"poisson@4~{best:g}"]
    assert f"poisson@4: rate {best:g}: {scores[best]['correct']}/40\n" in done.err
    assert f"poisson@4: rate {best:g} is chosen; the scores are in " in done.err
    assert {(row["total"], row["seed"], row["stage"]) for row in scores.values()} == {(40, SEED, "poisson@4")}
    again = harness(*run[:-1], arms[1])
    assert "nothing to train" in again.err
    assert f"; cyclic-6: {NOT_TUNED}" in again.out  # not the searched one
    (record,) = tmp_path.rglob(f"{arms[1]}/seed-0000.json")
    assert json.loads(record.read_text())["config"]["snn"]["learning_rate"] == best
    cells = json.loads(harness("status", "--json").out)["cells"]
    assert [cell["status"] for cell in cells if cell["arm"] == arms[1]] == ["done", "missing"]  # of two seeds
    assert f"cyclic-6, poisson@4: {NOT_TUNED}" in harness(*run).out
    assert "poisson@4~0.1: no search chose this rate" in harness(*run[:-1], "poisson@4~0.1").err
    assert "--tune is for the arms that --encoder adds" in harness("run", "tiny", "--tune").err
    assert "--for does not end a search" in harness(*run, "--tune", "--for", "9m").err
    planned = harness("run", "tiny", "--encoder", "poisson-6", "--tune")
    assert (planned.code, "poisson-6 is an arm of tiny already" in planned.err) == (2, True)


def test_arms_of_lite_differ_in_code_loss_and_map_alone() -> None:
    arms = [cell for arm in choices.lite_arms() for cell in SEARCHES["lite-rates"].with_losses(arm)]
    assert len({(str(arm.encoder), arm.snn.loss_input) for arm in arms}) == len(arms) == 2 * len(choices.lite_arms())
    assert {arm.network for arm in arms} == {LITE.network}
    assert {(arm.ann, arm.snn.images, arm.timesteps, arm.test_images) for arm in arms} == {
        (LITE.ann, LITE.snn.images, 48, None)
    }
    assert SEED not in range(max(profile.seeds for profile in (LITE, MNIST_PAPER, SHORT)))  # it is not reported


# ## Files of scores


def test_a_setting_newer_than_a_score_has_its_default(tmp_path: Path) -> None:
    path, arm = tmp_path / "scores.json", tiny_config()
    Scores(path, 100).add("snn", {"snn": arm.snn}, 5)
    rows = json.loads(path.read_text())
    del rows[0]["recipes"]["snn"]["readings"]
    path.write_text(json.dumps(rows))
    assert Scores(path, 100).score({"snn": arm.snn}) == 5
    assert Scores(path, 100).score({"snn": replace(arm.snn, readings=(0.5,))}) is None
    assert Scores(path, 100).score({"snn": arm.snn, "encoder": EncoderSpec("burst")}) is None


def scored(name: str, total: int, timesteps: int | None = None) -> dict[tuple[str, str], dict[float, int]]:
    """Images by rate, by arm and loss, of a committed file, read without the code that searches."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())
    assert {(row["total"], row["seed"]) for row in rows} == {(total, SEED)}
    scores: dict[tuple[str, str], dict[float, int]] = defaultdict(dict)
    for row in rows:
        snn = row["recipes"]["snn"]
        if timesteps in (None, row["recipes"]["timesteps"]):
            scores[row["stage"], snn["loss_input"]][snn["learning_rate"]] = row["correct"]
    return scores


def with_neighbours(scores: dict[float, int], grid: Grid) -> bool:
    """Whether the best rate and both its neighbours are scored, and the search began inside the grid."""
    assert list(grid.values) == sorted(grid.values)
    assert not {grid.values[0], grid.values[-1]} & set(grid.first)
    place = grid.values.index(max(scores, key=lambda rate: (scores[rate], -rate)))
    return {*grid.first, *grid.values[place - 1 : place + 2]} <= set(scores) and 0 < place < len(grid.values) - 1


def test_each_code_of_lite_has_its_best_rate_and_loss() -> None:
    scores, lite = scored("lite-rates", LITE_IMAGES), CIFAR10_ENCODERS.profile("lite")
    chosen = {code: CIFAR10_ENCODERS.resolve(CIFAR10_ENCODERS.arm(code), lite, 0).snn for code in LITE_RATES}
    for arm, snn in {"cyclic-16x3": LITE.snn, **chosen}.items():
        best = max(max(scores[arm, loss].values()) for loss in SEARCHES["lite-rates"].losses)
        assert scores[arm, snn.loss_input][snn.learning_rate] == best
        assert all(with_neighbours(scores[arm, loss], LITE_GRID) for loss in SEARCHES["lite-rates"].losses)


def test_an_arm_of_a_search_of_its_own_has_the_best_rate_of_it() -> None:
    searched = {
        arm.name: tuned(experiment.resolve(arm, experiment.profile("lite"), 0))
        for experiment in (LATENCY_CIFAR10, CIFAR10_ONE_ANN)
        for arm in experiment.arms
    }
    assert {name for name, best in searched.items() if best} == set(LITE_CHOSEN)
    assert all(tuned(MNIST_ONE_ANN.resolve(arm, MNIST_ONE_ANN.profile("paper"), 0)) for arm in MNIST_ONE_ANN.arms)


def test_each_schedule_has_the_best_rate_of_its_search() -> None:
    scores = scored("schedules", LITE_IMAGES)
    assert {schedule for schedule, _ in scores} == set(SCHEDULE_RATES)
    for (schedule, _), of_rates in scores.items():
        assert of_rates[SCHEDULE_RATES[schedule]] == max(of_rates.values())
        assert with_neighbours(of_rates, LITE_GRID)
        arm = ABLATION_OWN_RATES.arm(schedule)
        assert tuned(ABLATION_OWN_RATES.resolve(arm, ABLATION_OWN_RATES.profile("lite"), 0))


def test_the_ann_of_p_has_the_rate_of_its_own_search_on_cifar10() -> None:
    """Sentence 3 says so of burst, whose records are those of another experiment."""
    chosen, burst = (
        e.resolve(e.arm(a), e.profile("lite"), 0).ann
        for e, a in ((CIFAR10_ONE_ANN, "dct-p"), (CIFAR10_ENCODERS, "burst"))
    )
    assert burst == chosen


@pytest.mark.parametrize("timesteps", MNIST_RATES)
def test_each_code_on_mnist_has_its_best_rate_at_t(timesteps: int) -> None:
    scores = scored("mnist-rates", MNIST_IMAGES, timesteps)
    for code, rate in MNIST_RATES[timesteps].items():
        assert scores[code, "sum"][rate] == max(scores[code, "sum"].values())
        assert with_neighbours(scores[code, "sum"], MNIST_GRID)


def test_recipes_are_the_best_of_their_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.validation.score", refuse)
    (mnist,) = SEARCHES["mnist"].run(None, 1)
    assert (mnist.ann, mnist.snn) == (MNIST_PAPER.ann, MNIST_PAPER.snn)
    (short,) = SEARCHES["short"].run(None, 1)
    assert (short.ann, replace(short.snn, images=SHORT.snn.images)) == (SHORT.ann, SHORT.snn)
    committed = json.loads((FOLDER / "dct-order.json").read_text())
    assert committed == {"cifar10": list(LEARNED_CIFAR10), "mnist": list(LEARNED_MNIST)}
    assert sorted(LEARNED_CIFAR10) == sorted(LEARNED_MNIST) == list(range(16))


@pytest.mark.parametrize(("timesteps", "searched"), [(1, 2), (3, 4), (5, 5), (7, 8), (11, 8), (12, 16), (100, 16)])
def test_an_arm_has_the_rate_of_the_nearest_t(timesteps: int, searched: int) -> None:
    for code in MNIST_RATES[searched]:
        arm = with_mnist_rate(Arm(code, EncoderSpec(code), timesteps, code))
        assert MNIST_ENCODERS.resolve(arm, MNIST_PAPER, 0).snn.learning_rate == MNIST_RATES[searched][code]
    assert with_mnist_rate(Arm("new", EncoderSpec("new"), timesteps, "no rate was chosen")).changes == {}


# ## Scores of candidates


def test_a_candidate_that_cannot_be_finished_is_the_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [CellFailure("SNN epoch 1 diverged: loss nan in its step 3"), CellFailure("did not act within 60 s")]
    monkeypatch.setattr("harness.runs.validation.load", lambda *_, **__: tiny_data())
    monkeypatch.setattr("harness.runs.validation.snn_score", Mock(side_effect=failures))
    assert score(tiny_config(), "snn", 50, None) == 0
    with pytest.raises(HarnessError, match="did not act within 60 s"):
        score(tiny_config(), "snn", 50, None)


def test_a_candidate_that_is_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, config = validation_split(tiny_data(), 50), tiny_config()
    kept = Setting(torch.device("cpu"), ann_cache=AnnCache(tmp_path / "anns"))
    alone, _ = snn_score(config, data, Setting(torch.device("cpu"))), ann_score(config, data, kept)
    steps, taken = config.snn.epochs * math.ceil(len(data.train) / config.snn.batch_size), 0

    def take(*batch: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken == steps - 1:
            raise KeyboardInterrupt
        return batches.batch(*batch)

    monkeypatch.setattr(loop, "batch", take)
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", -1.0)
    with pytest.raises(KeyboardInterrupt):
        snn_score(config, data, kept)
    taken = steps
    assert snn_score(config, data, kept) == alone
    assert taken == steps + 2
    assert [path for path in tmp_path.rglob("*training*") if path.is_file()] == []


def test_the_order_learned_from_one_frequency_begins_with_it() -> None:
    # Mostly frequency 2 (the vertical cosine), and a little of frequency 1.
    row = torch.cos(torch.pi * (torch.arange(4) + 0.5) / 4)
    strength = torch.linspace(-1, 1, 16).view(-1, 1, 1, 1)
    vertical, horizontal = row.view(1, 1, 4, 1).expand(1, 1, 4, 4), row.view(1, 1, 1, 4).expand(1, 1, 4, 4)
    images = 0.7 * strength * vertical + 0.2 * strength.flip(0).square() * horizontal
    assert choices.learned_order(Dct(lower_percentile=2, upper_percentile=98), images, 1) == (2,)
