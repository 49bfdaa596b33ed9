"""The sentence on the paper's own network, trained with a compressed schedule."""

from pathlib import Path

from msgspec import structs

from harness.records.store import read_record, write_record
from harness.schema import Counts
from tests.analysis.conftest import Write
from tests.analysis.judging import INTERLEAVED, MNIST, end_ann, write_arm
from tests.papers.conftest import briefs, sentences


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if text.startswith("The paper's own network")]


def test_accuracies_stand_beside_the_published_ones_with_what_they_started_from(tmp_path: Path, write: Write) -> None:
    record = read_record(write(INTERLEAVED, "short", "cyclic-16x3", 0, 8000))
    write_record(tmp_path, structs.replace(record, balanced=Counts([7000] * 48, 10_000), digest=""))
    end_ann(tmp_path / INTERLEAVED / "short" / "cyclic-16x3", 8100)
    write(INTERLEAVED, "short", "cyclic-16x3", 1, 8200)
    write(INTERLEAVED, "short", "interleaved-8x3", 0, 5000)
    (found,) = said(tmp_path)
    network, cyclic, interleaved = found.split(" | ")
    assert network == (
        "The paper's own network (VGG9, short profile: 20 epochs of its ANN and 10,000 images of fine-tuning) reaches "
        "on CIFAR-10"
    )
    assert cyclic.startswith("cyclic, 16 × 3, 48 steps: 81.00 % (published 89.94 %; its ANN 81.00 %; ")
    assert cyclic.endswith("2 of 3 planned seeds: incomplete)")
    assert interleaved == (
        "interleaved, 8 × 3, 24 steps: 50.00 % (published 53.73 %; 1 of 1 planned seeds: inconclusive)"
    )
    (brief,) = [text for text in briefs(tmp_path) if text.startswith("The paper's own network")]
    assert brief == (
        "The paper's own network on CIFAR-10 (VGG9, short profile, 1 to 2 seeds), its ANN trained for 20 of 300 "
        "epochs, in per cent, published in brackets: cyclic, 16 × 3, 48 steps 81.00 (89.94); interleaved, 8 × 3, 24 "
        "steps 50.00 (53.73)."
    )


def test_accuracy_straight_after_balancing_is_told(tmp_path: Path, write: Write) -> None:
    record = read_record(write(INTERLEAVED, "short", "cyclic-8x3", 0, 6500))
    write_record(tmp_path, structs.replace(record, balanced=Counts([6000] * 24, 10_000), digest=""))
    (found,) = said(tmp_path)
    assert "65.00 % (published 69.70 %; straight after balancing 60.00 %; 1 of 1 planned seeds" in found


def test_other_profiles_and_networks_are_not_told_here(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (7000, 7010, 7020, 7015, 7005))
    write_arm(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    assert said(tmp_path) == []


def test_published_accuracies_stand_under_their_own_data(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    write_arm(write, INTERLEAVED, "paper", "cyclic-16x3", (9850, 9853, 9856, 9852, 9859))
    mnist, cifar = [text for text in sentences(tmp_path) if text.startswith("Published accuracies")]
    assert mnist.endswith("came out | reproduced: 98.54 % (cyclic-16, ours 98.54)")
    assert cifar.endswith("came out | higher: 89.94 % (cyclic-16x3, ours 98.54)")
