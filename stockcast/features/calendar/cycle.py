"""The economic cycle: output, prices, money and interest rates as released.

All stocks of a day share a value. A figure counts from its release on; changes and means are over
the latest periods released, each in its latest version.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.data.point_in_time import macro_asof
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows

CHEN = "Chen, Roll and Ross, Journal of Business 59 (1986)"
FAMA = "Fama, American Economic Review 71 (1981)"
TERM = "Fama and French, Journal of Financial Economics 25 (1989)"
DIEBOLD = "Diebold and Li, Journal of Econometrics 130 (2006)"
CAMPBELL = "Campbell, Journal of Financial Economics 18 (1987)"
LUCCA = "McQueen and Roley, Review of Financial Studies 6 (1993), on surprises and the cycle"
MONEY = "market practice: M1 - M2, the scissors of money; after Fama (1981)"

SERIES = ("gdp_growth", "cpi_growth", "ppi_growth", "m1_growth", "m2_growth")
RATES = ("shibor_1w", "shibor_3m", "shibor_1y", "lpr_1y")
PERIODS = 49
"""Periods looked back: four years of months and the one before."""


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Every figure of the cycle at every row, NaN where its table or its series is not there."""
    made: dict[str, np.ndarray] = {}
    if tables.get("macro") is not None:
        made |= _of_macro(tables["macro"], rows.dates)
    if tables.get("rates") is not None:
        made |= _of_rates(tables["rates"], rows.dates)
    if "inflation" in made and "shibor_year" in made:
        made["real_rate"] = made["shibor_year"] - made["inflation"]
    return {f"cycle_{name}": of_day.astype(np.float32)[rows.day] for name, of_day in made.items()}


def _of_macro(macro: pd.DataFrame, dates: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Figures of `macro` on each of `dates`, (n_days,)."""
    macro = macro[macro["series"].isin(SERIES)]
    known = macro_asof(macro, dates, PERIODS)
    value = {name: _back(known, name, dates)[0] for name in SERIES}
    gdp, cpi, ppi, m1, m2 = (value[name] for name in SERIES)
    gap, scissors = ppi - cpi, m1 - m2
    return {
        "growth": gdp[0],
        "growth_change": gdp[0] - gdp[4],
        "growth_surprise": _surprise(gdp, 4),
        "inflation": cpi[0],
        "inflation_surprise": _surprise(cpi, 12),
        "producer": ppi[0],
        "producer_surprise": _surprise(ppi, 12),
        "producer_trough": _months_since_low(*_back(known, "ppi_growth", dates)),
        "price_gap": gap[0],
        "price_gap_change": gap[0] - gap[6],
        "money": m2[0],
        "money_surprise": _surprise(m2, 12),
        "scissors": scissors[0],
        "scissors_change": scissors[0] - scissors[6],
    }


def _back(
    known: pd.DataFrame, series: str, dates: pd.DatetimeIndex
) -> tuple[np.ndarray, np.ndarray]:
    """A series' figure and month 0, 1, ... periods before the latest, (PERIODS, n_days), NaN."""
    rows = known[known["series"] == series]
    day = dates.get_indexer(rows["date"])
    # Rows are in order of date and period: count from the end of each day's run.
    last = np.searchsorted(day, day, side="right") - 1
    back = last - np.arange(len(day))
    value, month = (np.full((PERIODS, len(dates)), np.nan) for _ in range(2))
    value[back, day] = rows["value"]
    month[back, day] = rows["period"].to_numpy().astype("datetime64[M]").astype(int)
    return value, month


def _surprise(value: np.ndarray, periods: int) -> np.ndarray:
    """The latest figure less the mean of the `periods` before it, summed one after another."""
    return value[0] - sum(value[k] for k in range(1, periods + 1)) / periods


def _months_since_low(value: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Months from the latest lowest figure to the latest one; NaN with under two years of them."""
    enough = np.isfinite(value).sum(axis=0) >= 24
    low = np.argmin(np.where(np.isfinite(value), value, np.inf), axis=0)
    since = month[0] - np.take_along_axis(month, low[None, :], axis=0)[0]
    return np.where(enough, since, np.nan)


def _of_rates(rates: pd.DataFrame, dates: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Figures of `rates` on each of `dates`, by the latest fixing up to it, (n_days,)."""
    latest = {name: np.full(len(dates), np.nan) for name in RATES}
    for name, rows in rates[rates["rate"].isin(RATES)].groupby("rate"):
        rows = rows.sort_values("date")
        last = rows["date"].searchsorted(dates, side="right") - 1
        there = last >= 0
        latest[name][there] = rows["value"].to_numpy(float)[last[there]]
    year = latest["shibor_1y"]
    return {
        "shibor_level": latest["shibor_3m"],
        "shibor_year": year,
        "curvature": 2 * latest["shibor_3m"] - latest["shibor_1w"] - year,
        "loan_margin": latest["lpr_1y"] - year,
    }


def _column(rows: Rows, name: str) -> np.ndarray:
    return rows[name] if name in rows.columns else np.full(len(rows), np.nan)


def _feature(
    name: str, column: str, formula: str, table: str, source: str, units: str = "fraction"
) -> Feature:
    return Feature(
        name, "calendar", "economic cycle", formula, ("date", *table.split()), 1, units, source,
        partial(_column, name=f"cycle_{column}"),
    )  # fmt: skip


FEATURES = (
    _feature("growth_level", "growth", "growth of GDP from the year's start", "macro", FAMA),
    _feature(
        "growth_change", "growth_change", "growth of GDP less that of 4 quarters before", "macro",
        FAMA,
    ),
    _feature(
        "growth_surprise", "growth_surprise", "growth of GDP less the mean of the 4 quarters "
        "before", "macro", LUCCA,
    ),
    _feature("inflation_level", "inflation", "growth of the CPI on the year before", "macro", FAMA),
    _feature(
        "inflation_surprise", "inflation_surprise", "growth of the CPI less the mean of the 12 "
        "months before", "macro", CHEN,
    ),
    _feature(
        "producer_inflation", "producer", "growth of the PPI on the year before", "macro", CHEN
    ),
    _feature(
        "producer_surprise", "producer_surprise", "growth of the PPI less the mean of the 12 "
        "months before", "macro", CHEN,
    ),
    _feature(
        "producer_trough", "producer_trough", "months since the lowest growth of the PPI of the "
        "last 4 years", "macro", LUCCA, "months",
    ),
    _feature("price_gap", "price_gap", "growth of PPI - growth of CPI", "macro", CHEN),
    _feature(
        "price_gap_change", "price_gap_change", "price_gap less that of 6 months before", "macro",
        CHEN,
    ),
    _feature("money_growth", "money", "growth of M2 on the year before", "macro", FAMA),
    _feature(
        "money_surprise", "money_surprise", "growth of M2 less the mean of the 12 months before",
        "macro", FAMA,
    ),
    _feature("money_scissors", "scissors", "growth of M1 - growth of M2", "macro", MONEY),
    _feature(
        "money_scissors_change", "scissors_change", "money_scissors less that of 6 months before",
        "macro", MONEY,
    ),
    _feature("shibor_level", "shibor_level", "3-month shibor", "rates", CAMPBELL),
    _feature(
        "shibor_curvature", "curvature", "2 x shibor of 3 months - of a week - of a year", "rates",
        DIEBOLD,
    ),
    _feature("loan_margin", "loan_margin", "loan prime rate - shibor, of a year", "rates", TERM),
    _feature(
        "real_rate", "real_rate", "shibor of a year - growth of the CPI", "macro rates", CHEN
    ),
)  # fmt: skip
