import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.data import completion, limit_exceptions, schema
from stockcast.data.limit_exceptions import agreement
from stockcast.market import calendar, rules


def closes(close: float, *, code="600001.SH", high=None, **last: object) -> pd.DataFrame:
    """Thirty sessions of a stock at 10 yuan, and a last one with the values given."""
    days = calendar.sessions("2013-07-08", "2013-08-20")
    rows = pd.DataFrame(
        {
            "date": days, "code": code, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0,
            "pre_close": 10.0, "volume": 1e6, "board": "main", "is_st": False, "suspended": False,
            "as_traded": True, "list_date": pd.NaT,
        }
    )  # fmt: skip
    low, top = min(close, 10.0), max(close, 10.0)
    values = {"close": close, "high": top if high is None else high, "low": low, **last}
    rows.loc[len(rows) - 1, list(values)] = list(values.values())
    return rows


@pytest.mark.parametrize(
    ("rows", "ticks", "reason"),
    [
        (closes(10.99, high=11.0), -1, "limit opened"),
        (closes(10.99), -1, "stopped one tick short"),
        (closes(11.5), 50, ""),
        (closes(8.5), 50, ""),
        (closes(4.65, code="600688.SH"), 435, "share reform"),
        (closes(10.8, is_st=True), 30, "special treatment doubtful"),
    ],
)
def test_every_exception_is_classified(rows, ticks, reason):
    """One tick inside, beyond, declared free: each gets its reason; what fits none gets none."""
    found = agreement(rows).exceptions
    assert found[["ticks", "reason"]].to_numpy().tolist() == [[ticks, reason]]


def test_a_resumption_after_a_long_suspension_is_a_reason():
    """The same break is explained by thirty sessions without a trade before it."""
    rows = closes(11.5)
    rows.loc[: len(rows) - 2, ["suspended", "volume"]] = [True, 0.0]
    assert agreement(rows).exceptions["reason"].tolist() == ["resumed after a long suspension"]


def test_shares_count_what_they_say():
    """A lock that opened proves the limit, and lowers no share; a stop one tick short does."""
    rows = pd.concat(
        [
            closes(11.0),
            closes(10.99, high=11.0, code="600002.SH"),
            closes(10.99, code="600003.SH"),
            closes(12.0, code="600004.SH"),
        ],
        ignore_index=True,
    )
    found = agreement(rows)
    assert (found.at_limit, found.one_tick, found.beyond) == (1, 2, 1)
    assert found.rows == len(rows)
    assert found.equal_share == 0.5
    assert found.beyond_share == 1 / len(rows)


def test_rows_that_prove_nothing_are_left_out():
    """Suspended, young, adjusted or unreferenced closes are not compared."""
    for values in ({"suspended": True}, {"as_traded": False}, {"pre_close": np.nan}):
        assert agreement(closes(12.0, **values)).beyond == 0
    young = closes(12.0).assign(list_date=pd.Timestamp("2013-08-13"))
    assert agreement(young).beyond == 0


@pytest.fixture(scope="module")
def real():
    """The real panel, completed."""
    path = Path(os.environ["STOCKCAST_REAL_DATA"]) / "panel_csi300.parquet"
    return completion.complete(schema.validate(pd.read_parquet(path)))


@pytest.mark.real
def test_the_real_panel_keeps_the_limits(real, capsys):
    """1.5 million closes: at most .01 % beyond our limits, 99.5 % of doubtful ones equal to them.

    Each exception has a reason.
    """
    found = agreement(real)
    with capsys.disabled():
        reasons = found.exceptions["reason"].value_counts().to_dict()
        print(
            f"\n{found.rows} closes, {found.at_limit} at a limit, {found.beyond} beyond "
            f"({found.beyond_share:.5%}), equal {found.equal_share:.2%}; {reasons}"
        )
    assert found.rows > 1_500_000
    assert found.beyond_share <= 1e-4
    assert found.equal_share >= 0.995
    assert found.exceptions["reason"].ne("").all()


@pytest.mark.real
def test_stops_one_tick_short_are_as_common_as_two_or_three(real):
    """Highs that end one tick inside are no misrounded limits: two and three ticks are as common.

    A limit rounded the wrong way would put thousands of locked days one tick off.
    """
    rows = real[real["as_traded"] & ~real["suspended"] & real["limit_up"].notna()]
    short = ((rows["limit_up"] - rows["high"]) / rules.TICK).round()
    inside = [short == ticks for ticks in (1, 2, 3)]
    counts = [int((here & (rows["close"] == rows["high"])).sum()) for here in inside]
    assert counts[0] < 4 * max(counts[1:])
    exact = rows["pre_close"] * np.where(rows["is_st"], 1.05, 1.1) * 100
    half = (exact[inside[0] & rows["board"].eq("main")] % 1 - 0.5).abs() < 0.01
    assert half.mean() < 0.25


@pytest.mark.real
def test_declared_days_leave_nothing_beyond(real):
    """With the days that the exchanges declared free, no close of the real panel is beyond."""
    free = rules.limits(real, rules.declared_free())
    rows = real[real["date"].isin(rules.declared_free()["date"])]
    free = free.loc[rows.index]
    old = ~(rules.days_listed(real) <= limit_exceptions.SETTLED)
    judged = rows["as_traded"] & pd.Series(old, index=real.index)[rows.index]
    assert not (rows["close"][judged] > free["limit_up"][judged] + 0.005).any()
    assert not (rows["close"][judged] < free["limit_down"][judged] - 0.005).any()
