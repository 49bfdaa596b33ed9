"""What interleaving costs: before and after training, along a whole epoch, and without the reset in the code."""

from pathlib import Path

from msgspec import structs
from scipy import stats

from harness.records.store import read_record, write_record
from harness.schema import Counts
from tests.analysis.conftest import Write
from tests.analysis.judging import INTERLEAVED, end_ann, write_arm
from tests.papers.conftest import briefs, sentences


def test_what_interleaving_costs_stands_before_and_after_training(tmp_path: Path, write: Write) -> None:
    for arm, before, after in (("cyclic-16x3", 7000, 7500), ("interleaved-16x3", 6400, 7300)):
        for seed in range(3):
            record = read_record(write(INTERLEAVED, "lite", arm, seed, after + seed))
            assert record.curve is not None
            balanced = structs.replace(record.curve, correct=[before] * 48)
            write_record(tmp_path, structs.replace(record, balanced=balanced, digest=""))
    (found,) = [text for text in sentences(tmp_path) if "interleaving" in text]
    assert "shrinks in training: | 16 frequencies, 6.00 straight after balancing, 2.00 after fine-tuning" in found
    (brief,) = [text for text in briefs(tmp_path) if text.startswith("Interleaving")]
    assert brief == "Interleaving costs 2.00 points with 16 frequencies (10.24 published, lite profile)."


def test_the_cost_without_a_part_of_the_reset_is_described(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "lite", "interleaved-16x3-no-reset", (5400, 5410, 5390, 5405, 5395))
    assert not any("the membrane is reset" in text for text in sentences(tmp_path))
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3-no-reset", (5600, 5610, 5590, 5605, 5595))
    (found,) = [text for text in sentences(tmp_path) if "the membrane is reset" in text]
    assert "Without the reset in the input code it still costs +2.00 points (95 %: +2.00 to +2.00)" in found
    assert found.endswith(" on a small network; the hidden layers kept theirs.")


def write_course(write: Write, folder: Path, arm: str, *seeds: tuple[int, int, int, int]) -> None:
    """Records of `ablation-training`: right after balancing, an eighth, a half, and all of fine-tuning, by seed."""
    for seed, (start, eighth, half, end) in enumerate(seeds):
        record = read_record(write("ablation-training", "lite", arm, seed, end))
        curves = [Counts([1000] * (record.config.timesteps - 1) + [last], 10_000) for last in (start, eighth, half)]
        way = {"0.125": curves[1], "0.5": curves[2]}
        write_record(folder, structs.replace(record, balanced=curves[0], on_the_way=way, digest=""))


def test_a_whole_epoch_is_told_along_its_way_once_all_seeds_are_done(tmp_path: Path, write: Write) -> None:
    cyclic = ((6000, 6300, 6600, 6900), (6100, 6300, 6700, 7000), (6050, 6360, 6650, 6890))
    interleaved = ((5500, 6000, 6400, 6800), (5500, 6050, 6500, 6850), (5600, 6040, 6420, 6840))
    write_course(write, tmp_path, "cyclic-16x3", *cyclic)
    write_course(write, tmp_path, "cyclic-8x3", *cyclic[:2])
    write_course(write, tmp_path, "interleaved-8x3", *interleaved[:2])
    write_course(write, tmp_path, "interleaved-16x3", *interleaved[:2])
    assert not any(text.startswith("Along a whole epoch") for text in sentences(tmp_path))
    write_course(write, tmp_path, "interleaved-16x3", *interleaved)
    (found,) = [text for text in sentences(tmp_path) if text.startswith("Along a whole epoch")]
    # 5, 6 and 4.5 points; 3, 2.5 and 3.2; 2, 2 and 2.3; 1, 1.5 and 0.5: by hand 1 ± 4.3027 · 0.5 / √3 at the end
    assert found == (
        "Along a whole epoch of fine-tuning (ablation-training, lite profile) cyclic is above interleaved, in points: "
        "| at 48 steps +5.17 straight after balancing, +2.90 after 0.125 of it, +2.10 after 0.5 of it and "
        "+1.00 (95 % over seeds alone: -0.24 to +2.24) at its end"
    )


def test_how_far_cyclic_is_from_its_ann_after_that_epoch_is_told(tmp_path: Path, write: Write) -> None:
    for arm in ("cyclic-8x3", "interleaved-8x3"):
        write_course(write, tmp_path, arm, *[(6000, 6300, 6600, end) for end in (6800, 6900, 6810)])
    assert not any(text.startswith("After that epoch") for text in sentences(tmp_path))
    end_ann(tmp_path / "ablation-training" / "lite" / "cyclic-8x3", 7000)
    (found,) = [text for text in sentences(tmp_path) if text.startswith("After that epoch")]
    low, high = stats.ttest_1samp([-2.0, -1.0, -1.9], 0.0).confidence_interval(0.95)
    assert found == (
        "After that epoch cyclic differs from the ANN that it was converted from, over seeds alone, by | -1.63 points "
        f"(95 %: {low:+.2f} to {high:+.2f}) at 24 steps"
    )
