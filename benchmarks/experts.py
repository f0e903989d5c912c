"""How much faster are batched experts than the story's loop over stocks?

One JSON line per number of stocks: seconds for a forward and backward pass of a batch, median of
alternating pairs in one process and one thread, and their ratio.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from stockcast.determinism import settle_torch
from stockcast.models.two_level import OwnExperts

DAYS, LENGTH, FEATURES, WIDTH = 8, 60, 40, 16
PAIRS = 7


class Loop(nn.Module):
    """The story's way: one `nn.LSTM` per stock, called in turn."""

    def __init__(self, stocks: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(
            nn.LSTM(FEATURES, WIDTH, batch_first=True) for _ in range(stocks)
        )

    def forward(self, x: Tensor, _: Tensor) -> Tensor:
        """(days, stocks, length, width) from (days, stocks, length, features)."""
        return torch.stack([expert(x[:, s])[0] for s, expert in enumerate(self.experts)], dim=1)


def seconds(experts: Callable[[Tensor, Tensor], Tensor], x: Tensor, stock: Tensor) -> float:
    began = time.perf_counter()
    experts(x, stock).square().sum().backward()
    return time.perf_counter() - began


def main() -> None:
    settle_torch(0)
    for stocks in (5, 20, 100):
        x = torch.randn(DAYS, stocks, LENGTH, FEATURES)
        stock = torch.arange(1, stocks + 1).expand(DAYS, stocks)
        batched, loop = OwnExperts(stocks, FEATURES, WIDTH), Loop(stocks)
        for module in (batched, loop):
            seconds(module, x, stock)
        pairs = [(seconds(batched, x, stock), seconds(loop, x, stock)) for _ in range(PAIRS)]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        line = {
            "benchmark": "experts",
            "stocks": stocks,
            "batched_s": round(ours, 4),
            "loop_s": round(theirs, 4),
            "loop_over_batched": round(theirs / ours, 2),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
