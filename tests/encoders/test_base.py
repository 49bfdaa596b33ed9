"""What all encoders share: inputs that none takes, one way to call them, and what they say they cost."""

import doctest
import os
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

import encoders
from encoders import create, draws, laws, registry
from encoders.base import EncoderError, Operations, encode
from tests.encoders.broken import Sign, sign

GREY = torch.zeros(2, 3, 8, 8)


def with_pixel(value: float) -> Tensor:
    images = GREY.clone()
    images[1, 2, 3, 4] = value
    return images


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (with_pixel(float("nan")), "not NaN"),
        (with_pixel(float("inf")), "not values from 0 to inf"),
        (with_pixel(-1.001), "not values from -1.001 to 0"),
        (GREY.to(torch.uint8), "float32"),
        (GREY[:0], "at least one image"),
        (GREY[0], "four dimensions"),
        (GREY.numpy(), "not a ndarray"),
    ],
)
def test_bad_images_are_refused(images: Any, words: str) -> None:
    with pytest.raises(EncoderError, match=words):
        encode(Sign(), images, 4, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        *[(timesteps, 0) for timesteps in (2.5, True, 0, -3, "4", None, float("nan"), 10**9)],
        *[(4, key) for key in (torch.Generator(), -1, 2**64, 1.0, None)],
        *[(4, 0, ids) for ids in (torch.arange(3), torch.arange(2, dtype=torch.int32), torch.zeros(2, 1), [0, 1])],
    ],
)
def test_what_is_no_number_of_steps_no_key_or_no_ids_is_refused(arguments: tuple[Any, ...]) -> None:
    name = ("timesteps", "key", "ids")[len(arguments) - 1 if arguments[0] == 4 else 0]
    with pytest.raises(EncoderError, match=f"^{name} must be "):
        encode(Sign(), GREY, *arguments)


@pytest.mark.parametrize("name", registry.BUILTIN)
def test_every_code_checks_what_it_is_given(name: str) -> None:
    encoder, bad = create(name).calibrate(laws.sample_images()), with_pixel(float("nan"))
    for call in (
        lambda: encoder.encode(bad, 4, 0),
        lambda: encoder.frame(bad),
        lambda: encoder.calibrate(bad),
        lambda: encoder.encode(GREY, 0, 0),
        lambda: encoder.encode(GREY, 4, -1),
        lambda: encoder.encode(GREY, 4, 0, torch.arange(3)),
    ):
        with pytest.raises(EncoderError):
            call()
    # Rounding errors of black and white are let in.
    assert encoder.encode(torch.cat([GREY - 1.00001, GREY + 1.00001]), 4, 0).isfinite().all()


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("poisson", {"signed": 1}, "signed must be True or False"),
        *[("poisson", {"rate": rate}, "rate must be a number above 0") for rate in (0.0, 1.5, NAN, "1", True)],
        *[("burst", {"threshold": size}, "threshold must be a number above 1e-06") for size in (0.0, 1e-320, NAN)],
        *[("burst", {"growth": growth}, "growth must be a number above 1.001") for growth in (1.0, INFINITY, NAN, "2")],
        ("dct", {"block_size": 1}, "block_size must be a whole number from 2 to 32, not 1"),
        ("dct", {"stride": 5}, r"stride must be a whole number from 1 to 4, not 5 \(block_size is 4\)"),
        *[("dct", {"thresholds": t}, "thresholds must be") for t in ((1, -1), (1.0,), (NAN, 1.0), (-1.0, INFINITY))],
        ("dct", {"frequencies": True}, "frequencies must be a whole number from 1 to 16, not True"),
        ("dct", {"ranking": (0, 0, 1)}, "ranking must hold each frequency 0 to 15 once"),
        ("dct", {"reset": "zero"}, "reset must be 'subtract' or 'none', not 'zero'"),
        ("dct", {"frames": "yuv"}, "frames must be 'code' or 'rgb', not 'yuv'"),
        ("dct", {"colour": "hsv"}, "not 'hsv'"),
        ("dct", {"order": "random"}, "'zigzag' or 'energy', not 'random'"),
        *[("dct", {"lower_percentile": percent}, "percentiles") for percent in (NAN, 95.0, -0.5)],
        ("dct", {"upper_percentile": 100.5}, "percentiles"),
        ("dct", {"schedule": "explicit"}, "needs `indices`"),
        ("dct", {"blocks": 4}, "encoder 'dct': .*unexpected keyword argument 'blocks'"),
    ],
)
def test_wrong_parameters_are_refused_at_once(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        create(name, **parameters)


class Short(Sign):
    """A plug-in written before encoders had ids."""

    def encode(self, images: Tensor, timesteps: int, key: int) -> Tensor:  # type: ignore[override]
        return sign(images, timesteps)


def test_ids_and_dtype_go_to_those_that_take_them_and_the_others_are_cast() -> None:
    images = laws.sample_images()
    for plug_in in (Sign(), Short()):
        train = encode(plug_in, images, 4, 0, torch.arange(8), torch.bfloat16)
        assert torch.equal(train, sign(images, 4).to(torch.bfloat16))


# What an encoder says it costs, counted by hand on a map whose sides all differ.

SHAPE, TIMESTEPS = (3, 8, 20), 5  # 480 pixels


@pytest.mark.parametrize(
    ("name", "parameters", "macs", "additions"),
    [
        ("direct", {}, 0, 0),
        ("poisson", {}, 0, 480 * 5),
        ("burst", {}, 480 * 5, 3 * 480 * 5),
        ("latency", {}, 480, 2 * 480),  # once, however many timesteps
        # 2 × 5 blocks of 4 × 4 a channel: 2·4³ for the transform, 16·16 products, 16 additions a step.
        ("dct", {}, 3 * 2 * 5 * (128 + 256), 3 * 2 * 5 * 16 * 5),
        # 3 × 9 overlapping blocks a channel (the last two columns are reached by none).
        ("dct", {"stride": 2}, 3 * 3 * 9 * (128 + 256), 3 * 3 * 9 * 16 * 5),
    ],
)
def test_operations_of_one_image(name: str, parameters: dict[str, int], macs: int, additions: int) -> None:
    found = create(name, **parameters).operations(SHAPE, TIMESTEPS)
    assert found == Operations(macs, additions)
    assert float(Operations.of(found)) == macs + additions
    assert Operations.of(7) == Operations(macs=0, additions=7)


# Examples in docstrings: every built-in encoder has one, and so has what a stranger calls.


def parts(name: str) -> tuple[object, ModuleType]:
    place, kind = registry.BUILTIN[name].place.split(":")
    return getattr(import_module(place), kind), import_module(place)


@pytest.mark.parametrize(
    ("thing", "module"),
    [*map(parts, registry.BUILTIN), (create, registry), (draws.uniform, draws), (laws.check, laws)],
)
def test_the_example_gives_what_it_says(thing: object, module: ModuleType) -> None:
    said: list[str] = []
    tests = doctest.DocTestFinder(recurse=False).find(thing, module=module, globs=vars(module).copy())
    for test in tests:
        doctest.DocTestRunner().run(test, out=said.append)
    assert sum(len(test.examples) for test in tests) > 0
    assert "".join(said) == ""


# Compiled kernels go to the user's own cache folder: Numba unpickles what lies there.


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")  # so that it is put back, whatever it becomes
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "shared"))
    return tmp_path


def test_it_is_the_users_own_or_chosen_and_never_a_shared_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoders._use_own_cache()
    chosen = Path(os.environ["NUMBA_CACHE_DIR"])
    assert (chosen.name, "dct-snn-harness" in chosen.parts, home in chosen.parents) == ("numba", True, True)
    assert chosen.stat().st_mode & 0o077 == 0
    assert not (home / "shared").exists()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / "mine"))
    encoders._use_own_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(home / "mine")


@pytest.mark.parametrize("fault", ["no folder", "not writable", "writable by others", "another user's"])
def test_else_it_is_one_of_this_process_alone(fault: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / ("file/x" if fault == "no folder" else "folder")))
    (home / "folder").mkdir()
    (home / "folder").chmod(0o777 if fault == "writable by others" else 0o755)
    if fault == "not writable":  # no folder is closed to a test that root runs
        monkeypatch.setattr(os, "access", lambda *_: False)
    if fault == "another user's":
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    encoders._use_own_cache()
    chosen = Path(os.environ["NUMBA_CACHE_DIR"])
    assert (home in chosen.parents, chosen.stat().st_mode & 0o077) == (False, 0)
