"""What is derived when a source leaves it out."""

import numpy as np
import pandas as pd
import pytest

from stockcast.data import schema
from stockcast.data.completion import complete
from tests.data.conftest import quotes


def completed(frame, **more):
    """`frame` through validation and completion, by (code, date)."""
    return complete(schema.validate(frame), **more).set_index(["code", "date"])


def test_a_completed_panel_has_every_column(frame):
    """Every column of the schema is there, typed, and rows are sorted by date and code."""
    found = complete(schema.validate(frame))
    optional = {"sector", "pct_chg"}
    assert set(found.columns) == set(schema.PANEL.columns) - optional
    schema.PANEL.validate(found)
    pd.testing.assert_frame_equal(found, found.sort_values(["date", "code"], ignore_index=True))


def test_pre_close_is_the_previous_adjusted_close(frame):
    """On an ex-dividend day it is the previous close x factor / today's factor, on the tick."""
    split = frame.copy()
    first = split.code == "000001.SZ"
    split.loc[first & (split.date >= "2015-03-02"), "adj_factor"] = 1.03
    close = split[first].set_index("date").close
    found = completed(split).loc["000001.SZ"].pre_close
    assert np.isnan(found.iloc[0])
    assert found["2015-01-06"] == close["2015-01-05"]
    assert found["2015-03-02"] == pytest.approx(round(close["2015-02-27"] / 1.03, 2), abs=1e-9)


def test_given_columns_are_kept(frame):
    """A source's own reference price and limits are believed."""
    given = completed(frame.assign(pre_close=9.99, limit_up=50.0, limit_down=1.0))
    assert (given[["pre_close", "limit_up", "limit_down"]] == [9.99, 50.0, 1.0]).all(axis=None)


def test_limits_follow_board_and_treatment(frame):
    """10 % on the main board, 5 % under special treatment, none without a reference price."""
    treated = frame.assign(is_st=np.where(frame.code == "600000.SH", 1, -1))
    found = completed(treated)
    main = found.loc["000001.SZ"].iloc[1]
    special = found.loc["600000.SH"].iloc[1]
    assert main.limit_up == pytest.approx(np.floor(main.pre_close * 110 + 0.5 + 1e-6) / 100)
    assert special.limit_up == pytest.approx(np.floor(special.pre_close * 105 + 0.5 + 1e-6) / 100)
    assert special.limit_down < special.pre_close < special.limit_up
    assert np.isnan(found.loc["000001.SZ"].limit_up.iloc[0])


def test_no_limits_where_prices_are_not_as_traded(frame):
    """A vendor's adjusted prices meet no exchange rule; they stay and are flagged."""
    found = completed(frame.assign(as_traded=frame.code != "000001.SZ"))
    assert found.loc["000001.SZ"].limit_up.isna().all()
    assert not found.loc["000001.SZ"].as_traded.any()
    assert found.loc["600000.SH"].limit_up.notna().sum() == len(frame) / 2 - 1


def test_list_date_is_the_first_day_of_a_later_stock(frame):
    """Known for a stock that comes after the source's first day, unknown for the others."""
    late = frame[(frame.code != "600000.SH") | (frame.date >= "2015-03-02")]
    found = completed(late)
    assert found.loc["000001.SZ"].list_date.isna().all()
    assert (found.loc["600000.SH"].list_date == pd.Timestamp("2015-03-02")).all()
    alone = completed(late[late.code == "600000.SH"], first_day=pd.Timestamp("2015-01-05"))
    assert alone.list_date.notna().all()


def test_first_day_of_a_listing_has_the_rules_of_its_date():
    """A main-board listing of 2015 moves by +44 % on its first day and by 10 % after it."""
    days = quotes(("000001.SZ",)).date
    new = quotes(("603000.SH",)).assign(pre_close=10.0)
    new = new[new.date >= days[20]]
    found = completed(pd.concat([quotes(("000001.SZ",)), new])).loc["603000.SH"]
    assert found.limit_up.iloc[0] == 14.4
    assert found.limit_down.iloc[0] == 6.4
    assert found.limit_up.iloc[1] == 11.0


def test_gaps_become_suspended_days(frame):
    """A day the source skips is a flat, suspended day without amount; nothing is added at ends."""
    gap = frame[(frame.code != "600000.SH") | ~frame.date.between("2015-02-02", "2015-02-06")]
    gap = gap[(gap.code != "600000.SH") | (gap.date <= "2015-05-29")]
    found = completed(gap).loc["600000.SH"]
    filled = found["2015-02-02":"2015-02-06"]
    assert len(filled) == 5
    assert filled.suspended.all()
    assert (filled.volume == 0).all()
    assert filled.amount.isna().all()
    assert (filled[["open", "high", "low"]].to_numpy() == filled.close.to_numpy()[:, None]).all()
    assert (filled.close == found.close["2015-01-30"]).all()
    assert filled.in_universe.all()
    assert found.index.max() == pd.Timestamp("2015-05-29")
    assert not found.suspended["2015-02-09"]
    assert found.pre_close["2015-02-09"] == found.close["2015-01-30"]


def test_completion_looks_back_only(frame):
    """Dropping every row after t leaves the completed rows dated <= t as they were."""
    late = frame[(frame.code != "600000.SH") | (frame.date >= "2015-03-02")]
    late = late.assign(adj_factor=late.adj_factor * (1 + 0.1 * (late.date >= "2015-04-01")))
    whole = complete(schema.validate(late))
    for cut in whole.date.drop_duplicates()[::6]:
        found = complete(schema.validate(late[late.date <= cut]))
        pd.testing.assert_frame_equal(found, whole[whole.date <= cut])
