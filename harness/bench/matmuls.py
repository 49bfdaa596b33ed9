"""The lower bound: the network's convolutions, pooling and linear layers for all timesteps at once, without neurons.

In bf16 the maps are channels last, the layout that oneDNN is fastest in; in fp32 they are as torch makes them.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.bench.workload import Model, Workload, leaves


def model(work: Workload) -> Model:
    """Its forward pass returns the last layer's output, summed over time."""
    weights = leaves(work)

    def forward(train: Tensor) -> Tensor:
        layout = torch.channels_last if train.dtype == torch.bfloat16 else torch.contiguous_format
        x = train.flatten(0, 1)
        for stage, weight in zip(work.stages, weights, strict=True):
            cast = weight.to(x.dtype)
            if stage.convolution:
                x = F.conv2d(x.contiguous(memory_format=layout), cast.contiguous(memory_format=layout), padding=1)
                x = F.avg_pool2d(x, 2) if stage.pool else x
            else:
                x = F.linear(_flat(x, layout), cast)
        return x.view(*train.shape[:2], -1).sum(0, dtype=torch.float32)

    return Model(weights, forward)


def _flat(x: Tensor, layout: torch.memory_format) -> Tensor:
    # Channels-last maps are flattened in the order of memory, so that nothing is copied.
    if x.dim() == 4 and layout == torch.channels_last:
        x = x.permute(0, 2, 3, 1)
    return x.reshape(len(x), -1)
