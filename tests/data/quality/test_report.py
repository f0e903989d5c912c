"""A clean panel has every line and no fault; what breaks it is counted, named and dated."""

import json

import numpy as np
import pandas as pd
import pytest

from stockcast.data import quality
from stockcast.data.completion import complete
from stockcast.data.quality import membership, timeliness
from stockcast.data.quality.statements import premature
from stockcast.data.quality.survivorship import survivors
from stockcast.data.schema import validate
from stockcast.errors import InputError
from stockcast.market import calendar

from .conftest import LAST, STATEMENTS


def lines(panel, start="2015-01-05", end="2015-06-30", **tables):
    """The report by check."""
    return quality.report(panel, calendar.sessions(start, end), **tables).set_index("check")


def test_a_clean_panel_has_every_line_and_no_fault(frame):
    """Each panel check that needs no further table has its line, in order, and passes."""
    found = lines(complete(validate(frame)))
    assert list(found.index) == [c.name for c in quality.CHECKS.values() if not c.needs]
    assert list(found) == ["severity", "rows", "share", "passed", "note"]
    telling = ["no reference price", "universe, smallest day", "universe, largest day"]
    starts = "factor does not start at 1"  # the second stock's is 2
    assert found.passed.drop(starts).all()
    assert found.rows.drop([*telling, starts]).eq(0).all()
    assert found.rows[[*telling, starts]].tolist() == [2, 2, 2, 1]


def test_every_check_is_named_and_documented():
    """Names are unique, severities are two, and each check says what it finds."""
    for name, check in (quality.CHECKS | quality.STATEMENT_CHECKS).items():
        assert check.name == name
        assert check.severity in (quality.FAIL, quality.NOTE)
        assert 0 <= check.tolerated <= 1
        assert check.about
        assert check.find.__doc__


@pytest.fixture
def faulty(frame):
    """A panel with a known number of some faults, in its first stock."""
    frame = frame.copy()
    frame["pct_chg"] = (frame.close / frame.groupby("code").close.shift() - 1) * 100
    frame.loc[[30, 31], "amount"] = np.nan
    frame.loc[40, ["high", "close"]] = [20.0, 20.0]
    frame.loc[50, "open"] += 0.005
    frame.loc[60:, "adj_factor"] = 0.9  # of both stocks: falls from 1 and, at the next, from 2
    frame.loc[70:72, "amount"] *= 3
    frame = frame.drop(index=[80, 81])
    return complete(validate(frame))


def test_planted_faults_are_counted(faulty):
    """Each count is the number planted, a fail does not pass, and its first case is named."""
    found = lines(faulty)
    planted = {
        "amount missing": 2, "closes beyond the limit": 2,  # up, and the day after down again
        "prices off the tick": 1, "factor falls": 1, "average price outside the day": 3,
        "filled rows": 2,
    }  # fmt: skip
    assert found.rows[list(planted)].to_dict() == planted
    assert not found.passed[list(planted)].any()
    assert found.rows["factor against official change"] >= 1
    assert "1 stocks, first 000001.SZ on 2015-02-16" in found.note["amount missing"]


def test_holes_sessions_duplicates_and_early_ends(frame):
    """Rows and whole sessions that are not there, rows twice and stocks that end are counted."""
    panel = complete(validate(frame))
    panel = panel[(panel.code != "000001.SZ") | (panel.date != "2015-03-02")]
    panel = panel[panel.date != "2015-04-01"]
    panel = panel[(panel.code != "600000.SH") | (panel.date < "2015-05-04")]
    found = lines(pd.concat([panel, panel.iloc[[10]]]))
    assert found.rows["missing rows"] == 3
    assert found.rows["sessions without any row"] == 1
    assert found.rows["duplicated rows"] == 1
    assert found.rows["stocks that end early"] == 1
    assert found.rows["members that vanish"] == 1


def test_an_empty_panel_is_refused(frame):
    """A panel without rows is an input error, not a clean report."""
    with pytest.raises(InputError, match="must have rows"):
        lines(complete(validate(frame)).iloc[:0])


def test_a_simulated_market_with_all_its_tables_is_clean(market, days):
    """Suspensions, ST, delistings, splits and statements of the simulated market raise nothing."""
    weights = market.table("index_weights")
    found = quality.report(
        market.panel, days, today=LAST, dividends=market.table("dividends"),
        index_weights=weights, tables={name: market.table(name) for name in STATEMENTS},
    )  # fmt: skip
    assert found[~found.passed].check.tolist() == []
    assert market.panel.suspended.any()
    assert quality.passed(found)


def test_the_panel_is_left_as_it_was(market, days):
    """Neither the report nor the quarantine changes the panel it looks at."""
    before = market.panel.copy()
    quality.report(market.panel, days)
    quality.quarantine(market.panel)
    pd.testing.assert_frame_equal(market.panel, before)


def test_the_summary_is_json_with_a_verdict(faulty):
    """The JSON says which fails and notes were raised, and repeats every line."""
    report = quality.report(faulty, calendar.sessions("2015-01-05", "2015-06-30"))
    summary = json.loads(quality.summary_json(report))
    assert summary["passed"] is False
    assert "factor falls" in summary["failed"]
    assert "amount missing" in summary["noted"]
    assert [line["check"] for line in summary["checks"]] == report.check.tolist()
    only_notes = report[report.severity == "note"]
    assert json.loads(quality.summary_json(only_notes))["passed"] is True


def test_quarantine_is_the_rows_told_two_ways(faulty):
    """Rows whose adjusted return is half a per cent off the official one, by the panel's index."""
    shuffled = faulty.sample(frac=1, random_state=1)
    held = quality.quarantine(shuffled)
    assert held.index.equals(shuffled.index)
    out = shuffled[held].sort_values("date")
    assert out.code.eq("000001.SZ").all()
    step = faulty[faulty.code == "000001.SZ"].adj_factor.diff().lt(0)
    assert set(faulty.index[faulty.code == "000001.SZ"][step]) <= set(out.index)
    assert len(out) < 6


def test_quarantine_uses_nothing_later(faulty):
    """Dropping later rows leaves the quarantine of the earlier ones as it was."""
    cut = faulty[faulty.date <= "2015-04-15"]
    pd.testing.assert_series_equal(
        quality.quarantine(cut), quality.quarantine(faulty).reindex(cut.index)
    )


def test_survivorship_needs_enough_stock_years():
    """Ten years of 600 stocks without an end are odd; with ten ends, or in one year, not."""
    days = calendar.sessions("2010-01-04", "2019-12-31")

    def spans(stocks, last, ends=0):
        end = np.where(np.arange(stocks) < ends, days[len(days) // 3], last)
        code = pd.array([f"{i:06d}.SZ" for i in range(stocks)], dtype="str")
        first = pd.DataFrame({"date": days[0], "code": code})
        return pd.concat([first, pd.DataFrame({"date": pd.DatetimeIndex(end), "code": code})])

    def odd(panel, sessions):
        return len(survivors.find(quality.Subject(panel, sessions)).found)

    assert odd(spans(600, days[-1]), days) == 1
    assert odd(spans(600, days[-1], ends=10), days) == 0
    assert odd(spans(600, days[243]), days[:244]) == 0


def test_a_price_index_is_told_from_a_total_return_index(market, days):
    """An index of the members' returns less their dividends is found, one with them is not."""
    check = quality.CHECKS["index without dividends"]
    paid = membership._paid(quality.Subject(market.panel, days, index=market.benchmark))
    drift = np.random.default_rng(0).normal(0, 1e-3, len(paid))  # weights that are not quite right

    def found(returns):
        index = pd.DataFrame({"date": returns.index, "close": (1 + returns).cumprod().to_numpy()})
        return len(check.find(quality.Subject(market.panel, days, index=index)).found)

    assert found(paid.members - paid.cash + drift) == 1
    assert found(paid.members + drift) == 0


def test_being_behind_is_counted_in_sessions(frame):
    """Three sessions after the last row are three days behind; holidays are none."""
    panel = complete(validate(frame))
    assert lines(panel, today="2015-07-03").rows["days behind"] == 3
    assert lines(panel, today="2015-06-30").rows["days behind"] == 0
    assert "days behind" not in lines(panel).index


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2015-06-30 16:59", "2015-06-29"),
        ("2015-06-30 17:00", "2015-06-30"),
        ("2015-10-07 20:00", "2015-09-30"),
    ],
)
def test_the_last_close_waits_for_the_evening(now, day):
    """A session counts from five in the afternoon on; a holiday's last close is before it."""
    assert timeliness.last_close(pd.Timestamp(now)) == pd.Timestamp(day)


def test_figures_count_as_early_before_their_close():
    """A figure announced in the evening is early that day and not the next; undated ones are."""
    figures = pd.DataFrame(
        {
            "date": pd.to_datetime(["2015-04-01", "2015-04-02", "2015-04-02"]),
            "code": "000001.SZ",
            "announced": pd.to_datetime(["2015-04-01 18:00", "2015-04-01 18:00", None]),
        }
    )
    assert premature(figures).found.index.tolist() == [0, 2]
