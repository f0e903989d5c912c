"""Panels for the trading tests: literal ones, and a wild one on which every rule matters."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def wild() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    """Return the maker of wild panels with their dividends."""
    return _wild


@pytest.fixture
def panel_of() -> Callable[..., pd.DataFrame]:
    """Return the maker of literal panels."""
    return _panel_of


def _panel_of(closes: dict[str, list[float]], start: str = "2016-01-04", **columns) -> pd.DataFrame:
    """Panel of weekdays from `start`, one list of closes per stock; NaN is a day without a row.

    A column given as a dict of lists is set stock by stock, any other value for all rows.
    """
    parts = []
    for code, prices in closes.items():
        part = pd.DataFrame({"date": pd.date_range(start, periods=len(prices), freq="B")})
        part = part.assign(code=code, open=prices, close=prices, adj_factor=1.0, board="main")
        part = part.assign(limit_up=np.nan, limit_down=np.nan, suspended=False, as_traded=True)
        for name, values in columns.items():
            if not isinstance(values, dict):
                part[name] = values
            elif code in values:
                part[name] = values[code]
        parts.append(part.dropna(subset=["close"]))
    return pd.concat(parts).sort_values(["date", "code"], ignore_index=True)


def _wild(
    seed: int, days: int = 60, stocks: int = 25, start: str = "2016-01-04"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A panel with limits, suspensions, splits, dividends, late listings and early ends.

    The second table has most of the corporate actions, with yuan and bonus shares.
    """
    rng = np.random.default_rng(seed)
    columns = {name: {} for name in ("limit_up", "limit_down", "suspended", "adj_factor")}
    columns |= {"volume": {}, "amount": {}}
    closes, paid = {}, []
    dates = pd.date_range(start, periods=days, freq="B")
    for stock in range(stocks):
        code = f"{600000 + stock}.SH" if stock % 2 else f"{stock:06d}.SZ"
        moves = rng.choice([-0.1, 0.1, 0.0, 0.02, -0.02], size=days)
        growth = np.where(rng.random(days) < 0.05, 1 + rng.random(days), 1.0)
        adjusted = rng.choice([5.0, 30.0, 300.0]) * np.cumprod(1 + moves)
        factors = np.cumprod(growth)
        price = adjusted / factors
        reference = price / (1 + moves)
        columns["adj_factor"][code] = factors
        columns["limit_up"][code], columns["limit_down"][code] = reference * 1.1, reference * 0.9
        columns["suspended"][code] = rng.random(days) < 0.1
        columns["volume"][code] = rng.choice([0.0, 500.0, 20_000.0, 1e7], size=days)
        columns["amount"][code] = columns["volume"][code] * price * (1 + rng.normal(0, 0.01, days))
        for day in np.flatnonzero(growth != 1):
            bonus = rng.choice([0.0, 0.3])
            cash = max(price[day] * (growth[day] - 1 - bonus), 0.0)
            if rng.random() < 0.8:
                paid.append((code, dates[day], int(rng.integers(0, 8)), cash, bonus))
        price[: rng.integers(0, 10)] = np.nan
        price[days - rng.integers(0, 10) :] = np.nan
        closes[code] = price
    payouts = pd.DataFrame(paid, columns=["code", "ex_date", "wait", "cash", "bonus"])
    payouts["record_date"] = payouts["ex_date"] - pd.Timedelta(days=1)
    payouts["pay_date"] = payouts["ex_date"] + pd.to_timedelta(payouts.pop("wait"), unit="D")
    return _panel_of(closes, start, **columns), payouts
