"""How a panel's closes agree with the price limits of the rules, and why some do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market import rules

SETTLED = 5
"""Trading days since listing after which no rule leaves a stock free of limits."""

LONG = 20  # trading days without a trade that make a resumption one "after a long suspension"

OPENED = "limit opened"
SHORT = "stopped one tick short"
RESUMED = "resumed after a long suspension"
SPECIAL = "special treatment doubtful"


@dataclass(frozen=True)
class Agreement:
    """Closes against limits.

    Attributes
    ----------
    rows
        Closes looked at: as traded, of stocks that traded, listed over `SETTLED` days ago, with a
        reference price.
    at_limit, one_tick, beyond
        How many closed at a limit, one tick inside it, and beyond it.
    exceptions
        One row per close beyond or one tick inside: date, code, close, limit, ticks (beyond the
        limit; -1 is one tick inside) and reason; an empty reason is none found.
    """

    rows: int
    at_limit: int
    one_tick: int
    beyond: int
    exceptions: pd.DataFrame

    @property
    def beyond_share(self) -> float:
        """Closes beyond the limit, a fraction of `rows`."""
        return self.beyond / self.rows

    @property
    def equal_share(self) -> float:
        """Closes equal to the limit among those within a tick, as far as the limit is in doubt.

        A close one tick inside on a day whose own high or low is the limit proves the limit right
        (the lock opened), so it is left out.
        """
        doubtful = (self.exceptions["reason"] != OPENED) & self.exceptions["ticks"].abs().eq(1)
        return self.at_limit / (self.at_limit + int(doubtful.sum()))


def agreement(panel: pd.DataFrame) -> Agreement:
    """Compare a completed panel's closes with the limits of the dated rules.

    Parameters
    ----------
    panel
        As `stockcast.data.completion.complete` returns it.

    Returns
    -------
    Agreement
        Reasons, the first that holds: the exchange's declaration (`rules.declared_free`: relisted,
        share reform, new shares); `limit opened`, the day's high or low is the limit itself;
        `stopped one tick short`, the day's high or low lies one tick inside too, as one also lies
        two or three ticks inside on about as many days; `special treatment doubtful`, beyond the
        5 % of a stock flagged as special but within the ordinary limit; `resumed after a long
        suspension`, no trade for 20 sessions before.
    """
    rows = panel.sort_values(["code", "date"], kind="stable", ignore_index=True)
    rows[["limit_up", "limit_down"]] = rules.limits(rows)
    rows[["usual_up", "usual_down"]] = rules.limits(rows.assign(is_st=False))
    quiet = _days_without_trade(rows)
    old = ~(rules.days_listed(rows) <= SETTLED)
    looked = rows["as_traded"] & _traded(rows) & rows["limit_up"].notna() & old
    rows, quiet = rows[looked], quiet[looked]
    up, down = _ticks(rows["limit_up"]), _ticks(rows["limit_down"])
    close = _ticks(rows["close"])
    nearer_up = np.abs(close - up) <= np.abs(close - down)
    ticks = np.where(nearer_up, close - up, down - close)  # above zero: beyond the limit
    odd = (ticks == -1) | (ticks > 0)
    return Agreement(
        rows=len(rows),
        at_limit=int((ticks == 0).sum()),
        one_tick=int((ticks == -1).sum()),
        beyond=int((ticks > 0).sum()),
        exceptions=_explained(rows[odd], ticks[odd], nearer_up[odd], quiet[odd]),
    )


def _explained(
    rows: pd.DataFrame, ticks: np.ndarray, nearer_up: np.ndarray, quiet: np.ndarray
) -> pd.DataFrame:
    """The exceptions with the first reason that holds for each."""
    limit = np.where(nearer_up, rows["limit_up"], rows["limit_down"])
    extreme = np.where(nearer_up, rows["high"], rows["low"])
    touched = _ticks(extreme) == _ticks(limit)
    half = rules.TICK / 2
    within = rows["close"].between(rows["usual_down"] - half, rows["usual_up"] + half)
    free = rules.declared_free().set_index(["date", "code"])["reason"]
    keys = pd.MultiIndex.from_frame(rows[["date", "code"]])
    declared = free.reindex(keys).fillna("").to_numpy(str)
    beyond = ticks > 0
    reason = np.select(
        [
            declared != "", (ticks == -1) & touched, ticks == -1,
            beyond & rows["is_st"] & within, beyond & (quiet >= LONG),
        ],
        [declared, OPENED, SHORT, SPECIAL, RESUMED],
        default="",
    )  # fmt: skip
    found = rows[["date", "code", "close"]].assign(limit=limit, ticks=ticks, reason=reason)
    return found.sort_values(["date", "code"], ignore_index=True)


def _traded(rows: pd.DataFrame) -> pd.Series:
    return ~rows["suspended"] & rows["volume"].gt(0)


def _days_without_trade(rows: pd.DataFrame) -> np.ndarray:
    """Trading days since the stock's last trade before each row, inf before its first."""
    day = np.unique(rows["date"], return_inverse=True)[1]
    last = pd.Series(day, dtype=float).where(_traded(rows).to_numpy())
    code = rows["code"]
    before = last.groupby(code).ffill().groupby(code).shift()
    return (day - before - 1).fillna(np.inf).to_numpy()


def _ticks(prices: pd.Series | np.ndarray) -> np.ndarray:
    return np.rint(np.asarray(prices, dtype=float) / rules.TICK)
