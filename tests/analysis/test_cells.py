"""Cells: every record is seen, and what cannot be used is named with the reason; what the seeds of an arm answered."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.analysis.cells import Key, Loaded, accuracy_of, balanced_at, percent, steps_to_reach, values_of
from harness.config import EncoderSpec
from harness.records.fingerprint import whole_digest
from harness.records.store import answers_in, read_record, write_record
from harness.schema import Machine
from tests.analysis.judging import MNIST, Write, cell, load
from tests.fingerprints import of_other_code, of_other_recipe

KEY: Key = (MNIST, "paper", "cyclic-2", 3)


def test_a_done_record_is_a_cell_with_its_curve_and_a_failed_one_has_its_reason(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 3, [5000, 8660], best=8700)
    loaded = load(tmp_path)
    (found,) = loaded.cells.values()
    assert (found.key, found.status, found.reason, found.path) == (KEY, "done", "", path)
    assert found.curve.tolist() == [50.0, 86.6]
    assert found.optimism == pytest.approx(0.4)
    assert np.isnan(found.ann)
    assert found.balanced.size == 0
    assert found.record == read_record(path)
    assert loaded.problems == ()
    write(*KEY, failure="out of memory")
    (failed,) = load(tmp_path).cells.values()
    assert (failed.status, failed.reason, failed.curve.size) == ("failed", "out of memory", 0)
    empty = load(tmp_path / "none")
    assert (empty.cells, empty.problems) == ({}, ())


@pytest.mark.parametrize(
    ("instructions", "device"), [(None, "One"), (["avx2"], "One, AVX2 alone"), (["avx2", "avx512f"], "One")]
)
def test_a_processor_with_avx2_alone_is_told_from_another_of_its_name(
    tmp_path: Path, write: Write, instructions: list[str] | None, device: str
) -> None:
    machine = None if instructions is None else Machine("One", instructions, 2)
    write(*KEY, 8670, environment={"device": "One"}, machine=machine)
    (found,) = load(tmp_path).cells.values()
    assert found.device == device


def test_seeds_that_all_answer_alike_are_remarked_upon(tmp_path: Path, write: Write) -> None:
    for seed in range(5):
        write(MNIST, "paper", "cyclic-2", seed, [5000, 8660])
        write(MNIST, "paper", "cyclic-5", seed, [5000, 8000, 8100, 8200, 8300 + seed])
    (remark,) = load(tmp_path).problems
    assert remark.startswith(f"{tmp_path / MNIST}/paper/cyclic-2: 5 seeds with identical counts at every timestep")


def test_records_of_earlier_code_are_stale_and_counted_by_folder(tmp_path: Path, write: Write) -> None:
    for seed in (0, 1):
        record = read_record(write(MNIST, "paper", "cyclic-2", seed, 8670))
        modules = record.fingerprint.modules | {"harness.snn.neuron": "0" * 16, "harness.gone": "1" * 16}
        path = write_record(tmp_path, of_other_code(record, modules))
    loaded = load(tmp_path)
    assert [one.status for one in loaded.cells.values()] == ["stale", "stale"]
    assert loaded.done(*KEY[:3]) == ()
    assert loaded.problems == (f"{path.parent}: 2 stale: changed since: harness.gone, harness.snn.neuron",)


def test_records_of_other_data_than_the_rest_are_stale(tmp_path: Path, write: Write) -> None:
    *_, last = (write(MNIST, "paper", "cyclic-2", seed, 8670) for seed in range(3))
    record = read_record(last)
    mark = record.fingerprint
    other = msgspec.structs.replace(mark, data="f" * 64, digest=whole_digest(mark.recipe, "f" * 64, mark.numerics))
    write_record(tmp_path, msgspec.structs.replace(record, fingerprint=other, digest=""))
    loaded = load(tmp_path)
    assert [one.seed for one in loaded.done(*KEY[:3])] == [0, 1]
    assert "1 stale: computed on other data than most of its profile (000000000000)" in loaded.problems[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arm": "cyclic-3"}, "unknown arm of mnist-784-100-10 'cyclic-3'"),
        # An arm that is called after its encoder was added by --encoder.
        ({"arm": "burst", "encoder": EncoderSpec("burst")}, "changed since: recipe (timesteps), "),
    ],
)
def test_a_record_of_another_configuration_or_of_no_arm_is_stale(
    tmp_path: Path, write: Write, changes: dict[str, Any], words: str
) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 8670))
    write_record(tmp_path, of_other_recipe(record, replace(record.config, **changes)))
    loaded = load(tmp_path)
    assert sorted(one.status for one in loaded.cells.values()) == ["done", "stale"]
    assert words in loaded.problems[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        *((content, "not a readable record") for content in (b"", b"\xff\xfe", b"[" * 100_000)),
        # A number that is written in later.
        (str(-(2**80)), "tampered: content and digest disagree"),
        ("1e999", "not a readable record (Number out of range"),
        ("1" + "0" * 5000, "not a readable record (Integer value out of range"),
    ],
)
def test_what_is_no_record_is_refused_by_name(tmp_path: Path, write: Write, content: bytes | str, words: str) -> None:
    good, bad = (write(MNIST, "paper", "cyclic-2", seed, 8670) for seed in (0, 1))
    if isinstance(content, str):
        document = json.loads(bad.read_text()) | {"encoder_state": {"threshold": "here"}}
        content = json.dumps(document).replace('"here"', content).encode()
    bad.write_bytes(content)
    loaded = load(tmp_path)
    assert [one.path for one in loaded.cells.values()] == [good]
    (problem,) = loaded.problems
    assert problem.startswith(f"{bad}: {words}")


def test_other_files_are_named_and_hidden_ones_are_not(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    (path.parent / "notes.txt").write_text("mine")
    (tmp_path / ".gitkeep").write_text("")
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "bench.json").write_text("{}")  # what `python -m bench` leaves beside the records
    assert [problem.split(": ")[0] for problem in load(tmp_path).problems] == [str(path.parent / "notes.txt")]


@pytest.mark.parametrize(("place", "why"), [("b", "refused, see problems"), ("a-b", "missing")])
def test_a_refused_record_is_of_one_experiment_and_seed(place: str, why: str) -> None:
    refused = Loaded(problems=(f"results/{place}/lite/dct/seed-0000.json: refused: counts out of range",))
    assert refused.planned("b", "lite", ["dct"], 1).gaps == (f"dct seed 0: {why}",)


def test_an_arm_that_an_encoder_added_is_answered_by_equal_records_wherever_they_lie(
    tmp_path: Path, write: Write
) -> None:
    for profile, arm, seed in (("smoke", "direct@4", 0), ("lite", "direct@4", 1)):
        write("quickstart", profile, arm, seed, 9000)
    for seed in range(3):
        write("quickstart", "lite", "direct-16", seed, 9000 + seed)
    (tmp_path / "quickstart" / "lite" / "direct").mkdir()
    (tmp_path / "quickstart" / "lite" / "no-encoder").mkdir()
    loaded = load(tmp_path)
    seeds = {arm: [cell.seed for cell in loaded.done("quickstart", "lite", arm)] for _, _, arm in loaded.by_arm}
    assert loaded.problems == ()
    assert seeds == {"direct-16": [0, 1, 2], "direct@4": [0, 1], "direct": [0, 1, 2]}


def test_bits_are_read_in_the_order_of_the_images(write: Write) -> None:
    record, bits = read_record(write(MNIST, "paper", "cyclic-2", 0, [5, 7], total=10)), [1, 0, 1, 1, 1, 0, 1, 0, 1, 1]
    right = {"2": base64.b64encode(np.packbits(bits).tobytes()).decode()}
    assert answers_in(msgspec.structs.replace(record, right=right))[2].tolist() == [bool(bit) for bit in bits]
    assert answers_in(record) == {}


def test_one_record_without_answers_or_balancing_leaves_the_seeds_or_nothing() -> None:
    keys: list[Key] = [(MNIST, "paper", "cyclic-16", seed) for seed in range(3)]
    held = [cell(key, [50.0], balanced=np.array([50.0]), answers={1: np.arange(20) < 10}) for key in keys]
    assert accuracy_of(held, 1).images == 20
    assert balanced_at(held, 1) == 50.0
    held[0] = cell(keys[0], [50.0])
    assert accuracy_of(held, 1).images is None
    assert accuracy_of(held, 1).per_seed.tolist() == [50.0, 50.0, 50.0]
    assert balanced_at(held, 1) is None


@pytest.mark.parametrize(
    ("accuracy", "target", "expected"),
    [
        ([10, 50, 90, 91], 90, 3),
        ([90, 89, 90], 90, 3),  # reached, lost, reached again
        ([90, 91, 89], 90, None),  # lost in the end: censored
        ([10, 20], 90, None),
        ([95], 90, 1),
    ],
)
def test_steps_to_reach(accuracy: list[float], target: float, expected: int | None) -> None:
    assert steps_to_reach(accuracy, target) == expected


def test_an_accuracy_that_equals_a_printed_target_reaches_it() -> None:
    for correct in range(10_001):
        assert steps_to_reach(percent([correct], 10_000), float(f"{correct // 100}.{correct % 100:02d}")) == 1


def test_poisson_with_signs_is_a_code_of_x_and_dct_of_intensities_one_of_p() -> None:
    of_x = (EncoderSpec("dct"), EncoderSpec("direct"), EncoderSpec("poisson", {"signed": True}))
    of_p = (EncoderSpec("dct", {"signal": "p"}), EncoderSpec("poisson"), EncoderSpec("ttfs"))
    assert [values_of(spec) for spec in (*of_x, *of_p)] == ["x"] * 3 + ["p"] * 3
    assert values_of(EncoderSpec("wavelet")) == "wavelet"  # a plug-in may convey anything
