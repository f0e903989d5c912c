"""Earnings seasons: the legal deadlines, and a stock's own habit of publishing.

Statements are due on 30 April (year and first quarter), 31 August and 31 October; see
`stockcast.data.point_in_time.deadline`. A statement counts from the trading day after it was
announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import versions
from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows

WINDOWS = ((101, 430), (701, 831), (1001, 1031))
"""First and last day on which statements of a closed period come out, as month x 100 + day."""

LAW = "CSRC, measures on disclosure by listed companies (2007), art. 20"
BARBER = "Barber, De George, Lehavy and Trueman, Journal of Financial Economics 108 (2013)"
CHAMBERS = "Chambers and Penman, Journal of Accounting Research 22 (1984)"
SAVOR = "Savor and Wilson, Journal of Finance 71 (2016)"

USUAL = 150
"""Days after its period beyond which a statement tells no habit: the law allows 120, and what comes
later than this stood in the prospectus of a company that was not listed yet."""

NEAR = 120
"""Calendar days beyond which an expected report is no nearer and no farther."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Days to the report that is expected, and who has reported already."""
    if tables.get("income") is None:
        return {}
    latest = _latest(tables["income"])
    made = {name: np.full(len(rows), np.nan) for name in ("expected", "later", "period")}
    days = rows.dates.to_numpy().astype("datetime64[D]")
    for stock, code in enumerate(rows.codes):
        if code in latest:
            span = slice(rows.bounds[stock], rows.bounds[stock + 1])
            for name, values in _of_stock(latest[code], days[rows.day[span]]).items():
                made[name][span] = values
    ended = rows.dates.to_numpy().astype("datetime64[M]").astype(int) // 3 - 1
    reported = np.where(np.isnan(made["period"]), np.nan, made["period"] >= ended[rows.day])
    made["share"] = cross.mean(rows, reported, rows["in_universe"])
    return {f"report_{name}": values for name, values in made.items() if name != "period"}


def _latest(income: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Of each stock, the days on which a later period than any before was first published."""
    rows = versions(income)[["code", "period", "known"]].dropna()
    rows = rows.groupby(["code", "period"], as_index=False)["known"].min()
    rows = rows.sort_values(["code", "known", "period"], ignore_index=True)
    before = rows.groupby("code")["period"].cummax().groupby(rows["code"]).shift()
    rows = rows[before.isna() | (rows["period"] > before)]
    return dict(iter(rows.groupby("code")))


def _of_stock(latest: pd.DataFrame, days: np.ndarray) -> dict[str, np.ndarray]:
    """The stock's values on `days`, NaN before its first report."""
    known, period = (
        latest[name].to_numpy().astype("datetime64[D]") for name in ("known", "period")
    )
    number = period.astype("datetime64[M]").astype(int) // 3
    delay = (known - period).astype(float)
    delay[delay > USUAL] = np.nan
    # The delays of the same quarter and of the one to come, both of the year before.
    own = _found(number, delay, number - 4)
    expected = period.astype("datetime64[M]") + 4
    expected = expected.astype("datetime64[D]") - 1 + _days(_found(number, delay, number - 3))
    place = np.searchsorted(known, days, side="right") - 1
    there, at = place >= 0, np.maximum(place, 0)
    until = (expected[at] - days).astype(float)
    until[np.isnat(expected[at])] = np.nan
    values = {
        "expected": np.clip(until, -NEAR, NEAR),
        "later": (delay - own)[at],
        "period": number[at].astype(float),
    }
    return {name: np.where(there, value, np.nan) for name, value in values.items()}


def _found(number: np.ndarray, value: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values of the quarters `wanted`, NaN for those the stock never reported; ascending."""
    place = np.minimum(np.searchsorted(number, wanted), len(number) - 1)
    return np.where(number[place] == wanted, value[place], np.nan)


def _days(count: np.ndarray) -> np.ndarray:
    missing = np.isnan(count)
    days = np.where(missing, 0, count).astype("timedelta64[D]")
    return np.where(missing, np.timedelta64("NaT"), days)


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[name]


def _to_deadline(rows: Rows) -> np.ndarray:
    """Calendar days to the next deadline."""
    days = rows.dates.to_numpy().astype("datetime64[D]")
    ends = _edges(rows, 1)
    return (ends[np.searchsorted(ends, days)] - days).astype(float)[rows.day]


def _window_share(rows: Rows) -> np.ndarray:
    """Share of the window that is over, 0 outside."""
    days = rows.dates.to_numpy().astype("datetime64[D]")
    starts, ends = _edges(rows, 0), _edges(rows, 1)
    place = np.searchsorted(ends, days)
    passed = (days - starts[place]).astype(int) + 1
    length = (ends[place] - starts[place]).astype(int) + 1
    return np.maximum(passed / length, 0.0)[rows.day]


def _edges(rows: Rows, side: int) -> np.ndarray:
    """First (0) or last (1) days of the windows of every year, ascending."""
    years = range(rows.dates.year.min(), rows.dates.year.max() + 2)
    text = [f"{y}-{w[side] // 100:02d}-{w[side] % 100:02d}" for y in years for w in WINDOWS]
    return np.array(text, dtype="datetime64[D]")


def _feature(
    name: str, formula: str, inputs: tuple[str, ...], units: str, source: str, make: object
) -> Feature:
    return Feature(name, "calendar", "earnings season", formula, inputs, 1, units, source, make)


_DATE, _INCOME = ("date",), ("date", "income")

FEATURES = (
    _feature(
        "disclosure_days_left", "calendar days to the next legal deadline of statements", _DATE,
        "days", LAW, _to_deadline,
    ),
    _feature(
        "disclosure_share", "share that is over of 01-01 ... 04-30, 07-01 ... 08-31, "
        "10-01 ... 10-31; 0 outside", _DATE, "fraction", LAW, _window_share,
    ),
    _feature(
        "report_expected", "calendar days to the stock's next statement if it comes as long after "
        "its period as a year before, within 120", _INCOME, "days", BARBER,
        partial(_column, name="report_expected"),
    ),
    _feature(
        "report_later", "days from period to publication of the latest statement, less a year "
        "before's", _INCOME, "days", CHAMBERS, partial(_column, name="report_later"),
    ),
    _feature(
        "report_share", "share of the day's members whose statement of the latest ended quarter "
        "is out", (*_INCOME, "in_universe"), "fraction", SAVOR,
        partial(_column, name="report_share"),
    ),
)  # fmt: skip
