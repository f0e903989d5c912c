"""Short, medium and long momentum and reversion, and seasons of a stock's own returns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features.calendar import months
from stockcast.features.calendar.schedule import Schedule
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows, ratio

JEGADEESH = "Jegadeesh and Titman, Journal of Finance 48 (1993)"
REVERSAL = "Jegadeesh, Journal of Finance 45 (1990)"
THALER = "De Bondt and Thaler, Journal of Finance 40 (1985)"
NOVY_MARX = "Novy-Marx, Journal of Financial Economics 103 (2012)"
BARROSO = "after Barroso and Santa-Clara, Journal of Financial Economics 116 (2015)"
GRINBLATT = "Grinblatt and Moskowitz, Journal of Financial Economics 71 (2004)"
FROG = "Da, Gurun and Warachka, Review of Financial Studies 27 (2014)"
GETTLEMAN = "Gettleman and Marks, SSRN 890647 (2006)"
MOSKOWITZ = "after Moskowitz, Ooi and Pedersen, Journal of Financial Economics 104 (2012)"
HESTON = "Heston and Sadka, Journal of Financial Economics 87 (2008)"
KELOHARJU = "Keloharju, Linnainmaa and Nyberg, Journal of Finance 71 (2016)"
RITTER = "Ritter, Journal of Finance 43 (1988), on the turn of the year"

_INPUTS = ("close", "adj_factor")
_DATED = ("date", *_INPUTS)
YEARS = 5
"""Earlier years whose same month is averaged."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Weekday of the trading day that follows each row's, as announced."""
    ahead = rows.dates + pd.to_timedelta(
        Schedule.of(rows.dates, tables.get("calendar")).next_gap(), unit="D"
    )
    return {"horizon_next_weekday": ahead.day_of_week.to_numpy().astype(np.int8)[rows.day]}


def _span(rows: Rows, since: int, until: int) -> np.ndarray:
    """Return from `since` to `until` rows ago."""
    last = rows["adj_close"] if until == 0 else rows.lag("adj_close", until)
    return ratio(last, rows.lag("adj_close", since)) - 1


def _scaled(rows: Rows) -> np.ndarray:
    return ratio(_span(rows, 250, 20), rows.std("return", 250) * np.sqrt(230))


def _consistency(rows: Rows) -> np.ndarray:
    prices = [rows["adj_close"], *(rows.lag("adj_close", 20 * k) for k in range(1, 13))]
    risen = sum((prices[k] > prices[k + 1]).astype(float) for k in range(12))
    return np.where(np.isfinite(prices[12]), risen / 12, np.nan)


def _discreteness(rows: Rows) -> np.ndarray:
    """Few large moves (towards 1) or many small ones (towards -1) made the year's return."""
    sign = np.sign(rows["return"])
    balance = rows.lag(rows.mean(sign, 230), 20)
    return -np.sign(_span(rows, 250, 20)) * balance


def _acceleration(rows: Rows) -> np.ndarray:
    return _span(rows, 120, 0) - _span(rows, 240, 120)


def _agreement(rows: Rows) -> np.ndarray:
    return sum(np.sign(_span(rows, days, 0)) for days in (5, 20, 60, 120, 250)) / 5


def _long_reversal(rows: Rows) -> np.ndarray:
    return -months.since_long_ago(rows["adj_close"], rows.bounds, 250, 750, 375)


def _period(rows: Rows, unit: str) -> np.ndarray:
    """Number of each row's month, quarter or year."""
    return rows.dates.to_numpy().astype(f"datetime64[{unit}]").astype(np.int64)[rows.day]


def _months(rows: Rows) -> np.ndarray:
    return rows.memo("horizon_months", lambda: _period(rows, "M"))


def _to_date(rows: Rows, length: int) -> np.ndarray:
    return months.to_date(rows["adj_close"], rows.bounds, _months(rows) // length)


def _last_month(rows: Rows) -> np.ndarray:
    return -months.period_before(rows["adj_close"], rows.bounds, _months(rows))


def _same_month(rows: Rows) -> np.ndarray:
    return months.same_month(rows["adj_close"], rows.bounds, _months(rows), YEARS)


def _year_ago_ahead(rows: Rows) -> np.ndarray:
    return _span(rows, 250, 230)


def _same_weekday(rows: Rows) -> np.ndarray:
    own = rows.dates.day_of_week.to_numpy().astype(np.int8)[rows.day]
    ahead = rows["horizon_next_weekday"]
    return months.same_weekday(rows["return"], rows.bounds, own, ahead, 251, 20)


def _feature(
    name: str, group: str, formula: str, lookback: int, source: str, make: partial,
    inputs: tuple[str, ...] = _INPUTS, units: str = "fraction",
) -> Feature:  # fmt: skip
    return Feature(name, "calendar", group, formula, inputs, lookback, units, source, make)


FEATURES = (
    _feature(
        "momentum_intermediate_250", "momentum", "C(t-120) / C(t-250) - 1", 251, NOVY_MARX,
        partial(_span, since=250, until=120),
    ),
    _feature(
        "momentum_scaled_250", "momentum",
        "(C(t-20) / C(t-250) - 1) / (std(r, 250) sqrt(230))", 251, BARROSO, _scaled, units="std",
    ),
    _feature(
        "momentum_consistency_240", "momentum", "share of the last 12 spans of 20 days that rose",
        241, GRINBLATT, _consistency,
    ),
    _feature(
        "momentum_discreteness_250", "momentum",
        "sign(C(t-20) - C(t-250)) x (share of falling - of rising days on t-249 ... t-20)", 251,
        FROG, _discreteness,
    ),
    _feature(
        "momentum_acceleration_240", "momentum",
        "(C(t) / C(t-120) - 1) - (C(t-120) / C(t-240) - 1)", 241, GETTLEMAN, _acceleration,
    ),
    _feature(
        "momentum_agreement_250", "momentum",
        "mean sign of the returns over 5, 20, 60, 120 and 250 days", 251, MOSKOWITZ, _agreement,
        units="-1 to 1",
    ),
    _feature(
        "reversal_month", "reversal", "-(return of the calendar month before)", 2, REVERSAL,
        _last_month, _DATED,
    ),
    _feature(
        "reversal_750", "reversal",
        "1 - C(t-250) / C(t-750), from the stock's first day if that is later", 375, THALER,
        _long_reversal,
    ),
    _feature(
        "month_to_date", "to date", "C / (last C of the month before) - 1", 1, REVERSAL,
        partial(_to_date, length=1), _DATED,
    ),
    _feature(
        "quarter_to_date", "to date", "C / (last C of the quarter before) - 1", 1, JEGADEESH,
        partial(_to_date, length=3), _DATED,
    ),
    _feature(
        "year_to_date", "to date", "C / (last C of the year before) - 1", 1, RITTER,
        partial(_to_date, length=12), _DATED,
    ),
    _feature(
        "seasonality_month", "seasonality",
        "mean return of the same calendar month in the 5 years before, at least one", 200, HESTON,
        _same_month, _DATED,
    ),
    _feature(
        "seasonality_250", "seasonality", "C(t-230) / C(t-250) - 1: what followed a year ago", 251,
        HESTON, _year_ago_ahead,
    ),
    _feature(
        "seasonality_weekday_250", "seasonality",
        "mean r over 250 days on the weekday of the next trading day", 251, KELOHARJU,
        _same_weekday, _DATED,
    ),
)  # fmt: skip
