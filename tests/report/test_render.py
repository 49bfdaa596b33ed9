"""A report is a function of the records: same bytes for the same records, and `check` sees every difference."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.report import Folders, ReportResult, check, render
from harness.report.drawing import painter
from tests.conftest import blank

from .campaigns import CATALOGUE, Campaign, empty, write_arm, write_mnist


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    campaign = empty(tmp_path_factory.mktemp("mnist"))
    write_mnist(campaign.evidence)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        blank(patch)
        render(campaign.alone, CATALOGUE)
    return campaign


@pytest.fixture
def copy(mnist: Campaign, tmp_path: Path) -> Campaign:
    """The rendered campaign at another place, to be tampered with."""
    shutil.copytree(mnist.out.parent, tmp_path / "copy")
    return empty(tmp_path / "copy")


def test_the_same_records_at_another_place_give_the_same_bytes(
    copy: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    shutil.rmtree(copy.out)
    first = empty(tmp_path / "first")
    shutil.copytree(copy.evidence, first.evidence)
    render(first.alone, CATALOGUE)
    # another report in between: what the process drew before must leave no trace
    write_arm(copy.local, "quickstart", "lite", "cyclic-16", (9400, 9500))
    render(Folders(copy.local, copy.out.parent / "other"), CATALOGUE, ["quickstart"])
    render(copy.alone, CATALOGUE)
    before, after = ({p.name: p.read_bytes() for p in c.out.iterdir()} for c in (first, copy))
    assert before == after


def test_nothing_names_a_place_or_a_time(mnist: Campaign) -> None:
    for path in mnist.out.iterdir():
        content = path.read_bytes()
        assert str(mnist.out.parent).encode() not in content, path.name
        assert b"dc:date" not in content, path.name


@pytest.mark.usefixtures("blank_figures")
def test_check_names_changed_missing_and_extra_files(copy: Campaign) -> None:
    for path in [*copy.out.glob("*.png"), *copy.out.glob("*.html")]:
        path.unlink()  # a repository need not keep them
    assert check(copy.alone, CATALOGUE) == []
    with (copy.out / "report.md").open("a") as file:
        file.write("one more claim\n")
    (copy.out / "mnist-784-100-10.csv").unlink()
    (copy.out / "notes.txt").touch()
    assert check(copy.alone, CATALOGUE) == ["mnist-784-100-10.csv", "notes.txt", "report.md"]


@pytest.mark.usefixtures("blank_figures")
def test_check_follows_the_records(copy: Campaign) -> None:
    (copy.evidence / "mnist-784-100-10/paper/cyclic-16/seed-0004.json").unlink()
    wrong = check(copy.alone, CATALOGUE)
    assert {"mnist-784-100-10.md", "mnist-784-100-10.csv", "mnist-784-100-10.tex"} <= set(wrong)
    assert "mnist-784-100-10-paper-error.svg" in wrong
    assert "encoder-picture.svg" not in wrong


@pytest.mark.usefixtures("blank_figures")
def test_check_compares_figures_of_another_matplotlib_by_their_data(copy: Campaign) -> None:
    figure = copy.out / "mnist-784-100-10-paper-error.svg"
    painted = figure.read_bytes().replace(painter().encode(), b"matplotlib 3.9.1 on riscv64.")
    figure.write_bytes(painted.replace(b"</svg>", b"<g/></svg>"))
    assert check(copy.alone, CATALOGUE) == []
    figure.write_bytes(figure.read_bytes().replace(b"sha256:", b"sha256:0", 1))
    assert check(copy.alone, CATALOGUE) == [figure.name]


@pytest.mark.usefixtures("blank_figures")
def test_check_of_a_folder_that_is_not_there_names_what_is_kept(campaign: Campaign) -> None:
    assert "report.md" in check(campaign.alone, CATALOGUE)


def test_unknown_experiment_is_refused_with_a_suggestion(campaign: Campaign) -> None:
    with pytest.raises(HarnessError, match="did you mean 'quickstart'"):
        render(campaign.alone, CATALOGUE, ["quickstrat"])
    assert not campaign.out.exists()


@pytest.mark.usefixtures("blank_figures")
def test_named_experiments_alone_are_written(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    result = render(campaign.alone, CATALOGUE, ["quickstart"])
    stems = {path.stem for path in result.files}
    assert stems == {"index", "report"}
    assert result.judgements == ()


def test_result_tells_judgements_and_problems(rendered: ReportResult) -> None:
    verdicts = {j.id: j.verdict for j in rendered.judgements}
    assert verdicts["mnist-t16"] == "reproduced"
    assert {j.id: j.verdict for j in rendered.local_judgements}["mnist-t16"] == "incomplete"
    assert any("loss is not finite" in problem for problem in rendered.problems)


def test_smoke_is_drawn_nowhere(rendered: ReportResult) -> None:
    assert not [path.name for path in rendered.files if "quickstart" in path.name and path.suffix == ".svg"]


def test_no_torch_is_imported() -> None:
    program = "import sys, harness.report; from harness.report import *; print('torch' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "False\n"
