"""A Transformer encoder over the weeks of a window.

A token is a week of five days, not a day: attention costs the square of the number of tokens, and
a fifth of them take a small part of the time (Nie et al. (2023), "A time series is worth 64
words", arXiv:2211.14730). Blocks normalise before each part (Xiong et al. (2020), "On layer
normalization in the Transformer architecture", arXiv:2002.04745), which trains without a warm-up.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.errors import InputError
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.per_stock import PerStock

WEEK = 5
HEADS = 2


def positions(tokens: int, width: int, like: Tensor) -> Tensor:
    """Sines and cosines (tokens, width) of the distance to the last token.

    Vaswani et al. (2017), "Attention is all you need", arXiv:1706.03762; counted back from the
    last token, so that a longer window leaves the newest weeks' positions as they are.
    """
    back = torch.arange(tokens - 1, -1, -1, device=like.device, dtype=like.dtype)[:, None]
    rate = torch.arange(0, width, 2, device=like.device, dtype=like.dtype)
    angle = back * torch.exp(rate * (-math.log(10_000.0) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


class Block(nn.Module):
    """Attention between tokens and a dense layer for each, both added to what came in."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ask = nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (N, P, H), each having looked at all others of its window."""
        query, key, value = (
            part.unflatten(2, (HEADS, -1)).transpose(1, 2)
            for part in self.ask(self.before(x)).chunk(3, dim=-1)
        )
        heard = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.dropout(self.answer(heard.transpose(1, 2).flatten(2)))
        dense = self.narrow(functional.gelu(self.widen(self.between(x))))
        return x + self.dropout(dense)


class Transformer(PerStock):
    """Blocks over whole weeks; the newest week's token is what was read, beside the last day.

    Days that fill no whole week are dropped at the window's old end.
    """

    def __init__(self, architecture: Architecture) -> None:
        a = architecture
        if a.width % (2 * HEADS):
            raise InputError("width", f"must be a multiple of {2 * HEADS}", a.width)
        super().__init__(a, a.width + a.features)
        self.embed = nn.Linear(WEEK * a.features, a.width)
        self.blocks = nn.ModuleList(Block(a.width, a.dropout) for _ in range(a.depth))
        self.norm = nn.LayerNorm(a.width)

    def read(self, x: Tensor) -> Tensor:
        """The newest week's token and the last day's inputs, (N, H + F)."""
        if x.shape[1] < WEEK:
            raise InputError("lookback", f"must be at least {WEEK} days", x.shape[1])
        weeks = x[:, x.shape[1] % WEEK :].unflatten(1, (-1, WEEK)).flatten(2)
        tokens = self.embed(weeks)
        tokens = tokens + positions(tokens.shape[1], tokens.shape[2], tokens)
        for block in self.blocks:
            tokens = block(tokens)
        return torch.cat([self.norm(tokens[:, -1]), x[:, -1]], dim=1)
