"""The leaky integrate-and-fire neuron (paper eq. 2, 3, 11; Algorithm 1): one readable definition over time.

In every reading a timestep is   u ← c + I;   s ← 1 if u > θ else 0;   c ← what remains for the next step:

    equation, released-code   c = λ·u − θ·s                        (eq. 2: the membrane always leaks)
    algorithm                 c = u − θ if s else λ·u               (Algorithm 1: it leaks only without a spike)

Without reset (`NeuronSpec.reset` "none") nothing is subtracted: θ is 0 in these two lines.

With the synchronous clock, the next layer receives s at the same timestep. With the layer-delay clock it receives the
spike of the previous timestep; the released code does so whatever the clock. The reset is not differentiated.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from harness.config import NeuronSpec

Kernel = Literal["auto", "numba", "events", "triton", "reference"]


class Neuron(NamedTuple):
    """The neurons of one layer.

    gain: `[M]`, the size of each neuron's spikes (dropout, constant over time); None: 1.
    kernel: the implementation that computes them; `auto` is the fused scan of the device. `events` is that of the CPU,
    and convolutions that skip inputs of zero.
    """

    threshold: float
    spec: NeuronSpec
    gain: Tensor | None = None
    kernel: Kernel = "auto"


def layer_neurons(
    thresholds: Sequence[float],
    spec: NeuronSpec,
    gains: Sequence[Tensor | None] | None = None,
    kernel: Kernel = "auto",
    products: Sequence[str] = (),
) -> list[Neuron]:
    """The neurons of each hidden layer: one entry a threshold; gains: see `Network.masks`.

    products: "dense" or "events" of each layer; where there are none, all are as `kernel` says.
    """
    kernels = ["events" if product == "events" else kernel for product in products] or [kernel] * len(thresholds)
    return [
        Neuron(threshold, spec, gains[index] if gains else None, kernels[index])
        for index, threshold in enumerate(thresholds)
    ]


def reset_of(neuron: Neuron) -> float:
    """What a spike subtracts from the membrane."""
    return 0.0 if neuron.spec.reset == "none" else neuron.threshold


def is_late(spec: NeuronSpec) -> bool:
    """Whether a layer's spikes reach the next layer one timestep late."""
    return spec.clock == "layer-delay" or spec.reading == "released-code"


def spike_sizes(neuron: Neuron, current: Tensor) -> Tensor:
    """The size of each neuron's spikes, `[M]` in the dtype of its `current` `[T, M]`."""
    return current.new_ones(current.shape[1]) if neuron.gain is None else neuron.gain.to(current.dtype)


def surrogate_height(neuron: Neuron) -> float:
    """The height of a spike's surrogate derivative: γ (eq. 11), or γ/θ where the released code is followed."""
    height = neuron.spec.surrogate_height
    return height / neuron.threshold if neuron.spec.surrogate_scale == "released" else height


def lif_reference(current: Tensor, neuron: Neuron) -> Tensor:
    """Spikes `[T, M]` that the next layer receives, for input currents `[T, M]`, from rest.

    Differentiated by plain autograd through the loop over time.
    """
    threshold, reset, spec = neuron.threshold, reset_of(neuron), neuron.spec
    drive = current if current.dtype == torch.float64 else current.float()
    carry = torch.zeros_like(drive[0])
    spikes = []
    for now in drive:
        membrane = carry + now
        spike = _Spike.apply(membrane, threshold, surrogate_height(neuron))  # type: ignore[no-untyped-call]
        fired = spike.detach()
        if spec.reading == "algorithm":
            carry = torch.where(fired > 0, membrane - reset, spec.leak * membrane)
        else:
            carry = spec.leak * membrane - reset * fired
        spikes.append(spike)
    if is_late(spec):
        spikes = [torch.zeros_like(drive[0]), *spikes[:-1]]
    train = torch.stack(spikes).to(current.dtype)
    return train if neuron.gain is None else train * neuron.gain.to(current.dtype)


class _Spike(torch.autograd.Function):
    """1 where u > θ; its derivative is replaced by height·max(0, 1 − |u/θ − 1|) (eq. 11)."""

    @staticmethod
    def forward(ctx: Any, membrane: Tensor, threshold: float, height: float) -> Tensor:
        ctx.save_for_backward(membrane)
        ctx.threshold, ctx.height = threshold, height
        return (membrane > threshold).to(membrane.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (membrane,) = ctx.saved_tensors
        slope = ctx.height * (1 - (membrane / ctx.threshold - 1).abs()).clamp(min=0)
        return grads[0] * slope, None, None
