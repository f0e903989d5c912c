"""The same orders through bt, another open backtester, with the exchange's rules off."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest

from stockcast.trading.backtest import Result, backtest
from stockcast.trading.orders import Costs
from stockcast.trading.quotes import Quotes, tabulate
from stockcast.trading.strategy import EqualWeight, SigmaGated, TopK

with warnings.catch_warnings():  # its own imports use what others have deprecated
    warnings.simplefilter("ignore")
    bt = pytest.importorskip("bt")

CASH = 1e6


@pytest.fixture(scope="module")
def market() -> pd.DataFrame:
    """120 days of thirty random walks in whole fen, without any corporate action."""
    rng = np.random.default_rng(4)
    dates = pd.date_range("2016-01-04", periods=120, freq="B", name="date")
    walks = rng.choice([3.0, 12.0, 80.0], 30) * np.cumprod(1 + rng.normal(0, 0.03, (120, 30)), 0)
    codes = [f"{number:06d}.SZ" for number in range(1, 31)]
    return pd.DataFrame(walks.round(2), dates, codes)


def _untaxed(prices: pd.DataFrame) -> Quotes:
    """Quotes of a panel with no limits, and the dated tax and fee set to nothing."""
    rows = prices.rename_axis(columns="code").stack().rename("close").reset_index()
    panel = rows.assign(
        open=rows["close"], limit_up=np.nan, limit_down=np.nan, suspended=False, as_traded=True,
        adj_factor=1.0, board="main",
    )  # fmt: skip
    quotes = tabulate(panel)
    names = ("stamp_sell", "stamp_buy", "fee_of_value", "fee_of_par")
    return dataclasses.replace(quotes, **{name: 0 * getattr(quotes, name) for name in names})


def _ours(prices: pd.DataFrame, strategy, costs: Costs) -> Result:
    rng = np.random.default_rng(5)
    quotes = _untaxed(prices)
    signals = pd.MultiIndex.from_product([prices.index, prices.columns], names=["date", "code"])
    signals = signals.to_frame(index=False)
    signals = signals.assign(score=rng.normal(size=len(signals)), prob_up=rng.random(len(signals)))
    return backtest(quotes, signals.assign(sigma_prob=0.05), strategy, costs, CASH)


def _executed(prices: pd.DataFrame, orders: pd.DataFrame, fee=lambda value: 0.0) -> pd.DataFrame:
    """What the evenings ordered, in yuan, as shares at the next close: nothing of our broker's.

    Sales first; then purchases in their order, each of its share of the cash where that is less
    than what was asked for together. Whole lots of 100, but a whole position is sold as it is.
    """
    cash, held, rows = CASH, dict.fromkeys(prices.columns, 0), []
    for day, asked in orders.groupby("date"):
        wanted, part = asked.loc[asked["side"] == "buy", "asked"].sum(), None
        for one in asked.sort_values("side", ascending=False, kind="stable").itertuples():
            price = prices.loc[day, one.code]
            if one.side == "sell":
                lots = held[one.code] if one.asked > held[one.code] * price else one.asked / price
                shares = held[one.code] if lots == held[one.code] else 100 * int(lots / 100 + 1e-9)
            else:
                part = min(1.0, cash / wanted) if part is None else part
                budget = min(one.asked * part, cash)
                shares = 100 * int(budget / (100 * price) + 1e-9)
                while shares and shares * price + fee(shares * price) > budget + 1e-6:
                    shares -= 100
            signed = shares if one.side == "buy" else -shares
            held[one.code] += signed
            cash -= signed * price + (fee(shares * price) if shares else 0.0)
            rows.append((day, one.code, one.side, shares, price))
    return pd.DataFrame(rows, columns=["date", "code", "side", "shares", "price"])


def _theirs(prices: pd.DataFrame, orders: pd.DataFrame, commissions=None):
    """Orders in shares, executed by bt: value and cash of its account by day."""
    filled = orders[orders["shares"] > 0]
    signed = np.where(filled["side"] == "buy", 1, -1) * filled["shares"]
    index = pd.MultiIndex.from_arrays([filled["date"], filled["code"]], names=["Date", "Security"])
    replayed = pd.DataFrame(
        {"quantity": signed.to_numpy(float), "price": filled["price"].to_numpy()}, index
    )
    no_spread = pd.DataFrame(0.0, prices.index, prices.columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = bt.Strategy(
            "replayed", [bt.algos.ReplayTransactions("orders")], children=list(prices.columns)
        )
        run = bt.Backtest(
            told, prices, initial_capital=CASH, commissions=commissions, progress_bar=False,
            additional_data={"orders": replayed, "bidoffer": no_spread},
        )  # fmt: skip
        run.run()
    days = prices.index
    return run.strategy.values.reindex(days), run.strategy.cash.reindex(days)


@pytest.mark.parametrize("strategy", [TopK(8, 3), EqualWeight(7), SigmaGated(hold=2)], ids=repr)
def test_every_evening_agrees_to_the_cent(market, strategy):
    """Value and cash of both accounts are the same on each of 120 evenings."""
    result = _ours(market, strategy, Costs(0.0, 0.0))
    assert (result.orders["shares"] > 0).sum() > 50
    value, cash = _theirs(market, _executed(market, result.orders))
    own = result.equity.set_index("date")
    assert np.abs(own["equity"] - value).max() < 0.005
    assert np.abs(own["cash"] - cash).max() < 0.005


def test_with_the_commission_on_they_still_agree(market):
    """A quarter per mille, at least 5 yuan, charged by either code."""
    result = _ours(market, TopK(8, 3), Costs(0.00025, 0.0))
    orders = _executed(market, result.orders, lambda value: max(5.0, value * 0.00025))
    value, cash = _theirs(market, orders, lambda q, p: max(5.0, abs(q) * p * 0.00025))
    own = result.equity.set_index("date")
    assert own["commission"].sum() > 1000
    assert np.abs(own["equity"] - value).max() < 0.005
    assert np.abs(own["cash"] - cash).max() < 0.005


def test_a_yuan_of_difference_would_show(market):
    """The comparison can fail: one share more in one order, and the evenings differ."""
    result = _ours(market, TopK(8, 3), Costs(0.0, 0.0))
    orders = _executed(market, result.orders)
    first = orders.index[orders["shares"] > 0][0]
    orders.loc[first, "shares"] += 1
    value, _ = _theirs(market, orders)
    assert np.abs(result.equity.set_index("date")["equity"] - value).max() > 0.005
