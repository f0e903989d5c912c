"""Day by day: yesterday's decisions meet today's market.

Orders decided at the close of t are filled at the close of t+1 (or at its open or average price,
variants). Sales come first and their proceeds can be spent the same day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.trading.broker import Broker
from stockcast.trading.orders import CHARGES, Costs, Order
from stockcast.trading.quotes import Fill, Quotes, tabulate
from stockcast.trading.strategy import Day, Orders, Strategy, total

__all__ = ["CHARGES", "Result", "backtest"]

_FORECASTS = ("score", "mu", "prob_up", "sigma_prob")
_AMOUNTS = ["equity", "cash", "due", "exposure", "positions"]


def _none_pending() -> pd.DataFrame:
    return pd.DataFrame({"code": pd.Series(dtype="str"), "side": pd.Series(dtype="str"),
                         "asked": pd.Series(dtype=float)})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Result:
    """What a backtest leaves.

    Attributes
    ----------
    equity : DataFrame
        One row per trading day from the first signal on: date; equity, cash and due (dividends on
        their way) in yuan at the close; exposure (share of the equity in stocks); positions
        (stocks held); turnover (half of the value bought and sold, as a fraction of the day
        before's equity); dividends before tax, by ex-date; and the day's commission, stamp_tax,
        transfer_fee, slippage and dividend_tax in yuan.
    orders : DataFrame
        The audit: one row per order with decided, date, code, side, asked, outcome ("filled",
        "filled in part" or the reason why not), shares, unfilled, price, value and the charges.
        `asked` is the yuan decided on at the close of `decided`; purchases are scaled down
        together when the cash turns out to be less.
    pending : DataFrame with the columns code, side, asked
        The orders decided at the close of the last day, in the order in which the broker gets
        them: what a longer panel's `orders` have for that day of decision.
    dividends
        Whether dividends were "paid" on their dates and taxed, or "reinvested" through the
        adjustment factor, untaxed.
    holdings : DataFrame
        What is held at the last close: code, shares, and value in yuan.
    """

    equity: pd.DataFrame
    orders: pd.DataFrame
    pending: pd.DataFrame = field(default_factory=_none_pending)
    dividends: Literal["paid", "reinvested"] = "reinvested"
    holdings: pd.DataFrame | None = None


def backtest(
    panel: pd.DataFrame | Quotes,
    signals: pd.DataFrame,
    strategy: Strategy,
    costs: Costs,
    cash: float,
    *,
    fill: Fill = "close",
    participation: float | None = None,
    dividends: pd.DataFrame | None = None,
    delisting_loss: float = 0.0,
) -> Result:
    """Trade the signals under the exchange's rules.

    Parameters
    ----------
    panel : DataFrame or Quotes
        The panel, or what `tabulate` made of it, for many backtests of one panel. Stocks not as
        traded are kept out. A stock whose rows end is valued at its last close from then on, and
        cannot be sold.
    signals : DataFrame with the columns date, code, score and optionally mu, prob_up, sigma_prob
        Forecasts made at the close of `date`; other columns, days and stocks unknown to the panel
        are ignored. On a day without signals strategies see NaN.
    costs, cash
        Broker's terms, and yuan at the start.
    fill
        Price of the day after the decision at which orders fill.
    participation
        Largest share of a stock's volume of the day that an order may be; the rest does not fill.
        None: no such limit.
    dividends : DataFrame or None
        The run's table (see `stockcast.trading.payouts.schedule`): cash on its day, taxed by the
        time held. None: dividends are reinvested through the adjustment factor.
    delisting_loss
        Fraction of its last close that a share loses on the first day without a quote, .5 and 1
        as sensitivities.

    Returns
    -------
    Result
        Dropping all rows of `panel` and `signals` after a day leaves it the same up to that day.

    Raises
    ------
    InputError
        When a column is missing, a signal is there twice or none belongs to the panel.
    """
    quotes = panel if isinstance(panel, Quotes) else tabulate(panel)
    forecasts = _spread(signals, quotes)
    known = np.isfinite(forecasts["score"]).any(axis=1)
    if not known.any():
        raise InputError("signals", "must hold scores for days and stocks of the panel")
    start = int(np.argmax(known))
    broker = Broker(
        quotes, costs, cash, fill,
        participation=participation, dividends=dividends, delisting_loss=delisting_loss,
    )  # fmt: skip
    rows = []
    pending = Orders()
    for day in range(start, len(quotes.dates)):
        broker.open_day(day)
        _fill(broker, pending)
        broker.close_day()
        value = broker.values()
        worth = total(value)
        equity = broker.cash + broker.due + worth
        exposure = worth / equity if equity else 0.0
        rows.append((equity, broker.cash, broker.due, exposure, np.count_nonzero(broker.shares)))
        seen = {name: matrix[day] for name, matrix in forecasts.items()}
        evening = Day(
            number=day - start,
            value=value,
            held=(broker.shares > 0) & quotes.quoted[day],
            suspended=quotes.suspended[day],
            age=day - broker.opened,
            cash=broker.cash,
            past=quotes.returns[: day + 1],
            **seen,
        )
        pending = _in_yuan(strategy.decide(evening), evening)
    return Result(
        _equity(rows, quotes.dates[start:], broker, cash),
        broker.ledger(),
        _as_table(pending, quotes.codes),
        "reinvested" if dividends is None else "paid",
        _holdings(broker),
    )


def _holdings(broker: Broker) -> pd.DataFrame:
    held = np.flatnonzero(broker.shares)
    codes = np.asarray(broker.quotes.codes)[held].astype(str)
    values = broker.values()[held]
    return pd.DataFrame({"code": codes, "shares": broker.shares[held], "value": values})


def _in_yuan(orders: Orders, day: Day) -> Orders:
    """The orders with the yuan they are for: whole positions, and equal parts of what that frees.

    Decided with the evening's prices, so that what is asked for is known before the next day.
    """
    raised, spent = orders.sell_value, orders.buy_value
    if raised is None:
        raised = np.full(len(orders.sell), np.inf)
    if spent is None:
        freed = day.cash + total(np.minimum(raised, day.value[orders.sell]))
        spent = np.full(len(orders.buy), freed / max(len(orders.buy), 1))
    return Orders(orders.sell, orders.buy, raised, spent)


def _fill(broker: Broker, orders: Orders) -> None:
    """Sell, then buy with the cash there is after the sales."""
    if orders.sell_value is None or orders.buy_value is None:
        return  # nothing was decided before the first day
    for stock, value in zip(orders.sell.tolist(), orders.sell_value.tolist(), strict=True):
        broker.sell(stock, value)
    enough = min(1.0, broker.cash / max(total(orders.buy_value), 1e-9))
    for stock, asked in zip(orders.buy.tolist(), orders.buy_value.tolist(), strict=True):
        broker.buy(stock, asked * enough, asked)


def _as_table(pending: Orders, codes: pd.Index) -> pd.DataFrame:
    stocks = np.r_[pending.sell, pending.buy]
    sides = np.repeat(["sell", "buy"], [len(pending.sell), len(pending.buy)])
    asked = np.r_[pending.sell_value, pending.buy_value]
    table = pd.DataFrame({"code": np.asarray(codes)[stocks], "side": sides, "asked": asked})
    return table.astype(_none_pending().dtypes)


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
    for name in _FORECASTS:
        matrix = np.full((len(quotes.dates), len(quotes.codes)), np.nan)
        if name in signals:
            matrix[day[known], stock[known]] = signals[name].to_numpy(dtype=float)[known]
        matrices[name] = matrix
    return matrices


def _equity(
    rows: list[tuple[float, ...]], dates: pd.DatetimeIndex, broker: Broker, cash: float
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=_AMOUNTS, index=dates)
    number = pd.Index(broker.quotes.dates.get_indexer(dates))
    filled = pd.DataFrame([order for order in broker.orders if order.shares], columns=Order._fields)
    by_day = filled.groupby("day")[["value", *CHARGES]].sum().reindex(number, fill_value=0.0)
    by_day = by_day.astype(float).set_axis(dates)
    paid = pd.DataFrame(broker.paid, columns=["day", "dividends", "tax"]).groupby("day").sum()
    paid = paid.reindex(number, fill_value=0.0).astype(float).set_axis(dates)
    before = table["equity"].shift(fill_value=cash)
    table["turnover"] = by_day["value"] / 2 / before
    table["dividends"] = paid["dividends"]
    by_day["dividend_tax"] += paid["tax"]
    return table.join(by_day[CHARGES]).reset_index()
