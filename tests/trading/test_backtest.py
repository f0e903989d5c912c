"""Day by day under the rules."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.trading.backtest import backtest
from stockcast.trading.orders import CHARGES, Costs
from stockcast.trading.strategy import BuyAndHold, EqualWeight, Orders, SigmaGated, TopK

FREE = Costs(commission=0.0, slippage=0.0)
STRATEGIES = (TopK(5, 2), EqualWeight(every=3), BuyAndHold(), SigmaGated(gate=0.3, hold=3))


def _signals(panel: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Random forecasts for every row of a panel."""
    frame = panel[["date", "code"]].copy()
    frame["score"] = rng.normal(size=len(frame))
    frame["prob_up"] = rng.random(len(frame))
    frame["sigma_prob"] = rng.random(len(frame)) / 2
    return frame


def test_a_decision_fills_at_the_next_close(panel_of):
    """Signals of Monday buy at Tuesday's 11, so Wednesday's 12 earns 1 on each of 900 shares."""
    panel = panel_of({"000001.SZ": [10.0, 11.0, 12.0]})
    signals = panel[["date", "code"]].assign(score=1.0).head(1)
    result = backtest(panel, signals, TopK(1, 1), Costs(0.00025, 0.0), 10_000.0)
    paid = 9_900 + 5 + 0.198
    assert result.equity["cash"].tolist() == pytest.approx([10_000, 10_000 - paid, 10_000 - paid])
    assert result.equity["equity"].tolist() == pytest.approx([10_000, 9_994.802, 10_894.802])
    assert result.equity["exposure"].tolist() == pytest.approx(
        [0, 9_900 / 9_994.802, 10_800 / 10_894.802]
    )
    assert result.equity["turnover"].tolist() == pytest.approx([0, 0.495, 0])
    assert result.equity["positions"].tolist() == [0, 1, 1]
    order = result.orders.iloc[0]
    assert (order["decided"].day, order["date"].day, order["price"]) == (4, 5, 11.0)


def test_the_open_is_a_variant(panel_of):
    """Filled at Tuesday's open of 10.5 and valued at its close of 11."""
    panel = panel_of({"000001.SZ": [10.0, 11.0]}, open={"000001.SZ": [10.0, 10.5]})
    signals = panel[["date", "code"]].assign(score=1.0)
    result = backtest(panel, signals, TopK(1, 1), FREE, 10_500.5, fill="open")
    assert result.orders["price"].tolist() == [10.5]
    # 1,000 shares at 10.5 with a transfer fee of 0.21; half a yuan of gain on each.
    assert result.equity["equity"].tolist() == pytest.approx([10_500.5, 11_000.5 - 0.21])


def test_a_split_does_not_move_the_equity(panel_of):
    """Through a ten-for-ten split and a dividend the equity follows the adjusted price."""
    closes = [20.0, 20.0, 10.0, 10.0, 9.5]
    panel = panel_of({"000001.SZ": closes}, adj_factor={"000001.SZ": [1, 1, 2, 2, 2 * 10 / 9.5]})
    signals = panel[["date", "code"]].assign(score=1.0)
    result = backtest(panel, signals, BuyAndHold(), FREE, 100_003.0)
    assert np.ptp(result.equity["equity"].to_numpy()[1:]) == pytest.approx(0, abs=1e-6)


def test_an_ended_stock_keeps_its_last_price(panel_of):
    """After its last row a stock is worth its last close and is not sold."""
    panel = panel_of({"000001.SZ": [10.0, 10.0, 9.0, np.nan, np.nan], "000002.SZ": [1.0] * 5})
    signals = panel[["date", "code"]].assign(score=lambda f: (f.code == "000001.SZ") * 1.0)
    result = backtest(panel, signals, TopK(1, 1), FREE, 1_005.0)
    assert result.equity["equity"].tolist() == pytest.approx([1005, 1004.98] + [904.98] * 3)
    # Not quoted any more, it takes no place: the next best is asked for with the cash left.
    assert result.orders["outcome"].tolist() == ["filled", "less than one lot"]


def test_stocks_not_as_traded_are_kept_out(panel_of):
    """A stock with adjusted prices is never bought, whatever its score."""
    stocks = {"000001.SZ": [10.0] * 3, "000002.SZ": [10.0] * 3}
    panel = panel_of(stocks, as_traded={"000001.SZ": False})
    signals = panel[["date", "code"]].assign(score=lambda f: (f.code == "000001.SZ") * 1.0)
    result = backtest(panel, signals, TopK(1, 1), FREE, 5_000.0)
    assert result.orders["code"].tolist() == ["000002.SZ"]


def test_sales_pay_for_purchases_of_the_same_day(panel_of):
    """Fully invested, the dropped stock's proceeds buy the new one at the same close."""
    panel = panel_of({"000001.SZ": [10.0] * 4, "000002.SZ": [10.0] * 4})
    days = panel["date"].rank(method="dense")
    first = panel["code"] == "000001.SZ"
    signals = panel[["date", "code"]].assign(score=np.where(first == (days == 1), 1.0, 0.0))
    result = backtest(panel, signals, TopK(1, 1), Costs(0.0, 0.0), 1_003.0)
    filled = result.orders[["side", "code", "outcome"]].to_numpy().tolist()
    assert filled == [
        ["buy", "000001.SZ", "filled"],
        ["sell", "000001.SZ", "filled"],
        ["buy", "000002.SZ", "filled"],
    ]


def test_purchases_share_what_a_refused_sale_leaves(panel_of):
    """Asked for 3,000 and 1,000 yuan with 2,000.50 in hand, half of each is spent."""

    @dataclass(frozen=True)
    class Wishes:
        def decide(self, day):
            return Orders(buy=np.array([0, 1]), buy_value=np.array([3_000.0, 1_000.0]))

    panel = panel_of({"000001.SZ": [1.0] * 2, "000002.SZ": [1.0] * 2})
    signals = panel[["date", "code"]].assign(score=1.0)
    result = backtest(panel, signals, Wishes(), FREE, 2_000.5)
    assert result.orders["asked"].tolist() == [3_000.0, 1_000.0]
    assert result.orders["shares"].tolist() == [1_500, 500]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: type(value).__name__)
class TestAnyStrategy:
    """What holds whatever is traded on a wild market."""

    def test_money_and_shares_stay_whole(self, wild, strategy):
        """Cash is never negative, and every order keeps the rules it was given."""
        for seed in range(4):
            panel, _ = wild(seed)
            signals = _signals(panel, np.random.default_rng(seed))
            result = backtest(panel, signals, strategy, Costs(), 50_000.0)
            assert (result.equity["cash"] >= 0).all()
            assert (result.equity["exposure"].between(0, 1)).all()
            filled = result.orders[result.orders["outcome"] == "filled"]
            assert len(filled)
            market = filled.merge(panel, on=["date", "code"], how="left")
            assert not market["suspended"].astype(bool).any()
            bought = market["side"] == "buy"
            assert (market["close"] < market["limit_up"] - 0.005)[bought].all()
            assert (market["close"] > market["limit_down"] + 0.005)[~bought].all()
            assert (market["shares"] % 100 == 0)[bought].all()
            assert not filled.duplicated(["date", "code"]).any()

    def test_no_yuan_appears_or_vanishes(self, wild, strategy):
        """Without corporate actions cash is the start less purchases plus sales less charges."""
        panel = wild(7)[0].assign(adj_factor=1.0)
        result = backtest(panel, _signals(panel, np.random.default_rng(0)), strategy, Costs(), 5e5)
        orders = result.orders
        sign = np.where(orders["side"] == "buy", -1, 1)
        charges = orders[["commission", "stamp_tax", "transfer_fee"]].sum(axis=1)
        assert (orders["dividend_tax"] == 0).all()
        expected = 5e5 + (sign * orders["value"] - charges).sum()
        assert result.equity["cash"].iloc[-1] == pytest.approx(expected, abs=0.01)
        assert result.equity[CHARGES].sum().sum() == pytest.approx(orders[CHARGES].sum().sum())

    @pytest.mark.parametrize("fill", ["close", "open", "vwap"])
    def test_the_future_changes_nothing_before_it(self, wild, strategy, fill):
        """Cut after any of 20 days, panel and signals give the same bits till then.

        What is pending at the cut are the whole backtest's orders decided that day.
        """
        panel, dividends = wild(3)
        signals = _signals(panel, np.random.default_rng(3))
        terms = (strategy, Costs(impact=0.5), 50_000.0)
        rules = {"fill": fill, "participation": 0.1, "delisting_loss": 0.5}
        whole = backtest(panel, signals, *terms, dividends=dividends, **rules)
        waited = 0
        for day in whole.equity["date"].iloc[1:60:2].head(20):
            cut = [frame[frame["date"] <= day] for frame in (panel, signals)]
            announced = dividends[dividends["ex_date"] <= day]
            known = backtest(*cut, *terms, dividends=announced, **rules)
            for part in ("equity", "orders"):
                expected = getattr(whole, part)
                expected = expected[expected["date"] <= day]
                pd.testing.assert_frame_equal(getattr(known, part), expected, check_exact=True)
            expected = whole.orders.loc[whole.orders["decided"] == day, ["code", "side", "asked"]]
            expected = expected.reset_index(drop=True)
            pd.testing.assert_frame_equal(known.pending, expected, check_exact=True)
            waited += len(expected)
        assert waited or isinstance(strategy, BuyAndHold)

    def test_row_order_does_not_matter(self, wild, strategy):
        """Shuffled tables give the same result."""
        panel, _ = wild(5, days=20)
        signals = _signals(panel, np.random.default_rng(5))
        expected = backtest(panel, signals, strategy, Costs(), 50_000.0)
        shuffled = [frame.sample(frac=1, random_state=1) for frame in (panel, signals)]
        found = backtest(*shuffled, strategy, Costs(), 50_000.0)
        pd.testing.assert_frame_equal(found.equity, expected.equity, check_exact=True)


def test_costs_cost(wild):
    """The same trades earn less with commission and slippage, and the tax stays without them."""
    panel, _ = wild(11)
    signals = _signals(panel, np.random.default_rng(11))
    free = backtest(panel, signals, TopK(5, 2), FREE, 1e7)
    paid = backtest(panel, signals, TopK(5, 2), Costs(0.001, 0.002), 1e7)
    assert paid.equity["equity"].iloc[-1] < free.equity["equity"].iloc[-1]
    assert free.equity["stamp_tax"].sum() > 0
    assert free.equity[["commission", "slippage"]].sum().sum() == 0


def test_foresight_pays(panel_of):
    """Scores that know the return from the next close on make money; their opposite loses it."""
    rng = np.random.default_rng(2)
    closes = {f"{n:06d}.SZ": 10 * np.cumprod(1 + rng.normal(0, 0.02, 60)) for n in range(1, 21)}
    panel = panel_of(closes)
    ahead = panel.groupby("code")["close"].transform(lambda p: p.shift(-2) / p.shift(-1) - 1)
    signals = panel[["date", "code"]].assign(score=ahead)
    good = backtest(panel, signals, TopK(5, 5), FREE, 1e6)
    bad = backtest(panel, signals.assign(score=-ahead), TopK(5, 5), FREE, 1e6)
    assert good.equity["equity"].iloc[-1] > 1.5e6
    assert bad.equity["equity"].iloc[-1] < 0.7e6


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda s: s.drop(columns="score"), "must have the column score"),
        (lambda s: pd.concat([s, s]), "each date and code once"),
        (lambda s: s.assign(code="999999.SZ"), "days and stocks of the panel"),
        (lambda s: s.assign(score=np.nan), "days and stocks of the panel"),
    ],
)
def test_broken_signals_are_refused(panel_of, change, rule):
    """Signals that cannot be traded are an input error that says why."""
    panel = panel_of({"000001.SZ": [10.0] * 2})
    signals = panel[["date", "code"]].assign(score=1.0)
    with pytest.raises(InputError, match=rule):
        backtest(panel, change(signals), TopK(1, 1), FREE, 1e4)


def test_a_panel_of_adjusted_prices_is_refused(panel_of):
    """Without one stock as traded there is nothing to trade."""
    panel = panel_of({"000001.SZ": [10.0] * 2}, as_traded=False)
    with pytest.raises(InputError, match="as traded"):
        backtest(panel, panel.assign(score=1.0), TopK(1, 1), FREE, 1e4)
