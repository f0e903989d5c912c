"""Reading: canonical frames, one day, one stock, SQL in place, files of one's own."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pandas as pd
import pytest

from stockcast.data.store import Store, query
from stockcast.errors import InputError
from stockcast.market.tables import TABLES
from tests.data.store import vendor as vendors

DAY, CODE = "2015-07-03", "600003.SH"


@pytest.mark.parametrize("table", vendors.NAMES)
def test_what_is_read_is_what_was_fetched(table, filled, vendor):
    """Columns, types, order and every value, missing ones included."""
    fetched = vendor.tables[table]
    dated = TABLES[table].dated
    if dated:
        fetched = fetched[fetched[dated].between(vendors.START, vendors.END)]
    pd.testing.assert_frame_equal(filled.read(table), TABLES[table].typed(fetched))


def test_days_and_stocks_are_cut_out(filled, vendor):
    """Both ends of the days count; a year's edge loses nothing."""
    rows = vendor.tables["bars"]
    found = filled.read("bars", "2014-12-30", "2015-01-06", [CODE, "600001.SH"])
    wanted = rows[
        rows.date.between("2014-12-30", "2015-01-06") & rows.code.isin([CODE, "600001.SH"])
    ]
    pd.testing.assert_frame_equal(found, wanted.reset_index(drop=True))
    pd.testing.assert_frame_equal(
        filled.day("bars", DAY), rows[rows.date == DAY].reset_index(drop=True)
    )
    kept = rows[(rows.code == CODE) & (rows.date <= vendors.END)]
    pd.testing.assert_frame_equal(filled.stock("bars", CODE), kept.reset_index(drop=True))


def test_what_is_not_there_has_no_rows_and_the_right_columns(filled):
    """A table never fetched, a stock unknown, a day without trade."""
    for found, table in [
        (filled.read("margin"), "margin"),
        (filled.stock("bars", "000001.SZ"), "bars"),
        (filled.day("bars", "2015-07-04"), "bars"),
    ]:
        pd.testing.assert_frame_equal(found, TABLES[table].empty(), check_index_type=False)


def test_a_store_shows_only_what_it_had_seen(filled):
    """As of a moment before the update nothing was there; a day means its end."""
    assert filled.read("bars", as_of="2016-02-29").empty
    assert filled.read("bars", as_of="2016-03-01 17:59").empty
    assert len(filled.read("bars", as_of="2016-03-01")) == len(filled.read("bars"))


@pytest.mark.parametrize(
    ("as_of", "seen"),
    [
        ("2016-03-01T09:59:00Z", False),
        ("2016-03-01T10:00:00Z", True),
        (pd.Timestamp("2016-03-01 19:00", tz="Asia/Tokyo"), True),
        (pd.Timestamp("2016-03-01"), False),
        (datetime(2016, 3, 1), False),
        ("2016-03-01 00:00", False),
        (date(2016, 3, 1), True),
    ],
)
def test_a_moment_is_read_by_the_shanghai_clock_and_only_a_day_means_its_end(as_of, seen, filled):
    """The update was seen at 18:00 in Shanghai, 10:00 UTC; midnight is a moment of its own."""
    assert filled.read("bars", as_of=as_of).empty is not seen


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("barz",), "table: is not known; got 'barz'; did you mean 'bars'?"),
        (("bars", "someday"), "start: must be a date; got 'someday'"),
        (("calendar", None, None, ["600000.SH"]), "its rows name no stock"),
    ],
)
def test_a_wrong_question_is_refused(words, said, filled):
    """No empty frame for a typo."""
    with pytest.raises(InputError) as caught:
        filled.read(*words)
    assert said in str(caught.value)


def test_a_damaged_file_is_named(filled):
    """Half a file is no rows; and it says what to do."""
    path = filled.folder / "bars" / "year=2015" / "data.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="table bars: must hold only files that an update wrote"):
        filled.read("bars")
    (filled.folder / "bars" / "coverage.json").write_text("{")
    with pytest.raises(InputError, match=r"coverage\.json: must be a file that an update wrote"):
        filled.status()


def test_sql_sees_the_rows_in_force(filled, vendor):
    """Views have the tables' names and columns, and the year."""
    answer = filled.query("SELECT * FROM bars WHERE year = 2015 ORDER BY date, code")
    rows = vendor.tables["bars"]
    wanted = rows[rows.date.dt.year == 2015].reset_index(drop=True)
    pd.testing.assert_frame_equal(answer.drop(columns="year"), wanted)
    joined = "SELECT count(*) n FROM bars JOIN factors USING (date, code) JOIN stocks USING (code)"
    assert filled.query(joined).n.item() == len(filled.read("bars"))


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM bars",
        "CREATE TABLE mine AS SELECT * FROM bars",
        "COPY bars TO 'FOLDER/bars/mine.parquet'",
        "COPY bars TO '/tmp/mine.parquet'",
        "SELECT 1; DROP VIEW bars",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM nothing",
        "SELEKT",
        "",
    ],
)
def test_sql_only_reads_the_store(sql, filled):
    """One line for everything else, and no file made or changed."""
    before = {path: path.read_bytes() for path in filled.folder.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=r"^query: ") as caught:
        filled.query(sql.replace("FOLDER", str(filled.folder)))
    assert "\n" not in str(caught.value)
    after = {path: path.read_bytes() for path in filled.folder.rglob("*") if path.is_file()}
    assert after == before


def test_a_condition_on_the_year_leaves_files_unopened(filled):
    """And one on a stock or a day skips row groups; DuckDB counts both."""
    with duckdb.connect() as connection:
        query._views(connection, filled.folder, None)
        plan = connection.sql("EXPLAIN ANALYZE SELECT sum(close) FROM bars WHERE year = 2015")
        assert "Total Files Read: 1 " in plan.fetchall()[0][1]


def test_rows_are_exported_to_a_file_of_ones_own(filled, tmp_path):
    """Both kinds read back to the same rows."""
    parquet, csv = tmp_path / "mine.parquet", tmp_path / "mine.csv"
    for target in (parquet, csv):
        assert filled.export("bars", target, "2015-01-01", "2015-12-31", [CODE]) == 244
    wanted = filled.read("bars", "2015-01-01", "2015-12-31", [CODE])
    pd.testing.assert_frame_equal(pd.read_parquet(parquet), wanted)
    pd.testing.assert_frame_equal(pd.read_csv(csv, parse_dates=["date"]), wanted, check_dtype=False)
    with pytest.raises(InputError, match=r"must end in \.csv or \.parquet"):
        filled.export("bars", tmp_path / "mine.xlsx")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"codes": [CODE, "999999.SH"]}, "codes: are not in the table bars; got '999999.SH'"),
        ({"start": "2015-07-03", "end": "2015-07-01"}, "start: must not be after end"),
        ({"start": "2015-07-04", "end": "2015-07-04"}, "table bars: has no such rows"),
        ({"table": "margin"}, "table margin: has no such rows"),
    ],
)
def test_an_export_of_nothing_leaves_the_file_that_is_there(named, said, filled, tmp_path):
    """A typo must not empty a file of one's own."""
    mine = tmp_path / "mine.csv"
    mine.write_text("kept")
    with pytest.raises(InputError) as caught:
        filled.export(**{"table": "bars", "target": mine} | named)
    assert said in str(caught.value)
    assert mine.read_text() == "kept"


def test_status_counts_rows_days_and_revisions(filled):
    """One line a table; days not covered are holes, or the table is so many behind."""
    told = filled.status("2016-03-02 12:00").set_index("table")
    assert list(told.index) == ["stocks", "bars", "factors", "income"]
    bars = told.loc["bars"]
    assert (bars["rows"], bars.revisions) == (len(filled.read("bars")), 0)
    assert (bars.missing, bars.behind) == (0, 2)
    assert (bars["first"], bars["last"]) == (pd.Timestamp("2014-11-03"), pd.Timestamp("2016-02-26"))
    assert bars.megabytes > 0
    assert bars.updated == pd.Timestamp(vendors.NOW)


def test_an_empty_store_is_no_error(store):
    """Before the first update there is simply nothing."""
    assert (store.tables(), len(store.status()), len(store.read("bars"))) == ([], 0, 0)
    assert store.query("SELECT 1 AS one").one.item() == 1
    assert repr(store) == f"Store({str(store.folder)!r})"


def test_the_folder_is_the_projects_unless_named(monkeypatch, tmp_path, project):
    """`STOCKCAST_STORE` moves it."""
    monkeypatch.delenv("STOCKCAST_STORE", raising=False)
    assert Store().folder == project / "store"
    monkeypatch.setenv("STOCKCAST_STORE", str(tmp_path / "elsewhere"))
    assert Store().folder == tmp_path / "elsewhere"
