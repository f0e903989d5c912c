"""Three variants of each planted leak: another column, another window, another place.

Written when the probes were finished: `PROBES` is the hash of their file at that time, and a test
keeps it, so that no probe has been fitted to a variant.
"""

from __future__ import annotations

from dataclasses import replace

from stockcast.judge.leaks import other_days, other_values, planted
from stockcast.judge.leaks.measures import MEASURES
from stockcast.judge.leaks.planted import CLEAN, Leak

PROBES = "83d4badf2aeaa9ccdc8ad8f6b8aa22ae0fabdb1952c02f1a546abfd1f9b2aeb6"

_CHANGES: dict[str, tuple[dict[str, object], ...]] = {
    "normalised over the forecast window": (
        {"scale": other_values.one_column},
        {"scale": other_values.by_range},
        {"scale": other_values.by_stock},
    ),
    "back-filled": (
        {"measure": other_values.margin_back},
        {"read": other_values.volume_back},
        {"read": other_values.between},
    ),
    "shuffled folds": (
        {"split": other_days.blocks},
        {"split": other_days.tenths},
        {"split": other_days.halves},
    ),
    "overlapping labels": (
        {"split": other_days.one_day_short},
        {"split": other_days.test_unpurged},
        {"aim": other_days.longer_label},
    ),
    "survivors only": (
        {"universe": other_days.never_gone},
        {"universe": other_days.full_history},
        {"universe": other_days.a_month_on},
    ),
    "today's members in the past": (
        {"universe": other_days.ever_members},
        {"universe": other_days.members_early},
        {"universe": other_days.stayers},
    ),
    "restated statements": (
        {"measure": other_values.last_profit},
        {"measure": other_values.at_period_end},
        {"measure": other_values.same_evening},
    ),
    "chosen on the test": (
        {"split": other_days.tuned_on_test, "tuned": True},
        {"measure": other_values.noise, "count": 5, "pick": planted.tested},
        {"names": MEASURES, "count": 4, "pick": other_values.by_all_labels},
    ),
    "target in a rolling mean": (
        {"measure": other_values.target_since_start},
        {"measure": other_values.target_yesterday},
        {"measure": other_values.target_of_stock},
    ),
    "prices adjusted backwards": (
        {"measure": other_values.volume_level},
        {"measure": other_values.profit_per_price},
        {"measure": other_values.cheap},
    ),
    "scaler fitted on validation": (
        {"scale": other_values.clipped_by_validation},
        {"scale": other_values.filled_by_validation},
        {"scale": other_values.components_of_validation},
    ),
    "same-day close traded": (
        {"order": other_days.said_to_be_earlier},
        {"order": other_days.those_that_trade},
        {"order": other_days.those_that_open},
    ),
}


def _what(change: dict[str, object]) -> str:
    step = next(value for key, value in reversed(change.items()) if callable(value))
    return (step.__doc__ or "").splitlines()[0].rstrip(".")


VARIANTS = tuple(
    Leak(name, _what(change), replace(CLEAN, **change))
    for name, changes in _CHANGES.items()
    for change in changes
)
"""Three of each leak of `stockcast.judge.leaks.planted.LEAKS`, under its name."""
