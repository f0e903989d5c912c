"""Causal dilated convolutions, computed only where the last day needs them.

With kernels of K days dilated 1, K, K², ... the last day's output of layer l depends on every
K^l-th output of the layer before, counted back from the last day, and on no other. Layer by layer
these are K times fewer: the whole network costs about one layer's products instead of one for
every layer, and equals `torch.nn.Conv1d` over all days to rounding.

Oord et al. (2016), "WaveNet", arXiv:1609.03499; Bai, Kolter and Koltun (2018), "An empirical
evaluation of generic convolutional and recurrent networks for sequence modeling", arXiv:1803.01271.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.per_stock import PerStock

KERNEL = 4
"""Days a convolution reads. Three layers reach back 64 days, four 256."""


class CausalLayer(nn.Module):
    """One dilated convolution with a residual, at the places that are needed.

    Parameters
    ----------
    inputs, outputs
        Channels. With as many of both the newest input is added to the output.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(KERNEL * inputs, outputs)
        self.residual = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, ceil(P / K), outputs) of places (N, P, inputs), the last of them the last day.

        Places before the first are zero, as a causal convolution pads.
        """
        missing = -x.shape[1] % KERNEL
        groups = functional.pad(x, (0, 0, missing, 0)).unflatten(1, (-1, KERNEL))
        out = functional.gelu(self.weigh(groups.flatten(2)))
        return out + groups[:, :, -1] if self.residual else out


class CNN(PerStock):
    """Dilated convolutions; what the last day's output holds, beside that day itself.

    The window's older days lie out of reach where it is longer than `KERNEL ** depth`.
    """

    def __init__(self, architecture: Architecture) -> None:
        a = architecture
        super().__init__(a, a.width + a.features)
        channels = [a.features] + [a.width] * a.depth
        self.layers = nn.ModuleList(
            CausalLayer(into, out) for into, out in itertools.pairwise(channels)
        )

    def read(self, x: Tensor) -> Tensor:
        """The last layer's newest place and the last day's inputs, (N, H + F)."""
        places = x[:, -(KERNEL ** len(self.layers)) :]
        for layer in self.layers:
            places = layer(places)
        return torch.cat([places[:, -1], x[:, -1]], dim=1)
