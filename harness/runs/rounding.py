"""Whether rounding explains that two simulators part: how near to its threshold the first differing neuron was.

A sum of n rounded terms is off by less than 4·√n·u·Σ|terms| but for a negligible probability (Higham and Mary, SIAM J.
Sci. Comput. 41, 2019), where u = 2^−24 in fp32. Two simulators that compute the same equation may part only where the
membrane, computed in float64 from the same inputs and spikes, is that near to its threshold; afterwards they are two
networks.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from harness.records.rechecks import Parting
from harness.runs.activity import Activity, Trace
from harness.snn.kernels.layers import flat, product
from harness.snn.network import Spiking
from harness.snn.neuron import is_late

UNIT, SAFETY = 2.0**-24, 4.0
ROUNDINGS = 8  # of a simulator's own in a timestep
BF16_STEP = 2.0**-8  # a current in bf16 may be rounded to either neighbour


class _Place(NamedTuple):
    """An image of the batch, a timestep from 0, and a hidden layer."""

    image: int
    t: int
    layer: int


class _Sum(NamedTuple):
    """A sum and what rounding may do to it."""

    value: Tensor
    allowed: Tensor


def parting(spiking: Spiking, ours: Trace, theirs: Activity, image: int) -> Parting | None:
    """Where both part first for the image at place `image` of the batch; None where they agree in all that counts.

    The earliest timestep comes first, and within it the first layer: all that its neurons received was the same.
    """
    firsts = []
    for layer, (one, other) in enumerate(zip(ours.activity.spikes, theirs.spikes, strict=True)):
        differing = (one[:, image] != other[:, image]).any(-1).nonzero()
        if len(differing):
            firsts.append((int(differing[0]), layer))
    if firsts:
        return _of_spikes(spiking, ours, theirs, _Place(image, *min(firsts)))
    differing = (ours.activity.classes[:, image] != theirs.classes[:, image]).nonzero()
    return _of_outputs(spiking, ours, theirs, image, int(differing[0])) if len(differing) else None


def _of_spikes(spiking: Spiking, ours: Trace, theirs: Activity, place: _Place) -> Parting:
    image, t, layer = place
    mine = ours.activity.spikes[layer][:, image]
    differing = mine[t] != theirs.spikes[layer][t, image]
    late = int(is_late(spiking.neuron))  # what is received at t was fired a step before
    threshold = spiking.thresholds[layer]
    if late > t:  # nothing can have been received yet: no rounding explains it
        return Parting(image, t + 1, spiking.network.stages[layer].name, threshold, 0.0)
    membrane = _membrane(spiking, ours, layer, image, mine[late:].double()[: t - late + 1])
    margins = (membrane.value - threshold).abs()[differing]
    allowed = membrane.allowed[differing]
    worst = int((margins / allowed).argmax())
    name = spiking.network.stages[layer].name
    return Parting(image, t + 1, name, float(margins[worst]), float(allowed[worst]))


def _membrane(spiking: Spiking, ours: Trace, layer: int, image: int, fired: Tensor) -> _Sum:
    """The membrane of the neurons of a layer after `len(fired)` steps, whose spikes were `fired` `[t, neurons]`."""
    current, sizes = _currents(spiking, ours, layer, image)
    leak, threshold = spiking.neuron.leak, spiking.thresholds[layer]
    value, size, coarse = (torch.zeros_like(current[0]) for _ in range(3))
    spent = torch.zeros_like(value)
    for t in range(len(fired)):
        # In the reading "algorithm" a membrane that has fired does not leak.
        decay = torch.where(spent > 0, 1.0, leak) if spiking.neuron.reading == "algorithm" else leak
        value = decay * value - threshold * spent + current[t]
        size = decay * size + threshold * spent + sizes[t]
        coarse = decay * coarse + current[t].abs()
        spent = fired[t]
    allowed = _bound(_terms(spiking, layer) + ROUNDINGS * len(fired), size + threshold)
    return _Sum(value, allowed + (BF16_STEP * coarse if spiking.dtype == torch.bfloat16 else 0.0))


def _of_outputs(spiking: Spiking, ours: Trace, theirs: Activity, image: int, t: int) -> Parting:
    current, sizes = _currents(spiking, ours, -1, image)
    value, size = current[: t + 1].sum(0), sizes[: t + 1].sum(0)
    one, other = int(ours.activity.classes[t, image]), int(theirs.classes[t, image])
    allowed = _bound(_terms(spiking, -1) + t + 1, size[one] + size[other])
    margin = float((value[one] - value[other]).abs())
    return Parting(image, t + 1, spiking.network.stages[-1].name, margin, float(allowed))


def _currents(spiking: Spiking, ours: Trace, layer: int, image: int) -> tuple[Tensor, Tensor]:
    """What a layer is fed by one image in float64, `[T, neurons]`, and the sum of the terms' absolute values."""
    steps = len(ours.activity.outputs)
    x, weight = ours.inputs[layer], spiking.network.weights[layer].detach().double()
    x = x[image :: len(x) // steps].double()
    x = flat(x) if weight.dim() == 2 else x
    return flat(product(x, weight)), flat(product(x.abs(), weight.abs()))


def _terms(spiking: Spiking, layer: int) -> int:
    return int(spiking.network.weights[layer][0].numel())


def _bound(terms: int, size: Tensor) -> Tensor:
    return size * (SAFETY * UNIT * math.sqrt(terms))
