"""DCT-SNN's code (ICCV 2021): an image's block-DCT frequencies, one a timestep, as signed spikes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import torch
from torch import Generator, Tensor

from encoders import schedules
from encoders.base import EncoderError, EncoderInfo
from encoders.blocks import basis, by_energy, coefficients, contributions, lay_out, split, spread
from encoders.integrate import fire
from encoders.percentile import percentile


@dataclass(frozen=True)
class Dct:
    """Block DCT → contributions g_k → schedule → two-sided integrate-and-fire (paper §2, eq. 12, Algorithm 1).

    block_size, stride: b×b blocks taken every `stride` pixels; stride = b tiles the image, a smaller one lays
        overlapping blocks side by side (32×32 with b = 4, stride 2 becomes 60×60).
    schedule, frequencies, indices, weights: see `encoders.schedules.build`.
    order: what a schedule's number k means: "zigzag" (the paper's), or "energy", the k-th most energetic
        frequency of the images given to `calibrate`.
    colour: "rgb" as given, or of three-channel images (full range, centred) "ycbcr", its "luma" Y alone (one
        channel), or its "chroma" Cb and Cr alone (two).
    threshold_scope: "dataset" fits θ⁻, θ⁺ once in `calibrate`; "batch" recomputes them on every batch as the
        released code does, which makes an image's code depend on its neighbours.
    lower_percentile, upper_percentile: where θ⁻ and θ⁺ stand among all contributions.
    thresholds: (θ⁻, θ⁺), set by `calibrate`.
    ranking: zig-zag numbers by falling energy, set by `calibrate` where order is "energy".
    """

    block_size: int = 4
    stride: int = 4
    schedule: str = "cyclic"
    frequencies: int | None = None
    indices: tuple[int, ...] | None = None
    weights: tuple[int, ...] | None = None
    order: Literal["zigzag", "energy"] = "zigzag"
    colour: Literal["rgb", "ycbcr", "luma", "chroma"] = "rgb"
    threshold_scope: Literal["dataset", "batch"] = "dataset"
    lower_percentile: float = 6.5
    upper_percentile: float = 93.5
    thresholds: tuple[float, float] | None = None
    ranking: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.block_size < 2:
            raise EncoderError(f"block_size must be at least 2, not {self.block_size}")
        if not 1 <= self.stride <= self.block_size:
            raise EncoderError(f"stride must be 1 to the block size ({self.block_size}), not {self.stride}")
        if self.colour != "rgb" and self.colour not in _COLOURS:
            raise EncoderError(f"colour must be 'rgb', 'ycbcr', 'luma' or 'chroma', not '{self.colour}'")
        if self.threshold_scope not in ("dataset", "batch"):
            raise EncoderError(f"threshold_scope must be 'dataset' or 'batch', not '{self.threshold_scope}'")
        if not 0 <= self.lower_percentile < self.upper_percentile <= 100:
            raise EncoderError("percentiles must satisfy 0 ≤ lower < upper ≤ 100")
        if self.order not in ("zigzag", "energy"):
            raise EncoderError(f"order must be 'zigzag' or 'energy', not '{self.order}'")
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
        )

    def numbers_at(self, timesteps: int) -> tuple[int, ...]:
        """The schedule's number at each of `timesteps` steps. Raises EncoderError where they do not fit."""
        return schedules.build(
            self.schedule,
            timesteps,
            total=self.block_size**2,
            frequencies=self.frequencies,
            indices=self.indices,
            weights=self.weights,
        )

    def indices_at(self, timesteps: int) -> tuple[int, ...]:
        """The frequency (zig-zag number) fed at each of `timesteps` steps.

        Raises EncoderError where they do not fit the schedule, or before `calibrate` where energy orders them.
        """
        numbers = self.numbers_at(timesteps)
        if self.order == "zigzag":
            return numbers
        if self.ranking is None:
            raise EncoderError("the DCT encoder has no energy ranking yet: call calibrate(training_images) first")
        return tuple(self.ranking[number] for number in numbers)

    def calibrate(self, images: Tensor, generator: Generator) -> Self:  # noqa: ARG002
        """Fit θ⁻, θ⁺ (percentiles of all contributions of the training images `[N, C, H, W]`) and the ranking.

        Each only where it is used: batch thresholds and zig-zag order leave nothing to fit.
        """
        drive = self.contributions(images)
        fitted = self
        if self.threshold_scope == "dataset":
            fitted = replace(fitted, thresholds=self._percentiles(drive))
        return replace(fitted, ranking=by_energy(drive)) if self.order == "energy" else fitted

    def frame(self, images: Tensor) -> Tensor:
        """Colour-converted images with their blocks side by side: the sum of all contributions."""
        self._check_fit(images)
        coloured = self._coloured(images)
        if self.stride == self.block_size:
            return coloured
        return lay_out(split(coloured, self.block_size, self.stride))

    def contributions(self, images: Tensor) -> Tensor:
        """`[N, C, rows, columns, K, b·b]`: what each frequency adds to each block of images in [-1, 1]."""
        self._check_fit(images)
        return contributions(self._coloured(images), self.block_size, self.stride)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Ternary spike train `[T, N, C, H', W']` of images `[N, C, H, W]` in [-1, 1].

        Raises EncoderError before `calibrate` (data-set thresholds), or where T does not fit the schedule.
        """
        indices = self.indices_at(timesteps)
        self._check_fit(images)
        coloured = self._coloured(images)
        batch = self.threshold_scope == "batch"
        frequencies = coefficients(coloured, self.block_size, self.stride)
        thresholds = self._percentiles(spread(frequencies, self.block_size)) if batch else self.thresholds
        if thresholds is None:
            raise EncoderError("the DCT encoder has no thresholds yet: call calibrate(training_images) first")
        return fire(frequencies, basis(self.block_size).to(images.device), indices, *thresholds)

    def state(self) -> Mapping[str, Any]:
        """The fitted thresholds, and the ranking by energy where there is one."""
        fitted = {"thresholds": self.thresholds, "ranking": self.ranking}
        return {name: list(values) for name, values in fitted.items() if values is not None}

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """A separable b×b DCT (2b³ multiply-adds a block), one product for each g, one addition a step."""
        channels, height, width = shape
        channels = channels if self.colour == "rgb" else len(_COLOURS[self.colour])
        size = self.block_size
        count = (height - size) // self.stride + 1, (width - size) // self.stride + 1
        blocks = channels * count[0] * count[1]
        return float(blocks * (2 * size**3 + size**4 + timesteps * size**2))

    def _cycle(self) -> int:
        if self.weights is not None:
            return sum(self.weights)
        if self.schedule in ("intermittent", "explicit"):
            return len(self.indices or schedules.PAPER_INTERMITTENT)
        return self.frequencies or self.block_size**2

    def _check_fit(self, images: Tensor) -> None:
        height, width = images.shape[-2:]
        for length in (height, width):
            if length < self.block_size or (length - self.block_size) % self.stride:
                raise EncoderError(
                    f"blocks of {self.block_size} at stride {self.stride} do not fit a {height}×{width} image"
                )

    def _percentiles(self, drive: Tensor) -> tuple[float, float]:
        values = drive.detach().cpu().numpy()
        lower, upper = percentile(values, self.lower_percentile), percentile(values, self.upper_percentile)
        if not lower < 0 < upper:
            raise EncoderError(
                f"thresholds θ⁻ = {lower:.3g}, θ⁺ = {upper:.3g} do not straddle zero: "
                "the images have too little contrast for these percentiles"
            )
        return lower, upper

    def _coloured(self, images: Tensor) -> Tensor:
        if self.colour == "rgb":
            return images
        if images.shape[1] != 3:
            raise EncoderError(f"colour '{self.colour}' needs 3 channels, the images have {images.shape[1]}")
        return torch.einsum("oc,nchw->nohw", _COLOURS[self.colour].to(images.device), images)


# JPEG's full-range YCbCr; on [-1, 1] input the offsets vanish and every channel stays in [-1, 1].
_YCBCR = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_COLOURS = {"ycbcr": _YCBCR, "luma": _YCBCR[:1], "chroma": _YCBCR[1:]}
