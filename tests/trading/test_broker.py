"""The exchange's rules, each by a case computed by hand."""

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.market import rules
from stockcast.trading.broker import Broker
from stockcast.trading.orders import Costs
from stockcast.trading.quotes import tabulate

PLAIN = Costs(commission=0.00025, slippage=0.0)
FREE = Costs(commission=0.0, slippage=0.0)


@pytest.fixture
def account(panel_of):
    """Return the maker of a broker on the first day of a literal panel."""

    def make(closes, cash=10_000.0, costs=PLAIN, fill="close", **columns):
        broker = Broker(tabulate(panel_of(closes, **columns)), costs, cash, fill)
        broker.open_day(0)
        return broker

    return make


def _next_day(broker: Broker, day: int) -> None:
    broker.close_day()
    broker.open_day(day)


class TestLots:
    """How many shares an order may ask for."""

    def test_lots_of_a_hundred_with_all_costs_inside_the_budget(self, account):
        """10,000 yuan buy 1,000 shares at 9.99: 9,990 + 5 commission + .02 per mille transfer."""
        broker = account({"000001.SZ": [9.99]})
        order = broker.buy(0, 10_000.0)
        assert (order.outcome, order.shares) == ("filled", 1000)
        assert broker.cash == pytest.approx(10_000 - 9_990 - 5 - 0.1998, abs=1e-9)

    def test_costs_can_take_a_lot_away(self, account):
        """At 10.00 the 1,000 shares would cost 10,005.20, so 900 are bought."""
        broker = account({"000001.SZ": [10.0]})
        assert broker.buy(0, 10_000.0).shares == 900
        assert broker.cash == pytest.approx(10_000 - 9_000 - 5 - 0.18, abs=1e-9)

    def test_the_last_yuan_counts(self, account):
        """A budget of exactly the price of a lot and its costs buys it; a cent less does not."""
        for cash, shares in ((1_005.02, 100), (1_005.01, 0)):
            assert account({"000001.SZ": [10.0]}, cash=cash).buy(0, cash).shares == shares

    def test_less_than_a_lot_is_refused(self, account):
        """551.8 yuan buy no lot at 6.44, and nothing moves."""
        broker = account({"000725.SZ": [6.44]}, cash=551.8)
        assert broker.buy(0, 551.8).outcome == "less than one lot"
        assert (broker.cash, broker.shares.tolist()) == (551.8, [0])

    def test_star_market_from_two_hundred_by_single_shares(self, account):
        """STAR takes 237 shares but not 199."""
        for budget, shares in ((2_380.0, 237), (1_999.0, 0)):
            broker = account({"688001.SH": [10.0]}, start="2020-01-02", board="star")
            assert broker.buy(0, budget).shares == shares

    def test_a_part_is_sold_in_lots_and_an_odd_lot_whole(self, account):
        """Of 250 shares 1,990 yuan's worth at 10 is one lot, and all of them go at once."""
        closes = {"000001.SZ": [25.0, 10.0]}
        for value, left in ((1_990.0, 150), (np.inf, 0), (2_500.0, 0), (990.0, 250)):
            broker = account(closes, adj_factor={"000001.SZ": [1.0, 2.5]})
            broker.buy(0, 2_600.0)
            _next_day(broker, 1)
            assert broker.shares[0] == 250
            broker.sell(0, value)
            assert broker.shares[0] == left

    def test_budget_beyond_the_cash(self, account):
        """A purchase never spends more than there is."""
        broker = account({"000001.SZ": [10.0]})
        assert broker.buy(0, 1e9).shares == 900


class TestCosts:
    """Commission, stamp tax, transfer fee and slippage."""

    def test_commission_and_its_minimum(self, account):
        """A quarter per mille of 100,000 yuan is 25; of 1,000 it would be .25 and is 5."""
        broker = account({"000001.SZ": [10.0], "000002.SZ": [1000.0]}, cash=1e6)
        assert broker.buy(0, 1_010.0).commission == 5.0
        assert broker.buy(1, 100_100.0).commission == pytest.approx(25.0)

    def test_no_rate_means_no_minimum(self, account):
        """A commission of zero is off altogether; the transfer fee stays."""
        order = account({"000001.SZ": [10.0]}, costs=FREE).buy(0, 2_000.0)
        assert (order.shares, order.commission) == (100, 0.0)

    def test_stamp_tax_on_the_sale_alone(self, account):
        """2016: nothing on 9,000 bought; 9.90 on 9,900 sold, with 5 + .198 leaving 9,884.902."""
        broker = account({"000001.SZ": [10.0, 11.0]})
        assert broker.buy(0, 10_000.0).stamp_tax == 0.0
        before = broker.cash
        _next_day(broker, 1)
        sale = broker.sell(0)
        assert sale.stamp_tax == pytest.approx(9.90)
        assert sale.transfer_fee == pytest.approx(0.198)
        assert broker.cash - before == pytest.approx(9_884.902)

    def test_stamp_tax_follows_its_date(self, account):
        """Sales pay 1 per mille on Friday 2023-08-25 and half of it on Monday."""
        broker = account({"000001.SZ": [10.0] * 3}, start="2023-08-24", cash=1e5)
        broker.buy(0, 50_000.0)
        taxes = []
        for day in (1, 2):
            _next_day(broker, day)
            taxes.append(broker.sell(0, 10_000.0).stamp_tax)
        assert taxes == pytest.approx([10.0, 5.0])

    def test_transfer_fee_by_market_and_date(self, account):
        """July 2015: .6 per mille of par in Shanghai, none in Shenzhen; .02 of value in August."""
        stocks = {"000001.SZ": [10.0, 10.0], "600001.SH": [10.0, 10.0]}
        broker = account(stocks, start="2015-07-31", cash=1e5)
        july = [broker.buy(stock, 10_100.0).transfer_fee for stock in (0, 1)]
        _next_day(broker, 1)
        august = [broker.buy(stock, 10_100.0).transfer_fee for stock in (0, 1)]
        assert july == pytest.approx([0.0, 0.6])
        assert august == pytest.approx([0.2, 0.2])

    def test_a_market_opened_later_has_no_fee_before(self, account):
        """A Beijing stock from its market's first day on beside an older one; 100-share minimum."""
        closes = {"430001.BJ": [np.nan, 10.0], "600001.SH": [10.0, 10.0]}
        boards = {"430001.BJ": "beijing", "600001.SH": "main"}
        broker = account(closes, start="2021-11-12", board=boards)
        assert broker.buy(0, 5_000.0).outcome == "not quoted"
        _next_day(broker, 1)
        order = broker.buy(0, 1_020.0)
        # .025 per mille of value; single shares above the minimum.
        assert (order.shares, order.transfer_fee) == (101, pytest.approx(0.02525))

    def test_slippage_worsens_both_prices(self, account):
        """A half per cent: bought at 10.05, sold at 9.95; conceded 5 yuan on 100 shares each."""
        broker = account({"000001.SZ": [10.0, 10.0]}, costs=Costs(0.0, 0.005))
        bought = broker.buy(0, 1_100.0)
        _next_day(broker, 1)
        sold = broker.sell(0)
        assert (bought.price, sold.price) == pytest.approx((10.05, 9.95))
        assert (bought.slippage, sold.slippage) == pytest.approx((5.0, 5.0))

    def test_slippage_stops_at_the_limits(self, account):
        """No trade is dearer than limit-up or cheaper than limit-down."""
        broker = account(
            {"000001.SZ": [10.0, 10.0]}, costs=Costs(0.0, 0.005), limit_up=10.02, limit_down=9.98
        )
        assert broker.buy(0, 1_100.0).price == 10.02
        _next_day(broker, 1)
        assert broker.sell(0).price == 9.98

    def test_a_sale_takes_nothing_from_the_account(self, account):
        """100 shares at .02 yuan bring less than the minimum commission: cash stays as it was."""
        broker = account({"000001.SZ": [10.0, 0.02]}, cash=1_005.02)
        broker.buy(0, 1_005.02)
        _next_day(broker, 1)
        assert broker.sell(0).outcome == "filled"
        assert broker.cash == pytest.approx(0.0, abs=1e-9)


class TestRefusals:
    """What the exchange does not fill."""

    def test_shares_bought_today_cannot_be_sold(self, account):
        """T+1: refused on the day, filled on the next, and only yesterday's part of a mixture."""
        broker = account({"000001.SZ": [10.0] * 3}, cash=1e5)
        broker.buy(0, 1_100.0)
        assert broker.sell(0).outcome == "bought today"
        _next_day(broker, 1)
        broker.buy(0, 2_100.0)
        assert broker.sell(0).shares == 100
        assert broker.shares[0] == 200
        _next_day(broker, 2)
        assert broker.sell(0).shares == 200

    def test_locked_limit_up(self, account):
        """At limit-up a purchase is refused and a sale filled."""
        broker = account({"000001.SZ": [10.0, 11.0]}, limit_up=11.0, limit_down=9.0, cash=1e5)
        broker.buy(0, 1_100.0)
        _next_day(broker, 1)
        assert broker.buy(0, 2_000.0).outcome == "locked limit-up"
        assert broker.sell(0).outcome == "filled"

    def test_locked_limit_down(self, account):
        """At limit-down a sale is refused and a purchase filled."""
        broker = account({"000001.SZ": [10.0, 9.0]}, limit_up=11.0, limit_down=9.0, cash=1e5)
        broker.buy(0, 1_100.0)
        _next_day(broker, 1)
        assert broker.sell(0).outcome == "locked limit-down"
        assert broker.buy(0, 2_000.0).outcome == "filled"

    def test_single_precision_prices_meet_their_limit(self, account):
        """A close stored in float32 just below 8.03 is at a limit of 8.03, a tick less is not."""
        locked = account({"000001.SZ": [float(np.float32(8.03))]}, limit_up=8.03)
        assert float(np.float32(8.03)) < 8.03
        assert locked.buy(0, 9_000.0).outcome == "locked limit-up"
        free = account({"000001.SZ": [float(np.float32(8.02))]}, limit_up=8.03)
        assert free.buy(0, 9_000.0).outcome == "filled"

    def test_a_suspended_stock_does_not_trade(self, account):
        """Neither side fills while suspended."""
        broker = account({"000001.SZ": [10.0] * 2}, suspended={"000001.SZ": [False, True]})
        broker.buy(0, 1_100.0)
        _next_day(broker, 1)
        assert broker.buy(0, 1_100.0).outcome == "suspended"
        assert broker.sell(0).outcome == "suspended"

    def test_a_stock_without_a_row_does_not_trade(self, account):
        """Before its listing or after its last row a stock is not quoted."""
        broker = account({"000001.SZ": [10.0, np.nan], "000002.SZ": [1.0, 1.0]})
        broker.buy(0, 1_100.0)
        _next_day(broker, 1)
        assert broker.sell(0).outcome == "not quoted"
        assert broker.values()[0] == 1_000.0

    def test_what_is_not_held_cannot_be_sold(self, account):
        """There is no selling short."""
        assert account({"000001.SZ": [10.0]}).sell(0).outcome == "not held"

    def test_another_fill_is_refused(self, account):
        """A misspelt fill is an input error."""
        with pytest.raises(InputError, match="close, open or vwap"):
            account({"000001.SZ": [10.0]}, fill="clos")


class TestCorporateActions:
    """Wealth goes on through splits and dividends."""

    def test_a_split_doubles_the_shares(self, account):
        """Ten for ten: 100 shares at 20 are 200 at 10, no cash moves."""
        broker = account({"000001.SZ": [20.0, 10.0]}, adj_factor={"000001.SZ": [1.0, 2.0]})
        broker.buy(0, 2_100.0)
        cash = broker.cash
        _next_day(broker, 1)
        broker.close_day()
        assert (broker.shares[0], broker.cash) == (200, cash)
        assert broker.values()[0] == 2_000.0

    def test_what_is_no_whole_share_is_paid_in_cash(self, account):
        """A factor of 1.025 makes 102 shares and half a share's reference price, 2,000 in all."""
        broker = account({"000001.SZ": [20.0, 19.51]}, adj_factor={"000001.SZ": [1.0, 1.025]})
        broker.buy(0, 2_100.0)
        cash = broker.cash
        _next_day(broker, 1)
        reference = 20 / 1.025
        assert broker.shares[0] == 102
        assert broker.cash - cash == pytest.approx(0.5 * reference)
        assert broker.cash - cash + 102 * reference == pytest.approx(2_000.0)

    def test_a_factor_that_changes_while_absent_is_made_up(self, account):
        """A stock that misses a day takes the change over its gap."""
        broker = account(
            {"000001.SZ": [20.0, np.nan, 10.0], "000002.SZ": [1.0] * 3},
            adj_factor={"000001.SZ": [1.0, 1.0, 2.0]},
        )
        broker.buy(0, 2_100.0)
        for day in (1, 2):
            _next_day(broker, day)
        assert broker.shares[0] == 200


def test_the_ledger_names_days_and_stocks(account):
    """Each order, filled or not, is a row with its dates, code and reason."""
    broker = account({"000001.SZ": [10.0, 11.0]})
    broker.close_day()
    broker.open_day(1)
    broker.buy(0, 500.0)
    broker.buy(0, 2_000.0)
    table = broker.ledger()
    assert table["decided"].dt.strftime("%m-%d").tolist() == ["01-04", "01-04"]
    assert table["date"].dt.strftime("%m-%d").tolist() == ["01-05", "01-05"]
    assert table["code"].tolist() == ["000001.SZ"] * 2
    assert table["outcome"].tolist() == ["less than one lot", "filled"]
    assert table["value"].tolist() == [0.0, 1_100.0]


@pytest.mark.parametrize("code", ["000001.SZ", "600001.SH"])
@pytest.mark.parametrize("day", ["2012-06-04", "2015-08-03", "2023-08-28"])
def test_charges_are_those_of_the_rules(account, code, day):
    """What the broker takes of a purchase and of a sale is what the dated rules say."""
    broker = account({code: [10.0, 10.5]}, cash=50_000.0, start=day)
    orders = [broker.buy(0, 50_000.0)]
    _next_day(broker, 1)
    orders.append(broker.sell(0))
    for order in orders:
        date = broker.quotes.dates[order.day]
        fees = rules.fees(order.side, code[-2:], date, order.value, order.shares, PLAIN.commission)
        taken = (order.commission, order.transfer_fee, order.stamp_tax)
        assert order.outcome == "filled"
        assert taken == pytest.approx([float(fee) for fee in fees], rel=1e-12)
