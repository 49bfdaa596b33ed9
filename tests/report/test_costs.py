"""Operations and energy in every format, against numbers worked by hand."""

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.analysis.energy import EnergyModel
from harness.records.store import read_record, write_record
from harness.report import check, render
from harness.report.tables import NOT_COUNTED
from tests.conftest import blank

from .campaigns import CATALOGUE, Campaign, empty, write_arm

MNIST = "mnist-784-100-10"
pytestmark = pytest.mark.usefixtures("blank_figures")


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A spike code and a graded one that counted everything, an arm without its encoder's, and a smoke run."""
    campaign = empty(tmp_path_factory.mktemp("counted"))
    spent = {"cyclic-2": (False, 500.0, 200.0), "direct-16": (True, 0.0, 0.0), "cyclic-5": (False, 500.0, None)}
    for arm, (multiplies, encoder, macs) in spent.items():
        for path in write_arm(campaign.evidence, MNIST, "paper", arm, (9000, 9100)):
            record = read_record(path)
            layers = [msgspec.structs.replace(layer, multiplies=multiplies) for layer in record.layers]
            changed = msgspec.structs.replace(record, layers=layers, encoder_operations=encoder, encoder_macs=macs)
            write_record(campaign.evidence, msgspec.structs.replace(changed, digest=""))
    write_arm(campaign.evidence, "quickstart", "smoke", "cyclic-16", (9400,))
    with pytest.MonkeyPatch.context() as patch:
        blank(patch)
        render(campaign.alone, CATALOGUE)
    return campaign


def table_line(campaign: Campaign, title: str) -> list[str]:
    text = (campaign.out / f"{MNIST}.md").read_text(encoding="utf-8")
    table = text[text.index("Operations and energy for one image") :]
    line = next(line for line in table.splitlines() if line.startswith(f"| {title}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def parts(campaign: Campaign, arm: str) -> dict[str, dict[str, str]]:
    text = (campaign.out / f"{MNIST}-operations.csv").read_text(encoding="utf-8")
    return {row["part"]: row for row in csv.DictReader(io.StringIO(text)) if row["arm"] == arm}


def test_a_seed_beyond_the_plan_is_no_part_of_an_arms_costs(tmp_path: Path) -> None:
    """Four of five planned seeds, and a sixth."""
    campaign = empty(tmp_path)
    paths = write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200, 9300, 9400, 9500))
    paths[4].unlink()
    render(campaign.alone, CATALOGUE)
    assert table_line(campaign, "DCT, cyclic, T = 2 ")[2] == "4/5, incomplete"


def test_a_row_has_counts_energy_and_their_ratio(counted: Campaign) -> None:
    # 78,400 MACs × 4.6 pJ; (2 × 9,000 accumulates + 300) × 0.9 pJ + 200 × 4.6 pJ; 3 spikes of 100 neurons in 2 steps
    # 18,000 of 2 × 78,400 places; break-even: (360,640 - 300 × 0.9 - 200 × 4.6) / 0.9 of as many places
    # Memory at 5 pJ: 78,400 + 200 words in the ANN; 18,000 + 400 + 6 + 500 in the SNN; break-even: of 753,640 pJ are
    # 3,690 the encoder's and 2,000 the membranes', and 106,230 are spent at 18,000 of the places
    row = table_line(counted, "DCT, cyclic, T = 2 ")
    assert row[1:4] == ["evidence", "2/5, incomplete", "78.4 k"]
    assert row[4:10] == ["18.0 k", "0", "300", "200", "0.0150", "0.115"]
    assert row[10:14] == ["0.361", "0.0174", "20.7", "2.55"]
    assert row[14:] == ["6.73", "0.808"]


def test_direct_input_multiplies_in_its_first_layer_and_once(counted: Campaign) -> None:
    row = table_line(counted, "direct input (analog), T = 16 ")
    assert row[4:8] == ["0", "9.00 k", "0", "0"]
    assert row[11] == "0.0414"  # 9,000 × 4.6 pJ


def test_what_no_record_tells_is_blank_with_its_reason(counted: Campaign) -> None:
    row = table_line(counted, "DCT, cyclic, T = 5 ")
    assert [*row[6:8], *row[11:]] == [""] * 7
    assert NOT_COUNTED in (counted.out / f"{MNIST}.md").read_text(encoding="utf-8")


def test_csv_breaks_an_arm_down_into_layers_encoder_and_total(counted: Campaign) -> None:
    rows = parts(counted, "cyclic-2")
    assert list(rows) == ["layer fc1", "encoder", "total"]
    assert [row["snn_pj"] for row in rows.values()] == ["16200.00", "1190.00", "17390.00"]
    assert [row["snn_memory_pj"] for row in rows.values()] == ["108230.00", "3690.00", "111920.00"]
    assert (rows["total"]["ann_pj"], rows["total"]["ann_by_snn"]) == ("360640.00", "20.7384")
    assert (rows["total"]["encoder_operations"], rows["total"]["encoder_macs"]) == ("500.00", "200.00")
    assert parts(counted, "cyclic-5")["total"]["snn_pj"] == ""


def test_smoke_has_no_costs(counted: Campaign) -> None:
    assert not (counted.out / "quickstart-operations.csv").exists()
    assert "accuracy costs" not in (counted.out / "quickstart.html").read_text(encoding="utf-8")


def test_page_sorts_by_the_number_and_states_what_is_assumed(counted: Campaign) -> None:
    page = (counted.out / f"{MNIST}.html").read_text(encoding="utf-8")
    costs = page[page.index("accuracy costs") :]
    assert 'data-value="78400.0"' in costs
    assert "4.6 pJ per multiply-accumulate of the ANN, of the SNN or of the encoder" in costs


def test_other_prices_change_energies_and_no_count(counted: Campaign, tmp_path: Path) -> None:
    copy = empty(tmp_path / "copy")
    shutil.copytree(counted.evidence, copy.evidence)
    dear = EnergyModel(9.0, 46.0)
    render(copy.alone, CATALOGUE, energy=dear)
    total, before = parts(copy, "cyclic-2")["total"], parts(counted, "cyclic-2")["total"]
    assert (total["snn_pj"], total["ann_by_snn"]) == ("173900.00", before["ann_by_snn"])
    assert check(copy.alone, CATALOGUE, dear) == []
    assert check(copy.alone, CATALOGUE) == ["dct-snn-energy.svg", f"{MNIST}-operations.csv", f"{MNIST}.md"]


def test_prices_that_are_none_end_the_command_with_a_hint() -> None:
    command = [sys.executable, "-m", "harness", "report", "--energy", "cheap"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: not two energies: 'cheap'")
    assert "as in 0.9,4.6" in finished.stderr
