"""The tables of a report: who stands in a row, which timesteps in a column, and no blank without its reason."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from rich.console import Console, RenderableType

from harness.analysis.judges import judge
from harness.analysis.verdicts import VERDICTS
from harness.errors import HarnessError
from harness.records.fingerprint import recipe_digest
from harness.records.store import read_record, write_record
from harness.records.verifications import Source as VerifiedFrom
from harness.records.verifications import Verification, Word, write_verification
from harness.report import ReportResult, Source, in_terminal, read, render, results_table
from harness.report.figures import styles_of
from harness.report.sources import with_added
from harness.report.table import Cell as TableCell
from harness.report.table import Link, Row, Table, csv_text
from harness.report.tables import (
    FEW_PAIRS,
    NO_INTERVAL,
    NONE_CHOSEN,
    NOT_COUNTED,
    NOT_TUNED,
    accuracy_table,
    claims_table,
    columns_of,
    costs_table,
    curves_table,
    operations_table,
    paired_table,
    profile_words,
    tally_table,
    training_table,
)
from tests.analysis.conftest import write
from tests.analysis.judging import INTERLEAVED, Write, change, end_ann, load
from tests.analysis.judging import write_arm as write_judged
from tests.command import harness

from .campaigns import CATALOGUE, Campaign, Cell, write_along, write_arm, write_cell, write_mnist

__all__ = ["write"]
MNIST = "mnist-784-100-10"


def table_of(campaign: Campaign, name: str = MNIST, profile: str = "paper") -> Table:
    sources = read(campaign.evidence, campaign.local, CATALOGUE)
    experiment = CATALOGUE.experiment(name)
    return accuracy_table(experiment, experiment.profile(profile).name, sources)


def at(table: Table, arm: str, whose: str, title: str) -> TableCell:
    row = row_of(table, arm, whose)
    return row.cells[[column.title for column in table.columns].index(title)]


def row_of(table: Table, arm: str, whose: str = "evidence") -> Row:
    (row,) = [row for row in table.rows if (row.group, row.cells[1].value) == (arm, whose)]
    return row


def words(table: Table, row: Row) -> list[str]:
    return [column.words(cell.value) for column, cell in zip(table.columns, row.cells, strict=True)]


def test_mean_and_interval_are_those_of_the_counts(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-5", (1000, 9000))
    write_arm(campaign.evidence, MNIST, "paper", "poisson-16", (9990, 9990, 9000))
    table = table_of(campaign)
    shown = {row.group: words(table, row) for row in table.rows if row.cells[1].value == "evidence"}
    # t(0.975, 2) = 4.3027, sd = 1, so the half-width is 4.3027 / sqrt(3)
    assert shown["cyclic-2"][2:5] == ["3/5", "36.40 ± 0.99", "91.00 ± 2.48"]
    assert shown["cyclic-5"][6] == "10.00, 90.00"  # two seeds are two figures
    assert shown["poisson-16"][8] == "96.60 (82.40 to 100.00)"  # a half-width of 14.2 would leave 0 .. 100 %
    assert at(table, "cyclic-5", "evidence", "T = 5").note == NO_INTERVAL
    assert not any(cell.note for row in table.rows for cell in row.cells if cell.value is None)
    assert columns_of(CATALOGUE.experiment(MNIST)) == (1, 2, 4, 5, 8, 16, 24, 48, 100)
    assert columns_of(CATALOGUE.experiment("tinyimagenet-vgg13"))[-1] == 125


def test_paper_stands_above_evidence_above_yours_and_others_come_last(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    write_arm(campaign.local, MNIST, "paper", "cyclic-16", (9800,))
    table = table_of(campaign)
    assert [row.cells[1].value for row in table.rows if row.group == "cyclic-16"] == ["paper", "evidence", "yours"]
    assert {row.cells[1].value for row in table.rows[-6:]} == {"published"}
    printed = [at(table, "cyclic-16", "paper", f"T = {t}") for t in (8, 16, 24)]
    assert [cell.value for cell in printed] == [None, "98.54", None]
    (row,) = [row for row in table.rows if (row.group, row.kind) == ("cyclic-16", "evidence")]
    assert at(table, "cyclic-16", "evidence", "seeds").opens
    assert row.records[0] == Link("cyclic-16", 0, f"{MNIST}/paper/cyclic-16/seed-0000.json", "98.50 %")
    assert len(row.records) == 5


def test_an_arm_whose_only_cell_failed_quotes_the_error(campaign: Campaign) -> None:
    write_cell(campaign.evidence, Cell(MNIST, "paper", "cyclic-2", 0), 0, "disk is full")
    assert (
        "no finished cell: seed 0 failed (disk is full)" in at(table_of(campaign), "cyclic-2", "evidence", "arm").small
    )


def test_a_published_row_says_for_which_steps_its_number_stands(campaign: Campaign) -> None:
    """Comsa et al. print no number of timesteps; Kheradpisheh et al. print 256."""
    rows = {row.cells[0].value: row.cells for row in table_of(campaign).rows if row.group == "published"}
    assert rows["Comsa et al. [3]"][0].small[0] == "97.9, timesteps not reported"
    assert rows["Kheradpisheh et al. [7]"][0].small[0] == "97.4 at T = 256"
    (rate,) = [row for row in table_of(campaign, "cifar100-vgg11").rows if str(row.cells[0].value).startswith("Rate")]
    assert "stays below 60 %" in " ".join(rate.cells[0].small)


@pytest.mark.parametrize(("profile", "words"), [("paper", "with the deviations"), ("lite", "judges the direction")])
def test_the_published_recipe_is_one_that_nothing_deviates_from(profile: str, words: str) -> None:
    experiment = CATALOGUE.experiment("ablation-interleaved")
    own = experiment.profile(profile)
    assert words in profile_words(experiment, own.name)
    exact = replace(experiment, arms=experiment.arms[:1], published={}, profiles=(replace(own, deviations=()),))
    assert ("the published recipe" in profile_words(exact, own.name)) is (profile == "paper")


def test_a_figure_calls_an_arm_by_parts_of_its_title() -> None:
    for experiment in map(CATALOGUE.experiment, CATALOGUE.names()):
        for arm in experiment.arms:
            assert set(styles_of(experiment.arms)[arm.name].name.split(", ")) <= set(arm.title.split(", "))


def test_one_computation_has_one_title_and_two_of_an_experiment_have_two() -> None:
    of_recipe: dict[str, set[str]] = {}
    for experiment in map(CATALOGUE.experiment, CATALOGUE.names()):
        assert len({arm.title for arm in experiment.arms}) == len(experiment.arms)
        for profile in experiment.profiles[1:]:  # a smoke run has one network for all
            for arm in experiment.arms:
                recipe = recipe_digest(experiment.resolve(arm, profile, 0))
                of_recipe.setdefault(recipe, set()).add(arm.title)
    assert [titles for titles in of_recipe.values() if len(titles) > 1] == []


def test_an_arm_read_before_its_last_step_is_named_so(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    table = paired_table(CATALOGUE.experiment(MNIST), "paper", read(tmp_path, None, CATALOGUE))
    assert table is not None
    assert [row.cells[0].value for row in table.rows] == [
        "DCT, cyclic − DCT, cyclic, T = 16 (read after 5)",
        "DCT, cyclic − DCT, cyclic, T = 16 (read after 2)",
        "Poisson rate − DCT, cyclic",
    ]
    write_arm(tmp_path, "quickstart", "lite", "cyclic-16", (9000, 9010, 9020))
    write_arm(tmp_path, "quickstart", "lite", "dct@4", (9100, 9110, 9120))
    for name, early in (("quickstart", "cyclic-16 (read after 4)"), (MNIST, "arms − cyclic-16 (read after 2)")):
        said = on_terminal(Campaign(tmp_path, tmp_path / "local", tmp_path / "out"), name)
        assert early in " ".join(said.split())


def test_a_difference_of_codes_of_x_and_of_p_is_net_of_their_anns_and_the_raw_one_stands_beside(
    campaign: Campaign,
) -> None:
    """Poisson stands 3.8 points below DCT, and its ANN 4.0 below that of DCT: net it is 0.2 above."""
    for arm, final, ann in (("dct", 7000, 7200), ("poisson", 6620, 6800), ("direct", 7100, 7200)):
        write_arm(campaign.evidence, "cifar10-encoders", "lite", arm, [final + seed for seed in range(5)])
        end_ann(campaign.evidence / "cifar10-encoders" / "lite" / arm, ann)
    table = paired_table(CATALOGUE.experiment("cifar10-encoders"), "lite", campaign.alone())
    assert table is not None
    shown = {row.cells[0].value: (words(table, row)[4:], row.cells[4].small) for row in table.rows}
    assert shown["Poisson rate − DCT, cyclic"] == (["+0.20", "seeds"], ("raw -3.80",))
    assert shown["direct input (analog) − DCT, cyclic"] == (["+1.00", "seeds"], ())
    assert "net of these" in table.caption
    said = [line.split() for line in on_terminal(campaign, "cifar10-encoders").splitlines()]
    assert ["arm", "T", "difference", "raw", "pairs"] in said
    assert ["poisson", "48", "+0.20", "−3.80", "5/5"] in said
    assert ["direct", "48", "+1.00", "5/5"] in said


def test_arms_that_no_search_tuned_say_so_and_a_caption_where_it_is_so_of_all(campaign: Campaign) -> None:
    """In quickstart no arm was searched, on MNIST all but that of 100 steps; `~RATE` is a rate that was."""
    for arm in ("cyclic-16", "poisson-16", "dct@4"):
        write_arm(campaign.local, "quickstart", "lite", arm, (9000, 9010))
    sources = campaign.both()
    experiment = with_added(CATALOGUE.experiment("quickstart"), sources)
    whole = accuracy_table(experiment, "lite", sources)
    assert whole.caption == f"{NONE_CHOSEN.capitalize()}."
    assert not any(row.cells[0].note for row in whole.rows)
    assert f"more; {NONE_CHOSEN}" in " ".join(on_terminal(campaign, "quickstart").split())
    write_arm(campaign.local, "quickstart", "lite", "dct@4~0.003", (9000, 9010))
    said = " ".join(on_terminal(campaign, "quickstart").split())
    assert f"cyclic-16, poisson-16, dct@4: {NOT_TUNED}" in said
    write_mnist(campaign.evidence)
    write_arm(campaign.evidence, MNIST, "paper", "poisson-100", (9700, 9710, 9720, 9690, 9700))
    table = table_of(campaign)
    notes = [at(table, arm, "evidence", "arm").note for arm in ("poisson-100", "cyclic-16")]
    assert (notes, table.caption) == ([NOT_TUNED, ""], "")
    gaps = paired_table(CATALOGUE.experiment(MNIST), "paper", campaign.alone())
    assert gaps is not None
    assert [row.cells[4].note for row in gaps.rows] == ["", "", FEW_PAIRS, NOT_TUNED]
    gaps = paired_table(experiment, "lite", sources)
    assert gaps is not None
    assert gaps.caption.endswith(f"{NONE_CHOSEN.capitalize()}.")


def verified(path: Path, source: VerifiedFrom, verdict: Word = "identical") -> None:
    record = read_record(path)
    assert record.curve is not None
    fields, largest = ([], 0) if verdict == "identical" else (["ann_epochs"], 3)
    found = Verification(record.digest, source, {}, None, "", verdict, largest, 40.0, fields, record.curve, {})
    write_verification(path, found)


@pytest.mark.usefixtures("blank_figures")
def test_verifications_have_a_column_and_stand_with_their_record(campaign: Campaign) -> None:
    first, second, _ = write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    assert table_of(campaign).columns[-1].title == "T = 100"
    verified(first, "training", "within tolerance")
    verified(first, "snntorch")
    verified(second, "snntorch")
    said = "snntorch: identical (2/3); training: within tolerance (1/3)"
    assert at(table_of(campaign), "cyclic-2", "evidence", "verified").value == said
    render(campaign.alone(), campaign.out)
    text, page = ((campaign.out / f"{MNIST}.{suffix}").read_text() for suffix in ("md", "html"))
    assert "90.00 % (verified from training: within tolerance; from snntorch: identical), " in text
    assert "</a> 91.00 % (verified from snntorch: identical)</li>" in page
    assert f"| {MNIST} | paper | cyclic-2 | 1 | snntorch: identical |" in (campaign.out / "findings.md").read_text()


def test_every_claim_is_listed_and_every_judged_one_has_its_margin(everything: Campaign) -> None:
    done = harness("report", "--json", "--evidence-dir", everything.evidence, "--results-dir", everything.evidence)
    listed = json.loads(done.out)["claims"]
    assert {(c["id"], c["kind"]) for c in listed} == {(c.id, c.kind) for c in CATALOGUE.claims if c.kind != "context"}
    judged = [c for c in listed if VERDICTS[c["verdict"]].answers]
    assert {c["kind"] for c in judged} >= {"value", "ordering", "agreement"}
    assert [c["id"] for c in judged if c["margin"] is None] == []


def test_every_row_has_a_reason_and_every_judged_one_what_decided_it(everything: Campaign) -> None:
    table = claims_table(read(everything.evidence, None, CATALOGUE), CATALOGUE.claims)
    assert [row.key for row in table.rows if not row.details] == []
    titles = [column.title for column in table.columns]
    decided = {row.key: row.cells[titles.index("decided by")].value for row in table.rows}
    words = {row.key: str(row.cells[titles.index("verdict")].value) for row in table.rows}
    assert [
        key for key, word in words.items() if word in VERDICTS and VERDICTS[word].answers and not decided[key]
    ] == []
    assert "incomplete (4/5)" in words.values()


def tally(folder: Path) -> Table:
    paper = CATALOGUE.papers[0]
    return tally_table(judge(load(folder), paper), paper.claims)


def test_statements_are_counted_each_with_the_words_of_its_parts(tmp_path: Path, write: Write) -> None:
    assert tally(tmp_path).rows == ()
    write_judged(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    write_judged(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    table = tally(tmp_path)
    # Accuracies and Table 1 on MNIST, and "about 200" without "orders of magnitude".
    bases = "1 on the paper's network, 1 without training a network"
    assert table.title == f"Of 17 statements, 1 comes out, 2 in part ({bases}), 14 are not answered."
    said = {row.cells[0].value: (row.cells[1].value, row.cells[2].value) for row in table.rows}
    assert said["MNIST: 98.54 % at 16 steps, 97.3 at 5, 86.7 at 2"] == (
        "in part",
        "16 steps: reproduced, tuned; 5 steps: no records, trained at T = 5 (other readings: not comparable); "
        "2 steps: higher, trained at T = 2 (other readings: not comparable)",
    )


def test_a_direction_on_a_small_network_says_so(tmp_path: Path, write: Write) -> None:
    for arm, less in (("cyclic-16x3", 0), ("interleaved-16x3", 2000)):
        write_judged(write, INTERLEAVED, "lite", arm, [final - less for final in (6900, 6960, 6860, 6900, 6920)])
    parts = [str(row.cells[2].value) for row in tally(tmp_path).rows]
    assert any("16 frequencies: holds, on a small network; 8 frequencies: no records" in part for part in parts)


def line_with(text: str, *words: str) -> str:
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_markdown_has_verdicts_beside_numbers_labels_errors_as_text_and_links_to_records(
    rendered: ReportResult, everything: Campaign
) -> None:
    assert len((everything.out / "report.md").read_text().splitlines()) <= 150  # the index is short
    markdown = "\n".join(path.read_text() for path in rendered.files if path.suffix == ".md")
    line = line_with(markdown, "| DCT, cyclic at T = 16", "evidence")
    assert "| ✓ reproduced |" in line
    assert "| 98.54 % | 98.54 % (95 %: 98.50 to 98.58; next run 98.43 to 98.65) |" in line
    assert "incomplete (4/5)" in line_with(markdown, "| DCT, cyclic, first 8 > DCT, interleaved, first 8")
    assert "no records" in line_with(markdown, "| DCT, cyclic at T = 125", "tinyimagenet-vgg13")
    assert '"loss is not finite \\<after> step 3"' in line_with(markdown, "- evidence: ", "seed-0002.json")
    assert "## smoke: not judged" in markdown
    assert "judges the direction of orderings only" in markdown
    link = "../results/evidence/mnist-784-100-10/paper/cyclic-16/seed-0000.json"
    assert f"[seed 0]({link}) 98.50 %" in markdown
    assert (everything.out / link).is_file()


def test_csv_has_every_timestep_of_every_arm_and_published_numbers_as_printed(
    rendered: ReportResult, everything: Campaign
) -> None:
    assert rendered.files
    with (everything.out / "mnist-784-100-10.csv").open() as file:
        rows = list(csv.DictReader(file))
    ours = [row for row in rows if (row["arm"], row["whose"]) == ("cyclic-16", "evidence")]
    assert [int(row["timestep"]) for row in ours] == list(range(1, 17))
    assert (ours[-1]["accuracy"], ours[-1]["seeds_done"], ours[-1]["seeds_planned"]) == ("98.5400", "5", "5")
    published = {row["title"]: row["accuracy"] for row in rows if row["whose"] in ("paper", "published")}
    assert (published["cyclic-5"], published["Stephan et al. [14]"]) == ("97.3", "85")
    missing = next(row for row in rows if row["arm"] == "direct-16")
    assert missing["accuracy"] == ""
    assert missing["note"] == "not run yet: harness run mnist-784-100-10 --profile paper"
    with (everything.out / "quickstart.csv").open() as file:
        assert {row["judged"] for row in csv.DictReader(file)} == {"no"}


# Costs


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, ...]:
    """A spike code and a graded one that counted everything, an arm without its encoder's, and one short of a seed."""
    folder = tmp_path_factory.mktemp("counted")
    spent = {"cyclic-2": (False, 500.0, 200.0), "direct-16": (True, 0.0, 0.0), "cyclic-5": (False, 500.0, None)}
    for arm, (multiplies, operations, macs) in spent.items():
        for path in write_arm(folder, MNIST, "paper", arm, (9000, 9100)):
            layers = [structs.replace(layer, multiplies=multiplies) for layer in read_record(path).layers]
            change(path, layers=layers, encoder_operations=operations, encoder_macs=macs)
    paths = write_arm(folder, MNIST, "paper", "cyclic-16", (9000, 9100, 9200, 9300, 9400, 9500))
    paths[4].unlink()
    return read(folder, None, CATALOGUE)


def test_a_row_of_costs_has_counts_energy_and_their_ratio(counted: tuple[Source, ...]) -> None:
    experiment = CATALOGUE.experiment(MNIST)
    table = costs_table(experiment, "paper", counted)
    assert table is not None
    row, direct, unknown, short = (
        words(table, row_of(table, arm)) for arm in ("cyclic-2", "direct-16", "cyclic-5", "cyclic-16")
    )
    # 78,400 MACs × 4.6 pJ; (2 × 9,000 accumulates + 300) × 0.9 pJ + 200 × 4.6 pJ; 3 spikes of 100 neurons in 2 steps
    # 18,000 of 2 × 78,400 places; break-even: (360,640 - 300 × 0.9 - 200 × 4.6) / 0.9 of as many places
    # Memory at 5 pJ: 78,400 + 200 words in the ANN; 18,000 + 400 + 6 + 500 in the SNN; break-even: of 753,640 pJ are
    # 3,690 the encoder's and 2,000 the membranes', and 106,230 are spent at 18,000 of the places
    assert row[1:4] == ["evidence", "2/5", "78.4 k"]
    assert row[4:10] == ["18.0 k", "0", "300", "200", "0.0150", "0.115"]
    assert row[10:] == ["0.361", "0.0174", "20.7", "2.55", "6.73", "0.808"]
    assert [*direct[4:8], direct[11]] == ["0", "9.00 k", "0", "0", "0.0414"]  # 9,000 × 4.6 pJ, once
    assert [*unknown[6:8], *unknown[11:]] == [""] * 7
    assert NOT_COUNTED in table.caption
    assert short[2] == "4/5"  # a seed beyond the plan is no part of it
    assert costs_table(experiment, "smoke", counted) is None


def test_operations_have_a_row_for_each_layer_the_encoder_and_their_total(counted: tuple[Source, ...]) -> None:
    text = csv_text(operations_table(CATALOGUE.experiment(MNIST), ["paper"], counted))
    rows = {(row["arm"], row["part"]): row for row in csv.DictReader(io.StringIO(text))}
    layer, encoder, total = (rows["cyclic-2", part] for part in ("layer fc1", "encoder", "total"))
    assert (total["snn_pj"], total["ann_by_snn"]) == ("17390.00", "20.7384")
    assert (total["encoder_operations"], total["encoder_macs"]) == ("500.00", "200.00")
    assert rows["cyclic-5", "total"]["snn_pj"] == ""
    assert [row["snn_pj"] for row in (layer, encoder)] == ["16200.00", "1190.00"]
    memory = [row["snn_memory_pj"] for row in (layer, encoder, total)]
    assert memory == ["108230.00", "3690.00", "111920.00"]


# Along fine-tuning; arms that `--encoder` added; experiments that are registered nowhere


def test_differences_along_fine_tuning_have_a_column_for_each_fraction(campaign: Campaign) -> None:
    write_along(campaign.evidence)
    sources = read(campaign.evidence, None, CATALOGUE)
    table = training_table(CATALOGUE.experiment("ablation-training"), "lite", sources)
    assert table is not None
    assert [column.title for column in table.columns] == ["arm", "whose", "seeds", "0", "0.125", "0.5", "1"]
    long, short = (words(table, row) for row in table.rows)
    # Differences of 1.0, 1.5 and 0.5 points at the end: by hand 1 ± 4.3027 · 0.5 / √3
    assert (long[2], long[-1]) == ("3/3", "+1.00 (−0.24 to +2.24)")
    assert (short[2], short[3]) == ("2/3", "−1.00, +0.00")


def printed(shown: RenderableType) -> str:
    stream = io.StringIO()
    Console(width=110, file=stream).print(shown)
    return stream.getvalue()


def on_terminal(campaign: Campaign, experiment: str) -> str:
    return printed(results_table(experiment, read(campaign.evidence, campaign.local, CATALOGUE)))


def test_an_added_arm_has_a_row_as_a_control_and_its_difference_from_every_other_arm(campaign: Campaign) -> None:
    for arm, finals in {"dct": (6000, 6010, 6020), "direct": (6200, 6100, 6150)}.items():
        write_arm(campaign.local, "cifar10-encoders", "lite", arm, finals)
    write_arm(campaign.local, "cifar10-encoders", "lite", "snntorch-rate", (6100, 6110, 6120))
    write_arm(campaign.evidence, "cifar10-encoders", "lite", "dct", (6000, 6010))
    said = on_terminal(campaign, "cifar10-encoders").splitlines()
    assert any("snntorch-rate (yours)" in line and "3/5" in line for line in said)
    start = next(i for i, line in enumerate(said) if "snntorch-rate − other arms (yours)" in line)
    rows = {words[0]: " ".join(words[1:]) for line in said[start + 1 :] if len(words := line.split()) >= 3}
    assert rows["dct"] == "48 +1.00 3/5"
    # Student's t at two degrees of freedom times the standard error of (-1, 0.1, -0.3): by hand 4.3027 * 0.3215
    assert rows["direct"] == "48 −0.40 (−1.78 to +0.98) 3/5"


def test_an_experiment_that_is_registered_nowhere_is_shown_and_judges_no_claim(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    (before,) = read(campaign.evidence, None, CATALOGUE)
    for arm, finals in (("cyclic-16", (9000, 9010, 9020)), ("poisson-16", (8000, 8010))):
        for path in write_arm(campaign.evidence, "quickstart", "lite", arm, finals):
            record = read_record(path)
            path.unlink()
            config = replace(record.config, experiment="my-question")
            write_record(campaign.evidence, structs.replace(record, config=config))
    (source,) = read(campaign.evidence, None, CATALOGUE)
    assert (source.judgements, source.loaded.problems) == (before.judgements, ())
    assert source.seeds("my-question", "lite", "poisson-16") == (2, 3)
    text = csv_text(curves_table(source.catalogue.experiment("my-question"), ["lite"], (source,)))
    last = {row["arm"]: row["accuracy"] for row in csv.DictReader(io.StringIO(text)) if row["timestep"] == "16"}
    assert last == {"cyclic-16": "90.1000", "poisson-16": "80.0500"}
    assert "90.10" in on_terminal(campaign, "my-question")


# On a terminal


def test_a_terminal_shows_published_beside_ours_labels_smoke_and_quotes_errors(
    everything: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = on_terminal(everything, MNIST)
    line = line_with(text, "cyclic-16 ")
    assert ("98.54 ± 0.04" in line, line.rstrip().endswith("98.54")) == (True, True)
    assert "2/5" in line_with(text, "cyclic-16 (yours)")
    assert "smoke: not judged" in on_terminal(everything, "quickstart")
    assert "loss is not" in on_terminal(everything, "ablation-interleaved")
    nothing = "cifar100-vgg11: no records yet; harness run cifar100-vgg11\n"
    assert on_terminal(everything, "cifar100-vgg11") == nothing
    with pytest.raises(HarnessError, match="unknown experiment"):
        on_terminal(everything, "mnits")
    claims = printed(in_terminal(read(everything.evidence, everything.local, CATALOGUE), None))
    assert "✓ reproduced" in line_with(claims, "cyclic-16 at T = 16")
    assert "· no records" in line_with(claims, "cyclic-125 at T = 125")
