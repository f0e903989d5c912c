"""Day by day: yesterday's decisions meet today's market.

Orders decided at the close of t are filled at the close of t+1 (or its open, a variant). Sales
come first and their proceeds can be spent the same day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.trading.broker import Broker, Costs, Fill
from stockcast.trading.quotes import Quotes, tabulate
from stockcast.trading.strategy import Day, Orders, Strategy, total

HELD = ["code", "shares", "value"]
CHARGES = ["commission", "stamp_tax", "transfer_fee", "slippage"]


@dataclass(frozen=True, eq=False)
class Result:
    """What a backtest leaves.

    Attributes
    ----------
    equity : DataFrame
        One row per trading day from the first signal on: date; equity and cash in yuan at the
        close; exposure (share of the equity in stocks); positions (stocks held); turnover (half of
        the value bought and sold, as a fraction of the day before's equity); and the day's
        commission, stamp_tax, transfer_fee and slippage in yuan.
    orders : DataFrame
        The audit: one row per order with decided, date, code, side, asked, outcome ("filled" or
        the reason why not), shares, price, value and the charges.
    pending : DataFrame
        The orders decided at the last day's close, in the order in which the broker is given them
        the day after: code, side, and asked, the yuan to raise or to spend. Infinite: the whole
        position; NaN: an equal part of the cash that there will be after the sales.
    holdings : DataFrame
        What is held at the last close: code, shares, and value in yuan.
    """

    equity: pd.DataFrame
    orders: pd.DataFrame
    pending: pd.DataFrame = field(default_factory=lambda: _pending(Orders(), pd.Index([])))
    holdings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=HELD))


def backtest(
    panel: pd.DataFrame,
    signals: pd.DataFrame,
    strategy: Strategy,
    costs: Costs,
    cash: float,
    *,
    fill: Fill = "close",
    participation: float | None = None,
    delisting: float = 0.0,
) -> Result:
    """Trade the signals under the exchange's rules.

    Parameters
    ----------
    panel : DataFrame
        The panel. Stocks not as traded are kept out. A stock whose rows end is valued at its last
        close from then on, and cannot be sold.
    signals : DataFrame with the columns date, code, score and optionally prob_up, sigma_prob
        Forecasts made at the close of `date`; other columns, days and stocks unknown to the panel
        are ignored. On a day without signals strategies see NaN.
    costs, cash
        Broker's terms, and yuan at the start.
    fill
        Price of the day after the decision at which orders fill: its close, open or mean price.
    participation, delisting
        See `Broker`: largest share of a day's volume, and what a stock loses when its rows end.

    Returns
    -------
    Result
        Dropping all rows of `panel` and `signals` after a day leaves it the same up to that day.

    Raises
    ------
    InputError
        When a column is missing, a signal is there twice or none belongs to the panel.
    """
    quotes = tabulate(panel)
    forecasts = _spread(signals, quotes)
    known = np.isfinite(forecasts["score"]).any(axis=1)
    if not known.any():
        raise InputError("signals", "must hold scores for days and stocks of the panel")
    start = int(np.argmax(known))
    limits = {"participation": participation, "delisting": delisting}
    broker = Broker(quotes, costs, cash, fill, **limits)
    rows = []
    pending = Orders()
    for day in range(start, len(quotes.dates)):
        broker.open_day(day)
        _fill(broker, pending)
        broker.close_day()
        value = broker.values()
        rows.append((broker.cash + total(value), broker.cash, np.count_nonzero(broker.shares)))
        seen = {name: matrix[day] for name, matrix in forecasts.items()}
        pending = strategy.decide(
            Day(
                number=day - start,
                value=value,
                held=(broker.shares > 0) & quotes.quoted[day],
                stuck=(broker.shares > 0) & quotes.suspended[day],
                age=day - broker.opened,
                cash=broker.cash,
                **seen,
            )
        )
    orders = broker.ledger()
    equity = _equity(rows, quotes.dates[start:], orders, cash)
    return Result(equity, orders, _pending(pending, quotes.codes), _holdings(broker))


def _pending(orders: Orders, codes: pd.Index) -> pd.DataFrame:
    """Orders as a table, in the order in which the broker is given them."""
    raised = np.full(len(orders.sell), np.inf) if orders.sell_value is None else orders.sell_value
    spent = np.full(len(orders.buy), np.nan) if orders.buy_value is None else orders.buy_value
    return pd.DataFrame(
        {
            "code": codes[np.concatenate([orders.sell, orders.buy])].astype("str"),
            "side": pd.Series(["sell"] * len(raised) + ["buy"] * len(spent), dtype="str"),
            "asked": np.concatenate([raised, spent]),
        }
    )


def _holdings(broker: Broker) -> pd.DataFrame:
    held = np.flatnonzero(broker.shares)
    return pd.DataFrame(
        {
            "code": broker.quotes.codes[held].astype("str"),
            "shares": broker.shares[held],
            "value": broker.values()[held],
        }
    )


def _fill(broker: Broker, orders: Orders) -> None:
    """Sell, then buy with the cash there is after the sales."""
    raised = np.full(len(orders.sell), np.inf) if orders.sell_value is None else orders.sell_value
    for stock, value in zip(orders.sell.tolist(), raised.tolist(), strict=True):
        broker.sell(stock, value)
    if orders.buy_value is None:
        budgets = np.full(len(orders.buy), broker.cash / max(len(orders.buy), 1))
    else:
        budgets = orders.buy_value * min(1.0, broker.cash / max(orders.buy_value.sum(), 1e-9))
    for stock, budget in zip(orders.buy.tolist(), budgets.tolist(), strict=True):
        broker.buy(stock, budget)


def _spread(signals: pd.DataFrame, quotes: Quotes) -> dict[str, np.ndarray]:
    """The signals as matrices of days x stocks, NaN where there is none."""
    for column in ("date", "code", "score"):
        if column not in signals:
            raise InputError("signals", f"must have the column {column}", list(signals.columns))
    if signals.duplicated(["date", "code"]).any():
        raise InputError("signals", "must hold each date and code once")
    day = quotes.dates.get_indexer(signals["date"])
    stock = quotes.codes.get_indexer(signals["code"])
    known = (day >= 0) & (stock >= 0)
    matrices = {}
    for name in ("score", "prob_up", "sigma_prob"):
        matrix = np.full((len(quotes.dates), len(quotes.codes)), np.nan)
        if name in signals:
            matrix[day[known], stock[known]] = signals[name].to_numpy(dtype=float)[known]
        matrices[name] = matrix
    return matrices


def _equity(
    rows: list[tuple[float, float, int]], dates: pd.DatetimeIndex, orders: pd.DataFrame, cash: float
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["equity", "cash", "positions"], index=dates)
    filled = orders[orders["shares"] > 0]
    by_day = filled.groupby("date")[["value", *CHARGES]].sum().reindex(dates, fill_value=0.0)
    before = table["equity"].shift(fill_value=cash)
    table.insert(2, "exposure", 1 - table["cash"] / table["equity"])
    table["turnover"] = by_day["value"] / 2 / before
    return table.join(by_day[CHARGES]).reset_index()
