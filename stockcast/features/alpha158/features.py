"""The 158 features by Qlib's names, with their formulas.

Over the windows of 5, 10, 20, 30 and 60 rows Qlib takes whatever numbers there are, one at least;
on suspended days it has none. `lookback` is therefore the row with the first value, not the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from stockcast.features.alpha158 import values
from stockcast.features.alpha158.kernels import WINDOWS
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows

SOURCE = "Qlib 0.9.7, Alpha158; Yang et al., arXiv:2009.11189 (2020)"
_BARS = ("open", "high", "low", "close")
_ADJUSTED = ("close", "adj_factor", "suspended")
_VOLUME = ("volume", *_ADJUSTED)

SINGLE = (
    ("KMID", "candle", "(C - O) / O", _BARS),
    ("KLEN", "candle", "(H - L) / O", _BARS),
    ("KMID2", "candle", "(C - O) / (H - L)", _BARS),
    ("KUP", "candle", "(H - max(O, C)) / O", _BARS),
    ("KUP2", "candle", "(H - max(O, C)) / (H - L)", _BARS),
    ("KLOW", "candle", "(min(O, C) - L) / O", _BARS),
    ("KLOW2", "candle", "(min(O, C) - L) / (H - L)", _BARS),
    ("KSFT", "candle", "(2 C - H - L) / O", _BARS),
    ("KSFT2", "candle", "(2 C - H - L) / (H - L)", _BARS),
    ("OPEN0", "price", "O / C", ("open", "close")),
    ("HIGH0", "price", "H / C", ("high", "close")),
    ("LOW0", "price", "L / C", ("low", "close")),
    ("VWAP0", "price", "A / V / C", ("amount", "volume", "close")),
)  # fmt: skip

ROLLING = (
    ("ROC", "rolling price", "C(t-{n}) / C", _ADJUSTED, 0),
    ("MA", "rolling price", "mean(C, {n}) / C", _ADJUSTED, 1),
    ("STD", "rolling price", "std(C, {n}) / C", _ADJUSTED, 2),
    ("BETA", "rolling trend", "slope(C on time, {n}) / C", _ADJUSTED, 2),
    ("RSQR", "rolling trend", "correlation(C, time, {n})^2", _ADJUSTED, 2),
    ("RESI", "rolling trend", "(C - fit(C on time, {n})) / C", _ADJUSTED, 2),
    ("MAX", "rolling range", "max(H, {n}) / C", ("high", *_ADJUSTED), 1),
    ("MIN", "rolling range", "min(L, {n}) / C", ("low", *_ADJUSTED), 1),
    ("QTLU", "rolling rank", "quantile(C, {n}, 0.8) / C", _ADJUSTED, 1),
    ("QTLD", "rolling rank", "quantile(C, {n}, 0.2) / C", _ADJUSTED, 1),
    ("RANK", "rolling rank", "share of C(t-{n}+1..t) up to C, ties at their mean", _ADJUSTED, 1),
    ("RSV", "rolling range", "(C - min(L, {n})) / (max(H, {n}) - min(L, {n}))",
     ("high", "low", *_ADJUSTED), 1),
    ("IMAX", "rolling range", "place of the first max(H, {n}) in the window / {n}",
     ("high", *_ADJUSTED), 1),
    ("IMIN", "rolling range", "place of the first min(L, {n}) in the window / {n}",
     ("low", *_ADJUSTED), 1),
    ("IMXD", "rolling range", "IMAX{n} - IMIN{n}", ("high", "low", *_ADJUSTED), 1),
    ("CORR", "rolling volume", "correlation(C, log(V + 1), {n})", _VOLUME, 2),
    ("CORD", "rolling volume", "correlation(C / C(t-1), log(V / V(t-1) + 1), {n})", _VOLUME, 3),
    ("CNTP", "rolling moves", "mean(C > C(t-1), {n})", _ADJUSTED, 1),
    ("CNTN", "rolling moves", "mean(C < C(t-1), {n})", _ADJUSTED, 1),
    ("CNTD", "rolling moves", "CNTP{n} - CNTN{n}", _ADJUSTED, 1),
    ("SUMP", "rolling moves", "sum(max(dC, 0), {n}) / sum(|dC|, {n}), dC = C - C(t-1)",
     _ADJUSTED, 2),
    ("SUMN", "rolling moves", "sum(max(-dC, 0), {n}) / sum(|dC|, {n}), dC = C - C(t-1)",
     _ADJUSTED, 2),
    ("SUMD", "rolling moves", "SUMP{n} - SUMN{n}", _ADJUSTED, 2),
    ("VMA", "rolling volume", "mean(V, {n}) / V", _VOLUME, 1),
    ("VSTD", "rolling volume", "std(V, {n}) / V", _VOLUME, 2),
    ("WVMA", "rolling volume", "std(w, {n}) / mean(w, {n}), w = |C / C(t-1) - 1| V", _VOLUME, 3),
    ("VSUMP", "rolling volume", "sum(max(dV, 0), {n}) / sum(|dV|, {n}), dV = V - V(t-1)",
     _VOLUME, 2),
    ("VSUMN", "rolling volume", "sum(max(-dV, 0), {n}) / sum(|dV|, {n}), dV = V - V(t-1)",
     _VOLUME, 2),
    ("VSUMD", "rolling volume", "VSUMP{n} - VSUMN{n}", _VOLUME, 2),
)  # fmt: skip
"""Name, group, formula, inputs, and the first row with a value; 0: the row after the window."""


def _column(rows: Rows, at: int) -> np.ndarray:
    return rows.memo("alpha158", lambda: values.of_rows(rows))[at]


def _declared() -> Iterator[Feature]:
    about = [(*one, 1) for one in SINGLE]
    for name, group, formula, inputs, first in ROLLING:
        about += [
            (f"{name}{n}", group, formula.format(n=n), inputs, first or n + 1) for n in WINDOWS
        ]
    for at, (name, group, formula, inputs, first) in enumerate(about):
        yield Feature(
            name, "alpha158", group, formula, inputs, first, "ratio", SOURCE,
            partial(_column, at=at),
        )  # fmt: skip


FEATURES = tuple(_declared())
