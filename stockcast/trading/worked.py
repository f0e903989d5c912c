"""Single orders through the rules, small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.market import rules
from stockcast.trading.broker import Broker
from stockcast.trading.orders import Costs
from stockcast.trading.quotes import Quotes, tabulate


def round_trip(
    cash: float,
    bought: float,
    sold: float,
    *,
    code: str,
    dates: tuple[str, str],
    costs: Costs,
    board: str = "main",
) -> pd.DataFrame:
    """All the cash into one stock on a day, tried to sell at once, and sold the next day.

    Parameters
    ----------
    cash, bought, sold
        Yuan to begin with; prices of the first and of the second day.
    code, dates, board
        Decide which fees hold.

    Returns
    -------
    DataFrame, one row for each of the three orders
        date, side, outcome, shares, price, value, the charges and cash (after the order), in
        yuan. Nothing is sold where nothing could be bought.
    """
    panel = pd.DataFrame({"date": pd.to_datetime(dates), "close": [bought, sold]}).assign(
        code=code, open=lambda rows: rows["close"], limit_up=np.nan, limit_down=np.nan,
        suspended=False, as_traded=True, adj_factor=1.0, board=board,
    )  # fmt: skip
    broker = Broker(tabulate(panel), costs, cash)
    left = []
    broker.open_day(0)
    broker.buy(0, cash)
    left.append(broker.cash)
    broker.sell(0)
    left.append(broker.cash)
    broker.close_day()
    broker.open_day(1)
    broker.sell(0)
    left.append(broker.cash)
    left_out = ["decided", "code", "asked", "unfilled", "dividend_tax"]
    return broker.ledger().drop(columns=left_out).assign(cash=left)


def round_trip_cost(
    values: Sequence[float], costs: Costs, date: str | pd.Timestamp, market: str = "SZ"
) -> pd.Series:
    """What buying and selling again takes, as a fraction of the value, by the size of the order.

    Parameters
    ----------
    values
        Yuan traded each way, the price unchanged.
    date, market
        Decide which tax and fees hold; a fee on par value is left out.

    Returns
    -------
    Series indexed by the values
        Two commissions with their minimum, stamp tax, two transfer fees, two slippages.
    """
    values = np.asarray(values, dtype=float)
    commission = costs.commission * values
    if costs.commission:
        commission = np.maximum(commission, rules.commission_minimum(date))
    tax = rules.stamp_tax("buy", date) + rules.stamp_tax("sell", date)
    fee = rules.transfer_fee(market, date).of_value
    each_way = commission / values + fee + costs.slippage
    return pd.Series(2 * each_way + tax, index=pd.Index(values, name="value"))


def smallest_order(quotes: Quotes, costs: Costs) -> pd.DataFrame:
    """Yuan that the smallest purchase the board allows takes at the close, all charges included.

    Returns
    -------
    DataFrame of shape (n_days, n_stocks), indexed by date, columns codes
        NaN where the stock is not quoted.
    """
    value = quotes.close * (1 + costs.slippage) * quotes.lot_minimum
    commission = value * costs.commission
    if costs.commission:
        commission = np.maximum(commission, quotes.commission_minimum[:, None])
    fees = value * (quotes.stamp_buy[:, None] + quotes.fee_of_value)
    fees += quotes.fee_of_par * quotes.lot_minimum
    return pd.DataFrame(value + commission + fees, index=quotes.dates, columns=quotes.codes)
