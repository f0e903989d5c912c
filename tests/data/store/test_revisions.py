"""History that a vendor revises: found, versioned, and readable as it was."""

from __future__ import annotations

import hashlib

import pandas as pd
import polars as pl
import pytest

from stockcast.data.store import Store, parts
from stockcast.data.store.revisions import Counts, Window, merge
from stockcast.data.tushare.panel import panel
from tests.data.store import vendor as vendors
from tests.data.store.conftest import held

BEFORE, AFTER = "2016-03-01", "2016-03-04 18:00"
DAY, CODE = pd.Timestamp("2016-02-24"), "600003.SH"


def update(store: Store, vendor: vendors.Vendor, **named: object) -> dict[str, Counts]:
    """What an update three days later changes."""
    options = {"now": AFTER, "recheck": 5} | named
    outcomes = store.update(vendor, end=vendors.END, tables=vendors.NAMES, **options)
    return {outcome.table: outcome.counts for outcome in outcomes}


def change(vendor: vendors.Vendor, table: str, column: str, value: float, **where: object) -> None:
    """Let the vendor tell another value of one row."""
    rows = vendor.tables[table]
    found = pd.concat([rows[name] == wanted for name, wanted in where.items()], axis=1).all(axis=1)
    assert found.sum() == 1
    vendor.tables[table] = rows.assign(**{column: rows[column].mask(found, value)})


def panel_hash(store: Store, as_of: str | None = None) -> str:
    """Hash of the panel that the store's tables make."""
    names = ("stocks", "bars", "factors")
    made = panel({name: store.read(name, as_of=as_of) for name in names}, "000300.SH")
    return hashlib.sha256(pd.util.hash_pandas_object(made).to_numpy().tobytes()).hexdigest()


def test_a_changed_factor_makes_another_version_of_the_data(filled, vendor):
    """Found by the recheck; both values are kept; the panel's hash tells them apart."""
    old = panel_hash(filled)
    change(vendor, "factors", "adj_factor", 1.25, date=DAY, code=CODE)
    assert update(filled, vendor)["factors"] == Counts(changed=1)
    both = filled.read("factors", DAY, DAY, [CODE], revisions=True).sort_values("revision")
    assert both.adj_factor.to_list() == [1.0, 1.25]
    assert both.revision.to_list() == [0, 1]
    assert both.superseded.iloc[0] == both.seen.iloc[1] == pd.Timestamp(AFTER)
    assert filled.read("factors", DAY, DAY, [CODE]).adj_factor.to_list() == [1.25]
    assert filled.read("factors", DAY, DAY, [CODE], as_of=BEFORE).adj_factor.to_list() == [1.0]
    assert panel_hash(filled, BEFORE) == old != panel_hash(filled)


def test_a_restated_figure_is_found_and_the_first_one_kept(filled, vendor):
    """A vendor that overwrites a statement must not overwrite what was known."""
    row = vendor.tables["income"].iloc[-1]
    where = {"code": row.code, "period": row.period}
    change(vendor, "income", "net_profit", -7.0, **where)
    assert update(filled, vendor)["income"] == Counts()
    assert update(filled, vendor, recheck=60)["income"] == Counts(changed=1)
    now = filled.read("income", codes=[row.code])
    then = filled.read("income", codes=[row.code], as_of=BEFORE)
    assert now.net_profit.iloc[-1] == -7.0
    assert then.net_profit.iloc[-1] == row.net_profit
    assert filled.query("SELECT count(*) n FROM income WHERE net_profit = -7").n.item() == 1
    sql = "SELECT count(*) n FROM income WHERE net_profit = -7"
    assert filled.query(sql, as_of=BEFORE).n.item() == 0


def test_what_is_older_than_the_recheck_is_left_alone(filled, vendor):
    """An update fetches the days that it was told to, no others."""
    change(vendor, "factors", "adj_factor", 3.0, date=pd.Timestamp("2015-03-04"), code=CODE)
    before = held(filled)["factors"]
    assert update(filled, vendor)["factors"] == Counts()
    pd.testing.assert_frame_equal(held(filled)["factors"], before)
    assert update(filled, vendor, recheck=1000)["factors"] == Counts(changed=1)


def test_a_withdrawn_row_is_no_longer_in_force_and_still_there(filled, vendor):
    """It can come back, too: then it is the next revision."""
    rows = vendor.tables["bars"]
    gone = (rows.date == DAY) & (rows.code == CODE)
    vendor.tables["bars"] = rows[~gone]
    assert update(filled, vendor)["bars"] == Counts(withdrawn=1)
    assert filled.read("bars", DAY, DAY, [CODE]).empty
    assert len(filled.read("bars", DAY, DAY, [CODE], as_of=BEFORE)) == 1
    vendor.tables["bars"] = rows
    assert update(filled, vendor, now="2016-03-05 18:00")["bars"] == Counts(added=1)
    there = filled.read("bars", DAY, DAY, [CODE], revisions=True)
    assert sorted(there.revision) == [0, 1]


def test_a_vendors_gap_withdraws_nothing(filled, vendor):
    """A day without any row is a vendor's trouble, not a revision of history."""
    whole = {name: filled.read(name) for name in vendors.NAMES}
    vendor.tables = {name: rows.iloc[:0] for name, rows in vendor.tables.items()}
    counts = update(filled, vendor, refresh=True)
    assert set(counts.values()) == {Counts()}
    for name, rows in whole.items():
        pd.testing.assert_frame_equal(filled.read(name), rows)


def test_a_stock_that_is_delisted_makes_a_revision_of_the_whole_table(filled, vendor):
    """`stocks` as of an earlier day must not know who was delisted later."""
    change(vendor, "stocks", "name", "退", code=CODE)
    assert update(filled, vendor)["stocks"] == Counts(changed=1)
    assert filled.read("stocks", codes=[CODE]).name.item() == "退"
    assert filled.read("stocks", codes=[CODE], as_of=BEFORE).name.item() == "甲"


@pytest.mark.parametrize("times", [1, 2, 5])
def test_merging_again_is_merging_once(times):
    """What an update did before it was killed, the next one does again without harm."""
    rows = parts.from_pandas("bars", vendors.market()["bars"].iloc[:40])
    window = Window("date", [pd.Timestamp(day) for day in rows["date"].unique()])
    seen = pd.Timestamp("2016-03-01")
    first, counts = merge("bars", parts.empty("bars"), rows, window, seen)
    changed = rows.with_columns(close=pl.col("close") + (pl.col("code") == CODE))
    merged, counts = merge("bars", first, changed, window, seen)
    assert counts.changed == (rows["code"] == CODE).sum()
    for _ in range(times):
        again, counts = merge("bars", merged, changed, window, seen)
        assert counts == Counts()
        assert again.equals(merged)


def test_a_missing_value_that_stays_missing_is_no_change():
    """NaN equals NaN here, else every update would make a revision."""
    rows = vendors.market()["bars"].iloc[:3].assign(open=float("nan"))
    new = parts.from_pandas("bars", rows)
    window, seen = Window("date", list(rows.date)), pd.Timestamp("2016-03-01")
    first, _ = merge("bars", parts.empty("bars"), new, window, seen)
    assert merge("bars", first, new, window, seen)[1] == Counts()
