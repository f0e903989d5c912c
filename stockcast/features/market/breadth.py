"""How many members rise, stand high, or hit their limits: one value a day for all stocks.

Members are those of that day's universe that traded.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.rows import Rows, ratio, where

ZWEIG = "Zweig, Winning on Wall Street (1986)"
LIMITS = "Chen, Gao, He, Jiang and Xiong, Journal of Econometrics 208 (2019)"
HIGHS = "George and Hwang, Journal of Finance 59 (2004)"
DISPERSION = "Stivers and Sun, Journal of Financial and Quantitative Analysis 45 (2010)"

TIE = 1e-9
"""Relative differences up to this are rounding: nothing rose."""

_INPUTS = ("close", "adj_factor", "in_universe", "suspended")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Shares of the day's members, and how they have been over the last days."""
    with np.errstate(all="ignore"):
        shares = _shares(rows)
        days = joined.of_market(rows, market=cross.market_return(rows), **shares)
        series = {name: days[name] for name in shares} | _rolled(days)
    return joined.spread_out(rows, "breadth", **series)


def _shares(rows: Rows) -> dict[str, np.ndarray]:
    """Columns (n_rows,) with one value a day."""
    counted, moved, close = cross.counted(rows), rows["return"], rows["adj_close"]
    up, down = _flag(moved > TIE, moved), _flag(moved < -TIE, moved)
    amount = rows["traded_amount"]
    at_top = rows["close"] >= rows["limit_up"] - 0.005
    opened = ~at_top & (rows["high"] >= rows["limit_up"] - 0.005)
    of = {
        "rising": up,
        "falling": down,
        "at_limit_up": _flag(at_top, moved),
        "at_limit_down": _flag(rows["close"] <= rows["limit_down"] + 0.005, moved),
        "failed_limit_up": _flag(opened, moved),
    }
    for n in (20, 60):
        mean = rows.mean("adj_close", n)
        of[f"above_{n}"] = _flag(close > mean * (1 + TIE), mean)
    top, bottom = rows.max("adj_close", 60), rows.min("adj_close", 60)
    of["new_high"] = _flag(close >= top * (1 - TIE), top)
    of["new_low"] = _flag(close <= bottom * (1 + TIE), bottom)
    out = {name: cross.mean(rows, x, counted) for name, x in of.items()}
    out["dispersion"] = cross.spread(rows, moved, counted)
    known = where(np.isfinite(moved), amount)
    out["riser_amount"] = ratio(
        cross.total(rows, known * up, counted), cross.total(rows, known, counted)
    )
    out["amount"] = cross.mean(rows, amount, counted)
    return out


def _flag(condition: np.ndarray, known: np.ndarray) -> np.ndarray:
    return where(np.isfinite(known), condition.astype(float))


def _rolled(days: Rows) -> dict[str, np.ndarray]:
    """Series (n_days,) of the day-level shares."""
    net = days["rising"] - days["falling"]
    volume = ratio(days["riser_amount"], 1 - days["riser_amount"])
    arms = np.log(ratio(days["rising"], days["falling"])) - np.log(volume)
    return {
        "thrust_10": days.mean("rising", 10),
        "oscillator": days.ewm(net, 2 / 20, 39) - days.ewm(net, 2 / 40, 39),
        "net_new_highs": days["new_high"] - days["new_low"],
        "net_limits_5": days.mean(days["at_limit_up"] - days["at_limit_down"], 5),
        "failed_5": days.mean("failed_limit_up", 5),
        "dispersion_20": days.mean("dispersion", 20),
        "arms_5": days.mean(where(np.isfinite(arms), arms), 5, 3),
        "amount_20": ratio(days["amount"], days.mean("amount", 20)) - 1,
        "market_5": np.exp(days.sum(np.log1p(days["market"]), 5)) - 1,
        "market_20": np.exp(days.sum(np.log1p(days["market"]), 20)) - 1,
    }


def _feature(
    name: str,
    formula: str,
    inputs: tuple[str, ...],
    lookback: int,
    units: str,
    source: str,
    series: str = "",
) -> Feature:
    make = itemgetter(f"breadth.{series or name}")
    return Feature(name, "market", "breadth", formula, inputs, lookback, units, source, make)


_SHARE, _NET = "share, 0 to 1", "share, -1 to 1"
_LIMITED = (*_INPUTS, "limit_up", "limit_down")

FEATURES = (
    _feature("breadth", "share of the day's traded members with r > 0", _INPUTS, 2, _SHARE, ZWEIG,
             "rising"),
    _feature("breadth_thrust_10", "mean over 10 days of the share of traded members with r > 0",
             _INPUTS, 11, _SHARE, ZWEIG, "thrust_10"),
    _feature("breadth_oscillator", "exponential mean (span 19) less that of span 39, from the "
             "panel's first day, of the share with r > 0 less the share with r < 0", _INPUTS, 40,
             "share", "McClellan and McClellan, Patterns for Profit (1970)", "oscillator"),
    *(
        _feature(f"above_mean_{n}", f"share of traded members with C > mean of C over {n} days",
                 _INPUTS, n, _SHARE, "Murphy, Technical Analysis of the Financial Markets (1999)",
                 f"above_{n}")
        for n in (20, 60)
    ),
    _feature("net_new_highs_60", "share of traded members at their highest C of 60 days less the "
             "share at their lowest", _INPUTS, 60, _NET, HIGHS, "net_new_highs"),
    _feature("limit_up_share", "share of traded members that close at limit-up", _LIMITED, 2,
             _SHARE, LIMITS, "at_limit_up"),
    _feature("limit_down_share", "share of traded members that close at limit-down", _LIMITED, 2,
             _SHARE, LIMITS, "at_limit_down"),
    _feature("net_limits_5", "mean over 5 days of limit_up_share - limit_down_share", _LIMITED, 6,
             _NET, LIMITS),
    _feature("failed_limit_up_5", "mean over 5 days of the share of traded members that touch "
             "limit-up and close below", (*_LIMITED, "high"), 6, _SHARE, LIMITS, "failed_5"),
    _feature("dispersion", "deviation of r over the day's traded members", _INPUTS, 2, "fraction",
             DISPERSION),
    _feature("dispersion_20", "mean over 20 days of the deviation of r over traded members",
             _INPUTS, 21, "fraction", DISPERSION),
    _feature("riser_amount", "amount of traded members with r > 0 / amount of all",
             (*_INPUTS, "amount"), 2, _SHARE, "Granville, New Key to Stock Market Profits (1963)"),
    _feature("arms_5", "mean over 5 days (at least 3) of ln((number rising / number falling) / "
             "(amount of risers / amount of others))", (*_INPUTS, "amount"), 4, "ln",
             "Arms, The Arms Index (1989)"),
    _feature("market_amount_20", "mean amount of traded members / its mean over 20 days - 1",
             ("amount", "in_universe", "suspended"), 20, "fraction",
             "Baker and Stein, Journal of Financial Markets 7 (2004)", "amount_20"),
    *(
        _feature(f"market_return_{n}", f"the market's return over {n} days", _INPUTS, n + 1,
                 "fraction", "Moskowitz, Ooi and Pedersen, Journal of Financial Economics 104 "
                 "(2012)", f"market_{n}")
        for n in (5, 20)
    ),
)  # fmt: skip
