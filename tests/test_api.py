"""The functions for notebooks: the same numbers as the command line's."""

from pathlib import Path

import pytest

import harness
from harness.errors import HarnessError
from tests.report.campaigns import write_mnist


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seeds each of the MNIST arms."""
    folder = tmp_path_factory.mktemp("results")
    write_mnist(folder)
    return folder


def test_records_are_a_frame_with_a_row_a_cell(results: Path) -> None:
    frame = harness.load_records(results)
    cells = frame[frame["arm"] == "cyclic-16"]
    assert cells["accuracy"].tolist() == [98.50, 98.53, 98.56, 98.52, 98.59]
    assert set(frame["status"]) == {"done"}


def test_curves_have_a_row_a_timestep_and_a_column_a_seed(results: Path) -> None:
    curves = harness.curves_of_arm(results, "mnist-784-100-10", "cyclic-5", "paper")
    assert curves.shape == (5, 5)
    assert list(curves.loc[5]) == [97.20, 97.31, 97.38, 97.26, 97.35]


def test_an_arm_without_records_has_an_empty_curve_and_an_unknown_one_is_named(results: Path) -> None:
    assert harness.curves_of_arm(results, "mnist-784-100-10", "direct-16", "paper").empty
    with pytest.raises(HarnessError, match="did you mean 'cyclic-16'"):
        harness.curves_of_arm(results, "mnist-784-100-10", "cyclic-61", "paper")


def test_a_claim_is_judged_as_the_report_judges_it(results: Path) -> None:
    [judgement] = harness.judge_claim("mnist-t16", results)
    assert (judgement.profile, judgement.seeds_done, judgement.published) == ("paper", 5, 98.54)
    assert judgement.mean == pytest.approx(98.54)
    with pytest.raises(HarnessError, match="unknown claim 'mnist-t61'"):
        harness.judge_claim("mnist-t61", results)


def test_an_experiment_from_a_file_is_run_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from harness.papers.dct_snn.experiments import QUICKSTART as Q\n"
        "P = Q.profiles[0]\n"
        "SHORT = replace(P, ann=replace(P.ann, epochs=1), snn=replace(P.snn, epochs=1), train_images=100)\n"
        "EXPERIMENT = replace(Q, name='mine', arms=Q.arms[:1], profiles=(SHORT,))\n",
        encoding="utf-8",
    )
    [row] = harness.run_experiment(str(path), results=tmp_path / "results")
    assert (row["experiment"], row["arm"], row["status"]) == ("mine", "cyclic-16", "done")
    assert harness.load_records(tmp_path / "results")["experiment"].tolist() == ["mine"]
    with pytest.raises(HarnessError, match="unknown arm of mine 'cyclic-61'"):
        harness.curves_of_arm(tmp_path / "results", "mine", "cyclic-61", row["profile"])
