"""An evening before it has come: the run's data with bars of today that still form.

What is made of it says so everywhere, and never enters the ledger: the day's volume is only part
of a day's, its close is the last price so far, and evening tables of the day are missing.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from stockcast.advice.asking import Desk
from stockcast.advice.evening import Evening
from stockcast.data.tushare.watch import EVERYTHING
from stockcast.errors import InputError
from stockcast.market import calendar, rules

_TICK = 0.01


class Client(Protocol):
    """What fetches bars."""

    def fetch(self, name: str, **params: object) -> pd.DataFrame:
        """Rows of an interface."""
        ...


def evening_now(desk: Desk, client: Client, now: pd.Timestamp) -> Evening:
    """The evening of today as the bars stand at `now` (Shanghai time).

    Raises
    ------
    InputError
        When today is no trading day, the run's data do not end on the trading day before, or
        there are no bars of today.
    """
    today = pd.Timestamp(now).normalize().as_unit("us")
    if not len(calendar.sessions(today, today)):
        raise InputError("now", "must be on a trading day", f"{today:%F}")
    last = desk.panel["date"].max()
    if last >= today or len(calendar.sessions(last, today)) != 2:
        raise InputError(
            "the run's data", f"must end on the trading day before {today:%F}", f"{last:%F}",
            "update the data and run the stages, or leave out --now",
        )  # fmt: skip
    found = client.fetch("rt_k", ts_code=",".join(EVERYTHING))
    bars = found[(found["date"].dt.normalize() == today) & (found["volume"] > 0)]
    panel = with_bars(desk.panel, bars, today)
    return Evening.of(panel, desk.tables, today, provisional=True)


def with_bars(panel: pd.DataFrame, bars: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The panel and one more day.

    Parameters
    ----------
    panel
        Up to the trading day before `day`.
    bars
        code, open, high, low, close, pre_close, volume, amount so far; one row a stock.
    day
        Today.

    Returns
    -------
    DataFrame
        Stocks of the panel's last day each have a row. A stock without a bar is suspended. The
        factor changes where the exchange's reference price is not the close before. Membership
        and special treatment are the day before's; new listings wait for their first close.

    Raises
    ------
    InputError
        When no bar is of a stock of the panel.
    """
    new = panel[panel["date"] == panel["date"].max()].reset_index(drop=True)
    bars = bars.drop_duplicates("code").set_index("code").reindex(new["code"])
    traded = bars["close"].notna().to_numpy()
    if not traded.any():
        raise InputError("bars", "must be there for some stock of the panel", len(bars))
    before = new["close"].to_numpy(float)
    reference = np.where(traded, bars["pre_close"].to_numpy(float), before)
    step = np.where(np.abs(reference - before) >= _TICK / 2, before / reference, 1.0)
    values = {"pre_close": reference, "adj_factor": new["adj_factor"].to_numpy(float) * step}
    for name in ("open", "high", "low", "close"):
        values[name] = np.where(traded, bars[name].to_numpy(float), reference)
    for name in ("volume", "amount"):
        values[name] = np.where(traded, bars[name].to_numpy(float), 0.0)
    new = new.assign(date=day, suspended=~traded, **values)
    if "pct_chg" in new:
        new["pct_chg"] = 100 * (new["close"] / new["pre_close"] - 1)
    out = pd.concat([panel, new], ignore_index=True)
    of_day = rules.limits(out, rules.declared_free()).iloc[len(panel) :]
    out.loc[of_day.index, ["limit_up", "limit_down"]] = of_day
    return out.astype({"date": panel["date"].dtype})
