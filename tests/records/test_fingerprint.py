"""Fingerprints: what computes counts, where it stands and what it is called does not."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.config import EncoderSpec
from harness.records.fingerprint import HERE, Device, Sources, fingerprint
from tests.cells import converted_config, tiny_config


def numerics(folder: Path, root: str, device: Device = "cpu", chosen: dict[str, Any] | None = None) -> str:
    return Sources(folder).reached((root,), device, chosen or {}).numerics


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(*texts: str, device: Device = "cpu", chosen: dict[str, Any] | None = None, **files: str) -> str:
        folder = tmp_path / "sample_package"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in ({"__init__": "", "code": "".join(texts)} | files).items():
            path = folder.joinpath(*name.split("__in__")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{text}\n")
        return numerics(HERE, "sample_package.code:f", device, chosen)

    return made


# Code before and after.
EQUAL = {
    "comments, docstrings, layout": (
        "def f(x):\n    'Doc.'\n    return x + 1",
        "def f(x):\n\n    return (x + 1)  # why",
    ),
    "annotations": ("def f(x):\n    y = x\n    return y", "def f(x: int) -> int:\n    y: int = x\n    return y"),
    "error texts": ("def f(): raise ValueError('one')", "def f(): raise ValueError('two', 2, hint='three')"),
    "the name of a constant": ("A = 3\ndef f(): return A", "B = 3\ndef f(): return B"),
    "the name of a function": ("def g(): return 1\ndef f(): return g()", "def h(): return 1\ndef f(): return h()"),
    "the name of a recursion": (
        "def g(n): return g(n)\ndef f(): return g(3)",
        "def h(n): return h(n)\ndef f(): return h(3)",
    ),
    "the alias of an import": ("import math as m\ndef f(): return m.pi", "from math import pi\ndef f(): return pi"),
    "what is not used": ("def f(): return 1", "def g(): return 2\ndef f(): return 1"),
    "what is only for types": tuple(
        f"{only}from math import pi\ndef f(): return pi"
        for only in ("", "if TYPE_CHECKING:\n    from cmath import pi\n")
    ),
    "a cast": tuple(f"from typing import cast\ndef f(x): return cast({kind}, x)" for kind in ("int", "'str'")),
    "what decides no number": tuple(
        f"def g():  # decides no number\n    {do}\ndef f(): g()" for do in ("print(1)", "0")
    ),
    "a global hidden by a local": ("x = 1\ndef f(x): return x", "x = 2\ndef f(x): return x"),
    "the order of definitions": ("A = 1\ndef f(): return A", "def f(): return A\nA = 1"),
}
DIFFERENT = {
    "a constant": ("A = 1\ndef f(): return A", "A = 2\ndef f(): return A"),
    "a constant None": ("A = None\ndef f(): return A", "A = 0\ndef f(): return A"),
    "which error is raised": ("def f(): raise ValueError", "def f(): raise KeyError"),
    "where an import comes from": tuple(f"from {room} import log\ndef f(): return log" for room in ("math", "cmath")),
    "a decorator": ("def f(): return 1", "import functools\n@functools.cache\ndef f(): return 1"),
    "which of two constants": ("A, B = 1, 2\ndef f(): return A", "A, B = 1, 2\ndef f(): return B"),
    "a statement at the top": ("import torch\ntorch.set_flush_denormal(True)\ndef f(): return 1", "def f(): return 1"),
    "a default": ("A = 1\ndef f(x=A): return x", "A = 2\ndef f(x=A): return x"),
    "a base class": ("class A: x = 1\nclass f(A): ...", "class A: x = 2\nclass f(A): ..."),
    "a field's order": ("class f:\n    a: int\n    b: int", "class f:\n    b: int\n    a: int"),
    "a condition at the top": tuple(f"if {n}:\n    A = 1\nelse:\n    A = 2\ndef f(): return A" for n in (0, 1)),
    "inside a circle": tuple(f"def g(n): return h(n)\ndef h(n): return g(n + {n})\ndef f(): return g" for n in (1, 2)),
    "a method's name": ("class f:\n    def a(self): return 1", "class f:\n    def b(self): return 1"),
    "a global not shadowed": tuple(f"x = {n}\ndef f(): return [y for y in x]" for n in (1, 2)),
}


@pytest.mark.parametrize("case", EQUAL)
def test_what_does_not_count(case: str, digest: Callable[..., str]) -> None:
    before, after = EQUAL[case]
    assert digest(before) == digest(after)


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_counts(case: str, digest: Callable[..., str]) -> None:
    before, after = DIFFERENT[case]
    assert digest(before) != digest(after)


def test_what_a_recipe_chooses_counts_only_where_it_is_chosen(digest: Callable[..., str]) -> None:
    text = "def a(): return {}\ndef b(): return 2\nTABLE = {{'a': a, 'b': b}}  # chosen by snn.kind\n"
    text += "def f(k): return TABLE[k]\n"
    with_a, with_b = ([digest(text.format(n), chosen={"snn.kind": kind}) for n in (1, 3)] for kind in "ab")
    assert with_a[0] != with_a[1]
    assert with_b[0] == with_b[1] != with_a[0]
    read = Sources(HERE)  # which remembers what it has reached, and under which settings
    again = [read.reached(("sample_package.code:f",), "cpu", {"snn.kind": kind}).numerics for kind in "aba"]
    assert again == [with_a[1], with_b[1], with_a[1]]


def test_what_runs_on_another_device_does_not_count(digest: Callable[..., str]) -> None:
    text = "def f(device):\n    if device:\n"
    text += "        from sample_package import gpu as module  # decides numbers on cuda only\n"
    text += "    else:\n        from sample_package import cpu as module\n    return module.run()\n"
    cpu, cuda = (
        [digest(text, device=device, gpu=f"def run(): return {n}\n", cpu="def run(): return 0\n") for n in (1, 2)]
        for device in ("cpu", "cuda")
    )
    assert cpu[0] == cpu[1]
    assert cuda[0] != cuda[1]


def test_a_module_beside_a_plug_in_counts(digest: Callable[..., str], tmp_path: Path) -> None:
    found = set()
    for gain in (1, 3):
        tmp_path.joinpath("sample_beside.py").write_text(f"GAIN = {gain}\n")
        found.add(digest("from sample_beside import GAIN\ndef f(): return GAIN"))
    assert len(found) == 2


@pytest.mark.parametrize(
    "line",
    ["from . import b as x", "from .b import g as x", "from .inner import g as x", "from .inner.c import g as x",
     "import sample_package.b as x", "from sample_package.star import g as x"]
)  # fmt: skip
def test_imports_are_followed(line: str, digest: Callable[..., str]) -> None:
    files = {"inner__in____init__": "from .c import g\n", "star": "from sample_package.b import *\n"}
    before, after = (
        digest(
            f"{line}\ndef f(): return x\n", b=f"def g(): return {n}\n", inner__in__c=f"def g(): return {n}\n", **files
        )
        for n in (1, 2)
    )
    assert before != after


TUNED = ["dct", "phase", "poisson"]


def digests(folder: Path, device: Device = "cpu") -> dict[str, str]:
    """The numerics of a cell of each of three encoders, and of one of the other method."""
    configs = {name: tiny_config(encoder=EncoderSpec(name)) for name in TUNED} | {"conversion": converted_config()}
    read = Sources(folder)
    return {name: fingerprint(config, "data", device, sources=read).numerics for name, config in configs.items()}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program, for a test to edit."""
    for name in ("encoders", "harness"):
        shutil.copytree(HERE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.json", "*.npz"))
    return tmp_path


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    return digests(HERE)


def exchange(path: Path, old: str, new: str) -> None:
    """Edit a file, or every file of a folder that has what is to be replaced."""
    found = [one for one in (path.rglob("*.py") if path.is_dir() else [path]) if old in one.read_text()]
    assert found
    for one in found:
        one.write_text(one.read_text().replace(old, new))


@pytest.mark.slow
def test_two_modules_merged_change_nothing(copy: Path, before: dict[str, str]) -> None:
    small, layers = (copy / f"harness/snn/kernels/{name}.py" for name in ("small_maps", "layers"))
    alone = re.sub(r"from harness\.snn\.kernels\.small_maps import \([^)]*\)\n", "", layers.read_text())
    # `layers` has a `product` of its own.
    renamed = small.read_text().replace("import product", "import product as pairs")
    layers.write_text(alone + renamed.replace("tuple(product(", "tuple(pairs("))
    small.write_text("")
    assert digests(copy) == before


def test_a_module_split_changes_nothing(copy: Path, before: dict[str, str]) -> None:
    whole = copy / "harness/training/batches.py"
    head, rest = whole.read_text().split("def on_device")
    middle, tail = ("def on_device" + rest).split("def batch(")
    (copy / "harness/training/placing.py").write_text(head.split("def normalised")[0] + middle)
    whole.write_text(f"from harness.training.placing import on_device\n{head}def batch({tail}")
    assert digests(copy) == before


@pytest.mark.slow
def test_a_definition_renamed_changes_nothing(copy: Path, before: dict[str, str]) -> None:
    exchange(copy, "lif_reference", "reference_neuron")
    assert digests(copy) == before


@pytest.mark.parametrize(
    ("name", "old", "new", "stale"),
    [
        ("harness/training/cell.py", "torch.set_flush_denormal(True)\n", "", [*TUNED, "conversion"]),
        ("harness/training/loop.py", "at.steps += 1", "at.steps += 2", [*TUNED, "conversion"]),
        ("harness/training/evaluate.py", "encoder_key, normalised\n",
         "encoder_key\nfrom harness.snn.kernels.layers import flat as normalised\n", [*TUNED, "conversion"]),
        ("harness/snn/neuron.py", "(1 - (membrane / ctx.threshold", "(2 - (membrane / ctx.threshold", TUNED),
        ("harness/snn/kernels/cpu.py", "BLOCK = 1024", "BLOCK = 512", TUNED),
        ("harness/training/cell.py", 'clock.lap("fine-tuning")', 'clock.lap("tuning")', TUNED),
        ("harness/snn/quantised.py", "np.floor(", "np.round(", ["conversion"]),
        ("harness/training/conversion.py", "3.0 * network.macs", "2.0 * network.macs", ["conversion"]),
        ("encoders/phase.py", "BITS = 8", "BITS = 7", ["phase"]),
        ("harness/machine/files.py", "LARGEST_LOCK = 4096", "LARGEST_LOCK = 4095", []),
    ],
    ids=["flush denormals", "the loop", "an import exchanged", "the surrogate", "a kernel of the CPU", "fine-tuning",
         "quantised activation", "conversion", "a constant of an encoder", "a lock"],
)  # fmt: skip
def test_a_change_makes_the_records_stale_that_it_decides(
    copy: Path, before: dict[str, str], name: str, old: str, new: str, stale: list[str]
) -> None:
    exchange(copy / name, old, new)
    after = digests(copy)
    assert [cell for cell in before if after[cell] != before[cell]] == stale


@pytest.mark.slow
def test_a_kernel_of_the_gpu_makes_no_record_of_the_cpu_stale(copy: Path, before: dict[str, str]) -> None:
    on_gpu = digests(HERE, "cuda")
    exchange(copy / "harness/snn/kernels/gpu.py", "OUTPUTS = 256", "OUTPUTS = 128")
    assert digests(copy) == before
    after = digests(copy, "cuda")
    assert [cell for cell in on_gpu if after[cell] != on_gpu[cell]] == TUNED


def test_config_and_data_count_and_names_do_not() -> None:
    one = tiny_config()
    network = replace(one.network, name="other")
    named = replace(one, experiment="other", profile="paper", arm="other", network=network)
    assert fingerprint(named, "data") == fingerprint(one, "data")
    assert fingerprint(tiny_config(seed=1), "data").digest != fingerprint(one, "data").digest
    assert fingerprint(one, "other").digest != fingerprint(one, "data").digest
