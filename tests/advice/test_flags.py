"""Flags and similar calls of literal tables."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.evening import Evening
from stockcast.advice.flags import flags
from stockcast.advice.reasons import Reason, strongest
from stockcast.advice.similar import nearest
from stockcast.errors import InputError

DAYS = pd.bdate_range("2016-03-01", periods=25).as_unit("us")


def _panel(**changes: object) -> pd.DataFrame:
    panel = pd.DataFrame({"date": DAYS, "code": "600000.SH", "close": 10.0, "amount": 1e6})
    panel = panel.assign(
        limit_up=11.0, limit_down=9.0, suspended=False, is_st=False, as_traded=True,
        list_date=pd.NaT, volume=1e5, in_universe=True,
    )  # fmt: skip
    for name, value in changes.items():
        panel.loc[panel.index[-1], name] = value
    return panel


def _flags(value: float = 1e4, **changes: object) -> tuple[str, ...]:
    panel = _panel(**changes)
    found = Evening.of(panel, {}, DAYS[-1])
    return flags(found, {"600000.SH": value}, 0.1)["600000.SH"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"close": 11.0}, ("limit_up",)),
        ({"close": 10.99}, ()),
        ({"close": 9.0}, ("limit_down",)),
        ({"close": 11.0, "limit_up": np.nan}, ()),
        ({"close": 11.0, "suspended": True}, ("suspended",)),
        ({"is_st": True}, ("st",)),
        ({"as_traded": False}, ("adjusted",)),
        ({"list_date": DAYS[10]}, ("new",)),
    ],
)
def test_flags_of_a_day(changes, expected):
    """Each by the day's own row; a suspended stock is at no limit."""
    assert _flags(**changes) == expected


def test_an_order_too_large_for_its_turnover():
    """A tenth of the median of a million is a hundred thousand."""
    assert _flags(value=100_000) == ()
    assert _flags(value=100_001) == ("illiquid",)


def test_a_stock_without_a_row_is_outside():
    """It is not there any more."""
    found = Evening.of(_panel(), {}, DAYS[-1])
    assert flags(found, {"600001.SH": 1.0}, 0.1) == {"600001.SH": ("outside",)}


def test_a_day_that_is_none_is_refused():
    """A weekend inside the panel."""
    with pytest.raises(InputError, match="trading day"):
        Evening.of(_panel(), {}, "2016-03-05")


def test_similar_calls_by_hand():
    """The two nearest of three calls: one rose, both beat the median, 2 % on average."""
    like = {"sigma": 0.05, "sigma_prob": 0.01}
    calls = pd.DataFrame(
        {
            "date": DAYS[:3], "code": ["a", "b", "c"], "rank": [0.9, 0.8, 0.1],
            "prob_up": [0.6, 0.59, 0.4], "label": [0.05, -0.01, 0.3], "beat": [True, True, False],
            "day": [0, 1, 2], **like,
        }
    )  # fmt: skip
    today = pd.DataFrame({"code": ["d"], "rank": [0.95], "prob_up": [0.61], **like})
    found = nearest(today, calls, horizon=5, most=2)["d"]
    assert (found.count, found.rose, found.beat) == (2, 0.5, 1.0)
    assert found.mean == pytest.approx(0.02)
    assert found.examples[0] == ("2016-03-01", "a", 0.05)
    assert nearest(today, calls[:0], horizon=5)["d"].count == 0


def test_calls_with_nearly_one_outcome_count_once():
    """Of four calls on one stock, a day apart or as far as the horizon, the nearest ones stay."""
    days = [0, 1, 4, 5]
    calls = pd.DataFrame(
        {
            "date": DAYS[days], "day": days, "code": "a", "rank": [0.7, 0.8, 0.9, 0.2],
            "prob_up": 0.5, "label": [0.1, 0.2, 0.3, 0.4], "beat": True, "sigma": 0.05,
            "sigma_prob": 0.01,
        }
    )  # fmt: skip
    today = pd.DataFrame(
        {"code": ["d"], "rank": [0.81], "prob_up": [0.5], "sigma": [0.05], "sigma_prob": [0.01]}
    )
    found = nearest(today, calls, horizon=4)["d"]
    assert [back for _, _, back in found.examples] == [0.2, 0.4]
    other = nearest(today, calls.assign(code=list("abcd")), horizon=4)["d"]
    assert other.count == 4


def test_one_reason_of_a_group_comes_first():
    """Two returns and a volume: the smaller return waits behind the volume."""

    def reason(feature, group, moved):
        return Reason(feature, group, 1.0, 0.9, 1.0, moved, 0.6, 0.5, 1, 2)

    found = [
        reason("return_5", "returns", 0.1),
        reason("return_10", "returns", 0.2),
        reason("volume_ratio", "volume", 0.5),
    ]
    assert [one.feature for one in strongest(found, 2)] == ["return_5", "volume_ratio"]
    assert [one.feature for one in strongest(found)] == ["return_5", "return_10", "volume_ratio"]
    assert "from 1 to 0.1 and the rank from 1 to 2" in found[0].text("en")
    assert "评分由 1 降至 0.1，名次由 1 变为 2" in found[0].text("zh")
    still = dataclasses.replace(found[0], rank_moved=1)
    assert "from 1 to 0.1 and the rank would stay 1" in still.text("en")
    assert "名次仍为 1" in still.text("zh")
