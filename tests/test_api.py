"""The functions for notebooks: the same numbers as the command line's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import harness
from encoders.errors import EncoderError
from harness.data import load
from harness.errors import HarnessError
from harness.papers.dct_snn.experiments import QUICKSTART
from harness.records.store import read_record
from tests.report.campaigns import write_mnist

MNIST = "mnist-784-100-10/paper"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_mnist(folder)
    return folder


def test_records_curves_and_claims_are_frames(results: Path) -> None:
    frame = harness.load_records(results)
    assert frame[frame["arm"] == "cyclic-16"]["accuracy"].tolist() == [98.50, 98.53, 98.56, 98.52, 98.59]
    assert set(frame["status"]) == {"done"}
    curves = harness.curves(results, f"{MNIST}/cyclic-5")
    assert curves.shape == (5, 5)
    assert list(curves.loc[5]) == [97.20, 97.31, 97.38, 97.26, 97.35]
    assert harness.curves(results, f"{MNIST}/direct-16").empty
    judged = harness.judgements(results).set_index("id")
    [judgement] = harness.judge_claim("mnist-t16", results)
    assert (judgement.profile, judgement.seeds_done, judgement.published) == ("paper", 5, 98.54)
    assert judged.loc["mnist-t16", "mean"] == judgement.mean == pytest.approx(98.54)


def test_a_difference_is_paired_by_the_seeds_that_both_have(results: Path) -> None:
    found = harness.difference(results, f"{MNIST}/cyclic-16", f"{MNIST}/cyclic-5")
    assert found.runs == pytest.approx((93.21 - 97.20, 93.24 - 97.31, 93.27 - 97.38, 93.23 - 97.26, 93.30 - 97.35))
    at_end = harness.difference(results, f"{MNIST}/cyclic-16", f"{MNIST}/poisson-16", timestep=16)
    assert at_end.runs == pytest.approx((3.90, 3.83))
    assert at_end.mean == pytest.approx(3.865)
    assert at_end.low is None


def test_errors_are_drawn_into_given_axes(results: Path) -> None:
    axes = Figure().subplots()
    harness.draw_errors(axes, results, MNIST, ("cyclic-16", "cyclic-5"))
    means = next(line for line in axes.get_lines() if np.size(line.get_xdata()) == 16)
    assert np.asarray(means.get_ydata())[-1] == pytest.approx(100 - 98.54)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["T = 16", "T = 5"]
    assert legend.get_title().get_text() == "DCT, cyclic"


def test_what_is_unknown_is_one_line(results: Path, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="did you mean 'cyclic-16'") as unknown:
        harness.curves(results, f"{MNIST}/cyclic-61")
    assert unknown.value._render_traceback_() == [f"HarnessError: {unknown.value}"]
    assert EncoderError("no such code")._render_traceback_() == ["EncoderError: no such code"]
    with pytest.raises(HarnessError, match="unknown claim 'mnist-t61'"):
        harness.judge_claim("mnist-t61", results)
    with pytest.raises(HarnessError, match="timestep 6 is outside"):
        harness.difference(results, f"{MNIST}/cyclic-16", f"{MNIST}/cyclic-5", timestep=6)
    with pytest.raises(HarnessError, match="no finished seed in common"):
        harness.difference(results, f"{MNIST}/cyclic-16", f"{MNIST}/direct-16")
    with pytest.raises(HarnessError, match="nothing to draw: direct-16"):
        harness.draw_errors(Figure().subplots(), results, MNIST, ("direct-16",))
    with pytest.raises(HarnessError, match="no such results folder"):
        harness.load_records(tmp_path / "none")
    with pytest.raises(HarnessError, match="no file of weights"):
        harness.network(tmp_path / "seed-0000.json")


def test_an_experiment_is_run_from_an_object_or_a_file_and_its_network_predicts(tmp_path: Path) -> None:
    profile = QUICKSTART.profiles[0]
    short = replace(profile, ann=replace(profile.ann, epochs=1), snn=replace(profile.snn, epochs=1), train_images=100)
    mine = replace(QUICKSTART, name="mine", arms=QUICKSTART.arms[:1], profiles=(short,))
    results = tmp_path / "results"
    [row] = harness.run_experiment(mine, results=results, keep_weights=True)
    assert (row["experiment"], row["arm"], row["status"]) == ("mine", "cyclic-16", "done")
    assert harness.load_records(results)["experiment"].tolist() == ["mine"]
    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from harness.papers.dct_snn.experiments import QUICKSTART as Q\n"
        "P = Q.profiles[0]\n"
        "SHORT = replace(P, ann=replace(P.ann, epochs=1), snn=replace(P.snn, epochs=1), train_images=100)\n"
        "EXPERIMENT = replace(Q, name='mine', arms=Q.arms[:1], profiles=(SHORT,))\n",
        encoding="utf-8",
    )
    [again] = harness.run_experiment(path, results=results, data_dir=str(tmp_path))
    assert again == row | {"status": again["status"]}  # the same cell: nothing is trained

    record = next(results.rglob("seed-0000.json"))
    trained, test = harness.network(record), load("digits", test_images=short.test_images).test
    found = trained.predict(test.images.numpy(), test.labels)
    assert found.counts == read_record(record).curve
    assert found.classes.shape == (16, len(test))
    with pytest.raises(HarnessError, match="not images: float32"):
        trained.predict(torch.rand(2, 1, 8, 8))
    with pytest.raises(HarnessError, match=r"images \[1, 28, 28\] for a network of \[1, 8, 8\]"):
        trained.predict(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))
    with pytest.raises(HarnessError, match="other processes cannot see"):
        harness.run_experiment(mine, results=results, workers=2)
    with pytest.raises(HarnessError, match="unknown arm of mine 'cyclic-61'"):
        harness.curves(results, f"mine/{row['profile']}/cyclic-61")
