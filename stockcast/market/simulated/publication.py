"""When the simulated companies publish.

In the evening, weekends too, within the legal deadlines, early or late as is their habit; about one
statement in a hundred again, corrected. A publication is dated the day after, as the exchanges do:
who counts a statement from its date on knows it at that day's close and not a day earlier.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.market.calendar import sessions
from stockcast.market.simulated.draws import CHINEXT_OPENED, Stocks

YEARS_BEFORE = 3
"""Accounts begin with the first quarter of the year this many years before the first day."""
OPENED = np.datetime64("1990-12-19")
"""The Shanghai exchange's first day."""
EARLIEST, LATEST = np.array([12, 20, 15, 25]), np.array([30, 62, 31, 120])
"""Days from the end of quarters one to four to the first and last reports. The last are the legal
deadlines: 30 April, 31 August, 31 October, 30 April (CSRC, disclosure of periodic reports)."""
EVENING = (16, 22)
"""Hours of the day in which reports appear; they are dated the day after, as the exchanges do."""
RESTATED, RESTATED_AFTER, CORRECTION = 0.01, (30, 300), 0.05
"""Share of statements corrected later, after how many days, and the largest correction either way
as a share of the revenue so far that year."""


def first(
    days: pd.DatetimeIndex,
    stocks: Stocks,
    period: np.ndarray,
    lateness: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Moments of publication; `lateness` (n_stocks,) in [0, 1] is a company's habit."""
    chance, hour = np.moveaxis(rng.random((len(period), len(lateness), 2)), -1, 0)
    late = 0.75 * lateness + 0.25 * chance
    quarter = np.arange(len(period)) % 4
    span = (LATEST - EARLIEST + 1)[quarter, None]
    after = np.minimum(EARLIEST[quarter, None] + (span * late).astype(int), LATEST[quarter, None])
    dates = period[:, None] + after
    # No first quarter is reported before the year that precedes it.
    dates[4::4] = np.maximum(dates[4::4], dates[3:-1:4])
    return _evening(np.maximum(dates, listing_days(days, stocks)), hour)


def corrected(announced: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Moments of corrections and their sizes."""
    happens, after, hour = np.moveaxis(rng.random((*announced.shape, 3)), -1, 0)
    low, high = RESTATED_AFTER
    dates = dated(announced) + (low + (high - low) * after).astype(int)
    dates[happens >= RESTATED] = np.datetime64("NaT")
    size = CORRECTION * (2 * happens / RESTATED - 1)
    return _evening(dates, hour), np.where(happens < RESTATED, size, 0.0)


def dated(moment: np.ndarray) -> np.ndarray:
    """The day a publication is dated: the day after an evening, datetime64[D]."""
    return moment.astype("datetime64[D]") + 1


def positions(days: pd.DatetimeIndex, moment: np.ndarray) -> np.ndarray:
    """Position of the first trading day whose close follows an evening's publication.

    Days before the first are counted back along the exchange's calendar; a moment after the last
    day's close, and NaT, give the number of days.
    """
    known = days.to_numpy().astype("datetime64[D]")
    begin = np.datetime64(f"{known[0].astype('datetime64[Y]') - YEARS_BEFORE - 1}-12-31")
    before = sessions(max(begin, OPENED), known[0])[:-1]
    all_days = np.concatenate([before.to_numpy().astype("datetime64[D]"), known])
    return np.searchsorted(all_days, dated(moment)) - len(before)


def listing_days(days: pd.DatetimeIndex, stocks: Stocks) -> np.ndarray:
    """Listing days (n_stocks,), datetime64[D]; NaT for those after the last day.

    Before the first day they are only placed by calendar days, and on no board before it opened.
    """
    known = days.to_numpy().astype("datetime64[D]")
    placed = known[np.clip(stocks.first_day, 0, len(days) - 1)]
    placed = placed + np.minimum(stocks.first_day, 0) * 365 // 244
    young = (stocks.board == "chinext") & (known[0] > CHINEXT_OPENED)
    placed = np.where(young, np.maximum(placed, CHINEXT_OPENED), placed)
    return np.where(stocks.first_day < len(days), placed, np.datetime64("NaT"))


def _evening(dates: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Moments on the evening before the given dates; `hour` in [0, 1)."""
    begin, end = EVENING
    seconds = 60 * np.floor(60 * (begin + (end - begin) * hour)).astype(int)
    return (dates - 1).astype("datetime64[s]") + seconds
