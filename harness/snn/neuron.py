"""The leaky integrate-and-fire neuron (paper eq. 2, 3, 11; Algorithm 1): one readable definition over time.

In every reading a timestep is   u ← c + I;   s ← 1 if u > θ else 0;   c ← what is carried to the next step:

    equation, released-code   c = λ·u − θ·s                        (eq. 2: the membrane always leaks)
    algorithm                 c = u − θ if s else λ·u               (Algorithm 1: it leaks only without a spike)

The synchronous clock hands s on at the same timestep. The layer-delay clock hands on the spike of the previous
membrane, one step late a layer; the released code does so whatever the clock. The reset is not differentiated.
"""

from typing import Any

import torch
from torch import Tensor

from harness.config import NeuronSpec


def is_late(spec: NeuronSpec) -> bool:
    """Whether a layer's spikes reach the next layer one timestep late."""
    return spec.clock == "layer-delay" or spec.reading == "released-code"


def lif_reference(current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor | None = None) -> Tensor:
    """Spikes `[T, M]` of input currents `[T, M]`, from rest, by plain autograd through the loop over time.

    `gain` `[M]` multiplies every spike handed on: a dropout mask that is constant over time.
    """
    drive = current if current.dtype == torch.float64 else current.float()
    carry = torch.zeros_like(drive[0])
    spikes = []
    for now in drive:
        membrane = carry + now
        spike = _Spike.apply(membrane, threshold, spec.surrogate_height)  # type: ignore[no-untyped-call]
        fired = spike.detach()
        if spec.reading == "algorithm":
            carry = torch.where(fired > 0, membrane - threshold, spec.leak * membrane)
        else:
            carry = spec.leak * membrane - threshold * fired
        spikes.append(spike)
    if is_late(spec):
        spikes = [torch.zeros_like(drive[0]), *spikes[:-1]]
    train = torch.stack(spikes).to(current.dtype)
    return train if gain is None else train * gain.to(current.dtype)


class _Spike(torch.autograd.Function):
    """1 where u > θ; its derivative is replaced by γ·max(0, 1 − |u/θ − 1|) (eq. 11)."""

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
