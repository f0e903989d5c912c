"""What the market as a whole did on a day, in a handful of quantities known at its close."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError, nearest

QUANTITIES = ("market", "spread", "limit_up", "limit_down", "day_range", "volume", "suspended")
SHARES = ("limit_up", "limit_down", "suspended")
"""Those that are shares of stocks, as the arcsine of the root."""

LOOKBACK = 20
"""Trading days that a stock's usual volume is taken from."""

FEWEST = 5
"""Members that must have traded for a day to have quantities of returns."""

HALF_TICK = 0.005  # yuan: prices are rounded to 0.01
_LEAST = 1e-3  # of a spread or a range: about one tick, and log(0) does not exist
_NEEDED = (
    "date", "code", "high", "low", "close", "volume", "adj_factor", "limit_up", "limit_down",
    "suspended", "in_universe",
)  # fmt: skip


def market_day(panel: pd.DataFrame) -> pd.DataFrame:
    """Quantities of each day's cross-section, from quotes up to the close of the day itself.

    Parameters
    ----------
    panel : DataFrame with date, code, high, low, close, volume, adj_factor, limit_up, limit_down,
        suspended, in_universe
        Only rows with `in_universe` count, except for a stock's own past.

    Returns
    -------
    DataFrame indexed by date, columns `QUANTITIES`
        - `market`: median log return of the day
        - `spread`: log of the distance between the 10th and 90th percentile of log returns
        - `limit_up`, `limit_down`: share of traded members that close at the limit
        - `day_range`: log of the median log(high / low), volatility within the day
        - `volume`: median log ratio of shares traded to the stock's own median of 20 days before
        - `suspended`: share of members that did not trade

        Shares p are given as arcsin(sqrt(p)), radians, whose scatter hardly depends on p. NaN
        where fewer than five members tell; a return needs a stock that traded on two days running.

    Raises
    ------
    InputError
        When a column is missing or a (date, code) is there twice.

    Notes
    -----
    The range as a measure of volatility: Parkinson (1980), "The extreme value method for
    estimating the variance of the rate of return", Journal of Business 53. The transformation of
    shares: Anscombe (1948), "The transformation of Poisson, binomial and negative-binomial data",
    Biometrika 35.
    """
    for name in _NEEDED:
        if name not in panel:
            raise InputError(f"panel, column {name}", "must be there", hint=nearest(name, panel))
    if panel.duplicated(["date", "code"]).any():
        raise InputError("panel", "must have one row a date and code")
    rows = panel.sort_values(["code", "date"], kind="stable")
    member = rows["in_universe"].to_numpy(bool)
    traded = ~rows["suspended"].to_numpy(bool)
    returns = _returns(rows, traded)
    counted = pd.Series(member & traded & np.isfinite(returns), rows.index)
    date = rows["date"]

    def of(values: np.ndarray) -> pd.core.groupby.SeriesGroupBy:
        return pd.Series(values, rows.index)[counted].groupby(date[counted])

    up = rows["close"].to_numpy() >= rows["limit_up"].to_numpy() - HALF_TICK
    down = rows["close"].to_numpy() <= rows["limit_down"].to_numpy() + HALF_TICK
    day = of(returns)
    width = day.quantile(0.9) - day.quantile(0.1)
    found = {
        "market": day.median(),
        "spread": np.log(width.clip(lower=_LEAST)),
        "limit_up": _angle(of(up.astype(float)).mean()),
        "limit_down": _angle(of(down.astype(float)).mean()),
        "day_range": np.log(of(_within_day(rows)).median().clip(lower=_LEAST)),
        "volume": of(_against_usual_volume(rows, traded)).median(),
    }
    days = pd.DatetimeIndex(np.sort(date.unique()), name="date")
    enough = day.size().reindex(days, fill_value=0) >= FEWEST
    table = pd.DataFrame(found).reindex(days).where(enough, axis=0)
    out = pd.Series(~traded[member], rows.index[member], dtype=float)
    table["suspended"] = _angle(out.groupby(date[member]).mean()).reindex(days)
    return table[list(QUANTITIES)]


def _angle(share: pd.Series) -> pd.Series:
    return np.arcsin(np.sqrt(share))


def _returns(rows: pd.DataFrame, traded: np.ndarray) -> np.ndarray:
    """Log returns between two days running that both traded; rows by stock, then date."""
    price = np.log(rows["close"].to_numpy(float) * rows["adj_factor"].to_numpy(float))
    kept = pd.Series(np.where(traded, price, np.nan), rows.index)
    return kept.groupby(rows["code"]).diff().to_numpy()


def _within_day(rows: pd.DataFrame) -> np.ndarray:
    return np.log(rows["high"].to_numpy(float) / rows["low"].to_numpy(float))


def _against_usual_volume(rows: pd.DataFrame, traded: np.ndarray) -> np.ndarray:
    """Log ratio of a day's volume to the stock's median of the days before; NaN where unknown."""
    shares = rows["volume"].to_numpy(float) / rows["adj_factor"].to_numpy(float)
    shares = np.where(traded & (shares > 0), shares, np.nan)
    wide = rows[["date", "code"]].assign(shares=shares).pivot(
        index="date", columns="code", values="shares"
    )  # fmt: skip
    # A median, so that one wild day does not decide what is usual for the next twenty.
    usual = wide.rolling(LOOKBACK, min_periods=LOOKBACK // 2).median().shift(1)
    ratio = np.log(wide / usual).to_numpy()
    place = wide.index.get_indexer(rows["date"]), wide.columns.get_indexer(rows["code"])
    return ratio[place]
