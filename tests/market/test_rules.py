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
