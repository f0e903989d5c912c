"""Rolling kernels over the rows of whole stocks, compiled.

All take `x` (float64, stock after stock), `bounds` (stock i has the rows bounds[i] to
bounds[i + 1] - 1), a window in rows and the least numbers in it. NaN are left out. Each window is
evaluated afresh from its own rows: running sums would be faster and would carry rounding from the
stock's whole past into every value.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FLAT = 1e-22
"""Variance relative to the squared mean below which the spread is rounding: nothing moved."""


@njit(
    [f"void({kind}[::1], int64[::1], float32[::1])" for kind in ("float64", "float32")],
    cache=True,
    nogil=True,
)
def pick(x, places, out):
    """The values at `places` into `out`, in its precision; what is not finite becomes one NaN."""
    for row in range(len(places)):
        value = x[places[row]]
        out[row] = value if np.isfinite(np.float32(value)) else np.nan


@njit(["void(float32[:, ::1], int32[::1])"], cache=True, nogil=True)
def reorder(columns, places):
    """Each column in another order, in its own memory: a second table might not fit."""
    held = np.empty(len(places), np.float32)
    for column in range(len(columns)):
        for row in range(len(places)):
            held[row] = columns[column, places[row]]
        columns[column] = held


@njit(cache=True, nogil=True)
def lag(x, bounds, days):
    """The value `days` rows before in the same stock."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        for row in range(bounds[stock] + days, bounds[stock + 1]):
            out[row] = x[row - days]
    return out


@njit(cache=True, nogil=True)
def rolling_sum(x, bounds, days, least):
    """Sum."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            total, count = 0.0, 0
            for at in range(max(begin, row - days + 1), row + 1):
                if not np.isnan(x[at]):
                    total += x[at]
                    count += 1
            if count >= least:
                out[row] = total
    return out


@njit(cache=True, nogil=True)
def rolling_mean(x, bounds, days, least):
    """Mean."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            total, count = 0.0, 0
            for at in range(max(begin, row - days + 1), row + 1):
                if not np.isnan(x[at]):
                    total += x[at]
                    count += 1
            if count >= max(least, 1):
                out[row] = total / count
    return out


@njit(cache=True, nogil=True)
def _moments(x, first, last):
    """Count, mean, and central sums of powers 2, 3 and 4; the squares' sum 0 if nothing moved."""
    total, count = 0.0, 0
    for at in range(first, last):
        if not np.isnan(x[at]):
            total += x[at]
            count += 1
    if count == 0:
        return 0, np.nan, 0.0, 0.0, 0.0
    mean = total / count
    two, three, four = 0.0, 0.0, 0.0
    for at in range(first, last):
        if not np.isnan(x[at]):
            away = x[at] - mean
            two += away * away
            three += away * away * away
            four += away * away * away * away
    if two <= FLAT * count * mean * mean:
        two = 0.0
    return count, mean, two, three, four


@njit(cache=True, nogil=True)
def rolling_std(x, bounds, days, least):
    """Sample standard deviation."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, _, two, _, _ = _moments(x, max(begin, row - days + 1), row + 1)
            if count >= max(least, 2):
                out[row] = np.sqrt(two / (count - 1))
    return out


@njit(cache=True, nogil=True)
def rolling_skew(x, bounds, days, least):
    """Skewness g1."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, _, two, three, _ = _moments(x, max(begin, row - days + 1), row + 1)
            if count >= max(least, 3) and two > 0:
                out[row] = (three / count) / (two / count) ** 1.5
    return out


@njit(cache=True, nogil=True)
def rolling_kurtosis(x, bounds, days, least):
    """Excess kurtosis g2."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, _, two, _, four = _moments(x, max(begin, row - days + 1), row + 1)
            if count >= max(least, 4) and two > 0:
                out[row] = (four / count) / (two / count) ** 2 - 3.0
    return out


@njit(cache=True, nogil=True)
def rolling_max(x, bounds, days, least):
    """Largest."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            best, count = -np.inf, 0
            for at in range(max(begin, row - days + 1), row + 1):
                if not np.isnan(x[at]):
                    best = max(best, x[at])
                    count += 1
            if count >= max(least, 1):
                out[row] = best
    return out


@njit(cache=True, nogil=True)
def rolling_min(x, bounds, days, least):
    """Smallest."""
    return -rolling_max(-x, bounds, days, least)


@njit(cache=True, nogil=True)
def rolling_rank(x, bounds, days, least):
    """Share of the window that is lower than its last, ties counted half."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            if np.isnan(x[row]):
                continue
            lower, same, count = 0, 0, 0
            for at in range(max(begin, row - days + 1), row + 1):
                if not np.isnan(x[at]):
                    count += 1
                    lower += x[at] < x[row]
                    same += x[at] == x[row]
            if count >= least:
                out[row] = (lower + 0.5 * same) / count
    return out


@njit(cache=True, nogil=True)
def _joint(x, y, first, last):
    """Count and central sums xx, yy, xy over the rows that have both."""
    count, sum_x, sum_y = 0, 0.0, 0.0
    for at in range(first, last):
        if not (np.isnan(x[at]) or np.isnan(y[at])):
            count += 1
            sum_x += x[at]
            sum_y += y[at]
    if count == 0:
        return 0, 0.0, 0.0, 0.0
    mean_x, mean_y = sum_x / count, sum_y / count
    xx, yy, xy = 0.0, 0.0, 0.0
    for at in range(first, last):
        if not (np.isnan(x[at]) or np.isnan(y[at])):
            dx, dy = x[at] - mean_x, y[at] - mean_y
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
    tiny = FLAT * count
    if xx <= tiny * mean_x * mean_x:
        xx = 0.0
    if yy <= tiny * mean_y * mean_y:
        yy = 0.0
    return count, xx, yy, xy


@njit(cache=True, nogil=True)
def rolling_correlation(x, y, bounds, days, least):
    """Correlation."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, xx, yy, xy = _joint(x, y, max(begin, row - days + 1), row + 1)
            if count >= max(least, 3) and xx > 0 and yy > 0:
                out[row] = min(max(xy / np.sqrt(xx * yy), -1.0), 1.0)
    return out


@njit(cache=True, nogil=True)
def rolling_beta(y, x, bounds, days, least):
    """Slope of y on x."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, xx, _, xy = _joint(x, y, max(begin, row - days + 1), row + 1)
            if count >= max(least, 3) and xx > 0:
                out[row] = xy / xx
    return out


@njit(cache=True, nogil=True)
def _against_time(x, first, last):
    """Count and central sums tt, yy, ty against the row number."""
    count, sum_t, sum_y = 0, 0.0, 0.0
    for at in range(first, last):
        if not np.isnan(x[at]):
            count += 1
            sum_t += at - first
            sum_y += x[at]
    if count == 0:
        return 0, 0.0, 0.0, 0.0
    mean_t, mean_y = sum_t / count, sum_y / count
    tt, yy, ty = 0.0, 0.0, 0.0
    for at in range(first, last):
        if not np.isnan(x[at]):
            dt, dy = (at - first) - mean_t, x[at] - mean_y
            tt += dt * dt
            yy += dy * dy
            ty += dt * dy
    if yy <= FLAT * count * mean_y * mean_y:
        yy, ty = 0.0, 0.0
    return count, tt, yy, ty


@njit(cache=True, nogil=True)
def rolling_slope(x, bounds, days, least):
    """Slope a row."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, tt, _, ty = _against_time(x, max(begin, row - days + 1), row + 1)
            if count >= max(least, 2):
                out[row] = ty / tt
    return out


@njit(cache=True, nogil=True)
def rolling_trend_fit(x, bounds, days, least):
    """Squared correlation with time, signed by the slope; 0 if nothing moved."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        begin = bounds[stock]
        for row in range(begin, bounds[stock + 1]):
            count, tt, yy, ty = _against_time(x, max(begin, row - days + 1), row + 1)
            if count >= max(least, 3):
                out[row] = ty * abs(ty) / (tt * yy) if yy > 0 else 0.0
    return out


@njit(cache=True, nogil=True)
def ewm(x, bounds, alpha, least):
    """Recursive average from the first number on."""
    out = np.full(len(x), np.nan)
    for stock in range(len(bounds) - 1):
        mean, count = 0.0, 0
        for row in range(bounds[stock], bounds[stock + 1]):
            if np.isnan(x[row]):
                continue
            mean = x[row] if count == 0 else mean + alpha * (x[row] - mean)
            count += 1
            if count >= least:
                out[row] = mean
    return out


@njit(cache=True, nogil=True)
def since(flag, bounds):
    """Rows since the flag was last non-zero."""
    out = np.full(len(flag), np.nan)
    for stock in range(len(bounds) - 1):
        last = -1
        for row in range(bounds[stock], bounds[stock + 1]):
            if flag[row] > 0:
                last = row
            if last >= 0:
                out[row] = row - last
    return out


@njit(cache=True, nogil=True)
def filled(x, bounds):
    """NaN replaced by the latest number before."""
    out = x.copy()
    for stock in range(len(bounds) - 1):
        for row in range(bounds[stock] + 1, bounds[stock + 1]):
            if np.isnan(out[row]):
                out[row] = out[row - 1]
    return out
