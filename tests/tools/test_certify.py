"""Certificates: equal results under changed code are found equal, unequal ones are refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from harness.config import Balancing, EncoderSpec
from harness.errors import HarnessError
from harness.papers import catalogue
from harness.records.freshness import Certificate, Freed, chain, known_certificates, write_certificate
from harness.schema import Fingerprint
from harness.snn.kernels import cpu as numba_kernels
from tests.cells import tiny_config
from tools import certify
from tools.certify import KERNELS, ROOT, SMOKE, Dump, Side, compare, config_of


def side(numerics: str, **outputs: dict[str, int]) -> Side:
    """The dumps of DCT cells by name, each with its outputs; `batch` uses thresholds of a batch."""
    dumps = {}
    for name, values in outputs.items():
        encoder = EncoderSpec("dct", {"threshold_scope": "batch"} if name == "batch" else {})
        settings = json.loads(msgspec.json.encode(tiny_config(encoder=encoder, arm=name)))
        dumps[name, "fp32"] = Dump(name, "fp32", "dct", numerics, settings, dict(values))
    return dumps


# The comparison


def test_equal_cells_are_freed_and_unequal_ones_named() -> None:
    before = side("old", a={"loss": 1, "curve": 2})
    made = compare("base", before, side("new", a={"loss": 1, "curve": 2}))
    assert (made.freed, made.differing) == ([Freed("dct", "cpu", "fp32", "old", "new", 1)], {})
    made = compare("base", before, side("new", a={"loss": 1, "curve": 3}))
    assert (made.freed, made.differing) == ([], {"a fp32": ["curve"]})
    assert compare("base", before, before).freed == []  # code that did not change needs no certificate


def test_what_all_unequal_cells_share_is_left_out_of_what_is_freed() -> None:
    before, after = ({"a": {"loss": 1}, "batch": {"loss": n}} for n in (1, 2))
    made = compare("base", side("old", **before), side("new", **after))
    assert [freed.differing for freed in made.freed] == [{"encoder.parameters.threshold_scope": "batch"}]
    made = compare("base", side("old", a={}), side("new", a={}, b={}))
    assert made.left_out == {"b fp32": "only in today"}


def with_kernels(numerics: str) -> Side:
    """Equal cells in both precisions, and what the kernels give."""
    dumps = [*side(numerics, a={"loss": 1}).values(), *certify.dumps([KERNELS], catalogue(), None)]
    dumps.append(msgspec.structs.replace(dumps[0], precision="bf16"))
    return {(dump.cell, dump.precision): dump for dump in dumps}


def wrong(gradient: Tensor) -> Tensor:
    return gradient * 1.01 if gradient.dtype == torch.float32 else gradient


def rounded_down(gradient: Tensor) -> Tensor:
    return (gradient.view(torch.int16) - 1).view(torch.bfloat16) if gradient.dtype == torch.bfloat16 else gradient


@pytest.mark.parametrize(
    ("fault", "differing", "freed"), [(wrong, "kernels fp32", "bf16"), (rounded_down, "kernels bf16", "fp32")]
)
def test_a_wrong_gradient_of_a_kernel_frees_no_cell_of_its_precision(
    fault: Callable[[Tensor], Tensor], differing: str, freed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = with_kernels("old"), numba_kernels.backward
    monkeypatch.setattr(numba_kernels, "backward", lambda *given, **named: fault(real(*given, **named)))
    made = compare("base", before, with_kernels("new"))
    assert list(made.differing) == [differing]
    assert [one.precision for one in made.freed] == [freed]


@pytest.mark.slow
def test_a_dump_names_outputs_that_repeat() -> None:
    name = "quickstart/smoke/cyclic-16/0"
    one, two = (next(iter(certify.dumps([name], catalogue(), None))) for _ in range(2))
    assert one == two
    assert {"ann", "thresholds", "balanced", "epochs", "curve", "spikes", "weights"} <= one.outputs.keys()
    (absent,) = certify.dumps(["quickstart/smoke/no-such-arm/0"], catalogue(), None)
    assert "unknown arm" in absent.absent


def test_only_cells_whose_code_differs_are_computed_and_all_where_digests_are_made_otherwise(tmp_path: Path) -> None:
    for package in ("harness", "encoders", "tools"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert certify.touched(catalogue(), tmp_path) == []
    burst, rules = tmp_path / "encoders/burst.py", tmp_path / "harness/records/fingerprint.py"
    burst.write_text(burst.read_text("utf-8").replace("def encode(", "def encode_otherwise("), "utf-8")
    kernels, *cells = certify.touched(catalogue(), tmp_path)
    assert (kernels, {config_of(name, catalogue()).encoder.name for name in cells}) == (KERNELS, {"burst"})
    assert len(certify.spelled_out([SMOKE], catalogue())) > len(cells) > 2
    rules.write_text(rules.read_text("utf-8") + "# otherwise\n", "utf-8")
    assert certify.touched(catalogue(), tmp_path) == [*certify.CELLS]
    rules.unlink()
    assert certify.touched(catalogue(), tmp_path) == [*certify.CELLS]


# The chain of certificates


def recorded(numerics: str) -> Fingerprint:
    return Fingerprint("d", "r", "data", numerics, "cpu", {})


def certificate(before: str, after: str, **differing: object) -> Certificate:
    freed = Freed("dct", "cpu", "fp32", before, after, 1, differing)
    return Certificate(f"from-{before}", [freed], ["a fp32"], {}, {}, {}, "")


def test_certificates_form_a_chain() -> None:
    chained = (certificate("b", "c"), certificate("a", "b"))
    assert chain(chained, recorded("a"), tiny_config(), "c") == ("from-a", "from-b")
    assert chain(chained, recorded("c"), tiny_config(), "c") == ()
    assert chain(chained, recorded("b"), tiny_config(), "a") is None


@pytest.mark.parametrize(
    ("changes", "freed"),
    [
        ({"arm": "other"}, True),  # the configuration decides, not its names
        ({"precision": "bf16"}, False),
        ({"encoder": EncoderSpec("phase")}, False),
        ({"balancing": Balancing(images=512)}, False),
    ],
)
def test_a_certificate_frees_its_own_precision_encoder_and_settings_only(changes: Any, freed: bool) -> None:
    made = (certificate("a", "b", **{"balancing.images": 512}),)
    assert (chain(made, recorded("a"), tiny_config(**changes), "b") is not None) == freed


def test_a_certificate_that_was_edited_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = write_certificate(tmp_path / "sound", certificate("a", "b"))
    edited = write_certificate(tmp_path / "edited", certificate("a", "b"))
    edited.write_text(sound.read_text().replace('"fp32"', '"bf16"', 1))
    assert (len(known_certificates(tmp_path / "sound")), capsys.readouterr().err) == (1, "")
    assert known_certificates(tmp_path / "edited") == ()
    assert capsys.readouterr().err.startswith(f"{edited}: content and digest disagree — restore or delete it")


# The command


@pytest.mark.parametrize("arguments", [[], ["--base", "HEAD", "--cell", "typo"]])
def test_wrong_arguments_are_errors_that_say_what_to_do(arguments: list[str]) -> None:
    assert isinstance(CliRunner().invoke(certify.app, arguments).exception, HarnessError)
