"""Certificates: equal results under changed code are found equal, unequal ones are refused."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor

from harness.config import Balancing, EncoderSpec
from harness.errors import HarnessError
from harness.papers import catalogue
from harness.records.certificates import Certificate, Freed, chain, read_certificates, write_certificate
from harness.schema import Fingerprint
from harness.snn.kernels import cpu as numba_kernels
from tests.cells import tiny_config
from tools import certify
from tools.certify import KERNELS, Dump, Side, compare


def side(numerics: str, **outputs: dict[str, int]) -> Side:
    """The dumps of DCT cells by name, each with its outputs; `batch` uses thresholds of a batch."""
    found = {}
    for name, values in outputs.items():
        encoder = EncoderSpec("dct", {"threshold_scope": "batch"} if name == "batch" else {})
        settings = json.loads(msgspec.json.encode(tiny_config(encoder=encoder, arm=name)))
        found[name, "fp32"] = Dump(name, "fp32", "dct", numerics, settings, dict(values))
    return found


def kernels() -> Side:
    return {(found.cell, found.precision): found for found in certify.dumps([KERNELS], catalogue(), None)}


def test_equal_cells_are_freed() -> None:
    made = compare("base", side("old", a={"loss": 1}), side("new", a={"loss": 1}))
    assert made.freed == [Freed("dct", "cpu", "fp32", "old", "new", 1)]
    assert made.differing == {}


def test_unequal_cells_are_named_and_not_freed() -> None:
    made = compare("base", side("old", a={"loss": 1, "curve": 2}), side("new", a={"loss": 1, "curve": 3}))
    assert made.differing == {"a fp32": ["curve"]}
    assert made.freed == []


def test_what_all_unequal_cells_share_is_left_out_of_what_is_freed() -> None:
    before, after = ({"a": {"loss": 1}, "batch": {"loss": n}} for n in (1, 2))
    made = compare("base", side("old", **before), side("new", **after))
    assert [freed.differing for freed in made.freed] == [{"encoder.parameters.threshold_scope": "batch"}]


def test_code_that_did_not_change_needs_no_certificate() -> None:
    assert compare("base", side("same", a={"loss": 1}), side("same", a={"loss": 1})).freed == []


def test_a_cell_that_only_one_side_has_is_left_out() -> None:
    made = compare("base", side("old", a={}), side("new", a={}, b={}))
    assert made.left_out == {"b fp32": "only in today"}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_wrong_gradient_is_refused(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = kernels(), numba_kernels.backward
    dtype = certify.DTYPES[precision]  # type: ignore[index]

    def wrong(*arguments: object, **options: object) -> Tensor:
        found: Tensor = real(*arguments, **options)  # type: ignore[arg-type]
        return found * 1.01 if found.dtype == dtype else found

    monkeypatch.setattr(numba_kernels, "backward", wrong)
    assert list(compare("base", before, kernels()).differing) == [f"kernels {precision}"]


def test_a_wrong_rounding_of_bf16_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = kernels(), numba_kernels.backward

    def rounded_down(*arguments: object, **options: object) -> Tensor:
        found: Tensor = real(*arguments, **options)  # type: ignore[arg-type]
        return (found.view(torch.int16) - 1).view(torch.bfloat16) if found.dtype == torch.bfloat16 else found

    monkeypatch.setattr(numba_kernels, "backward", rounded_down)
    cells = (side("old", a={"loss": 1}), side("new", a={"loss": 1}))
    made = compare("base", {**before, **cells[0]}, {**kernels(), **cells[1]})
    assert list(made.differing) == ["kernels bf16"]
    assert [freed.precision for freed in made.freed] == ["fp32"]


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


def test_a_certificate_frees_its_own_precision_encoder_and_settings_only() -> None:
    made = (certificate("a", "b", **{"balancing.images": 512}),)
    assert chain(made, recorded("a"), tiny_config(precision="bf16"), "b") is None
    assert chain(made, recorded("a"), tiny_config(encoder=EncoderSpec("phase")), "b") is None
    assert chain(made, recorded("a"), tiny_config(balancing=Balancing(images=512)), "b") is None
    assert chain(made, recorded("a"), tiny_config(), "b") is not None


def test_a_certificate_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = write_certificate(tmp_path, certificate("a", "b"))
    assert len(read_certificates(tmp_path)) == 1
    path.write_text(path.read_text().replace('"fp32"', '"bf16"', 1))
    with pytest.raises(Exception, match="content and digest disagree"):
        read_certificates(tmp_path)


def test_a_dump_names_outputs_that_repeat() -> None:
    name = "quickstart/smoke/cyclic-16/0"
    one, two = (next(iter(certify.dumps([name], catalogue(), None))) for _ in range(2))
    assert one == two
    assert {"ann", "thresholds", "balanced", "epochs", "curve", "spikes", "weights"} <= one.outputs.keys()


def test_an_unknown_cell_is_absent() -> None:
    (found,) = certify.dumps(["quickstart/smoke/no-such-arm/0"], catalogue(), None)
    assert "unknown arm" in found.absent


def test_outside_a_checkout_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certify, "__file__", str(tmp_path / "tools" / "certify.py"))
    with pytest.raises(HarnessError, match="is no git checkout of this program"):
        certify.certify("HEAD", tmp_path, None, (), print)


@pytest.mark.parametrize("arguments", [(), ("--base", "HEAD", "--cell", "typo"), ("--dump", "typo")])
def test_wrong_arguments_are_one_line(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tools.certify", *arguments]
    done = subprocess.run(command, cwd=Path(certify.__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert [line.startswith("error: ") for line in done.stderr.splitlines()] == [True]


@pytest.mark.parametrize(("has_tools", "started"), [(True, ["tools.certify"]), (False, ["harness", "certify"])])
def test_each_revision_is_started_by_its_own_command(
    has_tools: bool, started: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_tools:
        (tmp_path / "tools").mkdir()
        (tmp_path / "tools" / "certify.py").write_text("")
    seen: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: seen.append(command))
    certify._started(tmp_path, ["kernels"], None, io.BytesIO(), io.BytesIO())
    assert seen == [[sys.executable, "-m", *started, "--dump", "kernels"]]


def test_the_configuration_decides_what_is_freed_not_its_names() -> None:
    made = (certificate("a", "b"),)
    assert chain(made, recorded("a"), replace(tiny_config(), arm="other"), "b") is not None
