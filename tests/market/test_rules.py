import itertools
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.market import rules

NONE = np.nan
LONG_AGO = 999


@pytest.mark.parametrize(
    ("board", "is_st", "date", "days_listed", "up", "down"),
    [
        ("main", False, "2012-01-04", LONG_AGO, 0.10, 0.10),
        ("main", False, "2012-01-04", NONE, 0.10, 0.10),
        ("main", True, "2012-01-04", LONG_AGO, 0.05, 0.05),
        ("main", True, "2026-07-03", LONG_AGO, 0.05, 0.05),
        ("main", True, "2026-07-06", LONG_AGO, 0.10, 0.10),
        ("main", False, "2012-01-04", 0, NONE, NONE),
        ("main", False, "2013-12-31", 0, NONE, NONE),
        ("main", False, "2014-01-17", 0, 0.44, 0.36),
        ("main", False, "2014-01-20", 1, 0.10, 0.10),
        ("main", False, "2023-04-07", 0, 0.44, 0.36),
        ("main", False, "2023-04-10", 0, NONE, NONE),
        ("main", False, "2023-04-14", 4, NONE, NONE),
        ("main", False, "2023-04-17", 5, 0.10, 0.10),
        ("main", False, "2023-04-10", 1, 0.10, 0.10),
        ("chinext", False, "2015-06-01", LONG_AGO, 0.10, 0.10),
        ("chinext", False, "2015-06-01", 0, 0.44, 0.36),
        ("chinext", True, "2020-08-21", LONG_AGO, 0.10, 0.10),
        ("chinext", True, "2020-08-24", LONG_AGO, 0.20, 0.20),
        ("chinext", False, "2020-08-25", 1, NONE, NONE),
        ("chinext", False, "2020-08-25", 2, 0.20, 0.20),
        ("star", False, "2019-07-26", 4, NONE, NONE),
        ("star", True, "2019-07-29", 5, 0.20, 0.20),
        ("beijing", False, "2021-11-15", 0, NONE, NONE),
        ("beijing", False, "2021-11-16", 1, 0.30, 0.30),
        ("main", True, "1998-04-21", LONG_AGO, 0.10, 0.10),
        ("main", True, "1998-04-22", LONG_AGO, 0.05, 0.05),
        ("main", False, "1996-12-13", LONG_AGO, NONE, NONE),
        ("main", True, "2023-04-14", 4, NONE, NONE),
        ("main", True, "2023-04-17", 5, 0.05, 0.05),
        ("main", True, "2026-07-06", 4, NONE, NONE),
        ("main", False, "2026-07-06", LONG_AGO, 0.10, 0.10),
        ("chinext", False, "2009-10-30", 0, NONE, NONE),
        ("chinext", False, "2009-11-02", 1, 0.10, 0.10),
        ("chinext", False, "2020-08-21", 1, 0.10, 0.10),
        ("chinext", False, "2020-08-24", 0, NONE, NONE),
        ("chinext", True, "2020-08-28", 4, NONE, NONE),
        ("chinext", True, "2020-08-31", 5, 0.20, 0.20),
        ("star", False, "2019-07-22", 0, NONE, NONE),
        ("star", True, "2026-07-06", LONG_AGO, 0.20, 0.20),
        ("beijing", True, "2021-11-16", LONG_AGO, 0.30, 0.30),
        ("beijing", False, "2021-11-12", LONG_AGO, NONE, NONE),
    ],
)
def test_limit_ratios(board, is_st, date, days_listed, up, down):
    """Limits change on their day: by board, special treatment and days since listing."""
    found = rules.limit_ratio(board, is_st, date, days_listed)
    np.testing.assert_array_equal([found.up, found.down], [up, down])


def test_limit_ratios_broadcast():
    """One call serves a table of boards, flags, days and ages, in the shape they broadcast to."""
    boards = pd.Series(["main", "chinext", "main"])
    dates = pd.to_datetime(["2020-08-21", "2020-08-24"]).to_numpy()[:, None]
    found = rules.limit_ratio(boards, [False, False, True], dates, LONG_AGO)
    np.testing.assert_array_equal(found.up, [[0.1, 0.1, 0.05], [0.1, 0.2, 0.05]])
    np.testing.assert_array_equal(found.up, found.down)


@pytest.mark.parametrize(
    ("pre_close", "ratio", "up", "down"),
    [
        (10.05, 0.10, 11.06, 9.05),  # 11.055 and 9.045: halves go up on both sides
        (13.98, 0.10, 15.38, 12.58),  # 000401.SZ on 2017-04-05 closed at 15.38
        (4.66, 0.10, 5.13, 4.19),  # 601992.SH on 2017-04-05 closed at 5.13
        (27.26, 0.10, 29.99, 24.53),  # 600340.SH on 2017-04-05 closed at 29.99
        (3.30, 0.05, 3.47, 3.14),
        (1.15, 0.20, 1.38, 0.92),
        (0.04, 0.10, 0.04, 0.04),
        (NONE, 0.10, NONE, NONE),
        (10.0, NONE, NONE, NONE),
    ],
)
def test_limit_prices(pre_close, ratio, up, down):
    """Limits are rounded half up to the tick; what is unknown stays NaN."""
    np.testing.assert_array_equal(rules.limit_prices(pre_close, ratio), (up, down))


def test_rise_and_fall_may_differ():
    """A listing day's limits are 44 % up and 36 % down from the issue price."""
    assert rules.limit_prices(10.01, 0.44, 0.36) == (14.41, 6.41)


@pytest.mark.parametrize("percent", [5, 10, 20, 44])
def test_limit_prices_agree_with_decimal_arithmetic(percent):
    """Every price to 100 yuan rounds as exact decimals do, whatever its binary fraction is."""
    ticks = np.arange(1, 10_001)
    found, _ = rules.limit_prices(ticks / 100, percent / 100)
    grow = 1 + Decimal(percent) / 100
    exact = [(Decimal(int(t)) * grow).quantize(Decimal(1), ROUND_HALF_UP) for t in ticks]
    np.testing.assert_array_equal(found, np.array(exact, dtype=float) / 100)


def test_noise_below_the_tick_does_not_move_a_limit():
    """A reference price derived from a percentage rounds to its tick before the limit is taken."""
    assert rules.limit_prices(10.05 - 2e-6, 0.1) == rules.limit_prices(10.05 + 2e-6, 0.1)


def panel(**columns: object) -> pd.DataFrame:
    """Two stocks over three sessions of April 2023, listed long ago; columns may be replaced."""
    days = pd.to_datetime(["2023-04-10", "2023-04-11", "2023-04-12"]).as_unit("us")
    rows = pd.DataFrame(
        itertools.product(["300001.SZ", "600001.SH"], days), columns=["code", "date"]
    )
    return rows.assign(
        board=rows["code"].map({"300001.SZ": "chinext", "600001.SH": "main"}),
        is_st=False, list_date=pd.Timestamp("2010-01-04"), pre_close=10.05, as_traded=True,
    ).assign(**columns)  # fmt: skip


def test_a_panel_gets_its_limits_at_once():
    """Board, special treatment and prices that are not as traded decide row by row."""
    special = [False] * 3 + [False, True, False]
    traded = [True, True, False, True, True, True]
    found = rules.limits(panel(is_st=special, as_traded=traded))
    np.testing.assert_array_equal(found["limit_up"], [12.06, 12.06, NONE, 11.06, 10.55, 11.06])
    np.testing.assert_array_equal(found["limit_down"], [8.04, 8.04, NONE, 9.05, 9.55, 9.05])


def test_a_panel_counts_the_days_since_each_listing():
    """Listed three sessions before (a holiday between): free for two more; unknown is long ago."""
    dates = [pd.Timestamp("2023-04-04")] * 3 + [pd.NaT] * 3
    rows = panel(list_date=pd.Series(dates, dtype="datetime64[us]"))
    np.testing.assert_array_equal(rules.days_listed(rows), [3, 4, 5, NONE, NONE, NONE])
    found = rules.limits(rows)["limit_up"]
    np.testing.assert_array_equal(found, [NONE, NONE, 12.06, 11.06, 11.06, 11.06])


def test_days_declared_free_have_no_limits():
    """A stock is free on the days named, and on no other; another stock is not."""
    free = pd.DataFrame({"date": pd.to_datetime(["2023-04-11"]), "code": ["600001.SH"]})
    found = rules.limits(panel(), free)
    assert found["limit_up"].isna().tolist() == [False, False, False, False, True, False]
    assert found["limit_down"].isna().tolist() == [False, False, False, False, True, False]


def test_relistings_and_share_reforms_are_listed():
    """Shanghai Petrochemical fell 43 % on the first session after its share reform."""
    free = rules.declared_free().set_index("code")
    assert free.loc["600688.SH", "date"] == pd.Timestamp("2013-08-20")
    assert set(free["reason"]) == {"relisted", "share reform", "new shares"}
    assert free["source"].str.len().gt(10).all()
    assert not free.reset_index().duplicated(["date", "code"]).any()


def test_the_first_day_of_a_delisting_period_is_free_since_the_reform():
    """The mark in the name tells the period; before 2020-12-31 its first day had limits too."""
    names = pd.DataFrame(
        [
            ("600001.SH", "ST old", "2019-05-06"),
            ("600001.SH", "退市 old", "2019-06-03"),
            ("600002.SH", "退市 new", "2021-03-15"),
            ("300003.SZ", "new 退", "2021-03-16"),
            ("600004.SH", "plain", "2021-03-16"),
        ],
        columns=["code", "name", "start"],
    ).astype({"start": "datetime64[us]"})
    boards = pd.Series({"600001.SH": "main", "600002.SH": "main", "300003.SZ": "chinext"})
    free = rules.delisting_free(names, boards)
    assert list(zip(free["code"], free["date"].dt.strftime("%F"), strict=True)) == [
        ("300003.SZ", "2021-03-16"), ("600002.SH", "2021-03-15"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("board", "minimum", "step"),
    [("main", 100, 100), ("chinext", 100, 100), ("star", 200, 1), ("beijing", 100, 1)],
)
def test_lots(board, minimum, step):
    """Orders come in lots of 100; on STAR from 200 shares singly."""
    assert rules.lot(board) == (minimum, step)


@pytest.mark.parametrize(
    ("side", "date", "rate"),
    [
        ("buy", "2008-09-18", 0.001),
        ("buy", "2008-09-19", 0),
        ("sell", "2008-09-19", 0.001),
        ("sell", "2023-08-27", 0.001),
        ("sell", "2023-08-28", 0.0005),
        ("buy", "2023-08-28", 0),
    ],
)
def test_stamp_tax(side, date, rate):
    """Since 2008 only sellers pay; the rate was halved on 2023-08-28."""
    assert rules.stamp_tax(side, date) == rate


@pytest.mark.parametrize(
    ("market", "date", "fee"),
    [
        ("SH", "2015-07-31", (0, 0.0006)),
        ("SH", "2015-08-01", (0.00002, 0)),
        ("SZ", "2015-07-31", (0, 0)),
        ("SZ", "2015-08-01", (0.00002, 0)),
        ("SZ", "2022-04-28", (0.00002, 0)),
        ("SH", "2022-04-29", (0.00001, 0)),
        ("BJ", "2022-04-28", (0.000025, 0)),
    ],
)
def test_transfer_fee(market, date, fee):
    """Shanghai charged on par value until 2015-07-31, both markets on value since."""
    assert rules.transfer_fee(market, date) == fee


def test_rates_take_arrays_of_days():
    """A backtest looks all its days up at once."""
    days = pd.to_datetime(["2015-07-31", "2015-08-03"])
    np.testing.assert_array_equal(rules.transfer_fee("SH", days).of_par, [0.0006, 0])
    np.testing.assert_array_equal(rules.commission_minimum(days), [5, 5])
    np.testing.assert_array_equal(rules.stamp_tax("sell", days), [0.001, 0.001])


def test_fees_of_single_orders():
    """Commission has its minimum, only sales are taxed, Shanghai once charged on par value."""
    order = {"value": 10_000.0, "shares": 1000, "commission": 0.00025}
    sale = rules.fees("sell", "SH", "2015-07-31", **order)
    np.testing.assert_allclose(sale, (5, 0.6, 10), rtol=1e-12)
    sale = rules.fees("sell", "SH", "2015-08-03", **order)
    np.testing.assert_allclose(sale, (5, 0.2, 10), rtol=1e-12)
    purchase = rules.fees("buy", "SZ", "2023-08-28", 1e6, 1000, 0.00025)
    np.testing.assert_allclose(purchase, (250, 10, 0), rtol=1e-12)


def test_fees_take_a_table_of_orders():
    """Sides, markets and days mix; a rate of zero turns the commission and its minimum off."""
    found = rules.fees(
        ["buy", "sell", "sell"], ["SZ", "BJ", "SH"],
        ["2015-07-31", "2021-11-15", "2023-08-28"], 10_000.0, 100, [0.001, 0.0, 0.001],
    )  # fmt: skip
    np.testing.assert_allclose(found.commission, [10, 0, 10], rtol=1e-12)
    np.testing.assert_allclose(found.transfer, [0, 0.25, 0.1], rtol=1e-12)
    np.testing.assert_allclose(found.stamp, [0, 10, 5], rtol=1e-12)


def test_a_sale_never_costs_more_than_it_brings():
    """The least commission gives way on a sale of a few fen."""
    found = rules.fees("sell", "SZ", "2020-01-02", 1.0, 1, 0.00025)
    assert sum(map(float, found)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("record", "bought", "sold", "rate"),
    [
        ("2012-12-31", "2012-12-03", "2013-01-04", 0.10),
        ("2014-06-10", "2014-06-03", "2014-07-03", 0.20),
        ("2014-06-10", "2014-06-03", "2014-07-04", 0.10),
        ("2014-06-10", "2014-06-03", "2015-06-03", 0.10),
        ("2014-06-10", "2014-06-03", "2015-06-04", 0.05),
        ("2015-09-07", "2014-06-03", "2016-06-03", 0.05),
        ("2015-09-08", "2014-06-03", "2016-06-03", 0.0),
        ("2015-09-08", "2015-09-01", "2015-10-08", 0.10),
        ("2024-02-01", "2024-01-31", "2024-02-29", 0.20),
        ("2024-02-01", "2024-01-31", "2024-03-01", 0.10),
        ("2024-02-01", "2023-01-31", None, 0.0),
    ],
)
def test_dividend_tax(record, bought, sold, rate):
    """Calendar months held and the day of record decide: up to a month, up to a year, longer."""
    assert rules.dividend_tax(record, bought, pd.Timestamp(sold)) == rate


def test_dividend_tax_takes_arrays():
    """A table of holdings is taxed at once; a sale before the purchase is refused."""
    sold = pd.to_datetime(["2014-07-03", "2015-06-04"])
    found = rules.dividend_tax("2014-06-10", pd.Timestamp("2014-06-03"), sold)
    np.testing.assert_array_equal(found, [0.20, 0.05])
    with pytest.raises(InputError, match="sold"):
        rules.dividend_tax("2014-06-10", "2014-06-03", "2014-06-03")


@pytest.mark.parametrize(
    ("date", "first", "second"),
    [
        ("2015-12-31", NONE, NONE),
        ("2016-01-04", 0.05, 0.07),
        ("2016-01-07", 0.05, 0.07),
        ("2016-01-08", np.inf, np.inf),
    ],
)
def test_circuit_breaker(date, first, second):
    """The breaker held on four sessions of January 2016."""
    np.testing.assert_array_equal(rules.breaker(date), (first, second))


def test_what_is_unknown_is_refused():
    """Boards, sides, markets and days that the table lacks are named, with what would do."""
    with pytest.raises(InputError, match="did you mean 'chinext'"):
        rules.limit_ratio("chinxt", False, "2020-01-02", 5)
    with pytest.raises(InputError, match="board"):
        rules.lot("nasdaq")
    with pytest.raises(InputError, match="side"):
        rules.stamp_tax("hold", "2020-01-02")
    with pytest.raises(InputError, match="market"):
        rules.transfer_fee("HK", "2020-01-02")
    with pytest.raises(InputError, match="2008-04-24"):
        rules.stamp_tax("sell", "2007-01-04")
    with pytest.raises(InputError, match="must be buy or sell"):
        rules.fees("hold", "SH", "2020-01-02", 1.0, 1, 0.0)
    with pytest.raises(InputError, match="board"):
        rules.limits(panel(board="nasdaq"))


def test_every_row_names_its_source():
    """The table is complete: known boards, one row per rule, board and day, a source for each."""
    table = rules.table()
    assert table.columns.tolist() == [
        "rule", "board", "from", "value", "unit", "source", "verified",
    ]  # fmt: skip
    assert set(table["board"]) == {*rules.BOARDS, "all", "SH", "SZ", "BJ"}
    assert not table.duplicated(["rule", "board", "from"]).any()
    assert table["source"].str.len().gt(5).all()
    assert table["value"].notna().all()
    assert table.groupby("rule")["unit"].nunique().eq(1).all()
    assert table["verified"].sum() >= 28


def test_the_public_names_are_those_listed():
    """`rules` gathers its private modules' names: each exists, sorted, none twice."""
    assert all(hasattr(rules, name) for name in rules.__all__)
    assert len(set(rules.__all__)) == len(rules.__all__)
    public = {name for name in vars(rules) if not name.startswith("_")} - {"annotations"}
    assert public == set(rules.__all__)
