"""Shocks put into a panel on given days, to see what notices them and what holds.

Every shock changes its days and carries the new prices on: returns of other days stay what they
were. Prices are not rounded to ticks again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from stockcast.data import holdout
from stockcast.errors import InputError

Days = pd.DatetimeIndex
_PRICES = ("open", "high", "low", "close")
_FALL = 0.9  # of the previous close, where a stock has no limit


def wild(panel: pd.DataFrame, days: Days, times: float = 5.0) -> pd.DataFrame:
    """Log returns of the days, and moves within them, `times` as large as far as limits allow."""
    if not times > 0:
        raise InputError("times", "must be above 0", times)
    hit = _hit(panel, days)
    before = panel["pre_close"].to_numpy(float)
    least = (panel["limit_down"] / before).fillna(0.0).to_numpy()
    most = (panel["limit_up"] / before).fillna(np.inf).to_numpy()
    bars = {}
    for name in _PRICES:
        old = panel[name].to_numpy(float)
        bars[name] = np.where(hit, before * np.clip((old / before) ** times, least, most), old)
    return _carried(panel, bars)


def limit_down(
    panel: pd.DataFrame, days: Days, rng: np.random.Generator, share: float = 2 / 3
) -> pd.DataFrame:
    """A share of the stocks, drawn anew each day, closes at the lower limit (else 10 % down)."""
    hit = _drawn(panel, days, rng, share)
    floor = panel["limit_down"].fillna(_FALL * panel["pre_close"]).to_numpy(float)
    bars = {name: panel[name].to_numpy(float) for name in _PRICES}
    for name in ("low", "close"):
        bars[name] = np.where(hit, floor, bars[name])
    return _carried(panel, bars)


def suspension(
    panel: pd.DataFrame, days: Days, rng: np.random.Generator, share: float = 0.5
) -> pd.DataFrame:
    """A share of the stocks, drawn anew each day, does not trade: flat, without volume."""
    hit = _drawn(panel, days, rng, share)
    before = panel["pre_close"].to_numpy(float)
    bars = {name: np.where(hit, before, panel[name].to_numpy(float)) for name in _PRICES}
    still = {name: panel[name].where(~hit, 0.0) for name in ("volume", "amount")}
    return _carried(panel, bars).assign(suspended=panel["suspended"] | hit, **still)


def no_volume(panel: pd.DataFrame, days: Days, left: float = 0.1) -> pd.DataFrame:
    """Volume and amount of the days shrink to the share `left`; prices stay."""
    if not 0 < left <= 1:
        raise InputError("left", "must be above 0 and at most 1", left)
    hit = _hit(panel, days)
    return panel.assign(
        **{name: panel[name].where(~hit, left * panel[name]) for name in ("volume", "amount")}
    )


def kinds(rng: np.random.Generator) -> dict[str, Callable[[pd.DataFrame, Days], pd.DataFrame]]:
    """The four shocks by name, each a function of panel and days."""
    return {
        "returns × 5": wild,
        "two thirds limit-down": lambda panel, days: limit_down(panel, days, rng),
        "half suspended": lambda panel, days: suspension(panel, days, rng),
        "volume × 0.1": no_volume,
    }


def spaced(days: Days, number: int, spell: int = 1, apart: int = 10) -> list[Days]:
    """`number` spells of `spell` days running, evenly spread, at least `apart` days between.

    Raises
    ------
    InputError
        When the days do not hold so many.
    """
    if number < 1 or spell < 1 or number * (spell + apart) > len(days):
        raise InputError("number", f"must fit {len(days)} days with {apart} between", number)
    step = len(days) // number
    return [days[at : at + spell] for at in range(step - spell, number * step, step)]


def _hit(panel: pd.DataFrame, days: Days) -> np.ndarray:
    """Rows that traded on the days; refuses days the panel lacks, and sealed ones."""
    holdout.check(panel, "panel")
    days = pd.DatetimeIndex(days)
    unknown = days.difference(pd.DatetimeIndex(panel["date"].unique()))
    if len(unknown):
        raise InputError("days", "must be days of the panel", f"{unknown[0]:%Y-%m-%d}")
    traded = ~panel["suspended"].astype(bool) & panel["pre_close"].notna()
    return (panel["date"].isin(days) & traded).to_numpy()


def _drawn(panel: pd.DataFrame, days: Days, rng: np.random.Generator, share: float) -> np.ndarray:
    if not 0 < share <= 1:
        raise InputError("share", "must be above 0 and at most 1", share)
    hit = _hit(panel, days)
    rows = np.flatnonzero(hit)
    order = pd.Series(rng.random(len(rows))).groupby(panel["date"].to_numpy()[rows]).rank(pct=True)
    hit = np.zeros(len(panel), bool)
    hit[rows[order <= share]] = True
    return hit


def _carried(panel: pd.DataFrame, bars: dict[str, np.ndarray]) -> pd.DataFrame:
    """The panel with new bars, and later prices moved along with them."""
    extra = pd.Series(np.log(bars["close"] / panel["close"].to_numpy(float)), panel.index)
    until_now = extra.groupby(panel["code"]).cumsum()
    earlier = np.exp(until_now - extra).to_numpy()
    new = {name: values * earlier for name, values in bars.items()}
    for name in ("pre_close", "limit_up", "limit_down"):
        new[name] = panel[name] * earlier
    return panel.assign(**new)
