"""The simulated companies' fortunes: profits, equity, and when the public learns of them.

A company's quarterly return on equity is a level of its own, a state that fades over about a year,
a season and noise. Profits pile up in equity, dividends leave it. Nothing here depends on prices:
equity starts from the stock's first price and a price-to-book ratio of its own.

Drawn quarter by quarter, each array from a stream of its own: the quarters of a short simulation
are those that a longer one begins with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.simulated import publication
from stockcast.market.simulated.draws import Stocks

PRICE_TO_BOOK, PRICE_TO_BOOK_SPREAD = 2.5, 0.4
"""Median and log standard deviation of first price over equity a share."""
ROE, ROE_SPREAD = 0.085, 0.02
"""Mean and standard deviation over companies of the usual return on equity, a year."""
STATE_SPREAD, STATE_MEMORY = 0.058, 0.83
"""Standard deviation (a year's return on equity) and quarterly autocorrelation of the state."""
SEASON_SPREAD, NOISE = 0.004, 0.006
"""Standard deviations of seasons and noise, a quarter's return on equity."""
WORST_QUARTER = -0.12
"""No quarter's return on equity is lower, so that equity stays positive."""
PAYERS, PAYOUT = 0.75, (0.3, 0.7)
"""Share of profitable companies that pay a dividend for a year, and of its profit that they pay."""
SURPRISE_UNIT = 0.017
"""About the standard deviation of a quarter's return on equity less the same quarter's a year
before."""

RATIOS = (
    "minority", "leverage", "turnover", "tax", "selling", "admin", "other_income", "fixed",
    "intangible", "goodwill", "other_assets", "cash", "receivables", "inventories", "current_debt",
    "payables", "current_other", "long_debt", "bonds",
)  # fmt: skip
"""What shapes the statements around profit and equity; standard normal here, see `ledger`."""
RATIO_MEMORY = 0.97
"""Quarterly autocorrelation of their changes."""


@dataclass(frozen=True)
class Accounts:
    """What the companies earn and own; arrays (n_quarters, n_stocks) unless said otherwise.

    The first row is a first quarter, 12 to 15 quarters before the first day; the last is the last
    quarter that ended by the last day.

    Attributes
    ----------
    period
        Quarter ends (n_quarters,), datetime64[D].
    announced
        Moment of publication, datetime64[s]; NaT where a stock lists after the last day. What
        happened before a stock listed appears on the eve of its listing.
    day
        Position of the first trading day whose close follows the publication; negative before the
        first day, n_days where it is still to come.
    profit
        The quarter's net profit of the parent, yuan.
    opening, book
        Parent's equity at the quarter's begin and end, yuan, positive.
    surprise
        (profit / opening less the same of the same quarter a year before) / `SURPRISE_UNIT`;
        about standard normal; NaN in the first year. A reader finds it from `income` and
        `balance` as first published.
    annual_loss
        Whether the quarter ends a year with a loss.
    dividend
        Yuan paid for the year that the quarter ends, all shares together; 0 in other quarters. It
        is decided with the annual report and leaves equity in the second quarter.
    restated, restated_day
        Moment of a correction (NaT: none) and its position, as `announced` and `day`.
    correction
        Revenue that the correction adds, as a share of the year's so far.
    own
        Standard normals (n_ratios, n_stocks): what is peculiar to a company, by `RATIOS`.
    drift
        Standard normals (n_ratios, n_quarters + 1, n_stocks): how that changes slowly, from one
        quarter before the first on.
    """

    period: np.ndarray
    announced: np.ndarray
    day: np.ndarray
    profit: np.ndarray
    opening: np.ndarray
    book: np.ndarray
    surprise: np.ndarray
    annual_loss: np.ndarray
    dividend: np.ndarray
    restated: np.ndarray
    restated_day: np.ndarray
    correction: np.ndarray
    own: np.ndarray
    drift: np.ndarray

    @classmethod
    def draw(cls, days: pd.DatetimeIndex, stocks: Stocks, rng: np.random.Generator) -> Accounts:
        """Random accounts over trading days.

        Parameters
        ----------
        days
            Trading days of the Shanghai calendar, ascending.
        """
        born, state, noise, payout, lag, restated, drift = rng.spawn(7)
        period, n_stocks = _quarters(days), len(stocks.codes)
        equity = stocks.first_price * stocks.total_shares
        equity /= PRICE_TO_BOOK * np.exp(born.normal(0, PRICE_TO_BOOK_SPREAD, n_stocks))
        roe = _returns_on_equity(len(period), n_stocks, born, state, noise)
        shares_paid = _payout_shares(roe.shape, payout)
        opening, book, dividend = _equity(equity, roe, shares_paid)
        profit = roe * opening
        lateness = born.beta(2.5, 1.0, n_stocks)
        announced = publication.first(days, stocks, period, lateness, lag)
        again, correction = publication.corrected(announced, restated)
        return cls(
            period=period,
            announced=announced,
            day=publication.positions(days, announced),
            profit=profit,
            opening=opening,
            book=book,
            surprise=_surprise(roe),
            annual_loss=_annual_loss(profit),
            dividend=dividend,
            restated=again,
            restated_day=publication.positions(days, again),
            correction=correction,
            own=born.standard_normal((len(RATIOS), n_stocks)),
            drift=_slow(drift, len(period) + 1, n_stocks),
        )


def year_to_date(values: np.ndarray) -> np.ndarray:
    """Sums from the start of the year of quarterly values (n_quarters, n_stocks)."""
    years = -(-len(values) // 4)
    padded = np.zeros((4 * years, *values.shape[1:]))
    padded[: len(values)] = values
    sums = padded.reshape(years, 4, *values.shape[1:]).cumsum(axis=1)
    return sums.reshape(padded.shape)[: len(values)]


def _quarters(days: pd.DatetimeIndex) -> np.ndarray:
    """Quarter ends from the first year before the simulation up to the last day."""
    first = np.datetime64(f"{days[0].year - publication.YEARS_BEFORE}-04", "M")
    after = (days[-1] + pd.Timedelta(days=1)).to_numpy().astype("datetime64[M]")
    return np.arange(first, after + 1, 3).astype("datetime64[D]") - 1


def _returns_on_equity(
    n_quarters: int,
    n_stocks: int,
    born: np.random.Generator,
    state: np.random.Generator,
    noise: np.random.Generator,
) -> np.ndarray:
    """Quarterly returns on opening equity, fractions."""
    level = born.normal(ROE, ROE_SPREAD, n_stocks)
    season = born.normal(0, SEASON_SPREAD, (4, n_stocks))
    season -= season.mean(axis=0)
    states = _autoregressive(state.standard_normal((n_quarters, n_stocks)), STATE_MEMORY)
    roe = (level + STATE_SPREAD * states) / 4 + season[np.arange(n_quarters) % 4]
    return np.maximum(roe + NOISE * noise.standard_normal(roe.shape), WORST_QUARTER)


def _autoregressive(shocks: np.ndarray, memory: float) -> np.ndarray:
    """AR(1) of variance 1 down the rows, from standard normal shocks."""
    states = shocks.copy()
    for row in range(1, len(states)):
        states[row] = memory * states[row - 1] + np.sqrt(1 - memory**2) * shocks[row]
    return states


def _slow(rng: np.random.Generator, n_quarters: int, n_stocks: int) -> np.ndarray:
    shocks = rng.standard_normal((n_quarters, len(RATIOS), n_stocks))
    return np.moveaxis(_autoregressive(shocks, RATIO_MEMORY), 0, 1)


def _payout_shares(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Share of a profit that would be paid out; 0 for those that would not."""
    pays, share = np.moveaxis(rng.random((*shape, 2)), -1, 0)
    low, high = PAYOUT
    return np.where(pays < PAYERS, low + (high - low) * share, 0.0)


def _equity(
    first: np.ndarray, roe: np.ndarray, shares_paid: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opening and closing equity, and the dividends that the years' reports decide."""
    opening, book, dividend = np.empty_like(roe), np.empty_like(roe), np.zeros_like(roe)
    equity, year = first, np.zeros_like(first)
    for row in range(len(roe)):
        opening[row] = equity
        profit = roe[row] * equity
        year = profit if row % 4 == 0 else year + profit
        if row % 4 == 3:
            dividend[row] = np.round(shares_paid[row] * np.maximum(year, 0.0), 2)
        leaves = dividend[row - 2] if row % 4 == 1 and row >= 2 else 0.0
        equity = equity + profit - leaves
        book[row] = equity
    return opening, book, dividend


def _surprise(roe: np.ndarray) -> np.ndarray:
    surprise = np.full_like(roe, np.nan)
    surprise[4:] = (roe[4:] - roe[:-4]) / SURPRISE_UNIT
    return surprise


def _annual_loss(profit: np.ndarray) -> np.ndarray:
    ends = (np.arange(len(profit)) % 4 == 3)[:, None]
    return ends & (year_to_date(profit) < 0)
