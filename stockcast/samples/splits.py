"""Splits of trading days into training, validation and test, in this order, purged.

The label of day t ends at the close of t+1+horizon. So that no training label reaches into the
validation days, nor a validation label into the test days, the last horizon + 1 trading days
before every later part are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError


@dataclass(frozen=True)
class Split:
    """Three spans of trading days, in order of time.

    Attributes
    ----------
    train, valid, test : DatetimeIndex
        Days on which a forecast is made, ascending; none is empty. Purged days are in none.
    """

    train: pd.DatetimeIndex
    valid: pd.DatetimeIndex
    test: pd.DatetimeIndex

    def name_of(self, dates: pd.Series) -> pd.Series:
        """`train`, `valid`, `test` or empty text, for each date."""
        out = pd.Series("", index=dates.index, dtype="str")
        for name in ("train", "valid", "test"):
            out = out.mask(dates.isin(getattr(self, name)), name)
        return out


def purged(
    days: pd.DatetimeIndex, train_end: str, valid_end: str, horizon: int, *, train_start: str = ""
) -> Split:
    """One split: train, validate, test.

    Parameters
    ----------
    days
        Trading days, ascending, unique.
    train_end
        Last day that may train; the purge comes off it.
    valid_end
        Last day that may validate; the purge comes off it. All later days are the test.
    horizon
        Trading days held. `horizon + 1` days are purged before validation and before the test;
        fewer would let the last training labels look into the days they are judged on.
    train_start
        First day that trains; empty: the first of `days`.

    Raises
    ------
    InputError
        When a part would be empty.
    """
    days = pd.DatetimeIndex(days)
    if horizon < 1:
        raise InputError("horizon", "must be at least 1 trading day", horizon)
    if not (days.is_monotonic_increasing and days.is_unique):
        raise InputError("days", "must be ascending and unique")
    first = days.searchsorted(pd.Timestamp(train_start)) if train_start else 0
    cut = days.searchsorted(pd.Timestamp(train_end), side="right")
    last = days.searchsorted(pd.Timestamp(valid_end), side="right")
    purge = horizon + 1
    spans = {
        "train": days[first : max(first, cut - purge)],
        "valid": days[cut : max(cut, last - purge)],
        "test": days[last:],
    }
    for name, span in spans.items():
        if not len(span):
            raise InputError(
                f"{name} days", f"must not be none after {purge} purged days",
                hint=f"train ends {train_end}, validation {valid_end}; days run from "
                f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}" if len(days) else "there are no days",
            )  # fmt: skip
    return Split(**spans)


def expanding(days: pd.DatetimeIndex, *, first_test: int, horizon: int) -> list[Split]:
    """One split per calendar year: test it, validate on the year before, train on all earlier ones.

    Parameters
    ----------
    days
        Trading days, ascending, unique.
    first_test
        First year tested; every later year of `days` follows.
    horizon
        Trading days held; see `purged`.

    Raises
    ------
    InputError
        When no year can be tested, or a part would be empty.
    """
    return _by_year(days, first_test, horizon, None)


def walk_forward(
    days: pd.DatetimeIndex, *, first_test: int, horizon: int, train_years: int = 3
) -> list[Split]:
    """As `expanding`, training on the last `train_years` calendar years only."""
    if train_years < 1:
        raise InputError("train_years", "must be at least 1", train_years)
    return _by_year(days, first_test, horizon, train_years)


def _by_year(
    days: pd.DatetimeIndex, first_test: int, horizon: int, train_years: int | None
) -> list[Split]:
    days = pd.DatetimeIndex(days)
    years = np.unique(days.year)
    tested = [int(year) for year in years if year >= first_test]
    if not tested:
        have = f"days run to {days[-1]:%Y-%m-%d}" if len(days) else "there are no days"
        raise InputError("first_test", "must be a year of the days", first_test, have)
    splits = []
    for year in tested:
        start = "" if train_years is None else f"{year - 1 - train_years}-01-01"
        within = days[days <= pd.Timestamp(f"{year}-12-31")]
        splits.append(
            purged(within, f"{year - 2}-12-31", f"{year - 1}-12-31", horizon, train_start=start)
        )
    return splits


def nested(days: pd.DatetimeIndex, parts: int, horizon: int) -> list[tuple[pd.DatetimeIndex, ...]]:
    """Pairs of days to fit on and to judge on, inside training days, for choices made there.

    Parameters
    ----------
    days
        Training days, ascending, unique; purged already against what follows them.
    parts
        Into how many spans they are cut, at least 2: the second is judged by a fit on the first,
        the third by a fit on the first two, and so on.
    horizon
        Trading days held; the last horizon + 1 days before a judged span are left out.

    Raises
    ------
    InputError
        For fewer than 2 parts, or when nothing is left to fit on.
    """
    if parts < 2:
        raise InputError("parts", "must be at least 2", parts)
    spans = np.array_split(np.arange(len(days)), parts)
    starts = [span[0] if len(span) else 0 for span in spans]
    pairs = []
    for start, judged in zip(starts[1:], spans[1:], strict=True):
        fitted = days[: max(0, start - horizon - 1)]
        if not len(fitted):
            raise InputError("days", f"must be more, for {parts} parts", len(days))
        pairs.append((fitted, days[judged]))
    return pairs
