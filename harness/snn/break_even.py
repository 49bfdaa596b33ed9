"""Below which activity of its inputs a convolution of spikes is faster by its events alone, for a family of processors.

Measured by `python -m bench products` as training runs it: the product forward and the weight's gradient. A choice of
products decides roundings, so it is made by this table and never by a clock.
"""

import torch

from harness.machine.environment import machine
from harness.snn.network import Stage

CPU = torch.device("cpu")
FEWEST_CHANNELS = 64  # with fewer, a row of weights is too short for the processor's vectors
# The fraction of inputs that are events at which both take the same time, by the fastest instructions of a processor.
BREAK_EVEN = {
    ("avx512_bf16", torch.bfloat16): 0.02,
}
FAMILIES = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")


def events_pay(stage: Stage, activity: float, dtype: torch.dtype) -> bool:
    """Whether a layer with this fraction of inputs that are not zero is to skip the others, on this processor."""
    family = next((name for name in FAMILIES if name in machine(CPU).instructions), "")
    fits = stage.convolution and stage.inputs[0] >= FEWEST_CHANNELS
    return fits and activity < BREAK_EVEN.get((family, dtype), 0.0)
