"""A panel of random walks with suspensions, limits and an adjustment, for tests."""

from __future__ import annotations

import numpy as np
import pandas as pd

LIMIT = 0.10


def panel_of(days: int = 400, stocks: int = 40, seed: int = 0) -> pd.DataFrame:
    """One row a day and stock, sorted by date and code; the last stock is no member."""
    rng = np.random.default_rng(seed)
    shape = days, stocks
    suspended = rng.random(shape) < 0.04
    moved = 0.008 * rng.standard_normal((days, 1)) + 0.02 * rng.standard_t(5, shape)
    moved = np.where(suspended, 0.0, np.clip(np.expm1(moved), -LIMIT, LIMIT))
    close = 10 * np.cumprod(1 + moved, axis=0)
    before = close / (1 + moved)
    wider = np.where(suspended, 0.0, 0.01 * rng.random((2, *shape)))
    floor, top = before * (1 - LIMIT), before * (1 + LIMIT)
    volume = np.where(suspended, 0.0, 1e6 * np.exp(0.3 * rng.standard_normal(shape)))
    halved = (np.arange(days) >= days // 3)[:, None]  # a split of the first stock
    factor = np.where(halved & (np.arange(stocks) == 0), 2.0, 1.0)
    tables = {
        "open": before / factor,
        "high": np.minimum(np.maximum(close, before) * (1 + wider[0]), top) / factor,
        "low": np.maximum(np.minimum(close, before) * (1 - wider[1]), floor) / factor,
        "close": close / factor,
        "pre_close": before / factor,
        "limit_up": top / factor,
        "limit_down": floor / factor,
        "adj_factor": factor,
        "volume": volume * factor,
        "amount": volume * close,
    }
    dates = pd.bdate_range("2013-01-02", periods=days, unit="us")
    codes = [f"{number:06d}.SZ" for number in range(1, stocks + 1)]
    keys = pd.MultiIndex.from_product([dates, codes], names=["date", "code"])
    panel = keys.to_frame(index=False).assign(**{n: v.ravel() for n, v in tables.items()})
    return panel.assign(suspended=suspended.ravel(), in_universe=panel["code"] != codes[-1])
