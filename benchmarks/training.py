"""What do batched experts and batches of whole days save in training?

`experts`: seconds of a training step (forward, backward, optimiser) of the two-level network, an
expert per stock, with all experts as one batched computation, and with the story's loop over one
`nn.LSTM` a stock. `iterator`: windows a second that our iterator lays into batches, and that a
stock `DataLoader` of torch collates sample by sample from the same array. `compiled`: the same
step of some networks as it is written and through `torch.compile`, on the GPU where there is one.

One JSON line each; medians of alternating pairs in one process and one thread, and their ratio.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from stockcast.determinism import settle_torch
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.days import DayBatches, Days
from stockcast.models.networks.losses import StudentLoss
from stockcast.samples.windows import Windows

DAYS, LENGTH, FEATURES, WIDTH = 8, 60, 24, 16
PAIRS = 5
STOCKS, SPAN = 300, 96  # of the iterator's benchmark


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


class Samples(Dataset):
    """One window, its stock and its target at a time, as tutorials feed a DataLoader."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.places = [(stock, day) for day in days.days for stock in days.stocks_of(day)]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> tuple[Tensor, int, float]:
        stock, day = self.places[index]
        window = self.days.windows.values[stock, day + 1 - LENGTH : day + 1]
        return torch.from_numpy(window), int(stock) + 1, float(self.days.target[stock, day])


def alternating(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of each, in pairs, after one unmeasured call."""
    taken = []
    for run in (one, other) * (PAIRS + 1):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[2::2]), statistics.median(taken[3::2])


def stepper(stocks: int, looped: bool) -> Callable[[], None]:
    """One training step of the two-level network, an expert per stock."""
    module = Architecture(FEATURES, stocks, WIDTH, experts="own").build()
    if looped:
        module.experts = Loop(stocks)
    return stepping(module, stocks)


def stepping(module: nn.Module, stocks: int, device: str = "cpu") -> Callable[[], None]:
    """One training step of a network: forward, backward, optimiser."""
    module.to(device)
    optimiser = torch.optim.AdamW(module.parameters())
    inputs = {
        "x": torch.randn(DAYS, stocks, LENGTH, FEATURES, device=device),
        "stock": torch.arange(1, stocks + 1, device=device).expand(DAYS, stocks),
        "present": torch.ones(DAYS, stocks, dtype=torch.bool, device=device),
    }
    target, loss = torch.randn(DAYS, stocks, device=device), StudentLoss()

    def step() -> None:
        optimiser.zero_grad()
        loss(module(**inputs), target).backward()
        optimiser.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return step


def compiled() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for kind in ("two_level", "mlp", "cnn", "transformer"):
        written, through = (Architecture(FEATURES, STOCKS, WIDTH, kind=kind).build() for _ in "ab")
        through.compile(backend="inductor")
        step = stepping(through, STOCKS, device)
        began = time.perf_counter()
        step()
        once = time.perf_counter() - began
        plain, fast = alternating(stepping(written, STOCKS, device), step)
        line = {
            "benchmark": "training.compiled",
            "model": kind,
            "device": device,
            "written_s": round(plain, 4),
            "compiled_s": round(fast, 4),
            "written_over_compiled": round(plain / fast, 2),
            "compiling_s": round(once - fast, 1),
        }
        print(json.dumps(line), flush=True)


def experts() -> None:
    for stocks in (5, 50, 300):
        ours, theirs = alternating(stepper(stocks, False), stepper(stocks, True))
        line = {
            "benchmark": "training.experts",
            "stocks": stocks,
            "batched_s": round(ours, 4),
            "loop_s": round(theirs, 4),
            "loop_over_batched": round(theirs / ours, 2),
        }
        print(json.dumps(line), flush=True)


def iterator() -> None:
    rng = np.random.default_rng(0)
    shape = STOCKS, LENGTH + SPAN
    seen = np.ones(shape, bool)
    seen[:, : LENGTH - 1] = False
    windows = Windows(
        rng.standard_normal((*shape, FEATURES), dtype=np.float32),
        seen,
        pd.bdate_range("2014-01-01", periods=shape[1]),
        tuple(f"{600000 + number}.SH" for number in range(STOCKS)),
        LENGTH,
    )
    target = rng.standard_normal(shape)
    days = Days(windows, np.arange(LENGTH, sum(shape[1:])), seen, np.arange(1, STOCKS + 1), target)
    stock = DataLoader(Samples(days), batch_size=DAYS * STOCKS, shuffle=True)
    ours, theirs = alternating(
        lambda: list(map(len, DayBatches(days, DAYS, shuffle=True))), lambda: list(map(len, stock))
    )
    count = len(days) * STOCKS
    line = {
        "benchmark": "training.iterator",
        "windows": count,
        "ours_per_s": round(count / ours),
        "dataloader_per_s": round(count / theirs),
        "ours_over_dataloader": round(theirs / ours, 1),
    }
    print(json.dumps(line))


def main() -> None:
    settle_torch(0)
    experts()
    iterator()
    compiled()


if __name__ == "__main__":
    main()
