"""The paper account: what the backtest's strategy would hold and order this evening.

It keeps no state of its own. The account is the backtest run anew over the panel up to the evening
and the forecasts issued so far, so its orders are those that the backtest trades, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.advice.evening import Evening
from stockcast.advice.terms import Terms
from stockcast.models.model import COLUMNS
from stockcast.trading.backtest import Result, backtest
from stockcast.trading.orders import Costs
from stockcast.trading.strategy import TopK

NO_ORDERS = pd.DataFrame(
    {
        "code": pd.Series(dtype="str"),
        "side": pd.Series(dtype="str"),
        "asked": pd.Series(dtype=float),
    }
)


@dataclass(frozen=True, eq=False)
class Account:
    """The account at the close.

    Attributes
    ----------
    equity, cash : float
        Yuan.
    orders : DataFrame
        code, side, asked (yuan; infinite: the whole position), in the order given to the broker
        the next day; `stockcast.trading.backtest.Result.pending`.
    held : frozenset of str
        Codes of the stocks in it.
    holding : float
        Mean trading days from purchase to sale of the positions closed so far; NaN: none yet.
    result : Result
        The backtest behind it.
    """

    equity: float
    cash: float
    orders: pd.DataFrame
    held: frozenset[str]
    holding: float
    result: Result


def account(evening: Evening, past: pd.DataFrame, today: pd.DataFrame, params: Terms) -> Account:
    """Live through all evenings up to this one.

    Parameters
    ----------
    evening
        Panel and dividends as they stood at its close.
    past, today
        Forecasts issued on earlier evenings, and this evening's.
    params
        As in `traded`.
    """
    columns = list(COLUMNS)
    earlier = past[past["date"] < today["date"].min()]
    signals = pd.concat([earlier[columns], today[columns]], ignore_index=True)
    result = traded(evening, signals, params)
    last = result.equity.iloc[-1]
    filled = result.orders[result.orders["shares"] > 0]
    return Account(
        equity=float(last["equity"]),
        cash=float(last["cash"]),
        orders=result.pending.reset_index(drop=True),
        held=frozenset(result.holdings["code"]),
        holding=holding_days(filled, pd.DatetimeIndex(result.equity["date"])),
        result=result,
    )


def traded(evening: Evening, signals: pd.DataFrame, params: Terms) -> Result:
    """What the run's money would have done with some forecasts, from their first day on.

    Dividends are paid on their dates where the evening has a table of them.

    Parameters
    ----------
    evening
        Panel and dividends as they stood at its close.
    signals
        Forecasts, one a day and stock.
    params
        `cash`, `top_k`, `drop`, `commission`, `slippage` and `participation`.
    """
    since = evening.panel[evening.panel["date"] >= signals["date"].min()]
    return backtest(
        since, signals, TopK(params.top_k, params.drop), costs(params), params.cash,
        participation=params.participation, dividends=evening.tables.get("dividends"),
    )  # fmt: skip


def costs(params: Terms) -> Costs:
    """The broker's terms of a run."""
    return Costs(params.commission, params.slippage)


def holding_days(filled: pd.DataFrame, days: pd.DatetimeIndex) -> float:
    """Mean trading days from a stock's purchase to its sale, positions still open left out."""
    opened: dict[str, int] = {}
    spans = []
    for order in filled.itertuples():
        day = int(days.searchsorted(order.date))
        if order.side == "buy":
            opened.setdefault(order.code, day)
        elif order.code in opened:
            spans.append(day - opened.pop(order.code))
    return float(np.mean(spans)) if spans else float("nan")
