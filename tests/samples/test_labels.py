"""Labels against tables of literal prices."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.samples import labels

DAYS = pd.to_datetime(
    ["2017-09-26", "2017-09-27", "2017-09-28", "2017-09-29", "2017-10-09", "2017-10-10"]
)


def stock(close, code="600000.SH", days=DAYS, **columns):
    """A panel of one stock; its open equals its close unless given."""
    table = pd.DataFrame({"date": days, "code": code, "close": np.array(close, float)})
    table["open"] = table.close
    table["adj_factor"] = 1.0
    table["suspended"] = False
    table["limit_up"] = np.inf
    return table.assign(**columns)


def test_label_is_from_the_next_close_to_the_one_horizon_later():
    """label(t) = C(t+1+h) / C(t+1) - 1 on trading days, across the holiday; NaN at the end."""
    found = labels.label(stock([10, 11, 12, 13, 14, 15]), horizon=2)
    expected = [13 / 11 - 1, 14 / 12 - 1, 15 / 13 - 1, np.nan, np.nan, np.nan]
    np.testing.assert_allclose(found.label, expected)
    assert list(found.columns) == ["date", "code", "label", "buyable_close", "buyable_open"]


def test_label_is_adjusted():
    """A two-for-one split between the two closes changes no label."""
    split = stock([10, 10, 5, 5, 5, 5], adj_factor=[1, 1, 2, 2, 2, 2])
    np.testing.assert_allclose(labels.label(split, 1).label[:4], 0.0)


def test_suspension_at_either_end_leaves_no_label():
    """NaN if suspended at t+1 or at t+1+h; a suspension at t or between does not matter."""
    halted = stock([10, 11, 11, 13, 14, 15], suspended=[False, False, True, False, False, False])
    found = labels.label(halted, horizon=2).label
    # t=0 buys on day 1 and sells on day 3; t=1 would buy on the suspended day 2.
    np.testing.assert_allclose(found[[0, 2]], [13 / 11 - 1, 15 / 13 - 1])
    assert np.isnan(found[1])
    assert np.isnan(labels.label(halted, horizon=1).label[0])  # sells on the suspended day


def test_label_counts_the_markets_days_not_the_stocks():
    """Where a stock has no row on t+1 or t+1+h, there is no label, whatever its next row is."""
    whole = stock([1, 1, 1, 1, 1, 1], code="600001.SH")
    gap = stock([10, 11, 13, 14, 15], days=DAYS.delete(2))
    panel = pd.concat([whole, gap]).sort_values(["date", "code"], ignore_index=True)
    found = labels.label(panel, horizon=1).set_index(["code", "date"]).label.loc["600000.SH"]
    np.testing.assert_allclose(found, [np.nan, np.nan, 15 / 14 - 1, np.nan, np.nan])


def test_label_keeps_the_panels_order():
    """Rows come back in the order they were given, each with its own label."""
    panel = pd.concat([stock([10, 11, 12, 13, 14, 15]), stock([6, 5, 4, 3, 2, 1], "000001.SZ")])
    panel = panel.sample(frac=1, random_state=3).reset_index(drop=True)
    found = labels.label(panel, horizon=1)
    pd.testing.assert_frame_equal(found[["date", "code"]], panel[["date", "code"]])
    first = found[found.date == DAYS[0]].set_index("code").label
    np.testing.assert_allclose(first[["600000.SH", "000001.SZ"]], [12 / 11 - 1, 4 / 5 - 1])


def test_buyable_looks_at_the_next_days_limit():
    """Not buyable at limit-up, suspended, or past the end; a NaN limit is no limit."""
    panel = stock(
        [10, 11, 10, 10, 10, 10],
        open=[10, 10.5, 11, 10, 10, 10],
        limit_up=[11, 11, 11, np.nan, 11, 11],
        suspended=[False, False, False, False, True, False],
    )
    found = labels.label(panel, horizon=1)
    assert found.buyable_close.tolist() == [False, True, True, False, True, False]
    assert found.buyable_open.tolist() == [True, False, True, False, True, False]
    assert found.buyable_close.dtype == bool


def test_label_uses_nothing_after_its_last_day():
    """Dropping the rows after t+1+h leaves the label of t bit-identical."""
    rng = np.random.default_rng(0)
    panel = stock(np.exp(rng.normal(size=6)))
    whole = labels.label(panel, horizon=2).label
    for last in range(3, 6):
        cut = labels.label(panel[: last + 1], horizon=2).label
        assert cut[last - 3] == whole[last - 3]


def test_forward_volatility_is_of_the_returns_that_the_label_spans():
    """Root mean square of the daily log returns from the close of t+1 to that of t+1+h."""
    found = labels.forward_volatility(stock([10, 11, 12, 10, 14, 15]), horizon=2)
    moves = np.log([12 / 11, 10 / 12, 14 / 10, 15 / 14])
    expected = [np.sqrt((a**2 + b**2) / 2) for a, b in pairwise(moves)]
    np.testing.assert_allclose(found, [*expected, np.nan, np.nan, np.nan])
    assert found.name == "forward_volatility"
    one = labels.forward_volatility(stock([10, 11, 12, 10, 14, 15]), horizon=1)
    np.testing.assert_allclose(one[:4], np.abs(moves))


def test_forward_volatility_is_adjusted_and_a_halt_is_still():
    """A split is no movement; a day of suspension between the ends is a return of zero."""
    split = stock([10, 10, 5, 5, 5, 5], adj_factor=[1, 1, 2, 2, 2, 2])
    np.testing.assert_allclose(labels.forward_volatility(split, 2)[:3], 0.0)
    halted = stock([10, 11, 11, 13, 14, 15], suspended=[False, False, True, False, False, False])
    found = labels.forward_volatility(halted, 2)
    np.testing.assert_allclose(found[0], np.sqrt(np.log(13 / 11) ** 2 / 2))
    assert np.isnan(found[1])  # bought on the suspended day


def test_forward_volatility_is_unknown_where_the_label_or_a_day_is():
    """NaN where the label is NaN, and where the stock lacks a row or a price on the way."""
    whole = stock([1, 1, 1, 1, 1, 1], code="600001.SH")
    gap = stock([10, 11, 13, 14, 15], days=DAYS.delete(2))
    panel = pd.concat([whole, gap]).sort_values(["date", "code"], ignore_index=True)
    volatility = labels.forward_volatility(panel, 2)
    label = labels.label(panel, 2).label
    assert volatility[label.isna()].isna().all()
    # On the first day the label holds from 27 to 29 September; the 28th has no row.
    assert volatility[(panel.code == "600000.SH") & label.notna()].isna().all()
    assert (volatility[panel.code == "600001.SH"][:3] == 0).all()
    broken = labels.forward_volatility(stock([10, 11, -1, 13, 14, 15]), 2)
    assert np.isnan(broken[:2]).all()
    assert np.isfinite(broken[2])


def test_forward_volatility_uses_nothing_after_its_last_day():
    """Dropping the rows after t+1+h leaves the volatility of t bit-identical."""
    panel = stock(np.exp(np.random.default_rng(0).normal(size=6)))
    whole = labels.forward_volatility(panel, 2)
    for last in range(3, 6):
        assert labels.forward_volatility(panel[: last + 1], 2)[last - 3] == whole[last - 3]


def test_thresholds_give_the_plans_classes():
    """At or beyond a level counts as the move, 0 between, missing without a label."""
    returns = pd.Series([0.03, 0.0299, -0.05, -0.12, 0.11, np.nan])
    found = labels.thresholds(returns)
    assert list(found.columns) == ["class_3", "class_5", "class_10"]
    assert found.class_3.tolist()[:5] == [1, 0, -1, -1, 1]
    assert found.class_5.tolist()[:5] == [0, 0, -1, -1, 1]
    assert found.class_10.tolist()[:5] == [0, 0, 0, -1, 1]
    assert found.iloc[5].isna().all()


@pytest.mark.parametrize(
    "call",
    [
        lambda p: labels.label(p, 0),
        lambda p: labels.forward_volatility(p, 0),
        lambda p: labels.thresholds(p.close, (0.0,)),
    ],
)
def test_impossible_arguments_are_refused(call):
    """A horizon below one day and a level of zero are errors of one line."""
    with pytest.raises(InputError, match="must be"):
        call(stock([1, 2, 3, 4, 5, 6]))
