"""Fingerprints: the modules found are those that matter, and only what computes counts."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.config import CellConfig, NeuronSpec, canonical_json
from harness.records import fingerprint as module
from harness.records.fingerprint import (
    _stated,
    dependencies,
    fingerprint,
    numerics_digest,
    recipe_digest,
    source_digest,
)
from tests.cells import tiny_config


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "sample_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    source_digest.cache_clear()
    dependencies.cache_clear()
    yield folder
    source_digest.cache_clear()
    dependencies.cache_clear()


def digest_with(package: Path, text: str) -> str:
    source_digest.cache_clear()
    (package / "code.py").write_text(text)
    return source_digest("sample_package.code")


def test_comments_docstrings_and_layout_do_not_count(package: Path) -> None:
    before = digest_with(package, '"""One."""\ndef f(x):\n    """Doc."""\n    return x + 1\n')
    assert digest_with(package, '"""Two."""\n\n# why\ndef f(x):\n    return (x + 1)\n') == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\nx = 1\n", "import b\nfrom c import d\nx = 1\n"),
        ("def f():\n    raise ValueError('one')\n", "def f():\n    raise ValueError('two', 2, hint='three')\n"),
    ],
    ids=["imports", "error text"],
)
def test_imports_and_error_texts_do_not_count(package: Path, before: str, after: str) -> None:
    assert digest_with(package, before) == digest_with(package, after)


def test_which_error_is_raised_counts(package: Path) -> None:
    assert digest_with(package, "raise ValueError('one')\n") != digest_with(package, "raise KeyError('one')\n")


def test_a_changed_constant_counts(package: Path) -> None:
    assert digest_with(package, "x = 1\n") != digest_with(package, "x = 2\n")


def test_a_cell_depends_on_its_own_encoder_and_no_other() -> None:
    modules = fingerprint(tiny_config(), "data", "encoders.dct").modules
    assert {"harness.training.cell", "harness.snn.neuron", "encoders.dct", "encoders.integrate"} <= modules.keys()
    assert "harness.training.ann" in modules, "reached through a module that decides nothing itself"
    assert not {"encoders.poisson", "encoders.phase", "encoders.registry", "harness.cli"} & modules.keys()


def test_what_only_stores_or_describes_is_outside() -> None:
    modules = fingerprint(tiny_config(), "data", "encoders.dct").modules
    assert not module.OUTSIDE & modules.keys()
    assert all(importlib.util.find_spec(name) for name in module.OUTSIDE.union(*module.KERNELS.values()))


def test_a_cell_depends_on_the_kernels_of_its_own_device() -> None:
    cpu, cuda = (set(fingerprint(tiny_config(), "data", "encoders.dct", d).modules) for d in ("cpu", "cuda"))
    names = ("event_products", "numba_kernels", "numba_lif", "numba_pool")
    assert cpu - cuda == {f"harness.snn.{name}" for name in names}
    assert cuda - cpu == {"harness.snn.triton_kernels", "harness.snn.triton_lif"}


def test_names_do_not_count() -> None:
    one = tiny_config()
    network = replace(one.network, name="other")
    other = replace(one, experiment="other", profile="paper", arm="other", network=network)
    assert fingerprint(one, "data", "encoders.dct") == fingerprint(other, "data", "encoders.dct")


def test_a_module_that_moves_changes_nothing() -> None:
    assert numerics_digest(["a", "b"]) == numerics_digest(["b", "a", "b"]) != numerics_digest(["a", "c"])


def test_a_field_at_its_default_does_not_enter_the_recipe() -> None:
    stated = json.dumps(_stated(tiny_config()))
    assert "leak" not in stated
    assert "batch_size" in stated
    assert "0.98" in json.dumps(_stated(tiny_config(neuron=NeuronSpec(leak=0.98))))


def test_a_recipe_is_the_same_after_a_record_was_read() -> None:
    config = tiny_config(snn=replace(tiny_config().snn, learning_rate=1))  # comes back as 1.0
    again = msgspec.json.decode(canonical_json(config), type=CellConfig)
    assert recipe_digest(again) == recipe_digest(config)


def test_a_module_reached_only_indirectly_is_found(package: Path) -> None:
    (package / "a.py").write_text("from sample_package import b\n")
    (package / "b.py").write_text("import sample_package.c\n")
    (package / "c.py").write_text("")
    assert dependencies("sample_package.a") >= {"sample_package.a", "sample_package.b", "sample_package.c"}


@pytest.mark.parametrize(
    "line", ["from . import b", "from .b import f", "from ..inner import b", "from ..inner.b import f"]
)
def test_relative_imports_are_followed(package: Path, line: str) -> None:
    inner = package / "inner"
    inner.mkdir()
    (inner / "__init__.py").write_text("")
    (inner / "a.py").write_text(f"{line}\n")
    (inner / "b.py").write_text("def f(): ...\n")
    assert "sample_package.inner.b" in dependencies("sample_package.inner.a")


def test_a_relative_import_in_a_package_starts_at_the_package(package: Path) -> None:
    (package / "__init__.py").write_text("from .a import f\n")
    (package / "a.py").write_text("f = 1\n")
    assert dependencies("sample_package") == {"sample_package", "sample_package.a"}


def test_a_package_without_init_is_followed(package: Path) -> None:
    (package / "__init__.py").unlink()
    (package / "a.py").write_text("from sample_package.b import f\n")
    (package / "b.py").write_text("f = 1\n")
    assert dependencies("sample_package.a") == {"sample_package.a", "sample_package.b"}


def test_config_and_data_count() -> None:
    base = fingerprint(tiny_config(), "data", "encoders.dct").digest
    assert fingerprint(tiny_config(seed=1), "data", "encoders.dct").digest != base
    assert fingerprint(tiny_config(), "other", "encoders.dct").digest != base


def test_finding_sources_imports_no_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from harness.records.fingerprint import dependencies as d, source_digest as s; "
        "[s(m) for m in d('harness.training.cell')]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert module.ROOT == "harness.training.cell"


def test_a_constant_none_is_not_an_empty_field(package: Path) -> None:
    assert digest_with(package, "return_value = None\n") != digest_with(package, "return_value = 0\n")
