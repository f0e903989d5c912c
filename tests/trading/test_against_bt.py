"""The same orders through another open backtester, bt, end with the same money, to the cent.

Independent of ours in everything but the orders: bt keeps cash and positions itself. Limits,
suspensions and slippage are off; what the state and the clearing house take is told to bt as its
commission.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from stockcast.trading.backtest import backtest
from stockcast.trading.broker import Costs
from stockcast.trading.strategy import EqualWeight, TopK

CASH = 1_000_000.0
STAMP, TRANSFER = 0.001, 0.00002  # of a sale; of every trade, in 2016


@pytest.fixture(scope="module")
def bt():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("bt")


def charges(quantity: float, price: float) -> float:
    """Stamp tax and transfer fee, as bt asks for them."""
    value = abs(quantity * price)
    return value * TRANSFER + (value * STAMP if quantity < 0 else 0.0)


@pytest.mark.parametrize("strategy", [TopK(6, 2), EqualWeight(every=5)], ids=["top", "equal"])
def test_the_same_orders_end_with_the_same_money(bt, panel_of, strategy):
    """Sixty days, twenty stocks: equity and cash of every day agree within a cent."""
    rng = np.random.default_rng(3)
    closes = {
        f"{600000 + stock}.SH": np.round(
            rng.uniform(5, 50) * np.cumprod(1 + rng.normal(0, 0.02, 60)), 2
        )
        for stock in range(20)
    }
    panel = panel_of(closes)
    signals = panel[["date", "code"]].assign(score=rng.normal(size=len(panel)))
    ours = backtest(panel, signals, strategy, Costs(commission=0.0, slippage=0.0), CASH)
    filled = ours.orders[ours.orders["shares"] > 0]
    assert len(filled) > 50
    signed = filled["shares"].where(filled["side"] == "buy", -filled["shares"])
    blotter = pd.DataFrame(
        {"quantity": signed.to_numpy(float), "price": filled["price"].to_numpy()},
        index=pd.MultiIndex.from_arrays(
            [filled["date"], filled["code"]], names=["Date", "Security"]
        ),
    )
    prices = panel.pivot(index="date", columns="code", values="close")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        algos = [bt.algos.ReplayTransactions("blotter")]
        theirs = bt.Backtest(
            bt.Strategy("replayed", algos), prices, initial_capital=CASH, commissions=charges,
            integer_positions=True, progress_bar=False, additional_data={"blotter": blotter, "bidoffer": prices * 0},
        )  # fmt: skip
        bt.run(theirs, progress_bar=False)
    days = ours.equity["date"]
    values = theirs.strategy.values.reindex(days).to_numpy(float)
    cash = theirs.strategy.cash.reindex(days).to_numpy(float)
    assert np.abs(values - ours.equity["equity"].to_numpy()).max() < 0.01
    assert np.abs(cash - ours.equity["cash"].to_numpy()).max() < 0.01
    fees = theirs.strategy.fees.sum()
    assert fees == pytest.approx(filled[["stamp_tax", "transfer_fee"]].sum().sum(), abs=0.01)
