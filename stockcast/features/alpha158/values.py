"""All columns of Alpha158 of whole stocks: what is rolled over, and what is made of the windows."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from stockcast.features.alpha158.kernels import (
    BOUNDS,
    CUBE,
    FIRST,
    HISTORY,
    LEVELS,
    PLACE,
    ROW,
    SINGLES,
    TABLE,
    WINDOWS,
    compiled,
    highest,
    moments,
    moves,
    ordered,
)
from stockcast.features.rows import Rows

COLUMNS = 158
SERIES = 12
TINY = 1e-12
FLAT = 2e-5
"""Standard deviation up to which Qlib calls a window flat and gives no correlation."""
SPLIT = 2.0**12 + 1
"""Veltkamp's constant that leaves 41 of a number's 53 bits."""


def of_rows(rows: Rows) -> np.ndarray:
    """Alpha158 of the rows, in Qlib's order: float32 of shape (158, n_rows)."""
    names = ("open", "high", "low", "close", "volume", "amount")
    bars = [np.where(rows["suspended"], np.nan, rows[name]) for name in names]
    out = np.empty((COLUMNS, len(rows)), np.float32)
    rolled = np.full((SERIES, len(rows)), np.nan)
    candles(*bars, out)
    series(rows.bounds, *bars[1:5], rows["factor"], rolled)
    rolling(rolled, rows.bounds, out)
    return out


def rolling(rolled: np.ndarray, bounds: np.ndarray, out: np.ndarray) -> None:
    """Fill the columns of `out` from the 14th on, stock after stock, from what `series` gave."""
    longest = int(np.diff(bounds).max(initial=0)) + HISTORY
    scratch, time = np.empty(8 * LEVELS * longest), np.arange(longest, dtype=float)
    for start, stop in pairwise(bounds.tolist()):
        levels = scratch[: 8 * LEVELS * (stop - start + HISTORY)].reshape(8, LEVELS, -1)
        close, high, low, volume, log_volume, growth, log_growth, churn, *up_down = (
            column[start:stop] for column in rolled
        )
        days = time[: stop - start]
        moments(levels, days, close)
        trends(levels, close, out, start)
        moments(levels, close, log_volume)
        correlations(levels, out[88:93], start)
        moments(levels, growth, log_growth)
        correlations(levels, out[93:98], start)
        moments(levels, days, volume)
        spreads(levels, volume, out[128:138], start)
        moments(levels, days, churn)
        spreads(levels, volume, out[138:143], start)
        for window, rows in enumerate(WINDOWS):
            held = scratch[: -(-(rows + 1) // 4) * 4]
            ordered(close, rows, held, *(out[at + window, start:stop] for at in (53, 58, 63)))
        for side, (of, sign) in enumerate(((high, 1.0), (low, -1.0))):
            highest(levels[2 * side], levels[2 * side + 1], of, sign, -np.inf)
            highest(levels[4 + 2 * side], levels[5 + 2 * side], of, sign, np.inf)
        ranges(levels, close, out, start)
        moves(levels, *up_down[:2])
        shares(levels, out[98:128], start)
        moves(levels, *up_down[2:])
        shares(levels, out[143:158], start)


@compiled(*[ROW] * 6, SINGLES)
def candles(opened, high, low, close, volume, amount, out):
    """The first 13 columns, of the row's own prices as traded: adjustment cancels."""
    for row in range(len(close)):
        o, h, l, c = opened[row], high[row], low[row], close[row]  # noqa: E741
        span = h - l + TINY
        top = o if o > c else c + 0 * o
        bottom = o if o < c else c + 0 * o
        out[0, row] = (c - o) / o
        out[1, row] = (h - l) / o
        out[2, row] = (c - o) / span
        out[3, row] = (h - top) / o
        out[4, row] = (h - top) / span
        out[5, row] = (bottom - l) / o
        out[6, row] = (bottom - l) / span
        out[7, row] = (2 * c - h - l) / o
        out[8, row] = (2 * c - h - l) / span
        out[9, row] = o / c
        out[10, row] = h / c
        out[11, row] = l / c
        out[12, row] = amount[row] / volume[row] / c


@compiled(BOUNDS, *[ROW] * 5, TABLE)
def series(bounds, high, low, close, volume, factor, out):
    """What is rolled over: adjusted prices and volume, their logarithms and their moves.

    Prices and volume keep 41 bits: what differs by the rounding of its adjustment alone is a tie.
    """
    for row in range(len(close)):
        f = factor[row]
        for to, number in enumerate((close[row] * f, high[row] * f, low[row] * f, volume[row] / f)):
            scaled = number * SPLIT
            out[to, row] = scaled - (scaled - number)
        v = out[3, row]
        out[4, row] = math.log(v + 1) if v > -1 else np.nan
    for stock in range(len(bounds) - 1):
        for row in range(bounds[stock] + 1, bounds[stock + 1]):
            c, c1, v, v1 = out[0, row], out[0, row - 1], out[3, row], out[3, row - 1]
            growth, v_growth = c / c1, v / v1
            if abs(growth) < np.inf:
                out[5, row] = growth
                out[7, row] = abs(growth - 1) * v
            if -1 < v_growth < np.inf:
                out[6, row] = math.log(v_growth + 1)
            for to, rise in ((8, c - c1), (10, v - v1)):
                out[to, row] = rise if rise > 0 else 0 * rise
                out[to + 1, row] = -rise if rise < 0 else 0 * rise


@compiled(CUBE, ROW, SINGLES, PLACE)
def trends(levels, close, out, start):
    """ROC, MA, STD, BETA, RSQR and RESI."""
    for window in range(len(WINDOWS)):
        days = WINDOWS[window]
        count, mean_t, mean = levels[0], levels[1], levels[2]
        tt, cc, tc = levels[3], levels[4], levels[5]
        for row in range(len(close)):
            level, at, to = FIRST + window, HISTORY + row, start + row
            c, n = close[row], count[level, at]
            spread = math.sqrt(cc[level, at] / (n - 1)) if n > 1 else np.nan
            slope = tc[level, at] / tt[level, at] if n > 1 else np.nan
            fitted = mean[level, at] + slope * (row - mean_t[level, at])
            out[13 + window, to] = close[row - days] / c if row >= days else np.nan
            out[18 + window, to] = mean[level, at] / c
            out[23 + window, to] = spread / c
            out[28 + window, to] = slope / c
            out[33 + window, to] = (
                tc[level, at] * slope / cc[level, at] if spread > FLAT else np.nan
            )
            out[38 + window, to] = (c - fitted) / c


@compiled(CUBE, SINGLES, PLACE)
def correlations(levels, out, start):
    """CORR or CORD."""
    for window in range(len(WINDOWS)):
        level = FIRST + window
        for at in range(HISTORY, levels.shape[2]):
            n, xx = levels[0, level, at], levels[3, level, at]
            yy, xy = levels[4, level, at], levels[5, level, at]
            least, value = FLAT * FLAT * (n - 1), np.nan
            if n > 1 and xx > least and yy > least:
                value = min(max(xy / math.sqrt(xx * yy), -1.0), 1.0)
            out[window, start + at - HISTORY] = value


@compiled(CUBE, ROW, SINGLES, PLACE)
def spreads(levels, volume, out, start):
    """VMA and VSTD against the volume in ten rows of `out`, or WVMA against its mean in five."""
    for window in range(len(WINDOWS)):
        for row in range(len(volume)):
            level, at = FIRST + window, HISTORY + row
            n = levels[0, level, at]
            mean = levels[2, level, at] if n > 0 else np.nan
            spread = math.sqrt(levels[4, level, at] / (n - 1)) if n > 1 else np.nan
            if len(out) == 10:
                out[window, start + row] = mean / (volume[row] + TINY)
                out[5 + window, start + row] = spread / (volume[row] + TINY)
            else:
                out[window, start + row] = spread / (mean + TINY)


@compiled(CUBE, ROW, SINGLES, PLACE)
def ranges(levels, close, out, start):
    """MAX, MIN, RSV, IMAX, IMIN and IMXD."""
    for window in range(len(WINDOWS)):
        days, level = WINDOWS[window], FIRST + window
        for row in range(len(close)):
            c, at, to, there = close[row], HISTORY + row, start + row, min(days, row + 1)
            high, low = levels[0, level, at], -levels[2, level, at]
            at_high, at_low = there - levels[5, level, at], there - levels[7, level, at]
            if high == -np.inf:
                high = at_high = np.nan
            if low == np.inf:
                low = at_low = np.nan
            out[43 + window, to] = high / c
            out[48 + window, to] = low / c
            out[68 + window, to] = (c - low) / (high - low + TINY)
            out[73 + window, to] = at_high / days
            out[78 + window, to] = at_low / days
            out[83 + window, to] = (at_high - at_low) / days


@compiled(CUBE, SINGLES, PLACE)
def shares(levels, out, start):
    """SUMP, SUMN and SUMD, or their namesakes of volume, in the last 15 rows of `out`.

    Where `out` has 30, the first 15 are CNTP, CNTN and CNTD.
    """
    last = len(out) - 15
    for window in range(len(WINDOWS)):
        level = FIRST + window
        for at in range(HISTORY, levels.shape[2]):
            row, to = at - HISTORY, start + at - HISTORY
            gain, loss = levels[0, level, at], levels[1, level, at]
            both = gain + loss + TINY if levels[2, level, at] > 0 else np.nan
            out[last + window, to] = gain / both
            out[last + 5 + window, to] = loss / both
            out[last + 10 + window, to] = (gain - loss) / both
            if last:
                rises, falls = levels[3, level, at], levels[4, level, at]
                days = min(WINDOWS[window], row + 1)
                out[window, to] = rises / days
                out[5 + window, to] = falls / days
                out[10 + window, to] = (rises - falls) / days
