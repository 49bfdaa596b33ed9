"""DCT-SNN's code (ICCV 2021): an image's block-DCT frequencies, one a timestep, as signed spikes.

The encoder stands first, then what it is made of: schedules, blocks and their DCT, colours, neurons, parameters.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from typing import Any, Literal, Self

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import (
    EncoderError,
    EncoderInfo,
    Operations,
    admit,
    admit_images,
    at_least_one_step,
    bits,
    intensity,
    whole_number,
)
from encoders.compiled import compiled

Floats = NDArray[np.float32]
BATCH = 16  # images that share thresholds with threshold_scope "batch": the released code's batch of fine-tuning


@dataclass(frozen=True)
class Dct:
    """Block DCT → contributions g_k → schedule → two-sided integrate-and-fire (paper §2, eq. 12, Algorithm 1).

    block_size, stride: b×b blocks taken every `stride` pixels; stride = b tiles the image, a smaller one lays
        overlapping blocks side by side (32×32 with b = 4, stride 2 becomes 60×60).
    schedule: what is fed when (paper §3, §6): of K frequencies, "cyclic" 0, 1, …, K−1, 0, …; "truncated" cyclic over
        the first `frequencies`; "interleaved" 0 r times, then 1 r times, … with r = T/K; "intermittent" (the paper's
        own selection) and "explicit" repeat `indices`; "weighted" feeds frequency k `weights[k]` times in a cycle.
    frequencies, indices, weights: the one parameter that shapes the schedule (see `build`).
    order: what a schedule's number k means: "zigzag" (the paper's), or "energy", the k-th most energetic
        frequency of the images given to `calibrate`.
    colour: "rgb" as given, or of three-channel images (full range, centred) "ycbcr"; "ycbcr-released" has chroma off
        centre by 128/255, as the released code has it (see `coloured`).
    threshold_scope: "dataset" fits θ⁻, θ⁺ once in `calibrate`; "batch" recomputes them on every batch of 16 images as
        the released code does, which makes an image's code depend on its neighbours.
    reset: "subtract" takes the threshold off the membrane after a spike (Algorithm 1); "none" leaves the membrane
        as it is, an ablation.
    signal: what is transformed: the image "x" in [-1, 1], or its intensity "p" = (x + 1)/2, so that its ANN is that of
        the codes of p.
    frames: what the ANN is trained on: the "code"'s own colours, or "rgb" in its place, as in the released code.
    lower_percentile, upper_percentile: where θ⁻ and θ⁺ stand among all contributions.
    thresholds: (θ⁻, θ⁺), set by `calibrate`.
    ranking: zig-zag numbers by falling energy, set by `calibrate` if order is "energy".

    >>> import torch
    >>> from encoders import create
    >>> images = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)  # dark at the top, bright at the bottom
    >>> encoder = create("dct", schedule="truncated", frequencies=4).calibrate(images)
    >>> encoder.indices_at(6)  # the frequency that is fed at each step
    (0, 1, 2, 3, 0, 1)
    >>> train = encoder.encode(images, timesteps=6, key=0)
    >>> train.shape, train.unique().tolist()
    (torch.Size([6, 1, 1, 8, 8]), [-1.0, 0.0, 1.0])
    """

    block_size: int = 4
    stride: int = 4
    schedule: str = "cyclic"
    frequencies: int | None = None
    indices: tuple[int, ...] | None = None
    weights: tuple[int, ...] | None = None
    order: Literal["zigzag", "energy"] = "zigzag"
    colour: Literal["rgb", "ycbcr", "ycbcr-released"] = "rgb"
    threshold_scope: Literal["dataset", "batch"] = "dataset"
    lower_percentile: float = 6.5
    upper_percentile: float = 93.5
    thresholds: tuple[float, float] | None = None
    ranking: tuple[int, ...] | None = None
    reset: Literal["subtract", "none"] = "subtract"
    frames: Literal["code", "rgb"] = "code"
    signal: Literal["x", "p"] = "x"

    def __post_init__(self) -> None:
        check_parameters(self)
        # Any T would do to check the schedule, but interleaving wants a multiple of its frequencies.
        self.numbers_at(self.block_size**2 * max(1, self.frequencies or 1))

    @property
    def info(self) -> EncoderInfo:
        """Ternary and deterministic; interleaving is laid out over all T steps."""
        interleaved = self.schedule == "interleaved"
        return EncoderInfo(
            alphabet="ternary",
            deterministic=True,
            period=None if interleaved else self._cycle(),
            value_range=(-1.0, 1.0),
            source="DCT-SNN (ICCV 2021), eq. 12 and Algorithm 1",
            window=interleaved,
            batch_invariant=self.threshold_scope == "dataset",
            group=1 if self.threshold_scope == "dataset" else BATCH,
            resolution=0.1 if self._decodable() else None,
        )

    def numbers_at(self, timesteps: int) -> tuple[int, ...]:
        """The schedule's number at each of `timesteps` steps. Raises EncoderError if they do not fit."""
        return build(self.schedule, timesteps, self.block_size**2, self.frequencies, self.indices, self.weights)

    def indices_at(self, timesteps: int) -> tuple[int, ...]:
        """The frequency (zig-zag number) fed at each of `timesteps` steps.

        Raises EncoderError if they do not fit the schedule, or before `calibrate` if energy orders them.
        """
        numbers = self.numbers_at(timesteps)
        if self.order == "zigzag":
            return numbers
        if self.ranking is None:
            raise EncoderError("the DCT encoder has no energy ranking yet: call calibrate(training_images) first")
        return tuple(self.ranking[number] for number in numbers)

    def calibrate(self, images: Tensor) -> Self:
        """Fit θ⁻, θ⁺ (percentiles of all contributions of the training images `[N, C, H, W]`) and the ranking.

        Batch thresholds and zig-zag order leave nothing to fit.
        """
        drive = self.contributions(images)
        fitted = self
        if self.threshold_scope == "dataset":
            fitted = replace(fitted, thresholds=self._percentiles(drive))
        return replace(fitted, ranking=by_energy(drive)) if self.order == "energy" else fitted

    def frame(self, images: Tensor) -> Tensor:
        """Images in the code's colours or RGB (`frames`), their blocks side by side: the sum of all contributions."""
        converted = self._prepared(images)
        given = self._signal(images) if self.frames == "rgb" else converted
        if self.stride == self.block_size:
            return given
        return lay_out(split(given, self.block_size, self.stride))

    def contributions(self, images: Tensor) -> Tensor:
        """`[N, C, rows, columns, K, b·b]`: what each frequency adds to each block of images in [-1, 1]."""
        return contributions(self._prepared(images), self.block_size, self.stride)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Ternary spike train `[T, N, C, H', W']` of images `[N, C, H, W]` in [-1, 1].

        Raises EncoderError before `calibrate` (data-set thresholds), or if T does not fit the schedule.
        """
        admit(images, timesteps, key, ids)
        indices = self.indices_at(timesteps)
        frequencies = coefficients(self._prepared(images, admitted=True), self.block_size, self.stride)
        shapes = basis(self.block_size).to(images.device, non_blocking=True)
        groups = torch.split(frequencies, BATCH) if self.threshold_scope == "batch" else (frequencies,)
        resets = self.reset == "subtract"
        trains = [integrate_and_fire(group, shapes, indices, *self._at(group), resets, dtype) for group in groups]
        return trains[0] if len(trains) == 1 else torch.cat(trains, dim=1)

    def _at(self, frequencies: Tensor) -> tuple[float, float]:
        # (θ⁻, θ⁺): fitted ones, or those of this batch.
        if self.threshold_scope == "dataset":
            return self._fitted()
        return self._percentiles(spread(frequencies, self.block_size))

    def decode(self, train: Tensor) -> Tensor:
        """The frame, as far as it was sent: each spike counts as its threshold, divided by the number of cycles."""
        lower, upper = self._fitted()
        sent = torch.where(train > 0, upper, 0.0).sum(dim=0) + torch.where(train < 0, lower, 0.0).sum(dim=0)
        return sent * (self._cycle() / len(train))

    def state(self) -> Mapping[str, Any]:
        """The fitted thresholds, and the ranking by energy if there is one."""
        fitted = {"thresholds": self.thresholds, "ranking": self.ranking}
        return {name: list(values) for name, values in fitted.items() if values is not None}

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """A separable b×b DCT (2b³ multiply-accumulates a block), one product for each g; one addition a step.

        Not counted are the two comparisons of each step and the subtraction at a spike; counted are the products of all
        b² frequencies, also where a short train sends fewer.
        """
        channels, height, width = shape
        size = self.block_size
        count = (height - size) // self.stride + 1, (width - size) // self.stride + 1
        blocks = float(channels * count[0] * count[1])
        return Operations(macs=blocks * (2 * size**3 + size**4), additions=blocks * timesteps * size**2)

    def _cycle(self) -> int:
        if self.weights is not None:
            return sum(self.weights)
        if self.schedule in ("intermittent", "explicit"):
            return len(self.indices or PAPER_INTERMITTENT)
        return self.frequencies or self.block_size**2

    def _decodable(self) -> bool:
        # Every frequency is fed, as often as every other one, and what is sent leaves the membrane.
        everything = self.schedule in ("cyclic", "truncated", "interleaved") and self._cycle() == self.block_size**2
        frame_as_coded = self.frames == "code" or self.colour == "rgb"
        return everything and frame_as_coded and self.reset == "subtract" and self.threshold_scope == "dataset"

    def _fitted(self) -> tuple[float, float]:
        if self.thresholds is None:
            raise EncoderError("the DCT encoder has no thresholds yet: call calibrate(training_images) first")
        return self.thresholds

    def _prepared(self, images: Tensor, admitted: bool = False) -> Tensor:
        # Checked, and converted to the code's colours.
        if not admitted:
            admit_images(images)
        check_fit(self, images)
        return coloured(self._signal(images), self.colour)

    def _signal(self, images: Tensor) -> Tensor:
        return images if self.signal == "x" else intensity(images)

    def _percentiles(self, drive: Tensor) -> tuple[float, float]:
        values = drive.detach().cpu().numpy()
        lower, upper = percentile(values, self.lower_percentile), percentile(values, self.upper_percentile)
        if not lower < 0 < upper:
            raise EncoderError(
                f"thresholds θ⁻ = {lower:.3g}, θ⁺ = {upper:.3g} do not straddle zero: "
                "the images have too little contrast for these percentiles"
            )
        return lower, upper


# Schedules: plain functions from a number of timesteps to a tuple of frequency indices, one a timestep.

# Each schedule and the one parameter that shapes it; those of NEEDED say nothing without theirs.
SCHEDULES = {
    "cyclic": "frequencies",
    "truncated": "frequencies",
    "intermittent": "indices",
    "interleaved": "frequencies",
    "explicit": "indices",
    "weighted": "weights",
}
NEEDED = ("truncated", "explicit", "weighted")
PAPER_INTERMITTENT = (0, 2, 5, 7, 9, 10, 12, 15)
# Longer than any train that is fed; a single weight of a billion would otherwise fill the memory.
LONGEST_CYCLE = 10_000


def cyclic(frequencies: int, timesteps: int) -> tuple[int, ...]:
    """0, 1, …, K−1, 0, 1, … (Algorithm 1). With fewer than all frequencies this is the paper's truncation."""
    return repeated(tuple(range(frequencies)), timesteps)


def interleaved(frequencies: int, timesteps: int) -> tuple[int, ...]:
    """0 r times, then 1 r times, … with r = T / K (§6). Raises EncoderError unless K divides T."""
    if timesteps % frequencies:
        raise EncoderError(
            f"an interleaved schedule of {frequencies} frequencies cannot fill {timesteps} timesteps: "
            f"use a multiple of {frequencies}"
        )
    repeats = timesteps // frequencies
    return tuple(index for index in range(frequencies) for _ in range(repeats))


def repeated(indices: tuple[int, ...], timesteps: int) -> tuple[int, ...]:
    """Any sequence of indices, started again when it ends (intermittent and explicit schedules, §6)."""
    return tuple(islice(cycle(indices), timesteps))


def weighted(weights: tuple[int, ...], timesteps: int) -> tuple[int, ...]:
    """Unequal repeats (not in the paper): frequency k is fed `weights[k]` times in a cycle of Σ weights steps.

    A cycle is max(weights) passes; pass r feeds, in order, every frequency whose weight exceeds r. So (3, 2, 1)
    gives 0 1 2 · 0 1 · 0, and equal weights give the cyclic schedule.
    """
    passes = [[k for k, weight in enumerate(weights) if weight > r] for r in range(max(weights))]
    return repeated(tuple(k for one in passes for k in one), timesteps)


def build(
    name: str,
    timesteps: int,
    total: int,
    frequencies: int | None = None,
    indices: tuple[int, ...] | None = None,
    weights: tuple[int, ...] | None = None,
) -> tuple[int, ...]:
    """The frequency index at each of `timesteps` steps, out of `total` frequencies.

    A schedule takes one parameter (see SCHEDULES); the others stay None.
    frequencies (cyclic, truncated, interleaved): how many, from 0 up; all if None, except truncated.
    indices (intermittent, explicit): the frequencies themselves, in order; intermittent has the paper's.
    weights (weighted): how often frequency k is fed in one cycle, each at least 1, for k from 0 up.
    Raises EncoderError for an unknown name, a missing or foreign parameter, an index, count or weight out of
    range, or T not fitting the schedule.
    """
    at_least_one_step(timesteps)
    _check_schedule(name, {"frequencies": frequencies, "indices": indices, "weights": weights})
    if weights is not None:
        return weighted(_checked_weights(weights, total), timesteps)
    if name in ("intermittent", "explicit"):
        return repeated(_checked(PAPER_INTERMITTENT if indices is None else indices, total), timesteps)
    count = total if frequencies is None else frequencies
    whole_number("frequencies", count, 1, total)
    return interleaved(count, timesteps) if name == "interleaved" else cyclic(count, timesteps)


def _check_schedule(name: str, given: Mapping[str, object]) -> None:
    if name not in SCHEDULES:
        raise EncoderError(f"unknown schedule '{name}': use one of {', '.join(SCHEDULES)}")
    taken = SCHEDULES[name]
    for parameter, value in given.items():
        if value is not None and parameter != taken:
            raise EncoderError(f"schedule '{name}' takes `{taken}`, not `{parameter}`")
    if name in NEEDED and given[taken] is None:
        raise EncoderError(f"schedule '{name}' needs `{taken}`")


def _checked(indices: tuple[int, ...], total: int) -> tuple[int, ...]:
    if not indices:
        raise EncoderError("a schedule needs at least one frequency index")
    for index in indices:
        whole_number("a schedule index", index, 0, total - 1)
    return tuple(indices)


def _checked_weights(weights: tuple[int, ...], total: int) -> tuple[int, ...]:
    if not 1 <= len(weights) <= total:
        raise EncoderError(f"weights must be 1 to {total} whole numbers, one a frequency, not {len(weights)} of them")
    for weight in weights:
        whole_number("a weight", weight, 1, LONGEST_CYCLE)
    if sum(weights) > LONGEST_CYCLE:
        raise EncoderError(f"weights must add up to at most {LONGEST_CYCLE} timesteps, not {sum(weights)}")
    return tuple(weights)


# Blocks of an image and their orthonormal 2-D DCT-II (paper eq. 12), frequencies numbered zig-zag.


def zigzag(size: int) -> list[tuple[int, int]]:
    """(row, column) of each frequency of a size×size block: (0,0), (0,1), (1,0), (2,0), (1,1), (0,2), …"""

    def key(place: tuple[int, int]) -> tuple[int, int]:
        row, column = place
        diagonal = row + column
        return diagonal, row if diagonal % 2 else column

    return sorted(((row, column) for row in range(size) for column in range(size)), key=key)


def basis_images(size: int) -> NDArray[np.float64]:
    """`[K, size·size]`: the K = size² orthonormal basis images, in zig-zag order."""
    index = np.arange(size)
    cosine = np.cos(np.pi * np.outer(index, 2 * index + 1) / (2 * size)) * np.sqrt(2 / size)
    cosine[0] /= np.sqrt(2)
    return np.stack([np.outer(cosine[row], cosine[column]).ravel() for row, column in zigzag(size)])


@cache
def basis(size: int) -> Tensor:
    """`basis_images` in fp32."""
    return torch.from_numpy(basis_images(size).astype(np.float32))


def split(images: Tensor, size: int, stride: int) -> Tensor:
    """Blocks `[N, C, rows, columns, size, size]` of images `[N, C, H, W]`, one every `stride` pixels."""
    return images.unfold(2, size, stride).unfold(3, size, stride)


def lay_out(blocks: Tensor) -> Tensor:
    """Blocks `[…, rows, columns, size, size]` side by side: `[…, rows·size, columns·size]`."""
    *lead, rows, columns, size, _ = blocks.shape
    return blocks.transpose(-3, -2).reshape(*lead, rows * size, columns * size)


def coefficients(images: Tensor, size: int, stride: int) -> Tensor:
    """`[N, C, rows, columns, K]`: the DCT of each block, in one matrix product."""
    shape = split(images, size, stride).shape[:4]
    product = _flat_blocks(images, size, stride) @ basis(size).to(images.device, non_blocking=True).T
    return product.view(*shape, size * size)


def _flat_blocks(images: Tensor, size: int, stride: int) -> Tensor:
    # `[blocks, size·size]`. Four float32 of a block's row are copied as one element of 16 bytes if they are aligned.
    images = images.contiguous()
    if size == stride == 4 and images.storage_offset() % 4 == 0:
        count, channels, height, width = images.shape
        fours = images.view(torch.complex128).view(count, channels, height // 4, 4, width // 4)
        return fours.transpose(3, 4).contiguous().view(torch.float32).view(-1, 16)
    return split(images, size, stride).reshape(-1, size * size)


def contributions(images: Tensor, size: int, stride: int) -> Tensor:
    """`[N, C, rows, columns, K, size·size]`: what each frequency adds to each block, g_k; together they are it."""
    return spread(coefficients(images, size, stride), size)


def spread(frequencies: Tensor, size: int) -> Tensor:
    """Coefficients `[…, K]` as contributions `[…, K, size·size]`: each times its basis image."""
    return frequencies.unsqueeze(-1) * basis(size).to(frequencies.device, non_blocking=True)


def by_energy(drive: Tensor) -> tuple[int, ...]:
    """Zig-zag numbers of the K frequencies, most energetic first, of contributions `[N, C, rows, columns, K, b·b]`.

    The basis is orthonormal, so a frequency's energy is the summed square of its contributions.
    """
    energy = drive.square().sum(dim=(0, 1, 2, 3, 5), dtype=torch.float64).tolist()
    return tuple(sorted(range(len(energy)), key=lambda k: (-energy[k], k)))


# Colour spaces, as matrices and offsets on RGB in [-1, 1]. "ycbcr" is JPEG's full-range YCbCr; on [-1, 1] input its
# offsets vanish and every channel stays in [-1, 1]. "ycbcr-released" is what the authors' code does to input that is
# already in [-1, 1]: JPEG's offset of 128 for 8-bit chroma, here 128/255, is added all the same. Chroma then lies in
# [-0.498, 1.502] with grey at 0.502.

_YCBCR = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_OFFSETS = {"ycbcr-released": torch.tensor([0.0, 128 / 255, 128 / 255])}
COLOURS = ("rgb", "ycbcr", "ycbcr-released")


def coloured(images: Tensor, colour: str) -> Tensor:
    """RGB images `[N, 3, H, W]` in [-1, 1] in a colour space of `COLOURS`; "rgb" gives any images back as they are."""
    if colour == "rgb":
        return images
    if images.shape[1] != 3:
        raise EncoderError(f"colour '{colour}' needs 3 channels, the images have {images.shape[1]}")
    converted = torch.einsum("oc,nchw->nohw", _YCBCR.to(images.device, non_blocking=True), images)
    if colour not in _OFFSETS:
        return converted
    return converted + _OFFSETS[colour].to(images.device, non_blocking=True).view(-1, 1, 1)


# Neurons: one non-leaky, two-sided accumulator a pixel that fires signed spikes (Algorithm 1).
#
#     v ← v + g;   v > θ⁺: spike +1, v ← v − θ⁺;   v < θ⁻: spike −1, v ← v − θ⁻
#
# The contribution g of frequency k is its coefficient times its basis image. A readable torch scan for every device,
# and a Numba kernel for the CPU that gives the same bits.


def integrate_and_fire(
    coefficients: Tensor,
    basis: Tensor,
    schedule: tuple[int, ...],
    lower: float,
    upper: float,
    resets: bool = True,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Ternary spikes `[T, N, C, rows·b, columns·b]` of coefficients `[N, C, rows, columns, K]`, basis `[K, b·b]`.

    `schedule[t]` is the frequency that drives the neurons at timestep t; θ⁻ = lower < 0 < θ⁺ = upper; `resets`: a spike
    takes its threshold off the membrane.
    """
    if coefficients.device.type != "cpu":
        return integrate_and_fire_reference(coefficients, basis, schedule, lower, upper, resets, dtype)
    images, channels, rows, columns, frequencies = coefficients.shape
    size = round(basis.shape[1] ** 0.5)
    out = torch.empty(len(schedule), images, channels, rows * size, columns * size, dtype=dtype)
    thresholds = np.float32(lower), np.float32(upper)
    _scan(
        coefficients.contiguous().view(images * channels, rows, columns, frequencies).numpy(),
        basis.view(frequencies, size, size).repeat(1, 1, columns).numpy(),
        np.asarray(schedule, dtype=np.int64),
        thresholds,
        thresholds if resets else (np.float32(0), np.float32(0)),
        bits(torch.tensor([-1.0, 1.0], dtype=dtype)),
        bits(out.view(len(schedule), images * channels, rows, size * columns * size)),
    )
    return out


def integrate_and_fire_reference(
    coefficients: Tensor,
    basis: Tensor,
    schedule: tuple[int, ...],
    lower: float,
    upper: float,
    resets: bool = True,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """`integrate_and_fire` in plain torch, for any device."""
    size = round(basis.shape[1] ** 0.5)
    membrane = torch.zeros_like(coefficients[..., :1] * basis[0])
    spikes = []
    for index in schedule:
        membrane = membrane + coefficients[..., index, None] * basis[index]
        spike = (membrane > upper).to(membrane.dtype) - (membrane < lower).to(membrane.dtype)
        if resets:
            membrane = membrane - torch.where(spike > 0, upper, 0.0) - torch.where(spike < 0, lower, 0.0)
        spikes.append(lay_out(spike.view(*spike.shape[:-1], size, size)).to(dtype))
    return torch.stack(spikes)


@compiled
def _scan(
    coefficients: Floats,
    basis: Floats,
    schedule: NDArray[np.int64],
    thresholds: tuple[np.float32, np.float32],
    taken: tuple[np.float32, np.float32],
    signs: NDArray[Any],
    out: NDArray[Any],
) -> None:
    # One row of blocks after another, its pixels together as in `out`; `basis` `[K, b, columns·b]` is laid out alike.
    maps, rows, columns, frequencies = coefficients.shape
    size, width = basis.shape[1:]
    pixels = size * width
    zero, none = np.float32(0), signs.dtype.type(0)
    for place in numba.prange(maps):
        lower, upper = thresholds
        taken_below, taken_above = taken
        minus, plus = signs[0], signs[1]
        membrane, wide = np.empty(pixels, np.float32), np.empty(width, np.float32)
        drives, ready = np.empty((frequencies, pixels), np.float32), np.empty(frequencies, np.bool_)
        for row in range(rows):
            membrane[:] = zero
            ready[:] = False
            for t in range(len(schedule)):
                index = schedule[t]
                drive, spikes = drives[index], out[t, place, row]
                if not ready[index]:
                    ready[index] = True
                    for column in range(columns):
                        for x in range(size):
                            wide[column * size + x] = coefficients[place, row, column, index]
                    for y in range(size):
                        line, shape = drive[y * width : (y + 1) * width], basis[index, y]
                        for x in range(width):
                            line[x] = wide[x] * shape[x]
                for p in range(pixels):
                    v = membrane[p] + drive[p]
                    up, down = v > upper, v < lower
                    spikes[p] = plus if up else (minus if down else none)
                    membrane[p] = v - (taken_above if up else zero) - (taken_below if down else zero)


def percentile(values: NDArray[np.float32], percent: float) -> float:
    """`np.percentile(values, percent)` of a non-empty array: linear between the two values around the place.

    NumPy's partition is vectorised for one place and not for several, which `np.percentile` asks for.
    """
    place = percent / 100 * (values.size - 1)
    below = int(place)
    parted: Any = np.partition(values, below, axis=None)
    low = parted[below]
    high = parted[below + 1 :].min() if below + 1 < values.size else low
    # As NumPy's lerp does it: from the nearer end, the difference in fp32.
    part = place - below
    return float(high - np.float64(high - low) * (1 - part) if part >= 0.5 else low + np.float64(high - low) * part)


# Checks of parameters, and of images that blocks must cover. Nothing here decides a number.

# The transform's matrix has block_size⁴ entries.
LARGEST_BLOCK = 32


def check_parameters(encoder: Dct) -> None:  # decides no number
    """Raise EncoderError for the first parameter that is out of range; schedules check their own."""
    whole_number("block_size", encoder.block_size, 2, LARGEST_BLOCK)
    try:
        whole_number("stride", encoder.stride, 1, encoder.block_size)
    except EncoderError as error:
        raise EncoderError(f"{error} (block_size is {encoder.block_size})") from None
    if encoder.frequencies is not None:
        whole_number("frequencies", encoder.frequencies, 1, encoder.block_size**2)
    _one_of("colour", encoder.colour, COLOURS)
    _one_of("threshold_scope", encoder.threshold_scope, ("dataset", "batch"))
    _one_of("order", encoder.order, ("zigzag", "energy"))
    _one_of("reset", encoder.reset, ("subtract", "none"))
    _one_of("frames", encoder.frames, ("code", "rgb"))
    _one_of("signal", encoder.signal, ("x", "p"))
    if not 0 <= encoder.lower_percentile < encoder.upper_percentile <= 100:
        given = f"{encoder.lower_percentile} and {encoder.upper_percentile}"
        raise EncoderError(f"percentiles must satisfy 0 ≤ lower < upper ≤ 100, not {given}")
    _check_fitted(encoder)


def check_fit(encoder: Dct, images: Tensor) -> None:  # decides no number
    """Raise EncoderError unless whole blocks cover images `[N, C, H, W]`."""
    height, width = images.shape[-2:]
    size, stride = encoder.block_size, encoder.stride
    for length in (height, width):
        if length < size or (length - size) % stride:
            raise EncoderError(f"blocks of {size} at stride {stride} do not fit a {height}×{width} image")


def _check_fitted(encoder: "Dct") -> None:
    if encoder.thresholds is not None and not _straddle(encoder.thresholds):
        raise EncoderError(f"thresholds must be (θ⁻, θ⁺), finite and θ⁻ < 0 < θ⁺, not {encoder.thresholds!r}")
    if encoder.ranking is not None and sorted(encoder.ranking) != list(range(encoder.block_size**2)):
        raise EncoderError(f"ranking must hold each frequency 0 to {encoder.block_size**2 - 1} once")


def _straddle(thresholds: Any) -> bool:
    if not isinstance(thresholds, tuple | list) or len(thresholds) != 2:
        return False
    lower, upper = thresholds
    return bool(-math.inf < lower < 0 < upper < math.inf)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        *first, last = (f"'{word}'" for word in allowed)
        raise EncoderError(f"{name} must be {', '.join(first)} or {last}, not '{value}'")
