"""What an update fetches, what it may call covered, and what it says when it cannot go on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pandas as pd
import pytest

from stockcast.data.store import Store, StoreFull
from stockcast.data.store.revisions import Counts
from stockcast.data.tushare.errors import PermissionNeeded, Unreachable
from stockcast.errors import InputError
from stockcast.market.tables import TABLES
from tests.conftest import ROOT
from tests.data.store import vendor as vendors
from tests.data.store.conftest import assert_same

LAST = pd.Timestamp("2016-02-26")


def update(store: Store, vendor: vendors.Vendor, *tables: str, **named: object):
    """Update some tables with the usual dates; by table."""
    options = {"start": vendors.START, "end": vendors.END, "now": vendors.NOW, "recheck": 0} | named
    return {found.table: found for found in store.update(vendor, tables=tables, **options)}


def test_only_missing_days_are_fetched(store, vendor):
    """A second update asks for the days between, and nothing when there are none."""
    update(store, vendor, "bars", end="2015-06-30")
    vendor.calls.clear()
    found = update(store, vendor, "bars", end="2015-07-03")["bars"]
    assert vendor.calls == [("daily", {"start_date": "20150701", "end_date": "20150703"})]
    assert found.fetched == found.counts.added == 3 * len(vendors.CODES)
    vendor.calls.clear()
    update(store, vendor, "bars", end="2015-07-05")
    assert vendor.calls == []


def test_an_earlier_start_fills_what_lies_before(store, vendor):
    """Coverage is a set of days, not one date."""
    update(store, vendor, "bars", start="2015-06-01", end="2015-06-30")
    vendor.calls.clear()
    update(store, vendor, "bars", start="2015-05-25", end="2015-07-03")
    spans = [(asked["start_date"], asked["end_date"]) for _, asked in vendor.calls]
    assert spans == [("20150525", "20150529"), ("20150701", "20150703")]


def test_a_later_update_needs_no_dates(store, vendor):
    """It goes on from the first covered day to the last complete one."""
    update(store, vendor, "bars", start="2015-06-01", end="2015-06-30")
    store.update(vendor, tables=["bars", "factors"], now="2015-07-02 20:00")
    for table in ("bars", "factors"):
        days = store.read(table).date
        assert (days.min(), days.max()) == (pd.Timestamp("2015-06-01"), pd.Timestamp("2015-07-02"))


@pytest.mark.parametrize(
    ("table", "now", "last"),
    [
        ("bars", "2016-02-26 14:59", "2016-02-25"),
        ("bars", "2016-02-26 17:00", "2016-02-26"),
        ("factors", "2016-02-26 09:00", "2016-02-25"),
        ("factors", "2016-02-26 10:00", "2016-02-26"),
    ],
)
def test_a_day_that_is_not_complete_is_neither_fetched_nor_covered(table, now, last, store, vendor):
    """Today's rows before the close would be taken for closing data."""
    update(store, vendor, table, start="2016-02-01", end=None, now=now)
    assert store.read(table).date.max() == pd.Timestamp(last)
    assert store.missing(table, "2016-02-26 23:59").to_list() == (
        [] if last == "2016-02-26" else [LAST]
    )


def test_margin_of_a_day_is_complete_on_the_next_morning(store):
    """The exchanges publish it before the next open."""
    from stockcast.data.store.layout import complete_until

    evening, morning = pd.Timestamp("2016-02-26 23:00"), pd.Timestamp("2016-02-27 10:00")
    assert complete_until("margin", evening) == pd.Timestamp("2016-02-25")
    assert complete_until("margin", morning) == pd.Timestamp("2016-02-26")


def test_a_day_that_the_vendor_does_not_have_yet_is_fetched_again(store, vendor):
    """Coverage must not claim a trading day of which no row came."""
    whole = vendor.tables["bars"]
    vendor.tables["bars"] = whole[whole.date != LAST]
    assert update(store, vendor, "bars")["bars"].late.to_list() == [LAST]
    assert LAST in store.missing("bars", vendors.NOW)
    vendor.tables["bars"] = whole
    found = update(store, vendor, "bars")["bars"]
    assert (found.late.to_list(), found.counts) == ([], Counts(added=len(vendors.CODES)))


def test_a_gap_in_a_vendors_history_stays_missing(store, vendor):
    """Also inside the very first request, of which nothing was known before."""
    gap = pd.Timestamp("2014-11-12")
    vendor.tables["bars"] = vendor.tables["bars"][lambda rows: rows.date != gap]
    assert update(store, vendor, "bars")["bars"].late.to_list() == [gap]
    assert gap in store.missing("bars", vendors.NOW)


def test_days_before_a_table_began_are_not_asked_for_for_ever(store, vendor):
    """Margin trading began in 2010: the years before have no rows, and never will."""
    vendor.tables["margin"] = TABLES["margin"].typed(
        vendor.tables["bars"][["date", "code"]]
        .query("date >= '2015-06-01'")
        .reindex(columns=list(TABLES["margin"].columns))
    )
    assert update(store, vendor, "margin")["margin"].late.empty
    vendor.calls.clear()
    update(store, vendor, "margin")
    assert vendor.calls == []


@pytest.mark.parametrize("table", ["bars", "factors"])
def test_a_gap_at_the_start_of_quotes_stays_missing(table, store, vendor):
    """The stocks were listed long before: the vendor lost those days, and may find them again."""
    whole = vendor.tables[table]
    vendor.tables[table] = whole[whole.date >= "2014-11-05"]
    late = update(store, vendor, "stocks", table)[table].late
    assert late.to_list() == [pd.Timestamp("2014-11-03"), pd.Timestamp("2014-11-04")]
    vendor.tables[table] = whole
    found = update(store, vendor, table)[table]
    assert (found.late.to_list(), found.counts) == ([], Counts(added=2 * len(vendors.CODES)))


def test_days_before_the_first_listing_are_not_asked_for_again(store, vendor):
    """No stock, no quotes."""
    listed = pd.Timestamp("2014-11-05")
    vendor.tables["stocks"] = vendor.tables["stocks"].assign(list_date=listed)
    vendor.tables["bars"] = vendor.tables["bars"][lambda rows: rows.date >= listed]
    assert update(store, vendor, "stocks", "bars")["bars"].late.empty


def test_a_year_whose_file_was_removed_is_fetched_again(filled, vendor):
    """Coverage must not outlive the rows."""
    whole = filled.read("bars")
    (filled.folder / "bars" / "year=2015" / "data.parquet").unlink()
    update(filled, vendor, "bars")
    pd.testing.assert_frame_equal(filled.read("bars"), whole)


@pytest.mark.parametrize("table", ["bars", "income"])
@pytest.mark.parametrize("years", ["year=2014", "year=*"])
def test_the_first_file_and_all_files_are_missed_too(table, years, filled, vendor):
    """Whatever was removed was once there: it must not pass for a table that began later."""
    whole = filled.read(table)
    for path in (filled.folder / table).glob(f"{years}/data.parquet"):
        path.unlink()
    assert filled.missing(table, vendors.NOW)[0] <= whole[TABLES[table].dated].min()
    update(filled, vendor, table)
    pd.testing.assert_frame_equal(filled.read(table), whole)


def test_a_whole_table_whose_file_was_removed_is_fetched_the_same_day(filled, vendor):
    """That it was fetched today is no reason to leave it away."""
    whole = filled.read("stocks")
    (filled.folder / "stocks" / "data.parquet").unlink()
    update(filled, vendor, "stocks")
    pd.testing.assert_frame_equal(filled.read("stocks"), whole)


def test_without_a_coverage_file_rows_are_fetched_again_and_not_doubled(filled, vendor):
    """It can be rebuilt: the rows say what is new."""
    (filled.folder / "bars" / "coverage.json").unlink()
    found = update(filled, vendor, "bars")["bars"]
    assert (found.fetched > 0, found.counts) == (True, Counts())


def test_rows_told_twice_count_once(store, vendor):
    """Pages that overlap repeat rows."""
    rows = vendor.tables["bars"]
    vendor.tables["bars"] = pd.concat([rows, rows.iloc[:5]])
    assert update(store, vendor, "bars")["bars"].counts == Counts(added=3864, doubled=5)
    pd.testing.assert_frame_equal(store.read("bars"), rows[rows.date <= LAST])


def test_whole_tables_are_fetched_once_a_day_or_when_asked(filled, vendor):
    """They are small, but not that small."""
    vendor.calls.clear()
    update(filled, vendor, "stocks", now="2016-03-01 23:00")
    assert vendor.calls == []
    update(filled, vendor, "stocks", now="2016-03-01 23:00", refresh=True)
    update(filled, vendor, "stocks", now="2016-03-02 09:00")
    assert len(vendor.calls) == 6


@pytest.mark.parametrize("error", [Unreachable("daily", "no answer"), KeyboardInterrupt()])
def test_what_came_before_a_failure_is_kept(error, store, vendor):
    """An hour of fetching must not be lost to the last request."""
    left = [1]

    def fail() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise error

    vendor.before = fail
    with pytest.raises(type(error)):
        update(store, vendor, "bars")
    assert pd.Timestamp(vendors.START) < store.read("bars").date.max() < pd.Timestamp("2014-12-31")
    vendor.before, whole = lambda: None, Store(store.folder.with_name("whole"))
    update(store, vendor, "bars")
    update(whole, vendor, "bars")
    assert_same(store, whole)


def test_a_table_without_permission_is_left_out_and_says_so(store, vendor):
    """The others must not wait for it."""

    def refuse() -> None:
        if not vendor.calls:
            vendor.calls.append("refused")
            raise PermissionNeeded("daily", "抱歉，您没有访问该接口的权限")

    vendor.before = refuse
    found = update(store, vendor, "bars", "factors")
    assert "120 points" in found["bars"].refused
    assert found["factors"].counts.added == 3864


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"start": None}, "start: must be given the first time"),
        ({"start": "2016-03-02", "end": None}, "start: must not be after today"),
        ({"indexes": []}, "indexes: must name at least one"),
        ({"start": "2016-09-09"}, "start: must not be after end"),
        ({"start": "someday"}, "start: must be a date"),
        ({"recheck": -1}, "recheck: must not be negative"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_fetched(named, said, store, vendor):
    """One line, and no call made."""
    with pytest.raises(InputError, match=said):
        update(store, vendor, "bars", **named)
    assert vendor.calls == []


def test_a_first_update_without_a_start_writes_nothing(store, vendor):
    """Also when tables that need no start come before those that do."""
    with pytest.raises(InputError, match="start: must be given the first time"):
        update(store, vendor, "stocks", "bars", start=None, end=None)
    assert (vendor.calls, store.tables()) == ([], [])
    update(store, vendor, "stocks", start=None, end=None)
    assert len(store.read("stocks")) == len(vendors.CODES)


def test_an_unknown_table_names_the_nearest(store, vendor):
    """A typo must not become a table."""
    with pytest.raises(InputError, match="did you mean 'bars'"):
        update(store, vendor, "barz")


@pytest.mark.parametrize("at", [1, 2, 3, 5])
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(at, filled, vendor, monkeypatch):
    """What was there before is read as before, and the next update mends all."""
    whole = Store(filled.folder.with_name("whole"))
    later = {"end": "2016-03-01", "now": "2016-03-02 18:00"}
    update(whole, vendor, *vendors.NAMES)
    update(whole, vendor, *vendors.NAMES, **later)
    left, real = [at], os.fsync

    def fsync(file: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreFull, match="No space left on device; every file is whole") as caught:
        update(filled, vendor, *vendors.NAMES, **later)
    assert "\n" not in str(caught.value)
    assert not [path for path in filled.folder.rglob(".*") if path.name != ".lock"]
    assert filled.read("bars").date.max() >= LAST
    update(filled, vendor, *vendors.NAMES, **later)
    assert_same(filled, whole)


def test_the_second_of_two_updates_says_who_is_writing(store, vendor):
    """Two writers would lose each other's rows."""
    code = (
        "import sys, time; from stockcast.data.store import lock\n"
        "with lock.writing(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(store.folder)]
    with subprocess.Popen(words, cwd=ROOT, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"is being updated by process {other.pid} on "):
            update(store, vendor, "bars")
        other.kill()
    assert vendor.calls == []
    assert update(store, vendor, "bars")["bars"].counts.added == 3864
