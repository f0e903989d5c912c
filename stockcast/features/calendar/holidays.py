"""Long holidays of the exchange: how far ahead the next is, how long ago the latest was."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from exchange_calendars.lunisolar_holidays import chinese_lunar_new_year_dates

from stockcast.features.calendar.schedule import Schedule
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows

HOLIDAY = "Ariel, Journal of Finance 45 (1990)"
CHINESE = "Bergsma and Jiang, Journal of Portfolio Management 42 (2016), on lunar new years"

NEAR = 60
"""Calendar days from the lunar new year beyond which the distance is no longer told."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Distances of each row's day from the long holidays, as announced by that day."""
    schedule = Schedule.of(rows.dates, tables.get("calendar"))
    made = {"holiday_to": schedule.to_holiday(), "holiday_since": schedule.since_holiday()}
    return {name: of_day[rows.day] for name, of_day in made.items()}


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[name].astype(float)


def _eve(rows: Rows) -> np.ndarray:
    return rows["holiday_to"] < 2


def _new_year_distance(rows: Rows) -> np.ndarray:
    """Signed days from the nearest lunar new year's day, which is known for decades."""
    first = chinese_lunar_new_year_dates.to_numpy().astype("datetime64[D]")
    days = rows.dates.to_numpy().astype("datetime64[D]")
    after = np.clip(np.searchsorted(first, days, side="right"), 1, len(first) - 1)
    since, until = (days - first[after - 1]).astype(int), (first[after] - days).astype(int)
    nearest = np.where(since <= until, since, -until)
    return np.clip(nearest, -NEAR, NEAR).astype(float)[rows.day]


def _date(name: str, formula: str, units: str, source: str, make: partial) -> Feature:
    return Feature(name, "calendar", "holiday", formula, ("date",), 1, units, source, make)


FEATURES = (
    _date(
        "holiday_ahead", "trading days before the next announced closure of 3 weekdays or more, "
        "at most 20", "trading days", HOLIDAY, partial(_column, name="holiday_to"),
    ),
    _date(
        "holiday_past", "trading days since the latest closure of 3 weekdays or more, at most 20",
        "trading days", HOLIDAY, partial(_column, name="holiday_since"),
    ),
    _date(
        "holiday_eve", "1 on the last two trading days before such a closure", "flag", HOLIDAY,
        _eve,
    ),
    _date(
        "new_year_distance", "calendar days from the nearest lunar new year's day, negative "
        "before it, within 60", "days", CHINESE, _new_year_distance,
    ),
)  # fmt: skip
