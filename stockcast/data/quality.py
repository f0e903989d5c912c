"""What is wrong with a panel that passed its schema: every fault counted, in one table."""

from __future__ import annotations

import numpy as np
import pandas as pd

MOVE_SLACK = 0.006  # yuan: six tenths of a tick beyond the limit
DISAGREEMENT = 0.005  # of a return: closes and factor against the official change


def report(panel: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Count the faults of a complete panel.

    Parameters
    ----------
    panel
        As `stockcast.data.sources.load` gives it, sorted by date and code.
    sessions
        Trading days of the exchange from the panel's first to its last.

    Returns
    -------
    DataFrame
        `check`, `rows` (how many rows, stocks or days are concerned), `share` (of all rows, stocks
        or days, a fraction), `note` (what it means, and the first case). A clean panel has the
        same lines, with zeros.
    """
    rows = panel.sort_values(["code", "date"], kind="stable", ignore_index=True)
    lines = [
        *_coverage(rows, sessions),
        *_prices(rows),
        *_factors(rows),
        *_universe(panel),
    ]
    return pd.DataFrame(lines, columns=["check", "rows", "share", "note"])


def _count(rows: pd.DataFrame, name: str, at: pd.Series, note: str) -> tuple:
    found = rows.loc[np.asarray(at, bool), ["date", "code"]]
    if len(found):
        first = found.sort_values(["date", "code"]).iloc[0]
        note += f"; {found.code.nunique()} stocks, first {first.code} on {first.date:%Y-%m-%d}"
    return name, len(found), len(found) / len(rows), note


def _coverage(rows: pd.DataFrame, sessions: pd.DatetimeIndex) -> list[tuple]:
    day = sessions.get_indexer(pd.DatetimeIndex(rows.date))
    absent = len(sessions) - rows.date.nunique()
    span = pd.Series(day).groupby(rows.code.to_numpy()).agg(["min", "max", "size"])
    holes = int((span["max"] - span["min"] + 1 - span["size"]).clip(lower=0).sum())
    filled = rows.suspended & rows.amount.isna()
    ended = int((span["max"] < len(sessions) - 1).sum())
    return [
        ("sessions without any row", absent, absent / len(sessions), "trading days nobody has"),
        ("missing rows", holes, holes / len(rows), "between a stock's first and last day"),
        _count(rows, "filled rows", filled, "carried flat where the source has no row"),
        _count(rows, "duplicated rows", rows.duplicated(["date", "code"]), "same date and code"),
        _count(rows, "suspended", rows.suspended, "no trade; carried flat"),
        _count(rows, "not as traded", ~rows.as_traded,
               "a vendor's adjusted prices: no rules, no VWAP, results also without them"),
        _count(rows, "amount missing", rows.amount.isna() & ~rows.suspended, "traded; how much?"),
        _count(rows, "special treatment", rows.is_st, "ST, where known"),
        ("stocks that end early", ended, ended / len(span),
         "few or none means that delisted stocks were left out: survivorship"),
    ]  # fmt: skip


def _prices(rows: pd.DataFrame) -> list[tuple]:
    traded = ~rows.suspended & rows.as_traded
    cents = rows[["open", "high", "low", "close"]].to_numpy() * 100
    off_tick = (np.abs(cents - np.round(cents)) > 1e-4).any(axis=1)
    beyond = (rows.close > rows.limit_up + MOVE_SLACK) | (rows.close < rows.limit_down - MOVE_SLACK)
    vwap = rows.amount / rows.volume.where(rows.volume > 0)
    outside = (vwap > rows.high * 1.01) | (vwap < rows.low * 0.99)
    return [
        _count(rows, "prices off the tick", off_tick, "not a multiple of 0.01 yuan"),
        _count(rows, "closes beyond the limit", traded & beyond,
               "mostly resumptions and first days whose rule is not known"),
        _count(rows, "average price outside the day", outside,
               "amount / volume above the high or below the low by more than 1 %"),
        _count(rows, "no reference price", rows.pre_close.isna(), "a stock's first day"),
    ]  # fmt: skip


def _factors(rows: pd.DataFrame) -> list[tuple]:
    same = rows.code.eq(rows.code.shift())
    step = rows.adj_factor / rows.adj_factor.shift()
    adjusted = rows.close * rows.adj_factor
    move = adjusted / adjusted.shift() - 1
    reference = rows.close / rows.pre_close - 1
    lines = [
        _count(rows, "factor falls", same & (step < 1 - 1e-9), "a revision, or a reverse split"),
        _count(rows, "factor against reference price",
               same & rows.as_traded & ((move - reference).abs() > DISAGREEMENT),
               "adjusted return and close / pre_close differ by more than 0.5 %"),
    ]  # fmt: skip
    if "pct_chg" in rows:
        apart = (move - rows.pct_chg / 100).abs() > DISAGREEMENT
        lines.append(
            _count(rows, "factor against official change", same & apart,
                   "adjusted return and the official one differ by more than 0.5 %")
        )  # fmt: skip
    return lines


def _universe(panel: pd.DataFrame) -> list[tuple]:
    size = panel.in_universe.groupby(panel.date).sum()
    stocks = panel.groupby("code").in_universe.any()
    low, high = size.idxmin(), size.idxmax()
    return [
        ("universe, smallest day", int(size.min()), float(size.min() / len(stocks)),
         f"members on {low:%Y-%m-%d}"),
        ("universe, largest day", int(size.max()), float(size.max() / len(stocks)),
         f"members on {high:%Y-%m-%d}"),
        ("never members", int((~stocks).sum()), float((~stocks).mean()),
         "stocks that are never ranked"),
    ]  # fmt: skip
