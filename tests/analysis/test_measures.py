"""Claims about measures other than the plain accuracy: from claims.toml and records to verdicts and their words."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.analysis.cells import Measurement, load, write_measurement
from harness.analysis.judges import Judgement, judge
from harness.catalogue import Arm, Catalogue, Experiment, Paper
from harness.catalogue.claims import read_claims
from harness.config import EncoderSpec
from harness.errors import HarnessError
from harness.records.fingerprint import fingerprint
from harness.records.store import write_record
from harness.report.sources import read
from harness.report.tables import accuracy_table, brief_table, ours_in_words
from harness.schema import Counts, Epoch, Evaluated, LayerActivity, Record
from tests.robust.tiny import PROFILE

NOISE = "noise(strength=0.5)"
IMAGES, T = 1000, 4
EXPERIMENT = Experiment(
    name="measured",
    title="measured",
    source="§1",
    dataset="digits",
    arms=(Arm("a", EncoderSpec("dct"), T, "A"), Arm("b", EncoderSpec("direct"), T, "B")),
    profiles=tuple(
        replace(PROFILE, name=name, seeds=5, evaluations=(NOISE,), snn=replace(PROFILE.snn, readings=(0.5, 0.75)))
        for name in ("lite", "paper")
    ),
)
SIZES = {"digits": IMAGES}
ORDERING = 'kind = "ordering"\ngreater = "a"\nless = "b"\ntimestep = 4\nmeasure = "{}"'
ITSELF = 'kind = "above-itself"\ngreater = "a"\nrelation = "not-less"\ntimestep = 4\nmeasure = "{}"'


def catalogue_of(folder: Path, *claims: str) -> Catalogue:
    """A paper with these claims: the fields of each as TOML has them, after its experiment and source."""
    tables = [f'[[statement.claim]]\nid = "c{n}"\nexperiment = "measured"\n{text}' for n, text in enumerate(claims)]
    path = folder / "claims.toml"
    path.write_text('[[statement]]\nid = "s"\nsays = "all"\nsource = "§1"\n' + "\n".join(tables), encoding="utf-8")
    claimed = read_claims(path, [EXPERIMENT], SIZES)
    return Catalogue((Paper("own", "Own", "2030", (EXPERIMENT,), claimed, SIZES),))


def bits(right: Sequence[bool] | np.ndarray) -> str:
    return base64.b64encode(np.packbits(np.asarray(right, bool)).tobytes()).decode()


def write(
    folder: Path, arm: str, seed: int, profile: str = "paper", noisy: Sequence[int] = (0,) * T, **more: Any
) -> None:
    """A record whose accuracy is 90 %, with counts under noise, of which the first images are right."""
    config = EXPERIMENT.resolve(EXPERIMENT.arm(arm), EXPERIMENT.profile(profile), seed)
    right = {str(T): bits(np.arange(IMAGES) < noisy[-1])}
    given: dict[str, Any] = {"evaluations": {NOISE: Evaluated(Counts(list(noisy), IMAGES), right)}, **more}
    record = Record(
        config=config,
        fingerprint=fingerprint(config, "0" * 64),
        status="done",
        environment={},
        timings={},
        ann_epochs=[Epoch(0.1, 950, IMAGES)],
        curve=Counts([100, 500, 800, 900 + seed], IMAGES),
        **given,
    )
    write_record(folder, record)


def judged(folder: Path, catalogue: Catalogue, profile: str = "paper") -> list[Judgement]:
    [paper] = catalogue.papers
    return [one for one in judge(load(folder, catalogue), paper) if one.profile in (profile, None)]


def value(measure: str, number: str, more: str = "") -> str:
    return f'kind = "value"\narm = "a"\ntimestep = 4\nmeasure = "{measure}"\nvalue = "{number}"\n{more}'


# An evaluation


def test_an_accuracy_under_noise_is_judged_like_an_accuracy(tmp_path: Path) -> None:
    claims = [value(NOISE, "70.1"), value(NOISE, "75"), value(NOISE, "60"), value("accuracy", "90.2")]
    catalogue = catalogue_of(tmp_path, *claims)
    for seed, last in enumerate((700, 701, 702, 699, 703)):
        write(tmp_path, "a", seed, noisy=(100, 200, 300, last))
    near, lower, higher, plain = judged(tmp_path, catalogue)
    assert [one.verdict for one in (near, lower, higher)] == ["reproduced", "lower", "higher"]
    assert (near.unit, near.runs) == ("percent", (70.0, 70.1, 70.2, 69.9, 70.3))
    assert plain.mean == pytest.approx(90.2)
    claim = catalogue.claims[0]
    assert (claim.says, claim.printed) == ("a at T = 4, noise(strength=0.5)", "70.1 %")


def test_an_ordering_under_noise_is_paired_by_image(tmp_path: Path) -> None:
    text = ORDERING.format(NOISE)
    catalogue = catalogue_of(tmp_path, text, text.replace("timestep = 4", "timestep = 3"))
    for seed in range(5):  # on plain images the two are equal
        write(tmp_path, "a", seed, noisy=(100, 200, 350, 700 + seed))
        write(tmp_path, "b", seed, noisy=(100, 200, 300, 600 + 2 * seed))
    at_end, before = judged(tmp_path, catalogue)
    assert (at_end.verdict, at_end.covers) == ("holds", ("seeds", "images"))
    assert at_end.runs == pytest.approx((10.0, 9.9, 9.8, 9.7, 9.6))
    assert before.covers == ("seeds",)  # which images were right is known at the last step alone
    assert at_end.p_holm == pytest.approx(2 * (at_end.p or 0))
    assert catalogue.claims[0].says == "a > b at T = 4, noise(strength=0.5)"


def test_an_arm_under_noise_is_set_against_itself_image_by_image(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, ITSELF.format(NOISE))
    on_the_way = {at: Counts([100, 500, 800, 900], IMAGES) for at in ("0.5", "0.75")}

    def of(fewer: int, **more: Any) -> Judgement:
        for seed in range(5):  # of the images that are right without noise `fewer` are wrong under it
            plain = {str(T): bits(np.arange(IMAGES) < 900 + seed)}
            write(tmp_path, "a", seed, noisy=(100, 500, 800, 900 + seed - fewer), right=plain, **more)
        (one,) = judged(tmp_path, catalogue)
        return one

    same = of(0)
    assert (same.verdict, same.mean, same.covers) == ("holds", 0.0, ("seeds", "images"))
    assert (same.arm, same.versus, same.arms) == ("a", "a", ("a",))
    worse = of(30)
    assert worse.mean == pytest.approx(-3.0)
    assert worse.verdict == "not comparable"
    assert worse.why.startswith("Not known to have settled. ")
    assert of(30, on_the_way=on_the_way).verdict == "not comparable"  # readings are of the plain accuracy
    assert catalogue.claims[0].says == f"a, under {NOISE}, ≥ itself at T = 4"


def test_tables_have_a_row_for_each_evaluation(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, value(NOISE, "70.1"))
    for seed in range(3):
        write(tmp_path, "a", seed, noisy=(100, 200, 300, 700 + seed))
    [source] = read(tmp_path, None, catalogue)
    brief = brief_table(EXPERIMENT, "paper", [source])
    whole = accuracy_table(EXPERIMENT, "paper", [source])
    for table, name in ((brief, f"  {NOISE}"), (whole, f"A, {NOISE}")):
        (row,) = [row for row in table.rows if row.cells[0].value == name]
        shown = [cell.value for cell in row.cells[2:6]]
        assert [getattr(one, "mean", one) for one in shown if one not in ("", None)][-1] == pytest.approx(70.1)
        assert len(table.rows) == (2 if table is brief else 3)  # two of the arm with records, one of that without


# Amounts


def layers(scale: float = 1.0, of_seed: int = 0) -> dict[str, Any]:
    """Operations, worked by hand below; of each seed one in a thousand more."""
    scale *= 1 + of_seed / 1000
    first = LayerActivity("linear1", 10_000_000, 3_000_000 * scale, False, 10_000, 40_000 * scale)
    last = LayerActivity("linear2", 1_000_000, 400_000 * scale, False, 10_000, None)
    return {"layers": [first, last], "encoder_operations": 500_000 * scale, "encoder_macs": 200_000 * scale}


def test_an_energy_is_worked_by_hand(tmp_path: Path) -> None:
    """3.4 million additions at 0.9 pJ, as the encoder's 0.3 million, and its 0.2 million products at 4.6: 4.25 µJ."""
    claims = [value("energy", "4.25"), value("energy(word_pj=5)", "24.95"), value("energy(accumulate_pj=0.1)", "1.29")]
    claims += [value("spikes", "40000"), value("accumulates", "5000000")]
    catalogue = catalogue_of(tmp_path, *claims)
    for seed in range(5):
        write(tmp_path, "a", seed, **layers())
    plain, memory, cheap, spikes, additions = judged(tmp_path, catalogue)
    assert plain.mean == pytest.approx(3.4 * 0.9 + 0.3 * 0.9 + 0.2 * 4.6)
    # A word for each operation; 2·(4·10,000 + 40,000) and 2·4·10,000 of membranes and spikes.
    assert memory.mean == pytest.approx(4.25 + 5 * (3.4 + 0.5 + 0.16 + 0.08))
    assert cheap.mean == pytest.approx(3.7 * 0.1 + 0.2 * 4.6)
    assert (spikes.mean, additions.mean) == (40_000, 3_400_000)
    assert [one.verdict for one in (plain, memory, cheap, spikes, additions)] == [*["reproduced"] * 4, "lower"]
    assert [one.unit for one in (plain, spikes, additions)] == ["µJ", "spikes", "additions"]
    assert plain.margin == pytest.approx(0.05 * 4.25)
    assert ours_in_words(additions)[0] == "3,400,000 additions"
    assert "lies below the published 5,000,000 ± 250,000" in additions.why
    assert ours_in_words(plain) == ("4.250 µJ", "95 %: 4.250 to 4.250; next run 4.250 to 4.250")
    assert catalogue.claims[0].printed == "4.25 µJ"


def test_an_energy_whose_next_run_is_not_known_to_its_margin_tells_nothing(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, value("energy", "4.5"))
    for spread, word in ((10, "consistent"), (40, "inconclusive")):  # of each seed 1 or 4 % more; δ is 5 %
        for seed in range(5):
            write(tmp_path, "a", seed, **layers(1.0, spread * seed))
        (found,) = judged(tmp_path, catalogue)
        assert found.verdict == word
        assert found.why.endswith("too wide to tell.") == (word == "inconclusive")


def test_an_ordering_of_energies_is_paired_by_seed_and_has_its_size(tmp_path: Path) -> None:
    sized = ORDERING.format("energy") + '\ndifference = "4.26"'
    catalogue = catalogue_of(tmp_path, sized, ORDERING.format("spikes"), value("energy", "8.5"))
    for seed in range(5):
        write(tmp_path, "a", seed, **layers(2.0, seed))
        write(tmp_path, "b", seed, **layers(1.0, seed))
    energy, spikes, _ = judged(tmp_path, catalogue)
    assert (energy.verdict, spikes.verdict) == ("sign and size", "holds")
    assert energy.runs == pytest.approx([4.25 * (1 + seed / 1000) for seed in range(5)])
    assert energy.margin == pytest.approx(0.05 * 8.5)
    assert spikes.margin == pytest.approx(0.05 * 80_160)
    assert (energy.covers, energy.unit) == (("seeds",), "µJ")
    assert "The difference of +4.258 µJ has the sign claimed and is within 0.425 of the published 4.260" in energy.why
    assert (ours_in_words(spikes)[0] or "").startswith("+40,080 spikes")
    assert catalogue.claims[0].printed == "+4.26 µJ"
    assert catalogue.claims[0].says == "a > b at T = 4, energy"


def test_equal_energies_are_no_difference(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, ORDERING.format("accumulates"))
    for seed in range(5):
        write(tmp_path, "a", seed, "lite", **layers(1.0, seed))
        write(tmp_path, "b", seed, "lite", **layers(1.0, 4 - seed))
    (found,) = judged(tmp_path, catalogue, "lite")
    assert (found.verdict, found.comparability) == ("not comparable", "approximate (1 deviation)")
    assert "is within 170,340 of none" in found.why  # no size is said of a training that may go on


def test_records_that_do_not_tell_leave_a_claim_open(tmp_path: Path) -> None:
    catalogue = catalogue_of(tmp_path, value("energy", "4.25"))
    for seed in range(5):
        write(tmp_path, "a", seed, **(layers() | {"encoder_operations": None, "encoder_macs": None}))
    (found,) = judged(tmp_path, catalogue)
    assert (found.verdict, found.why) == ("incomplete", "The records do not tell energy.")


# What cannot be right


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (value("noise(strength=0.4)", "70"), "did you mean 'noise(strength=0.5)'"),
        (value("energie", "70"), "did you mean 'energy'"),
        (value("accuracy(at=3)", "70"), "unknown measure 'accuracy(at=3)' — did you mean 'accuracy'"),
        (value("energy(word=5)", "70"), "give picojoules of accumulate_pj, mac_pj, word_pj"),
        (value("energy(word_pj=-5)", "70"), "no energy 'energy(word_pj=-5)'"),
        (value("energy", "70").replace("timestep = 4", "timestep = 3"), "counted over all 4 timesteps of 'a'"),
        (value("energy", "-1"), "'value' must be a printed number of µJ, not '-1'"),
        (value(NOISE, "101"), "'value' must be a printed number of percent"),
        (value("loss", "1"), "state it as 'ann'"),
        (ITSELF.format("spikes"), "'spikes' is no evaluation"),
        (value("spikes", "5", 'headline = "few spikes"'), "the figure of headlines is in points, not in spikes"),
    ],
)
def test_what_cannot_be_measured_is_refused(tmp_path: Path, claim: str, said: str) -> None:
    with pytest.raises(HarnessError) as caught:
        catalogue_of(tmp_path, claim)
    assert said in str(caught.value)


# Measurements


def measurement(quantity: str, number: float, unit: str, **more: Any) -> Measurement:
    how = f"{quantity} by hand"
    return Measurement(quantity, number, unit, dataset="digits", data="0", images=100, how=how, **more)


def test_a_measurement_has_its_unit(tmp_path: Path) -> None:
    text = (
        'kind = "measurement"\nsays = "few"\nquantity = "words"\nrelation = "at-most"\nvalue = "20000"\nunit = "words"'
    )
    catalogue = catalogue_of(tmp_path, text)
    write_measurement(tmp_path, measurement("words", 12_500, "words"))
    (found,) = judged(tmp_path, catalogue)
    assert (found.verdict, found.unit, ours_in_words(found)[0]) == ("holds", "words", "12,500 words")
    assert catalogue.claims[0].printed == "at most 20000 words"


def test_a_measurement_may_be_the_difference_of_two(tmp_path: Path) -> None:
    text = 'kind = "measurement"\nsays = "b keeps more"\nquantity = "kept-b"\nagainst = "kept-a"\n'
    catalogue = catalogue_of(tmp_path, text + 'relation = "at-least"\nvalue = "5"\nunit = "points"')
    assert judged(tmp_path, catalogue)[0].verdict == "no records"
    write_measurement(tmp_path, measurement("kept-b", 91.0, "%"))
    assert judged(tmp_path, catalogue)[0].why == "Nobody has measured kept-a yet."
    write_measurement(tmp_path, measurement("kept-a", 84.5, "%"))
    (found,) = judged(tmp_path, catalogue)
    assert (found.verdict, found.mean, ours_in_words(found)[0]) == ("holds", 6.5, "+6.50 points")
    assert "91 % over 100 images" in found.why
    assert "; a difference of +6.5 points, at least 5." in found.why
