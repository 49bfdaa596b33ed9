"""The laws that every encoder keeps, for `harness encoders check` and for a plug-in's own tests:

    for finding in check(MyEncoder()):
        assert finding.passed is not False, str(finding)

A law is a function of a trial that returns what it saw, or raises `Violation` or `NotApplicable`. An encoder that never
returns is not stopped here: set a time limit outside.
"""

import copy
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Generator, Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from encoders.base import Decodes, Encoder, Operations, encode
from encoders.errors import place_of

# A graded code has finitely many sizes: no more than this among thousands of grey values off the 8-bit grid, or one a
# timestep.
MOST_SIZES = 256
# Devices add in another order; a membrane within rounding of its threshold may then decide otherwise.
MOST_DEVICE_DIFFERENCES = 1e-3
LONG, PERIODS = 128, 8  # timesteps, and times that what is fed repeats: enough for a code to say what it can


class Violation(Exception):
    """A law is broken; the message says how."""


class WrongDevice(Violation):
    """A train or frame lies on another device than the images."""


class NotApplicable(Exception):
    """A law does not bind this encoder, or cannot be tried on this machine; the message says why."""


@dataclass(frozen=True)
class Finding:
    """What one law found. passed: None if the law does not apply; detail: what was seen, or what is wrong."""

    law: str
    passed: bool | None
    detail: str

    def __str__(self) -> str:
        mark = {True: "pass", False: "FAIL", None: "skip"}[self.passed]
        return f"{mark}  {self.law}: {self.detail}"


@dataclass(frozen=True)
class Trial:
    """What the laws are tried on: the encoder before and after `calibrate`, images in [-1, 1], T and a key."""

    unfitted: Encoder
    encoder: Encoder
    images: Tensor
    timesteps: int
    key: int

    def train(
        self,
        images: Tensor | None = None,
        timesteps: int | None = None,
        key: int | None = None,
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """The spike train of fresh copies of `images`; all of the trial's, with its T and key, unless given."""
        images = (self.images if images is None else images).clone()
        steps, key = timesteps or self.timesteps, self.key if key is None else key
        train = encode(self.encoder, images, steps, key, ids, dtype).detach()
        return on_same_device(images, train, "train")

    def frame(self) -> Tensor:
        """The frame of fresh copies of the trial's images."""
        return on_same_device(self.images, self.encoder.frame(self.images.clone()), "frame")


Law = Callable[[Trial], str]


def require(holds: bool, violation: str) -> None:
    """Raise Violation unless `holds` (an `assert` that `python -O` keeps)."""
    if not holds:
        raise Violation(violation)


def require_tensor(value: Any, name: str) -> Tensor:
    """Return what an encoder has made. Raises Violation unless it is a tensor."""
    require(isinstance(value, Tensor), f"the {name} is a {type(value).__name__}, not a torch tensor")
    return cast(Tensor, value)


def on_same_device(images: Tensor, tensor: Tensor, name: str) -> Tensor:
    """Return the tensor made of the images. Raises WrongDevice if it is on another device than they are."""
    if require_tensor(tensor, name).device.type != images.device.type:
        raise WrongDevice(f"images on {images.device.type} give a {name} on {tensor.device.type}")
    return tensor


def sample_images(channels: int = 3, size: int = 16) -> Tensor:
    """`[8, channels, size, size]`: black, grey and white images, then noise of rising contrast (no 8-bit grid)."""
    noise = torch.rand(8, channels, size, size, generator=Generator().manual_seed(0)) * 2 - 1
    images = noise * torch.linspace(0.3, 1, 8).view(-1, 1, 1, 1)
    for n, grey in enumerate((-1.0, 0.0, 1.0)):
        images[n] = grey
    return images


def check(
    encoder: Encoder, images: Tensor | None = None, timesteps: int = 16, only: tuple[Law, ...] = ()
) -> list[Finding]:
    """Try every law (or `only` some) on an encoder as it comes from its constructor.

    images: `[N ≥ 2, C, H, W]` in [-1, 1] that the encoder accepts; `sample_images()` if None.
    timesteps: a number that fits the code. Raises nothing: whatever an encoder raises is a finding.

    >>> from encoders import create
    >>> print(check(create("direct"))[0])
    pass  declared shape: (16, 8, 3, 16, 16) float32
    """
    images = sample_images() if images is None else images
    try:
        # A copy, so that the law on calibration sees the encoder as it came.
        fitted = copy.deepcopy(encoder).calibrate(images.clone())
    except Exception as error:  # an encoder under test may raise anything
        return [Finding("calibrates", False, _described(error))]
    trial = Trial(encoder, fitted, images, timesteps, key=0)
    first = _try(encodes, trial)
    if not first.passed:  # then no law can be tried
        return [first]
    return [_try(law, trial) for law in only or LAWS]


def finding(law: Law, trial: Trial) -> Finding:
    """What a law finds. Raises whatever the encoder raises."""
    name = law.__name__.replace("_", " ")
    try:
        return Finding(name, True, law(trial))
    except NotApplicable as reason:
        return Finding(name, None, str(reason))
    except Violation as violation:
        return Finding(name, False, str(violation))


def _try(law: Law, trial: Trial) -> Finding:
    try:
        return finding(law, trial)
    except Exception as error:  # an encoder under test may raise anything
        return Finding(law.__name__.replace("_", " "), False, _described(error))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}{place_of(error)}"


# The spike train: its shape, its values, its dtype.


def encodes(trial: Trial) -> str:
    """`encode` returns a tensor."""
    require_tensor(trial.encoder.encode(trial.images.clone(), trial.timesteps, trial.key), "train")
    return "a tensor"


def declared_shape(trial: Trial) -> str:
    """The train is float32 `[T, *frame.shape]`, and the frame has one image for each image given."""
    frame = trial.frame()
    # Not `trial.train`, which casts.
    train = trial.encoder.encode(trial.images.clone(), trial.timesteps, trial.key)
    on_same_device(trial.images, train, "train")
    require(frame.dim() == 4 and len(frame) == len(trial.images), f"frame has shape {tuple(frame.shape)}")
    expected = (trial.timesteps, *frame.shape)
    require(train.shape == expected, f"the train has shape {tuple(train.shape)}, the frame asks for {expected}")
    require(train.dtype == frame.dtype == torch.float32, f"train is {train.dtype}, frame {frame.dtype}, not float32")
    return f"{tuple(train.shape)} float32"


def declared_alphabet(trial: Trial) -> str:
    """Only values of the alphabet occur, all within the declared range."""
    info, values = trial.encoder.info, np.unique(trial.train().numpy())
    allowed = {"binary": (0.0, 1.0), "ternary": (-1.0, 0.0, 1.0)}.get(info.alphabet)
    if allowed is not None:
        foreign = [v for v in values.tolist() if v not in allowed]
        require(not foreign, f"{info.alphabet}, yet the train holds {foreign[:3]}")
    else:
        require(info.alphabet in ("graded", "analog"), f"unknown alphabet '{info.alphabet}'")
    if info.alphabet == "graded":
        most = max(MOST_SIZES, trial.timesteps + 1)
        require(len(values) <= most, f"graded, yet {len(values)} sizes occur: is it analog?")
    least, greatest = info.value_range
    low, high = float(values.min()), float(values.max())
    require(least - 1e-6 <= low and high <= greatest + 1e-6, f"{low:g} to {high:g} leaves {least:g} to {greatest:g}")
    return f"{info.alphabet}, {low:g} to {high:g}"


def finite_values(trial: Trial) -> str:
    """Neither train nor frame holds NaN or infinity, blank images included."""
    for name, values in (("train", trial.train()), ("frame", trial.frame())):
        require(bool(values.isfinite().all()), f"the {name} holds NaN or infinity")
    return "no NaN, no infinity"


def dtype_is_a_cast(trial: Trial) -> str:
    """A train written in bfloat16 is the float32 train, rounded."""
    narrow = trial.train(dtype=torch.bfloat16)
    require(narrow.dtype == torch.bfloat16, f"asked for bfloat16, the train is {narrow.dtype}")
    require(torch.equal(narrow, trial.train().to(torch.bfloat16)), "in bfloat16 it is another train than in float32")
    return "bfloat16 is float32 rounded"


# A train depends on the image, the key, the image's id, the pixel and t, and on nothing else.


def repeatable(trial: Trial) -> str:
    """Same input and same key give the same train; torch's global generator is left alone."""
    before = torch.get_rng_state()
    first = trial.train()
    trial.train(trial.images.flip(0))
    require(torch.equal(first, trial.train()), "two calls with the same input and key differ")
    require(torch.equal(before, torch.get_rng_state()), "it draws from torch's global generator")
    return "the same train again"


def declared_randomness(trial: Trial) -> str:
    """A deterministic encoder ignores the key; a random one depends on it."""
    same = torch.equal(trial.train(), trial.train(key=trial.key + 1))
    if trial.encoder.info.deterministic:
        require(same, "declared deterministic, yet the train depends on the key")
        return "deterministic: ignores the key"
    require(not same, "declared random, yet two keys give the same train")
    return "random: depends on the key"


def batch_invariance(trial: Trial) -> str:
    """Other images in the batch leave an image's train unchanged; a deterministic code also gives it alone."""
    if not trial.encoder.info.batch_invariant:
        raise NotApplicable("declared not batch-invariant")
    train, count = trial.train(), len(trial.images)
    for kept in (max(0, count // 2 - 1), count - 1):
        others = 0.5 * trial.images.roll(1, dims=0)
        others[kept] = trial.images[kept]
        require(torch.equal(trial.train(others)[:, kept], train[:, kept]), "the train depends on the rest of the batch")
        if trial.encoder.info.deterministic:
            alone = trial.train(trial.images[kept : kept + 1])
            require(torch.equal(alone[:, 0], train[:, kept]), "alone, an image has another train than in its batch")
    return "the rest of the batch does not matter"


def split_with_ids(trial: Trial) -> str:
    """A batch has the same trains if it is split or reordered, as long as each image keeps its id.

    Ids are 0 … N−1 if none are given, and a random code draws differently for other ids.
    """
    info = trial.encoder.info
    if not info.batch_invariant:
        raise NotApplicable("declared not batch-invariant")
    if not info.deterministic and not info.draws_by_id:
        raise NotApplicable("declared to draw for a whole batch at once")
    ids = 5 * torch.arange(len(trial.images)) + 2
    whole, remedy = trial.train(ids=ids), "draw by key and ids (encoders.draws.uniform), or declare draws_by_id=False"
    for size in (1, 3):
        batches = zip(torch.split(trial.images, size), torch.split(ids, size), strict=True)
        parts = [trial.train(images, ids=some) for images, some in batches]
        require(torch.equal(torch.cat(parts, dim=1), whole), f"in batches of {size} the train is another: {remedy}")
    turned = trial.train(trial.images.flip(0), ids=ids.flip(0))
    require(torch.equal(turned.flip(1), whole), f"in another order the train is another: {remedy}")
    counted = trial.train(ids=torch.arange(len(trial.images)))
    require(torch.equal(counted, trial.train()), "without ids the train is not that of ids 0 … N−1")
    if not info.deterministic:
        require(not torch.equal(whole, counted), "declared random by id, yet other ids give the same train")
    return "the batch size does not matter"


def prefix_property(trial: Trial) -> str:
    """The first t steps of a T-step train are the t-step train, unless a window is declared."""
    if trial.encoder.info.window:
        raise NotApplicable("declared a window: the code is laid out over all T steps")
    train = trial.train()
    for t in sorted({1, (trial.timesteps + 1) // 2, max(1, trial.timesteps - 1)}):
        require(torch.equal(trial.train(timesteps=t), train[:t]), f"the {t}-step train is not a prefix")
    return "shorter trains are prefixes"


# The frame: the ANN is trained on what the code conveys, not on another image.


def frame_is_conveyed(trial: Trial) -> str:
    """A long train, decoded, is the frame, but for the declared resolution (mean distance over pixels).

    Decoded is `decode(train)` if the encoder has it, else the mean over time.
    """
    info = trial.encoder.info
    if info.resolution is None:
        raise NotApplicable("declared not to determine the frame")
    # If the code is laid out over all T steps: a multiple of the trial's T, which fits the code.
    period = trial.timesteps if info.window else info.period or 1
    least = LONG if info.period is None else max(LONG, PERIODS * info.period)
    train, frame = trial.train(timesteps=period * math.ceil(least / period)), trial.frame()
    decoder = trial.encoder
    decoded = decoder.decode(train) if isinstance(decoder, Decodes) else train.float().mean(dim=0)
    require(decoded.shape == frame.shape, f"decoded has shape {tuple(decoded.shape)}, the frame {tuple(frame.shape)}")
    distance = (decoded - frame).abs().mean().item()
    remedy = "let `frame` be what the code conveys, or `decode` say how the train is read"
    require(distance <= info.resolution, f"frame and decoded train are {distance:.3g} apart on average: {remedy}")
    return f"decoded train and frame are {distance:.3g} apart after {len(train)} steps"


# Calibration, and what an encoder declares.


def input_untouched(trial: Trial) -> str:
    """`calibrate`, `frame` and `encode` leave the images as they were."""
    images = trial.images.clone()
    copy.deepcopy(trial.unfitted).calibrate(images)
    trial.encoder.frame(images)
    encode(trial.encoder, images, trial.timesteps, trial.key)
    require(torch.equal(images, trial.images), "the images were changed in place")
    return "images unchanged"


def calibration_is_pure(trial: Trial) -> str:
    """`calibrate` returns a fitted encoder of the same kind, the same each time, and leaves the old one as it was."""
    old = copy.deepcopy(trial.unfitted)
    before = _facts(old)
    fitted = old.calibrate(trial.images.clone())
    require(type(fitted) is type(old), f"calibrate returned a {type(fitted).__name__}")
    require(_facts(old) == before, "calibrate changed the encoder it was called on")
    again = old.calibrate(trial.images.clone())
    require(_facts(again) == _facts(fitted), "two calibrations on the same images differ")
    encode(fitted, trial.images.clone(), trial.timesteps, trial.key)
    require(_facts(again) == _facts(fitted), "encode changed the encoder")
    return "a fitted copy" if _facts(fitted) != before else "nothing to fit"


def _facts(encoder: Encoder) -> Any:
    # What can be seen of an encoder: its state, and its fields if it has any.
    fields = {name: repr(value) for name, value in getattr(encoder, "__dict__", {}).items()}
    return repr(encoder.state()), encoder.info, fields


def declared_period(trial: Trial) -> str:
    """The period is None or a whole number of steps, and None for a random code.

    That what is *fed* repeats cannot be seen from outside: an integrating neuron's spikes need not. So only the
    declaration's form is checked; an encoder's own tests check its truth.
    """
    info = trial.encoder.info
    if info.period is None:
        return "none declared"
    require(isinstance(info.period, int) and info.period >= 1, f"period {info.period!r} is no number of steps")
    require(info.deterministic, f"period {info.period} declared for a random code")
    return f"{info.period} declared (what is fed inside cannot be seen from outside)"


def json_state(trial: Trial) -> str:
    """`state()` is a mapping that JSON holds, before and after `calibrate`; no NaN, no infinity."""
    for encoder in (trial.unfitted, trial.encoder):
        state = encoder.state()
        require(isinstance(state, Mapping), f"state() is a {type(state).__name__}, not a mapping")
        require(all(isinstance(key, str) for key in state), "state() has keys that are not strings")
        try:
            json.dumps(dict(state), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise Violation(f"state() is not JSON: {error}") from error
    return f"holds {', '.join(trial.encoder.state()) or 'nothing'}"


def counted_operations(trial: Trial) -> str:
    """`operations` is `Operations`, or a number; finite, at least 0, and not falling with T."""
    channels, height, width = trial.images.shape[1:]
    counted = [trial.encoder.operations((channels, height, width), t) for t in (trial.timesteps, 2 * trial.timesteps)]
    short, long = (Operations.of(count) for count in counted)
    numbers = (short.macs, short.additions, long.macs, long.additions)
    require(all(math.isfinite(n) and n >= 0 for n in numbers), f"operations: {counted}")
    require(float(short) <= float(long), f"{float(short):g} operations at T, {float(long):g} at 2T")
    return f"{short.macs:g} multiply-accumulates, {short.additions:g} additions an image"


# Devices.


def one_device(trial: Trial) -> str:
    """Frame and train lie where the images lie, and no operation takes tensors of two devices.

    Needs no GPU: the other laws are tried on torch's `meta` device, whose tensors have a shape and a device but no
    values. Only devices are judged; a law stops early if the encoder asks for a value.
    """
    elsewhere = replace(copy.deepcopy(trial), images=trial.images.to("meta"))
    tried = [law for law in LAWS if law not in (one_device, devices_agree)]
    stopped: dict[Law, Exception] = {}
    for law in tried:
        devices = _Devices()
        try:
            with devices:
                law(elsewhere)
        except WrongDevice:
            raise
        except Exception as error:  # without values a law may find anything, and an encoder may raise anything
            stopped[law] = error
        require(not devices.mixed, f"{devices.mixed}: make tensors where the images are (device=images.device)")
    if declared_shape in stopped:
        raise NotApplicable(f"not checkable on meta: {_described(stopped[declared_shape]).splitlines()[0]}")
    return f"{len(tried)} laws on torch's meta device meet no tensor of another device"


class _Devices(TorchDispatchMode):
    """Notes the first operation that mixes tensors on meta and on another device, as a GPU would refuse it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.mixed = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        name = func._schema.name.removeprefix("aten::")
        # A copy may cross devices. What leaves meta has no values: zeros stand for them.
        if name == "copy_" and tensors[1].is_meta and not tensors[0].is_meta:
            return tensors[0].zero_()
        if name == "_to_copy" and tensors[0].is_meta and torch.device(kwargs.get("device") or "meta").type != "meta":
            return torch.zeros(tensors[0].shape, dtype=kwargs.get("dtype") or tensors[0].dtype, device=kwargs["device"])
        if name == "equal" and all(tensor.is_meta for tensor in tensors):
            return True  # so that a law goes on
        # A number in a CPU tensor may stand beside any device's tensors, and so may indices.
        places = {tensor.device.type for tensor in tensors if tensor.dim() or tensor.device.type != "cpu"}
        indexed = name.startswith("index") and tensors[0].is_meta
        if len(places) > 1 and name not in ("copy_", "_to_copy") and not indexed and not self.mixed:
            self.mixed = f"the operation '{name}' takes tensors on {' and '.join(sorted(places))}"
        return func(*args, **kwargs)


def devices_agree(trial: Trial) -> str:
    """CPU and CUDA give the same train from the same key, but for rounding at a threshold."""
    if not torch.cuda.is_available():
        raise NotApplicable("no CUDA device here")
    there = trial.train(trial.images.cuda())
    share = ((there.cpu() - trial.train()).abs() > 1e-5).float().mean().item()
    require(share <= MOST_DEVICE_DIFFERENCES, f"{share:.2%} of the train differs between CPU and CUDA")
    return f"{share:.2%} of the train differs"


# Quickly tried, and enough to tell a code that would give wrong numbers.
BEFORE_TRAINING: tuple[Law, ...] = (
    declared_shape,
    declared_alphabet,
    repeatable,
    declared_randomness,
    batch_invariance,
    split_with_ids,
)
LAWS: tuple[Law, ...] = (
    declared_shape,
    declared_alphabet,
    finite_values,
    dtype_is_a_cast,
    repeatable,
    declared_randomness,
    batch_invariance,
    split_with_ids,
    prefix_property,
    frame_is_conveyed,
    input_untouched,
    calibration_is_pure,
    declared_period,
    json_state,
    counted_operations,
    one_device,
    devices_agree,
)
