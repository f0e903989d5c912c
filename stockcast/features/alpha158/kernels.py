"""Rolling statistics over five windows at once, compiled, of one stock.

A window is put together from shorter ones, 60 = 30 + 30 = (20 + 10) + (20 + 10) and so on down to
single rows: five windows cost seven steps a row, and no value carries rounding from rows outside
its window. `levels` holds the lengths 1, 2, 4 and then the windows, each with `HISTORY` neutral
rows before the stock's first. NaN are left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

WINDOWS = (5, 10, 20, 30, 60)
LEVELS = 8
FIRST = 3
"""Level of the shortest window."""
JOINED = np.array([[0, 0, 1], [1, 1, 2], [2, 0, 4], [3, 3, 5], [4, 4, 10], [5, 4, 20], [6, 6, 30]])
"""Of each level from the second: the levels of its newer and older part, the newer one's rows."""
HISTORY = 64

ROW, TABLE, CUBE = "float64[::1]", "float64[:, ::1]", "float64[:, :, ::1]"
SINGLES, BOUNDS, PLACE = "float32[:, ::1]", "int64[::1]", "int64"


def compiled(*takes: str) -> Callable:
    """Compile for arguments of these types when the module is imported, or load what was kept."""
    return njit(f"void({', '.join(takes)})", cache=True, nogil=True, error_model="numpy")


@compiled(CUBE, ROW, ROW)
def moves(levels, up, down):
    """Sums of moves up and down, their count, and the counts of those above zero.

    `levels` has the shape (5 or more, 8, HISTORY + n_rows).
    """
    for row in range(len(up)):
        there = not np.isnan(up[row])
        levels[0, 0, HISTORY + row] = up[row] if there else 0.0
        levels[1, 0, HISTORY + row] = down[row] if there else 0.0
        levels[2, 0, HISTORY + row] = 1.0 if there else 0.0
        levels[3, 0, HISTORY + row] = 1.0 if up[row] > 0 else 0.0
        levels[4, 0, HISTORY + row] = 1.0 if down[row] > 0 else 0.0
    for kind in range(5):
        levels[kind, :, :HISTORY] = 0.0
        for level in range(1, LEVELS):
            newer, older, shift = JOINED[level - 1]
            for at in range(HISTORY, levels.shape[2]):
                levels[kind, level, at] = levels[kind, newer, at] + levels[kind, older, at - shift]


@compiled(TABLE, TABLE, ROW, "float64", "float64")
def highest(levels, ages, x, sign, missing):
    """Largest of `sign` x and the rows since the earliest of them; -inf where there is none.

    `levels` and `ages` have the shape (8, HISTORY + n_rows); NaN count as `missing`.
    """
    levels[:, :HISTORY] = -np.inf
    ages[:, :HISTORY] = 0.0
    for row in range(len(x)):
        levels[0, HISTORY + row] = missing if np.isnan(x[row]) else sign * x[row]
        ages[0, HISTORY + row] = 0.0
    for level in range(1, LEVELS):
        newer, older, shift = JOINED[level - 1]
        new, new_age = levels[newer, HISTORY:], ages[newer, HISTORY:]
        old, old_age = levels[older, HISTORY - shift :], ages[older, HISTORY - shift :]
        out, age = levels[level, HISTORY:], ages[level, HISTORY:]
        for row in range(len(x)):
            earlier = old[row] >= new[row]
            out[row] = old[row] if earlier else new[row]
            age[row] = old_age[row] + shift if earlier else new_age[row]


@compiled(CUBE, ROW, ROW)
def moments(levels, x, y):
    """Counts, means and central sums xx, yy, xy of the rows that have both, in this order.

    `levels` has the shape (6 or more, 8, HISTORY + n_rows). Parts are joined by the update of Chan,
    Golub and LeVeque (1979): what stands still has a central sum of exactly zero.
    """
    levels[:6, :, :HISTORY] = 0.0
    for row in range(len(x)):
        both = not (np.isnan(x[row]) or np.isnan(y[row]))
        levels[0, 0, HISTORY + row] = 1.0 if both else 0.0
        levels[1, 0, HISTORY + row] = x[row] if both else 0.0
        levels[2, 0, HISTORY + row] = y[row] if both else 0.0
        levels[3, 0, HISTORY + row] = 0.0
        levels[4, 0, HISTORY + row] = 0.0
        levels[5, 0, HISTORY + row] = 0.0
    for level in range(1, LEVELS):
        new, older, shift = JOINED[level - 1]
        for at in range(HISTORY, levels.shape[2]):
            old = at - shift
            count = levels[0, new, at] + levels[0, older, old]
            share = levels[0, older, old] / count if count > 0 else 0.0
            dx = levels[1, older, old] - levels[1, new, at]
            dy = levels[2, older, old] - levels[2, new, at]
            weight = levels[0, new, at] * share
            levels[0, level, at] = count
            # A part without numbers has the means 0: the share of the other is then 0 or 1.
            whole = share == 1
            levels[1, level, at] = (
                levels[1, older, old] if whole else levels[1, new, at] + share * dx
            )
            levels[2, level, at] = (
                levels[2, older, old] if whole else levels[2, new, at] + share * dy
            )
            levels[3, level, at] = levels[3, new, at] + levels[3, older, old] + weight * dx * dx
            levels[4, level, at] = levels[4, new, at] + levels[4, older, old] + weight * dy * dy
            levels[5, level, at] = levels[5, new, at] + levels[5, older, old] + weight * dx * dy


@compiled(ROW, PLACE, ROW, "float32[::1]", "float32[::1]", "float32[::1]")
def ordered(x, days, held, high, low, rank):
    """Quantiles .8 and .2 against x, and the share of numbers up to x, ties at their mean place.

    `held`, scratch of at least `days` numbers, keeps the window in order from row to row.
    """
    held[:] = np.inf
    count = 0
    for row in range(len(x)):
        new = x[row]
        old = x[row - days] if row >= days else np.nan
        under, same, place = 0, 0, 0
        for at in range(len(held)):
            under += held[at] < new
            same += held[at] == new
            place += held[at] < old
        leaves, enters = not np.isnan(old), not np.isnan(new)
        count += enters - leaves
        if not leaves:
            place = count - enters  # the first free place
        if enters:
            under -= leaves and old < new
            same += 1 - (leaves and old == new)
            rank[row] = (under + (same + 1) / 2) / count
        else:
            under = count
            rank[row] = np.nan
        if place < under:
            for at in range(place, under):
                held[at] = held[at + 1]
        else:
            for at in range(place, under, -1):
                held[at] = held[at - 1]
        if enters or leaves:
            held[under] = new if enters else np.inf
        if count == 0:
            high[row] = low[row] = np.nan
            continue
        upper, lower = 0.8 * (count - 1), 0.2 * (count - 1)
        at, over = int(upper), min(int(upper) + 1, count - 1)
        high[row] = (held[at] + (held[over] - held[at]) * (upper - at)) / new
        at, over = int(lower), min(int(lower) + 1, count - 1)
        low[row] = (held[at] + (held[over] - held[at]) * (lower - at)) / new
