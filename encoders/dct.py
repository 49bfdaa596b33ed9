"""DCT-SNN's code (ICCV 2021): an image's block-DCT frequencies, one a timestep, as signed spikes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import torch
from torch import Generator, Tensor

from encoders import dct_parameters, schedules
from encoders.admission import admit, admit_images
from encoders.base import EncoderError, EncoderInfo, Operations
from encoders.blocks import basis, by_energy, coefficients, contributions, lay_out, split, spread
from encoders.colours import channels_of, coloured
from encoders.integrate import Neuron, integrate_and_fire
from encoders.percentile import percentile


@dataclass(frozen=True)
class Dct:
    """Block DCT → contributions g_k → schedule → two-sided integrate-and-fire (paper §2, eq. 12, Algorithm 1).

    block_size, stride: b×b blocks taken every `stride` pixels; stride = b tiles the image, a smaller one lays
        overlapping blocks side by side (32×32 with b = 4, stride 2 becomes 60×60).
    schedule, frequencies, indices, weights: see `encoders.schedules.Schedule`.
    order: what a schedule's number k means: "zigzag" (the paper's), or "energy", the k-th most energetic
        frequency of the images given to `calibrate`.
    colour: "rgb" as given, or of three-channel images (full range, centred) "ycbcr", its "luma" Y alone (one
        channel), or its "chroma" Cb and Cr alone (two); "ycbcr-released" has chroma off centre by 128/255, as the
        released code has it (see `encoders.colours`).
    batch_size: the images of a batch, for threshold_scope "batch" (16 in the released code).
    threshold_scope: "dataset" fits θ⁻, θ⁺ once in `calibrate`; "batch" recomputes them on every batch as the
        released code does, which makes an image's code depend on its neighbours.
    reset: "subtract" takes the threshold off the membrane after a spike (Algorithm 1); "none" leaves the membrane
        as it is, an ablation.
    frames: what the ANN is trained on: the "code"'s own colours, or "rgb" in its place, as in the released code.
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
    colour: Literal["rgb", "ycbcr", "ycbcr-released", "luma", "chroma"] = "rgb"
    threshold_scope: Literal["dataset", "batch"] = "dataset"
    batch_size: int = 16
    lower_percentile: float = 6.5
    upper_percentile: float = 93.5
    thresholds: tuple[float, float] | None = None
    ranking: tuple[int, ...] | None = None
    reset: Literal["subtract", "none"] = "subtract"
    frames: Literal["code", "rgb"] = "code"

    def __post_init__(self) -> None:
        dct_parameters.check(self)
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
            group=1 if self.threshold_scope == "dataset" else self.batch_size,
            resolution=0.1 if self._decodable() else None,
        )

    def numbers_at(self, timesteps: int) -> tuple[int, ...]:
        """The schedule's number at each of `timesteps` steps. Raises EncoderError where they do not fit."""
        schedule = schedules.Schedule(self.schedule, self.frequencies, self.indices, self.weights)
        return schedules.build(schedule, timesteps, self.block_size**2)

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
        """Images in the code's colours or RGB (`frames`), their blocks side by side: the sum of all contributions."""
        converted = self._prepared(images)
        given = images if self.frames == "rgb" else converted
        if self.stride == self.block_size:
            return given
        return lay_out(split(given, self.block_size, self.stride))

    def contributions(self, images: Tensor) -> Tensor:
        """`[N, C, rows, columns, K, b·b]`: what each frequency adds to each block of images in [-1, 1]."""
        return contributions(self._prepared(images), self.block_size, self.stride)

    def encode(
        self,
        images: Tensor,
        timesteps: int,
        generator: Generator,  # noqa: ARG002
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Ternary spike train `[T, N, C, H', W']` of images `[N, C, H, W]` in [-1, 1].

        Raises EncoderError before `calibrate` (data-set thresholds), or where T does not fit the schedule.
        """
        admit(images, timesteps, ids)
        indices = self.indices_at(timesteps)
        frequencies = coefficients(self._prepared(images, admitted=True), self.block_size, self.stride)
        shapes = basis(self.block_size).to(images.device, non_blocking=True)
        groups = torch.split(frequencies, self.batch_size) if self.threshold_scope == "batch" else (frequencies,)
        trains = [integrate_and_fire(group, shapes, indices, self._neuron(group), dtype) for group in groups]
        return trains[0] if len(trains) == 1 else torch.cat(trains, dim=1)

    def _neuron(self, frequencies: Tensor) -> Neuron:
        batch = self.threshold_scope == "batch"
        thresholds = self._percentiles(spread(frequencies, self.block_size)) if batch else self._fitted()
        return Neuron(*thresholds, resets=self.reset == "subtract")

    def decode(self, train: Tensor) -> Tensor:
        """The frame, as far as it was sent: each spike counts as its threshold, divided by the number of cycles."""
        lower, upper = self._fitted()
        sent = torch.where(train > 0, upper, 0.0).sum(dim=0) + torch.where(train < 0, lower, 0.0).sum(dim=0)
        return sent * (self._cycle() / len(train))

    def state(self) -> Mapping[str, Any]:
        """The fitted thresholds, and the ranking by energy where there is one."""
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
        blocks = float(channels_of(self.colour, channels) * count[0] * count[1])
        return Operations(macs=blocks * (2 * size**3 + size**4), additions=blocks * timesteps * size**2)

    def _cycle(self) -> int:
        if self.weights is not None:
            return sum(self.weights)
        if self.schedule in ("intermittent", "explicit"):
            return len(self.indices or schedules.PAPER_INTERMITTENT)
        return self.frequencies or self.block_size**2

    def _decodable(self) -> bool:
        # Every frequency is fed, as often as every other one, and what is sent leaves the membrane.
        everything = self.schedule in ("cyclic", "truncated", "interleaved") and self._cycle() == self.block_size**2
        own_frame = self.frames == "code" or self.colour == "rgb"
        return everything and own_frame and self.reset == "subtract" and self.threshold_scope == "dataset"

    def _fitted(self) -> tuple[float, float]:
        if self.thresholds is None:
            raise EncoderError("the DCT encoder has no thresholds yet: call calibrate(training_images) first")
        return self.thresholds

    def _prepared(self, images: Tensor, admitted: bool = False) -> Tensor:
        # Checked, and converted to the code's colours.
        if not admitted:
            admit_images(images)
        dct_parameters.check_fit(self, images)
        return coloured(images, self.colour)

    def _percentiles(self, drive: Tensor) -> tuple[float, float]:
        values = drive.detach().cpu().numpy()
        lower, upper = percentile(values, self.lower_percentile), percentile(values, self.upper_percentile)
        if not lower < 0 < upper:
            raise EncoderError(
                f"thresholds θ⁻ = {lower:.3g}, θ⁺ = {upper:.3g} do not straddle zero: "
                "the images have too little contrast for these percentiles"
            )
        return lower, upper
