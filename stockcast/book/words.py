"""Words for numbers, so that prose stays true whatever a run finds."""

from __future__ import annotations

import math

from stockcast.judge.scorecard import verdict

_PROMISES = {
    "kept": "kept: the whole interval lies above it",
    "open": "open: the interval holds it",
    "broken": "broken: the whole interval lies below it",
    "unknown": "not to be judged here",
}


def against_zero(low: float, high: float) -> str:
    """What to say of an interval: it "excludes zero" (lies above), and so on."""
    if math.isnan(low) or math.isnan(high):
        return "cannot be told"
    if low > 0:
        return "excludes zero"
    return "lies below zero" if high < 0 else "includes zero"


def on_promise(low: float, high: float, promised: float) -> str:
    """What to say of a promise of at least so much: "kept", "open" or "broken", and why."""
    return _PROMISES[verdict(low, high, promised)]


def compared(low: float, high: float, value: float) -> str:
    """What to say of an interval beside a value: surely above, surely below, or neither."""
    if low > value:
        return "surely above"
    return "surely below" if high < value else "not surely different from"
