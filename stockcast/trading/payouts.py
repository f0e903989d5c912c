"""Dividends, bonus shares and splits on their dates.

With a table of dividends, cash is paid on its day and taxed by the time held, and bonus shares are
booked on the ex-date. A change of the adjustment factor that the table does not know, and every one
where there is no table, is reinvested: shares multiply by the factor on the ex-date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market import rules
from stockcast.trading.quotes import Quotes

COLUMNS = ("code", "record_date", "ex_date", "pay_date", "cash", "bonus")


class Payout(NamedTuple):
    """What a stock pays each share held into its ex-date.

    Attributes
    ----------
    number
        Place among the payouts.
    stock
        Number of the stock.
    cash
        Yuan a share before tax.
    growth
        Shares after for one before: 1 plus the bonus, or the factor of a reinvestment.
    pays
        Number of the day on which the cash arrives; that many days or more lie beyond the panel's
        end.
    withheld
        Fraction of the cash that is taxed when it is paid.
    """

    number: int
    stock: int
    cash: float
    growth: float
    pays: int
    withheld: float


@dataclass(frozen=True, eq=False)
class Schedule:
    """Payouts by the number of their ex-date, and what they are taxed when the shares are sold."""

    on: dict[int, list[Payout]]
    _month_ends: np.ndarray
    _year_ends: np.ndarray
    _month: list[float]
    _year: list[float]

    def tax(self, number: int, bought: int, sold: int) -> float:
        """Fraction of payout `number` still to be taxed of shares bought and sold on these days.

        What was withheld already is taken off. The holding times are those of
        `stockcast.market.rules.dividend_tax`.
        """
        if sold <= self._month_ends[bought]:
            return self._month[number]
        return self._year[number] if sold <= self._year_ends[bought] else 0.0


def schedule(quotes: Quotes, dividends: pd.DataFrame | None) -> Schedule:
    """Payouts of the stocks and days of `quotes`.

    Parameters
    ----------
    quotes
        The panel's matrices.
    dividends : DataFrame with the columns of `COLUMNS`, or None
        Per share before tax; rows without an ex-date are plans and left out, as are stocks and
        days unknown to the quotes. A missing day of record is the session before the ex-date, a
        missing day of payment the ex-date. Without the table everything is reinvested.

    Raises
    ------
    InputError
        When a column is missing or an amount is negative.
    """
    table = None if dividends is None else _placed(dividends, quotes)
    on: dict[int, list[Payout]] = {}
    rates = np.zeros((3, 0))
    known = np.zeros(quotes.growth.shape, dtype=bool)
    if table is not None and len(table):
        rates = _rates(table["record_date"])
        known[table["day"], table["stock"]] = True
        for number, row in enumerate(table.itertuples(index=False)):
            own = Payout(
                number, row.stock, row.cash, 1 + row.bonus, row.pays, float(rates[2, number])
            )
            on.setdefault(row.day, []).append(own)
    for day, stock in np.argwhere((quotes.growth != 1) & ~known).tolist():
        factor = quotes.growth.item(day, stock)
        on.setdefault(day, []).append(Payout(-1, stock, 0.0, factor, day, 0.0))
    ends = (_number(quotes.dates + pd.DateOffset(**unit), quotes) for unit in _UNITS)
    later = np.maximum(rates[:2] - rates[2], 0.0)
    return Schedule(on, *ends, later[0].tolist(), later[1].tolist())


_UNITS: tuple[dict[str, int], ...] = ({"months": 1}, {"years": 1})


def _number(dates: pd.DatetimeIndex, quotes: Quotes) -> np.ndarray:
    """Number of the last day up to each date."""
    return quotes.dates.searchsorted(dates, side="right") - 1


def _placed(dividends: pd.DataFrame, quotes: Quotes) -> pd.DataFrame:
    """One row a stock and ex-date, with numbers in place of dates; in the order of both."""
    for column in COLUMNS:
        if column not in dividends:
            raise InputError("dividends", f"must have the column {column}")
    table = dividends.dropna(subset=["ex_date"]).fillna({"cash": 0.0, "bonus": 0.0})
    if (table[["cash", "bonus"]] < 0).any(axis=None):
        raise InputError("dividends", "must not hold negative amounts")
    table = table.assign(
        stock=quotes.codes.get_indexer(table["code"]),
        day=quotes.dates.searchsorted(table["ex_date"]),
        pay_date=table["pay_date"].fillna(table["ex_date"]),
        record_date=table["record_date"].fillna(table["ex_date"] - pd.Timedelta(days=1)),
    )
    table = table[(table["stock"] >= 0) & (table["day"] < len(quotes.dates))]
    # Before the panel's first day nothing is held; a day without a row waits for the next one.
    table = table[table["ex_date"] >= quotes.dates[0]].drop_duplicates(
        ["stock", "ex_date", "cash", "bonus"]
    )
    days = [
        day if quotes.quoted[day, stock] else _next_quoted(quotes, day, stock)
        for day, stock in zip(table["day"].tolist(), table["stock"].tolist(), strict=True)
    ]
    table = table.assign(day=days)
    table = table[table["day"] < len(quotes.dates)].assign(
        pays=lambda rows: np.maximum(quotes.dates.searchsorted(rows["pay_date"]), rows["day"])
    )
    grouped = table.groupby(["day", "stock"], as_index=False)
    return grouped.agg({"cash": "sum", "bonus": "sum", "pays": "max", "record_date": "min"})


def _next_quoted(quotes: Quotes, day: int, stock: int) -> int:
    later = np.flatnonzero(quotes.quoted[day:, stock])
    return day + int(later[0]) if len(later) else len(quotes.dates)


def _rates(record: pd.Series) -> np.ndarray:
    """Tax of each dividend for shares held up to a month, up to a year and longer."""
    day = pd.Timedelta(days=1)
    held = (record + day, record + 60 * day, record + 800 * day)
    return np.stack([rules.dividend_tax(record, record - day, sold) for sold in held])
