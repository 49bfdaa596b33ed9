"""Operations and energy in every format, against numbers worked by hand."""

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.analysis.energy_model import EnergyModel
from harness.records.store import read_record, write_record
from harness.report import check, render
from harness.report.costs import NO_ENCODER, short

from .campaigns import CATALOGUE, Campaign, empty, write_arm

MNIST = "mnist-784-100-10"


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A spike code and a graded one that counted everything, an arm without its encoder's, and a smoke run."""
    campaign = empty(tmp_path_factory.mktemp("counted"))
    for arm, multiplies, encoder in (("cyclic-2", False, 500.0), ("direct-16", True, 0.0), ("cyclic-5", False, None)):
        for path in write_arm(campaign.evidence, MNIST, "paper", arm, (9000, 9100)):
            record = read_record(path)
            layers = [msgspec.structs.replace(layer, multiplies=multiplies) for layer in record.layers]
            told = msgspec.structs.replace(record, layers=layers, encoder_operations=encoder, digest="")
            write_record(campaign.evidence, told)
    write_arm(campaign.evidence, "quickstart", "smoke", "cyclic-16", (9400,))
    render(campaign.alone, CATALOGUE)
    return campaign


def table_line(campaign: Campaign, title: str) -> list[str]:
    text = (campaign.out / "report.md").read_text(encoding="utf-8")
    table = text[text.index("Operations and energy for one image") :]
    line = next(line for line in table.splitlines() if line.startswith(f"| {title}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def parts(campaign: Campaign, arm: str) -> dict[str, dict[str, str]]:
    text = (campaign.out / f"{MNIST}-operations.csv").read_text(encoding="utf-8")
    return {row["part"]: row for row in csv.DictReader(io.StringIO(text)) if row["arm"] == arm}


def test_a_row_has_counts_energy_and_their_ratio(counted: Campaign) -> None:
    # 78,400 MACs × 4.6 pJ; (2 × 9,000 accumulates + 500) × 0.9 pJ; 3 spikes of 100 neurons in 2 steps
    row = table_line(counted, "cyclic-2 ")
    assert row[1:] == [
        "evidence",
        "2/5, incomplete",
        "78.4 k",
        "18.0 k",
        "0",
        "500",
        "0.0150",
        "0.361",
        "0.0166",
        "21.7",
    ]


def test_a_graded_code_multiplies_in_its_first_layer(counted: Campaign) -> None:
    row = table_line(counted, "direct-16 ")
    assert row[4:7] == ["0", "144 k", "0"]
    assert row[9] == "0.662"  # 16 × 9,000 × 4.6 pJ


def test_what_no_record_tells_is_blank_with_its_reason(counted: Campaign) -> None:
    row = table_line(counted, "cyclic-5 ")
    assert [row[6], *row[9:]] == ["— (a)"] * 3
    assert f"- a: {NO_ENCODER}" in (counted.out / "report.md").read_text(encoding="utf-8")


def test_csv_breaks_an_arm_down_into_layers_encoder_and_total(counted: Campaign) -> None:
    rows = parts(counted, "cyclic-2")
    assert list(rows) == ["layer fc1", "encoder", "total"]
    assert [row["snn_pj"] for row in rows.values()] == ["16200.00", "450.00", "16650.00"]
    assert (rows["total"]["ann_pj"], rows["total"]["ann_by_snn"]) == ("360640.00", "21.6601")
    assert parts(counted, "cyclic-5")["total"]["snn_pj"] == ""


def test_smoke_has_no_costs(counted: Campaign) -> None:
    assert not (counted.out / "quickstart-operations.csv").exists()
    page = (counted.out / "index.html").read_text(encoding="utf-8")
    assert page.count('<table class="sortable accuracy costs">') == 1


def test_page_sorts_by_the_number_and_states_what_is_assumed(counted: Campaign) -> None:
    page = (counted.out / "index.html").read_text(encoding="utf-8")
    costs = page[page.index("accuracy costs") :]
    assert 'data-value="78400.0"' in costs
    assert "an encoder operation costs what an accumulate does (0.9 pJ)" in costs


def test_other_prices_change_energies_and_no_count(counted: Campaign, tmp_path: Path) -> None:
    copy = empty(tmp_path / "copy")
    shutil.copytree(counted.evidence, copy.evidence)
    dear = EnergyModel(9.0, 46.0)
    render(copy.alone, CATALOGUE, energy=dear)
    total, before = parts(copy, "cyclic-2")["total"], parts(counted, "cyclic-2")["total"]
    assert (total["snn_pj"], total["ann_by_snn"]) == ("166500.00", before["ann_by_snn"])
    assert check(copy.alone, CATALOGUE, dear) == []
    assert check(copy.alone, CATALOGUE) == ["index.html", f"{MNIST}-operations.csv", "report.md"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (500, "500"),
        (999.6, "1.00 k"),
        (31360, "31.4 k"),
        (348e3, "348 k"),
        (1.25e6, "1.25 M"),
        (2e9, "2.00 G"),
    ],
)
def test_counts_have_three_significant_digits(count: float, text: str) -> None:
    assert short(count) == text


def test_prices_that_are_none_end_the_command_with_a_hint() -> None:
    command = [sys.executable, "-m", "harness", "report", "--energy", "cheap"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: not two energies: 'cheap'")
    assert "as in 0.9,4.6" in finished.stderr
