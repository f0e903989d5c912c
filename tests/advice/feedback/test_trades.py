"""Fills land on the forecast before them; realised returns by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.feedback import trades
from stockcast.advice.feedback.trades import by_forecast, import_fills, realised, record_orders
from stockcast.errors import InputError
from tests.advice.feedback.conftest import CODES, EVENINGS

LATER = "2016-01-08T20:00"
HEAD = "date,code,side,shares,price,fees"


def test_fills_are_on_the_newest_forecast_before_them(ledger, csv):
    """What is bought on the 5th was decided on the evening of the 4th."""
    path = csv(
        HEAD, f"2016-01-05,{CODES[0]},buy,200,10.0,5", f"2016-01-08,{CODES[0]},sell,100,11,6.1"
    )
    assert import_fills(ledger, path, "Mei", issued_at=LATER) == 2
    found = trades.fills(ledger)
    assert found["forecast"].tolist() == [1, 19]
    assert found["traded"].tolist() == [pd.Timestamp("2016-01-05"), pd.Timestamp("2016-01-08")]
    (row,) = realised(found).itertuples()
    # Half of what 2,005 yuan bought brought 1,100 - 6.1.
    assert (row.forecast, row.paid, row.sold, row.received, row.held) == (1, 2005, 0.5, 1093.9, 3)
    np.testing.assert_allclose(row.realised_return, 1093.9 / 1002.5 - 1)
    assert ledger.verify(strict=False) == []  # dated as told, written now


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["date,code,side,shares,price"], "line 1: must name the columns"),
        ([HEAD, "2016-01-05,{code},hold,100,10,5"], "line 2, side: must be buy or sell"),
        ([HEAD, "2016-01-05,{code},buy,0,10,5"], "line 2, shares: must be a whole number"),
        ([HEAD, "2016-01-05,{code},buy,1.5,10,5"], "line 2, shares: must be a whole number"),
        ([HEAD, "2016-01-05,{code},buy,100,nan,5"], "line 2, price: must be yuan above zero"),
        ([HEAD, "2016-01-05,{code},buy,100,0,5"], "line 2, price: must be yuan above zero"),
        ([HEAD, "2016-01-05,{code},buy,100,10,-1"], "line 2, fees: must be yuan, zero or more"),
        ([HEAD, "2016-01-05,600999.SH,buy,100,10,5"], "line 2, code: must be a stock of the led"),
        ([HEAD, "2016-01-04,{code},buy,100,10,5"], "line 2, fill: must follow a forecast"),
        ([HEAD, "2016-01-09,{code},buy,100,10,5"], "line 2, date: must not lie in the future"),
        ([HEAD, "{good}", "{good}"], "line 3, fill: is there twice, or was imported"),
    ],
)
def test_a_fault_is_named_with_its_line_and_nothing_is_written(ledger, csv, lines, message):
    """The first fault refuses the whole file."""
    good = f"2016-01-05,{CODES[0]},buy,100,10,5"
    count = ledger.head()
    path = csv(*(line.format(good=good, code=CODES[1]) for line in lines))
    with pytest.raises(InputError, match=message):
        import_fills(ledger, path, "Mei", issued_at=LATER)
    assert ledger.head() == count


def test_whose_fills_must_be_said(ledger, csv):
    """No name, no fills."""
    path = csv(HEAD, f"2016-01-05,{CODES[0]},buy,100,10,5")
    with pytest.raises(InputError, match="who: must be a name"):
        import_fills(ledger, path, "", issued_at=LATER)


def test_first_in_first_out_by_hand():
    """Two purchases, one sale of more than the first: the rest comes off the second."""
    table = _fills(
        ("2016-01-05", "buy", 100, 10.0, 5.0),
        ("2016-01-06", "buy", 100, 20.0, 5.0),
        ("2016-01-07", "sell", 150, 22.0, 15.0),
    )
    one, two = realised(table).itertuples()
    each = (150 * 22 - 15) / 150
    assert (one.sold, two.sold) == (1.0, 0.5)
    np.testing.assert_allclose(one.realised_return, 100 * each / 1005 - 1)
    np.testing.assert_allclose(two.realised_return, 50 * each / (2005 / 2) - 1)


def test_a_split_makes_more_shares():
    """100 shares become 200 when the factor doubles; without the panel half would stay unsold."""
    table = _fills(("2016-01-05", "buy", 100, 10.0, 0.0), ("2016-01-07", "sell", 200, 6.0, 0.0))
    panel = pd.DataFrame({"date": table["traded"], "code": table["code"], "adj_factor": [1.0, 2.0]})
    (row,) = realised(table, panel).itertuples()
    assert row.sold == 1.0
    np.testing.assert_allclose(row.realised_return, 0.2)


def test_dividends_are_received_by_who_holds_into_the_ex_date():
    """One yuan a share and two shares for one: 100 shares of 10 yuan sold as 200 of 5, 10 % up."""
    table = _fills(
        ("2016-01-05", "buy", 100, 10.0, 0.0),
        ("2016-01-07", "sell", 100, 5.0, 20.0),
        ("2016-01-07", "buy", 100, 5.0, 0.0),
        ("2016-01-08", "sell", 200, 5.0, 0.0),
    )
    paid = pd.DataFrame(
        {
            "code": CODES[0], "ex_date": pd.to_datetime(["2016-01-07", None]), "cash": [1.0, 9.0],
            "bonus": [1.0, 0.0],
        }
    )  # fmt: skip
    first, second = realised(table, dividends=paid).itertuples()
    assert (first.sold, second.sold) == (1.0, 1.0)
    assert first.received == pytest.approx(100 * 1 + 200 * 5 - 20)
    assert second.received == pytest.approx(500)


def test_what_is_held_has_no_return_yet():
    """NaN, not zero."""
    (row,) = realised(_fills(("2016-01-05", "buy", 100, 10.0, 5.0))).itertuples()
    assert (row.sold, row.received) == (0.0, 0.0)
    assert np.isnan(row.realised_return)


def test_returns_by_forecast_add_up():
    """Two purchases on one forecast are one line, weighted by what was paid."""
    table = _fills(
        ("2016-01-05", "buy", 100, 10.0, 0.0),
        ("2016-01-05", "buy", 300, 10.0, 0.0),
        ("2016-01-07", "sell", 400, 11.0, 0.0),
    )
    (row,) = by_forecast(realised(table)).itertuples()
    assert (row.paid, row.received, row.sold) == (4000.0, 4400.0, 1.0)
    np.testing.assert_allclose(row.realised_return, 0.1)


def test_orders_of_a_backtest_are_recorded_once(ledger):
    """Only what filled, with all charges but slippage, and a second time refused."""
    orders = pd.DataFrame(
        {
            "decided": pd.to_datetime(EVENINGS[:2]),
            "date": pd.to_datetime(EVENINGS[1:3]),
            "code": CODES[0],
            "side": ["buy", "sell"],
            "outcome": ["filled", "bought today"],
            "shares": [100, 0],
            "price": [10.0, np.nan],
            "commission": [5.0, 0.0],
            "stamp_tax": 0.0,
            "transfer_fee": [0.02, 0.0],
            "dividend_tax": 0.0,
            "slippage": [0.5, 0.0],
        }
    )
    assert record_orders(ledger, orders, issued_at=LATER) == 1
    (row,) = trades.fills(ledger).itertuples()
    assert (row.who, row.shares, row.fees) == ("backtest", 100, 5.02)
    with pytest.raises(InputError, match="orders, line 1, fill: is there already"):
        record_orders(ledger, orders, issued_at=LATER)


def _fills(*rows: tuple) -> pd.DataFrame:
    names = ["traded", "side", "shares", "price", "fees"]
    table = pd.DataFrame(rows, columns=names)
    table["traded"] = pd.to_datetime(table["traded"])
    about = {"who": "Mei", "code": CODES[0], "forecast": 1, "date": pd.Timestamp("2016-01-04")}
    return table.assign(number=range(len(table)), **about)
