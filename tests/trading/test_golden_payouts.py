"""Golden cases, worked out by hand in yuan: dividends, their tax by date and time, delisting."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.market import rules
from stockcast.trading.backtest import backtest
from stockcast.trading.broker import Broker
from stockcast.trading.orders import Costs
from stockcast.trading.payouts import schedule
from stockcast.trading.quotes import tabulate
from stockcast.trading.strategy import BuyAndHold, TopK

FREE = Costs(commission=0.0, slippage=0.0)
FEE = 2e-5


def _dividends(*rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["code", "record_date", "ex_date", "pay_date", "cash"])
    for name in ("record_date", "ex_date", "pay_date"):
        table[name] = pd.to_datetime(table[name])
    return table.assign(bonus=0.0)


@pytest.fixture
def holder(panel_of):
    """Return the maker of an account that bought 1,000 shares at 10 on a panel's first day."""

    def make(days, dividends, start, stocks=("000001.SZ",)):
        panel = panel_of({code: [10.0] * days for code in stocks}, start=start)
        broker = Broker(tabulate(panel), FREE, 100_000.0, dividends=dividends)
        broker.open_day(0)
        for stock in range(len(stocks)):
            broker.buy(stock, 10_001.0)
        broker.close_day()
        broker.cash = 0.0
        return broker

    return make


def _through(broker, first, last):
    for day in range(first, last + 1):
        broker.open_day(day)
        broker.close_day()


class TestTax:
    """1,000 shares with .50 yuan each: 500 yuan, and the tax that the dates ask for."""

    @pytest.mark.parametrize(
        ("start", "days_held", "at_once", "at_the_sale"),
        [
            ("2012-03-01", 10, 50.0, 0.0),  # flat 10 %, half of 20 %
            ("2012-03-01", 300, 50.0, 0.0),
            ("2014-03-03", 10, 25.0, 75.0),  # 5 % first, 20 % in the end: held under a month
            ("2014-03-03", 100, 25.0, 25.0),  # 10 %
            ("2014-03-03", 270, 25.0, 0.0),  # 5 %: 270 weekdays are more than a year
            ("2016-03-01", 10, 0.0, 100.0),
            ("2016-03-01", 100, 0.0, 50.0),
            ("2016-03-01", 270, 0.0, 0.0),  # exempt
        ],
    )
    def test_by_date_and_time(self, holder, start, days_held, at_once, at_the_sale):
        """What is withheld when the dividend is paid, and what when the shares are sold."""
        ex = pd.bdate_range(start, periods=6)[5]
        paid = _dividends(("000001.SZ", ex - pd.Timedelta(days=1), ex, ex, 0.5))
        broker = holder(days_held + 2, paid, start)
        _through(broker, 1, 5)
        assert broker.cash == pytest.approx(500 - at_once)
        _through(broker, 6, days_held - 1)
        broker.open_day(days_held)
        order = broker.sell(0)
        assert order.dividend_tax == pytest.approx(at_the_sale)
        fee = rules.transfer_fee("SZ", broker.quotes.dates[days_held]).of_value
        stamp = rules.stamp_tax("sell", broker.quotes.dates[days_held])
        gain = 10_000 * (1 - fee - stamp) - at_the_sale
        assert broker.cash == pytest.approx(500 - at_once + gain)

    def test_a_month_is_a_calendar_month(self, holder):
        """Bought on 1 March 2016: sold on 1 April 20 %, on the next session 10 %."""
        paid = _dividends(("000001.SZ", "2016-03-07", "2016-03-08", "2016-03-08", 0.5))
        taxes = []
        for day in ("2016-04-01", "2016-04-04"):
            broker = holder(40, paid, "2016-03-01")
            last = broker.quotes.dates.get_loc(pd.Timestamp(day))
            _through(broker, 1, last - 1)
            broker.open_day(last)
            taxes.append(broker.sell(0).dividend_tax)
        assert taxes == pytest.approx([100.0, 50.0])

    def test_first_in_first_out(self, holder):
        """1,000 old shares at 10 % and 500 new ones at 20 %; the old ones go first.

        The dividend of .50: sold 1,200 pay 1,000 x .05 + 200 x .10 = 70, the last 300 pay 30.
        """
        paid = _dividends(("000001.SZ", "2016-05-10", "2016-05-11", "2016-05-11", 0.5))
        broker = holder(60, paid, "2016-03-01")
        broker.cash = 5_001.0
        _through(broker, 1, 48)
        broker.open_day(49)
        assert broker.buy(0, 5_001.0).shares == 500
        broker.close_day()
        _through(broker, 50, 54)
        broker.open_day(55)
        first, second = broker.sell(0, 12_000.0), broker.sell(0)
        assert (first.shares, second.shares) == (1200, 300)
        assert (first.dividend_tax, second.dividend_tax) == pytest.approx((70.0, 30.0))

    def test_the_schedule_has_the_rates_of_the_rules(self, panel_of):
        """Over three regimes and many holding times, both say the same."""
        panel = panel_of({"000001.SZ": [10.0] * 1300}, start="2012-06-01")
        quotes = tabulate(panel)
        record = quotes.dates[[20, 300, 700, 1000]]
        paid = _dividends(*[("000001.SZ", d, d + pd.Timedelta(days=1), d, 1.0) for d in record])
        plan = schedule(quotes, paid)
        rng = np.random.default_rng(0)
        payouts = {payout.number: payout for on in plan.on.values() for payout in on}
        for number in range(4):
            for bought in rng.integers(0, 1000, 20):
                sold = int(bought + rng.choice([1, 20, 21, 22, 23, 200, 260, 262, 290]))
                whole = rules.dividend_tax(
                    record[number], quotes.dates[bought], quotes.dates[min(sold, 1299)]
                )
                later = plan.tax(number, int(bought), min(sold, 1299))
                assert payouts[number].withheld + later == pytest.approx(whole)


class TestDates:
    """Who gets it, and when."""

    def test_cash_comes_on_its_day(self, holder):
        """Ex on Tuesday, paid on Thursday: in between it is due, not cash."""
        paid = _dividends(("000001.SZ", "2016-03-07", "2016-03-08", "2016-03-10", 0.3))
        broker = holder(12, paid, "2016-03-01")
        seen = []
        for day in range(4, 9):
            broker.open_day(day)
            seen.append((broker.cash, broker.due))
            broker.close_day()
        assert seen == [(0, 0), (0, 300), (0, 300), (300, 0), (300, 0)]

    def test_shares_bought_on_the_ex_date_get_nothing(self, panel_of):
        """Who holds at the close of the day of record is paid, who buys the day after is not."""
        panel = panel_of({"000001.SZ": [10.0] * 4}, start="2016-03-01")
        paid = _dividends(("000001.SZ", "2016-03-02", "2016-03-03", "2016-03-03", 0.5))
        for day, gain in ((1, 500.0), (2, 0.0)):
            broker = Broker(tabulate(panel), FREE, 10_000.2, dividends=paid)
            for now in range(4):
                broker.open_day(now)
                if now == day:
                    broker.buy(0, 10_000.2)
                broker.close_day()
            assert broker.cash == pytest.approx(gain, abs=1e-9)

    def test_bonus_shares(self, panel_of):
        """Three for ten and .20 yuan on 1,050 shares: 1,365 shares, 210 yuan; nothing is lost.

        The price goes from 13.20 to (13.20 - .20) / 1.3 = 10.
        """
        panel = panel_of(
            {"000001.SZ": [13.2, 10.0]},
            start="2016-03-01", adj_factor={"000001.SZ": [1.0, 1.32]}, board="star",
        )  # fmt: skip
        paid = _dividends(("000001.SZ", "2016-03-01", "2016-03-02", "2016-03-02", 0.2))
        broker = Broker(tabulate(panel), FREE, 13_861.0, dividends=paid.assign(bonus=0.3))
        broker.open_day(0)
        broker.buy(0, 13_861.0)
        broker.close_day()
        before = broker.cash + broker.values().sum()
        broker.open_day(1)
        broker.close_day()
        assert broker.shares[0] == 1365
        assert broker.cash + broker.values().sum() == pytest.approx(before)

    def test_an_action_the_table_does_not_know_is_reinvested(self, panel_of):
        """A split known to the factor alone doubles the shares."""
        panel = panel_of(
            {"000001.SZ": [20.0, 10.0]}, start="2016-03-01", adj_factor={"000001.SZ": [1.0, 2.0]}
        )
        broker = Broker(tabulate(panel), FREE, 2_001.0, dividends=_dividends())
        broker.open_day(0)
        broker.buy(0, 2_001.0)
        broker.close_day()
        broker.open_day(1)
        assert broker.shares[0] == 200

    def test_plans_and_strangers_are_left_out(self, holder):
        """A row without an ex-date is a plan; stocks and days of no panel do not matter."""
        paid = _dividends(
            ("000001.SZ", None, None, None, 0.5),
            ("999999.SZ", "2016-03-02", "2016-03-03", "2016-03-03", 0.5),
            ("000001.SZ", "2026-03-02", "2026-03-03", "2026-03-03", 0.5),
            ("000001.SZ", "2016-02-02", "2016-02-03", "2016-02-03", 0.5),
        )
        broker = holder(5, paid, "2016-03-01")
        _through(broker, 1, 4)
        assert (broker.cash, broker.due) == (0.0, 0.0)

    def test_a_stock_away_on_its_ex_date_pays_when_it_is_back(self, panel_of):
        """No row on the ex-date: the next row counts."""
        stocks = {"000001.SZ": [10.0, np.nan, 10.0], "000002.SZ": [1.0] * 3}
        paid = _dividends(("000001.SZ", "2016-03-01", "2016-03-02", "2016-03-02", 0.5))
        broker = Broker(tabulate(panel_of(stocks, start="2016-03-01")), FREE, 1_000.02,
                        dividends=paid)  # fmt: skip
        broker.open_day(0)
        broker.buy(0, 1_000.02)
        broker.close_day()
        seen = []
        for day in (1, 2):
            broker.open_day(day)
            seen.append(round(broker.cash, 6))
            broker.close_day()
        assert seen == [0.0, 50.0]

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            (lambda t: t.drop(columns="cash"), "column cash"),
            (lambda t: t.assign(bonus=-1.0), "negative amounts"),
        ],
    )
    def test_broken_tables_are_refused(self, holder, change, rule):
        """A table that cannot be used is an input error."""
        paid = _dividends(("000001.SZ", "2016-03-02", "2016-03-03", "2016-03-03", 0.5))
        with pytest.raises(InputError, match=rule):
            holder(5, change(paid), "2016-03-01")


def test_paid_or_reinvested_is_told(panel_of):
    """With 10 % off the price and 1 yuan paid, both ways keep the wealth of 1,000 shares."""
    panel = panel_of(
        {"000001.SZ": [10.0, 10.0, 9.0, 9.0]}, start="2016-03-01",
        adj_factor={"000001.SZ": [1.0, 1.0, 10 / 9, 10 / 9]},
    )  # fmt: skip
    signals = panel[["date", "code"]].assign(score=1.0)
    paid = _dividends(("000001.SZ", "2016-03-02", "2016-03-03", "2016-03-03", 1.0))
    own = backtest(panel, signals, BuyAndHold(), FREE, 10_000.2, dividends=paid)
    other = backtest(panel, signals, BuyAndHold(), FREE, 10_000.2)
    assert (own.dividends, other.dividends) == ("paid", "reinvested")
    assert own.equity["dividends"].tolist() == [0, 0, 1_000, 0]
    assert own.equity["cash"].iloc[-1] == pytest.approx(1_000.0)
    for result in (own, other):
        assert result.equity["equity"].tolist() == pytest.approx([10_000.2] + [10_000.0] * 3)


@pytest.mark.parametrize(("loss", "left"), [(0.0, 9_000.0), (0.5, 4_500.0), (1.0, 0.0)])
def test_delisting(panel_of, loss, left):
    """1,000 shares last quoted at 9 are worth that, half of it, or nothing, and stay unsold."""
    panel = panel_of({"000001.SZ": [10.0, 10.0, 9.0, np.nan], "000002.SZ": [500.0] * 4})
    signals = panel[["date", "code"]].assign(score=lambda t: (t["code"] == "000001.SZ") * 1.0)
    result = backtest(panel, signals, TopK(1, 1), FREE, 10_000.2 + 0.3, delisting_loss=loss)
    assert result.equity["equity"].tolist()[2:] == pytest.approx([9_000.3, left + 0.3])
    assert not (result.orders["side"] == "sell").any()


def test_a_loss_beyond_all_is_refused(panel_of):
    """A share loses at most everything."""
    panel = panel_of({"000001.SZ": [10.0] * 2})
    with pytest.raises(InputError, match="from 0 to 1"):
        backtest(panel, panel.assign(score=1.0), TopK(1, 1), FREE, 1e4, delisting_loss=1.5)
