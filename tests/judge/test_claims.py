"""Verdicts on claims come from intervals, whichever way the claim goes."""

import numpy as np
import pytest

from stockcast.judge.claims import Claim, table, values
from stockcast.judge.intervals import Interval


def sampled(low: float, high: float, **more) -> Claim:
    """A claim of 0.6 and a measurement in the middle of its interval."""
    middle = (low + high) / 2
    return Claim.sampled("c", 0.6, Interval(middle, low, high, np.nan, 10), **more)


@pytest.mark.parametrize(
    ("low", "high", "at_least", "at_most"),
    [
        (0.65, 0.70, "kept", "broken"),
        (0.55, 0.70, "open", "open"),
        (0.40, 0.55, "broken", "kept"),
        (np.nan, np.nan, "unknown", "unknown"),
    ],
)
def test_verdict_by_the_whole_interval(low, high, at_least, at_most):
    """A claim of at most is kept by what breaks a claim of at least."""
    assert sampled(low, high).verdict == at_least
    assert sampled(low, high, at_most=True).verdict == at_most


def test_arithmetic_needs_no_interval():
    """29.26 yuan are not 450; 64 trades are at most 290; and equal is kept either way."""
    assert Claim.exact("a", 450, 29.26).verdict == "broken"
    assert Claim.exact("b", 290, 64, at_most=True).verdict == "kept"
    assert Claim.exact("c", 3, 3).verdict == Claim.exact("c", 3, 3, at_most=True).verdict == "kept"


def test_the_table_shows_what_was_told_and_found():
    """Numbers in the claim's format; an interval where it has a width; "none" without a number."""
    none = Interval(np.nan, np.nan, np.nan, np.nan, 0)
    shown = table(
        [
            Claim.exact("trades", 290, 64, ".0f", at_most=True),
            Claim.sampled("accuracy", 0.683, Interval(0.5, 0.45, 0.55, np.nan, 9), basis="test"),
            Claim.sampled("calls", 0.714, none),
            Claim.sampled("no days", 0.5, Interval(0.4, np.nan, np.nan, np.nan, 1)),
        ]
    )
    assert shown["told"].tolist() == ["≤ 290", "68.3%", "71.4%", "50.0%"]
    assert shown["measured"].tolist() == [
        "64",
        "50.0% (45.0% to 55.0%)",
        "none",
        "40.0% (no interval)",
    ]
    assert shown["verdict"].tolist() == ["kept", "broken", "unknown", "unknown"]
    assert shown["basis"].tolist() == ["arithmetic", "test", "arithmetic", "arithmetic"]


def test_values_keep_the_numbers():
    """The artifact holds numbers, not text."""
    row = values([Claim.exact("trades", 290, 64, at_most=True)]).iloc[0]
    assert (row["claim"], row["told"], row["measured"], row["verdict"]) == (
        "trades",
        290,
        64,
        "kept",
    )
    assert row["at_most"]
