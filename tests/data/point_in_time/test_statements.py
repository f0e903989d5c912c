import numpy as np
import pandas as pd
import pytest

from stockcast.data.point_in_time import (
    asof,
    deadline,
    known_from,
    statements_asof,
    trailing,
    versions,
)
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.tables import TABLES

DAYS = sessions("2016-01-04", "2017-12-29")


def income(*rows: tuple) -> pd.DataFrame:
    """Canonical income of (period, report, first_announced, revenue[, code])."""
    made = [
        {
            "code": more[0] if more else "600001.SH", "period": period, "report": report,
            "first_announced": first, "announced": pd.NaT, "revenue": revenue,
        }
        for period, report, first, revenue, *more in rows
    ]  # fmt: skip
    frame = pd.DataFrame(made)
    for name in TABLES["income"].columns:
        if name not in frame:
            frame[name] = np.nan
    frame[["period", "first_announced"]] = frame[["period", "first_announced"]].apply(
        pd.to_datetime
    )
    return TABLES["income"].typed(frame)


def drawn(seed: int, stocks: int = 12) -> pd.DataFrame:
    """Four years of statements with restatements, missing dates and publications out of order."""
    rng = np.random.default_rng(seed)
    periods = pd.date_range("2013-03-31", "2017-09-30", freq="QE")
    rows = []
    for number in range(stocks):
        for period in periods:
            first = period + pd.Timedelta(days=int(rng.integers(15, 120)))
            unknown = rng.random() < 0.1
            value = round(float(rng.lognormal()), 6)
            rows.append((period, "1", pd.NaT if unknown else first, value, f"60000{number:02d}.SH"))
            if rng.random() < 0.2:
                again = first + pd.Timedelta(days=int(rng.integers(1, 300)))
                rows.append((period, "4", again, value * 0.9, f"60000{number:02d}.SH"))
    return income(*rows)


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2016-03-31", "2016-04-30"),
        ("2016-06-30", "2016-08-31"),
        ("2016-09-30", "2016-10-31"),
        ("2016-12-31", "2017-04-30"),
    ],
)
def test_legal_deadlines(period, day):
    """Each quarter's statement is due on the day that the law sets."""
    assert deadline(pd.Series([pd.Timestamp(period)])).tolist() == [pd.Timestamp(day)]


def test_a_deadline_needs_a_quarter():
    """A day that ends no quarter is refused by name; a missing one stays missing."""
    with pytest.raises(InputError, match="2016-11-30"):
        deadline(pd.Series(pd.to_datetime(["2016-03-31", "2016-11-30"])))
    assert deadline(pd.Series([pd.NaT], dtype="datetime64[us]")).isna().all()


@pytest.mark.parametrize(
    ("moment", "timed", "day"),
    [
        ("2017-03-31", False, "2017-04-05"),
        ("2017-03-30", False, "2017-03-31"),
        ("2017-04-01", False, "2017-04-05"),
        ("2017-03-31 15:00", True, "2017-03-31"),
        ("2017-03-31 15:00:01", True, "2017-04-05"),
        ("2017-03-31 08:00", True, "2017-03-31"),
        ("2017-04-01 08:00", True, "2017-04-05"),
        ("2017-04-04 20:00", True, "2017-04-05"),
    ],
)
def test_publications_count_from_the_close_that_follows(moment, timed, day):
    """A date alone counts from the next session; a time from the close after it."""
    found = known_from(pd.Series([pd.Timestamp(moment)]), timed=timed)
    assert found.tolist() == [pd.Timestamp(day)]


def test_statements_count_from_the_session_after_their_announcement():
    """Announced on a Friday's date, known on Monday, then until the next statement."""
    table = income(("2016-03-31", "1", "2016-04-15", 1.0), ("2016-06-30", "1", "2016-08-26", 2.0))
    found = statements_asof(table, DAYS).set_index("date")["revenue"]
    assert found.index[0] == pd.Timestamp("2016-04-18")
    assert found["2016-08-26"] == 1.0
    assert found["2016-08-29"] == 2.0
    assert found.index[-1] == DAYS[-1]


def test_a_restatement_counts_from_its_own_announcement():
    """Until the corrected figure was published, the first one holds, and a late one never leads."""
    table = income(
        ("2016-03-31", "1", "2016-04-15", 1.0),
        ("2016-03-31", "4", "2016-06-15", 0.5),
        ("2016-06-30", "1", "2016-08-26", 2.0),
        ("2016-03-31", "4", "2016-10-12", 0.4),
    )
    found = statements_asof(table, DAYS).set_index("date")
    assert found.loc["2016-06-15", "revenue"] == 1.0
    assert found.loc["2016-06-16", "revenue"] == 0.5
    assert found.loc["2016-10-20", "revenue"] == 2.0
    both = statements_asof(table, ["2016-10-12", "2016-10-13"], periods=2)
    assert both["revenue"].tolist() == [0.5, 2.0, 0.4, 2.0]


def test_without_a_date_a_statement_counts_from_its_deadline():
    """An original is assumed to be as late as the law allows; a restatement is left out."""
    table = income(("2016-03-31", "1", None, 1.0), ("2016-03-31", "4", None, 0.5))
    found = versions(table)
    assert found[["known", "assumed", "revenue"]].to_numpy().tolist() == [
        [pd.Timestamp("2016-05-03"), True, 1.0]
    ]


def test_announced_stands_in_for_a_missing_first_announcement():
    """The other date of the row is believed before the deadline is."""
    table = income(("2016-03-31", "1", None, 1.0)).assign(announced=pd.Timestamp("2016-04-20"))
    found = versions(table)
    assert found["known"].tolist() == [pd.Timestamp("2016-04-21")]
    assert not found["assumed"].any()


def test_other_kinds_of_reports_are_left_out():
    """A parent company's statement is no version of the group's."""
    assert versions(income(("2016-03-31", "6", "2016-04-15", 1.0))).empty


def test_late_publications_do_not_hide_a_later_period():
    """An annual statement published after the first quarter's is not the latest period."""
    table = income(("2016-03-31", "1", "2016-04-20", 1.0), ("2015-12-31", "1", "2016-04-28", 9.0))
    found = statements_asof(table, ["2016-05-03"])
    assert found["revenue"].tolist() == [1.0]
    assert statements_asof(table, ["2016-05-03"], periods=2)["revenue"].tolist() == [9.0, 1.0]


def test_trailing_figures():
    """Quarters are differences of sums from the year's start; a year is four of them."""
    table = income(
        ("2014-12-31", "1", "2015-03-20", 100.0), ("2015-03-31", "1", "2015-04-20", 10.0),
        ("2015-06-30", "1", "2015-08-20", 30.0), ("2015-09-30", "1", "2015-10-20", 60.0),
        ("2015-12-31", "1", "2016-03-20", 120.0), ("2016-03-31", "1", "2016-04-20", 15.0),
        ("2016-06-30", "1", "2016-08-20", 40.0),
    )  # fmt: skip
    found = trailing(table, ["revenue"]).groupby("period").last()
    assert found.loc["2015-12-31", "revenue_quarter"] == 60.0
    assert found.loc["2015-12-31", "revenue_year"] == 120.0
    assert found.loc["2016-03-31", "revenue_quarter"] == 15.0
    assert found.loc["2016-03-31", "revenue_year"] == 125.0
    assert found.loc["2016-06-30", "revenue_quarter"] == 25.0
    assert found.loc["2016-06-30", "revenue_year"] == 130.0
    assert np.isnan(found.loc["2015-06-30", "revenue_year"])
    assert np.isnan(found.loc["2014-12-31", "revenue_quarter"])


def test_trailing_figures_use_the_versions_of_their_day():
    """A restated year changes the trailing sum on its own announcement, not before."""
    table = income(
        ("2015-03-31", "1", "2015-04-20", 10.0), ("2015-12-31", "1", "2016-03-18", 120.0),
        ("2016-03-31", "1", "2016-04-20", 15.0), ("2015-12-31", "4", "2016-07-13", 110.0),
    )  # fmt: skip
    found = statements_asof(trailing(table, ["revenue"]), ["2016-07-13", "2016-07-14"])
    assert found["revenue_year"].tolist() == [125.0, 115.0]
    assert found["period"].tolist() == [pd.Timestamp("2016-03-31")] * 2


@pytest.mark.parametrize("periods", [1, 4])
def test_statements_asof_agree_with_the_plain_reading(periods):
    """For each day and stock: filter what is known, last version per period, latest periods."""
    rows = versions(drawn(1))
    days = DAYS[::25]
    found = statements_asof(rows, days, periods=periods)
    plain = []
    for day in days:
        known = rows[rows["known"] <= day].sort_values("known", kind="stable")
        last = known.groupby(["code", "period"], as_index=False).last()
        plain.append(last.groupby("code").tail(periods).assign(date=day))
    plain = pd.concat(plain, ignore_index=True)[found.columns]
    pd.testing.assert_frame_equal(found, plain, check_dtype=False)


@pytest.mark.parametrize("cut", ["2016-04-29", "2016-08-30", "2017-04-28"])
def test_statements_look_at_nothing_later(cut):
    """Dropping every version that became public after t changes nothing for days up to t."""
    table = drawn(2)
    cut = pd.Timestamp(cut)
    known = versions(table)
    kept = known[known["known"] <= cut].drop(columns=["known", "assumed"])
    days = sessions(DAYS[0], cut)
    assert 0 < len(kept) < len(known)
    for periods in (1, 5):
        pd.testing.assert_frame_equal(
            statements_asof(table, days, periods=periods),
            statements_asof(kept, days, periods=periods),
        )
    pd.testing.assert_frame_equal(
        statements_asof(trailing(table, ["revenue"]), days),
        statements_asof(trailing(kept, ["revenue"]), days),
    )


def test_codes_may_be_chosen_and_days_come_in_any_order():
    """Only the stocks asked for, sorted by day; no statement, no rows."""
    table = drawn(3)
    found = statements_asof(table, DAYS[[40, 10]], codes=["6000003.SH"])
    assert set(found["code"]) == {"6000003.SH"}
    assert found["date"].is_monotonic_increasing
    assert asof(versions(table), DAYS[:1], codes=["none"]).empty
