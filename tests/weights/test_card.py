"""The model card: its numbers are those of the record, and its code loads the weights."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from safetensors.numpy import load_file

from harness.catalogue import Catalogue
from harness.catalogue.experiment import Stated
from harness.records import certificates
from harness.records.certificates import Certificate, Freed, write_certificate
from harness.records.store import read_record, write_record
from harness.report.card import card
from tests.fingerprints import of_other_code, of_other_recipe
from tests.robust import tiny
from tests.weights.conftest import Call, Kept

KNOWN = Catalogue((), (tiny.EXPERIMENT,))


def test_the_metadata_are_yaml_with_the_accuracy_of_the_record(kept: Kept) -> None:
    yaml = pytest.importorskip("yaml")
    (index,) = yaml.safe_load(card(kept.weights, KNOWN).split("---\n")[1])["model-index"]
    metric = index["results"][0]["metrics"][0]
    curve = json.loads(kept.record.read_text())["curve"]
    assert index["name"] == "tiny-smoke-cyclic-6-seed-0"
    assert (metric["type"], metric["value"]) == ("accuracy", curve["correct"][-1] / curve["total"])


def test_intervals_are_wilsons(kept: Kept) -> None:
    correct = json.loads(kept.record.read_text())["curve"]["correct"][-1]
    n, z, p = 100, 1.959964, correct / 100
    centre, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    low, high = (100 * (centre + side * half) / (1 + z * z / n) for side in (-1, 1))
    assert f"| 6 | {correct} | {correct:.2f} % | {low:.2f} – {high:.2f} % |" in card(kept.weights, KNOWN)


def test_its_code_loads_the_weights(kept: Kept) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", card(kept.weights, KNOWN), re.DOTALL)
    names: dict[str, object] = {}
    with contextlib.chdir(kept.weights.parent):
        exec(code, names)
    loaded, expected = names["weights"], load_file(kept.weights)
    assert isinstance(loaded, list)
    assert all((tensor == expected[f"weights.{layer}"]).all() for layer, tensor in enumerate(loaded))
    assert len(loaded) == len(expected)


def test_its_command_predicts(kept: Kept, call: Call) -> None:
    (line,) = re.findall(r"```sh\nharness (.*?)\n```", card(kept.weights, KNOWN))
    with contextlib.chdir(kept.weights.parent):
        assert call(*line.split())[0] == 0


def test_data_recipe_and_energy_are_stated(kept: Kept) -> None:
    text, record = card(kept.weights, KNOWN), read_record(kept.record)
    assert record.fingerprint.data in text
    assert "learning_rate 0.001" in text
    macs = record.encoder_macs or 0.0
    additions = sum(layer.accumulates for layer in record.layers) + (record.encoder_operations or 0.0) - macs
    assert macs > 0
    assert f"{(additions * 0.9 + macs * 4.6) / 1000:.1f} nJ here" in text.replace("\n", " ")


def test_deviations_of_the_profile_are_listed(own: Kept) -> None:
    from dataclasses import replace

    deviating = replace(tiny.EXPERIMENT, profiles=(replace(tiny.PROFILE, deviations=("fewer images",)),))
    assert "\n- fewer images\n" in card(own.weights, Catalogue((), (deviating,)))
    assert "None is stated." in card(own.weights, KNOWN)


def test_settings_that_leave_the_published_recipe_are_listed(own: Kept) -> None:
    from dataclasses import replace

    compared = replace(tiny.EXPERIMENT, published={"snn.epochs": Stated("fine-tuning epochs", (999,))})
    epochs = read_record(own.record).config.snn.epochs
    assert f"\n- fine-tuning epochs: {epochs} in place of 999\n" in card(own.weights, Catalogue((), (compared,)))


def test_a_certificate_keeps_the_record_fresh(own: Kept) -> None:
    record = read_record(own.record)
    earlier = of_other_code(record, {"other": "code"})
    write_record(own.results, msgspec.structs.replace(earlier, digest=""))
    assert "**Stale**" in card(own.weights, KNOWN)
    before, after = earlier.fingerprint.numerics, record.fingerprint.numerics
    freed = Freed("dct", "cpu", record.config.precision, before, after, 1)
    write_certificate(own.results, Certificate("0" * 40, [freed], ["tiny"], {}, {}, {}, "outputs"))
    certificates._certificates_at.cache_clear()
    assert "**Stale**" not in card(own.weights, KNOWN)


def test_seeds_of_the_same_recipe_stand_beside_it(own: Kept) -> None:
    from dataclasses import replace

    record = read_record(own.record)
    for seed in (1, 2):
        write_record(own.results, of_other_recipe(record, replace(record.config, seed=seed)))
    refused = msgspec.structs.replace(
        record, config=replace(record.config, seed=3)
    )  # its fingerprint is another cell's
    write_record(own.results, refused)
    assert record.curve is not None
    assert f"All 3 seeds of this arm beside it: {record.curve.correct[-1]:.2f} " in card(own.weights, KNOWN)


def test_a_card_needs_the_record(own: Kept, call: Call) -> None:
    own.record.unlink()
    code, message = call("export", own.weights, "--to", "card")
    assert (code, "no finished record beside it" in message) == (2, True)


def test_a_card_is_written_where_it_is_wanted(kept: Kept, call: Call, tmp_path: Path) -> None:
    assert call("export", kept.weights, "--out", tmp_path / "README.md")[0] == 0
    assert (tmp_path / "README.md").read_text().startswith("---\nlibrary_name")
    assert call("export", kept.weights, "--to", "onyx")[0] == 2


@pytest.mark.parametrize("name", ["weights", "record"])
def test_neither_the_weights_nor_their_record_are_written_over(own: Kept, call: Call, name: str) -> None:
    place = getattr(own, name)
    before = place.read_bytes()
    code, message = call("export", own.weights, "--out", place)
    assert (code, place.read_bytes()) == (2, before)
    assert message.startswith(f"{place}: this is the")


def test_a_card_needs_no_torch() -> None:
    code = "import sys, harness.report.card; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tiny.root())
