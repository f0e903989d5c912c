"""Returns over calendar months, quarters and years, stock by stock, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def to_date(price, bounds, period):
    """Return since the last price of the period before; since the stock's first if younger."""
    out = np.full(len(price), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        base = begin
        for row in range(begin, bounds[stock + 1]):
            if row > begin and period[row] != period[row - 1]:
                base = row - 1
            if price[base] != 0:
                out[row] = price[row] / price[base] - 1
    return out


@njit(cache=True, nogil=True)
def period_before(price, bounds, period):
    """Return of the whole period before the row's; NaN where the stock has no price before it."""
    out = np.full(len(price), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        first, last = -1, -1  # last rows of the two periods before
        for row in range(begin, bounds[stock + 1]):
            if row > begin and period[row] != period[row - 1]:
                first, last = last, row - 1
            if first >= 0 and price[first] != 0:
                out[row] = price[last] / price[first] - 1
    return out


@njit(cache=True, nogil=True)
def same_month(price, bounds, period, years):
    """Mean return of the row's calendar month in the `years` years before, those there are.

    `period` is year x 12 + month - 1, ascending within a stock. The month a stock begins in is
    incomplete and left out.
    """
    out = np.full(len(price), np.nan)
    for stock in range(len(bounds) - 1):
        begin, end = bounds[stock], bounds[stock + 1]
        if begin == end:
            continue
        first = period[begin]
        of_month = np.full(period[end - 1] - first + 1, np.nan)
        base = -1
        for row in range(begin, end):
            month = period[row]
            if row > begin and month != period[row - 1]:
                if base >= 0 and price[base] != 0:
                    of_month[period[row - 1] - first] = price[row - 1] / price[base] - 1
                base = row - 1
            total, count = 0.0, 0
            for back in range(1, years + 1):
                place = month - 12 * back - first
                if place >= 0 and not np.isnan(of_month[place]):
                    total += of_month[place]
                    count += 1
            if count > 0:
                out[row] = total / count
    return out


@njit(cache=True, nogil=True)
def same_weekday(value, bounds, own, ahead, days, least):
    """Mean of `value` over those of the last `days` rows whose `own` weekday is the row's `ahead`.

    NaN in the stock's first `days` - 1 rows, and with less than `least` numbers.
    """
    out = np.full(len(value), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin + days - 1, bounds[stock + 1]):
            total, count = 0.0, 0
            for at in range(row - days + 1, row + 1):
                if own[at] == ahead[row] and not np.isnan(value[at]):
                    total += value[at]
                    count += 1
            if count >= least:
                out[row] = total / count
    return out


@njit(cache=True, nogil=True)
def since_long_ago(price, bounds, skipped, days, least):
    """Return from up to `days` rows ago to `skipped` rows ago, from the first row if younger.

    NaN in the stock's first `least` - 1 rows.
    """
    out = np.full(len(price), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin + least - 1, bounds[stock + 1]):
            base = max(begin, row - days)
            if price[base] != 0:
                out[row] = price[row - skipped] / price[base] - 1
    return out
