"""`harness verify`: outputs computed a second time are identical, within tolerance, or different."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from scipy.stats import norm, t

from harness.errors import HarnessError
from harness.machine.environment import machine
from harness.records.store import LARGEST_JSON, read_record, record_paths, write_record
from harness.records.verifications import (
    Spread,
    compare,
    differing,
    spread_of,
    verifications_of,
    write_verification,
)
from harness.records.weights import weights_path
from harness.runs.verify import find
from harness.schema import Counts, Failure, Record
from tests.cells import CPU
from tests.command import harness
from tests.fingerprints import of_other_recipe
from tests.weights.conftest import Kept


def off_by(own: Kept, images: int, **fields: object) -> None:
    record = read_record(own.record)
    assert record.curve is not None
    correct = [max(0, min(100, count + images)) for count in record.curve.correct]
    own.change(**{"curve": Counts(correct, 100), "epochs": [], "right": {}, **fields})


def kept_file(own: Kept, source: str) -> Path:
    return own.record.with_name(f"seed-0000.verified-{source}.json")


def with_curve(record: Record, *correct: int, total: int = 10_000, **fields: Any) -> Record:
    """A record of as many timesteps as `correct` has, whose images are kept at the last one."""
    config = replace(record.config, timesteps=len(correct))
    given = {"curve": Counts(list(correct), total), "right": {str(len(correct)): ""}, "epochs": [], **fields}
    return msgspec.structs.replace(record, config=config, **given)


def elsewhere(record: Record) -> Record:
    return msgspec.structs.replace(record, environment={**record.environment, "device": "another"})


# The rule of comparison


def test_where_both_round_alike_nothing_but_equality_will_do(kept: Kept) -> None:
    record = read_record(kept.record)
    assert compare(record, record, {})[:2] == ("identical", 0)
    one = with_curve(record, 9000, 9500)
    assert compare(one, with_curve(record, 9001, 9500), {}) == ("different", 1, 0.0, ["curve"])
    assert compare(one, msgspec.structs.replace(one, thresholds=[1.0]), {}) == ("different", 0, 0.0, ["thresholds"])
    assert record.machine == machine(CPU)  # otherwise tests of "the same machine" would say nothing
    other = msgspec.structs.replace(  # cores and Python do not round
        with_curve(record, 9001, 9500),
        machine=msgspec.structs.replace(machine(CPU), cores=64),
        environment={**record.environment, "python": "3.0", "trained as": "x/lite/y"},
    )
    assert compare(one, other, {}).word == "different"


@pytest.mark.parametrize("fields", [{"machine": None}, {"environment": {"torch": "1.0"}}, {"environment": {}}])
def test_another_place_has_a_tolerance(kept: Kept, fields: Mapping[str, Any]) -> None:
    one = with_curve(read_record(kept.record), 9000, 9500, **fields)
    assert compare(one, with_curve(read_record(kept.record), 9000, 9501), {}).word == "within tolerance"


def test_what_the_noise_of_a_test_allows_is_binomial(kept: Kept) -> None:
    """One compared step, n = 100, p = ½: 1.96 · √(2 · 100 · ¼) = 13.86 images."""
    one = with_curve(read_record(kept.record), 43, total=100)
    found = compare(one, elsewhere(with_curve(one, 57, total=100)), {})
    assert found[:2] == ("different", 14)
    assert found.allowed == pytest.approx(13.859, abs=1e-3)
    assert compare(one, elsewhere(with_curve(one, 56, total=100)), {}).word == "within tolerance"


def test_a_training_elsewhere_may_differ_as_two_seeds_do(kept: Kept) -> None:
    one = with_curve(read_record(kept.record), 9000, 9500)
    other = elsewhere(with_curve(one, 5000, 9560))  # at step 1 nothing is claimed
    noise = norm.isf(0.025) * (2 * 10_000 * 0.953 * 0.047) ** 0.5  # 58.7 images
    few = compare(one, other, {2: Spread(40.0, 9)})
    assert few[:2] == ("different", 60)
    assert few.allowed == pytest.approx(noise)
    seeds = t.isf(0.025, 10) * 40.0 * 2**0.5  # 126.0 images
    enough = compare(one, other, {2: Spread(40.0, 10)})
    assert enough[:2] == ("within tolerance", 60)
    assert enough.allowed == pytest.approx(seeds)
    assert compare(one, other, {2: Spread(10.0, 10)}).word == "different"
    assert compare(one, other, {2: Spread(4000.0, 10)}).allowed == pytest.approx(4 * noise)
    found = compare(one, elsewhere(with_curve(one, 5000, 9500)))  # without training every timestep is compared
    assert (found.word, found.largest) == ("different", 4000)


def test_the_spread_is_pooled_over_arms_and_seeds(own: Kept) -> None:
    """Two arms with counts 50, 52 and 60, 66, 63: squares 2 + 18 over 1 + 2 degrees of freedom."""
    record = msgspec.structs.replace(read_record(own.record), epochs=[], right={}, weights=None)
    own.record.unlink()
    for arm, counts in (("cyclic-6", (50, 52)), ("other", (60, 66, 63)), ("alone", (99,))):
        for seed, count in enumerate(counts):
            config = replace(record.config, arm=arm, seed=seed)
            curve = Counts([0] * 5 + [count], 100)
            path = write_record(
                own.results, msgspec.structs.replace(of_other_recipe(record, config), config=config, curve=curve)
            )
    path.with_name("seed-0009.json").write_text("no record")
    assert spread_of(own.record, record) == {6: Spread(pytest.approx((20 / 3) ** 0.5), 3)}  # type: ignore[arg-type]


def test_what_has_no_common_curve_has_no_gap_and_what_early_records_lack_does_not_differ(kept: Kept) -> None:
    record = read_record(kept.record)
    failed = msgspec.structs.replace(record, status="failed", curve=None)
    assert compare(record, failed, {}) == ("different", None, None, ["status", "curve"])
    assert compare(with_curve(record, 9000), with_curve(record, 9000, 9000), {}).word == "different"
    early = msgspec.structs.replace(record, sample_curve=None)
    assert differing(early, record) == []
    assert differing(record, early) == ["sample_curve"]


# The command


def test_kept_weights_are_the_default_and_several_records_are_one_document(own: Kept) -> None:
    assert harness("verify", own.record) == (0, f"{own.record}: from weights: identical\n", "")
    code, out, _ = harness("verify", own.record, "tiny/smoke/cyclic-6/0", "--results-dir", own.results, "--json")
    row = {"record": str(own.record), "from": "weights", "verdict": "identical", "largest": 0, "allowed": 0.0}
    assert (code, json.loads(out)) == (0, {"verifications": [row, row]})
    own.weights.unlink()
    assert harness("verify", own.record).out == f"{own.record}: from training: identical\n"


def test_one_image_more_is_different_on_the_same_machine(own: Kept) -> None:
    off_by(own, 1)
    code, out, _ = harness("verify", own.record)
    assert code == 1
    assert "from weights: different: 1 images apart, 0 allowed" in out
    assert "differing: " in out
    own.change(environment={**read_record(own.record).environment, "torch": "1.0"})
    assert "\n  torch: 1.0 in the record" in harness("verify", own.record).out


def test_the_second_curve_is_kept_where_asked(own: Kept) -> None:
    harness("verify", own.record)
    assert not kept_file(own, "weights").exists()
    record = read_record(own.record)
    for source in ("weights", "training"):
        assert harness("verify", own.record, "--from", source, "--keep").code == 0
        stored = json.loads(kept_file(own, source).read_text())
        assert (stored["record"], stored["from"], stored["verdict"]) == (record.digest, source, "identical")
        assert stored["curve"] == msgspec.to_builtins(record.curve)
        assert stored["right"] == record.right
    assert [found.source for found in verifications_of(own.record, record)] == ["weights", "training"]
    assert read_record(own.record) == record
    assert record_paths(own.results) == [own.record]


def test_a_second_training_adds_the_weights_that_a_record_lacks(own: Kept) -> None:
    expected = own.weights.read_bytes(), own.record.read_bytes()
    own.strip()
    harness("verify", own.record)
    assert not own.weights.exists()
    assert harness("verify", own.record, "--keep").code == 0
    assert (own.weights.read_bytes(), own.record.read_bytes()) == expected
    (found,) = verifications_of(own.record, read_record(own.record))
    assert (found.source, found.verdict) == ("training", "identical")


def test_weights_are_added_beside_the_record_itself_whatever_it_is_named(own: Kept) -> None:
    own.strip()
    moved = own.record.parent.rename(own.record.parent.with_name("another")) / own.record.name
    assert harness("verify", moved, "--keep").code == 0
    assert (record_paths(own.results), weights_path(moved).is_file()) == ([moved], True)


def test_a_record_that_lies_by_itself_is_verified(own: Kept) -> None:
    with TemporaryDirectory(dir="/tmp") as folder:  # fewer folders above it than a results folder has
        alone = Path(folder, own.record.name)
        alone.write_bytes(own.record.read_bytes())
        assert "identical" in harness("verify", alone, "--from", "training").out
        refused = harness("verify", alone, "--keep")
        assert (refused.code, "in no results folder" in refused.err) == (2, True)
        assert [path.name for path in Path(folder).iterdir()] == [alone.name]


def test_weights_of_a_training_that_differs_are_not_added(own: Kept) -> None:
    own.strip()
    off_by(own, 1)
    before = own.record.read_bytes()
    assert harness("verify", own.record, "--keep").code == 1
    assert (own.record.read_bytes(), own.weights.exists()) == (before, False)
    (found,) = verifications_of(own.record, read_record(own.record))
    assert (found.verdict, found.largest) == ("different", 1)


def test_a_verification_counts_for_its_own_whole_record_only(own: Kept) -> None:
    harness("verify", own.record, "--keep")
    record, file = read_record(own.record), kept_file(own, "weights")
    (found,) = verifications_of(own.record, record)
    assert verifications_of(own.record, msgspec.structs.replace(record, digest="0" * 64)) == []

    def refused(**fields: Any) -> bool:
        write_verification(own.record, msgspec.structs.replace(found, **fields))
        return verifications_of(own.record, record) == []

    assert not refused()
    assert refused(curve=Counts([101] * 6, 100))
    assert refused(curve=Counts([1] * 6, 2), right={}, differing=["curve"], verdict="different", largest=9)
    assert refused(curve=Counts([50] * 6, 100))  # its images contradict it
    assert refused(curve=Counts([50] * 6, 100), right={})  # called identical
    assert refused(verdict="different")
    assert refused(differing=["curve"])
    write_verification(own.record, found)
    file.write_text(file.read_text().replace('"numba"', '"triton"'))
    assert verifications_of(own.record, record) == []
    for content in ("{}", "[" * 100_000, " " * LARGEST_JSON + "{}"):
        file.write_text(content)
        assert verifications_of(own.record, record) == []
    file.unlink()
    os.mkfifo(file)  # it is not opened: a pipe would keep us waiting for ever
    assert verifications_of(own.record, record) == []


def test_a_second_training_that_fails_is_different(own: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.run.run_cell", Mock(side_effect=RuntimeError("out of memory")))
    code, out, _ = harness("verify", own.record, "--from", "training", "--keep", "--json")
    (row,) = json.loads(out)["verifications"]
    assert (code, row["verdict"], row["largest"], row["allowed"]) == (1, "different", None, None)
    assert not kept_file(own, "training").exists()


def test_what_cannot_be_verified_says_why(own: Kept) -> None:
    assert harness("verify", own.record, "--from", "snntorc").code == 2
    record = read_record(own.record)
    write_record(own.results, of_other_recipe(record, replace(record.config, train_images=150)))  # other data
    code, _, message = harness("verify", own.record)
    assert (code, "is not that of the record" in message) == (2, True)
    write_record(own.results, record)
    own.strip()
    code, _, message = harness("verify", own.record, "--from", "weights")
    assert (code, "--from training; --keep adds them" in message) == (2, True)
    own.change(status="failed", curve=None, epochs=[], right={}, failure=Failure("diverged", ""))
    code, _, message = harness("verify", own.record)
    assert (code, "its cell failed" in message) == (2, True)


def test_a_record_is_found_by_path_and_by_cell_and_what_is_none_is_named(kept: Kept) -> None:
    for name in (str(kept.record), "tiny/smoke/cyclic-6/seed-0000"):
        assert find(name, kept.results) == kept.record
    for name in ("tiny/smoke/cyclic-6/9", "nothing", "", "/", "a/b/c/d/e", "a/b/c/-1", "\x00"):
        with pytest.raises(HarnessError, match="no record"):
            find(name, kept.results)
