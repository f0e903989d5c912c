"""Single orders, against hand computation."""

import numpy as np
import pytest

from stockcast.trading.orders import Costs
from stockcast.trading.quotes import tabulate
from stockcast.trading.worked import round_trip, round_trip_cost, smallest_order

BOE = {"code": "000725.SZ", "dates": ("2017-11-08", "2017-11-09")}


class TestRoundTrip:
    """One lot of the story's stock at the story's prices."""

    @pytest.fixture
    def orders(self):
        """551.8 yuan, bought at 4.12 and sold at 4.34, no slippage."""
        return round_trip(551.8, 4.12, 4.34, costs=Costs(slippage=0), **BOE)

    def test_one_lot_by_hand(self, orders):
        """100 shares: 412 + 5 + .00824 go out, 434 - 5 - .434 - .00868 come in."""
        assert orders["shares"].tolist() == [100, 0, 100]
        bought, _, sold = orders["cash"]
        assert bought == pytest.approx(551.8 - 412 - 5 - 412 * 2e-5)
        assert sold == pytest.approx(bought + 434 - 5 - 0.434 - 434 * 2e-5)

    def test_the_same_day_it_cannot_be_sold(self, orders):
        """T+1: the sale on the day of the purchase is refused, and changes nothing."""
        assert orders["outcome"].tolist() == ["filled", "bought today", "filled"]
        assert orders["cash"].iloc[0] == orders["cash"].iloc[1]

    def test_too_little_for_a_lot(self):
        """At 6.44 a lot takes more than 551.8 yuan, and nothing happens at all."""
        orders = round_trip(551.8, 6.44, 6.52, costs=Costs(), **BOE)
        assert orders["outcome"].tolist() == ["less than one lot", "not held", "not held"]
        assert (orders["cash"] == 551.8).all()


def test_round_trip_cost_by_hand():
    """On 412 yuan two minima weigh 2.4 %; on a million the rate of .025 % holds."""
    found = round_trip_cost([412, 1e6], Costs(0.00025, 0.0005), "2017-11-08")
    fixed = 0.001 + 2 * 2e-5 + 2 * 0.0005
    assert found[412] == pytest.approx(10 / 412 + fixed)
    assert found[1e6] == pytest.approx(0.0005 + fixed)


def test_the_broker_takes_what_round_trip_cost_says():
    """The formula and the broker must be one: price unchanged, cost over value is the same."""
    costs = Costs(0.00025, 0)
    orders = round_trip(30_000, 10.0, 10.0, costs=costs, **BOE)
    value = orders["value"].iloc[0]
    taken = (30_000 - orders["cash"].iloc[-1]) / value
    assert taken == pytest.approx(round_trip_cost([value], costs, "2017-11-08").iloc[0])


def test_smallest_order_is_what_the_broker_needs(panel_of):
    """With exactly that much cash one lot fills; with a cent less it does not."""
    panel = panel_of({"000725.SZ": [6.44, 6.5]}, start="2017-11-08")
    needed = smallest_order(tabulate(panel), Costs()).loc["2017-11-08", "000725.SZ"]
    for cash, outcome in ((needed, "filled"), (needed - 0.01, "less than one lot")):
        orders = round_trip(cash, 6.44, 6.5, costs=Costs(), **BOE)
        assert orders["outcome"].iloc[0] == outcome


def test_a_stock_without_a_row_has_no_smallest_order(panel_of):
    """Not quoted is unknown, not free."""
    panel = panel_of({"000725.SZ": [6.44, 6.5], "600000.SH": [np.nan, 10.0]}, start="2017-11-08")
    found = smallest_order(tabulate(panel), Costs())["600000.SH"]
    assert found.isna().tolist() == [True, False]
