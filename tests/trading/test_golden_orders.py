"""Golden cases, worked out by hand in yuan: what an order costs, and what does not fill."""

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.trading.broker import Broker
from stockcast.trading.orders import Costs
from stockcast.trading.quotes import tabulate

PLAIN = Costs(commission=0.00025, slippage=0.0)
FREE = Costs(commission=0.0, slippage=0.0)


@pytest.fixture
def account(panel_of):
    """Return the maker of a broker on the first day of a literal panel."""

    def make(closes, cash=10_000.0, costs=PLAIN, fill="close", participation=None, **columns):
        quotes = tabulate(panel_of(closes, **columns))
        broker = Broker(quotes, costs, cash, fill, participation=participation)
        broker.open_day(0)
        return broker

    return make


def _on(broker, day):
    broker.close_day()
    broker.open_day(day)


class TestRoundTrips:
    """From the first yuan to the last, by board and date."""

    def test_shenzhen_2017(self, account):
        """30,000 yuan at 12.34: 2,400 shares; sold at 13.00 they leave 31,537.80832.

        Bought: 29,616 + 7.404 + .59232 = 29,623.99632, of which 376.00368 are left.
        Sold: 31,200 - 7.80 - 31.20 - .624 = 31,160.376.
        """
        broker = account({"000001.SZ": [12.34, 13.0]}, cash=30_000.0, start="2017-03-01")
        bought = broker.buy(0, 30_000.0)
        assert (bought.shares, bought.commission) == (2400, pytest.approx(7.404))
        assert broker.cash == pytest.approx(376.00368, abs=1e-9)
        _on(broker, 1)
        sold = broker.sell(0)
        assert (sold.commission, sold.stamp_tax) == (pytest.approx(7.8), pytest.approx(31.2))
        assert broker.cash == pytest.approx(376.00368 + 31_160.376, abs=1e-9)

    def test_shanghai_on_par_2012(self, account):
        """October 2012, 1,000 shares at 5: .6 yuan of transfer fee each way, on their par value.

        Bought: 5,000 + 5 + .6 = 5,005.6. Sold: 5,000 - 5 - 5 - .6 = 4,989.4.
        """
        broker = account({"600001.SH": [5.0, 5.0]}, cash=5_006.0, start="2012-10-10")
        assert broker.buy(0, 5_006.0).shares == 1000
        assert broker.cash == pytest.approx(0.4)
        _on(broker, 1)
        broker.sell(0)
        assert broker.cash == pytest.approx(0.4 + 4_989.4)

    def test_star_2023(self, account):
        """September 2023, half the stamp tax: 201 STAR shares at 50, single shares above 200.

        Bought: 10,050 + 5 + .1005 = 10,055.1005. Sold: 10,050 - 5 - 5.025 - .1005 = 10,039.8745.
        """
        stocks = {"688001.SH": [50.0, 50.0]}
        broker = account(stocks, cash=10_060.0, start="2023-09-04", board="star")
        assert broker.buy(0, 10_060.0).shares == 201
        assert broker.cash == pytest.approx(10_060 - 10_055.1005)
        _on(broker, 1)
        broker.sell(0)
        assert broker.cash == pytest.approx(4.8995 + 10_039.8745)

    def test_cash_ends_at_nothing_not_below(self, account):
        """A budget that a lot takes to the last fraction leaves zero."""
        broker = account({"000001.SZ": [10.0]}, cash=1_005.02)
        broker.buy(0, 1_005.02)
        assert 0.0 <= broker.cash < 1e-9


class TestParticipation:
    """No order is a larger share of the day's volume than asked for."""

    def test_a_tenth_of_the_volume(self, account):
        """Of 2,000 shares wanted a tenth of 8,765 traded, in lots: 800, and 1,200 do not fill."""
        terms = {"costs": FREE, "participation": 0.1, "volume": 8_765.0}
        broker = account({"000001.SZ": [5.0]}, cash=20_000.0, **terms)
        order = broker.buy(0, 10_001.0)
        assert (order.outcome, order.shares, order.unfilled) == ("filled in part", 800, 1200)
        assert broker.cash == pytest.approx(20_000 - 4_000 - 0.08)

    def test_a_sale_is_cut_too_and_in_lots(self, account):
        """Of 1,050 shares 500 are sold: the odd lot goes with the last of them, not before."""
        broker = account(
            {"000001.SZ": [21.0, 10.0, 10.0]},
            cash=25_000.0, costs=FREE, participation=0.5, adj_factor={"000001.SZ": [1, 2.1, 2.1]},
            volume={"000001.SZ": [1_000.0, 1_100.0, 5_000.0]},
        )  # fmt: skip
        broker.buy(0, 10_501.0)
        _on(broker, 1)
        assert broker.shares[0] == 1050
        order = broker.sell(0)
        assert (order.outcome, order.shares, order.unfilled) == ("filled in part", 500, 550)
        _on(broker, 2)
        assert (broker.sell(0).shares, broker.shares[0]) == (550, 0)

    def test_too_thin_for_a_lot(self, account):
        """A tenth of 900 shares is no lot: nothing fills, and the audit says why."""
        broker = account({"000001.SZ": [5.0]}, participation=0.1, volume=900.0)
        order = broker.buy(0, 10_000.0)
        assert (order.outcome, order.shares, order.unfilled) == ("too little volume", 0, 1900)
        assert broker.cash == 10_000.0

    @pytest.mark.parametrize("share", [0.0, 1.5])
    def test_shares_beyond_all_are_refused(self, account, share):
        """From above nothing to everything."""
        with pytest.raises(InputError, match="above 0 and at most 1"):
            account({"000001.SZ": [5.0]}, participation=share, volume=1.0)

    def test_a_panel_without_volume_is_refused(self, account):
        """The limit needs a volume, and so does the impact."""
        for terms in ({"participation": 0.1}, {"costs": Costs(impact=1.0)}):
            with pytest.raises(InputError, match="column volume"):
                account({"000001.SZ": [5.0]}, **terms)


class TestFills:
    """At which price."""

    def test_the_average(self, account):
        """4,230 yuan for 400 shares are 10.575 each: 200 of them cost 2,115 and .0423."""
        columns = {"volume": 400.0, "amount": 4_230.0}
        broker = account({"000001.SZ": [11.0]}, costs=FREE, fill="vwap", **columns)
        assert broker.buy(0, 2_200.0).price == pytest.approx(10.575)
        assert broker.cash == pytest.approx(10_000 - 2_115 - 0.0423)

    def test_the_average_stays_within_the_limits(self, account):
        """Amounts are rounded: an average of 11.02 is the limit of 11, and that is locked."""
        columns = {"volume": 100.0, "amount": 1_102.0, "limit_up": 11.0, "limit_down": 9.0}
        broker = account({"000001.SZ": [11.0]}, fill="vwap", **columns)
        assert broker.buy(0, 5_000.0).outcome == "locked limit-up"

    def test_a_day_that_traded_a_little_below_its_limit_fills(self, account):
        """Closed at the limit, but traded at 10.9 on average: the average could be had."""
        columns = {"volume": 100.0, "amount": 1_090.0, "limit_up": 11.0}
        broker = account({"000001.SZ": [11.0]}, fill="vwap", **columns)
        assert broker.buy(0, 5_000.0).outcome == "filled"

    def test_a_day_without_trades_has_no_average(self, account):
        """Nothing traded, nothing filled."""
        broker = account({"000001.SZ": [11.0]}, fill="vwap", volume=0.0, amount=0.0)
        assert broker.buy(0, 5_000.0).outcome == "too little volume"

    def test_the_open_may_be_locked_where_the_close_is_not(self, account):
        """Opened at the limit and fell back: no fill at the open, one at the close."""
        columns = {"open": {"000001.SZ": [11.0]}, "limit_up": 11.0}
        outcomes = [
            account({"000001.SZ": [10.5]}, fill=fill, **columns).buy(0, 5_000.0).outcome
            for fill in ("open", "close")
        ]
        assert outcomes == ["locked limit-up", "filled"]


def test_impact_grows_with_the_root(account):
    """Returns of +2 and -2 % spread by 2.0519567 %; a quarter of the volume moves half of that.

    Twenty of them, ten up and ten down, have a root of 400 x 20 / 19 around their mean of zero.
    """
    moves = np.tile([0.02, -0.02], 10)
    closes = np.r_[10.0, 10 * np.cumprod(1 + moves), 10.0]
    broker = account(
        {"000001.SZ": list(closes)}, cash=1e6, costs=Costs(0, 0, impact=1.0), volume=4_000.0
    )
    broker.open_day(21)
    order = broker.buy(0, 10_110.0)
    assert order.shares == 1000
    assert order.price == pytest.approx(10 * (1 + 0.020519567 / 2))
    assert order.slippage == pytest.approx(1000 * 10 * 0.020519567 / 2)


@pytest.mark.parametrize("name", ["commission", "slippage", "impact"])
def test_costs_below_nothing_are_refused(name):
    """Nobody pays for trading."""
    with pytest.raises(InputError, match="not be negative"):
        Costs(**{name: -0.1})
