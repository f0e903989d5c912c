"""Seasons of the year, the quarter, the month and the week: functions of the date alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features.calendar.schedule import Schedule
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows

LAKONISHOK = "Lakonishok and Smidt, Review of Financial Studies 1 (1988)"
ARIEL = "Ariel, Journal of Financial Economics 18 (1987)"
FRENCH = "French, Journal of Financial Economics 8 (1980)"
ROZEFF = "Rozeff and Kinney, Journal of Financial Economics 3 (1976)"
KEIM = "Rogalski, Journal of Finance 39 (1984)"
SIAS = "Sias and Starks, Journal of Financial Economics 45 (1997)"
DRESSING = "Lakonishok, Shleifer, Thaler and Vishny, American Economic Review 81 (1991)"


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Places of each row's day in the month and the quarter, as the exchange had announced them.

    The table `calendar`, where there is one, goes before the package's own calendar.
    """
    schedule = Schedule.of(rows.dates, tables.get("calendar"))
    made = {
        "season_month_passed": schedule.month_passed(),
        "season_month_left": schedule.month_left(),
        "season_quarter_left": schedule.quarter_left(),
        "season_next_gap": schedule.next_gap(),
    }
    return {name: of_day[rows.day] for name, of_day in made.items()}


def _wave(rows: Rows, function: np.ufunc, place: str, length: int, first: int) -> np.ndarray:
    # Looked up in a table of fixed length: the number of days given must not move a bit.
    wave = function(2 * np.pi * np.arange(length) / length)
    return wave[(getattr(rows.dates, place).to_numpy() - first) % length][rows.day]


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[name].astype(float)


def _turn_of_month(rows: Rows) -> np.ndarray:
    return (rows["season_month_left"] == 0) | (rows["season_month_passed"] <= 3)


def _quarter_end(rows: Rows) -> np.ndarray:
    return rows["season_quarter_left"] < 5


def _quarter_share(rows: Rows) -> np.ndarray:
    start = rows.dates.to_period("Q").start_time
    length = (rows.dates.to_period("Q").end_time - start).days + 1
    return (((rows.dates - start).days + 1) / length).to_numpy()[rows.day]


def _date(name: str, group: str, formula: str, units: str, source: str, make: partial) -> Feature:
    return Feature(name, "calendar", group, formula, ("date",), 1, units, source, make)


FEATURES = (
    _date(
        "month_sin", "season of the year", "sin(2 pi (month - 1) / 12)", "sine", ROZEFF,
        partial(_wave, function=np.sin, place="month", length=12, first=1),
    ),
    _date(
        "month_cos", "season of the year", "cos(2 pi (month - 1) / 12)", "cosine", ROZEFF,
        partial(_wave, function=np.cos, place="month", length=12, first=1),
    ),
    _date(
        "weekday_sin", "day of the week", "sin(2 pi w / 5), w = 0 on Monday", "sine", FRENCH,
        partial(_wave, function=np.sin, place="day_of_week", length=5, first=0),
    ),
    _date(
        "weekday_cos", "day of the week", "cos(2 pi w / 5), w = 0 on Monday", "cosine", FRENCH,
        partial(_wave, function=np.cos, place="day_of_week", length=5, first=0),
    ),
    _date(
        "next_session_days", "day of the week",
        "calendar days to the next trading day announced", "days", KEIM,
        partial(_column, name="season_next_gap"),
    ),
    _date(
        "month_day", "turn of the month", "number of the day among the month's trading days",
        "trading days", ARIEL, partial(_column, name="season_month_passed"),
    ),
    _date(
        "month_days_left", "turn of the month",
        "trading days that remain of the month, as announced", "trading days", ARIEL,
        partial(_column, name="season_month_left"),
    ),
    _date(
        "turn_of_month", "turn of the month",
        "1 on the last and the first three trading days of a month", "flag", LAKONISHOK,
        _turn_of_month,
    ),
    _date(
        "quarter_share", "season of the quarter", "calendar days of the quarter passed / its days",
        "fraction", DRESSING, _quarter_share,
    ),
    _date(
        "quarter_end", "season of the quarter", "1 on the last five trading days of a quarter",
        "flag", DRESSING, _quarter_end,
    ),
)  # fmt: skip
