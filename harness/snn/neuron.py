"""The leaky integrate-and-fire neuron (paper eq. 2, 3, 11; Algorithm 1): one readable definition over time.

In every reading a timestep is   u ← c + I;   s ← 1 if u > θ else 0;   c ← what is carried to the next step:

    equation, released-code   c = λ·u − θ·s                        (eq. 2: the membrane always leaks)
    algorithm                 c = u − θ if s else λ·u               (Algorithm 1: it leaks only without a spike)

The synchronous clock hands s on at the same timestep. The layer-delay clock hands on the spike of the previous
membrane, one step late a layer; the released code does so whatever the clock. The reset is not differentiated.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from harness.config import NeuronSpec


class State(NamedTuple):
    """What a layer carries from one stretch of time to the next: carry c `[M]` and last spike `[M]`, fp32."""

    carry: Tensor
    spike: Tensor


def rest(like: Tensor) -> State:
    """The state before the first timestep, for currents like `like` `[T, M]`."""
    zeros = torch.zeros(like.shape[1:], dtype=torch.float32, device=like.device)
    return State(zeros, zeros)


def is_late(spec: NeuronSpec) -> bool:
    """Whether a layer's spikes reach the next layer one timestep late."""
    return spec.clock == "layer-delay" or spec.reading == "released-code"


def lif_reference(
    current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor | None = None, state: State | None = None
) -> tuple[Tensor, State]:
    """Spikes `[T, M]` of input currents `[T, M]`, and the state after the last step, by plain autograd.

    `gain` `[M]` multiplies every spike handed on: a dropout mask that is constant over time.
    """
    carry, previous = state or rest(current)
    handed_on = []
    for now in current.to(_computation(current)):
        membrane = carry + now
        spike = _Spike.apply(membrane, threshold, spec.surrogate_height)  # type: ignore[no-untyped-call]
        fired = spike.detach()
        if spec.reading == "algorithm":
            carry = torch.where(fired > 0, membrane - threshold, spec.leak * membrane)
        else:
            carry = spec.leak * membrane - threshold * fired
        handed_on.append(previous if is_late(spec) else spike)
        previous = spike
    spikes = torch.stack(handed_on)
    if gain is not None:
        spikes = spikes * gain.to(spikes.dtype)
    return spikes.to(current.dtype), State(carry.detach(), previous.detach())


def _computation(current: Tensor) -> torch.dtype:
    return torch.float64 if current.dtype == torch.float64 else torch.float32


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
